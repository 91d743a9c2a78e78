"""``reconciler history``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    any_manifest,
    completed,
    manifest_options,
    output_options,
    request_from,
    target_options,
    wants_color,
    width,
)
from reconciler.cli.streams import show
from reconciler.planning.request import target_of

if TYPE_CHECKING:
    from reconciler.state.journal import Receipt


@click.command("history")
@click.argument("apply_id", metavar="[ID]", required=False, shell_complete=completed("applies"))
@manifest_options
@target_options
@output_options("text", "json", "markdown")
def command(apply_id: str | None, **settings: Any) -> int:
    """Show earlier applies: when, by whom, from which commit, with what result; the newest comes first.

    With ID, or the beginning of one, what that apply changed. `reconciler rollback ID` returns to what it left.
    """
    request = request_from(settings)
    receipts = target_of(request, any_manifest(request, settings)).journal.receipts()
    if apply_id is None:
        text = _all(tuple(reversed(receipts)), settings)
    else:
        from reconciler.rollback.planning import find_receipt

        text = _one(find_receipt(receipts, apply_id), settings)
    show(text, settings["output"])
    return 0


def _all(receipts: tuple[Receipt, ...], settings: dict[str, Any]) -> str:
    if settings["output"] == "json":
        from reconciler.report.as_json import render_history

        return render_history(receipts)
    from reconciler.report.history import render_history_markdown, render_history_text

    if settings["output"] == "markdown":
        return render_history_markdown(receipts)
    return render_history_text(receipts, width=width(), color=wants_color(settings["no_color"]))


def _one(receipt: Receipt, settings: dict[str, Any]) -> str:
    if settings["output"] == "json":
        from reconciler.report.as_json import render_history

        return render_history(receipt)
    from reconciler.report.history import render_receipt_markdown, render_receipt_text
    from reconciler.rollback.planning import changes_of

    changes = changes_of(receipt)
    if settings["output"] == "markdown":
        return render_receipt_markdown(receipt, changes)
    color = wants_color(settings["no_color"])
    return render_receipt_text(receipt, changes, width=width(), color=color, verbose=settings["verbose"])
