"""What an auth store holds, read without giving a key away: every credential in it is a ``Secret``.

The document is the same in all three stores: ``{"version": 1, "profiles": {ID: {"type", "provider", "key" …}}}``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from reconciler.errors import TargetError
from reconciler.secret import Secret

if TYPE_CHECKING:
    from reconciler.openclaw.paths import Paths

MAIN = "main"  # OpenClaw's other agents inherit the profiles of this one (turns on 2026.4.15, 6.11, 9.6)
MAX_BYTES = 8 << 20

# Types whose values this program knows and may write; every other profile (OAuth) is only counted.
KINDS = ("api_key", "token")
_PLAIN = frozenset({"type", "provider", "keyRef", "tokenRef", "mode", "email", "displayName", "metadata"})


class Obstacle(msgspec.Struct, frozen=True):
    """Why a store can't be written, and the command that helps."""

    what: str
    remedy: str


class StoreContents(msgspec.Struct, frozen=True):
    """One store at one moment.

    Attributes:
        place: where its document is, see :mod:`reconciler.openclaw.stores.place`.
        data: the document's bytes; None where there is none yet.
        profiles: by id; each credential a ``Secret``.
        obstacle: None when a profile may be written.
    """

    place: str
    data: bytes | None
    profiles: dict[str, dict[str, Any]]
    obstacle: Obstacle | None = None

    @property
    def tree(self) -> dict[str, Any]:
        """The live side of a comparison."""
        return {"profiles": self.profiles}


class AuthStore(Protocol):
    """One of OpenClaw's three auth stores."""

    def read(self, paths: Paths, agent: str) -> StoreContents:
        """What the store of ``agent`` holds; the shared one for ``main``.

        Raises:
            TargetError: it is there and can't be read.
        """


def profiles_in(data: bytes | None, place: str) -> dict[str, dict[str, Any]]:
    """The profiles of a store document, credentials as secrets.

    Raises:
        TargetError: it is no JSON object.
    """
    if data is None:
        return {}
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"{len(data):,} bytes")
        document = json.loads(data)
        profiles = document.get("profiles", {}) if isinstance(document, dict) else None
        if not isinstance(profiles, dict):
            raise ValueError("no map of profiles")
    except (ValueError, RecursionError) as error:
        reason = "it is no JSON" if isinstance(error, json.JSONDecodeError) else str(error)
        raise TargetError(
            f"the auth store can't be understood: {reason}",
            where=place,
            remedy="`openclaw doctor --fix` mends or re-creates it; nothing was changed",
        ) from None
    return {name: masked(profile) for name, profile in profiles.items() if isinstance(profile, dict)}


def masked(profile: dict[str, Any]) -> dict[str, Any]:
    """A profile with everything that is not known to be harmless as a ``Secret``."""
    return {
        name: value if name in _PLAIN else Secret(value if isinstance(value, str) else json.dumps(value))
        for name, value in profile.items()
    }
