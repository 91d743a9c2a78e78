"""Strategies for input that means harm, or that nobody meant at all: damaged bytes, and values where others belong."""

from __future__ import annotations

import copy
import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WORDS = (
    "",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "\u202egnp.exe",
    "\u2066x\u2069\ufeff",
    "a\nb\r\nc",
    "\x00",
    "\ud800",
    "../../../victim",
    "/etc/passwd",
    "~/victim",
    "./sf.json",
    "openclaw.json",
    "__proto__",
    "${HOME}",
    "${",
    "sk-0123456789abcdef",
    "https://user:pass@evil.example/v1",
    "http://[",
    "2026.99999999999.1",
    "provider/siliconflow",
    "x" * 5000,
    "é模型",
)
NUMBERS = (0, -1, 2**31, 2**63, 2**64, 10**400, 1.5, 1e308, True, False, None)
FRAGMENTS = (
    *(b"{", b"}", b"[", b"]", b'"', b"'", b",", b":", b"//", b"/*", b"\\", b"\\u0000", b"\\ud800", b"\xff", b"\x00"),
    *(b"\n", b"\r", b"\t", b"- ", b"? ", b"*a", b"&a ", b"!!python/object:os.system ", b"<<: ", b"---\n", b"%", b"|\n"),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\x9b", b"\x1b[2J", b"1e999", b"NaN", b"-0", b"0x", b"$include", b"null"),
)  # fmt: skip


@contextmanager
def deep_writing() -> Iterator[None]:
    """Room for a writer to go down values that the program may well refuse for their depth."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def deep(levels: int) -> Any:
    """Lists in lists."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


VALUES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(NUMBERS),
    st.sampled_from([[], {}, [[]], {"": ""}, deep(90), deep(400), {"id": {}}, [None] * 50]),
    st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS), max_size=3),
    st.lists(st.sampled_from(WORDS), max_size=3),
)


@st.composite
def damaged_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """The same with some bytes missing, doubled or in the wrong place."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 8, 64, 10**6])))
        data = data[:start] + draw(st.sampled_from([b"", *FRAGMENTS, data[start:end] * 2])) + data[end:]
    return data


@st.composite
def damaged_value(draw: st.DrawFn, value: Any) -> Any:
    """The same with other values, keys and lengths in some places."""
    value = {"root": copy.deepcopy(value)}
    for _ in range(draw(st.integers(1, 4))):
        holder, step = draw(st.sampled_from(_places(value)))
        match draw(st.sampled_from(["put", "put", "put", "drop", "rename", "double"])):
            case "put":
                holder[step] = copy.deepcopy(draw(VALUES))
            case "drop" if holder is not value:
                del holder[step]
            case "rename" if isinstance(holder, dict) and holder is not value:
                holder[draw(st.sampled_from(WORDS))] = holder.pop(step)
            case "double" if isinstance(holder, list):
                holder.insert(step, copy.deepcopy(holder[step]))
    return value["root"]


def _places(value: Any) -> list[tuple[Any, Any]]:
    found, rest = [], [value]
    while rest:
        holder = rest.pop()
        steps: Sequence[Any] = list(holder) if isinstance(holder, dict) else range(len(holder))
        for step in steps:
            found.append((holder, step))
            if isinstance(holder[step], dict | list):
                rest.append(holder[step])
    return found


def damaged_json(data: bytes) -> st.SearchStrategy[bytes]:
    """JSON that says something else, or is none any more."""
    try:
        value = json.loads(data)
    except ValueError:
        return damaged_bytes(data)
    told = damaged_value(value).map(_json)
    return st.one_of(told, told.flatmap(damaged_bytes), damaged_bytes(data))


def _json(value: Any) -> bytes:
    with deep_writing():
        return json.dumps(value).encode()
