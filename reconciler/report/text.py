"""Plans, health and drift for a terminal: readable at 80 columns, without colour, when tired.

Everything is built as plain lines with a style each; colour is put on at the very end, so that the words are the same
with and without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.printable import printable
from reconciler.report.lines import SYMBOLS, counts, grouped, short, split_address, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.drift import Drift
    from reconciler.health.report import Check, HealthReport
    from reconciler.plan import Change, Plan

# Shown of one object before the rest is counted.
MANY = 20

_STYLES = {
    "create": "32",
    "update": "33",
    "delete": "31",
    "head": "1",
    "dim": "2",
    "warn": "33",
    "fail": "31",
    "ok": "32",
    "": "",
}
_MARKS = {"ok": "ok  ", "warn": "warn", "block": "FAIL"}

Line = tuple[str, str]


def render_plan(plan: Plan, *, width: int, color: bool, verbose: bool = False) -> str:
    """The plan as text.

    Args:
        width: columns to fit in, where words allow it.
        verbose: leave nothing out.
    """
    lines = [*_header(plan)]
    kept = [change for change in plan.changes if change.action != "delete"]
    gone = [change for change in plan.changes if change.action == "delete"]
    for name, changes in grouped(kept).items():
        lines += [("", ""), ("head", printable(name)), *_group(changes, width, verbose)]
    if gone:
        lines += [
            ("", ""),
            ("head", "Deletions"),
            *(line for change in gone for line in _deletion(change, width)),
        ]
    lines += _warnings(plan, width)
    lines += _refusals(plan, width)
    if plan.health.status != "skipped":
        lines += [("", ""), ("head", "Endpoint"), *_checks(plan.health, width, verbose=verbose)]
    summary = plan.summary
    lines += [("", ""), ("head", counts(summary.create, summary.update, summary.delete, summary.unchanged))]
    return _paint(lines, color)


def render_health(report: HealthReport, *, width: int, color: bool) -> str:
    """The endpoint check as text."""
    if not report.checks:
        return "No endpoint to check.\n"
    worst = {
        "ok": "Healthy.",
        "warn": "Usable, with warnings.",
        "block": "Unhealthy: apply would write nothing.",
    }
    lines = [
        *_checks(report, width, verbose=True),
        ("", ""),
        ("head", worst.get(report.status, report.status)),
    ]
    return _paint(lines, color)


def render_drift(found: tuple[Drift, ...], hints: tuple[str, ...], *, width: int, color: bool) -> str:
    """Drift as text."""
    if not found:
        return "No drift. Everything is as it was applied.\n"
    lines: list[Line] = []
    for drift in found:
        symbol, style = ("-", "delete") if drift.kind == "gone" else ("~", "update")
        lines.append((style, f"{symbol} {printable(drift.address)}"))
        now = "gone" if drift.kind == "gone" else short(drift.live)
        lines += [("", line) for line in wrap(f"    applied {short(drift.applied)}", width, " " * 12)]
        lines += [("", line) for line in wrap(f"    now     {now}", width, " " * 12)]
    lines += [("", ""), ("head", "Who may have done it"), *_bullets(hints, width)]
    one = len(found) == 1
    lines += [
        ("", ""),
        ("head", f"Drift: {len(found)} value{'' if one else 's'} changed since the last apply."),
    ]
    lines += [("dim", "`reconciler apply` puts the declared values back.")]
    return _paint(lines, color)


def _header(plan: Plan) -> Iterator[Line]:
    gateway = plan.gateway
    release = f"OpenClaw {gateway.release}" if gateway.release else "OpenClaw of unknown release"
    yield "head", printable(f"{gateway.name}: {release}, {gateway.config}")
    if plan.changes or not gateway.release:
        yield (
            "dim",
            printable(
                f"release known from {gateway.release_evidence}"
                if gateway.release
                else gateway.release_evidence
            ),
        )


def _group(changes: list[Change], width: int, verbose: bool) -> Iterator[Line]:
    limit = len(changes) if verbose else MANY
    for change in changes[:limit]:
        yield from _change(change, width)
    if len(changes) > limit:
        yield "dim", f"    … and {len(changes) - limit} more (-v shows all)"


def _change(change: Change, width: int) -> Iterator[Line]:
    place, rest = split_address(change.address)
    name = printable(rest or place)
    symbol = SYMBOLS[change.action]
    origin = f"  ({_origin(change)})" if _origin(change) else ""
    if isinstance(change.after, dict) and change.action == "create":
        yield from ((change.action, line) for line in wrap(f"  {symbol} {name}{origin}", width, " " * 6))
        fields = ", ".join(f"{key}: {short(value)}" for key, value in change.after.items() if key != "id")
        yield from (("", line) for line in wrap(f"      {fields}", width, " " * 8) if fields)
    else:
        before = "" if change.action == "create" else f"{short(change.before)} → "
        whole = f"  {symbol} {name}: {before}{short(change.after)}{origin}"
        yield from ((change.action, line) for line in wrap(whole, width, " " * 6))
    if change.note:
        yield from (
            ("dim", line) for line in wrap(f"      filled in: {printable(change.note)}", width, " " * 8)
        )


def _origin(change: Change) -> str:
    parts = [printable(f"{change.source.file}:{change.source.line}")] if change.source else []
    if change.reason != "manifest":
        parts.append(change.reason)
    if change.impact == "restart":
        parts.append("restarts the gateway")
    if change.file:
        parts.append(f"in {printable(change.file)}")
    if change.surface != "config":
        parts.append(f"in the {change.surface}")
    return ", ".join(parts)


def _deletion(change: Change, width: int) -> Iterator[Line]:
    why = "no manifest declares it any more" if change.reason == "prune" else change.reason
    yield "delete", f"  - {printable(change.address)}"
    yield from (
        ("dim", line) for line in wrap(f"      {why}; was {short(change.before, 160)}", width, " " * 6)
    )


def _warnings(plan: Plan, width: int) -> Iterator[Line]:
    if plan.warnings:
        yield "", ""
        yield "head", "Warnings"
    for warning in plan.warnings:
        text = f"  ! {printable(warning.address)}: {printable(warning.message)} [{warning.code}]"
        yield from (("warn", line) for line in wrap(text, width, " " * 4))


def _refusals(plan: Plan, width: int) -> Iterator[Line]:
    if plan.refusals:
        yield "", ""
        yield "head", "Refused: apply would stop here"
    for refusal in plan.refusals:
        yield from (
            ("fail", line)
            for line in wrap(f"  ! {refusal.rule}: {printable(refusal.message)}", width, " " * 4)
        )
        named = ", ".join(map(printable, refusal.addresses[:MANY]))
        yield from (("", line) for line in wrap(f"      {named}", width, " " * 6))
        if refusal.option:
            yield "", f"      to do it all the same: {printable(refusal.option)}"


def _checks(report: HealthReport, width: int, *, verbose: bool) -> Iterator[Line]:
    shown = [check for check in report.checks if verbose or check.verdict != "ok" or not check.subject]
    for check in shown:
        yield from _check(check, width)
    hidden = len(report.checks) - len(shown)
    if hidden:
        yield "dim", f"  {hidden} model{'s' * (hidden != 1)} as expected"


def _check(check: Check, width: int) -> Iterator[Line]:
    subject = printable(f"{check.provider} {check.subject}".strip())
    trace = f" (trace {printable(check.trace_id)})" if check.trace_id else ""
    style = {"ok": "ok", "warn": "warn", "block": "fail"}[check.verdict]
    text = f"  {_MARKS[check.verdict]} {subject}: {printable(check.message)}{trace}"
    yield from ((style, line) for line in wrap(text, width, " " * 7))
    if check.remedy and check.verdict != "ok":
        yield from (("", line) for line in wrap(f"       → {printable(check.remedy)}", width, " " * 9))


def _bullets(sentences: tuple[str, ...], width: int) -> Iterator[Line]:
    for sentence in sentences:
        yield from (("", line) for line in wrap(f"  - {printable(sentence)}", width, " " * 4))


def _paint(lines: list[Line], color: bool) -> str:
    if not color:
        return "\n".join(text for _, text in lines) + "\n"
    painted = (f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and text else text for style, text in lines)
    return "\n".join(painted) + "\n"
