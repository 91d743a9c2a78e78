"""``reconciler history``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import manifest_options, output_options, request_from, target_options
from reconciler.planning import load, target_of
from reconciler.printable import printable

if TYPE_CHECKING:
    from reconciler.journal import Receipt


@click.command("history")
@manifest_options
@target_options
@output_options("text", "json")
def command(**settings: Any) -> int:
    """Show earlier applies: when, by whom, from which commit, with what result. The newest comes first."""
    request = request_from(settings)
    manifest = load(request) if settings["manifests"] else None
    receipts = tuple(reversed(target_of(request, manifest).journal.receipts()))
    if settings["output"] == "json":
        from reconciler.report.as_json import dump

        click.echo(dump(receipts), nl=False)
    else:
        for receipt in receipts:
            click.echo(printable(_line(receipt)))
        if not receipts:
            click.echo("Nothing has been applied here yet.")
    return 0


def _line(receipt: Receipt) -> str:
    changes = f"{len(receipt.changes)} change{'s' * (len(receipt.changes) != 1)}"
    commit = f", commit {receipt.commit[:12]}" if receipt.commit else ""
    health = "" if receipt.health != "skipped" else ", endpoint not checked"
    return f"{receipt.id}  {receipt.time}  {receipt.result}, {changes} by {receipt.by}{commit}{health}"
