"""YAML text to plain values, with the place of every key and value kept beside them.

PyYAML's constructors follow YAML 1.1, forget places, drop duplicate keys silently and, on deep nesting, take the
process down. So only its event parser is used; the tree is built here, without recursion and within fixed bounds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from reconciler.errors import Location, Problem
from reconciler.manifest import limits
from reconciler.manifest.scalars import Ambiguous, resolve
from reconciler.manifest.wording import shorten
from reconciler.manifest.yaml_merge import MERGE, WORD, merge
from reconciler.manifest.yaml_nodes import Mark, Node, Step, Stop


class Tree(msgspec.Struct, frozen=True):
    """One YAML document: its value, and where each part of it stands.

    Attributes:
        places: by ``id`` of a dict or list of ``value``: for each key, or index, the marks of key and value.
        unprintable: some text holds characters that can't be printed.
        merged: values of merge keys, which only lived there: `places` goes by identity, so they have to stay.
    """

    file: str
    value: Node
    mark: Mark
    places: dict[int, dict[Step, tuple[Mark, Mark]]]
    unprintable: bool = False
    merged: tuple[Node, ...] = ()

    def at(self, *path: Step) -> Location:
        """Location of the value at ``path``, or of its nearest ancestor that exists."""
        return self._locate(path, 1)

    def key_at(self, *path: Step) -> Location:
        """Location of the key that the last step of ``path`` names, else of the nearest ancestor."""
        return self._locate(path, 0)

    def _locate(self, path: tuple[Step, ...], side: int) -> Location:
        node, mark = self.value, self.mark
        for depth, step in enumerate(path, 1):
            marks = self.places.get(id(node), {}).get(step)
            if marks is None:
                break
            mark = marks[side if depth == len(path) else 1]
            node = node[step]
        return Location(self.file, mark.line + 1, mark.column + 1)


def read_trees(text: bytes, file: str, problems: list[Problem]) -> list[Tree]:
    """Read the documents of one file, up to the first place where it is no YAML; empty ones are left out.

    Args:
        text: the file's bytes, known to be UTF-8.
        file: its name, for locations.
        problems: is added to.
    """
    from reconciler.manifest.libyaml import load_events

    yaml = load_events()
    builder = _Builder(file, problems)
    events = yaml.events
    take = {
        events.ScalarEvent: builder.scalar,
        events.MappingStartEvent: builder.mapping,
        events.SequenceStartEvent: builder.sequence,
        events.MappingEndEvent: builder.end,
        events.SequenceEndEvent: builder.end,
        events.AliasEvent: builder.alias,
        events.DocumentStartEvent: builder.document,
        events.DocumentEndEvent: builder.document_end,
        events.StreamStartEvent: builder.stream,
        events.StreamEndEvent: builder.stream,
    }
    try:
        for event in iter(yaml.parser(text).get_event, None):
            take[type(event)](event)
    except Stop as stop:
        builder.report(stop.mark, stop.code, stop.what, stop.remedy)
    except yaml.error as error:
        from reconciler.manifest.yaml_errors import explain

        end = explain(error, text)
        builder.report(end.mark, end.code, end.what, end.remedy)
    return builder.trees


class _Builder:
    """Takes a file's parser events, one method a kind of event, and leaves ``trees``."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        self.trees: list[Tree] = []
        self.words: dict[str, Node] = {}
        self.nodes = 0
        self.aliased = 0
        self.reported = 0

    def report(self, mark: Mark, code: str, what: str, remedy: str) -> None:
        """Add a problem; too many of them end the reading."""
        self.problems.append(Problem(Location(self.file, mark.line + 1, mark.column + 1), code, what, remedy))
        self.reported += 1
        if self.reported == limits.PROBLEMS:
            what = f"more than {limits.PROBLEMS} problems; the rest of the file is not read"
            raise Stop(mark, "too-many-problems", what, "Mend those above first.")

    def stream(self, _: Any) -> None:
        """The stream's start and end say nothing."""

    def document(self, event: Any) -> None:
        self.root: list[Node] = []
        self.root_mark: Mark = event.start_mark
        self.node: Node = self.root
        self.places: dict[int, dict[Step, tuple[Mark, Mark]]] = {}
        self.marks: dict[Step, tuple[Mark, Mark]] = {}
        self.key: Node = None
        self.key_mark: Mark = event.start_mark
        self.stack: list[tuple[Any, ...]] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.unprintable = False
        self.merged: list[Node] = []
        self.merging = False

    def document_end(self, _: Any) -> None:
        (value,) = self.root
        _, mark = self.marks[0]
        if value != "":
            self.trees.append(Tree(self.file, value, mark, self.places, self.unprintable, tuple(self.merged)))

    def scalar(self, event: Any) -> None:
        value = event.value
        if event.implicit[0]:
            value = self.words.get(value)
            if value is None:
                value = self._word(event)
        elif not value.isprintable():
            self.unprintable = True
        if event.tag is not None:
            self._tag(event)
        self._add(value, event.start_mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)

    def _word(self, event: Any) -> Node:
        if event.value == WORD and self.key is None and type(self.node) is dict:
            self.merging = True
            return MERGE
        value = resolve(event.value)
        if isinstance(value, Ambiguous):
            if self.stack or event.value:
                self.report(event.start_mark, value.code, value.what, value.remedy)
            return event.value
        if not event.value.isprintable():
            self.unprintable = True
        self.words[event.value] = value
        return value

    def _add(self, value: Node, mark: Mark) -> None:
        self.nodes += 1
        if self.nodes > limits.VALUES:
            raise Stop(mark, "too-large", f"more than {limits.VALUES} values in one file", "Split the file.")
        node = self.node
        if type(node) is list:
            self.marks[len(node)] = (mark, mark)
            node.append(value)
        elif self.key is None:
            self._take_key(value, mark)
        else:
            node[self.key] = value
            self.marks[self.key] = (self.key_mark, mark)
            self.key = None

    def _take_key(self, value: Node, mark: Mark) -> None:
        if type(value) is not str and value != MERGE:
            if isinstance(value, dict | list):
                raise Stop(
                    mark, "complex-key", "a list or map can't be a key", "Write a plain word as the key."
                )
            self.report(mark, "key-not-text", f"the key {value!r} is not text", "Put it in quotes.")
            value = str(value)
        if value in self.marks:
            first = self.marks[value][0]
            self.report(
                mark,
                "duplicate-key",
                f"the key {WORD if value == MERGE else shorten(value)} is already on line {first.line + 1}, column {first.column + 1}",
                "Keep one of the two.",
            )
        self.key, self.key_mark = value, mark

    def mapping(self, event: Any) -> None:
        self._open({}, event)

    def sequence(self, event: Any) -> None:
        self._open([], event)

    def _open(self, container: Node, event: Any) -> None:
        if len(self.stack) >= limits.DEPTH:
            from reconciler.manifest.yaml_errors import too_deep

            raise too_deep(event.start_mark)
        if event.tag is not None:
            self._tag(event)
        self._add(container, event.start_mark)
        self.stack.append((self.node, self.marks, event.anchor, self.nodes))
        self.node = container
        self.marks = self.places[id(container)] = {}

    def end(self, _: Any) -> None:
        container = self.node
        if self.merging and MERGE in self.marks:
            self._merge(container)
        self.node, self.marks, anchor, nodes = self.stack.pop()
        if anchor is not None:
            self.anchors[anchor] = (container, self.nodes - nodes + 1)

    def _merge(self, container: Node) -> None:
        _, mark = self.marks[MERGE]
        value = merge(container, self.places)
        if value is None:
            what = "<< takes over the keys of a map, or of the maps in a list, and this is neither"
            self.report(mark, "bad-merge", what, "Name maps, such as *name, or write the keys out.")
        self.merged.append(value)

    def alias(self, event: Any) -> None:
        value, size = self.anchors.get(event.anchor, (None, 0))
        if not size:
            inside = any(event.anchor == entry[2] for entry in self.stack)
            what = "stands inside what it repeats" if inside else "repeats something that is not above it"
            raise Stop(event.start_mark, "bad-alias", f"*{event.anchor} {what}", "Write the value out.")
        self.aliased += size
        if self.aliased > limits.ALIASED_VALUES:
            raise Stop(
                event.start_mark,
                "alias-bomb",
                f"the aliases of this file stand for more than {limits.ALIASED_VALUES} values",
                "Write the values out; aliases of aliases multiply.",
            )
        self.nodes += size
        self._add(value, event.start_mark)

    def _tag(self, event: Any) -> None:
        self.report(
            event.start_mark,
            "yaml-tag",
            f"the tag {shorten(event.tag.replace('tag:yaml.org,2002:', '!!'))} has no meaning here",
            "Remove it; put a value in quotes to make it text.",
        )
