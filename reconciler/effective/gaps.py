"""Variables that a gateway needs for what is asked of it, and doesn't have, or has with another value than this environment. Pure.

Where a gateway runs or is installed, what it lacks is refused: OpenClaw doesn't start then, keeps the old config, or fails every turn
(runs of 2026.6.11 and 9.6). Where nothing tells how one is started, only a variable that is set nowhere is worth a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from reconciler.desired.needs import variables_of
from reconciler.openclaw.dotenv import dotenv_files
from reconciler.openclaw.environment import Host
from reconciler.openclaw.shapes import variable_of
from reconciler.plan.model import PlanWarning, Refusal
from reconciler.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from reconciler.desired.model import Desired
    from reconciler.effective.facts import Facts, Variable
    from reconciler.effective.shadowing import Outlook
    from reconciler.plan.model import Change
    from reconciler.targets.local import Snapshot

# What systemd and launchd give every service.
_ALWAYS = frozenset({"HOME", "PATH", "USER", "LOGNAME", "SHELL", "LANG", "TMPDIR"})


class Gap(msgspec.Struct, frozen=True):
    """One variable that is missing.

    Attributes:
        hosts: the gateways that lack it; empty where none is known and it is set nowhere.
        certain: else it stands in a file that was changed after the running gateway had started.
    """

    name: str
    addresses: tuple[str, ...]
    hosts: tuple[Host, ...]
    message: str
    certain: bool = True


class Checked(msgspec.Struct, frozen=True):
    """What is to be said of variables, and what stops an apply."""

    warnings: tuple[PlanWarning, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def check_variables(
    desired: Desired,
    snapshot: Snapshot,
    outlook: Outlook | None,
    changes: Sequence[Change],
    accepted: Collection[str],
    environ: Mapping[str, str],
) -> Checked:
    """The variables that the gateway hasn't, or has with another value.

    Args:
        outlook: see :func:`reconciler.effective.shadowing.look_ahead`.
        accepted: variables that the gateway may lack.
        environ: of this process, where keys are read for the endpoint check.
    """
    if outlook is None:
        return Checked()
    needed = variables_of(desired)
    for resource in desired.resources:
        if resource.kind == "variable":
            needed.pop(str(resource.path[-1]), None)
    warnings, refusals = _judged(find_gaps(needed, outlook.facts, snapshot), changes, accepted)
    differences = _differences(desired, needed, outlook.facts, snapshot, environ)
    return Checked((*warnings, *differences), tuple(refusals))


def find_gaps(needed: Mapping[str, Sequence[str]], facts: Facts, snapshot: Snapshot) -> tuple[Gap, ...]:
    """Every variable that is needed and missing.

    Args:
        needed: by variable the addresses of the values that need it.
    """
    found = []
    for name, addresses in needed.items():
        places = facts.variables.get(name, ())
        lacking = tuple(_lacking(name, places, facts.hosts))
        known = any(host.complete for host in facts.hosts)
        if not lacking and (known or places):
            continue
        certain = not any(place.late for place in places) or any(host.kind == "installed" for host in lacking)
        message = _message(name, places, lacking, facts.hosts, snapshot, certain=certain)
        found.append(Gap(name, tuple(addresses), lacking, message, certain))
    return tuple(found)


def _lacking(name: str, places: Sequence[Variable], hosts: Sequence[Host]) -> Iterator[Host]:
    files = [place for place in places if place.kind != "process"]
    for host in hosts:
        if host.kind == "running":
            if name in host.sets and host.supervised:
                # Whatever its service's files say, it gets there.
                return
            given = any(not place.late for place in files)
        else:
            given = bool(files) or name in _ALWAYS
        if host.complete and name not in host.sets and not given:
            yield host


def _message(
    name: str,
    places: Sequence[Variable],
    lacking: Sequence[Host],
    hosts: Sequence[Host],
    snapshot: Snapshot,
    *,
    certain: bool,
) -> str:
    file = snapshot.paths.display(dotenv_files(snapshot.paths)[0])
    add = f"add the line `{name}=…` to {file} (mode 0600), which a gateway reads at its start"
    if not lacking:
        return f"{name} is set nowhere that can be seen, neither here nor for the gateway: {add}"
    who = " and ".join(host.name for host in lacking)
    having = [host.name for host in hosts if name in host.sets]
    if not certain:
        late = next(snapshot.paths.display(place.place) for place in places if place.late)
        return f"{who} started before {late}, where {name} stands, was last changed: restart the gateway"
    if having and all(host.kind == "running" for host in lacking):
        return f"{who} has no {name}, but {' and '.join(having)} sets it: restart the gateway"
    also = f"; {' and '.join(having)} has it" if having else ""
    restart = ", and restart it" if any(host.kind == "running" for host in lacking) else ""
    return f"{who} has no {name}{also}: {add}{restart}"


def _judged(
    gaps: Sequence[Gap], changes: Sequence[Change], accepted: Collection[str]
) -> tuple[list[PlanWarning], list[Refusal]]:
    """The gaps that are worth a warning, and those that stop an apply: a known gateway's, where something is to be changed.

    One that isn't certain stops only a change of the very value that needs the variable.
    """
    warnings, refusals = [], []
    for gap in gaps:
        touched = any(
            address == change.address or address.startswith(f"{change.address}.")
            for change in changes
            for address in gap.addresses
        )
        if gap.hosts and gap.name not in accepted and (touched or (gap.certain and changes)):
            refusals.append(
                Refusal("variable-unset", gap.addresses, gap.message, f"--accept-unset {gap.name}")
            )
        elif not gap.hosts or gap.certain:
            warnings.append(PlanWarning("variable-unset", gap.addresses[0], gap.message))
    return warnings, refusals


def _differences(
    desired: Desired, needed: Collection[str], facts: Facts, snapshot: Snapshot, environ: Mapping[str, str]
) -> Iterator[PlanWarning]:
    """A warning for every key in a variable that a gateway has with another value: the endpoint check tests the one that is here."""
    for resource, field in desired.key_fields():
        name, origin = variable_of(field.value), field.origin
        if (
            resource.kind not in ("provider", "profile")
            or origin is None
            or name is None
            or name not in needed
        ):
            continue
        here = environ.get(origin.env, "").strip() if origin.env is not UNSET else ""
        theirs = next((p for p in facts.variables.get(name, ()) if facts.hosts or p.kind != "process"), None)
        if here and theirs is not None and theirs.value != Secret(here):
            ours, other = snapshot.fingerprints.of(Secret(here)), snapshot.fingerprints.of(theirs.value)
            place = theirs.place if theirs.kind == "process" else snapshot.paths.display(theirs.place)
            message = (
                f"{place} gives the gateway another {name} ({other}) than this environment has ({ours}): "
                "the endpoint check tests the key that is here, and the gateway sends its own"
            )
            yield PlanWarning("variable-differs", f"{resource.address}.{field.path[0]}", message)
