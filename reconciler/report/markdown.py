"""Plans, health and drift as a pull-request comment: the answer first, details folded, nothing wide.

Everything from outside stands in a code span, or is escaped as prose, so that it can neither format, link, mention
nor close anything. Sources: the CommonMark specification, and GitHub's own additions (mentions, references, maths).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.printable import printable
from reconciler.report.display import contrast, counts, cut, gist, plural, show
from reconciler.report.drifted import CAUSES, conflicts, drift_counts, no_drift, sentence, sides
from reconciler.report.outline import (
    FEW,
    MANY,
    SYMBOLS,
    bounded,
    bounded_parts,
    left_out,
    origins,
    remarks,
    reroutes,
    restarts,
    sections,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.effective.leaks import Leak
    from reconciler.health.report import Check, HealthReport
    from reconciler.plan.model import Change, Drift, Plan, PlanWarning, Refusal, Shadow
    from reconciler.report.outline import Entry, Section
    from reconciler.suspects import Suspect

LIMIT = 60_000
"""Characters of a comment; GitHub refuses more than 65,536."""

NO_DRIFT = "none, everything is as it was applied"
_VALUE = 200  # characters of a value
_NAME = 300  # characters of an address or a file name
_MESSAGE = 1_200  # characters of a sentence
_MARKS = {"ok": "✅", "warn": "⚠️", "block": "⛔"}
_SPECIAL = str.maketrans(
    {char: f"\\{char}" for char in "\\`*_[]|~"}
    | {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        # A zero-width space behind it keeps GitHub from mentioning people and linking issues.
        "@": "@&#8203;",
        "#": "#&#8203;",
        # A span around it keeps GitHub from reading a formula.
        "$": "<span>$</span>",
    }
)
_FENCE = re.compile("`+")
# In a sentence: what it quotes as code, and addresses, which would become links.
_LITERAL = re.compile(
    r"`([^`]+)`|(\w*://(?:[^\s`]*[^\s`.,;:)])?|www\.(?:[^\s`]*[^\s`.,;:)])?)", re.IGNORECASE
)


def render_plan(plan: Plan) -> str:
    """The plan as a comment."""
    gateway, summary = plan.gateway, plan.summary
    headline = counts(summary.create, summary.update, summary.delete, summary.unchanged).removeprefix(
        "Plan: "
    )
    if summary.delete:
        headline = headline.replace(f"{summary.delete} to delete", f"**{summary.delete} to delete**")
    first = f"**reconciler plan** for {code(gateway.name, _VALUE)} ({prose(gateway.openclaw, _VALUE)}): {headline}"
    lines = [f"{first} **Apply would refuse it.**" if _is_refused(plan) else first]
    bullets = list(_bullets(plan))
    lines += ["", *bullets] if bullets else []
    lines += folded(plan.changes)
    lines += [
        "",
        f"Config {code(gateway.config)}; release known from {prose(gateway.release_evidence, _NAME)}.",
    ]
    return fitted(lines)


def folded(changes: Sequence[Change]) -> list[str]:
    """Creations and updates, folded object by object."""
    return [line for section in sections(changes) for line in _section(section)]


def render_health(report: HealthReport) -> str:
    """The endpoint check as a comment."""
    words = {
        "ok": "healthy",
        "warn": "usable, with warnings",
        "block": "**unhealthy, apply would write nothing**",
    }
    lines = [f"**reconciler health**: {words.get(report.status, 'no endpoint to check')}", ""]
    return fitted([*lines, *map(_check, report.checks)])


def render_drift(
    found: Sequence[Drift],
    who: Sequence[Suspect],
    leaks: Sequence[Leak] = (),
    managed: bool = True,
    notes: Sequence[PlanWarning] = (),
) -> str:
    """Drift as a comment, keys that lie open, and what is no drift but to be known."""
    said = (
        drift_counts(found).removeprefix("Drift: ") if found else NO_DRIFT if managed else no_drift(managed)
    )
    lines = [f"**reconciler drift**: {said}"]
    for cause, title in CAUSES.items():
        own = [_drifted(one) for one in found if one.cause == cause]
        lines += ["", f"{title}:", "", *own] if own else []
    lines += ["", "Who may have done it:", "", *(f"- {prose(sentence(one))}" for one in who)] if who else []
    lines += [""] if leaks else []
    lines += [f"- 🔑 {prose(leak.message)}: {code(leak.place)}. {prose(leak.remedy)}" for leak in leaks]
    lines += ["", *_warnings(notes)] if notes else []
    return fitted(lines)


def _drifted(drift: Drift) -> str:
    told = ", ".join(f"{label} {code(value)}" for label, value in sides(drift, _VALUE))
    source = f" — {code(f'{drift.source.file}:{drift.source.line}')}" if drift.source else ""
    return f"- {code(drift.address)}: {told}{source}"


def code(text: str, limit: int = _NAME) -> str:
    """``text`` as a code span that it can't leave."""
    text = cut(printable(text), limit) or " "
    fence = "`" * (max((len(run) for run in _FENCE.findall(text)), default=0) + 1)
    # One space at each end is taken off again by whoever reads it.
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def prose(text: str, limit: int = _MESSAGE) -> str:
    """``text`` as plain words: no markup but code spans, no HTML, nobody mentioned, nothing linked."""
    text = cut(printable(text), limit)
    words, position = [], 0
    for found in _LITERAL.finditer(text):
        words += [text[position : found.start()].translate(_SPECIAL), code(found[1] or found[2], limit)]
        position = found.end()
    return "".join([*words, text[position:].translate(_SPECIAL)])


def _is_refused(plan: Plan) -> bool:
    return bool(plan.refusals) or plan.health.status == "block"


def _bullets(plan: Plan) -> Iterator[str]:
    """What is seen without unfolding anything."""
    yield from _some([_refusal(refusal) for refusal in plan.refusals], "refusal")
    yield from deletions(plan.changes)
    if conflicts(plan):
        yield f"- ✋ {CAUSES['both']}:"
        yield from (f"  {line}" for line in _some([_drifted(one) for one in conflicts(plan)], "value"))
    yield from _some([_shadow(shadow) for shadow in plan.shadows], "such shadow")
    yield from _some(_warnings(plan.warnings), "warning")
    yield from _some([_rerouted(change) for change in reroutes(plan.changes)], "such change")
    if restarts(plan.changes):
        yield "- 🔄 Applying it restarts the gateway."
    if plan.errored or not plan.complete:
        yield "- ⛔ This plan is not complete: something could not be read."
    if plan.health.status != "skipped":
        checks = plan.health.checks
        bad = [_check(check) for check in checks if check.verdict != "ok"]
        yield f"- {_MARKS[plan.health.status]} Endpoint check: {len(checks) - len(bad)} of {len(checks)} ok"
        yield from _some(bad, "finding")


def _some(lines: Sequence[str], noun: str) -> list[str]:
    hidden = len(lines) - MANY
    return [*lines[:MANY], *([f"- … and {plural(hidden, f'more {noun}')}"] if hidden > 0 else [])]


def _refusal(refusal: Refusal) -> str:
    named = [code(address) for address in refusal.addresses[:FEW]]
    rest = len(refusal.addresses) - len(named)
    objects = f" Objects: {', '.join(named)}{f' and {rest} more' if rest > 0 else ''}." if named else ""
    option = f" To do it all the same: {code(refusal.option)}" if refusal.option else ""
    return f"- ⛔ **{prose(refusal.rule, _NAME)}**: {prose(refusal.message)}.{objects}{option}"


def _shadow(shadow: Shadow) -> str:
    wins = f"agent {code(shadow.agent)} uses {shadow.what} {code(shadow.wins, _VALUE)}"
    return f"- 👥 {wins} from {code(shadow.place)}, not {code(shadow.beats, _VALUE)}: {prose(shadow.remedy)}"


def _rerouted(change: Change) -> str:
    before, after = contrast(change.before, change.after, _VALUE)
    return f"- 🔀 {code(change.address)}: {code(before)} → {code(after)}"


def deletions(changes: Sequence[Change]) -> Iterator[str]:
    """What goes, an item for each reason."""
    reasons: dict[str, list[Change]] = {}
    for change in changes:
        if change.action == "delete":
            reasons.setdefault(why(change), []).append(change)
    for reason, gone in reasons.items():
        yield f"- 🗑️ **{len(gone)} to delete**{f': {reason}' if reason else ''}"
        yield from (f"  - {code(change.address)}" for change in gone[:MANY])
        if len(gone) > MANY:
            yield f"  - … and {len(gone) - MANY} more"


def _warnings(warnings: Sequence[PlanWarning]) -> list[str]:
    """Warnings; one that many objects share is said once."""
    shared: dict[tuple[str, str], list[str]] = {}
    for warning in warnings:
        shared.setdefault((warning.code, warning.message), []).append(warning.address)
    lines = []
    for (kind, message), addresses in shared.items():
        named = ", ".join(map(code, addresses[:FEW]))
        rest = f" and {len(addresses) - FEW} more" if len(addresses) > FEW else ""
        lines.append(f"- ⚠️ {prose(message)} ({code(kind)}): {named}{rest}")
    return lines


def _check(check: Check) -> str:
    subject = " ".join(code(name) for name in (check.provider, check.subject) if name)
    remedy = f" {prose(check.remedy)}" if check.verdict != "ok" and check.remedy else ""
    trace = f" (trace {code(check.trace_id)})" if check.trace_id and check.verdict != "ok" else ""
    return f"- {_MARKS[check.verdict]} {subject}: {prose(check.message)}{trace}.{remedy}"


def _section(section: Section) -> Iterator[str]:
    """The changes of one object, folded."""
    yield ""
    yield f"<details><summary>{_html_code(section.title)}: {_told(section)}</summary>"
    yield ""
    if section.head is not None:
        yield from _change(section.title, section.head)
    yield from _entries(section)
    yield ""
    yield "</details>"


def _entries(section: Section) -> Iterator[str]:
    singles, hidden = bounded(section.singles, MANY)
    rows, more_rows = bounded(section.rows, MANY)
    parts, more_parts = bounded_parts(section.parts, MANY)
    brief = sum(map(_is_object, section.rows)) > FEW
    for entry in (*section.fields, *singles, *rows):
        yield from _change(entry.name, entry.change, brief=brief)
    for part in parts:
        names = ", ".join(map(code, part.rows[:FEW]))
        yield f"- {names}{f' and {len(part.rows) - FEW} more' if len(part.rows) > FEW else ''}"
        for entry in part.entries:
            yield from (f"  {line}" for line in _change(entry.name, entry.change))
    hidden += [*more_rows, *more_parts]
    if hidden:
        yield f"- … and {left_out(hidden)}"
    inner = (entry for part in parts for entry in part.entries)
    filled = origins(entry for entry in (*section.fields, *singles, *rows, *inner) if not _is_object(entry))
    if filled:
        yield f"- filled in: {prose(filled)}"


def _told(section: Section) -> str:
    """What happens to an object, counted."""
    changes = [entry.change for entry in (*section.fields, *section.singles, *section.rows)]
    changes += [entry.change for part in section.parts for entry in part.entries for _ in part.rows]
    if section.head is not None:
        changes.append(section.head)
    actions = [change.action for change in changes]
    return ", ".join(f"{actions.count(name)} to {name}" for name in SYMBOLS if name in actions)


def _change(name: str, change: Change, *, brief: bool = False) -> Iterator[str]:
    """One change; of a new object a line for each field, or one line where it is ``brief``."""
    source = f" — {code(f'{change.source.file}:{change.source.line}')}" if change.source else ""
    notes = remarks(change)
    special = f" _({prose('; '.join(notes))})_" if notes else ""
    head = f"- {code(SYMBOLS[change.action])} {code(name)}"
    fields = _fields(change)
    if change.action == "update":
        before, after = contrast(change.before, change.after, _VALUE)
        yield f"{head}: {code(before)} → {code(after)}{special}{source}"
    elif not fields:
        yield f"{head}: {code(show(change.after, _VALUE))}{special}{source}"
    elif brief or len(fields) == 1:
        yield f"{head}: {code(gist(fields, _VALUE))}{special}{source}"
    else:
        yield f"{head}{special}{source}"
        yield from (f"  - {code(key)}: {code(show(value, _VALUE))}" for key, value in fields.items())
        yield from [f"  - filled in: {prose(change.note)}"] if change.note else []


def _fields(change: Change) -> dict[str, Any]:
    value = change.after
    return {key: item for key, item in value.items() if key != "id"} if isinstance(value, dict) else {}


def _is_object(entry: Entry) -> bool:
    return entry.change.action == "create" and len(_fields(entry.change)) > 1


def _html_code(text: str) -> str:
    """The same as :func:`code` where no Markdown is read."""
    escaped = cut(printable(text), _NAME).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<code>{escaped}</code>"


def fitted(lines: Sequence[str]) -> str:
    """The comment, cut off between lines where it is too long for one."""
    text = "\n".join(lines).rstrip() + "\n"
    if len(text) <= LIMIT:
        return text
    kept: list[str] = []
    size = unclosed = 0
    for line in lines:
        size += len(line) + 1
        if size > LIMIT - 200:
            break
        kept.append(line)
        unclosed += line.startswith("<details>") - (line == "</details>")
    closing = ["", "</details>"] if unclosed else []
    return (
        "\n".join([*kept, *closing, "", "_Too long for a comment; `reconciler plan -v` shows the rest._"])
        + "\n"
    )
