"""Text from outside, made harmless for a terminal: no escape sequence, no control or direction-changing character."""

from __future__ import annotations

import re
from typing import Any, Literal

# C0 and C1 controls, line and paragraph separators, and the invisible characters that reorder or hide text.
_UNSAFE = "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
_UNSAFE_BUT_NEWLINE = _UNSAFE.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f")


def printable(text: str, *, keep_lines: bool = False) -> str:
    """``text`` with every unsafe character shown as an escape such as ``\\x1b``.

    Args:
        keep_lines: let newlines through, for text whose lines are our own.
    """
    # True of no text with an unsafe character, and of nearly all others.
    if text.isprintable():
        return text
    unsafe = _UNSAFE_BUT_NEWLINE if keep_lines else _UNSAFE
    return re.sub(unsafe, lambda match: match.group().encode("unicode_escape").decode(), text)


def encoded(value: Any, *, order: Literal["deterministic"] | None = None) -> bytes:
    """``value`` as JSON; half a character, as of a file name that isn't UTF-8, is spelled out, since no JSON in UTF-8 can hold it."""
    import msgspec

    try:
        return msgspec.json.encode(value, order=order)
    except UnicodeEncodeError:
        return msgspec.json.encode(_spelled(msgspec.to_builtins(value)), order=order)


def _spelled(value: Any) -> Any:
    if isinstance(value, str):
        return spelled(value)
    if isinstance(value, dict):
        return {_spelled(key): _spelled(item) for key, item in value.items()}
    return [_spelled(item) for item in value] if isinstance(value, list | tuple) else value


def is_text(text: str) -> bool:
    """Whether ``text`` has no half characters."""
    return spelled(text) == text


def spelled(text: str) -> str:
    """``text`` with half characters as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
