"""Aliases that are declared and mean another model to OpenClaw, or meant one before: of two entries with one alias the later counts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.json5.path import Path, describe
from reconciler.manifest.bundle import Place
from reconciler.openclaw.ids import DEFAULTS, agent_id, agents_in, alias_key, model_key, without_profile
from reconciler.openclaw.resolution import MAP, choices_in, follow, resolve_models
from reconciler.plan.change_notes import source_of
from reconciler.plan.model import Drift, PlanWarning, Refusal
from reconciler.state.ownership import decode_path
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from reconciler.desired.model import Desired
    from reconciler.openclaw.resolution import Resolution
    from reconciler.release import Release
    from reconciler.state.ownership import Applied


class Given(msgspec.Struct, frozen=True):
    """An alias that is declared or was applied.

    Attributes:
        agent: whose it is; ``defaults`` for all of them.
        ref: the model's :func:`reconciler.openclaw.ids.model_key`.
        path: of the entry that gives it.
    """

    address: str
    agent: str
    alias: str
    ref: str
    path: Path
    source: Place | None = None

    @property
    def key(self) -> str:
        """The alias as OpenClaw compares it."""
        return alias_key(self.alias)


class Taken(msgspec.Struct, frozen=True):
    """What is wrong with the declared aliases."""

    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()


def find_taken(
    desired: Desired,
    before: Any,
    after: Any,
    release: Release,
    where: Callable[[Path], str],
    allowed: Collection[str] = (),
) -> Taken:
    """What of the declared aliases another entry has too.

    A plan that takes an alias away from a model that no manifest gives it to is refused, and so is one whose alias another entry
    keeps. One that goes on as it was, and an agent's own alias that only this agent has, are warned of.

    Args:
        before: the live config.
        after: the config as the plan leaves it: what the same plan changes, or deletes, is no conflict.
        where: the file of a place in the config, with its line.
        allowed: aliases that the operator lets the plan take.
    """
    declared = list(_declared(desired, release))
    if not declared:
        return Taken()
    spoken_of = {(one.path, one.key) for one in declared}
    was, will = resolve_models(before, release), resolve_models(after, release)
    refusals: list[Refusal] = []
    warnings: list[PlanWarning] = []
    for one in declared:
        others = [
            path
            for path, alias, ref in _entries(after, one.agent, release)
            if alias == one.key and ref != one.ref and (path, alias) not in spoken_of
        ]
        earlier, later = _aliases(was, one.agent).get(one.key), _aliases(will, one.agent).get(one.key)
        if others:
            shown = ", ".join(f"{describe(path)} at {where(path)}" for path in others)
            if later != one.ref:
                refusals.append(_lost(one, shown, later))
            elif earlier not in (None, one.ref) and one.key not in set(map(alias_key, allowed)):
                refusals.append(_stolen(one, f"{earlier} now, in {shown}", _users(before, one)))
            else:
                message = f"the alias {one.alias} also stands in {shown}; OpenClaw takes it for {one.ref}"
                warnings.append(PlanWarning("alias-shared", one.address, message))
        elif one.key not in set(map(alias_key, allowed)):
            refusals.extend(_captured(one, before, after, earlier, release))
        warnings.extend(_own(one, will))
    return Taken(tuple(refusals), tuple(warnings))


def alias_drift(applied: Applied, config: Any, release: Release) -> Iterator[Drift]:
    """Applied aliases that another model has now, because somebody gave it to a later entry."""
    resolution = resolve_models(config, release)
    for address, owned in applied.resources.items():
        alias = next((field.value for field in owned.fields if field.path == ("alias",)), None)
        path = decode_path(owned.path)
        if owned.kind != "entry" or not isinstance(alias, str) or lookup(config, (*path, "alias")) != alias:
            continue
        now = resolution.defaults.aliases.get(alias_key(alias))
        if now not in (None, model_key(str(path[-1]), release)):
            live = f"{alias}, which means {now} now"
            yield Drift(f"{address}.alias", "live", "changed", alias, live, path=(*owned.path, "alias"))


def _declared(desired: Desired, release: Release) -> Iterator[Given]:
    for resource in desired.resources:
        for field in resource.fields:
            match resource.kind, field.path:
                case "entry", ("alias",):
                    path, agent = resource.path, DEFAULTS
                case "agent", ("models", ref, "alias"):
                    path, agent = (*resource.path, "models", ref), resource.address.removeprefix("agent/")
                case _:
                    continue
            address, ref = ".".join((resource.address, *field.path)), model_key(str(path[-1]), release)
            yield Given(address, agent, str(field.value), ref, path, field.source)


def _aliases(resolution: Resolution, agent: str) -> dict[str, str]:
    choice = resolution.defaults if agent == DEFAULTS else resolution.agents.get(agent_id(agent))
    return dict(choice.aliases) if choice else {}


def _entries(config: Any, agent: str, release: Release) -> Iterator[tuple[Path, str, str]]:
    """Every entry with an alias that counts for an agent: its path, the alias as it is compared, and the model."""
    maps: list[Path] = [MAP]
    if agent != DEFAULTS:
        maps += [(*one.path, "models") for one in agents_in(config) if one.id == agent_id(agent)][:1]
    for path in maps:
        entries = lookup(config, path)
        for ref, entry in entries.items() if isinstance(entries, dict) else ():
            alias = entry.get("alias") if isinstance(entry, dict) else None
            if isinstance(alias, str) and alias_key(alias):
                yield (*path, ref), alias_key(alias), model_key(ref, release)


def _users(config: Any, one: Given) -> str:
    """Where the live config chooses a model by this alias: what is chosen there moves with it."""
    places = [describe(place) for place, text in choices_in(config) if _names(text, one)]
    return f"; {', '.join(places)} would move with it" if places else ""


def _captured(
    one: Given, before: Any, after: Any, earlier: str | None, release: Release
) -> Iterator[Refusal]:
    """Choices that name a model without its provider, which the alias would lead to another one."""
    if earlier is not None:
        return
    stay = set(choices_in(after))
    for place, text in choices_in(before):
        now = follow(text, {}, before, release)
        if _names(text, one) and (place, text) in stay and "/" in now and now != one.ref:
            yield _stolen(one, f"{now} now, in {describe(place)}", "")


def _names(text: str, one: Given) -> bool:
    return alias_key(without_profile(text)) == one.key


def _stolen(one: Given, now: str, users: str) -> Refusal:
    message = f"the alias {one.alias} means {now}, and would mean {one.ref}{_said(one)}{users}; give one of the two another alias"
    return Refusal("alias-taken", (one.address,), message, f"--take-alias '{one.alias}'")


def _lost(one: Given, shown: str, later: str | None) -> Refusal:
    message = (
        f"the alias {one.alias} of {one.ref}{_said(one)} means {later} to OpenClaw, because a later entry has it too ({shown}): give "
        "one of the two another alias"
    )
    return Refusal("alias-taken", (one.address,), message, "")


def _said(one: Given) -> str:
    source = source_of(one.source)
    return f" ({source.file}:{source.line})" if source else ""


def _own(one: Given, will: Resolution) -> Iterator[PlanWarning]:
    for name, choice in will.agents.items() if one.agent == DEFAULTS else ():
        own = choice.aliases.get(one.key)
        if own not in (one.ref, will.defaults.aliases.get(one.key)):
            means = f"means {own}, by the agent's own models" if own else "is none, by the agent's own models"
            yield PlanWarning(
                "alias-of-agent", one.address, f"for the agent {name} the alias {one.alias} {means}"
            )
