"""``reconciler health``."""

from __future__ import annotations

import os
from typing import Any

import click

from reconciler.checking import check_health
from reconciler.cli.options import (
    health_options,
    manifest_options,
    option,
    output_options,
    request_from,
    wants_color,
    width,
)
from reconciler.planning import load, sites_of


@click.command("health")
@manifest_options
@option("--gateway", metavar="NAME", help="Which declared Gateway.")
@health_options
@output_options("text", "json", "markdown")
def command(**settings: Any) -> int:
    """Check endpoint, key and every declared model; costs no tokens. Exits 5 when apply would be blocked."""
    request = request_from(settings)
    manifest = load(request)
    report = check_health(manifest, sites_of(manifest), dict(os.environ), settings)
    match settings["output"]:
        case "json":
            from reconciler.report.as_json import render_health as as_json

            text = as_json(report)
        case "markdown":
            from reconciler.report.markdown import render_health as as_markdown

            text = as_markdown(report)
        case _:
            from reconciler.report.text import render_health as as_text

            text = as_text(report, width=width(), color=wants_color(settings["no_color"]))
    click.echo(text.rstrip("\n"), color=True)
    return 5 if report.status == "block" else 0
