"""Looking into plain JSON values by path, and when two of them are equal. Pure; shared by compare and apply."""

from __future__ import annotations

from typing import Any, Final

from reconciler.json5.path import Path, Row


class _Missing:
    """Type of :data:`MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


def lookup(value: Any, path: Path) -> Any:
    """The value at ``path`` below ``value``, or :data:`MISSING`."""
    for step in path:
        if isinstance(step, Row):
            value = row(value, step.id)
        elif isinstance(step, int):
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else MISSING
        else:
            value = value.get(step, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING:
            return MISSING
    return value


def row(value: Any, row_id: str) -> Any:
    """The first object of a list whose ``id`` is ``row_id``, or text that is it, or :data:`MISSING`."""
    if isinstance(value, list):
        for item in value:
            if item == row_id or (isinstance(item, dict) and item.get("id") == row_id):
                return item
    return MISSING


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, but neither equals true."""
    kind = type(left)
    if kind is type(right) and kind in _SCALARS:
        return bool(left == right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) and type(left) is not type(MISSING)
