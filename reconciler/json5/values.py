"""Plain Python values as they stand for JSON5 ones: numbers, equality, depth, and the ids of rows."""

from math import inf, isnan
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

# A plain value as JSON5 gives it: dict, list, str, int, float, bool or None.
Json: TypeAlias = Any

CONTAINERS: Final = (dict, list)

# Of one type, these are the same when Python says so.
_PLAIN: Final = frozenset({str, int, bool, type(None)})

# Bounded so that recursive code, other readers' too, stays well inside the stack of Python.
MAX_DEPTH: Final = 100

# The largest double has 309 digits; a longer integer is infinite to every JavaScript reader, and reading it
# as a Python integer would be refused by the interpreter from 4,300 digits on.
MAX_INTEGER_LENGTH: Final = 308


def integer(word: str) -> int | float:
    """The value of a decimal integer: exact, save that `-0` and what no double may hold become floats."""
    if len(word) > MAX_INTEGER_LENGTH:
        return float(word)
    return int(word) or (-0.0 if word[0] == "-" else 0)


def same(left: Json, right: Json) -> bool:
    """Whether two values mean the same to a JSON5 reader: `1` is `1.0` but not `true`, NaN is NaN, and `-0` is `0`."""
    kind = type(left)
    if kind is type(right) and kind in _PLAIN:
        return bool(left == right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return _double(left) == _double(right) or (isnan(_double(left)) and isnan(_double(right)))
    return bool(left == right)


def _double(number: float) -> float:
    """The number as every JavaScript reader has it; a whole one that is too large is infinite to it."""
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def is_deep(value: Json) -> bool:
    """Whether a value nests more than `MAX_DEPTH` levels of objects and arrays."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in children(parent) if isinstance(child, CONTAINERS)]
        if not level:
            return False
    return True


def children(value: Json) -> "Iterable[Json]":
    """What an object or array holds; nothing for other values."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def row_id(value: Json) -> str | None:
    """The id by which a `Row` step selects this array element."""
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
