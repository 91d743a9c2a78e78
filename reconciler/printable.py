"""Text from outside, made harmless for a terminal: no escape sequence, no control or direction-changing character."""

from __future__ import annotations

import re

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
