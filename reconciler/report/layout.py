"""Lines of text for a terminal: how wide they are, where they break, and their colour.

A line is a run of words with the name of a style each. Colour is put on at the very end, so that the words are the
same with and without it, and the library that knows terminals is loaded only for one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Style = Literal["", "head", "dim", "create", "update", "delete", "ok", "warn", "fail"]
Segment = tuple[Style, str]
Line = tuple[Segment, ...]

BLANK: Line = ()
PROSE = 110
"""Columns after which sentences are hard to read, however wide the terminal is."""

_COLORS: dict[Style, str] = {
    "head": "bold",
    "dim": "dim",
    "create": "green",
    "update": "yellow",
    "delete": "red",
    "ok": "green",
    "warn": "yellow",
    "fail": "bold red",
}
_WORD = re.compile(r"[^ ]+ *| +")


def cells(text: str) -> int:
    """Columns that ``text`` takes in a terminal: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def line(style: Style, text: str) -> Line:
    """A line of one style."""
    return ((style, text),)


def width_of(whole: Line) -> int:
    """Columns of a line."""
    return sum(cells(text) for _, text in whole)


def wrap(text: str, width: int, first: int, rest: int) -> list[str]:
    """``text`` broken between words, without the indents.

    Args:
        width: columns of a whole line; a word that is longer stands alone.
        first: columns that are taken in front of the first line.
        rest: columns that are taken in front of the others.
    """
    lines: list[str] = []
    current, room = "", width - first
    for word in _WORD.findall(text):
        if current.strip() and cells(current) + cells(word.rstrip(" ")) > room:
            lines.append(current.rstrip(" "))
            current, room = "", width - rest
        current += word
    return [*lines, current.rstrip(" ")]


def paragraph(style: Style, text: str, width: int, indent: int, hang: int = 0, lead: Line = ()) -> list[Line]:
    """A sentence in one style, indented, later lines by ``hang`` more.

    Args:
        lead: what stands in front of the sentence, on its first line.
    """
    start = width_of(lead) if lead else indent
    begin = lead or (("", " " * indent),)
    pieces = wrap(text, min(width, PROSE), start, indent + hang)
    following: list[Line] = [(("", " " * (indent + hang)), (style, piece)) for piece in pieces[1:]]
    return [(*begin, (style, pieces[0])), *following]


def annotate(lines: Sequence[Line], note: str, width: int) -> list[Line]:
    """``lines`` with a dim note at the right edge of the last one, or below it where there is no room."""
    if not note:
        return list(lines)
    edge = min(width, PROSE)
    used, size = width_of(lines[-1]), cells(note)
    if used + 2 + size <= width:
        gap = max(2, edge - used - size)
        return [*lines[:-1], (*lines[-1], ("", " " * gap), ("dim", note))]
    return [*lines, (("", " " * max(6, edge - size)), ("dim", note))]


def paint(lines: Iterable[Line], color: bool) -> str:
    """The text, every line ended; with colours as terminals of 16 colours know them."""
    if not color:
        return "".join("".join(text for _, text in whole) + "\n" for whole in lines)
    from rich.color import ColorSystem
    from rich.style import Style as RichStyle

    styles = {name: RichStyle.parse(look) for name, look in _COLORS.items()}

    def painted(segment: Segment) -> str:
        style, text = segment
        return styles[style].render(text, color_system=ColorSystem.STANDARD) if style and text else text

    return "".join("".join(map(painted, whole)) + "\n" for whole in lines)
