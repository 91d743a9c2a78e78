"""YAML's merge key, ``<<``, which takes over what a map lacks from one map or several. Pure.

It stands in YAML 1.1 only (https://yaml.org/type/merge.html), but the readers of people's other tools know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.manifest.yaml_nodes import Mark, Node, Step

WORD = "<<"


MERGE = -(1 << 60)
"""Stands in a map for the key ``<<`` until the map is complete: keys are text, and no number in a manifest is that low."""


def merge(node: Node, places: dict[int, dict[Step, tuple[Mark, Mark]]]) -> Node | None:
    """Put what ``<<`` of ``node`` names in its place; what is said beside it wins, and so do the earlier of several maps.

    Args:
        places: as of a tree; what is taken over keeps the place where it was written.

    Returns:
        the value that ``<<`` had, which ``places`` goes on knowing; None where it is neither a map nor a list of maps.
    """
    marks = places[id(node)]
    value = node.pop(MERGE)
    del marks[MERGE]
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, dict) for source in sources):
        return None
    for source in sources:
        for key, taken in source.items():
            if key not in node:
                node[key] = taken
                marks[key] = places[id(source)][key]
    return value
