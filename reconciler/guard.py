"""The safety rules: what apply refuses to do unless an option says that it is meant. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.plan import Change, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.ownership import Applied

MASS_DELETE_SHARE = 0.3
MASS_DELETE_MINIMUM = 10


class Overrides(msgspec.Struct, frozen=True):
    """Which rules the operator has lifted for this run."""

    mass_delete: bool = False
    empty: bool = False
    protected: frozenset[str] = frozenset()
    take_over: frozenset[str] = frozenset()


def guard(
    changes: tuple[Change, ...],
    wanted: int,
    applied: Applied,
    foreign: Mapping[str, str],
    overrides: Overrides,
) -> tuple[Refusal, ...]:
    """Every rule that ``changes`` break.

    Args:
        wanted: number of objects that the manifests ask for.
        foreign: addresses that other manifest sets own, with the set's name.
    """
    found = (
        _empty(wanted, applied, overrides),
        _mass_deletion(changes, applied, overrides),
        _protected(changes, applied, overrides),
        _foreign_owner(changes, foreign, overrides),
    )
    return tuple(refusal for refusal in found if refusal is not None)


def _empty(wanted: int, applied: Applied, overrides: Overrides) -> Refusal | None:
    if wanted or not applied.resources or overrides.empty:
        return None
    return Refusal(
        "empty-desired-state",
        tuple(sorted(applied.resources)),
        f"the manifests ask for nothing, and {len(applied.resources)} managed objects would go",
        "--allow-empty",
    )


def _mass_deletion(changes: tuple[Change, ...], applied: Applied, overrides: Overrides) -> Refusal | None:
    managed = len(applied.resources)
    gone = tuple(
        change.address
        for change in changes
        if change.action == "delete" and change.address in applied.resources
    )
    if overrides.mass_delete or managed < MASS_DELETE_MINIMUM or len(gone) <= MASS_DELETE_SHARE * managed:
        return None
    return Refusal(
        "mass-deletion",
        gone,
        f"{len(gone)} of {managed} managed objects would be deleted, more than {MASS_DELETE_SHARE:.0%}",
        "--allow-mass-delete",
    )


def _protected(changes: tuple[Change, ...], applied: Applied, overrides: Overrides) -> Refusal | None:
    held = {address for address, resource in applied.resources.items() if resource.protected}
    hit = tuple(
        sorted(
            {
                address
                for change in changes
                if change.action == "delete"
                for address in held
                if (change.address == address or change.address.startswith((address + ".", address + "[")))
                and address not in overrides.protected
            }
        )
    )
    if not hit:
        return None
    options = " ".join(f"--allow-protected '{address}'" for address in hit)
    return Refusal("protected", hit, "deletes from objects that are marked `protected: true`", options)


def _foreign_owner(
    changes: tuple[Change, ...], foreign: Mapping[str, str], overrides: Overrides
) -> Refusal | None:
    hit = {
        address: owner
        for change in changes
        for address, owner in foreign.items()
        if _touches(change, address) and address not in overrides.take_over
    }
    if not hit:
        return None
    owners = ", ".join(sorted(set(hit.values())))
    options = " ".join(f"--take-over '{address}'" for address in sorted(hit))
    return Refusal("foreign-owner", tuple(sorted(hit)), f"owned by another manifest set: {owners}", options)


def _touches(change: Change, address: str) -> bool:
    """Whether ``change`` lies in the object at ``address``, or puts something else in place of what holds it."""
    inside = change.address == address or change.address.startswith((address + ".", address + "["))
    around = address.startswith((change.address + ".", change.address + "["))
    return inside or (around and change.action != "create")
