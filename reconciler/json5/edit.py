"""Edits by path: checked here, gathered in the tree, and written as text by `finish`."""

from math import isfinite
from typing import TYPE_CHECKING, Final

from .errors import Json5Error
from .path import Path, Row, Step, describe
from .tree import AS_IS, Branch, Slot
from .values import MAX_DEPTH, MAX_INTEGER_LENGTH, Json, children, is_deep

if TYPE_CHECKING:
    from .document import Document

_LIMIT: Final = 10**MAX_INTEGER_LENGTH


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
            raise self._refusal(path, depth, f"has no place {step}; its length is {length}")

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
