"""The safety rules: what apply refuses to do unless an option says that it is meant. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.plan.model import Change, Refusal
from reconciler.plan.sharing import held, owners, within

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reconciler.desired.model import Resource
    from reconciler.state.ownership import Applied

MASS_DELETE_SHARE = 0.3
MASS_DELETE_MINIMUM = 10


class Overrides(msgspec.Struct, frozen=True):
    """Which rules the operator has lifted for this run.

    Attributes:
        discard_key: addresses of keys that may go for good (:mod:`reconciler.plan.last_copies`).
        keep_key: files to save such keys to, each ``PATH`` or ``ADDRESS=PATH``.
    """

    mass_delete: bool = False
    empty: bool = False
    protected: frozenset[str] = frozenset()
    take_over: frozenset[str] = frozenset()
    dangling: frozenset[str] = frozenset()
    take_alias: frozenset[str] = frozenset()
    discard_key: frozenset[str] = frozenset()
    keep_key: tuple[str, ...] = ()
    accept_shadow: frozenset[str] = frozenset()
    accept_unset: frozenset[str] = frozenset()


def guard(
    changes: tuple[Change, ...],
    wanted: Sequence[Resource],
    applied: Applied,
    others: Sequence[Applied],
    overrides: Overrides,
) -> tuple[Refusal, ...]:
    """Every rule that ``changes`` break.

    Args:
        wanted: what the manifests ask for.
        others: what the other manifest sets own.
    """
    protected = {address for address, resource in applied.resources.items() if resource.protected}
    protected.update(resource.address for resource in wanted if resource.protected)
    found = (
        _empty(len(wanted), applied, overrides),
        _mass_deletion(changes, applied, overrides),
        _protected(changes, protected, overrides),
        _foreign_owner(changes, held((applied,)), owners(others), held(others), overrides)
        if others
        else None,
    )
    return tuple(refusal for refusal in found if refusal is not None)


def _empty(wanted: int, applied: Applied, overrides: Overrides) -> Refusal | None:
    if wanted or not applied.resources or overrides.empty:
        return None
    return Refusal(
        "empty-desired-state",
        tuple(sorted(applied.resources)),
        f"nothing is asked for, and {len(applied.resources)} objects would be managed no more",
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


def _protected(
    changes: tuple[Change, ...], protected: Collection[str], overrides: Overrides
) -> Refusal | None:
    hit = tuple(
        sorted(
            {
                address
                for change in changes
                for address in protected
                if address not in overrides.protected and _destroys(change, address)
            }
        )
    )
    if not hit:
        return None
    options = " ".join(f"--allow-protected '{address}'" for address in hit)
    return Refusal("protected", hit, "deletes from objects that are marked `protected: true`", options)


def _destroys(change: Change, address: str) -> bool:
    """Whether ``change`` deletes the object at ``address``, something in it, or what it stands in."""
    if change.action == "delete":
        return within(change.address, address) or within(address, change.address)
    if change.action != "update" or not isinstance(change.before, list):
        return False
    kept = (
        [row.get("id") for row in change.after if isinstance(row, dict)]
        if isinstance(change.after, list)
        else []
    )
    gone = [
        row["id"] for row in change.before if isinstance(row, dict) and "id" in row and row["id"] not in kept
    ]
    rows = [f"{change.address}[{row}]" for row in gone]
    return any(within(row, address) or within(address, row) for row in rows)


def _foreign_owner(
    changes: tuple[Change, ...],
    own: Collection[str],
    foreign: Mapping[str, str],
    theirs: Collection[str],
    overrides: Overrides,
) -> Refusal | None:
    hit = {
        address: owner
        for change in changes
        # What this set owns inside an object that it shares is its own to change.
        if change.address not in own or change.address in theirs
        for address, owner in foreign.items()
        if _touches(change, address) and address not in overrides.take_over
    }
    if not hit:
        return None
    sets = ", ".join(sorted(set(hit.values())))
    options = " ".join(f"--take-over '{address}'" for address in sorted(hit))
    return Refusal("foreign-owner", tuple(sorted(hit)), f"owned by another manifest set: {sets}", options)


def _touches(change: Change, address: str) -> bool:
    """Whether ``change`` lies in the object at ``address``, or puts something else in place of what holds it."""
    around = within(address, change.address) and change.action != "create"
    return within(change.address, address) or around
