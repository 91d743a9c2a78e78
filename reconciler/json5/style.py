"""The hand in which a document is written, so that new text looks like the text around it.

Habits are counted per container: how keys and strings are quoted, how colons are spaced, whether the last member
has a comma, how lines are indented. A question is answered by the nearest container that shows a habit, from the
edited one outwards, and then by the whole document.
"""

import re
from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from . import scan
from .layout import has_break, indentation
from .values import CONTAINERS, Json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .parse import Member

# From the name of a habit to how often each form of it was met.
Habits: TypeAlias = "defaultdict[str, Counter[str]]"

# Enough to tell a habit: lists of thousands of models are not read to the end for it.
_MEMBERS: Final = 20
_CONTAINERS: Final = 200

_COLON: Final = re.compile(r"[ \t]*:[ \t]*\Z")
_COMMA: Final = re.compile(r",([ \t]*)\Z")

# The words left out are good bare keys by the specification, but some readers stumble over them.
_BARE: Final = re.compile(
    r"(?!(?:__proto__|Infinity|NaN|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export"
    r"|extends|false|finally|for|function|if|import|in|instanceof|new|null|return|super|switch|this|throw|true|try"
    r"|typeof|undefined|var|void|while|with)\Z)[A-Za-z_$][A-Za-z0-9_$]*\Z"
)


class Style(msgspec.Struct, frozen=True):
    """How to write at one place of a document. `padding` is by opening bracket, `separator` follows a comma."""

    bare_keys: bool
    key_quote: str
    string_quote: str
    colon: str
    last_comma: bool
    newline: str
    unit: str
    padding: dict[str, str]
    separator: str


class Hand:
    """The habits of one document."""

    def __init__(self, text: str, root: "Member", *, strict: bool) -> None:
        self._text = text
        self._root = root
        self._strict = strict
        self._known: dict[int, Habits] = {}
        self._of_document: Habits | None = None
        self._lines: Counter[tuple[str, str | bool]] | None = None
        self._newline = _newline(text)

    def near(self, ancestors: "list[Member]") -> Style:
        """The style inside the last of these containers, each of which holds the next."""
        rings = [*(self._of(container) for container in reversed(ancestors)), self._of_all()]

        def habit(name: str, default: str) -> str:
            forms = next((ring[name] for ring in rings if name in ring), None)
            return forms.most_common(1)[0][0] if forms else default

        quote = habit("quote", '"')
        key = habit("key", "bare")
        colon = habit("colon", ": ")
        space = " " if colon.endswith(" ") else ""
        return Style(
            bare_keys=key == "bare" and not self._strict,
            key_quote=habit("key quote", quote) if key == "bare" else key,
            string_quote=habit("quote", habit("key quote", '"')),
            colon=colon,
            last_comma=habit("last comma", "") == "," and not self._strict,
            newline=self._newline,
            unit=habit("unit", "  "),
            padding={"{": habit("{", space), "[": habit("[", "")},
            separator=habit("separator", space),
        )

    def on_one_line(self, value: Json, name: str, parent: str) -> bool:
        """Whether a new object or array of this name belongs on one line.

        Those of the same name decide, else those with the same parent. Without either, an object is opened, and
        an array of scalars is what most of them are.
        """
        if self._lines is None:
            self._lines = Counter()
            for container, own, above in _containers(self._root):
                vote = -1 if is_open(self._text, container) else 1
                for form in (("name", own), ("parent", above), ("scalars", _is_of_scalars(container.value))):
                    self._lines[form] += vote
        for form in (("name", name), ("parent", parent)):
            if self._lines[form]:
                return self._lines[form] > 0
        return _is_of_scalars(value) and self._lines[("scalars", True)] >= int(self._strict)

    def _of(self, container: "Member") -> Habits:
        known = self._known.get(id(container))
        if known is None:
            known = self._known[id(container)] = defaultdict(Counter)
            _count(self._text, container, known)
        return known

    def _of_all(self) -> Habits:
        if self._of_document is None:
            self._of_document = defaultdict(Counter)
            for container, *_ in islice(_containers(self._root), _CONTAINERS):
                _count(self._text, container, self._of_document)
        return self._of_document


def is_bare(key: str) -> bool:
    """Whether every JSON5 reader takes this key without quotes."""
    return _BARE.match(key) is not None


def element_name(array: str) -> str:
    """The name under which `on_one_line` knows the elements of an array."""
    return f"{array}[]"


def _count(text: str, container: "Member", habits: Habits) -> None:
    """Count the habits that one object or array shows."""
    members = container.inner.members if container.inner else []
    for member in members[:_MEMBERS]:
        if text[member.value_start] in "\"'":
            habits["quote"][text[member.value_start]] += 1
        if member.start < member.value_start:
            _count_key(text, member, habits)
    if not members:
        return
    lead = text[container.value_start + 1 : members[0].start]
    if has_break(lead):
        behind = scan.skip_trivia(text, members[-1].value_end)
        habits["last comma"]["," if text[behind] == "," else ""] += 1
        outer, own = indentation(text, container.value_start), indentation(text, members[0].start)
        if own.startswith(outer) and own != outer:
            habits["unit"][own.removeprefix(outer)] += 1
    elif lead.strip() == "":
        habits[text[container.value_start]][lead] += 1
        between = text[members[0].value_end : members[1].start] if len(members) > 1 else ""
        if comma := _COMMA.search(between):
            habits["separator"][comma[1]] += 1


def _count_key(text: str, member: "Member", habits: Habits) -> None:
    mark = text[member.start]
    quoted = mark in "\"'"
    if quoted:
        habits["key quote"][mark] += 1
    if not quoted or is_bare(member.key):
        habits["key"][mark if quoted else "bare"] += 1
    if colon := _COLON.search(text, member.start, member.value_start):
        habits["colon"][colon[0]] += 1


def _containers(root: "Member") -> "Iterator[tuple[Member, str, str]]":
    """Every object and array that holds something, outer before inner, with its name and that of its parent."""
    waiting = [(root, "", "")]
    while waiting:
        container, name, parent = waiting.pop()
        inner = container.inner
        if inner is None or not inner.members:
            continue
        yield container, name, parent
        waiting.extend(
            (member, member.key if inner.is_object else element_name(name), name)
            for member in reversed(inner.members)
            if member.inner
        )


def is_open(text: str, container: "Member") -> bool:
    """Whether a container that holds something is written over several lines."""
    first = container.inner.members[0] if container.inner else container
    return has_break(text[container.value_start : first.start])


def _is_of_scalars(value: Json) -> bool:
    """Whether a value is an array that holds no objects or arrays."""
    return isinstance(value, list) and not any(isinstance(child, CONTAINERS) for child in value)


def _newline(text: str) -> str:
    """The line end that the text uses most."""
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=lambda newline: counts[newline])
