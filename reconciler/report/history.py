"""Earlier applies as text and Markdown: all of them in short, or one with what it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.printable import printable
from reconciler.report.changes import change_lines
from reconciler.report.display import plural
from reconciler.report.layout import BLANK, Line, Style, line, paint, paragraph
from reconciler.report.markdown import code, deletions, fitted, folded, prose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.plan.model import Change
    from reconciler.state.journal import Receipt

_NOTHING = "Nothing has been applied here yet."


def outcome(receipt: Receipt) -> str:
    """How it ended, in a few words: ``applied, 3 changes``."""
    done = f"rollback of {', '.join(receipt.undone)}, " if receipt.undone else ""
    return f"{done}{receipt.result}, {plural(len(receipt.changes), 'change')}"


def origin(receipt: Receipt) -> str:
    """By whom, and from what."""
    commit = f", commit {receipt.commit[:12]}" if receipt.commit else ""
    named = f", set {receipt.set_name}" if receipt.set_name != "default" else ""
    health = ", endpoint not checked" if receipt.health == "skipped" else ""
    return f"by {receipt.by}{named}{commit}{health}"


def facts(receipt: Receipt) -> list[tuple[str, str]]:
    """What is known of one apply, with a word for each fact."""
    rows = [
        ("Receipt", receipt.id),
        ("Time", receipt.time),
        ("By", receipt.by),
        ("Result", outcome(receipt)),
        ("Set", receipt.set_name),
        ("OpenClaw", receipt.release or "of unknown release"),
        ("Manifests", ", ".join(receipt.files)),
        ("Commit", receipt.commit or ""),
        ("Endpoint", "not checked" if receipt.health == "skipped" else receipt.health),
    ]
    return [(label, text) for label, text in rows if text]


def render_history_text(receipts: Sequence[Receipt], *, width: int, color: bool) -> str:
    """Receipts in their order, two lines each."""
    lines: list[Line] = [] if receipts else [line("", _NOTHING)]
    for receipt in receipts:
        style: Style = "head" if receipt.result == "applied" else "fail"
        lines.append(
            ((style, printable(receipt.id)), ("", printable(f"  {receipt.time}  {outcome(receipt)}")))
        )
        lines += paragraph("dim", printable(origin(receipt)), width, 4)
    return paint(lines, color)


def render_receipt_text(
    receipt: Receipt, changes: Sequence[Change], *, width: int, color: bool, verbose: bool = False
) -> str:
    """One receipt with its changes and evidence."""
    lines: list[Line] = []
    for label, text in facts(receipt):
        lines += paragraph("", printable(text), width, 11, lead=(("dim", f"{label:<11}"),))
    lines += change_lines(changes, width, verbose)
    if receipt.evidence:
        lines += [BLANK, line("head", "Evidence")]
    for sentence in receipt.evidence:
        lines += paragraph("", printable(sentence), width, 4, lead=(("", "  - "),))
    return paint([*lines, BLANK, *paragraph("head", _tally(changes), width, 0)], color)


def render_history_markdown(receipts: Sequence[Receipt]) -> str:
    """Receipts in their order, an item each."""
    lines = [
        f"- {code(receipt.id)} {prose(receipt.time)}: {prose(outcome(receipt))}, {prose(origin(receipt))}"
        for receipt in receipts
    ]
    return fitted(["**reconciler history**" if lines else _NOTHING, "", *lines])


def render_receipt_markdown(receipt: Receipt, changes: Sequence[Change]) -> str:
    """One receipt with its changes and evidence."""
    lines = [f"**reconciler history** {code(receipt.id)}: {prose(_tally(changes))}", ""]
    lines += [f"- {label}: {code(text)}" for label, text in facts(receipt)[1:]]
    lines += deletions(changes)
    lines += [f"- {prose(sentence)}" for sentence in receipt.evidence]
    return fitted([*lines, *folded(changes)])


def _tally(changes: Sequence[Change]) -> str:
    done = [f"{change.action}d" for change in changes]
    return ", ".join(f"{done.count(word)} {word}" for word in ("created", "updated", "deleted")) + "."
