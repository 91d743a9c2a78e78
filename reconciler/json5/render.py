"""Writes an edited tree as text: slices of the old text for what stays, literals for what is new.

Where values only changed, they are replaced in place. An object or array that gained or lost members is put
together again from the pieces of `layout`, which gives every member its comma, line break and indentation.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

from .layout import Layout, Piece, ends_in_line_comment, has_break, indentation, layout, starts_with_break
from .literal import Place, literal, member, quoted
from .style import Hand, element_name, is_open
from .tree import AS_IS, Branch, Slot

if TYPE_CHECKING:
    from .document import Document
    from .parse import Member


def render(document: "Document", root: Slot) -> str:
    """The text of the document after the edits gathered under `root`."""
    text, stands = document.text, document.root()
    hand = Hand(text, stands, strict=document.is_strict_json)
    return text[: stands.value_start] + _Writer(text, hand).value(root, stands, []) + text[stands.value_end :]


class _Writer:
    """Writes the slots of one document."""

    def __init__(self, text: str, hand: Hand) -> None:
        self.text = text
        self.hand = hand

    def value(self, slot: Slot, stands: "Member", ancestors: "list[Member]") -> str:
        """The value of a slot that `stands` in the text inside the given containers, outermost first."""
        content = slot.content
        if isinstance(content, Branch) and content.member:
            return self._container(content, content.member, ancestors)
        old = self.text[stands.value_start : stands.value_end]
        if content is AS_IS:
            return old
        if isinstance(content, str) and isinstance(stands.value, str):
            return quoted(content, old[0])
        return literal(slot.value(), self._place(stands, ancestors))

    def _container(self, branch: Branch, stands: "Member", ancestors: "list[Member]") -> str:
        """An object or array that stands in the text."""
        inside = [*ancestors, stands]
        if any(slot.changed and not (slot.member and slot.present) for slot in branch.slots):
            cut = layout(self.text, stands)
            if not cut.pieces and not (cut.bracket + cut.tail).strip():
                return literal(branch.value(), self._place(stands, ancestors))
            return _Reassembly(self, branch, inside, cut).text()
        parts: list[str] = []
        pos = stands.value_start
        for slot in branch.slots:
            if slot.member and slot.changed:
                parts += self.text[pos : slot.member.value_start], self.value(slot, slot.member, inside)
                pos = slot.member.value_end
        return "".join(parts) + self.text[pos : stands.value_end]

    def _place(self, stands: "Member", ancestors: "list[Member]") -> Place:
        """Where a value stands that is written anew."""
        name, parent = _names([*ancestors, stands])
        return Place(
            hand=self.hand,
            style=self.hand.near(ancestors),
            indent=indentation(self.text, stands.start),
            name=name,
            parent=parent,
            one_line=bool(ancestors) and not is_open(self.text, ancestors[-1]),
        )


class _Reassembly:
    """Puts an object or array together that gained or lost members."""

    def __init__(self, writer: _Writer, branch: Branch, ancestors: "list[Member]", cut: Layout) -> None:
        self._writer = writer
        self._branch = branch
        self._ancestors = ancestors
        self._cut = cut
        self._style = writer.hand.near(ancestors)
        self._container = ancestors[-1]
        self._parts = [writer.text[self._container.value_start] + cut.bracket]
        self._in_comment = ends_in_line_comment(cut.bracket)
        # Whose line new members follow: the last one kept before them, else the first there was.
        self._model: tuple[Piece, Member] | None = None
        if cut.pieces and self._container.inner:
            self._model = cut.pieces[0], self._container.inner.members[0]
        # The line break and indentation of removed members, for what then begins their line.
        self._freed_line = ""
        self._is_first = True

    def text(self) -> str:
        """The container from bracket to bracket."""
        live, index = self._branch.live, -1
        for slot in self._branch.slots:
            piece = None
            if slot.member:
                index += 1
                piece = self._cut.pieces[index]
                self._keep(self._standing_before(index, slot.present))
            if slot.present:
                comma = slot is not live[-1] or self._last_comma()
                if piece and slot.member:
                    self._write_old(slot, slot.member, piece, comma)
                else:
                    self._write_new(slot, comma)
                self._is_first, self._freed_line = False, ""
            elif piece and slot.member and piece.on_new_line:
                self._freed_line = self._new_line(indentation(self._writer.text, slot.member.start))
        return self._closed(live)

    def _standing_before(self, index: int, present: bool) -> str:
        """What stays of the text set apart before a member: blank lines go that a removal would double or strand."""
        pieces = self._cut.pieces
        before = pieces[index].before
        is_blank = before.isspace()
        if not present and is_blank and (index + 1 == len(pieces) or pieces[index + 1].before):
            return ""
        if present and is_blank and index and len(self._parts) == 1 and not self._cut.bracket:
            return ""
        return before

    def _keep(self, before: str) -> None:
        if before:
            self._parts.append(before)
            self._in_comment = False

    def _last_comma(self) -> bool:
        if self._cut.pieces:
            return self._cut.pieces[-1].has_comma
        return self._style.last_comma and self._on_new_line()

    def _write_old(self, slot: Slot, stands: "Member", piece: Piece, comma: bool) -> None:
        lead = piece.lead
        if not piece.on_new_line:
            was_first = piece is self._cut.pieces[0]
            if self._freed_line:
                lead = self._freed_line + lead.lstrip()
            elif self._is_first and not was_first:
                lead = self._padding() + lead.lstrip()
            elif was_first and not self._is_first:
                lead = self._style.separator + lead.lstrip()
        key = self._writer.text[stands.start : stands.value_start]
        self._write(lead + key + self._writer.value(slot, stands, self._ancestors), piece.ending(comma=comma))
        self._model = piece, stands

    def _write_new(self, slot: Slot, comma: bool) -> None:
        name, _ = _names(self._ancestors)
        on_new_line = self._on_new_line()
        place = Place(
            hand=self._writer.hand,
            style=self._style,
            indent=self._indent()
            if on_new_line
            else indentation(self._writer.text, self._container.value_start),
            name=element_name(name),
            parent=name,
            one_line=not on_new_line,
        )
        value = slot.value()
        new = member(slot.key, value, place) if self._branch.is_object else literal(value, place)
        space = self._padding() if self._is_first else self._style.separator
        self._write((self._new_line(place.indent) if on_new_line else space) + new, "," * comma)

    def _write(self, text: str, ending: str) -> None:
        if self._in_comment and not starts_with_break(text):
            text = self._new_line(self._indent()) + text.lstrip()
        self._parts.append(text + ending)
        self._in_comment = ends_in_line_comment(ending)

    def _closed(self, live: list[Slot]) -> str:
        text, tail = "".join(self._parts), self._cut.tail
        bracket = self._writer.text[self._container.value_end - 1]
        if not live and not (text[1:] + tail).strip():
            return text[0] + bracket
        if self._in_comment and not starts_with_break(tail):
            tail = self._new_line(indentation(self._writer.text, self._container.value_start)) + tail.lstrip()
        return text + tail + bracket

    def _on_new_line(self) -> bool:
        """Whether a new member begins a line."""
        follows = self._model[0].on_new_line if self._model else has_break(self._cut.tail)
        return follows or self._in_comment

    def _indent(self) -> str:
        """The indentation of a new line for a member."""
        if self._model and self._model[0].on_new_line:
            return indentation(self._writer.text, self._model[1].start)
        return indentation(self._writer.text, self._container.value_start) + self._style.unit

    def _new_line(self, indent: str) -> str:
        return self._style.newline + indent

    def _padding(self) -> str:
        """What stands between the opening bracket and a member on its line."""
        if self._cut.pieces and not self._cut.pieces[0].on_new_line:
            lead = self._cut.pieces[0].lead
            return lead[: len(lead) - len(lead.lstrip())]
        return self._style.padding[self._writer.text[self._container.value_start]]


def _names(chain: "list[Member]") -> tuple[str, str]:
    """The names, for the style, of the last of these containers and of its parent."""
    name = parent = ""
    for outer, inner in pairwise(chain):
        in_object = outer.inner is not None and outer.inner.is_object
        parent, name = name, inner.key if in_object else element_name(name)
    return name, parent
