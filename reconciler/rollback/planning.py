"""Plans a rollback: the same way as for manifests, with what an earlier apply left in their place.

Which receipts are undone is read from the journal beside the target; keys are read from their sources again.
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

import msgspec

from reconciler.desired.model import Desired, Note, SecretValue
from reconciler.effective.shadowing import look_ahead
from reconciler.errors import KeySourceError, RollbackError
from reconciler.keys import describe
from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.manifest.model import KeyOrigin
from reconciler.plan.dangling import STOPPING
from reconciler.plan.model import Change, Refusal
from reconciler.planning.comparing import Basis, spelling_in
from reconciler.planning.making import Planned, plan_for
from reconciler.planning.request import Request, sites_of, target_of
from reconciler.rollback.recorded import as_manifest
from reconciler.rollback.restore import Goal, Keys, Undone, after, before, desired_of, settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.bundle import Manifest
    from reconciler.manifest.severities import Wish
    from reconciler.plan.spelling import Spelling
    from reconciler.state.journal import JournalReader, Kept, Receipt
    from reconciler.state.ownership import Applied
    from reconciler.targets.local import Snapshot

APPLIED = "applied"


def plan_rollback(request: Request, apply_id: str | None, manifest: Manifest | None) -> Planned:
    """Plan what undoes the newest apply, or what returns to the state that an apply left.

    Args:
        request: of its manifests nothing is asked.
        apply_id: the apply to return to, as :func:`find_receipt` knows it; None undoes the newest one that succeeded.
        manifest: names the target and declares sites, where there is one.

    Raises:
        RollbackError: there is no such apply, or its record is no longer kept.
    """
    # What the record itself created goes: neither manifests that came out empty nor a surprise.
    overrides = msgspec.structs.replace(request.overrides, mass_delete=True, empty=True)
    # What stood there before is put back as it was, also a choice that leads nowhere.
    severities: dict[str, Wish] = {**dict.fromkeys(STOPPING, "warning"), **request.severities}
    request = msgspec.structs.replace(request, overrides=overrides, severities=severities)
    target = target_of(request, manifest)
    snapshot = target.snapshot()
    spelling = spelling_in(snapshot)
    applied = spelling.record(target.journal.applied(request.set_name))
    goal, undone = _goal(target.journal, request.set_name, apply_id)
    goal = _spelled(goal, spelling)
    live = snapshot.live(snapshot.stores(goal.kinds()))
    desired, lost = desired_of(goal, live, snapshot.fingerprints, Keys())
    if lost:
        keys = Keys(_sources(goal, target.journal, request, snapshot), overrides.discard_key)
        desired, lost = desired_of(goal, live, snapshot.fingerprints, keys)
    desired = msgspec.structs.replace(
        desired, warnings=tuple(_other_keys(goal.record, desired, request, snapshot))
    )
    sites = sites_of(manifest) if manifest else dict(BUILTIN)
    asked = as_manifest(desired, sites, _digest(goal, undone))
    outlook = look_ahead(desired, applied, snapshot, request.environ)
    basis = Basis(request, asked, sites, target.journal, snapshot, applied, outlook)
    planned = plan_for(basis, desired)
    return _as_rollback(planned, goal, undone, tuple(_missing(lost, planned)))


def find_receipt(receipts: tuple[Receipt, ...], apply_id: str) -> Receipt:
    """The receipt with that id, or the only one whose id begins so.

    Raises:
        RollbackError: there is none, or several.
    """
    found = [receipt for receipt in receipts if receipt.id == apply_id] or [
        receipt for receipt in receipts if apply_id and receipt.id.startswith(apply_id)
    ]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} receipts begin with {apply_id}" if found else f"there is no receipt {apply_id}"
    raise RollbackError(what, remedy="`reconciler history` lists them")


def _goal(journal: JournalReader, set_name: str, apply_id: str | None) -> tuple[Goal, tuple[str, ...]]:
    receipts = journal.receipts()
    done = tuple(r for r in receipts if r.result == APPLIED and r.set_name == set_name)
    if not done:
        raise RollbackError(
            f"no apply of the set {set_name} has succeeded here, so there is nothing to roll back",
            remedy="`reconciler history` lists what was applied; --set names another manifest set",
        )
    if apply_id is None:
        newest = _undone(journal, done[-1])
        return before(newest), (newest.id,)
    chosen = find_receipt(receipts, apply_id)
    if chosen not in done:
        raise RollbackError(
            f"{chosen.id} left nothing to return to: it was {chosen.result}, of the set {chosen.set_name}",
            remedy="choose an applied one of this set from `reconciler history`",
        )
    later = done[done.index(chosen) + 1 :]
    record = _kept(journal, chosen).after
    return after(record, [_undone(journal, receipt) for receipt in later]), tuple(r.id for r in later)


def _spelled(goal: Goal, spelling: Spelling) -> Goal:
    """The goal with its objects where the config has them now: somebody may have spelled an id otherwise since."""
    known = spelling.record(msgspec.structs.replace(goal.record, resources=goal.known))
    return msgspec.structs.replace(goal, record=spelling.record(goal.record), known=known.resources)


def _kept(journal: JournalReader, receipt: Receipt) -> Kept:
    kept = journal.kept(receipt.id)
    if kept is None:
        raise RollbackError(
            f"what was owned around {receipt.id} is no longer kept",
            where=journal.path("backups", receipt.id),
            remedy="the last 20 applies can be rolled back; check out older manifests and apply them instead",
        )
    return kept


def _undone(journal: JournalReader, receipt: Receipt) -> Undone:
    kept = _kept(journal, receipt)
    if kept.released:
        sets = ", ".join(record.set_name for record in kept.released)
        raise RollbackError(
            f"{receipt.id} took objects over from the manifest set {sets}; a rollback can't give them back",
            remedy="take them back from there: `reconciler apply --set NAME --take-over ADDRESS`",
        )
    return Undone(receipt.id, changes_of(receipt), kept)


def changes_of(receipt: Receipt) -> tuple[Change, ...]:
    """What a receipt says was changed.

    Raises:
        RollbackError: it is of a kind that this version doesn't know.
    """
    try:
        return msgspec.convert(receipt.changes, tuple[Change, ...])
    except msgspec.ValidationError as error:
        raise RollbackError(
            f"the changes of receipt {receipt.id} can't be read: {error}",
            remedy="use the version of reconciler that applied it",
        ) from error


def _as_rollback(
    planned: Planned, goal: Goal, undone: tuple[str, ...], missing: tuple[Refusal, ...]
) -> Planned:
    plan = planned.plan
    plan = msgspec.structs.replace(
        plan,
        changes=tuple(msgspec.structs.replace(change, reason="rollback") for change in plan.changes),
        refusals=(*plan.refusals, *missing),
        applyable=plan.applyable and not missing,
    )
    owned = settled(goal.record, planned.owned.resources)
    return msgspec.structs.replace(planned, plan=plan, owned=owned, undone=undone)


def _missing(lost: tuple[str, ...], planned: Planned) -> Iterator[Refusal]:
    """Keys that would have to be written, and can't be."""
    if lost:
        message = "what stood there held keys, and no source that is known gives them; put them back by hand afterwards"
        options = " ".join(f"--discard-key '{address}'" for address in lost)
        yield Refusal("key-not-kept", lost, message, f"{options}, which leaves it empty")
    changing = {change.address for change in planned.plan.changes}
    unread = {warning.address for warning in planned.plan.warnings if warning.code == "key-unread"}
    if unread & changing:
        yield Refusal(
            "key-missing",
            tuple(sorted(unread & changing)),
            "the key has to be written again, and its source can't be read here",
            "",
        )


def _sources(
    goal: Goal, journal: JournalReader, request: Request, snapshot: Snapshot
) -> dict[str, KeyOrigin]:
    """By its fingerprint each key that can be read: at the sources of the undone applies, and in files that keys were saved to."""
    known = (
        field.origin
        for resource in goal.known.values()
        for field in resource.fields
        if field.origin is not None
    )
    saved = (KeyOrigin(file=path) for receipt in journal.receipts() for path in receipt.kept_keys.values())
    found: dict[str, KeyOrigin] = {}
    for origin in (*known, *saved):
        with contextlib.suppress(KeySourceError):
            found.setdefault(snapshot.fingerprints.of(request.keyring.read(origin)), origin)
    return found


def _other_keys(record: Applied, desired: Desired, request: Request, snapshot: Snapshot) -> Iterator[Note]:
    """Keys whose sources give another one than they gave then."""
    for resource in desired.resources:
        for field in resource.fields:
            if not isinstance(field.value, SecretValue):
                continue
            owned = record.resources.get(resource.address)
            then = owned.field(field.path) if owned else None
            try:
                now = snapshot.fingerprints.of(request.keyring.read(field.value.origin))
            except KeySourceError:
                continue
            if then is not None and now != then.value:
                source = describe(field.value.origin)
                message = (
                    f"{source} gives another key than it did then; keys are not kept, so that one is used"
                )
                yield Note("key-not-rolled-back", resource.address, message)


def _digest(goal: Goal, undone: tuple[str, ...]) -> str:
    data = msgspec.json.encode([goal.record, undone], order="deterministic")
    return "sha256:" + hashlib.sha256(data).hexdigest()
