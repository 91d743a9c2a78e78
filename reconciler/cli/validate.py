"""``reconciler validate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    completed,
    manifest_options,
    option,
    output_options,
    request_from,
    wants_color,
    width,
)
from reconciler.cli.streams import show
from reconciler.errors import ManifestError, Problem
from reconciler.manifest.load import load_manifest
from reconciler.printable import printable

if TYPE_CHECKING:
    from reconciler.planning.request import Request


@click.command("validate")
@manifest_options
@option(
    "--explain",
    metavar="CODE",
    shell_complete=completed("codes"),
    help="Explain the code of a finding, with an example of wrong and right.",
)
@output_options("text", "json")
def command(explain: str | None, **settings: Any) -> int:
    """Check the manifests, offline: structure, references, lint."""
    if explain is not None:
        return _explain(explain, settings)
    problems, files, failed = _check(request_from(settings))
    if settings["output"] == "json":
        from reconciler.report.as_json import dump

        show(dump({"valid": not failed, "problems": problems}), "json")
    else:
        for problem in problems:
            show(printable(str(problem), keep_lines=True))
        show(_summary(problems, files, failed))
    return 1 if failed else 0


def _check(request: Request) -> tuple[tuple[Problem, ...], int, bool]:
    """Problems, number of files, and whether the manifests can't be used."""
    try:
        manifest = load_manifest(request.manifests, severities=request.severities)
    except ManifestError as error:
        return error.problems, 0, True
    return manifest.warnings, len(manifest.files), False


def _summary(problems: tuple[Problem, ...], files: int, failed: bool) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    counts = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
    return counts if failed else f"Valid: {files} file{'s' * (files != 1)}, {counts}."


def _explain(code: str, settings: dict[str, Any]) -> int:
    from reconciler.manifest.explanations import explain
    from reconciler.report.lint import explanation_json, render_explanation

    entry = explain(code)
    if settings["output"] == "json":
        show(explanation_json(entry), "json")
    else:
        text = render_explanation(entry, width=width(), color=wants_color(settings["no_color"]))
        show(text)
    return 0
