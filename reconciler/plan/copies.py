"""An agent's own copy of a managed auth profile is managed with it: it would be used in place of the new key. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.desired.credentials import profile_place
from reconciler.desired.model import ABSENT, Desired, Field, Resource
from reconciler.openclaw.redact import shown
from reconciler.openclaw.surfaces import AUTH_STORE
from reconciler.state.ownership import decode_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.json5.path import Path
    from reconciler.openclaw.stores.contents import Stores
    from reconciler.secret import Fingerprints
    from reconciler.state.ownership import Applied, OwnedResource

_CREDENTIALS = ("key", "token", "keyRef", "tokenRef")


def with_copies(desired: Desired, applied: Applied, stores: Stores, fingerprints: Fingerprints) -> Desired:
    """``desired`` with every agent's copy of its profiles; a copy of one that goes is to go too."""
    more = [
        _at(agent, name, resource)
        for resource in desired.resources
        if resource.kind == "profile"
        for agent, name in _holders(stores, resource.path)
    ]
    kept = {resource.address for resource in desired.resources}
    more += [
        _at(agent, name, Resource("", "profile", (), (Field((), ABSENT, None),), None))
        for address, owned in applied.resources.items()
        if owned.kind == "profile" and owned.created and address not in kept
        for agent, name in _holders(stores, decode_path(owned.path))
        if _is_copy(stores.agents[agent].profiles[name], owned, fingerprints)
    ]
    return msgspec.structs.replace(desired, resources=(*desired.resources, *more))


def _holders(stores: Stores, path: Path) -> Iterator[tuple[str, str]]:
    """Each agent with a profile of its own of the same id as the shared one at ``path``."""
    name = str(path[-1])
    if path[:2] == (AUTH_STORE, "profiles"):
        yield from ((agent, name) for agent, store in stores.agents.items() if name in store.profiles)


def _at(agent: str, name: str, resource: Resource) -> Resource:
    address, path = profile_place(name, agent)
    return msgspec.structs.replace(resource, address=address, path=path, whole=False)


def _is_copy(profile: dict[str, Any], owned: OwnedResource, fingerprints: Fingerprints) -> bool:
    """Whether it holds what this program wrote."""
    recorded = {field.path[0]: field.value for field in owned.fields if field.path}
    return all(
        shown((AUTH_STORE, name), profile.get(name), fingerprints) == recorded.get(name)
        for name in _CREDENTIALS
    )
