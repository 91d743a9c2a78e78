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

from reconciler.errors import ReconcilerError, TargetError
from reconciler.files import write_atomically
from reconciler.openclaw.cli import OpenClaw
from reconciler.openclaw.stores.place import read_place
from reconciler.running import Seen, follow, set_aside_since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.candidate import Candidate
    from reconciler.planning import Planned
    from reconciler.running import Watch


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


def verify_result(
    planned: Planned,
    candidates: tuple[Candidate, ...],
    before: Watch,
    missing: Callable[[], Sequence[object]],
) -> Seen:
    """What shows that the result is right, and what shows that it isn't.

    Args:
        before: the gateway as it was before the write.
        missing: plans anew; gives the changes that would have to be made (again).
    """
    evidence: list[str] = []
    failures: list[str] = []
    if planned.snapshot.install.command is not None:
        openclaw = OpenClaw(planned.snapshot.install, planned.snapshot.paths, before.environ)
        status = openclaw.model_status(aside=planned.snapshot.capabilities.writes_keys)
        if status is None:
            failures.append("`openclaw models status --json` gave no answer")
        else:
            _compare_status(planned, status, evidence, failures)
    followed = follow(before) if any(c.surface == "config" for c in candidates) else Seen()
    evidence.extend(followed.evidence)
    failures.extend(followed.failures)
    failures.extend(f"OpenClaw distrusts it, and made {path}" for path in set_aside_since(before))
    _compare_bytes(candidates, missing, evidence, failures)
    return Seen(tuple(evidence), tuple(failures))


def _compare_bytes(
    candidates: tuple[Candidate, ...],
    missing: Callable[[], Sequence[object]],
    evidence: list[str],
    failures: list[str],
) -> None:
    """Whether what was written is still there; another writer may have added to it since, and keeps that."""
    moved = [c.path for c in candidates if read_place(c.path) != c.after]
    evidence.extend(f"{c.path} reads back as written" for c in candidates if c.path not in moved)
    if not moved:
        return
    try:
        lost = missing()
    except ReconcilerError as error:
        failures.append(f"{', '.join(moved)} was changed right after the write: {error.what}")
        return
    if lost:
        failures.extend(f"{path} was changed by somebody right after the write" for path in moved)
    else:
        evidence.extend(
            f"{path} was changed by somebody since; what was applied is still there" for path in moved
        )


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
