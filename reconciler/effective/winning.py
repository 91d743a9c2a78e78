"""Makes a declared key win that an auth profile of somebody else would beat, where the release has a way to say so.

The ways are in :mod:`reconciler.openclaw.precedence`. Whether the profile holds the same key makes no difference: what is written mustn't
depend on what can be read here, and the next rotation parts the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.desired.model import Field, Resource
from reconciler.effective import chains
from reconciler.effective.shadowing import providers_of, worlds_after
from reconciler.openclaw.precedence import EMPTY_ORDER_FREES, EXPLICIT
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.desired.model import Desired
    from reconciler.effective.shadowing import Outlook
    from reconciler.targets.local import Snapshot


def with_winning_keys(desired: Desired, snapshot: Snapshot, outlook: Outlook | None) -> Desired:
    """``desired`` with what puts each provider's declared key before the profile that beats it."""
    known = snapshot.capabilities
    explicit, freeing = known.some(EXPLICIT), known.every(EMPTY_ORDER_FREES)
    beaten = _beaten(desired, snapshot, outlook) if outlook is not None and (explicit or freeing) else {}
    if not beaten:
        return desired
    resources = [_explicit(resource, snapshot, beaten) for resource in desired.resources]
    if freeing:
        resources += _freed(desired, beaten)
    return msgspec.structs.replace(desired, resources=tuple(resources))


def _beaten(desired: Desired, snapshot: Snapshot, outlook: Outlook) -> dict[str, str]:
    """The providers whose ``apiKey`` some agent wouldn't use and what it would."""
    return {
        name: winner.place
        for world in worlds_after(desired, snapshot, outlook)
        for name in providers_of(desired)
        if lookup(world.config, (*world.provider(name), "apiKey")) is not MISSING
        for agent in world.facts.agents
        if (winner := chains.key(world, name, agent).winner) is not None and winner.kind == "profile"
    }


def _explicit(resource: Resource, snapshot: Snapshot, beaten: Mapping[str, str]) -> Resource:
    place = beaten.get(resource.address.removeprefix("provider/")) if resource.kind == "provider" else None
    if place is None or any(field.path == ("auth",) for field in resource.fields):
        return resource
    # Where something else stands there, that is somebody's choice.
    if lookup(snapshot.config.value, (*resource.path, "auth")) not in (MISSING, "api-key"):
        return resource
    return msgspec.structs.replace(
        resource, fields=(*resource.fields, _field(("auth",), "api-key", place, resource))
    )


def _freed(desired: Desired, beaten: Mapping[str, str]) -> Iterator[Resource]:
    for name, resource in providers_of(desired).items():
        if name in beaten:
            fields = (_field((), [], beaten[name], resource),)
            yield Resource(f"auth.order[{name}]", "auth", ("auth", "order", name), fields, fields[0].source)


def _field(path: tuple[str, ...], value: object, place: str, provider: Resource) -> Field:
    key = next((field.source for field in provider.fields if field.path == ("apiKey",)), provider.source)
    return Field(path, value, key, "suggested", f"the rank of keys: {place} would be sent instead")
