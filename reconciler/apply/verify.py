"""Has OpenClaw itself judge a candidate before it is written, and the result after.

Before: ``openclaw config validate`` on a copy of the whole config with the changes made, includes at their places. After: the bytes are
still ours (OpenClaw puts its own backup over a config that it distrusts), and the default model and aliases are the
ones that were applied.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Any

from reconciler.apply.running import Seen, follow, set_aside_since
from reconciler.errors import ReconcilerError, TargetError
from reconciler.files import write_atomically
from reconciler.openclaw.cli import OpenClaw
from reconciler.openclaw.stores.place import read_place
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.apply.candidate import Candidate
    from reconciler.apply.running import Watch
    from reconciler.plan.model import Change
    from reconciler.planning import Planned


def verify_candidate(planned: Planned, candidates: tuple[Candidate, ...], environ: Mapping[str, str]) -> None:
    """Ask the installed OpenClaw, if there is one, whether it would accept the candidate.

    Raises:
        TargetError: it would not.
    """
    snapshot = planned.snapshot
    if snapshot.install.command is None or not snapshot.capabilities.config_validate:
        return
    if not any(candidate.surface == "config" for candidate in candidates):
        return
    openclaw = OpenClaw(snapshot.install, snapshot.paths, environ)
    with _laid_out(planned, candidates) as path:
        issues = openclaw.validate(path)
    if issues:
        raise TargetError(
            f"OpenClaw {planned.plan.gateway.release} rejects the new config; nothing was changed\n"
            + "\n".join(f"  - {issue}" for issue in issues),
            where=snapshot.config.root,
            remedy="mend what it names: in the manifests where it is declared there, else in the config",
        )


@contextlib.contextmanager
def _laid_out(planned: Planned, candidates: tuple[Candidate, ...]) -> Iterator[str]:
    """The whole config as it would be, includes at their places, in a folder of the journal; gives its root.

    In the journal, because the files may hold keys: they belong where the config's owner alone can read.
    """
    root = planned.snapshot.config.root
    folder = os.path.join(planned.snapshot.paths.journal, f"candidate-{os.getpid()}")
    contents = {path: file.data for path, file in planned.snapshot.config.files.items()}
    contents.update((c.path, c.after) for c in candidates if c.surface == "config" and c.after is not None)
    try:
        for path, data in contents.items():
            place = os.path.join(folder, os.path.relpath(path, os.path.dirname(root)))
            os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
            write_atomically(place, data, mode=0o600)
        yield os.path.join(folder, os.path.basename(root))
    except OSError as error:
        raise TargetError(
            f"the candidate can't be laid out for OpenClaw to validate: {error.strerror}",
            where=error.filename or folder,
            remedy="free space or mend permissions there, and run again; nothing was changed",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(folder):
        raise TargetError(
            "the candidate that OpenClaw validated can't be removed",
            where=folder,
            remedy="mend permissions there and run again, or remove it by hand: it may hold a key; nothing was changed",
        )


def verify_result(
    planned: Planned,
    candidates: tuple[Candidate, ...],
    before: Watch,
    missing: Callable[[], Sequence[Change]],
) -> Seen:
    """What shows that the result is right, and what shows that it isn't.

    Args:
        before: the gateway as it was before the write.
        missing: plans anew; gives the changes that would have to be made (again).
    """
    evidence: list[str] = []
    failures: list[str] = []
    if planned.snapshot.install.command is not None:
        status = _status(planned, before)
        if status is None:
            failures.append("OpenClaw gave no answer to what it makes of it")
        else:
            _compare_status(planned, status, evidence, failures)
    followed = follow(before) if any(c.surface == "config" for c in candidates) else Seen()
    evidence.extend(followed.evidence)
    failures.extend(followed.failures)
    failures.extend(f"OpenClaw distrusts it, and made {path}" for path in set_aside_since(before))
    _compare_bytes(candidates, missing, evidence, failures)
    return Seen(tuple(evidence), tuple(failures), followed.evidence)


def _status(planned: Planned, before: Watch) -> dict[str, Any] | None:
    openclaw = OpenClaw(planned.snapshot.install, planned.snapshot.paths, before.environ)
    agent = _agent_to_ask(planned.snapshot.config.value)
    try:
        return openclaw.model_status(aside=planned.snapshot.capabilities.writes_keys, agent=agent)
    except OSError:  # no room for a throw-away state folder
        return None


def _agent_to_ask(config: Any) -> str | None:
    """An agent that has the defaults; with several explicit ones 2026.8.2 and later answer for one only."""
    entries = lookup(config, ("agents", "entries"))
    if lookup(config, ("agents", "ownership")) != "explicit" or not isinstance(entries, dict):
        return None
    plain = (name for name, entry in entries.items() if isinstance(entry, dict) and "model" not in entry)
    return next(plain, next(iter(entries), None))


def _compare_bytes(
    candidates: tuple[Candidate, ...],
    missing: Callable[[], Sequence[Change]],
    evidence: list[str],
    failures: list[str],
) -> None:
    """Whether what was written is still there; another writer may have added to it since, and keeps that."""
    try:
        moved = [c for c in candidates if read_place(c.path) != c.after]
    except TargetError as error:
        failures.append(f"{error.where} can't be read back: {error.what}")
        return
    evidence.extend(f"{c.path} reads back as written" for c in candidates if c not in moved)
    if not moved:
        return
    try:
        lost = missing()
    except ReconcilerError as error:
        failures.extend(f"{c.path} was changed right after the write: {error.what}" for c in moved)
        return
    # A running gateway may write its own notes anew before it has taken the config over (2026.6.11); no turn uses them.
    if any(change.surface != "models.json" for change in lost):
        failures.extend(f"{c.path} was changed by somebody right after the write" for c in moved)
        return
    for candidate in moved:
        stale = lost and candidate.surface == "models.json"
        fate = "the next apply mends it again" if stale else "what was applied is still there"
        evidence.append(f"{candidate.path} was changed by somebody since; {fate}")


def _compare_status(
    planned: Planned, status: dict[str, Any], evidence: list[str], failures: list[str]
) -> None:
    """Compare what OpenClaw resolves with what was applied: the default model, every alias, and what is allowed."""
    aliases = status.get("aliases")
    known: dict[str, Any] = aliases if isinstance(aliases, dict) else {}
    for resource in planned.desired.resources:
        for field in resource.fields:
            if resource.address == "agent/defaults" and field.path == ("model", "primary"):
                wanted = str(known.get(field.value, field.value))
                _expect("default model", wanted, status.get("resolvedDefault"), evidence, failures)
                _expect_allowed(wanted, status.get("allowed"), evidence, failures)
            if resource.kind == "entry" and field.path == ("alias",):
                _expect(
                    f"alias {field.value}", str(resource.path[-1]), known.get(field.value), evidence, failures
                )


def _expect(what: str, wanted: str, got: object, evidence: list[str], failures: list[str]) -> None:
    if got == wanted:
        evidence.append(f"OpenClaw resolves {what} to {got}")
    else:
        failures.append(f"OpenClaw resolves {what} to {got}, not to {wanted}")


def _expect_allowed(model: str, allowed: object, evidence: list[str], failures: list[str]) -> None:
    """2026.5.20 to 2026.9.1 silently run another model when the primary isn't allowed; only this list tells."""
    names = [name for name in allowed if isinstance(name, str)] if isinstance(allowed, list) else []
    wildcard = f"{model.partition('/')[0]}/*"
    if not names or model in names or wildcard in names:
        evidence.append(f"OpenClaw lets agents use {model}")
    else:
        failures.append(
            f"OpenClaw doesn't let agents use {model}: agents.defaults.models or modelPolicy leaves it out"
        )
