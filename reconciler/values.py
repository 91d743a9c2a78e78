"""Looking into plain JSON values by path, and whether two of them are the same. Pure; shared by compare and apply."""

from __future__ import annotations

from typing import Any, Final

from reconciler.json5.path import Path, Row
from reconciler.json5.values import same

__all__ = ["MISSING", "lookup", "row", "same"]


class _Missing:
    """Type of :data:`MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


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
