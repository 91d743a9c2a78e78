"""Severities as a project wants them: ``--severity CODE=error|warning|off``.

What the rest of the program relies on, and what keeps a key safe, stays as it is; see ``fixed`` of a rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import msgspec

from reconciler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.errors import Problem

Wish = Literal["error", "warning", "off"]
Severities: TypeAlias = Mapping[str, Wish]

_WISHES = ("error", "warning", "off")


def parse_severities(texts: Iterable[str]) -> Severities:
    """Read ``CODE=SEVERITY`` texts; commas and spaces part several in one.

    Raises:
        UsageError: one is malformed, or names a code that doesn't exist or can't be changed.
    """
    wishes: dict[str, Wish] = {}
    for text in texts:
        for one in text.replace(",", " ").split():
            code, equals, wish = one.partition("=")
            if not equals or wish not in _WISHES:
                raise UsageError(
                    f"{one[:80]!r} is no severity", remedy="write CODE=error, CODE=warning or CODE=off"
                )
            _require_changeable(code)
            wishes[code] = cast("Wish", wish)
    return wishes


def _require_changeable(code: str) -> None:
    from reconciler.manifest.explanations import explain

    if explain(code).fixed:
        raise UsageError(
            f"the severity of {code} can't be changed: what comes after relies on it",
            remedy=f"`reconciler validate --explain {code}` shows how to do without",
        )


def settle(problems: Iterable[Problem], severities: Severities) -> list[Problem]:
    """``problems`` with the severities that are wished for, without those that are off."""
    return [
        msgspec.structs.replace(problem, severity=severities.get(problem.code, problem.severity))
        for problem in problems
        if severities.get(problem.code) != "off"
    ]
