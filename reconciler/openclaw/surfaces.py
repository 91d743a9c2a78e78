"""Where OpenClaw keeps what this program manages: the config, and beside it the stores.

The live state is one tree: the config's own keys, and one more branch for each store. A path leads to its place in
whichever of them it lies. OpenClaw's config has no root key of these names (schemas of 2026.1.30 to 2026.9.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.json5.path import Path

Surface = Literal["config", "auth-store", "secret-store", "models.json"]

AUTH_STORE: Final = "auth-store"
SECRET_STORE: Final = "secret-store"  # noqa: S105 - a name


def surface_of(path: Path) -> tuple[Surface, Path]:
    """The surface that ``path`` leads into, and the path in there."""
    if path[0] == AUTH_STORE:
        return "auth-store", path[1:]
    if path[0] == SECRET_STORE:
        return "secret-store", path[1:]
    return "config", path


def store_agent(path: Path) -> str:
    """The agent into whose own auth store ``path`` leads; empty for the store that all share, and for other surfaces."""
    return str(path[2]) if path[:2] == (AUTH_STORE, "agents") else ""


def store_agents(paths: Iterable[Path]) -> frozenset[str]:
    """Every agent whose own auth store one of ``paths`` leads into."""
    return frozenset(filter(None, map(store_agent, paths)))
