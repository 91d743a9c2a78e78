"""What the stores beside the config hold, read without giving a key away: every credential is a ``Secret``.

The document of an auth store is the same in all three of its shapes: ``{"version": 1, "profiles": {ID: {"type", "provider",
"key" …}}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from reconciler.errors import TargetError
from reconciler.json5.values import is_deep
from reconciler.openclaw.commands import MEND, Purpose
from reconciler.openclaw.surfaces import AUTH_STORE, SECRET_STORE
from reconciler.secret import Secret

if TYPE_CHECKING:
    from reconciler.openclaw.paths import Paths

MAIN = "main"  # OpenClaw's other agents inherit the profiles of this one (turns on 2026.4.15, 6.11, 9.6)
MAX_BYTES = 8 << 20

# What is known to be harmless; every other value of a profile is shown as a fingerprint only.
_PLAIN = frozenset({"type", "provider", "keyRef", "tokenRef", "mode", "email", "displayName", "metadata"})


class Obstacle(msgspec.Struct, frozen=True):
    """Why a store can't be written now.

    Attributes:
        purpose: the command of OpenClaw's that helps.
        unborn: there is no store yet, and OpenClaw's command line can create it.
    """

    what: str
    purpose: Purpose
    unborn: bool = False


class StoreState(msgspec.Struct, frozen=True):
    """What OpenClaw notes beside an agent's profiles.

    Attributes:
        place: where it was found; empty where there is nothing.
        data: the document's bytes, which hold more than this.
        order: profile ids by provider; beats ``auth.order`` of the config.
        last_used: by profile id, in milliseconds since 1970; of equal profiles the one unused for longest comes first.
    """

    place: str = ""
    data: bytes = b""
    order: Mapping[str, tuple[str, ...]] = {}
    last_used: Mapping[str, int] = {}


NOTHING = StoreState()


class StoreContents(msgspec.Struct, frozen=True):
    """An auth store at one moment.

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
    state: StoreState = NOTHING

    @property
    def tree(self) -> dict[str, Any]:
        """Its branch of the one tree of the live state."""
        return {
            "profiles": self.profiles,
            "order": {name: list(order) for name, order in self.state.order.items()},
        }


def provider_of(profile: Mapping[str, Any]) -> str:
    """Whose key a profile holds; empty where what stands there is no name."""
    name = profile.get("provider")
    return name if isinstance(name, str) else ""


class SecretStore(msgspec.Struct, frozen=True):
    """The entries of the secret store by name, and what stands in the way of writing one."""

    entries: Mapping[str, Secret] = {}
    obstacle: Obstacle | None = None


class Stores(msgspec.Struct, frozen=True):
    """Every store at one moment.

    Attributes:
        auth: the profiles of ``main``, which the other agents use too.
        agents: those that another agent has of its own. Up to 2026.6.1 OpenClaw copies main's profiles to an agent when it
            first runs, and keeps using the copy (turns on 2026.4.15).
    """

    auth: StoreContents
    secrets: SecretStore
    agents: Mapping[str, StoreContents] = {}

    def beside(self, config: Any) -> dict[str, Any]:
        """The live state as one tree, see :mod:`reconciler.openclaw.surfaces`."""
        auth = {**self.auth.tree, "agents": {name: store.tree for name, store in self.agents.items()}}
        return {**config, AUTH_STORE: auth, SECRET_STORE: self.secrets.entries}

    def auth_of(self, agent: str) -> StoreContents:
        """The auth store of an agent that has one of its own; the one that all share for no name."""
        return self.agents[agent] if agent else self.auth

    def obstacle(self, surface: str, path: Sequence[Any] = ()) -> Obstacle | None:
        """What stands in the way of writing to a place of a surface."""
        if surface == AUTH_STORE:
            return self.auth_of(path[1] if path[:1] == ("agents",) else "").obstacle
        return self.secrets.obstacle if surface == SECRET_STORE else None


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
        if is_deep(profiles):
            raise ValueError("it nests too deep")
    except (ValueError, RecursionError) as error:
        reason = str(error) if type(error) is ValueError else "it is no JSON"
        raise TargetError(
            f"the auth store can't be understood: {reason}",
            where=place,
            remedy=f"`{MEND.command()}` mends or re-creates it; nothing was changed",
        ) from None
    return {name: masked(profile) for name, profile in profiles.items() if isinstance(profile, dict)}


def masked(profile: Mapping[str, Any]) -> dict[str, Any]:
    """A profile with everything that is not known to be harmless as a ``Secret``."""
    return {
        name: value if name in _PLAIN else Secret(value if isinstance(value, str) else json.dumps(value))
        for name, value in profile.items()
    }
