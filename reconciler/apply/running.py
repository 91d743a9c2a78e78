"""Follows a running gateway through an apply: what it ran before, whether it takes the new config over, what it runs then.

A gateway watches its config and reloads within about a second (2026.4.15 to 2026.9.6, idle; 7 s on a busy machine), or restarts
itself, which takes 3 to 17 s. What it runs is asked, as far as the release answers that:

- from 2026.8.2 on it says which revision of the config it has applied;
- from 2026.5.20 on it copies the config to ``openclaw.json.last-good`` once it has taken it over, and says each agent's model;
- before, it says each agent's model, and whether it would accept the file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from reconciler.openclaw.cli import OpenClaw
from reconciler.openclaw.commands import RELOAD_SECRETS
from reconciler.openclaw.gateway import Gateway, Running, Silence, find_gateway, primary_of
from reconciler.openclaw.ids import agent_id, agents_in, model_key
from reconciler.openclaw.stores.place import read_place
from reconciler.openclaw.waiting import Look, is_working, used_by
from reconciler.planning.making import Planned
from reconciler.release import Release
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

PATIENCE_SECONDS = 45.0
RESTART_PATIENCE_SECONDS = 90.0
STARTING_SECONDS = 30.0
_PAUSE_SECONDS = 0.25
_LOOK_SECONDS = 2.5
# A gateway that has used no processor time for so long has nothing left to do with the new config.
_IDLE_SECONDS = 10.0
_MOST_SECONDS = 600.0
# A gateway that has just opened its port doesn't watch the file yet, and would miss the change (run: 2026.6.11).
_NUDGE_SECONDS = 8.0
# An answer that looks like the one before the write is believed to be about the new file from then on.
_NOTICED_SECONDS = 5.0
# Set-aside copies that OpenClaw makes when it puts its backup over a config, or refuses to write one.
_ASIDE = (".clobbered.", ".rejected.")
# Before this release a gateway that restarts itself keeps the old values of its variables (run: 4.15, 6.11; 8.2, 9.1, 9.6 don't).
_FRESH_VARIABLES = Release(2026, 8, 1)


class Seen(msgspec.Struct, frozen=True):
    """What following a gateway showed: for the result, and against it.

    Attributes:
        evidence: what speaks for the result.
        failures: what speaks against it.
        notices: the part of the evidence that the person who applies wants to hear.
    """

    evidence: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


class Watch(msgspec.Struct, frozen=True):
    """The state before the write.

    Attributes:
        gateway: the one that runs; None when none does.
        before: its answer then.
        last_good: whether it keeps the copy of what it has taken over.
        aside: set-aside copies that were there.
        restarts: the changes make it restart itself.
    """

    planned: Planned
    environ: Mapping[str, str]
    gateway: Gateway | None
    before: Running | Silence | None
    last_good: bool
    aside: frozenset[str]
    restarts: bool


def watch(planned: Planned, environ: Mapping[str, str]) -> Watch:
    """Look at the gateway before anything is written."""
    gateway = _find(planned, environ)
    mode = _reload_mode(planned)
    needed = any(change.impact == "restart" for change in planned.plan.changes)
    return Watch(
        planned,
        environ,
        gateway,
        _first_answer(gateway) if gateway is not None else None,
        os.path.exists(_last_good(planned)),
        frozenset(_set_aside(planned)),
        mode == "restart" or (needed and mode not in ("off", "hot")),
    )


def _first_answer(gateway: Gateway) -> Running | Silence:
    """Its answer, or why it has none; one that is just starting is given time."""
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        answer = gateway.running_config()
        if isinstance(answer, Running) or not answer.passing or time.monotonic() >= deadline:
            return answer
        time.sleep(_PAUSE_SECONDS)


def set_aside_since(before: Watch) -> tuple[str, ...]:
    """Copies of configs that OpenClaw has set aside since, because it distrusted or refused them."""
    return tuple(sorted(set(_set_aside(before.planned)) - before.aside))


def follow(before: Watch, patience: float | None = None) -> Seen:
    """Wait, within bounds, until the running gateway has taken over the config as it now is.

    Args:
        patience: seconds to wait; unless said as long as a reload or restart takes, and longer while the gateway is at work.
    """
    if before.gateway is None:
        return Seen()
    named = f"the running gateway ({before.gateway})"
    if isinstance(before.before, Silence) and not before.before.passing:
        told = (
            f"{named} couldn't be asked what it runs: {before.before.reason}; it reloads its config by itself"
        )
        return Seen((told, *_later(before, None)))
    bound = _Patience(before, patience)
    begun = time.monotonic()
    root = before.planned.snapshot.config.root
    first = read_place(root)
    revisions: set[str | None] = set()
    nudged = False
    while True:
        gateway = _find(before.planned, before.environ)
        answer = gateway.running_config() if gateway else Silence("it runs no more", passing=True)
        elapsed = time.monotonic() - begun
        if isinstance(answer, Running) and _about_now(answer, before, elapsed):
            if not answer.valid:
                return Seen(failures=(f"{named} rejects the config: {'; '.join(answer.issues)}",))
            revisions.add(answer.revision)
            if _taken_over(answer, gateway, before, revisions):
                return Seen((_told(named, answer, before), *_later(before, answer)))
        if elapsed >= _NUDGE_SECONDS and not nudged:
            os.utime(root)
            nudged = True
        over = bound.is_over(elapsed, gateway)
        if over and read_place(root) != first:
            told = f"{named} wasn't seen to take the config over: somebody else keeps writing it"
            return Seen((told, *_later(before, None)))
        if over:
            return _not_taken_over(named, answer, before, elapsed)
        time.sleep(_PAUSE_SECONDS)


class _Patience:
    """How long a gateway is waited for: a bound, and beyond it as long as it is at work.

    Args:
        seconds: a bound that isn't stretched.
    """

    def __init__(self, before: Watch, seconds: float | None) -> None:
        self._fixed = seconds is not None
        self._seconds = seconds or (RESTART_PATIENCE_SECONDS if before.restarts else PATIENCE_SECONDS)
        self._looks: list[Look] = [(0.0, used_by(before.gateway.pid) if before.gateway else None)]

    def is_over(self, elapsed: float, gateway: Gateway | None) -> bool:
        """Whether to stop waiting, ``elapsed`` seconds after the write."""
        if gateway and elapsed - self._looks[-1][0] >= _LOOK_SECONDS:
            self._looks.append((elapsed, used_by(gateway.pid)))
        if elapsed < self._seconds:
            return False
        return self._fixed or elapsed >= _MOST_SECONDS or not is_working(self._looks, _IDLE_SECONDS)


def tell(planned: Planned, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Have a running gateway read its secrets again, after a write into an auth store, the secret store or a key file.

    Without that the first turn after the write still sends the old key. Gives what came of it, a sentence; nothing when no
    gateway runs.
    """
    gateway = _find(planned, environ)
    if gateway is None:
        return ()
    silence = gateway.reload_secrets()
    if silence is None:
        return (f"the running gateway ({gateway}) has read its secrets again",)
    remedy = f"run `{RELOAD_SECRETS.command()}`, or the first turn still uses the old key"
    return (
        f"the running gateway ({gateway}) couldn't be told to read its secrets again: {silence.reason}; {remedy}",
    )


def _find(planned: Planned, environ: Mapping[str, str]) -> Gateway | None:
    snapshot = planned.snapshot
    installed = snapshot.install.command is not None
    openclaw = OpenClaw(snapshot.install, snapshot.paths, environ) if installed else None
    return find_gateway(snapshot.paths, snapshot.config.value, environ, openclaw)


def _about_now(answer: Running, before: Watch, elapsed: float) -> bool:
    """From 2026.8.2 on an answer may be kept until the gateway notices that the file changed."""
    known = before.before
    if not isinstance(known, Running) or answer.applied is None or elapsed >= _NOTICED_SECONDS:
        return True
    return (answer.file, answer.revision) != (known.file, known.revision)


def _taken_over(
    answer: Running, gateway: Gateway | None, before: Watch, revisions: Collection[str | None]
) -> bool:
    """Whether it runs one of the ``revisions`` that the file has had since the write, each with what was applied in it."""
    if _reload_mode(before.planned) == "off":
        return True
    if answer.applied is not None:
        return answer.applied in revisions
    restarted = gateway is not None and gateway.since != (before.gateway and before.gateway.since)
    if before.restarts and not restarted:
        return False
    copied = not before.last_good or _same_bytes(
        _last_good(before.planned), before.planned.snapshot.config.root
    )
    return copied and not _other_models(answer)


def _other_models(answer: Running) -> list[str]:
    """Agents that run another primary model than the file says."""
    found = []
    named = agents_in(answer.config)
    for agent, model in answer.models.items():
        own = next((one.value.get("model", MISSING) for one in named if one.id == agent_id(agent)), MISSING)
        if own is MISSING:
            own = lookup(answer.config, ("agents", "defaults", "model"))
        declared = primary_of(own)
        if declared is not None and model_key(declared) != model_key(model):
            found.append(f"agent {agent} with {model}, not {declared}")
    return found


def _told(named: str, answer: Running, before: Watch) -> str:
    known = answer.applied is not None and _reload_mode(before.planned) != "off"
    said = f"{named} {'has applied' if known else 'accepts'} the config"
    models = ", ".join(f"{agent} with {model}" for agent, model in sorted(answer.models.items()))
    return f"{said} and runs {models}" if models else said


def _not_taken_over(named: str, answer: Running | Silence, before: Watch, waited: float) -> Seen:
    if isinstance(answer, Silence):
        if isinstance(before.before, Silence):
            return Seen((f"{named} couldn't be asked what it runs: {answer.reason}", *_later(before, None)))
        return Seen(failures=(f"{named} gives no answer {waited:.0f} s after the write: {answer.reason}",))
    if before.restarts:
        reason = f"{named} hasn't restarted within {waited:.0f} s; the change takes effect when it does"
        return Seen((reason, *_later(before, answer)))
    others = "; ".join(_other_models(answer)) or "it still runs the config from before"
    return Seen(failures=(f"{named} hasn't taken the config over within {waited:.0f} s: {others}",))


def _later(before: Watch, answer: Running | None) -> Iterator[str]:
    """What takes effect only when somebody restarts the gateway."""
    mode = _reload_mode(before.planned)
    needed = any(change.impact == "restart" for change in before.planned.plan.changes)
    if mode == "off" or (mode == "hot" and needed):
        yield f"gateway.reload.mode is {mode}: restart the gateway for the changes to take effect"
    release = before.planned.snapshot.install.release
    variables = [
        str(change.path[-1])
        for change in before.planned.plan.changes
        if change.surface == "config" and change.path[:2] == ("env", "vars") and change.action != "create"
    ]
    if (
        variables
        and release is not None
        and release < _FRESH_VARIABLES
        and (answer is None or not answer.applied)
    ):
        names = ", ".join(variables)
        yield f"a gateway of {release} keeps the old {names} until it is stopped and started: restart the gateway"


def _reload_mode(planned: Planned) -> object:
    return lookup(planned.snapshot.config.value, ("gateway", "reload", "mode"))


def _last_good(planned: Planned) -> str:
    return f"{planned.snapshot.config.root}.last-good"


def _same_bytes(left: str, right: str) -> bool:
    try:
        with open(left, "rb") as one, open(right, "rb") as other:
            return one.read() == other.read()
    except OSError:
        return False


def _set_aside(planned: Planned) -> Iterator[str]:
    folder, base = os.path.split(planned.snapshot.config.root)
    heads = tuple(f"{base}{mark}" for mark in _ASIDE)
    try:
        names = os.listdir(folder)
    except OSError:
        return  # what can't be seen is no evidence; the bytes themselves are read back elsewhere
    yield from (os.path.join(folder, name) for name in names if name.startswith(heads))
