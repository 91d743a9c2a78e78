"""Hypothesis strategies: JSON5 texts in every hand, and edits for them."""

import copy
from typing import Any

from hypothesis import strategies as st

from reconciler.json5 import Path, Row
from reconciler.json5.edit import Editor
from reconciler.json5.values import row_id

KEYS = ["a", "b", "id", "models", "if", "__proto__", "zai-org/GLM-4.6V", "日本", "it's", 'say "x"', "", "10"]
TEXTS = st.one_of(
    st.sampled_from(["m", "n", "it's", 'say "x"', "// no comment", "/*", "\u2028", "\\", "a\nb", "é日"]),
    st.text(max_size=5),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A JSON5 text with comments, all kinds of quotes and numbers, and every habit of layout."""
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    tidy = draw(st.booleans())
    head = draw(st.sampled_from(["", "\ufeff", "// head\n", "/* head */ "]))
    tail = draw(st.sampled_from(["", "\n", " // tail", "\n/* tail */\n"]))
    written = _Author(draw, tidy).value(0)
    return (head + written + tail).replace("\n", newline)


class _Author:
    """Writes one document, tidily (lines and comments where people put them) or anyhow."""

    def __init__(self, draw: st.DrawFn, tidy: bool) -> None:
        self.draw = draw
        self.tidy = tidy
        self.comments = 0

    def value(self, depth: int) -> str:
        kind = self.draw(
            st.sampled_from(
                ["object", "object", "array", "scalar"] if depth else ["object", "object", "array"]
            )
        )
        if kind == "scalar" or depth > 3:
            return self.scalar()
        size = self.draw(st.integers(0, 3))
        items = [self.item(depth, kind == "object") for _ in range(size)]
        opening, closing = "{}" if kind == "object" else "[]"
        comma = self.draw(st.booleans()) and bool(items)
        return opening + (self.tidily if self.tidy else self.anyhow)(items, comma, depth) + closing

    def tidily(self, items: list[str], comma: bool, depth: int) -> str:
        if self.draw(st.booleans()):
            padding = self.draw(st.sampled_from(["", " "]))
            return padding + ", ".join(items) + "," * comma + padding if items else ""
        text, indent = "", "  " * (depth + 1)
        for index, item in enumerate(items):
            text += self.draw(st.sampled_from(["", "", "\n"]))
            if self.draw(st.booleans()):
                text += f"\n{indent}// {self.comment()}" + self.draw(st.sampled_from(["", "", "\n"]))
            text += f"\n{indent}{item}" + "," * (comma or index < len(items) - 1)
            text += self.draw(st.sampled_from(["", "", f" // {self.comment()}", f" /* {self.comment()} */"]))
        return text + self.draw(st.sampled_from(["", f"\n{indent}// {self.comment()}"])) + "\n" + "  " * depth

    def anyhow(self, items: list[str], comma: bool, depth: int) -> str:
        text = self.trivia()
        for index, item in enumerate(items):
            text += item + self.trivia() + "," * (comma or index < len(items) - 1) + self.trivia()
        return text

    def item(self, depth: int, in_object: bool) -> str:
        if not in_object:
            return self.value(depth + 1)
        key = self.draw(st.sampled_from(KEYS))
        written = key if key.isidentifier() and self.draw(st.booleans()) else self.string(key)
        colon = ": " if self.tidy else f"{self.trivia()}:{self.trivia()}"
        return f"{written}{colon}{self.value(depth + 1)}"

    def scalar(self) -> str:
        if self.draw(st.booleans()):
            return self.string(self.draw(TEXTS))
        words = [
            "null",
            "true",
            "false",
            "0",
            "-0",
            "+1",
            ".5",
            "5.",
            "0x1F",
            "-1.5e3",
            "10",
            "Infinity",
            "12345678901234567890",
        ]
        return self.draw(st.sampled_from(words))

    def string(self, text: str) -> str:
        quote = self.draw(st.sampled_from("\"'"))
        escapes = {quote: f"\\{quote}", "\\": "\\\\", "\n": "\\\n", "\r": "\\r"}
        written = "".join(escapes.get(char, char) for char in text)
        return quote + written.replace("a", self.draw(st.sampled_from(["a", "\\u0061", "\\x61"]))) + quote

    def trivia(self) -> str:
        kinds = ["", "", " ", "\n", "\n\n  ", " // {}\n", " /* {} */ ", "/*{}\n*/", "\n// {}\n", "\u2028"]
        return self.draw(st.sampled_from(kinds)).replace("{}", self.comment())

    def comment(self) -> str:
        self.comments += 1
        return f"c{self.comments}!"


def places(value: Any, path: Path = ()) -> list[Path]:
    """Every path of a value; rows also by their id."""
    found = [path]
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*path, key))
    elif isinstance(value, list):
        ids = [row_id(item) for item in value]
        for index, item in enumerate(value):
            found += places(item, (*path, index))
            if ids[index] is not None and ids.index(ids[index]) == index:
                found += places(item, (*path, Row(ids[index] or "")))
    return found


@st.composite
def edits(draw: st.DrawFn, value: Any) -> tuple[str, Path, Any]:
    """An edit that fits the value: its name in `Editor`, its path, and the value it takes."""
    path = draw(st.sampled_from(places(value)))
    stands = lookup(value, path)
    fresh = draw(VALUES)
    kind = draw(st.sampled_from(["set", "new", "new", "delete", "insert"]))
    if kind == "new" and isinstance(stands, dict):
        return "set", (*path, draw(st.sampled_from([*KEYS, "fresh"]))), fresh
    if kind == "new" and isinstance(stands, list):
        new: Path = draw(st.sampled_from([(*path, len(stands)), (*path, Row("fresh"), "n")]))
        return "set", new, fresh
    if kind == "insert" and isinstance(stands, list):
        return "insert", (*path, draw(st.integers(0, len(stands)))), fresh
    if kind == "delete" and path:
        return "delete", path, None
    last = path[-1] if path else None
    return "set", path, {"id": last.id, "n": fresh} if isinstance(last, Row) else fresh


def lookup(value: Any, path: Path) -> Any:
    for step in path:
        value = value[index(value, step)]
    return value


def index(value: Any, step: Any) -> Any:
    """The key or index that a step means in a plain value; None for a row that is not there."""
    if not isinstance(step, Row):
        return step
    return next((place for place, item in enumerate(value) if row_id(item) == step.id), None)


def expected(value: Any, edit: tuple[str, Path, Any]) -> Any:
    """What an edit makes of a plain value, worked out without the editor."""
    name, path, fresh = edit
    if not path:
        return copy.deepcopy(fresh)
    value = copy.deepcopy(value)
    *way, last = path
    parent = value
    for step in way:
        if isinstance(step, Row) and index(parent, step) is None:
            parent.append({"id": step.id})
        parent = parent[index(parent, step)]
    place = index(parent, last)
    if name == "delete":
        del parent[place]
    elif name == "insert" or (isinstance(parent, list) and place == len(parent)):
        parent.insert(place, copy.deepcopy(fresh))
    else:
        parent[place] = copy.deepcopy(fresh)
    return value


def perform(editor: Editor, edit: tuple[str, Path, Any]) -> None:
    """Make an edit."""
    name, path, fresh = edit
    if name == "delete":
        assert editor.delete(path)
    else:
        getattr(editor, name)(path, fresh)
