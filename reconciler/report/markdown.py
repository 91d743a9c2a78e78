"""Plans, health and drift as a pull-request comment: the answer first, details folded, nothing wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.printable import printable
from reconciler.report.lines import SYMBOLS, counts, flat, grouped, short, split_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.drift import Drift
    from reconciler.health.report import HealthReport
    from reconciler.plan import Change, Plan, Refusal

# GitHub refuses a comment of more than 65,536 characters.
LIMIT = 60_000
_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>#|~!"} | {"&": "&amp;", "@": "@\u200b"})


def render_plan(plan: Plan) -> str:
    """The plan as a comment."""
    gateway, summary = plan.gateway, plan.summary
    release = f" (OpenClaw {gateway.release})" if gateway.release else ""
    headline = counts(summary.create, summary.update, summary.delete, summary.unchanged).removeprefix(
        "Plan: "
    )
    if summary.delete:
        headline = headline.replace(f"{summary.delete} to delete", f"**{summary.delete} to delete**")
    lines = [f"**reconciler plan** for {code(gateway.name)}{escape(release)}: {headline}", ""]
    lines += [_refusal(refusal) for refusal in plan.refusals]
    lines += [f"- ⚠️ {code(w.address)}: {escape(w.message)} ({code(w.code)})" for w in plan.warnings]
    lines += [
        f"- 🗑️ {code(change.address)} would be deleted" for change in plan.changes if change.action == "delete"
    ]
    lines += [f"- Endpoint check: **{plan.health.status}**"] if plan.health.status != "skipped" else []
    for name, changes in grouped(plan.changes).items():
        lines += [
            "",
            f"<details><summary>{escape(name)}: {len(changes)} change{'s' * (len(changes) != 1)}</summary>",
            "",
        ]
        lines += [line for change in changes for line in _change(change)]
        lines += ["", "</details>"]
    return _bounded(lines)


def _refusal(refusal: Refusal) -> str:
    option = f" Override: {code(refusal.option)}" if refusal.option else ""
    return f"- ⛔ **{escape(refusal.rule)}**: {escape(refusal.message)}.{option}"


def render_health(report: HealthReport) -> str:
    """The endpoint check as a comment."""
    marks = {"ok": "✅", "warn": "⚠️", "block": "⛔"}
    lines = [f"**reconciler health**: {report.status}", ""]
    for check in report.checks:
        subject = f"{check.provider} {check.subject}".strip()
        remedy = f" {escape(check.remedy)}" if check.verdict != "ok" and check.remedy else ""
        trace = f" (trace {code(check.trace_id)})" if check.trace_id else ""
        lines.append(f"- {marks[check.verdict]} {code(subject)}: {escape(check.message)}{trace}{remedy}")
    return _bounded(lines)


def render_drift(found: tuple[Drift, ...], hints: tuple[str, ...]) -> str:
    """Drift as a comment."""
    lines = [f"**reconciler drift**: {len(found) or 'no'} values changed since the last apply", ""]
    for drift in found:
        now = "gone" if drift.kind == "gone" else code(short(drift.live, 200))
        lines.append(f"- {code(drift.address)}: applied {code(short(drift.applied, 200))}, now {now}")
    lines += ["", *(f"- {escape(hint)}" for hint in hints)] if hints else []
    return _bounded(lines)


def code(text: str) -> str:
    """``text`` as a code span that it can't leave."""
    text = printable(text)
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in text).split()), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text or ' '}{pad}{fence}"


def escape(text: str) -> str:
    """``text`` as plain words: no markup, no HTML, nobody mentioned."""
    return printable(text).translate(_SPECIAL)


def _change(change: Change) -> Iterator[str]:
    name = split_address(change.address)[1] or change.address
    source = f" — {code(f'{change.source.file}:{change.source.line}')}" if change.source else ""
    why = "" if change.reason == "manifest" else f" ({change.reason})"
    restart = ", restarts the gateway" if change.impact == "restart" else ""
    head = f"- {code(SYMBOLS[change.action])} {code(name)}{why}{restart}"
    if change.action == "update":
        yield f"{head}: {code(short(change.before, 200))} → {code(short(change.after, 200))}{source}"
    elif isinstance(change.after, dict):
        yield f"{head}{source}"
        for key, value in flat(change.after):
            if key not in ("", "id"):
                yield f"  - {escape(key)}: {code(short(value, 200))}"
    else:
        value = change.before if change.action == "delete" else change.after
        yield f"{head}: {code(short(value, 200))}{source}"
    if change.note:
        yield f"  - filled in: {escape(change.note)}"


def _bounded(lines: list[str]) -> str:
    text = "\n".join(lines).rstrip() + "\n"
    if len(text) <= LIMIT:
        return text
    kept, size, open_details = [], 0, 0
    for line in lines:
        if size + len(line) > LIMIT - 200:
            break
        kept.append(line)
        size += len(line) + 1
        open_details += line.startswith("<details>") - (line == "</details>")
    closing = ["", "</details>"] if open_details else []
    return (
        "\n".join([*kept, *closing, "", "_Too long for a comment; `reconciler plan` shows the rest._"]) + "\n"
    )
