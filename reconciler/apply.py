"""Carries out a plan: health, lock, compare, back up, write, verify, record; or put everything back.

The order is the promise. Nothing is written before the endpoint is known to be healthy, OpenClaw itself has accepted the
candidate, and the live bytes are the ones that were planned against; and the journal knows what is about to happen
before it happens.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from reconciler.backup import without_secrets
from reconciler.candidate import Candidate, build
from reconciler.errors import MovedError, RefusedError, TargetError, UnhealthyError, VerificationError
from reconciler.files import write_atomically
from reconciler.health.report import HealthReport
from reconciler.journal import Journal, Pending, PendingFile, Receipt
from reconciler.json5 import Document
from reconciler.lock import apply_lock
from reconciler.openclaw.lock import config_lock
from reconciler.plan import Plan, Refusal
from reconciler.planning import Planned, Request, make_plan, secret_of, with_health
from reconciler.recovery import digest_of, recover, sweep
from reconciler.verify import verify_candidate, verify_result
from reconciler.who import commit_of, new_id, now, whoami

_ATTEMPTS = 3


class Steps(msgspec.Struct, frozen=True):
    """What apply asks of its surroundings.

    Attributes:
        health: checks the endpoints that a plan depends on; None skips the check, at the operator's own risk.
        confirm: shows the plan and asks; false ends without writing.
        progress: says what is being done.
    """

    health: Callable[[Planned], HealthReport] | None
    confirm: Callable[[Plan], bool]
    progress: Callable[[str], None]


class Outcome(msgspec.Struct, frozen=True):
    """How an apply ended. ``receipt`` is None when nothing had to be written."""

    plan: Plan
    receipt: Receipt | None = None
    declined: bool = False


def apply(request: Request, steps: Steps, saved: Plan | None = None) -> Outcome:
    """Make the target as the manifests say.

    Args:
        saved: a reviewed plan; anything else than exactly that is refused.

    Raises:
        RefusedError: a safety rule.
        MovedError: the live state isn't the planned one, or somebody else is writing.
        UnhealthyError: the endpoint check blocks.
        VerificationError: the result was wrong, and has been put back.
        TargetError: the target can't be written.
    """
    planned = make_plan(request)
    journal = Journal(planned.snapshot.paths.journal)
    if journal.pending() is not None:
        with apply_lock(journal), config_lock(planned.snapshot.config.root):
            recover(journal, _config_files(planned))
        planned = make_plan(request)
    if saved is not None:
        _require_same(saved, planned.plan)
    if not planned.plan.changes and planned.owned == planned.applied:
        return Outcome(planned.plan)
    _require_allowed(planned.plan)
    if planned.plan.changes:
        planned = _checked(planned, steps)
        if not steps.confirm(planned.plan):
            return Outcome(planned.plan, declined=True)
    with apply_lock(journal):
        if journal.pending() is None:
            sweep(journal, _config_files(planned))
        again = make_plan(request)
        _require_same(planned.plan, again.plan)
        if not planned.plan.changes:
            journal.settle(_at_home(request, again, journal).owned)
            return Outcome(planned.plan)
        again = msgspec.structs.replace(again, plan=with_health(again.plan, planned.plan.health))
        return _write(request, again, steps, journal)


def _at_home(request: Request, planned: Planned, journal: Journal) -> Planned:
    """The same, with fingerprints that stay comparable: the first apply makes the key that later ones use."""
    if journal.fingerprint_key() is not None:
        return planned
    journal.prepare()
    settled = make_plan(request)
    return msgspec.structs.replace(
        planned,
        snapshot=settled.snapshot,
        owned=settled.owned,
        plan=with_health(settled.plan, planned.plan.health),
    )


def _config_files(planned: Planned) -> set[str]:
    return {planned.snapshot.config.root, *planned.snapshot.config.files}


def _require_same(reviewed: Plan, plan: Plan) -> None:
    moved = differences(reviewed, plan)
    if moved:
        raise MovedError(
            "this is not what was planned any more:\n" + "\n".join(f"  - {line}" for line in moved),
            remedy="plan again, have it reviewed again, and apply the new plan; nothing was written",
        )


def differences(saved: Plan, plan: Plan) -> list[str]:
    """What moved between two plans for one target, a line each."""
    moved = []
    if saved.base.manifests != plan.base.manifests:
        moved.append("the manifests changed")
    if saved.gateway.config != plan.gateway.config:
        moved.append(f"the plan is for {saved.gateway.config}, this is {plan.gateway.config}")
    if saved.gateway.release != plan.gateway.release:
        moved.append(f"OpenClaw was {saved.gateway.release}, is {plan.gateway.release}")
    before = {change.address: change for change in saved.changes}
    moved.extend(
        f"{address} changed in the live state"
        for address in sorted(saved.base.observed.keys() | plan.base.observed.keys())
        if saved.base.observed.get(address) != plan.base.observed.get(address)
    )
    after = {change.address: change for change in plan.changes}
    for address in sorted(before.keys() ^ after.keys()):
        if not any(line.startswith(f"{address} ") for line in moved):
            moved.append(f"{address}: {'no longer' if address in before else 'now'} a change")
    if not moved and saved.changes != plan.changes:
        moved.extend(
            f"{address}: would now write something else"
            for address in sorted(before)
            if before[address] != after[address]
        )
    return moved


def _require_allowed(plan: Plan) -> None:
    if plan.refusals:
        raise RefusedError("\n".join(map(_refusal, plan.refusals)), remedy="nothing was written")


def _refusal(refusal: Refusal) -> str:
    named = ", ".join(refusal.addresses[:10])
    more = f" and {len(refusal.addresses) - 10} more" if len(refusal.addresses) > 10 else ""
    option = f"\n    to do it all the same: {refusal.option}" if refusal.option else ""
    return f"refused by rule {refusal.rule}: {refusal.message}\n    {named}{more}{option}"


def _checked(planned: Planned, steps: Steps) -> Planned:
    if steps.health is None:
        return planned
    steps.progress("checking the endpoint")
    report = steps.health(planned)
    if report.status == "block":
        lines = [
            f"{check.provider}: {check.message}\n      {check.remedy}"
            for check in report.checks
            if check.verdict == "block"
        ]
        raise UnhealthyError(
            "the endpoint check blocks this apply; nothing was written\n"
            + "\n".join(f"  - {line}" for line in lines),
            remedy="`reconciler health` shows every check; --skip-health writes all the same, at your own risk",
        )
    return msgspec.structs.replace(planned, plan=with_health(planned.plan, report))


def _write(request: Request, planned: Planned, steps: Steps, journal: Journal) -> Outcome:
    """Write and verify; when another writer comes in between, look again a bounded number of times."""
    for _ in range(_ATTEMPTS):
        candidates = build(
            planned.snapshot.config, planned.edits, lambda value: secret_of(value, request.environ)
        )
        steps.progress("asking OpenClaw to validate the candidate")
        verify_candidate(planned, candidates)
        with config_lock(planned.snapshot.config.root):
            if all(_current(candidate.path) == candidate.before for candidate in candidates):
                return _commit(_at_home(request, planned, journal), candidates, steps, journal)
        again = make_plan(request)
        moved = differences(planned.plan, again.plan)
        if moved:
            raise MovedError(
                "the live state changed while apply was running:\n"
                + "\n".join(f"  - {line}" for line in moved),
                remedy="run it again; nothing was written",
            )
        planned = msgspec.structs.replace(again, plan=with_health(again.plan, planned.plan.health))
    raise MovedError(
        f"another writer changed the config {_ATTEMPTS} times while apply was running",
        where=planned.snapshot.config.root,
        remedy="find out what writes it (`reconciler drift` names suspects) and run again; nothing was written",
    )


def _current(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TargetError(
            f"the config can't be read any more: {error.strerror}",
            where=path,
            remedy="mend the permissions, and run again: what was begun is then settled",
        ) from error


def _commit(planned: Planned, candidates: tuple[Candidate, ...], steps: Steps, journal: Journal) -> Outcome:
    journal.prepare()
    apply_id = new_id()
    backups = {c.path: _back_up(journal, apply_id, index, c) for index, c in enumerate(candidates)}
    files = tuple(
        PendingFile(c.path, digest_of(c.before), digest_of(c.after) or "", backups[c.path])
        for c in candidates
    )
    pending = Pending(apply_id, files, planned.owned)
    journal.begin(pending)
    _replace(planned, candidates, journal)
    steps.progress("verifying what OpenClaw makes of it")
    evidence, failures = verify_result(planned, candidates)
    if failures:
        put_back(candidates)
        _strip_backups(journal, apply_id, candidates, planned)
        journal.end(_receipt(apply_id, planned, "put back", failures))
        raise VerificationError(
            "the result is not what was intended; the previous state was put back\n"
            + "\n".join(f"  - {failure}" for failure in failures),
            remedy=f"see {journal.path('receipts', apply_id + '.json')}",
        )
    journal.begin(msgspec.structs.replace(pending, verified=True))
    journal.settle(planned.owned)
    receipt = _receipt(apply_id, planned, "applied", evidence)
    _strip_backups(journal, apply_id, candidates, planned)
    journal.end(receipt)
    journal.trim_backups()
    return Outcome(planned.plan, receipt)


def _replace(planned: Planned, candidates: tuple[Candidate, ...], journal: Journal) -> None:
    try:
        for candidate in candidates:
            write_atomically(
                candidate.path, candidate.after, mode=candidate.mode, uid=candidate.uid, gid=candidate.gid
            )
    except OSError as error:
        put_back(candidates)
        journal.forget_pending()
        raise TargetError(
            f"the config can't be written: {error.strerror}; it is as it was",
            where=error.filename or planned.snapshot.config.root,
            remedy="free space or mend permissions, and run again",
        ) from error


def _back_up(journal: Journal, apply_id: str, index: int, candidate: Candidate) -> str | None:
    if candidate.before is None:
        return None
    name = f"{index}-{os.path.basename(candidate.path)}"
    return journal.back_up(apply_id, name, candidate.before, candidate.mode)


def _strip_backups(
    journal: Journal, apply_id: str, candidates: tuple[Candidate, ...], planned: Planned
) -> None:
    """Nothing needs the old keys any more: verified or put back, the apply is over."""
    for index, candidate in enumerate(candidates):
        if candidate.before is not None:
            stripped = without_secrets(Document.parse(candidate.before), planned.snapshot.fingerprints)
            _back_up(journal, apply_id, index, msgspec.structs.replace(candidate, before=stripped))


def put_back(candidates: tuple[Candidate, ...]) -> None:
    """Undo writes; a file that somebody else has changed since is left to them.

    Raises:
        TargetError: it can't be done now; the journal still knows that it has to be.
    """
    for candidate in candidates:
        if _current(candidate.path) == candidate.after:
            try:
                _restore(candidate)
            except OSError as error:
                raise TargetError(
                    f"the previous state can't be put back: {error.strerror}",
                    where=candidate.path,
                    remedy="free space or mend permissions there, and run again: that puts it back first",
                ) from error


def _restore(candidate: Candidate) -> None:
    if candidate.before is None:
        os.unlink(candidate.path)
    else:
        write_atomically(
            candidate.path, candidate.before, mode=candidate.mode, uid=candidate.uid, gid=candidate.gid
        )


def _receipt(apply_id: str, planned: Planned, result: str, evidence: tuple[str, ...]) -> Receipt:
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
    )
