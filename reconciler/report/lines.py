"""Building blocks of the text reports: values in short, lines that fit, and what belongs together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.plan import Change

SYMBOLS = {"create": "+", "update": "~", "delete": "-"}


def short(value: Any, limit: int = 400) -> str:
    """A value on one line, strings without quotes where that is clear."""
    if isinstance(value, str) and value and value.strip() == value:
        text = value
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {short(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        text = "[" + ", ".join(value) + "]"
    else:
        text = json.dumps(value, ensure_ascii=False)
    text = printable(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of a nested object with dotted names."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from flat(item, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, value


def wrap(text: str, width: int, indent: str) -> list[str]:
    """``text`` in lines of at most ``width`` columns where its words allow it, later ones behind ``indent``."""
    start = text[: len(text) - len(text.lstrip(" "))]
    lines: list[str] = []
    line = ""
    for word in text.split():
        lead = start if not lines else indent
        if line and len(lead) + len(line) + 1 + len(word) > width:
            lines.append(lead + line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, (start if not lines else indent) + line]


def split_address(address: str) -> tuple[str, str]:
    """The object that people think of, and the rest: ``provider/x``, ``models[y].cost.input``."""
    kind, slash, rest = address.partition("/")
    if not slash:
        head, dot, tail = address.partition(".")
        return (head, tail) if dot else ("gateway", address)
    for index, char in enumerate(rest):
        if char == ".":
            known = (
                kind != "provider"
                or rest[index + 1 :].startswith(("models[",))
                or "." not in rest[index + 1 :]
            )
            if known:
                return f"{kind}/{rest[:index]}", rest[index + 1 :]
    return address, ""


def grouped(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """Changes by the object that they belong to, in order."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(split_address(change.address)[0], []).append(change)
    return groups


def counts(create: int, update: int, delete: int, unchanged: int) -> str:
    """The summary line."""
    if not (create or update or delete):
        return f"No changes. {unchanged} value{'s are' if unchanged != 1 else ' is'} as declared."
    return f"Plan: {create} to create, {update} to update, {delete} to delete, {unchanged} unchanged."
