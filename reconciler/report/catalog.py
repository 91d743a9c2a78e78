"""A site's catalogue, and what moved in it, as text for 80 columns and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.printable import printable
from reconciler.report.display import plural
from reconciler.report.layout import BLANK, Line, line, paint, paragraph
from reconciler.sites.catalog import CURRENCY, load_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.report.layout import Style
    from reconciler.sites.catalog import KnownModel, Retirement
    from reconciler.sites.overview import Movement, Overview, Parted, Row

_LONGEST_ID = 40
_LETTERS = (("vision", "V"), ("reasoning", "R"), ("tools", "T"))


def render_overviews(sites: Sequence[Overview], *, width: int, color: bool, verbose: bool, live: bool) -> str:
    """The tables of some sites.

    Args:
        verbose: say of each model how it thinks and where the figures come from, and list the retired ones.
        live: a listing was asked for.
    """
    lines: list[Line] = []
    for found in sites:
        lines += [*_table(found, width, verbose), BLANK]
    lines += paragraph("dim", _legend(live), width, 0)
    return paint(lines, color)


def _legend(live: bool) -> str:
    marks = "* declared" + (", + the key can see it" if live else "") + ", ! not for long"
    return f"{marks}; V takes images, R reasons, T calls tools; prices per million tokens"


def _table(found: Overview, width: int, verbose: bool) -> Iterator[Line]:
    currency = CURRENCY[found.site]
    count = plural(found.total, "known model")
    shown = count if len(found.rows) == found.total else f"{len(found.rows)} of {count}"
    yield line("head", f"{found.site}: {shown}")
    head = f"    {'MODEL':<{_LONGEST_ID}} {'WINDOW':>6} {'OUTPUT':>6} {f'{currency} IN':>7} {'OUT':>6}"
    yield line("dim", head)
    for row in found.rows:
        yield _row(row)
        if verbose:
            yield from paragraph("dim", _facts(row), width, 6, 2)
    yield from _strangers(found, width)
    yield from _retired(found.retired, width, verbose)


def _row(row: Row) -> Line:
    model = row.model
    marks = ("*" if row.declared else " ") + ("+" if row.seen else " ") + ("!" if row.going else " ")
    letters = " ".join(letter if getattr(model, name) else " " for name, letter in _LETTERS)
    price = model.price
    costs = f"{price[0]:>7.4g} {price[1]:>6.4g}" if price else f"{'?':>7} {'?':>6}"
    text = (
        f"{model.id:<{_LONGEST_ID}}  {_tokens(model.context_window):>5}  {_tokens(model.max_tokens):>5}"
        f" {costs}  {letters}"
    )
    return (("warn" if row.going else "ok", marks), ("", f" {text.rstrip()}"))


def _tokens(count: int | None) -> str:
    """Tokens as people say them, in thousands."""
    return "?" if count is None else f"{round(count / 1000)}k"


def _facts(row: Row) -> str:
    model = row.model
    parts = (
        row.going,
        thinking(model),
        f"other site: {row.elsewhere}" if row.elsewhere else "not on the other site",
        f"declared by {', '.join(row.declared)}" if row.declared else "",
        model.note,
        f"{model.source}, {model.date}",
    )
    return printable("; ".join(filter(None, parts)))


def thinking(model: KnownModel) -> str:
    """How the model's thinking is steered."""
    controls = model.reasoning_controls
    if not model.reasoning:
        return ""
    if controls is None:
        return "how it is steered isn't known"
    ways = (
        "enable_thinking" if controls.switch else "",
        f"thinking_budget {controls.budget[0]} to {controls.budget[1]}" if controls.budget else "",
        f"reasoning_effort {', '.join(controls.efforts)}" if controls.efforts else "",
    )
    return " and ".join(filter(None, ways)) or "always thinks"


def _strangers(found: Overview, width: int) -> Iterator[Line]:
    for stranger in found.strangers:
        what = stranger.what or "not in the catalogue"
        seen = {True: ", the key can see it", False: ", the key can't see it", None: ""}[stranger.seen]
        text = f"{stranger.id}: declared by {', '.join(stranger.declared)}; {what}{seen}"
        yield from paragraph("", printable(text), width, 4, lead=(("warn", "*!  "),))
    if found.unknown:
        text = f"The key can see {plural(found.unknown, 'model')} more; `reconciler catalog diff` names them."
        yield from paragraph("", text, width, 4)


def _retired(retired: Sequence[Retirement], width: int, verbose: bool) -> Iterator[Line]:
    if not retired:
        return
    if not verbose:
        text = f"Retired by the service: {plural(len(retired), 'model')}; -v lists them."
        yield from paragraph("dim", text, width, 4)
        return
    yield line("head", "    Retired by the service")
    for one in sorted(retired, key=lambda each: (each.date or "", each.id), reverse=True):
        successor = f", {one.redirected_to} answers" if one.redirected_to else ""
        yield from paragraph("dim", f"{one.date or '?':<10}  {one.id}{successor}", width, 4, 12)


def render_movements(sites: Sequence[Movement], *, width: int, color: bool) -> str:
    """What is new, gone and about to go."""
    lines: list[Line] = []
    for found in sites:
        lines.append(line("head", found.site))
        groups: tuple[tuple[str, Style, str, tuple[Parted, ...]], ...] = (
            ("+", "create", "new", found.new),
            ("-", "delete", "gone", found.gone),
            ("!", "warn", "about to go", found.going),
        )
        for symbol, style, title, group in groups:
            for one in group:
                text = printable(_moved(one, title))
                lines += paragraph("", text, width, 4, lead=((style, f"  {symbol} "),))
        if not (found.new or found.gone or found.going):
            lines.append(line("", "  The listing is what the catalogue says."))
    return paint(lines, color)


def _moved(one: Parted, title: str) -> str:
    declared = f"declared by {', '.join(one.declared)}" if one.declared else ""
    return f"{one.id}: {'; '.join(filter(None, (title, one.what, declared)))}"


def overviews_json(sites: Sequence[Overview]) -> str:
    """The same as JSON, with everything that is known."""
    return _dump([_site(found) for found in sites])


def _site(found: Overview) -> dict[str, Any]:
    catalog = load_catalog(found.site)
    return {
        "site": found.site,
        "currency": CURRENCY[found.site],
        "sources": catalog.sources,
        "models": [_model(row) for row in found.rows],
        "strangers": found.strangers,
        "retired": found.retired,
        "retirementSource": catalog.retirement_source,
        "total": found.total,
        "unknown": found.unknown,
    }


def _model(row: Row) -> dict[str, Any]:
    known = msgspec.to_builtins(row.model)
    price = row.model.price
    return {
        **known,
        "name": row.model.name,
        "price": {"input": price[0], "output": price[1]} if price else None,
        "otherSite": row.elsewhere,
        "declared": row.declared,
        "seen": row.seen,
        "going": row.going,
    }


def movements_json(sites: Sequence[Movement]) -> str:
    """What is new, gone and about to go, as JSON."""
    return _dump(sites)


def _dump(value: Any) -> str:
    # Letters beyond ASCII as escapes: the same in JSON, and no command to a terminal.
    import json

    return json.dumps(msgspec.to_builtins(value), indent=2) + "\n"
