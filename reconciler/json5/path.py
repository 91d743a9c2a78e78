"""How a place in a document is named: by object keys, array indexes, and the ids of array elements."""

from typing import TypeAlias

import msgspec


class Row(msgspec.Struct, frozen=True):
    """Selects the first element of an array that is an object whose `"id"` equals `id`."""

    id: str


Step: TypeAlias = str | int | Row
Path: TypeAlias = tuple[Step, ...]


def describe(path: Path) -> str:
    """A path as people write it: `models.providers["a/b"].models[0]`."""
    text = ""
    for step in path:
        if isinstance(step, Row):
            text += f"[id={step.id}]"
        elif isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text or "the whole document"
