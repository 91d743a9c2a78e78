"""Edits gather here as a tree of what will stand where, before any text is written.

The tree opens only along the paths that are edited. A `Slot` is the place of one value: as it stands in the
text, or a new plain value, or a `Branch` of further slots. An edit inside a new value opens it like an old
one, so edits at one place compose in the order in which they came.
"""

from math import isfinite
from typing import TYPE_CHECKING, Final

from .errors import Json5Error
from .path import Path, Row, Step, describe
from .values import CONTAINERS, MAX_DEPTH, MAX_INTEGER_LENGTH, Json, children, is_deep, row_id, same

if TYPE_CHECKING:
    from .document import Document
    from .parse import Member

AS_IS: Final = object()
_LIMIT: Final = 10**MAX_INTEGER_LENGTH


class Slot:
    """The place of one value.

    `member` is where it stands in the text, None for a new one. `content` is `AS_IS`, a `Branch`, or the new
    plain value. A removed member stays as a slot that is not `present`.
    """

    __slots__ = ("content", "key", "member", "present")

    def __init__(self, key: str, member: "Member | None", content: Json) -> None:
        self.key = key
        self.member = member
        self.content = content
        self.present = True

    @property
    def changed(self) -> bool:
        """Whether the text has to change for this slot."""
        if self.member is None or not self.present:
            return self.present or self.member is not None
        if isinstance(self.content, Branch):
            return self.content.member is None or self.content.changed
        return self.content is not AS_IS

    def value(self) -> Json:
        """The value after the edits so far."""
        if isinstance(self.content, Branch):
            return self.content.value()
        return self.member.value if self.member and self.content is AS_IS else self.content

    def open(self) -> "Branch | None":
        """The branch of the object or array here; None for a scalar."""
        content = self.content
        if self.member and self.member.inner and content is AS_IS:
            inner = self.member.inner
            slots = [Slot(member.key, member, AS_IS) for member in inner.members]
            self.content = Branch(slots, inner.is_object, self.member)
        elif isinstance(content, dict):
            self.content = Branch([Slot(key, None, value) for key, value in content.items()], True)
        elif isinstance(content, list):
            self.content = Branch([Slot("", None, value) for value in content], False)
        return self.content if isinstance(self.content, Branch) else None

    def put(self, value: Json) -> None:
        """Make the value here equal to `value` by the smallest change of text that does it."""
        branch = self.open() if isinstance(value, CONTAINERS) else None
        if branch and isinstance(value, dict) and branch.is_object:
            branch.merge_object(value)
        elif branch and isinstance(value, list) and not branch.is_object:
            branch.merge_array(value)
        elif self.member and same(self.member.value, value):
            self.content = AS_IS
        else:
            self.content = value

    def row_id(self) -> str | None:
        """The id by which a `Row` step selects this element."""
        if not isinstance(self.content, Branch):
            return row_id(self.value())
        slot = self.content.find("id") if self.content.is_object else None
        return row_id({"id": slot.value()}) if slot else None


class Branch:
    """An object or array that is being edited; `member` is where it stands in the text, None for a new one."""

    __slots__ = ("_by_id", "_by_key", "_live", "is_object", "member", "slots")

    def __init__(self, slots: list[Slot], is_object: bool, member: "Member | None" = None) -> None:
        self.slots = slots
        self.is_object = is_object
        self.member = member
        self._live: list[Slot] | None = None
        self._by_id: dict[str | None, list[Slot]] | None = None
        self._by_key: dict[str, list[Slot]] = {}
        if is_object:
            for slot in slots:
                self._by_key.setdefault(slot.key, []).append(slot)

    @property
    def changed(self) -> bool:
        """Whether the text has to change for any slot."""
        return any(slot.changed for slot in self.slots)

    @property
    def live(self) -> list[Slot]:
        """The slots that will be written, in order."""
        if self._live is None:
            self._live = [slot for slot in self.slots if slot.present]
        return self._live

    def value(self) -> Json:
        """The value after the edits so far."""
        if self.is_object:
            return {slot.key: slot.value() for slot in self.live}
        return [slot.value() for slot in self.live]

    def takes(self, step: Step) -> bool:
        """Whether this is the kind of container that the step goes into."""
        return isinstance(step, str) == self.is_object

    def find(self, step: Step) -> Slot | None:
        """The slot that a step leads to; of a key that stands twice, the last, which is the one that counts."""
        if isinstance(step, str):
            slots = self._by_key.get(step)
            return slots[-1] if slots and slots[-1].present else None
        if isinstance(step, int):
            return self.live[step] if 0 <= step < len(self.live) else None
        if self._by_id is None:
            self._by_id = {}
            for slot in self.live:
                self._by_id.setdefault(slot.row_id(), []).append(slot)
        return next((slot for slot in self._by_id.get(step.id, ()) if slot.present), None)

    def add(self, step: Step, value: Json) -> None:
        """Put a value where `find` finds nothing: under a new key, or behind the last element."""
        key = step if isinstance(step, str) else ""
        removed = self._by_key.get(key)
        if removed:
            removed[-1].present = True
            removed[-1].put(value)
            self._live = None
            return
        self._insert(Slot(key, None, value), None)

    def insert(self, index: int, value: Json) -> None:
        """Put a value before the element at `index`, or behind the last one."""
        self._insert(Slot("", None, value), self.find(index))

    def remove(self, slot: Slot) -> None:
        """Take a slot out, and with it whatever stands under the same key."""
        for same_key in self._by_key.get(slot.key, ()) if self.is_object else (slot,):
            same_key.present = False
        self._live = None

    def renamed(self) -> None:
        """Forget the ids of the elements, one of which has changed."""
        self._by_id = None

    def merge_object(self, value: dict[str, Json]) -> None:
        """Make this object equal to `value`, member by member."""
        for surplus in [slot for slot in self.live if slot.key not in value]:
            self.remove(surplus)
        for key, item in value.items():
            if slot := self.find(key):
                slot.put(item)
            else:
                self.add(key, item)

    def merge_array(self, value: list[Json]) -> None:
        """Make this array equal to `value`: what is equal at both ends stays, as do rows under their id."""
        old, start, end = self.live, 0, 0
        shorter = min(len(old), len(value))
        while start < shorter and same(old[start].value(), value[start]):
            start += 1
        while end < shorter - start and same(old[-1 - end].value(), value[-1 - end]):
            end += 1
        following = old[len(old) - end] if end else None
        middle, fresh = old[start : len(old) - end], value[start : len(value) - end]
        kept = 0
        while kept < min(len(middle), len(fresh)) and middle[kept].row_id() == row_id(fresh[kept]):
            middle[kept].put(fresh[kept])
            kept += 1
        for slot in middle[kept:]:
            self.remove(slot)
        for item in fresh[kept:]:
            self._insert(Slot("", None, item), following)

    def _insert(self, slot: Slot, following: Slot | None) -> None:
        if self.is_object:
            self._by_key.setdefault(slot.key, []).append(slot)
        if following:
            self.slots.insert(self.slots.index(following), slot)
            self._by_id = None
        else:
            self.slots.append(slot)
            if self._by_id is not None:
                self._by_id.setdefault(slot.row_id(), []).append(slot)
        self._live = None


class Editor:
    """Gathers edits of a document; `finish` makes the new one. The values given must not change until then.

    An array index counts the elements as the edits before have left them.
    """

    def __init__(self, document: "Document") -> None:
        self._document = document
        self._root = Slot("", document.root(), AS_IS)

    def set(self, path: Path, value: Json) -> None:
        """Make the value at `path` equal to `value`; an equal value, however it is written, stays untouched.

        What is missing on the way is created: objects, arrays where a `Row` or the index 0 follows, and the
        row that a `Row` names. The index behind the last element appends. Raises `Json5Error` where the path
        leads into a scalar or the wrong kind of container and for a value that this document cannot hold,
        `TypeError` for one that no document can.
        """
        value = _as_row(path[-1], value) if path else value
        self._check(path, value)
        slot, elements = self._root, []
        for depth, step in enumerate(path):
            branch = self._enter(slot, path, depth)
            child = branch.find(step)
            if child is None:
                self._check_index(path, depth, len(branch.live))
                branch.add(step, self._nested(path, depth, value))
                break
            elements.append((branch, child, child.row_id()))
            slot = child
        else:
            slot.put(value)
        _note_renamed(elements)

    def insert(self, path: Path, value: Json) -> None:
        """Put a new element before the one at `path`, whose last step is an index; an array's length appends.

        Raises what `set` raises.
        """
        parent, index = path[:-1], path[-1]
        slot = self._find(parent)
        if slot is None or not isinstance(index, int):
            self.set(path, value)
            return
        self._check(path, value)
        branch = self._enter(slot, path, len(parent))
        self._check_index(path, len(parent), len(branch.live))
        branch.insert(index, value)

    def delete(self, path: Path) -> bool:
        """Remove the member or element at `path` with its line and its comments; False if there is none.

        Its comments are the lines directly above it, without a blank line between, and what follows on its
        line. Raises `ValueError` for the root.
        """
        if not path:
            raise ValueError("the root of a document cannot be deleted")
        slot, elements = self._root, []
        for step in path:
            branch = slot.open()
            child = branch.find(step) if branch and branch.takes(step) else None
            if branch is None or child is None:
                return False
            elements.append((branch, child, child.row_id()))
            slot = child
        elements[-1][0].remove(slot)
        _note_renamed(elements)
        return True

    def finish(self) -> "Document":
        """The document after all edits; the same one if they changed nothing."""
        if not self._root.changed:
            return self._document
        from .render import render

        return type(self._document)(render(self._document, self._root))

    def _find(self, path: Path) -> Slot | None:
        slot: Slot | None = self._root
        for step in path:
            branch = slot.open() if slot else None
            slot = branch.find(step) if branch and branch.takes(step) else None
        return slot

    def _enter(self, slot: Slot, path: Path, depth: int) -> Branch:
        """The container at the first `depth` steps, which the step behind them must fit."""
        branch = slot.open()
        if branch is None:
            raise self._refusal(
                path, depth, "is a plain value", "nothing can be set inside it; remove it first"
            )
        if not branch.takes(path[depth]):
            kinds = ("an object", "an array") if branch.is_object else ("an array", "an object")
            raise self._refusal(path, depth, f"is {kinds[0]}", f"{kinds[1]} is needed; remove it first")
        return branch

    def _nested(self, path: Path, depth: int, value: Json) -> Json:
        """What the new place at `depth` must hold so that `value` stands at the end of `path`."""
        for following in range(len(path) - 1, depth, -1):
            self._check_index(path, following, 0)
            step = path[following]
            value = {step: value} if isinstance(step, str) else [_as_row(step, value)]
        return _as_row(path[depth], value)

    def _check_index(self, path: Path, depth: int, length: int) -> None:
        step = path[depth]
        if isinstance(step, int) and not 0 <= step <= length:
            raise self._refusal(path, depth, f"has {length} elements, so there is no place {step} in it")

    def _check(self, path: Path, value: Json) -> None:
        """Refuse what cannot be written."""
        if is_deep(value):
            raise self._refusal(path, len(path), f"would nest more than {MAX_DEPTH} levels deep")
        waiting = [value]
        while waiting:
            item = waiting.pop()
            waiting.extend(children(item))
            if isinstance(item, dict) and not all(isinstance(key, str) for key in item):
                raise TypeError("the keys of a JSON5 object are strings")
            if not (item is None or isinstance(item, str | int | float | dict | list)):
                raise TypeError(f"JSON5 has no {type(item).__name__}")
            if isinstance(item, int) and abs(item) >= _LIMIT:
                raise self._refusal(path, len(path), "would be a number that no JSON5 reader can hold")
            if isinstance(item, float) and not isfinite(item) and self._document.is_strict_json:
                raise self._refusal(path, len(path), f"would be {item}, which strict JSON cannot hold")

    def _refusal(self, path: Path, depth: int, message: str, what_to_do: str = "") -> Json5Error:
        """The error about the value at the first `depth` steps, located at the nearest one that stands in the text."""
        places = (self._find(path[:length]) for length in range(depth, -1, -1))
        start = next((slot.member.value_start for slot in places if slot and slot.member), 0)
        return Json5Error.at(self._document.text, start, f"{describe(path[:depth])} {message}", what_to_do)


def _as_row(step: Step, value: Json) -> Json:
    """The value with the id that a `Row` step asks for."""
    if not isinstance(step, Row):
        return value
    if not isinstance(value, dict):
        raise TypeError(f"the row {step.id} must be an object")
    return value if "id" in value else {"id": step.id, **value}


def _note_renamed(elements: "list[tuple[Branch, Slot, str | None]]") -> None:
    """Make arrays forget the ids of their elements where an edit has changed one."""
    for branch, slot, before in elements:
        if slot.row_id() != before:
            branch.renamed()
