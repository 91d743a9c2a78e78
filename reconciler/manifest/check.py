"""Runs the rules over what was decoded. Pure."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.manifest.limits import PROBLEMS
from reconciler.manifest.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.errors import Location
    from reconciler.manifest.draft import Draft
    from reconciler.manifest.yaml_nodes import Node, Step
    from reconciler.manifest.yaml_tree import Tree

_CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]"


def check(draft: Draft) -> list[Problem]:
    """The breaches of every rule, a bounded number of each."""
    return [
        Problem(location, rule.code, what[:500], remedy[:500], rule.severity)
        for rule in RULES
        for location, what, remedy in islice(rule.check(draft), PROBLEMS)
    ]


def find_control_characters(tree: Tree) -> Iterator[Problem]:
    """Text with control characters, except below ``params``, whose values go to the service as they are."""
    rest: list[tuple[tuple[Step, ...], Node]] = [((), tree.value)]
    while rest:
        path, node = rest.pop()
        if isinstance(node, dict | list):
            for step, value in node.items() if isinstance(node, dict) else enumerate(node):
                if isinstance(step, str) and re.search(_CONTROL, step):
                    yield _unprintable(tree.key_at(*path, step), "the key")
                if step != "params":
                    rest.append(((*path, step), value))
        elif isinstance(node, str) and re.search(_CONTROL, node):
            yield _unprintable(tree.at(*path), str(path[-1]) if path else "the text")


def _unprintable(location: Location, name: str) -> Problem:
    what = f"{name} holds a line break or another control character"
    return Problem(location, "control-character", what, "Remove it; it would break logs and terminals.")
