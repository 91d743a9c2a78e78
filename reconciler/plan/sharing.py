"""Several manifest sets on one target: which place is whose, and what a take-over moves from one record to another. Pure.

A place is an object that can be created and deleted as a whole, or a field of one that can't, such as
``agent/defaults``: there each set may own fields of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.plan.model import PlanWarning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from reconciler.state.ownership import Applied, OwnedResource


def owners(records: Iterable[Applied]) -> dict[str, str]:
    """Every place that somebody owns, with the name of the set."""
    return {
        place: record.set_name
        for record in records
        for address, resource in record.resources.items()
        for place in ((address,) if resource.whole else _fields(address, resource))
    }


def held(records: Iterable[Applied]) -> set[str]:
    """Addresses of every object and every field that somebody owns."""
    return {
        address
        for record in records
        for name, resource in record.resources.items()
        for address in (*((name,) if resource.whole else ()), *_fields(name, resource))
    }


def _fields(address: str, resource: OwnedResource) -> Iterator[str]:
    return (".".join((address, *field.path)) for field in resource.fields)


def within(address: str, place: str) -> bool:
    """Whether ``address`` is ``place`` or lies in it."""
    return address == place or address.startswith((place + ".", place + "["))


def take_over(
    owned: Mapping[str, OwnedResource], others: Iterable[Applied], places: Collection[str]
) -> tuple[dict[str, OwnedResource], tuple[Applied, ...]]:
    """Ownership after this set has taken ``places`` over: its own record, and those of the others that changed.

    What the others created counts as created here from then on, so that it can be deleted here.
    """
    mine, released = dict(owned), []
    for other in others:
        left = dict(other.resources)
        for address in other.resources.keys() & mine.keys():
            rest = _move(address, mine, left[address], places)
            if rest is None:
                del left[address]
            else:
                left[address] = rest
        if left != other.resources:
            released.append(msgspec.structs.replace(other, resources=left))
    return mine, tuple(released)


def no_way_back(released: Iterable[Applied], others: Iterable[Applied]) -> Iterator[PlanWarning]:
    """What is taken over from other sets, which no rollback gives back."""
    before = {other.set_name: other for other in others}
    for after in released:
        for address, resource in before[after.set_name].resources.items():
            if after.resources.get(address) != resource:
                message = (
                    f"taken over from the manifest set {after.set_name}: no rollback gives it back, "
                    f"but `reconciler apply --set {after.set_name}` with --take-over does"
                )
                yield PlanWarning("no-way-back", address, message)


def _move(
    address: str, mine: dict[str, OwnedResource], theirs: OwnedResource, places: Collection[str]
) -> OwnedResource | None:
    """Move what is taken over of one object into ``mine``; gives what the other set keeps of it."""
    own = mine[address]
    whole = theirs.whole and address in places
    moved = {
        field.path: field
        for field in theirs.fields
        if own.field(field.path)
        and (whole or (not theirs.whole and ".".join((address, *field.path)) in places))
    }
    fields = tuple(
        msgspec.structs.replace(field, created=moved[field.path].created, found=moved[field.path].found)
        if field.path in moved
        else field
        for field in own.fields
    )
    mine[address] = msgspec.structs.replace(
        own, created=own.created or (whole and theirs.created), fields=fields
    )
    kept = tuple(field for field in theirs.fields if field.path not in moved)
    return None if whole or (moved and not kept) else msgspec.structs.replace(theirs, fields=kept)
