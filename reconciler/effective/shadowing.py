"""What will beat the managed values once they are applied, and the command that ends it. Part of every plan; reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.desired.model import ABSENT, SecretValue
from reconciler.edits import put, remove
from reconciler.effective import chains
from reconciler.effective.chains import World
from reconciler.effective.facts import AgentFacts, read_facts
from reconciler.errors import TargetError
from reconciler.openclaw.commands import LOG_OUT, SET_ORDER
from reconciler.openclaw.ids import agent_id, model_ref
from reconciler.openclaw.references import named
from reconciler.openclaw.shapes import variable_of
from reconciler.openclaw.stores.contents import MAIN
from reconciler.openclaw.surfaces import store_agent
from reconciler.plan.model import Shadow
from reconciler.secret import Secret
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.desired.model import Desired, Resource
    from reconciler.effective.chains import Candidate
    from reconciler.effective.facts import Facts
    from reconciler.json5.path import Path
    from reconciler.targets.local import Snapshot

# Kinds of objects whose values decide which address, key and model is used.
_DECIDING = frozenset({"provider", "variable", "auth", "agent", "secret-provider"})
_PINNED = 3


def find_shadows(desired: Desired, snapshot: Snapshot) -> tuple[Shadow, ...]:
    """Everything that OpenClaw would still use in place of what ``desired`` says, by address and agent.

    Only the owned providers are looked into, and what can't be read counts as nothing: ``explain`` and ``doctor`` name it.
    This process's variables are left aside, because the gateway has its own.
    """
    providers = {r.address.removeprefix("provider/"): r for r in desired.resources if r.kind == "provider"}
    if not providers:
        return ()
    config = _as_it_will_be(snapshot.config.value, desired)
    facts = _with_profiles(read_facts(snapshot, config, {}, providers), desired)
    world = world_of(snapshot, facts, config)
    found = [
        shadow
        for agent in world.facts.agents
        for shadow in (
            *_of_providers(world, desired, providers, agent),
            *_of_models(world, desired, providers, agent),
        )
    ]
    return tuple(sorted(found))


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

    main = after(facts.main) if facts.main else None
    return msgspec.structs.replace(facts, main=main, agents=tuple(map(after, facts.agents)))


def _with(config: Any, path: Path, value: Any) -> Any:
    if value is ABSENT:
        return remove(config, path) if lookup(config, path) is not MISSING else config
    # A key that is read at the edge; only that there is one matters here.
    return put(config, path, value if not isinstance(value, msgspec.Struct) else str(value))


def _of_providers(
    world: World, desired: Desired, providers: Mapping[str, Resource], agent: AgentFacts
) -> Iterator[Shadow]:
    for name, resource in providers.items():
        key = chains.key(world, name, agent).winner
        if key is None:
            continue
        beaten = _beaten_key(world, desired, name, key, agent.name)
        if beaten is not None:
            managed, remedy = beaten
            yield Shadow(
                f"{resource.address}.apiKey",
                agent.name,
                "key",
                key.value,
                key.place,
                managed,
                remedy,
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
    shown = said if isinstance(said, str) else "the declared reference"
    if key.kind == "profile":
        return shown, _away_with_profile(world, provider, agent, key.name)
    name = variable_of(said)
    inline = lookup(world.config, ("env", "vars", name)) if name else MISSING
    owned = any(resource.kind == "variable" and resource.path[-1] == name for resource in desired.resources)
    if owned and inline is not MISSING and key.name in ("dotenv", "flat"):
        return f"env.vars.{name}", f"take {name} out of it, or declare `key: {{env: {name}}}`"
    return None


def _away_with_profile(world: World, provider: str, agent: str, profile: str) -> str:
    if LOG_OUT.words(world.release):
        return LOG_OUT.advice(world.release, agent=agent, profile=profile)
    return f"say `auth: api-key` in the manifest of {provider}, which puts the config's key first, or declare `key: {{profile: …}}`"


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
