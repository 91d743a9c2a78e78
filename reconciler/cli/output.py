"""Writes results to standard output, in the form that was asked for."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reconciler.cli.options import wants_color, width
from reconciler.cli.streams import show
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.plan.model import Plan

RENDERERS = {
    "text": "reconciler.report.text",
    "json": "reconciler.report.as_json",
    "markdown": "reconciler.report.markdown",
    "html": "reconciler.report.as_html",
}


def write(what: str, settings: dict[str, Any], *values: Any, **details: Any) -> None:
    """Render something to standard output.

    Args:
        what: ``plan``, ``health`` or ``drift``: the renderer's ``render_…`` function.
        settings: the parsed output options.
        details: keyword arguments that only the text form takes.
    """
    form = settings["output"]
    render = getattr(import_module(RENDERERS[form]), f"render_{what}")
    if form == "text":
        details = {"width": width(), "color": wants_color(settings["no_color"]), **details}
        text: str = render(*values, **details)
    else:
        text = render(*values)
    show(text, form)


def write_plan(plan: Plan, settings: dict[str, Any]) -> None:
    """Render ``plan`` to standard output."""
    write("plan", settings, plan, verbose=settings["verbose"])


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
