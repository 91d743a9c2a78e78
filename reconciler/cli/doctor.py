"""``reconciler doctor``."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import manifest_options, output_options, request_from, target_options, width
from reconciler.cli.streams import show
from reconciler.diagnosis import diagnose
from reconciler.planning.request import load, target_of
from reconciler.printable import printable


@click.command("doctor")
@manifest_options
@target_options
@output_options("text", "json")
def command(**settings: Any) -> int:
    """Show what was found here: release, paths, store, writer, permissions. Exits 1 when something fails."""
    request = request_from(settings)
    manifest = load(request) if settings["manifests"] or settings["gateway"] else None
    findings = diagnose(target_of(request, manifest))
    if settings["output"] == "json":
        from reconciler.report.as_json import dump

        show(dump(findings), "json")
    else:
        for finding in findings:
            line = f"{finding.status:<4}  {finding.name}: {printable(finding.message)}"
            show(click.wrap_text(line, width=width(), subsequent_indent=" " * 6))
            if finding.remedy:
                show(click.wrap_text(printable(finding.remedy), width(), " " * 6 + "→ ", " " * 8))
    return 1 if any(finding.status == "fail" for finding in findings) else 0
