"""What each problem code means, with an example of the wrong and of the right; kept as data in ``codes/``."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import msgspec

from reconciler.errors import UsageError
from reconciler.manifest.rules import RULES
from reconciler.manifest.similar import did_you_mean
from reconciler.manifest.yaml_tree import read_trees

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOMS: Mapping[str, str] = MappingProxyType(
    {
        "files": "Files",
        "yaml": "YAML",
        "shape": "Fields",
        "documents": "Documents",
        "sites": "Sites",
        "accounts": "Accounts and keys",
        "models": "Models and aliases",
        "service": "What the service serves",
        "figures": "Figures",
        "requests": "Requests",
        "refs": "Models that agents name",
        "plan": "What only a plan can see",
    }
)
"""The files in ``codes/`` and their titles, in the order of the stages that find things."""


class Explanation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One problem code.

    Attributes:
        code: as printed in brackets behind each problem.
        about: a paragraph: why it matters.
        bad: YAML that has the problem, or empty.
        good: the same without it, or empty where that goes without saying.
        severity: unless something else is configured.
        fixed: the severity can't be changed.
        release: the OpenClaw release that the examples are planned for; empty where loading them shows the problem.
    """

    code: str
    about: str
    bad: str = ""
    good: str = ""
    severity: Literal["error", "warning"] = "error"
    fixed: bool = False
    release: str = ""


def explanations() -> tuple[Explanation, ...]:
    """Every code, in the order of the stages that find it."""
    return tuple(entry for room in ROOMS for entry in explanations_of(room))


def explain(code: str) -> Explanation:
    """The explanation of one code.

    Raises:
        UsageError: there is no such code.
    """
    known = {entry.code: entry for entry in explanations()}
    if code not in known:
        remedy = did_you_mean(code, known) or "the code of a finding stands behind it in brackets"
        raise UsageError(f"no code {code[:60]!r} is known", remedy=remedy)
    return known[code]


def explanations_of(room: str) -> tuple[Explanation, ...]:
    """The codes of one room of :data:`ROOMS`."""
    path = os.path.join(os.path.dirname(__file__), "codes", f"{room}.yaml")
    with open(path, "rb") as stream:
        (tree,) = read_trees(stream.read(), path, [])
    return tuple(_with_severity(entry, room) for entry in msgspec.convert(tree.value, list[Explanation]))


def _with_severity(entry: Explanation, room: str) -> Explanation:
    """What no rule finds comes from reading and decoding, without which nothing goes on, or from planning."""
    rule = next((rule for rule in RULES if rule.code == entry.code), None)
    if rule is not None:
        return msgspec.structs.replace(entry, severity=rule.severity, fixed=rule.fixed)
    if room == "plan":
        return msgspec.structs.replace(entry, severity="warning")
    return msgspec.structs.replace(entry, fixed=True)
