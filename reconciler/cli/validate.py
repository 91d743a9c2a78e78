"""``reconciler validate``."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import manifest_options, output_options, request_from
from reconciler.errors import ManifestError, Problem
from reconciler.manifest.load import load_manifest
from reconciler.printable import printable


@click.command("validate")
@manifest_options
@output_options("text", "json")
def command(**settings: Any) -> int:
    """Check the manifests, offline: structure, references, lint."""
    try:
        manifest = load_manifest(request_from(settings).manifests)
        problems, files, failed = manifest.warnings, len(manifest.files), False
    except ManifestError as error:
        problems, files, failed = error.problems, 0, True
    if settings["output"] == "json":
        import msgspec

        click.echo(
            msgspec.json.format(
                msgspec.json.encode({"valid": not failed, "problems": problems}), indent=2
            ).decode()
        )
    else:
        for problem in problems:
            click.echo(printable(str(problem), keep_lines=True))
        click.echo(_summary(problems, files, failed))
    return 1 if failed else 0


def _summary(problems: tuple[Problem, ...], files: int, failed: bool) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    counts = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
    return counts if failed else f"Valid: {files} file{'s' * (files != 1)}, {counts}."
