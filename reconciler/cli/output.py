"""Writes results to standard output, in the form that was asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import wants_color, width
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.plan import Plan


def write_plan(plan: Plan, settings: dict[str, Any]) -> None:
    """Render ``plan`` to standard output."""
    match settings["output"]:
        case "json":
            from reconciler.report.as_json import render_plan as as_json

            text = as_json(plan)
        case "markdown":
            from reconciler.report.markdown import render_plan as as_markdown

            text = as_markdown(plan)
        case _:
            from reconciler.report.text import render_plan as as_text

            text = as_text(
                plan, width=width(), color=wants_color(settings["no_color"]), verbose=settings["verbose"]
            )
    click.echo(text.rstrip("\n"), color=True)


def save(path: str, text: str) -> None:
    """Write a plan file, readable by its owner alone.

    Raises:
        ReconcilerError: it can't be written.
    """
    from reconciler.files import write_atomically

    try:
        write_atomically(os.path.abspath(path), text.encode(), mode=0o600)
    except OSError as error:
        raise ReconcilerError(
            f"the plan can't be saved: {error.strerror}",
            where=path,
            remedy="name a file in a folder that can be written",
        ) from error
