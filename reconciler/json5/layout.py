"""How the members of one object or array share its text: which comment, line break and comma belongs to which.

The text between two values is cut at one boundary: behind the comma and what follows it on its line. Towards
the next member come, in this order, what stands apart (blank lines, and comments that a blank line separates
from the member: `before`), then its own comment lines, line break and indentation (`lead`). Where the next
member begins on the same line, everything behind the comma is its lead.
"""

import msgspec

from . import scan
from .parse import Member


class Piece(msgspec.Struct, frozen=True):
    """What surrounds one member: `before` stays when the member goes, the rest goes with it.

    `gap` is what stands between value and comma, `trail` what follows the comma (or value) on its line.
    """

    before: str
    lead: str
    gap: str
    has_comma: bool
    trail: str

    @property
    def on_new_line(self) -> bool:
        """Whether the member is the first on its line."""
        return has_break(self.lead)

    def ending(self, *, comma: bool) -> str:
        """What follows the value, with a comma or without one.

        A new comma goes right behind the value, unless the next member comes on the same line: it would take
        the comments between for its own.
        """
        if comma and not self.has_comma and not self.on_new_line and not ends_in_line_comment(self.trail):
            return f"{self.trail},"
        if comma:
            return f"{self.gap},{self.trail}"
        return ("" if self.gap.isspace() else self.gap) + self.trail


class Layout(msgspec.Struct, frozen=True):
    """All text of an object or array between its brackets, save its members.

    `bracket` is what belongs to the opening bracket, on its line; `tail` what comes behind the last member.
    """

    bracket: str
    pieces: list[Piece]
    tail: str


def layout(text: str, container: Member) -> Layout:
    """Cut the text of an object or array."""
    members = container.inner.members if container.inner else []
    close = container.value_end - 1
    starts = [member.start for member in members] + [close]
    boundary = _bracket_end(text, container.value_start + 1, starts[0], is_last=not members)
    bracket = text[container.value_start + 1 : boundary]
    pieces = []
    for index, member in enumerate(members):
        own = _own_start(text, boundary, member.start)
        comma = scan.skip_trivia(text, member.value_end)
        has_comma = text[comma] == ","
        behind = comma + 1 if has_comma else member.value_end
        is_last = index + 1 == len(members) and not has_comma
        end = _line_end(text, behind, starts[index + 1], is_last=is_last)
        gap = text[member.value_end : comma] if has_comma else ""
        pieces.append(Piece(text[boundary:own], text[own : member.start], gap, has_comma, text[behind:end]))
        boundary = end
    return Layout(bracket, pieces, text[boundary:close])


def has_break(trivia: str) -> bool:
    """Whether a line ends in this white space and comments."""
    return scan.FIND_BREAK(trivia) is not None


def starts_with_break(trivia: str) -> bool:
    """Whether this begins a new line."""
    return trivia[:1] in ("\n", "\r", "\u2028", "\u2029")


def ends_in_line_comment(trivia: str) -> bool:
    """Whether anything written behind this, save a line break, would become part of a comment."""
    last = ""
    for token in scan.BREAK_OR_COMMENT(trivia):
        last = token[0]
    return last.startswith("//")


def line_start(text: str, offset: int) -> int:
    """The offset at which the line of `offset` begins."""
    start = text.rfind("\n", 0, offset) + 1
    return max(start, text.rfind("\r", start, offset) + 1)


def indentation(text: str, offset: int) -> str:
    """The spaces and tabs with which the line of `offset` begins."""
    start = line_start(text, offset)
    end = start
    while text[end : end + 1] in (" ", "\t"):
        end += 1
    return text[start:end]


def _bracket_end(text: str, pos: int, limit: int, *, is_last: bool) -> int:
    """Where what belongs to the opening bracket ends: also a comment before a first member on its line.

    It may have stood there before the member did, and must not go with it.
    """
    end = _line_end(text, pos, limit, is_last=is_last)
    comments = [token.end() for token in scan.BREAK_OR_COMMENT(text, pos, limit) if not token[1]]
    return comments[-1] if end == pos and comments and not has_break(text[pos:limit]) else end


def _line_end(text: str, pos: int, limit: int, *, is_last: bool) -> int:
    """Where what belongs to the text before `pos` ends; the next member or closing bracket stands at `limit`.

    A comment on the line of the closing bracket belongs to the last value before it, if no comma comes between.
    """
    token = scan.SAME_LINE_TRIVIA(text, pos)
    end = token.end() if token else pos
    if is_last and token and not token[1]:
        return pos + len(token[0].rstrip())
    return end if end < limit else pos


def _own_start(text: str, boundary: int, start: int) -> int:
    """Where the comments, line break and indentation of the member at `start` begin, not before `boundary`."""
    own, first, breaks, last_break = boundary, True, 0, boundary
    ends = [(bool(token[1]), token.start()) for token in scan.BREAK_OR_COMMENT(text, boundary, start)]
    for is_break, offset in [*ends, (False, start)]:
        if is_break:
            breaks, last_break = breaks + 1, offset
        elif breaks:
            own = last_break if first or breaks > 1 else own
            first, breaks = False, 0
    return own
