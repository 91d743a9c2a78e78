"""A plan as one small page that needs nothing else: no script, no link, nothing loaded; for archives and artifacts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from reconciler.printable import printable
from reconciler.report.display import contrast, counts, cut, show
from reconciler.report.drifted import CAUSES, conflicts, drift_counts, no_drift, sentence, sides
from reconciler.report.outline import SYMBOLS, beaten, origins, remarks, restarts, sections, why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.effective.leaks import Leak
    from reconciler.health.report import Check
    from reconciler.plan.model import Change, Drift, Plan, PlanWarning
    from reconciler.report.outline import Entry, Section
    from reconciler.suspects import Suspect

_VALUE = 2_000  # characters of a value
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --create: #1a7f37; --update: #9a6700; --delete: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --create: #3fb950; --update: #d29922; --delete: #f85149; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: .1rem 0 .1rem 1.2rem; text-indent: -1.2rem; }
li ul { padding-left: 1.2rem; text-indent: 0; }
.create { color: var(--create); } .update { color: var(--update); } .delete, .block { color: var(--delete); }
.warn { color: var(--update); } .ok { color: var(--create); }
small { opacity: .7; }
"""


def render_plan(plan: Plan) -> str:
    """The plan as a page."""
    gateway, summary = plan.gateway, plan.summary
    total = counts(summary.create, summary.update, summary.delete, summary.unchanged)
    body = [
        f"<h1>{_text(gateway.name)}</h1>",
        f"<p>{_text(gateway.openclaw)} <small>({_text(gateway.release_evidence)})</small>, {_code(gateway.config)}</p>",
        f"<p><strong>{_text(total)}</strong></p>",
        *_notices(plan),
        *(line for section in sections(plan.changes) for line in _section(section)),
        *_deletions(plan.changes),
        *_list("Endpoint check", map(_check, plan.health.checks)),
    ]
    return "\n".join([*_head(gateway.name), *body, "</body>", "</html>", ""])


def render_drift(
    found: Sequence[Drift],
    who: Sequence[Suspect],
    leaks: Sequence[Leak] = (),
    managed: bool = True,
    notes: Sequence[PlanWarning] = (),
) -> str:
    """Drift as a page, keys that lie open, and what is no drift but to be known."""
    body = [f"<p><strong>{_text(drift_counts(found) if found else no_drift(managed))}</strong></p>"]
    for cause, title in CAUSES.items():
        body += _list(title, (_drifted(one) for one in found if one.cause == cause))
    body += _list("Who may have done it", (_text(sentence(one)) for one in who))
    lying = (f"{_text(leak.message)}: {_code(leak.place)}; {_text(leak.remedy)}" for leak in leaks)
    body += _list("Keys that lie open", lying)
    body += _list("Warnings", map(_warning, notes))
    return "\n".join([*_head("drift"), *body, "</body>", "</html>", ""])


def _warning(warning: PlanWarning) -> str:
    return f"{_text(warning.message)} ({_code(warning.code)}): {_code(warning.address)}"


def _drifted(drift: Drift) -> str:
    source = f" <small>{_text(f'{drift.source.file}:{drift.source.line}')}</small>" if drift.source else ""
    told = _sublist(f"<small>{label}</small> {_code(value)}" for label, value in sides(drift, _VALUE))
    return f"{_code(drift.address)}{source}{told}"


def _head(name: str) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>reconciler: {_text(name)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"


def _notices(plan: Plan) -> Iterator[str]:
    """What to know before the changes."""
    refusals = [
        f'<b class="block">{_text(refusal.rule)}</b>: {_text(refusal.message)}'
        + (f"; to do it all the same: {_code(refusal.option)}" if refusal.option else "")
        + _sublist(_code(address) for address in refusal.addresses)
        for refusal in plan.refusals
    ]
    yield from _list("Refused: apply would write nothing", refusals)
    yield from _list(CAUSES["both"], (_drifted(one) for one in conflicts(plan)))
    yield from _list(
        "Beaten at run time, and left as it is",
        [f"{_text(beaten(s))}: {_code(s.place)}; {_text(s.remedy)}" for s in plan.shadows],
    )
    yield from _list(
        "Warnings",
        map(_warning, plan.warnings),
    )
    if restarts(plan.changes):
        yield '<p class="warn">Applying it restarts the gateway.</p>'
    if plan.errored or not plan.complete:
        yield '<p class="block">This plan is not complete: something could not be read.</p>'


def _section(section: Section) -> Iterator[str]:
    own = [_change(section.title, section.head)] if section.head is not None else []
    entries = (*section.fields, *section.singles, *section.rows)
    own += [_change(entry.name, entry.change) for entry in entries]
    for part in section.parts:
        own.append(
            ", ".join(map(_code, part.rows)) + _sublist(_change(e.name, e.change) for e in part.entries)
        )
    inner = (entry for part in section.parts for entry in part.entries)
    filled = origins(entry for entry in (*entries, *inner) if not _is_object(entry))
    if filled:
        own.append(f"<small>filled in: {_text(filled)}</small>")
    yield from _list(section.title, own)


def _change(name: str, change: Change) -> str:
    source = f" <small>{_text(f'{change.source.file}:{change.source.line}')}</small>" if change.source else ""
    notes = f' <span class="warn">({_text("; ".join(remarks(change)))})</span>' if remarks(change) else ""
    head = f'<b class="{change.action}">{SYMBOLS[change.action]}</b> {_code(name)}'
    if change.action == "update":
        before, after = contrast(change.before, change.after, _VALUE)
        return f"{head} {_code(before)} → {_code(after)}{notes}{source}"
    if not isinstance(change.after, dict):
        return f"{head} {_value(change.after)}{notes}{source}"
    fields = [f"{_code(key)} {_value(value)}" for key, value in change.after.items() if key != "id"]
    fields += [f"<small>filled in: {_text(change.note)}</small>"] if change.note else []
    return f"{head}{notes}{source}{_sublist(fields)}"


def _deletions(changes: Iterable[Change]) -> Iterator[str]:
    gone = [
        f'<b class="delete">-</b> {_code(change.address)} was {_value(change.before)} <small>{_text(why(change))}</small>'
        for change in changes
        if change.action == "delete"
    ]
    yield from _list("Deletions", gone)


def _check(check: Check) -> str:
    word = {"ok": "ok", "warn": "warn", "block": "FAIL"}[check.verdict]
    subject = f"{check.provider} {check.subject}".strip()
    remedy = f" {_text(check.remedy)}" if check.verdict != "ok" and check.remedy else ""
    trace = f" <small>trace {_text(check.trace_id)}</small>" if check.trace_id else ""
    return f'<b class="{check.verdict}">{word}</b> {_code(subject)} {_text(check.message)}{remedy}{trace}'


def _is_object(entry: Entry) -> bool:
    return entry.change.action == "create" and isinstance(entry.change.after, dict)


def _list(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = [f"<li>{item}</li>" for item in items]
    if lines:
        yield "\n".join([f"<h2>{_text(title)}</h2>", "<ul>", *lines, "</ul>"])


def _sublist(items: Iterable[str]) -> str:
    lines = [f"<li>{item}</li>" for item in items]
    return "\n".join(["", "<ul>", *lines, "</ul>"]) if lines else ""


def _value(value: Any) -> str:
    return _code(show(value, _VALUE))


def _code(text: str) -> str:
    return f"<code>{escape(cut(printable(text), _VALUE))}</code>"


def _text(text: str) -> str:
    return escape(printable(text))
