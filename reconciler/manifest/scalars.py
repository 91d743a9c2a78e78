"""What an unquoted YAML word means: the YAML 1.2 core schema, minus every word that YAML 1.1 reads otherwise.

The parsers that our users' other tools embed disagree on `no`, `0777`, `1e3` or `22:22`. A word that two readers
can take for two values is refused, with the way to write it unmistakably.
"""

from __future__ import annotations

import re
from math import isfinite

import msgspec

Scalar = str | int | float | bool

# Beyond this, OpenClaw's JavaScript can't tell neighbouring integers apart.
_LARGEST = 2**53 - 1

_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_YES_AND_NO = frozenset(("y", "n", "yes", "no", "on", "off"))
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?|\.[0-9]+(?:[eE][-+][0-9]+)?")
# Everything that either schema takes for a number. Sources: yaml.org/type (1.1) and YAML 1.2.2 section 10.3.2.
# Left to re's own cache: few manifests need it.
_NUMBER = r"""(?x)[-+]?(?:0b[01_]+ | 0o[0-7]+ | 0x[0-9a-fA-F_]+
        | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
        | (?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?
        | \.(?:inf|Inf|INF|nan|NaN|NAN))"""


class Ambiguous(msgspec.Struct, frozen=True):
    """A word that is refused: its problem code, what is wrong with it, what to write instead."""

    code: str
    what: str
    remedy: str


def resolve(word: str) -> Scalar | Ambiguous:
    """The value of an unquoted word, or why it has none."""
    if word in _BOOLEANS:
        return _BOOLEANS[word]
    if word in _NULLS:
        return Ambiguous(
            "null-value",
            "null is ambiguous" if word else "the value is missing, which YAML reads as null",
            "Leave the key out for 'not mine', or write [] or {} for 'none of it'.",
        )
    if word[0] in "+-.0123456789":
        return _number(word)
    if word.lower() in _YES_AND_NO:
        meant = "true" if word.lower() in ("y", "yes", "on") else "false"
        return Ambiguous(
            "ambiguous-word",
            f"{word} is a boolean in YAML 1.1 and text in YAML 1.2",
            f'Write {meant}, or "{word}" in quotes for the text.',
        )
    if word in ("<<", "="):
        return Ambiguous(
            "ambiguous-word", f"{word} has a meaning of its own in YAML 1.1", f'Write "{word}" in quotes.'
        )
    return word


def _number(word: str) -> Scalar | Ambiguous:
    if _INTEGER.fullmatch(word):
        # Digits are counted first: int() itself refuses thousands of them.
        number = int(word, 0) if len(word) < 20 else _LARGEST + 1
        return number if abs(number) <= _LARGEST else _too_large(word)
    if _FLOAT.fullmatch(word):
        value = float(word)
        return value if isfinite(value) else _too_large(word)
    if re.fullmatch(_NUMBER, word):
        return Ambiguous(
            "ambiguous-word",
            f"{_short(word)} is not the same number to every YAML reader",
            "Write a plain decimal number, such as 420 or 0.5, or put it in quotes for the text.",
        )
    return word


def _too_large(word: str) -> Ambiguous:
    return Ambiguous(
        "number-too-large",
        f"{_short(word)} is beyond what OpenClaw can hold exactly",
        f"Write a number up to {_LARGEST}, or put it in quotes for the text.",
    )


def _short(word: str) -> str:
    return word if len(word) <= 24 else f"{word[:12]}… ({len(word)} characters)"
