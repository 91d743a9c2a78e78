"""An order of profiles that a store itself holds beats the config's: it is made to say the same. Pure.

`openclaw models auth order set` writes one, and turns follow it, whatever ``auth.order`` says (2026.4.15 to 2026.9.6). An order that
isn't there is not made: without one, the config's counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.desired.model import Desired, Field, Resource
from reconciler.openclaw.ids import provider_id
from reconciler.openclaw.surfaces import AUTH_STORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.json5.path import Path
    from reconciler.openclaw.stores.contents import Stores

_ORDER = ("auth", "order")


def with_orders(desired: Desired, stores: Stores) -> Desired:
    """``desired`` with every order in a store for a provider whose order is declared."""
    more = [
        _at(holder, name, field)
        for resource in desired.resources
        if resource.path[:2] == _ORDER
        for field in resource.fields
        for holder, name in _holders(stores, str(resource.path[-1]))
    ]
    return msgspec.structs.replace(desired, resources=(*desired.resources, *more))


def _holders(stores: Stores, provider: str) -> Iterator[tuple[str, str]]:
    """Who has an order for ``provider``, nothing for the store that all share, else the agent; and its name there."""
    wanted = provider_id(provider)
    for agent, store in (("", stores.auth), *stores.agents.items()):
        yield from ((agent, name) for name in store.state.order if provider_id(name) == wanted)


def _at(agent: str, provider: str, field: Field) -> Resource:
    path: Path = (AUTH_STORE, *(("agents", agent) if agent else ()), "order", provider)
    whose = f" of {agent}" if agent else ""
    return Resource(f"auth-order[{provider}{whose}]", "order", path, (field,), field.source, whole=False)
