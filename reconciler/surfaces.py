"""Where OpenClaw keeps what this program manages: the config, and beside it the stores.

The live state is one tree: the config's own keys, and one more branch for each store. A path leads to its place in
whichever of them it lies. OpenClaw's config has no root key of these names (schemas of 2026.1.30 to 2026.9.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
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
