"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from reconciler.manifest.draft import Draft

if TYPE_CHECKING:
    from reconciler.errors import Location

Finding: TypeAlias = "tuple[Location, str, str]"
"""Where, what is wrong, what to do."""


class Rule(msgspec.Struct, frozen=True):
    """One check over all documents.

    Attributes:
        code: stable; printed with each finding and explained under the same name in ``codes/``.
        check: finds every breach.
        severity: of its findings, unless something else is configured.
        fixed: the rest of the program relies on it, or a key's safety does: its severity can't be changed.
    """

    code: str
    check: Callable[[Draft], Iterator[Finding]]
    severity: Literal["error", "warning"] = "error"
    fixed: bool = False
