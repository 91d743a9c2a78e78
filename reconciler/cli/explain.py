"""``reconciler explain``."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import (
    manifest_options,
    output_options,
    request_from,
    target_options,
    wants_color,
    wants_manifests,
    width,
)
from reconciler.cli.streams import show


@click.command("explain")
@click.argument("names", nargs=-1, metavar="[PROVIDER|AGENT]...")
@manifest_options
@target_options
@output_options("text", "json", "markdown")
def command(names: tuple[str, ...], **settings: Any) -> int:
    """Show which base URL, key and model each agent will use, and what that beats.

    Of every declared model it says why each compat key and parameter is there; -v says it of all fields. Keys are shown as
    fingerprints. Needs no network and no manifests.
    """
    from reconciler.explaining import explain
    from reconciler.report import explain as report

    found = explain(
        request_from(settings),
        names,
        manifests=wants_manifests(settings),
        everything=settings["verbose"],
    )
    match settings["output"]:
        case "json":
            text = report.render_json(found)
        case "markdown":
            text = report.render_markdown(found)
        case _:
            text = report.render_text(
                found,
                width=width(),
                color=wants_color(settings["no_color"]),
                verbose=settings["verbose"],
            )
    show(text, settings["output"])
    return 0
