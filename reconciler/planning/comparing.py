"""Compares what is desired with the target: what has to change, the edits that change it, and all that was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from reconciler.desired.model import Desired
from reconciler.edits import Edit
from reconciler.effective.exposed import ExposedFile, closings, find_exposed
from reconciler.effective.key_facts import fingerprints_of
from reconciler.effective.shadowing import Outlook
from reconciler.effective.stale_models import StaleFile, find_stale, kept_keys, repairs
from reconciler.errors import TargetError
from reconciler.json5.path import Path
from reconciler.manifest.bundle import Manifest
from reconciler.manifest.model import SiteSpec
from reconciler.openclaw.shapes import widened
from reconciler.openclaw.stores.contents import Stores
from reconciler.openclaw.surfaces import store_agents, surface_of
from reconciler.plan.containers import recorded
from reconciler.plan.copies import with_copies
from reconciler.plan.diff import Difference, Live, diff
from reconciler.plan.drift import with_file
from reconciler.plan.listing import deciding_release, with_lists, with_migrated, yielded
from reconciler.plan.model import Change, Drift, PlanWarning
from reconciler.plan.orders import with_orders
from reconciler.plan.remembered import with_remembered
from reconciler.plan.sharing import held
from reconciler.plan.spelling import Spelling
from reconciler.planning.request import Request
from reconciler.state.journal import JournalReader
from reconciler.state.ownership import Applied, decode_path
from reconciler.targets.local import Snapshot

if TYPE_CHECKING:
    from typing import Any

    from reconciler.release import Release


class Basis(msgspec.Struct, frozen=True):
    """What a plan is made from, besides what is desired.

    Attributes:
        manifest: where what is desired comes from.
        applied: what the set that the request names owns.
        outlook: see :func:`reconciler.effective.shadowing.look_ahead`.
    """

    request: Request
    manifest: Manifest
    sites: Mapping[str, SiteSpec]
    journal: JournalReader
    snapshot: Snapshot
    applied: Applied
    outlook: Outlook | None

    @property
    def config(self) -> Any:
        """The merged live config."""
        return self.snapshot.config.value

    @property
    def release(self) -> Release:
        """The release whose rules decide what a config means."""
        return deciding_release(self.snapshot.capabilities, self.config)


class Compared(msgspec.Struct, frozen=True):
    """One comparison.

    Attributes:
        desired: with what the target adds to it: where its ids stand, copies of profiles, orders of stores, remembered values.
        others: what other manifest sets own.
        prints: fingerprints of the declared keys, see :func:`reconciler.effective.key_facts.fingerprints_of`.
        unread: a warning for each key that can't be read here.
        containers: objects that this program made, and that go when nothing is left in them.
    """

    desired: Desired
    stores: Stores | None
    others: tuple[Applied, ...]
    live: Live
    prints: Mapping[tuple[str, tuple[str, ...]], str | None]
    unread: tuple[PlanWarning, ...]
    containers: frozenset[Path]
    difference: Difference
    stale: tuple[StaleFile, ...]
    exposed: tuple[ExposedFile, ...]
    changes: tuple[Change, ...]
    edits: tuple[Edit, ...]


def spelling_in(snapshot: Snapshot) -> Spelling:
    """How the live config spells its ids."""
    return Spelling(snapshot.config.value, snapshot.capabilities.release)


def compare(basis: Basis, desired: Desired) -> Compared:
    """Find what makes the target as ``desired``.

    Raises:
        TargetError: a store can't be read, or a change has no place to go to.
    """
    snapshot, applied, config, release = basis.snapshot, basis.applied, basis.config, basis.release
    spelling = spelling_in(snapshot)
    desired = spelling.desired(desired)
    kinds = {resource.kind for resource in desired.resources} | applied.kinds()
    stores = snapshot.stores(kinds, store_agents(resource.path for resource in desired.resources))
    desired = with_remembered(desired, applied, config)
    if stores is not None:
        desired = with_orders(with_copies(desired, applied, stores, snapshot.fingerprints), stores)
    prints, unread = fingerprints_of(desired, snapshot.fingerprints, basis.request.keyring)
    others = tuple(map(spelling.record, basis.journal.others(basis.request.set_name)))
    live = Live(snapshot.live(stores), snapshot.fingerprints, prints)
    containers = frozenset(path for path in recorded((applied, *others)) if snapshot.config.holds_alone(path))
    kept = held(others) | yielded(desired, config, applied, release)
    difference = diff(desired, live, with_migrated(applied, config, release), kept, containers)
    stale = find_stale(snapshot, desired, kept_keys(desired, basis.request.environ))
    difference.observed.update((f"models-json[{file.agent}]", file.reasons) for file in stale)
    exposed = find_exposed(snapshot, stores, desired)
    difference.observed.update((f"file[{file.shown}]", file.mode) for file in exposed)
    changes = (*_with_files(difference, snapshot), *repairs(stale), *closings(exposed))
    edits = with_lists(config, tuple(edit for _, edit in difference.changes))
    _require_room(snapshot, edits)
    return Compared(
        desired,
        stores,
        others,
        live,
        prints,
        tuple(unread),
        containers,
        difference,
        stale,
        exposed,
        changes,
        edits,
    )


def _require_room(snapshot: Snapshot, edits: tuple[Edit, ...]) -> None:
    """Refuse to plan into a value that can hold nothing.

    Raises:
        TargetError: there is one.
    """
    checked = set()
    for edit in edits:
        surface, path = surface_of(edit.path)
        form = widened(snapshot.config.value, path)
        path = path if form is None else form[0]
        if surface == "config" and path[:-1] not in checked:
            checked.add(path[:-1])
            snapshot.config.require_room(path)


def _with_files(difference: Difference, snapshot: Snapshot) -> tuple[Change, ...]:
    """The changes, with the included file of each change that doesn't land in openclaw.json.

    Raises:
        TargetError: no single file owns the place.
    """
    config = snapshot.config
    if len(config.files) < 2:
        return tuple(change for change, _ in difference.changes)
    named = []
    for change, edit in difference.changes:
        file = config.root if change.surface != "config" else config.owner(edit.path)[0]
        shown = "" if file == config.root else snapshot.paths.display(file)
        named.append(msgspec.structs.replace(change, file=shown))
    return tuple(named)


def placed(drift: tuple[Drift, ...], snapshot: Snapshot) -> tuple[Drift, ...]:
    """The same, each with the config file that holds it, or openclaw.json where no single one does."""
    return tuple(with_file(one, _file_of(one, snapshot)) for one in drift)


def _file_of(drift: Drift, snapshot: Snapshot) -> str:
    path = decode_path(drift.path)
    surface, _ = surface_of(path)
    if surface != "config":
        return surface
    try:
        file, _ = snapshot.config.owner(path)
    except TargetError:
        file = snapshot.config.root
    return snapshot.paths.display(file)
