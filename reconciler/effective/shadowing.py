"""What will beat the managed values once they are applied, and the command that ends it. Part of every plan; reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from reconciler.desired.model import ABSENT, SecretValue
from reconciler.desired.needs import variables_of
from reconciler.edits import put, remove
from reconciler.effective import chains
from reconciler.effective.chains import World
from reconciler.effective.facts import AgentFacts, Facts, read_facts
from reconciler.errors import TargetError
from reconciler.openclaw.commands import LOG_OUT, SET_ORDER
from reconciler.openclaw.ids import agent_id, model_ref
from reconciler.openclaw.precedence import EXPLICIT
from reconciler.openclaw.references import named
from reconciler.openclaw.shapes import variable_of
from reconciler.openclaw.stores.contents import MAIN
from reconciler.openclaw.surfaces import AUTH_STORE, store_agent
from reconciler.plan.model import Shadow
from reconciler.secret import Secret
from reconciler.state.ownership import decode_path
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.desired.model import Desired, Resource
    from reconciler.effective.chains import Candidate
    from reconciler.json5.path import Path
    from reconciler.state.ownership import Applied
    from reconciler.targets.local import Snapshot

# Kinds of objects whose values decide which address, key and model is used.
_DECIDING = frozenset({"provider", "variable", "auth", "agent", "secret-provider"})
_PINNED = 3


class Outlook(msgspec.Struct, frozen=True):
    """What decides once a plan is carried out, beside what it writes.

    Attributes:
        config: the live config without what the plan takes away.
        facts: the same of everything else.
    """

    config: Any
    facts: Facts


def look_ahead(
    desired: Desired, applied: Applied, snapshot: Snapshot, environ: Mapping[str, str]
) -> Outlook | None:
    """What decides about ``desired``; None where it has no provider.

    Only the owned providers are looked into, and what can't be read counts as nothing: ``explain`` and ``doctor`` name it.

    Args:
        applied: what is owned; what of it is no longer asked for goes.
    """
    providers = providers_of(desired)
    if not providers:
        return None
    config, gone = snapshot.config.value, []
    for path in _going(desired, applied):
        if path[0] == AUTH_STORE:
            gone.append((store_agent(path) or MAIN, str(path[-1])))
        elif lookup(config, path) is not MISSING:
            config = remove(config, path)
    facts = read_facts(
        snapshot, _as_it_will_be(config, desired), environ, providers, needed=variables_of(desired)
    )
    return Outlook(config, _each(facts, lambda agent: _without_profiles(agent, gone)))


def _going(desired: Desired, applied: Applied) -> Iterator[Path]:
    """The places of what was made here, decides about keys and models, and is no longer asked for."""
    wanted = {r.address: {field.path for field in r.fields} for r in desired.resources if _decides(r.kind)}
    for address, owned in applied.resources.items():
        if _decides(owned.kind):
            path = decode_path(owned.path)
            if address not in wanted and owned.whole:
                yield from (path,) if owned.created else ()
                continue
            kept = wanted.get(address, set())
            yield from (
                (*path, *field.path) for field in owned.fields if field.created and field.path not in kept
            )


def _decides(kind: str) -> bool:
    return kind == "profile" or kind in _DECIDING


def _without_profiles(agent: AgentFacts, gone: list[tuple[str, str]]) -> AgentFacts:
    left = {name: profile for name, profile in agent.store.profiles.items() if (agent.name, name) not in gone}
    return msgspec.structs.replace(agent, store=msgspec.structs.replace(agent.store, profiles=left))


def _each(facts: Facts, change: Callable[[AgentFacts], AgentFacts]) -> Facts:
    main = change(facts.main) if facts.main else None
    return msgspec.structs.replace(facts, main=main, agents=tuple(map(change, facts.agents)))


def find_shadows(
    desired: Desired, snapshot: Snapshot, outlook: Outlook | None, prints: Mapping[str, str | None]
) -> tuple[Shadow, ...]:
    """Everything that OpenClaw would still use in place of what ``desired`` says, by address and agent.

    Args:
        outlook: see :func:`look_ahead`.
        prints: by provider the fingerprint of its declared key; None where it can't be read here.
    """
    if outlook is None:
        return ()
    providers = providers_of(desired)
    # Nothing tells whether a gateway that can't be seen has this process's variables: both are looked into.
    unseen = [] if outlook.facts.hosts else [_without_process(outlook)]
    worlds = [world for one in (outlook, *unseen) for world in worlds_after(desired, snapshot, one)]
    found = {
        shadow
        for world in worlds
        for agent in world.facts.agents
        for shadow in (
            *_of_providers(world, desired, providers, agent, prints),
            *_of_models(world, desired, providers, agent),
        )
    }
    return tuple(sorted(found))


def _without_process(outlook: Outlook) -> Outlook:
    variables = {
        name: tuple(place for place in places if place.kind != "process")
        for name, places in outlook.facts.variables.items()
    }
    return Outlook(outlook.config, msgspec.structs.replace(outlook.facts, variables=variables))


def providers_of(desired: Desired) -> dict[str, Resource]:
    """The providers that are asked for, by id."""
    return {r.address.removeprefix("provider/"): r for r in desired.resources if r.kind == "provider"}


def worlds_after(desired: Desired, snapshot: Snapshot, outlook: Outlook) -> Iterator[World]:
    """What may be once ``desired`` is applied: one world for each end of the range of releases that this OpenClaw may be."""
    config, known = _as_it_will_be(outlook.config, desired), snapshot.capabilities
    world = world_of(snapshot, _with_profiles(outlook.facts, desired), config)
    for release in dict.fromkeys((known.release, known.oldest, known.newest)):
        yield msgspec.structs.replace(world, release=release)


def world_of(snapshot: Snapshot, facts: Facts, config: Any) -> World:
    """The world in which chains are worked out; ``config`` may be the one that will be."""
    return World(
        config,
        facts,
        snapshot.capabilities.release,
        snapshot.fingerprints,
        place_in(snapshot),
        snapshot.paths.display,
    )


def place_in(snapshot: Snapshot) -> Callable[[Path], str]:
    """Says of a path in the config in which file it stands."""

    def place(path: Path) -> str:
        try:
            file, inside = snapshot.config.owner(path)
        except TargetError:
            file, inside = snapshot.config.root, path
        return f"{snapshot.paths.display(file)} {named(inside)}"

    return place


def _as_it_will_be(config: Any, desired: Desired) -> Any:
    """The config with the desired values that decide; the rest of it is not copied."""
    for resource in desired.resources:
        if resource.kind in _DECIDING:
            for field in resource.fields:
                config = _with(config, (*resource.path, *field.path), field.value)
    return config


def _with_profiles(facts: Facts, desired: Desired) -> Facts:
    """The facts with the desired profiles and orders in their stores; keys are read at the edge."""
    written: dict[str, dict[str, dict[str, Any]]] = {}
    for resource in desired.resources:
        if resource.kind == "profile":
            holder = store_agent(resource.path) or MAIN
            written.setdefault(holder, {})[str(resource.path[-1])] = {
                field.path[0]: Secret("to be written")
                if isinstance(field.value, SecretValue)
                else field.value
                for field in resource.fields
                if field.path and field.value is not ABSENT
            }

    orders: dict[str, dict[str, tuple[str, ...]]] = {}
    for resource in desired.resources:
        if resource.kind == "order":
            holder, (field,) = store_agent(resource.path) or MAIN, resource.fields
            orders.setdefault(holder, {})[str(resource.path[-1])] = tuple(field.value)

    def after(agent: AgentFacts) -> AgentFacts:
        profiles = {**agent.store.profiles, **written.get(agent.name, {})}
        order = {**agent.state.order, **orders.get(agent.name, {})}
        return msgspec.structs.replace(
            agent,
            store=msgspec.structs.replace(agent.store, profiles=profiles),
            state=msgspec.structs.replace(agent.state, order=order),
        )

    return _each(facts, after)


def _with(config: Any, path: Path, value: Any) -> Any:
    if value is ABSENT:
        return remove(config, path) if lookup(config, path) is not MISSING else config
    # A key that is read at the edge; only that there is one matters here.
    return put(config, path, value if not isinstance(value, msgspec.Struct) else str(value))


def prints_of(
    desired: Desired,
    snapshot: Snapshot,
    wanted: Mapping[tuple[str, tuple[str, ...]], str | None],
    environ: Mapping[str, str],
) -> dict[str, str | None]:
    """By provider the fingerprint of its declared key; None where it can't be read here.

    Args:
        wanted: fingerprints of the keys that were read anyway, by the object and field that hold or refer to them.
    """
    read = [
        (field.key_origin, wanted[resource.address, field.path])
        for resource, field in desired.key_fields()
        if (resource.address, field.path) in wanted
    ]
    found: dict[str, str | None] = {}
    for resource, field in desired.key_fields():
        origin = field.key_origin
        if origin is None or resource.kind not in ("provider", "profile"):
            continue
        here = environ.get(origin.env, "").strip() if origin.env is not UNSET else ""
        known = next((print_ for other, print_ in read if other == origin), None)
        if known is None and here:
            known = snapshot.fingerprints.of(Secret(here))
        provider = resource.address if resource.kind == "provider" else str(resource.path[-1])
        found.setdefault(provider.removeprefix("provider/").partition(":")[0], known)
    return found


def _of_providers(
    world: World,
    desired: Desired,
    providers: Mapping[str, Resource],
    agent: AgentFacts,
    prints: Mapping[str, str | None],
) -> Iterator[Shadow]:
    for name, resource in providers.items():
        key = chains.key(world, name, agent).winner
        beaten = _beaten_key(world, desired, name, key, agent.name) if key is not None else None
        if key is None or beaten is None:
            continue
        managed, remedy = beaten
        other = key.value != prints.get(name)
        # A variable of this process is no news: nothing tells that a gateway has it, too.
        if not other and key.name == "process" and not world.facts.hosts:
            continue
        yield Shadow(
            f"{resource.address}.apiKey",
            agent.name,
            "key",
            key.value,
            key.place,
            managed,
            remedy,
            other,
        )


def _beaten_key(
    world: World, desired: Desired, provider: str, key: Candidate, agent: str
) -> tuple[str, str] | None:
    """What the manifest says of an agent's key, and how to make it so; None where that is what OpenClaw uses."""
    wanted = {
        store_agent(resource.path): str(resource.path[-1])
        for resource in desired.resources
        if resource.kind == "profile" and str(resource.path[-1]).startswith(f"{provider}:")
    }
    profile = wanted.get(agent) or wanted.get("")
    if profile is not None:
        if key.kind != "profile" or key.name == profile:
            return None
        command = SET_ORDER.command(provider=provider, agent=agent, profile=profile)
        return f"auth profile {profile}", f"run: {command}"
    said = lookup(world.config, (*world.provider(provider), "apiKey"))
    if said is MISSING:  # A rollback to where nothing was declared: whatever OpenClaw used then is right.
        return None
    shown = said if isinstance(said, str) else "the declared reference"
    if key.kind == "profile":
        return shown, _away_with_profile(world, provider, agent, key.name)
    name = variable_of(said)
    owned = any(resource.kind == "variable" and resource.path[-1] == name for resource in desired.resources)
    if owned and key.name in ("process", "dotenv", "flat"):
        remedy = f"take {name} out of it, or give the key a name of its own: `key: {{inline: ANOTHER_NAME, from: …}}`"
        return f"env.vars.{name}", remedy
    return None


def _away_with_profile(world: World, provider: str, agent: str, profile: str) -> str:
    declare = f"declare `key: {{profile: …}}` for {provider}"
    if EXPLICIT.covers(world.release):
        declare = f"say `auth: api-key` in the manifest of {provider}, which puts the config's key first, or {declare}"
    return f"{declare}; or {LOG_OUT.advice(world.release, agent=agent, profile=profile)}"


def _of_models(
    world: World, desired: Desired, providers: Mapping[str, Resource], agent: AgentFacts
) -> Iterator[Shadow]:
    """Agents and sessions that stay on a model of an owned provider, whatever the declared default is."""
    said = [resource for resource in desired.resources if resource.kind == "agent"]
    defaults = any(r.path[-1] == "defaults" and any(f.path[0] == "model" for f in r.fields) for r in said)
    if not defaults:
        return
    address, managed = "agent/defaults.model.primary", str(chains.default_model(world.config))
    own = chains.model(world, agent.name).candidates
    declared = {r.address for r in desired.resources if r.kind == "model"}
    spoken_of = {agent_id(resource.address.removeprefix("agent/")) for resource in said}
    if (
        agent.name not in spoken_of
        and len(own) > 1
        and own[0].value != managed
        and (chosen := model_ref(own[0].value)) is not None
        and chosen.provider in providers
    ):
        kept = own[0].value if not _is_gone(own[0].value, providers, declared) else managed
        remedy = (
            f"declare it (kind: Agent, metadata: {{name: {agent.name}}}, spec: {{model: {{primary: {kept}}}}}), or take its own "
            "model away"
        )
        yield Shadow(address, agent.name, "model", own[0].value, own[0].place, managed, remedy)
    gone = [pin for pin in agent.pins if _is_gone(pin.model, providers, declared)]
    for pin in gone[:_PINNED]:
        place = f"session {pin.session} in {world.shown(pin.place)}"
        remedy = "send `/model default` in that session"
        yield Shadow(address, agent.name, "model", pin.model, place, managed, remedy)


def _is_gone(ref: str, providers: Mapping[str, Resource], declared: set[str]) -> bool:
    named = model_ref(ref)
    return (
        named is not None
        and named.provider in providers
        and f"provider/{named.provider}.models[{named.model}]" not in declared
    )
