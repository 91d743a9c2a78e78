"""Keys from an environment variable of the reconciler's own process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_env(name: str, environ: Mapping[str, str]) -> str:
    """The variable's value, empty when unset."""
    return environ.get(name, "")
