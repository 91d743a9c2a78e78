"""What each problem code means, with an example of the wrong and of the right; kept as data in ``codes/``."""

from __future__ import annotations

import os
from typing import Literal

import msgspec

from reconciler.manifest.rules import RULES
from reconciler.manifest.yaml_tree import read_trees

_ROOMS = ("files", "yaml", "shape", "documents", "sites", "models", "refs")


class Explanation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One problem code.

    Attributes:
        code: as printed in brackets behind each problem.
        about: a paragraph: why it matters.
        bad: YAML that has the problem, or empty.
        good: the same without it, or empty where that goes without saying.
        severity: unless something else is configured.
    """

    code: str
    about: str
    bad: str = ""
    good: str = ""
    severity: Literal["error", "warning"] = "error"


def explanations() -> tuple[Explanation, ...]:
    """Every code, in the order of the stages that find it."""
    severities = {rule.code: rule.severity for rule in RULES}
    entries = [entry for room in _ROOMS for entry in _read(room)]
    return tuple(
        msgspec.structs.replace(entry, severity=severities.get(entry.code, "error")) for entry in entries
    )


def _read(room: str) -> list[Explanation]:
    path = os.path.join(os.path.dirname(__file__), "codes", f"{room}.yaml")
    with open(path, "rb") as stream:
        (tree,) = read_trees(stream.read(), path, [])
    return msgspec.convert(tree.value, list[Explanation])
