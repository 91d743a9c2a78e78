"""Carries out a plan: health, lock, compare, back up, write, verify, record; or put everything back.

The order is the promise. Nothing is written before the endpoint is known to be healthy, OpenClaw itself has accepted the
candidate, and the live bytes are the ones that were planned against; and the journal knows what is about to happen
before it happens.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import msgspec

from reconciler.apply.birth import create_stores
from reconciler.apply.candidate import Candidate, build, with_private
from reconciler.apply.gates import require_allowed, require_healthy, require_same
from reconciler.apply.keeping import require_places, save_keys
from reconciler.apply.pacing import pause_before
from reconciler.apply.recovery import digest_of, recover, sweep
from reconciler.apply.replacing import put_back, replace_all
from reconciler.apply.running import Watch, follow, set_aside_since, tell, watch
from reconciler.apply.shrinking import cushioned, put_over, settle
from reconciler.apply.verify import verify_candidate, verify_result
from reconciler.errors import MovedError, VerificationError
from reconciler.health.report import HealthReport
from reconciler.json5 import Document
from reconciler.openclaw.lock import config_lock
from reconciler.openclaw.models_json import FILE as MODELS
from reconciler.openclaw.models_json import agent_folders
from reconciler.openclaw.stores.json_file import FILE as AUTH_PROFILES
from reconciler.openclaw.stores.place import cell_of, read_place
from reconciler.plan.model import Plan
from reconciler.plan.sameness import differences
from reconciler.planning.making import Planned, make_plan, with_health
from reconciler.planning.request import Request
from reconciler.state.backup import without_secrets
from reconciler.state.journal import Journal, Kept, Pending, PendingFile, Receipt
from reconciler.state.lock import apply_lock
from reconciler.state.who import commit_of, new_id, now, whoami

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTEMPTS = 3
_UNVERIFIED = "the changes may be written, but are not verified: run `reconciler apply` again, which undoes or finishes them first"
# A gateway that has to be waited for longer than this, after everything was put back, won't come back by itself.
RETURN_SECONDS = 20.0


class Steps(msgspec.Struct, frozen=True):
    """What apply asks of its surroundings.

    Attributes:
        health: checks the endpoints that a plan depends on; None skips the check, at the operator's own risk.
        confirm: shows the plan and asks; false ends without writing.
        progress: says what is being done.
        plan: makes the plan that is carried out; another one for a rollback.
    """

    health: Callable[[Planned], HealthReport] | None
    confirm: Callable[[Plan], bool]
    progress: Callable[[str], None]
    plan: Callable[[Request], Planned] = make_plan


class Outcome(msgspec.Struct, frozen=True):
    """How an apply ended.

    Attributes:
        receipt: None when nothing had to be written.
        notices: what a running gateway made of it, and what it still needs from a person; also part of the receipt.
    """

    plan: Plan
    receipt: Receipt | None = None
    declined: bool = False
    notices: tuple[str, ...] = ()


def apply(request: Request, steps: Steps, saved: Plan | None = None) -> Outcome:
    """Make the target as the manifests say, or as the plan of ``steps`` says.

    Args:
        saved: a reviewed plan; anything else than exactly that is refused.

    Raises:
        RefusedError: a safety rule.
        MovedError: the live state isn't the planned one, or somebody else is writing.
        UnhealthyError: the endpoint check blocks.
        VerificationError: the result was wrong, and has been put back.
        TargetError: the target can't be written.
    """
    planned = steps.plan(request)
    journal = Journal(planned.snapshot.paths.journal)
    if journal.pending() is not None:
        with apply_lock(journal), config_lock(planned.snapshot.config.root):
            recover(journal, _written_files(planned))
        planned = steps.plan(request)
    if saved is not None:
        require_same(saved, planned.plan)
    require_allowed(planned.plan)
    if planned.idle:
        return Outcome(planned.plan)
    first = journal.fingerprint_key() is None
    # What is shown from here on is what is recorded, and what later plans show.
    own = msgspec.structs.replace(request, fingerprint_key=os.urandom(32)) if first else request
    planned = steps.plan(own) if first else planned
    require_places(planned.kept)
    if planned.plan.changes:
        planned = _checked(planned, steps)
        if not steps.confirm(planned.plan):
            return Outcome(planned.plan, declined=True)
    with apply_lock(journal):
        if journal.pending() is None:
            sweep(journal, _written_files(planned))
        if planned.stores is not None:
            written = [edit.path for edit in planned.edits]
            create_stores(planned.snapshot, planned.stores, written, steps.progress)
        if saved is not None:
            require_same(saved, steps.plan(request).plan)
        return _carry_out(own, planned, steps, journal)


def _carry_out(request: Request, planned: Planned, steps: Steps, journal: Journal) -> Outcome:
    """Do what was consented to, if it is still that."""
    again = steps.plan(request)
    require_same(planned.plan, again.plan)
    if not planned.plan.changes:
        journal.prepare(request.fingerprint_key)
        for record in (again.owned, *again.released):
            journal.settle(record)
        return Outcome(planned.plan)
    again = msgspec.structs.replace(again, plan=with_health(again.plan, planned.plan.health))
    with _honest_when_interrupted(journal):
        return _write(request, again, steps, journal)


def _written_files(planned: Planned) -> set[str]:
    """Every file outside the journal that an apply may write: what one left half-written lies beside it."""
    config, paths = planned.snapshot.config, planned.snapshot.paths
    folders = map(paths.agent_folder, agent_folders(paths))
    beside = (os.path.join(folder, name) for folder in folders for name in (AUTH_PROFILES, MODELS))
    return {config.root, *config.files, *beside}


def _checked(planned: Planned, steps: Steps) -> Planned:
    if steps.health is None:
        return planned
    steps.progress("checking the endpoint")
    return require_healthy(planned, steps.health(planned))


def _write(request: Request, planned: Planned, steps: Steps, journal: Journal) -> Outcome:
    """Write and verify; when another writer comes in between, look again a bounded number of times."""
    met: MovedError | None = None
    for _ in range(_ATTEMPTS):
        candidates = _candidates(request, planned)
        save_keys(planned.kept)
        steps.progress("asking OpenClaw to validate the candidate")
        verify_candidate(planned, candidates, request.environ)
        before = watch(planned, request.environ)
        pause = pause_before(journal.ids(), time.time())
        if pause:
            steps.progress("leaving OpenClaw's own writer a gap")
            time.sleep(pause)
        with _locks(planned, candidates):
            unmoved = all(read_place(candidate.path) == candidate.before for candidate in candidates)
            if unmoved:
                journal.prepare(request.fingerprint_key)
                try:
                    pending = _commit(planned, candidates, journal)
                except MovedError as error:
                    unmoved, met = False, error
                    sweep(journal, _written_files(planned))
        # Without the locks from here on: a gateway that restarts wants them, and so does everybody else.
        if unmoved:
            return _conclude(request, planned, candidates, pending, before, steps, journal)
        again = steps.plan(request)
        moved = differences(planned.plan, again.plan)
        if moved:
            raise MovedError(
                "the live state changed while apply was running:\n"
                + "\n".join(f"  - {line}" for line in moved),
                remedy="run it again; nothing was written",
            )
        planned = msgspec.structs.replace(again, plan=with_health(again.plan, planned.plan.health))
    if met is not None:
        raise met
    raise MovedError(
        f"another writer changed the config {_ATTEMPTS} times while apply was running",
        where=planned.snapshot.config.root,
        remedy="find out what writes it (`reconciler drift` names suspects) and run again; nothing was written",
    )


def _candidates(request: Request, planned: Planned) -> tuple[Candidate, ...]:
    """Everything to write, in the order in which it is written.

    The agents' notes come first: a running gateway of 2026.6.11 that takes a new config over keeps what it finds there.
    """
    notes = (
        Candidate(file.path, file.before, file.after, file.mode, surface="models.json")
        for file in planned.stale
    )
    built = build(
        planned.snapshot,
        planned.stores,
        planned.edits,
        lambda value: request.keyring.read(value.origin),
    )
    return cushioned(planned.snapshot, (*notes, *with_private(built, planned.exposed)))


@contextlib.contextmanager
def _honest_when_interrupted(journal: Journal) -> Iterator[None]:
    """An interrupt says that something may be written, when it may."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if journal.pending() is None:
            raise
        raise KeyboardInterrupt(_UNVERIFIED) from stop


@contextlib.contextmanager
def _locks(planned: Planned, candidates: tuple[Candidate, ...]) -> Iterator[None]:
    """OpenClaw's own locks on what will be written; a database has none but SQLite's, taken by each write."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(config_lock(planned.snapshot.config.root))
        for candidate in candidates:
            if candidate.surface == "auth-store" and cell_of(candidate.path) is None:
                stack.enter_context(config_lock(candidate.path))
        yield


def _commit(planned: Planned, candidates: tuple[Candidate, ...], journal: Journal) -> Pending:
    """Write, with the intent in the journal first."""
    apply_id = new_id(journal.newest_id())
    backups = {c.path: _back_up(journal, apply_id, index, c) for index, c in enumerate(candidates)}
    files = tuple(
        PendingFile(c.path, digest_of(c.before), digest_of(c.after), backups[c.path]) for c in candidates
    )
    pending = Pending(apply_id, files, planned.owned, released=planned.released)
    journal.keep(apply_id, Kept(planned.applied, planned.owned, planned.released))
    journal.begin(pending)
    replace_all(candidates, journal)
    return pending


def _conclude(
    request: Request,
    planned: Planned,
    candidates: tuple[Candidate, ...],
    pending: Pending,
    before: Watch,
    steps: Steps,
    journal: Journal,
) -> Outcome:
    """Verify what was written, and record it or put everything back."""
    steps.progress("verifying what OpenClaw makes of it")
    rotated = any(change.reason == "rotation" for change in planned.plan.changes)
    stored = any(candidate.surface != "config" for candidate in candidates)
    told = tell(planned, request.environ) if stored or rotated else ()
    seen = verify_result(planned, candidates, before, lambda: steps.plan(request).plan.changes)
    if seen.failures:
        _return(planned, candidates, pending.id, seen.failures, before, steps, journal)
    receipt = _receipt(pending.id, planned, "applied", (*told, *seen.evidence), candidates)
    journal.begin(msgspec.structs.replace(pending, verified=True, receipt=receipt))
    for record in (planned.owned, *planned.released):
        journal.settle(record)
    _strip_backups(journal, pending.id, candidates, planned)
    candidates, shrunk = settle(planned.snapshot, candidates, request.environ, steps.progress)
    receipt = msgspec.structs.replace(
        receipt, evidence=(*receipt.evidence, *shrunk), digests=_digests(candidates)
    )
    journal.end(receipt)
    journal.trim_backups()
    sweep(journal, _written_files(planned))
    return Outcome(planned.plan, receipt, notices=(*told, *seen.notices, *shrunk))


def _return(
    planned: Planned,
    candidates: tuple[Candidate, ...],
    apply_id: str,
    failures: tuple[str, ...],
    before: Watch,
    steps: Steps,
    journal: Journal,
) -> NoReturn:
    """Put everything back, see that a running gateway goes along, and say so.

    Raises:
        VerificationError: always.
    """
    over = put_over(planned.snapshot) if set_aside_since(before) else {}
    back = cushioned(planned.snapshot, tuple(candidate.inverse() for candidate in candidates))
    undone = tuple(candidate.inverse() for candidate in back)
    try:
        with _locks(planned, candidates):
            left = put_back(undone, over)
    except MovedError:
        # Somebody sits on the lock. Comparing bytes right before replacing has to do.
        left = put_back(undone, over)
    standing = tuple(candidate for candidate in back if candidate.path not in left)
    _, shrunk = settle(planned.snapshot, standing, before.environ, steps.progress)
    if any(candidate.surface != "config" for candidate in candidates):
        tell(planned, before.environ)
    after = follow(before, RETURN_SECONDS)
    found = (
        *failures,
        *(f"{path} was changed by somebody else since, and is left to them" for path in left),
        *shrunk,
        *(f"after putting back: {sentence}" for sentence in (*after.evidence, *after.failures)),
    )
    _strip_backups(journal, apply_id, candidates, planned)
    journal.end(_receipt(apply_id, planned, "put back", found))
    sweep(journal, _written_files(planned))
    raise VerificationError(
        "the result is not what was intended; the previous state was put back\n"
        + "\n".join(f"  - {sentence}" for sentence in found),
        remedy=f"see {journal.path('receipts', apply_id + '.json')}",
    )


def _back_up(journal: Journal, apply_id: str, index: int, candidate: Candidate) -> str | None:
    if candidate.before is None:
        return None
    return journal.back_up(apply_id, _backup_name(index, candidate), candidate.before, candidate.mode)


def _backup_name(index: int, candidate: Candidate) -> str:
    return f"{index}-{os.path.basename(candidate.path)}"


def _strip_backups(
    journal: Journal, apply_id: str, candidates: tuple[Candidate, ...], planned: Planned
) -> None:
    """Nothing needs the old keys any more: verified or put back, the apply is over."""
    for index, candidate in enumerate(candidates):
        if candidate.surface != "config":
            journal.drop_backup(apply_id, _backup_name(index, candidate))
        elif candidate.before is not None:
            stripped = without_secrets(Document.parse(candidate.before), planned.snapshot.fingerprints)
            _back_up(journal, apply_id, index, msgspec.structs.replace(candidate, before=stripped))


def _receipt(
    apply_id: str,
    planned: Planned,
    result: str,
    evidence: tuple[str, ...],
    written: tuple[Candidate, ...] = (),
) -> Receipt:
    return Receipt(
        id=apply_id,
        time=now(),
        by=whoami(),
        set_name=planned.owned.set_name,
        release=planned.plan.gateway.release,
        manifests=planned.plan.base.manifests,
        files=planned.manifest.files,
        commit=commit_of(planned.manifest.files),
        health=planned.plan.health.status,
        changes=planned.plan.changes,
        result=result,
        evidence=evidence,
        undone=planned.undone,
        digests=_digests(written),
        kept_keys={one.fingerprint: one.path for one in planned.kept},
    )


def _digests(written: tuple[Candidate, ...]) -> dict[str, str]:
    return {candidate.path: digest_of(candidate.after) or "" for candidate in written}
