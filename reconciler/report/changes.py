"""The changes of a plan as lines of text: one section an object, names in one column, sources at the right edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.printable import printable
from reconciler.report.display import LONGEST, contrast, cut, gist, members, show
from reconciler.report.layout import BLANK, PROSE, Line, annotate, cells, paragraph, width_of, wrap
from reconciler.report.outline import (
    FEW,
    MANY,
    SYMBOLS,
    bounded,
    bounded_parts,
    left_out,
    origins,
    remarks,
    sections,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.plan.model import Change
    from reconciler.report.outline import Entry, Part, Section

# Names that are longer don't widen the column of names.
_COLUMN = 60
_ARROW = "-> "
_DELETED = 160  # characters of a deleted value


def change_lines(changes: Sequence[Change], width: int, verbose: bool) -> Iterator[Line]:
    """Creations and updates by object, then deletions apart."""
    for section in sections(changes):
        yield BLANK
        yield from _SectionLines(section.file(), width, verbose).section(section)
    yield from _deletions(changes, width, verbose)


class _SectionLines:
    """Lays out one section.

    Args:
        file: the manifest that its heading names; of a source in that file only the line is said.
    """

    def __init__(self, file: str, width: int, verbose: bool) -> None:
        self._file = file
        self._width = width
        self._limit = None if verbose else LONGEST
        self._many = None if verbose else MANY
        self._few = None if verbose else FEW

    def section(self, section: Section) -> Iterator[Line]:
        """Its own fields, then the rows that are new in it, then the rows that change."""
        if section.head is not None:
            yield from self._created(section.title, section.head, 0)
        else:
            heading: Line = (("head", printable(section.title)),)
            yield from annotate([heading], printable(self._file), self._width)
        yield from self._entries(section.fields, 2)
        singles, hidden = bounded(section.singles, self._many)
        yield from self._entries(singles, 2)
        yield from more(left_out(hidden), self._width)
        yield from self._rows(section.rows)
        parts, hidden = bounded_parts(section.parts, self._many)
        for part in parts:
            yield BLANK
            yield from self._part(part)
        yield from more(left_out(hidden), self._width)

    def _rows(self, rows: Sequence[Entry]) -> Iterator[Line]:
        brief, hidden = bounded([row for row in rows if not _is_full(row)], self._many)
        yield from self._entries(brief, 2)
        yield from more(left_out(hidden), self._width)
        full = [row for row in rows if _is_full(row)]
        if self._few is None or len(full) <= self._few:
            for row in full:
                yield BLANK
                yield from self._created(row.name, row.change, 2)
            return
        shown, hidden = bounded(full, self._many)
        yield BLANK
        for row in shown:
            yield from self._in_short(row)
        yield from more(left_out(hidden), self._width)
        for note in list(dict.fromkeys(row.change.note for row in full if row.change.note))[: self._few]:
            yield from self._filled(note, 6)

    def _part(self, part: Part) -> Iterator[Line]:
        """Existing rows that change alike."""
        rows = part.rows[: self._many]
        for row in rows:
            yield (("", f"    {printable(row)}"),)
        if len(part.rows) > len(rows):
            yield from more(f"{len(part.rows) - len(rows)} more", self._width)
        if len(part.rows) > 1:
            yield (("dim", f"    each of these {len(part.rows)}:"),)
        yield from self._entries(part.entries, 6)

    def _entries(self, entries: Sequence[Entry], indent: int) -> Iterator[Line]:
        """Changes of single values, in columns."""
        sizes = [cells(printable(entry.name)) for entry in entries]
        column = max((size for size in sizes if size <= min(_COLUMN, self._width // 2)), default=0)
        for entry in entries:
            yield from self._entry(entry, indent, column)
        filled = origins(entries)
        if filled:
            yield from self._filled(filled, indent + 4)

    def _entry(self, entry: Entry, indent: int, column: int) -> Iterator[Line]:
        change, name, source = entry.change, printable(entry.name), self._source(entry.change)
        lead: Line = (("", " " * indent), (change.action, f"{SYMBOLS[change.action]} {name}"))
        start = indent + 4 + max(column, cells(name))
        if change.action == "update":
            before, after = contrast(change.before, change.after, self._limit)
            together = f"{before} {_ARROW}{after}"
            fits = start + cells(together) + 2 + cells(source) <= self._width
            texts = [together] if fits else [before, _ARROW + after]
        else:
            fields = _fields(change.after)
            texts = [members(fields, self._limit) if len(fields) == 1 else show(change.after, self._limit)]
        yield from annotate(_labelled(lead, texts, start, indent, self._width), source, self._width)
        yield from self._remarks(change, indent + 4)

    def _created(self, name: str, change: Change, indent: int) -> Iterator[Line]:
        """A new object, a line for each of its fields."""
        lead: Line = (("", " " * indent), ("create", f"+ {printable(name)}"))
        source = self._source(change) if indent else _full_source(change)
        yield from annotate([lead], source, self._width)
        fields = _fields(change.after)
        column = max((cells(printable(key)) for key in fields if cells(key) <= _COLUMN // 2), default=0)
        for key, value in fields.items():
            label: Line = (("", " " * (indent + 4)), ("", printable(key)))
            inner = isinstance(value, dict) and value
            text = members(value, self._limit) if inner else show(value, self._limit)
            start = indent + 6 + max(column, cells(printable(key)))
            yield from _labelled(label, [text], start, indent + 4, self._width)
        if not isinstance(change.after, dict):
            yield from paragraph("", show(change.after, self._limit), self._width, indent + 4)
        yield from self._remarks(change, indent + 4)
        if change.note:
            yield from self._filled(change.note, indent + 4)

    def _in_short(self, row: Entry) -> Iterator[Line]:
        """A new object among many: two lines, plain values first."""
        lead: Line = (("create", f"  + {printable(row.name)}"),)
        yield from annotate([lead], self._source(row.change), self._width)
        yield (("dim", "      " + gist(_fields(row.change.after), min(self._width, PROSE) - 6)),)
        yield from self._remarks(row.change, 6)

    def _filled(self, note: str, indent: int) -> Iterator[Line]:
        yield from paragraph("dim", f"filled in: {printable(note)}", self._width, indent, 2)

    def _remarks(self, change: Change, indent: int) -> Iterator[Line]:
        yield from _remark_lines(remarks(change), indent, self._width)

    def _source(self, change: Change) -> str:
        if change.source and change.source.file == self._file:
            return f":{change.source.line}"
        return _full_source(change)


def _deletions(changes: Iterable[Change], width: int, verbose: bool) -> Iterator[Line]:
    """What would be deleted, in a section for each reason."""
    reasons: dict[str, list[Change]] = {}
    for change in changes:
        if change.action == "delete":
            reasons.setdefault(why(change), []).append(change)
    for reason, gone in reasons.items():
        yield BLANK
        yield from paragraph(
            "delete", reason, width, 2, lead=(("delete", "Deletions: " if reason else "Deletions"),)
        )
        shown = gone if verbose else gone[:MANY]
        for change in shown:
            yield from annotate(
                [(("delete", f"  - {printable(change.address)}"),)], _full_source(change), width
            )
            was = members(_fields(change.before)) if isinstance(change.before, dict) else show(change.before)
            if was:
                yield from paragraph("dim", f"was {cut(was, None if verbose else _DELETED)}", width, 6, 2)
            yield from _remark_lines([remark for remark in remarks(change) if remark != reason], 6, width)
        yield from more(left_out(gone[len(shown) :]), width)


def more(what: str, width: int, indent: int = 6) -> Iterator[Line]:
    """A line that says how much is not shown; none when nothing is."""
    if what:
        yield from paragraph("dim", f"... and {what} (-v shows all)", width, indent, 2)


def _labelled(lead: Line, texts: Sequence[str], start: int, indent: int, width: int) -> list[Line]:
    """Values behind a label where they fit there, else below it; an arrow hangs in front of its column."""
    lines: list[Line] = []
    if start + max(map(cells, texts)) > width and start > width // 2:
        lines, start = [lead], indent + 7
    for text in texts:
        hang = len(_ARROW) if text.startswith(_ARROW) else 0
        for index, piece in enumerate(wrap(text[hang:], width, start, start)):
            before, used = (lead, width_of(lead)) if not lines else ((), 0)
            arrow = _ARROW if hang and not index else ""
            lines.append((*before, ("", " " * (start - len(arrow) - used) + arrow + piece)))
    return lines


def _remark_lines(found: Sequence[str], indent: int, width: int) -> Iterator[Line]:
    if found:
        yield from paragraph("warn", printable("; ".join(found)), width, indent, 2)


def _is_full(row: Entry) -> bool:
    """Whether a new row has more fields than fit behind its name."""
    return row.change.action == "create" and len(_fields(row.change.after)) > 1


def _fields(value: Any) -> dict[str, Any]:
    """The fields of an object, without the id that its address has said."""
    return {key: item for key, item in value.items() if key != "id"} if isinstance(value, dict) else {}


def _full_source(change: Change) -> str:
    return printable(f"{change.source.file}:{change.source.line}") if change.source else ""
