"""Values from outside as text: short, harmless for a terminal, and never to be taken for another value."""

from __future__ import annotations

import re
from typing import Any

from reconciler.printable import printable

LONGEST = 400
"""Characters of a value before the rest of it is cut off."""

_NO_PLAIN_TEXT = re.compile(r'true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?|["\'\[{].*|.* -> .*', re.DOTALL)
_NO_PLAIN_ITEM = re.compile(r"[,{}\[\]]|: | -> ")
_ELLIPSIS = "..."
# Characters kept in front of the first difference of two long values.
_LEAD = 30
# Levels of a value that are looked into; no config that OpenClaw takes comes near.
_DEEPEST = 30


def show(value: Any, limit: int | None = LONGEST) -> str:
    """A JSON value on one line: text without quotes where nothing else could be meant.

    Args:
        limit: characters after which it is cut; None shows all of it.
    """
    return cut(_show(value, depth=0), limit)


def members(value: dict[str, Any], limit: int | None = LONGEST) -> str:
    """What an object consists of, on one line, without its braces."""
    return cut(_members(value, 0), limit)


def gist(value: dict[str, Any], limit: int) -> str:
    """The same, plain members first: what matters most before it is cut."""
    return members(dict(sorted(value.items(), key=lambda member: isinstance(member[1], dict))), limit)


def contrast(before: Any, after: Any, limit: int | None = LONGEST) -> tuple[str, str]:
    """Two different values; of long ones, the part where they begin to differ."""
    texts = (show(before, None), show(after, None))
    if limit is None or all(len(text) <= limit for text in texts):
        return texts
    same = next(
        (index for index, pair in enumerate(zip(*texts, strict=False)) if pair[0] != pair[1]),
        min(map(len, texts)),
    )
    start = max(0, same - _LEAD)
    lead = _ELLIPSIS if start else ""
    return cut(lead + texts[0][start:], limit), cut(lead + texts[1][start:], limit)


def cut(text: str, limit: int | None) -> str:
    """``text``, or its beginning and a sign that there is more."""
    return text if limit is None or len(text) <= limit else text[: max(0, limit - len(_ELLIPSIS))] + _ELLIPSIS


def plural(count: int, noun: str) -> str:
    """``1 value``, ``2 values``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def counts(create: int, update: int, delete: int, unchanged: int) -> str:
    """The summary line."""
    if not (create or update or delete):
        return f"No changes. {plural(unchanged, 'value')} {'is' if unchanged == 1 else 'are'} as declared."
    return f"Plan: {create} to create, {update} to update, {delete} to delete, {unchanged} unchanged."


def _show(value: Any, *, depth: int) -> str:
    if isinstance(value, str):
        return _show_text(value, nested=depth > 0)
    if isinstance(value, dict | list | tuple) and depth == _DEEPEST:
        return _ELLIPSIS
    if isinstance(value, dict):
        return "{" + _members(value, depth) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_show(item, depth=depth + 1) for item in value) + "]"
    return "null" if value is None else str(value).lower()


def _members(value: dict[str, Any], depth: int) -> str:
    return ", ".join(f"{printable(key)}: {_show(item, depth=depth + 1)}" for key, item in value.items())


def _show_text(value: str, *, nested: bool) -> str:
    text = printable(value)
    plain = text and text.strip() == text and not _NO_PLAIN_TEXT.fullmatch(text)
    if plain and not (nested and _NO_PLAIN_ITEM.search(text)):
        return text
    return '"' + text.replace('"', '\\"') + '"'
