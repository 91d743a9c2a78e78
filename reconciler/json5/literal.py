"""New values as text."""

import re
from typing import TYPE_CHECKING, Final

import msgspec

from .style import Hand, Style, element_name, is_bare
from .values import CONTAINERS

if TYPE_CHECKING:
    from .values import Json

# Control characters, what ends a line for some readers, and halves of surrogate pairs, which UTF-8 cannot hold.
_ESCAPED: Final = re.compile("[\\x00-\\x1f\"'\\\\\\x7f-\\x9f\\u2028\\u2029\\ufeff\\ud800-\\udfff]")
_SHORT: Final = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


def quoted(text: str, quote: str) -> str:
    """A string literal, good in strict JSON too if `quote` is the double one."""

    def escape(match: "re.Match[str]") -> str:
        char = match[0]
        if char in "\"'":
            return f"\\{char}" if char == quote else char
        return _SHORT.get(char) or f"\\u{ord(char):04x}"

    return quote + _ESCAPED.sub(escape, text) + quote


def key(name: str, style: "Style") -> str:
    """An object key."""
    return name if style.bare_keys and is_bare(name) else quoted(name, style.key_quote)


def scalar(value: "Json", quote: str) -> str:
    """A string, number, boolean or null."""
    if isinstance(value, str):
        return quoted(value, quote)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    return float.__repr__(value).replace("inf", "Infinity").replace("nan", "NaN")


# Characters of a new value that may share a line: about what people keep on one.
_SHORT_LINE: Final = 100


class Place(msgspec.Struct, frozen=True):
    """Where a new value is written: in whose hand and which style, behind which indentation, under which names.

    `one_line` says that what is around it stands on one line, and so must it.
    """

    hand: "Hand"
    style: "Style"
    indent: str
    name: str
    parent: str
    one_line: bool


def literal(value: "Json", place: Place) -> str:
    """A value of any kind; the text begins at its first character and ends with its last."""
    style = place.style
    if not isinstance(value, CONTAINERS):
        return scalar(value, style.string_quote)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if not value:
        return opening + closing
    one_line = place.one_line or (
        _is_short(value) and place.hand.on_one_line(value, place.name, place.parent)
    )
    inside = Place(
        hand=place.hand,
        style=style,
        indent=place.indent if one_line else place.indent + style.unit,
        name=element_name(place.name),
        parent=place.name,
        one_line=one_line,
    )
    if isinstance(value, dict):
        items = [member(name, item, inside) for name, item in value.items()]
    else:
        items = [literal(item, inside) for item in value]
    if one_line:
        padding = style.padding[opening]
        return opening + padding + f",{style.separator}".join(items) + padding + closing
    line = style.newline + inside.indent
    last = "," if style.last_comma else ""
    return opening + line + f",{line}".join(items) + last + style.newline + place.indent + closing


def _is_short(value: "Json") -> bool:
    """Whether a value reads well on one line, whatever is the habit."""
    return len(repr(value)) <= _SHORT_LINE


def member(name: str, value: "Json", place: Place) -> str:
    """A key with its value; for the value, the key is the name."""
    return (
        key(name, place.style) + place.style.colon + literal(value, msgspec.structs.replace(place, name=name))
    )
