"""JSON5 text to values and to where they stand.

A loop with its own stack, so that nesting cannot exhaust Python's: each turn matches one whole member (white
space, comments, key, colon and scalar) with a single pattern. Speed comes from there; the grammar that the
pattern leaves out is in `_read_item`.
"""

from typing import NamedTuple, TypeAlias

import msgspec

from . import scan
from .errors import Json5Error
from .values import MAX_DEPTH, Json


class Member(msgspec.Struct, gc=False, eq=False):
    """A member of an object, an element of an array (`key` is ""), or the root, as it stands in the text.

    `start` is where its key begins (an element's value), `value_start` and `value_end` enclose the value.
    """

    key: str
    start: int
    value_start: int
    value_end: int
    value: Json
    inner: "Container | None"


class Container(msgspec.Struct, gc=False, eq=False):
    """What an object or array holds, in the order of the text, duplicate keys included."""

    members: list[Member]
    is_object: bool

    def value(self) -> Json:
        """The plain value; of a key that stands twice, the last counts."""
        if self.is_object:
            return {member.key: member.value for member in self.members}
        return [member.value for member in self.members]


class _Opened(NamedTuple):
    """A container still being read: where it stands in its parent, and the parent's members so far."""

    siblings: list[Member]
    in_object: bool
    key: str
    start: int
    value_start: int


def parse(text: str) -> Member:
    """Read a JSON5 text; its root comes back as an array element without an array.

    Raises `Json5Error` where the text is not JSON5, or nests deeper than `values.MAX_DEPTH`.
    """
    stack: list[_Opened] = []
    members: list[Member] = []
    is_object = False
    pos = 0
    while True:
        kind, key, start, value_start, value, pos = _next_item(text, pos, is_object, bool(stack))
        if kind == scan.OPEN:
            if len(stack) == MAX_DEPTH:
                raise Json5Error.at(text, value_start, f"this nests more than {MAX_DEPTH} levels deep")
            stack.append(_Opened(members, is_object, key, start, value_start))
            members, is_object = [], text[value_start] == "{"
            continue
        closing = kind == scan.CLOSE
        if not closing:
            members.append(Member(key, start, value_start, pos, value, None))
        while True:
            if closing:
                inner = Container(members, is_object)
                members, is_object, key, start, value_start = stack.pop()
                members.append(Member(key, start, value_start, pos, inner.value(), inner))
            if not stack:
                _expect_end(text, pos)
                return members[0]
            closing, pos = _read_separator(text, pos, is_object)
            if not closing:
                break


# The kind of an item (a group of the item patterns), its key, where the key and the value start, the value,
# and the offset behind it. A closing bracket counts as an item.
_Item: TypeAlias = tuple[int, str, int, int, Json, int]


def _next_item(text: str, pos: int, is_object: bool, may_close: bool) -> _Item:
    match = (scan.OBJECT_ITEM if is_object else scan.ARRAY_ITEM)(text, pos)
    kind = match.lastindex if match else None
    if match is None or kind is None or (kind == scan.CLOSE and not may_close):
        return _read_item(text, pos, is_object, may_close)
    value_start, end = match.span(kind)
    if kind == scan.CLOSE:
        return kind, "", value_start, value_start, None, end
    value: Json = match[kind]
    if kind == scan.STRING:
        value = value[1:-1]
    elif kind == scan.INTEGER:
        value = int(value)
    elif kind == scan.WORD:
        value = scan.word_value(value)
    key = match[scan.KEY]
    return kind, key[1:-1] if key[:1] in "\"'" else key, match.start(scan.KEY), value_start, value, end


def _read_item(text: str, pos: int, is_object: bool, may_close: bool) -> _Item:
    """The next item, read word by word."""
    pos = start = scan.skip_trivia(text, pos)
    if may_close and text.startswith("}" if is_object else "]", pos):
        return scan.CLOSE, "", pos, pos, None, pos + 1
    key = ""
    if is_object:
        key, key_end = scan.read_key(text, pos)
        pos = scan.skip_trivia(text, key_end)
        if not text.startswith(":", pos):
            raise scan.unexpected(text, pos, "a colon", scan.QUOTE_KEY if pos == key_end else "")
        pos = scan.skip_trivia(text, pos + 1)
    if text.startswith(("{", "["), pos):
        return scan.OPEN, key, start, pos, None, pos + 1
    value, end = scan.read_scalar(text, pos)
    return scan.STRING, key, start, pos, value, end


def _read_separator(text: str, pos: int, is_object: bool) -> tuple[bool, int]:
    """Whether the container closes behind the value that ends at `pos`, and the offset behind comma or bracket."""
    if text.startswith(",", pos):
        return False, pos + 1
    pos = scan.skip_trivia(text, pos)
    bracket = "}" if is_object else "]"
    if text.startswith((",", bracket), pos):
        return text[pos] == bracket, pos + 1
    raise scan.unexpected(
        text, pos, f"a comma or {bracket}", "each value but the last needs a comma behind it"
    )


def _expect_end(text: str, pos: int) -> None:
    pos = scan.skip_trivia(text, pos)
    if pos < len(text):
        raise scan.unexpected(text, pos, "the end of the file", "a file holds one value")
