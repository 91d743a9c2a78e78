"""Writes a plain value down as JSON5 as many hands would: comments, quotes, commas, line ends, layout."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
HABITS = ("strict", "tidy", "careless", "one line")


def written(value: Any, hand: random.Random) -> str:
    """A text that means ``value``; strict JSON in one of four cases."""
    habit = hand.choice(HABITS)
    newline = hand.choice(["\n", "\n", "\r\n"])
    bom = hand.choice(["", "", "", "\ufeff"])
    if habit == "strict":
        text = json.dumps(
            value, indent=hand.choice([None, 2, 4, "\t"]), ensure_ascii=hand.choice([True, False])
        )
        return bom + (text + "\n").replace("\n", newline)
    author = _Author(hand, habit)
    return bom + author.document(value).replace("\n", newline)


class _Author:
    """One hand; every comment it writes is told apart by a number."""

    def __init__(self, hand: random.Random, habit: str) -> None:
        self.hand = hand
        self.habit = habit
        self.unit = hand.choice(["  ", "    ", "\t"])
        self.comma = hand.choice([True, False])
        self.comments = 0

    def document(self, value: Any) -> str:
        head = self.some(f"// {self.comment()}\n", f"/* {self.comment()}\n   two lines */\n", "")
        return head + self.value(value, 0) + self.some("\n", f" // {self.comment()}\n", "", "\n\n")

    def value(self, value: Any, depth: int) -> str:
        if isinstance(value, dict):
            items = [f"{self.key(key)}: {self.value(item, depth + 1)}" for key, item in value.items()]
            return self.container("{}", items, depth)
        if isinstance(value, list):
            return self.container("[]", [self.value(item, depth + 1) for item in value], depth)
        return self.string(value) if isinstance(value, str) else json.dumps(value)

    def container(self, brackets: str, items: list[str], depth: int) -> str:
        opening, closing = brackets[0], brackets[1]
        if not items:
            return opening + self.some("", "", " ", f" /* {self.comment()} */ ") + closing
        if self.fits(items):
            pad = self.some("", " ")
            comma = "," if self.comma and self.habit != "one line" else ""
            return f"{opening}{pad}{', '.join(items)}{comma}{pad}{closing}"
        return opening + "".join(self.lines(items, depth)) + "\n" + self.unit * depth + closing

    def fits(self, items: list[str]) -> bool:
        """Whether they go on one line: a line comment among them would swallow the rest."""
        if any(token.startswith("//") for item in items for token in tokens(item)):
            return False
        short = sum(map(len, items)) < 60 and not any("\n" in item for item in items)
        return self.habit == "one line" or (short and self.hand.random() < 0.5)

    def lines(self, items: list[str], depth: int) -> list[str]:
        found = []
        for index, item in enumerate(items):
            indent = self.unit * (depth + 1)
            if self.habit == "careless":
                indent = self.some(indent, indent, "", "      ")
            before = self.some(
                "", "", "\n", f"\n{indent}// {self.comment()}", f"\n{indent}/* {self.comment()} */"
            )
            comma = "," if self.comma or index < len(items) - 1 else ""
            if self.habit == "careless":
                comma = self.some("", "", " ", f" /* {self.comment()} */ ") + comma
            after = self.some("", "", f" // {self.comment()}", f" /* {self.comment()} */")
            found.append(f"{before}\n{indent}{item}{comma}{after}")
        return [*found, self.some("", "", f"\n{self.unit * (depth + 1)}// {self.comment()}")]

    def key(self, key: str) -> str:
        return key if _IDENTIFIER.match(key) and self.hand.random() < 0.7 else self.string(key)

    def string(self, text: str) -> str:
        if self.hand.random() < 0.3:
            return (
                "'" + json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
            )
        return json.dumps(text, ensure_ascii=False)

    def some(self, *choices: str) -> str:
        return self.hand.choice(choices)

    def comment(self) -> str:
        self.comments += 1
        return f'c{self.comments}! it\'s {{ not }} "data",'


_TOKEN = re.compile(
    r"""//[^\n\r\u2028\u2029]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s{}\[\]:,"'/]+|.""", re.DOTALL
)


def tokens(text: str) -> list[str]:
    """What a JSON5 text is made of: comments, strings and words whole, everything else by the character.

    Shares nothing with the program's own reader.
    """
    return _TOKEN.findall(text)


def comments(text: str) -> list[str]:
    """The comments of a text, in order."""
    return [token for token in tokens(text) if token.startswith(("//", "/*"))]


def is_subsequence(short: list[str], long: list[str]) -> bool:
    """Whether ``long`` is ``short`` with something put in between."""
    rest = iter(long)
    return all(token in rest for token in short)
