"""``reconciler drift``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    manifest_options,
    output_options,
    request_from,
    target_options,
    wants_color,
    width,
)
from reconciler.drift import find_drift
from reconciler.errors import TargetError
from reconciler.openclaw.writers import suspects
from reconciler.planning import load, target_of

if TYPE_CHECKING:
    from reconciler.drift import Drift


@click.command("drift")
@manifest_options
@target_options
@output_options("text", "json", "markdown")
def command(**settings: Any) -> int:
    """Show what changed outside the manifests since the last apply, and who is likely to have done it.

    Needs no network. Manifests are read only where given, to find a declared Gateway. Exits 2 when there is drift.
    """
    request = request_from(settings)
    manifest = load(request) if settings["manifests"] else None
    target = target_of(request, manifest)
    snapshot = target.snapshot()
    applied = target.journal.applied(request.set_name)
    if not applied.resources:
        raise TargetError(
            "nothing has been applied here yet, so nothing can have drifted",
            where=snapshot.paths.display(snapshot.config.root),
            remedy="`reconciler plan` compares with the manifests",
        )
    found = find_drift(applied, snapshot.config.value, snapshot.fingerprints)
    click.echo(
        _render(found, suspects(snapshot.paths, snapshot.config) if found else (), settings).rstrip("\n"),
        color=True,
    )
    return 2 if found else 0


def _render(found: tuple[Drift, ...], hints: tuple[str, ...], settings: dict[str, Any]) -> str:
    match settings["output"]:
        case "json":
            from reconciler.report.as_json import render_drift as as_json

            return as_json(found, hints)
        case "markdown":
            from reconciler.report.markdown import render_drift as as_markdown

            return as_markdown(found, hints)
        case _:
            from reconciler.report.text import render_drift as as_text

            return as_text(found, hints, width=width(), color=wants_color(settings["no_color"]))
