"""The writes behind a plan, and their effect on plain values. Pure.

The effect is computed here on values and again by the document on bytes; apply requires both to mean the same.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from reconciler.json5.path import Path, Row
from reconciler.values import MISSING, lookup, row


class _Delete:
    """Type of :data:`DELETE`."""

    def __repr__(self) -> str:
        return "DELETE"


DELETE: Final = _Delete()


class Edit(msgspec.Struct, frozen=True):
    """Put ``value`` at ``path``; :data:`DELETE` takes it away, a ``SecretValue`` is filled in at the edge."""

    path: Path
    value: Any


def condense(root: Any, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The same effect in the fewest writes: what is missing is created as one nested value.

    Args:
        root: the value that the edits will be made on.
        edits: in order; later ones may lie inside what earlier ones create.
    """
    result: dict[Path, Any] = {}
    deleted = {edit.path for edit in edits if edit.value is DELETE}
    for edit in edits:
        if edit.value is DELETE:
            if not any(edit.path[:length] in deleted for length in range(1, len(edit.path))):
                result[edit.path] = DELETE
            continue
        anchor = _anchor(root, edit.path, result)
        if anchor == edit.path:
            result[anchor] = edit.value
        else:
            base = result.get(anchor, MISSING)
            result[anchor] = put(_seed(anchor, base), edit.path[len(anchor) :], edit.value)
    return tuple(Edit(path, value) for path, value in result.items())


def _anchor(root: Any, path: Path, pending: dict[Path, Any]) -> Path:
    node = root
    for depth, step in enumerate(path, start=1):
        head = path[:depth]
        if head in pending and pending[head] is not DELETE:
            return head
        node = lookup(node, (step,))
        if node is MISSING:
            return head
    return path


def _seed(anchor: Path, base: Any) -> Any:
    """A row selected by id carries that id."""
    last = anchor[-1]
    if base is MISSING and isinstance(last, Row):
        return {"id": last.id}
    return base


def put(root: Any, path: Path, value: Any) -> Any:
    """A copy of ``root`` with ``value`` at ``path``; what is missing on the way is made."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, Row):
        items = list(root) if isinstance(root, list) else []
        found = row(items, step.id)
        new = put({"id": step.id} if found is MISSING else found, rest, value)
        if found is MISSING:
            items.append(new)
        else:
            items[next(index for index, item in enumerate(items) if item is found)] = new
        return items
    node = dict(root) if isinstance(root, dict) else {}
    node[str(step)] = put(node.get(str(step), MISSING), rest, value)
    return node


def remove(root: Any, path: Path) -> Any:
    """A copy of ``root`` without what stands at ``path``."""
    step, rest = path[0], path[1:]
    target = lookup(root, (step,))
    if target is MISSING:
        return root
    if isinstance(step, Row):
        kept = [remove(item, rest) if rest and item is target else item for item in root]
        return kept if rest else [item for item in kept if item is not target]
    node = dict(root)
    if rest:
        node[str(step)] = remove(target, rest)
    else:
        del node[str(step)]
    return node


def effect(root: Any, edits: tuple[Edit, ...]) -> Any:
    """What ``root`` means after ``edits``."""
    for edit in edits:
        root = remove(root, edit.path) if edit.value is DELETE else put(root, edit.path, edit.value)
    return root
