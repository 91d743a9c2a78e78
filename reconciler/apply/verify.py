"""Has OpenClaw itself judge a candidate before it is written, and the result after.

Before: ``openclaw config validate`` on a copy of the whole config with the changes made, includes at their places. After: the bytes are
still ours (OpenClaw puts its own backup over a config that it distrusts), and the default model and aliases are the
ones that were applied.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from reconciler.apply.running import Seen, follow, set_aside_since
from reconciler.apply.scratch import scratch
from reconciler.errors import ReconcilerError, TargetError
from reconciler.files import write_atomically
from reconciler.openclaw.cli import Answer, OpenClaw
from reconciler.openclaw.commands import MODELS
from reconciler.openclaw.ids import agent_id, alias_key, model_key
from reconciler.openclaw.resolution import resolve_models
from reconciler.openclaw.stores.place import read_place
from reconciler.plan.consequences import after_edits
from reconciler.plan.listing import deciding_release
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.apply.candidate import Candidate
    from reconciler.apply.running import Watch
    from reconciler.openclaw.resolution import Choice
    from reconciler.plan.model import Change
    from reconciler.planning.making import Planned

_ASK: Final = MODELS.command(agent="")


def verify_candidate(planned: Planned, candidates: tuple[Candidate, ...], environ: Mapping[str, str]) -> None:
    """Ask the installed OpenClaw, if there is one, whether it would accept the candidate.

    Raises:
        TargetError: it would not, or gave no answer.
    """
    snapshot = planned.snapshot
    if snapshot.install.command is None or not snapshot.capabilities.config_validate:
        return
    if not any(candidate.surface == "config" for candidate in candidates):
        return
    openclaw = OpenClaw(snapshot.install, snapshot.paths, environ)
    with scratch(snapshot.paths.journal) as folder:
        state = os.path.join(folder, "state")
        os.mkdir(state, 0o700)
        issues = openclaw.validate(_laid_out(planned, candidates, os.path.join(folder, "config")), state)
    if issues:
        raise TargetError(
            f"OpenClaw {planned.plan.gateway.release} rejects the new config; nothing was changed\n"
            + "\n".join(f"  - {issue}" for issue in issues),
            where=snapshot.config.root,
            remedy="mend what it names: in the manifests where it is declared there, else in the config",
        )


def _laid_out(planned: Planned, candidates: tuple[Candidate, ...], folder: str) -> str:
    """Lay out the whole config as it would be, includes at their places; gives its root."""
    root = planned.snapshot.config.root
    contents = {path: file.data for path, file in planned.snapshot.config.files.items()}
    contents.update((c.path, c.after) for c in candidates if c.surface == "config" and c.after is not None)
    for path, data in contents.items():
        place = os.path.join(folder, os.path.relpath(path, os.path.dirname(root)))
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        write_atomically(place, data, mode=0o600)
    return os.path.join(folder, os.path.basename(root))


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
    unverified: tuple[str, ...] = ()
    if planned.snapshot.install.command is None:
        unverified = (f"not verified by OpenClaw, because no `openclaw` is on PATH here; ask it: {_ASK}",)
    else:
        answer = _status(planned, before)
        if not answer.came:
            unverified = (
                f"not verified, because OpenClaw couldn't be asked: {answer.error}; ask it: {_ASK}",
            )
        elif answer.code != 0 or not isinstance(answer.value, dict):
            failures.append(f"OpenClaw can't say what it makes of it: {answer.error or 'it gives no reason'}")
        else:
            _compare_status(planned, answer.value, evidence, failures)
    followed = follow(before) if any(c.surface == "config" for c in candidates) else Seen()
    evidence.extend(followed.evidence)
    failures.extend(followed.failures)
    failures.extend(f"OpenClaw distrusts it, and made {path}" for path in set_aside_since(before))
    _compare_bytes(candidates, missing, evidence, failures)
    return Seen((*evidence, *unverified), tuple(failures), (*unverified, *followed.evidence))


def _status(planned: Planned, before: Watch) -> Answer:
    snapshot = planned.snapshot
    openclaw = OpenClaw(snapshot.install, snapshot.paths, before.environ)
    agent = _agent_to_ask(snapshot.config.value)
    if not snapshot.capabilities.writes_keys:
        return openclaw.model_status(agent=agent)
    try:
        with scratch(snapshot.paths.journal) as folder:
            return openclaw.model_status(state_dir=folder, agent=agent)
    except TargetError as error:
        return Answer(-1, None, error.what, came=False)


def _agent_to_ask(config: Any) -> str | None:
    """An agent that has the defaults; with several explicit ones 2026.8.2 and later answer for one only."""
    entries = lookup(config, ("agents", "entries"))
    if lookup(config, ("agents", "ownership")) != "explicit" or not isinstance(entries, dict):
        return None
    plain = (
        name
        for name, entry in entries.items()
        if isinstance(entry, dict) and not {"model", "modelPolicy"} & entry.keys()
    )
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
    config, capabilities = planned.snapshot.config.value, planned.snapshot.capabilities
    resolution = resolve_models(after_edits(config, planned.edits), deciding_release(capabilities, config))
    asked = agent_id(_agent_to_ask(config) or "")
    choice = resolution.agents.get(asked, resolution.defaults)
    aliases = status.get("aliases")
    known = {alias_key(name): ref for name, ref in aliases.items()} if isinstance(aliases, dict) else {}
    release = planned.snapshot.capabilities.release
    for resource in planned.desired.resources:
        for field in resource.fields:
            if resource.address == "agent/defaults" and field.path == ("model", "primary") and choice.primary:
                _expect("default model", choice.primary, status.get("resolvedDefault"), evidence, failures)
                _expect_allowed(choice, status.get("allowed"), evidence, failures)
            if resource.kind == "entry" and field.path == ("alias",):
                ref, got = model_key(str(resource.path[-1]), release), known.get(alias_key(field.value))
                _expect(f"alias {field.value}", ref, got, evidence, failures)


def _expect(what: str, wanted: str, got: object, evidence: list[str], failures: list[str]) -> None:
    if got == wanted:
        evidence.append(f"OpenClaw resolves {what} to {got}")
    else:
        failures.append(f"OpenClaw resolves {what} to {got}, not to {wanted}")


def _expect_allowed(choice: Choice, allowed: object, evidence: list[str], failures: list[str]) -> None:
    """Whether OpenClaw takes the list of allowed models as the plan did; only what it lists itself tells."""
    model = str(choice.primary)
    names = [name for name in allowed if isinstance(name, str)] if isinstance(allowed, list) else []
    listed = not names or model in names or model.startswith(tuple(n[:-1] for n in names if n.endswith("/*")))
    if not choice.used:
        evidence.append(f"OpenClaw will not use {model}, as the plan said")
    elif listed or model not in choice.allowed:
        evidence.append(f"OpenClaw lets agents use {model}")
    else:
        failures.append(
            f"OpenClaw doesn't let agents use {model}: agents.defaults.models or modelPolicy leaves it out"
        )
