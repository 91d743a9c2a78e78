"""Runs the way from a target to its explanation: what each agent will really use, and why each model row says what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.desired.compile import Context, compile_manifest
from reconciler.effective import chains
from reconciler.effective.chains import Chain, World
from reconciler.effective.facts import AgentFacts, Facts, Unreadable, read_facts
from reconciler.effective.shadowing import world_of
from reconciler.errors import UsageError
from reconciler.openclaw.redact import shown
from reconciler.openclaw.sessions import Pin
from reconciler.plan.remembered import with_remembered
from reconciler.planning import load, sites_of, target_of
from reconciler.sites.suggest import suggest
from reconciler.state.ownership import without_created_choices
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from reconciler.desired.model import Field, Resource
    from reconciler.manifest.bundle import Manifest
    from reconciler.planning import Request
    from reconciler.targets.local import LocalReader, Snapshot

# What OpenClaw makes its requests from; the rest of a model row speaks for itself.
_REQUEST_FIELDS = frozenset({"compat", "params", "reasoning", "thinkingLevelMap"})


class AgentExplained(msgspec.Struct, frozen=True):
    """What some agents use that don't differ in it.

    Attributes:
        chains: the model, then address and key of each provider that they may come to use.
        pins: sessions that keep a model of their own.
    """

    agents: tuple[str, ...]
    chains: tuple[Chain, ...]
    pins: tuple[Pin, ...]


class Setting(msgspec.Struct, frozen=True):
    """One field of a declared model row, and why it is there.

    Attributes:
        origin: a manifest's file and line, or what filled it in.
        why: what goes wrong without it; empty where it speaks for itself.
    """

    name: str
    value: Any
    origin: str
    why: str = ""


class ModelExplained(msgspec.Struct, frozen=True):
    """One declared model row."""

    ref: str
    settings: tuple[Setting, ...]


class Explanation(msgspec.Struct, frozen=True):
    """See the module's docstring."""

    release: str
    evidence: str
    config: str
    agents: tuple[AgentExplained, ...]
    models: tuple[ModelExplained, ...]
    unreadable: tuple[Unreadable, ...]


def explain(request: Request, names: Sequence[str], *, manifests: bool, everything: bool) -> Explanation:
    """What OpenClaw will use.

    Args:
        names: providers and agents to keep to; empty for all.
        manifests: whether there are manifests; without them the live providers are explained.
        everything: every field of a model row, not only those that shape its requests.

    Raises:
        ReconcilerError: manifests or target can't be read, or a name is none of an agent or provider.
    """
    manifest = load(request) if manifests else None
    target = target_of(request, manifest)
    snapshot = target.snapshot()
    providers = _providers(snapshot.config.value, manifest)
    facts = read_facts(snapshot, snapshot.config.value, request.environ, providers)
    _require_known(names, providers, facts)
    agents = [agent for agent in facts.agents if agent.name in names] or list(facts.agents)
    chosen = [name for name in providers if name in names]
    world = world_of(snapshot, facts, snapshot.config.value)
    return Explanation(
        _release(snapshot),
        snapshot.install.evidence,
        snapshot.paths.display(snapshot.config.root),
        tuple(_grouped(world, agents, chosen, [p.name for p in manifest.providers] if manifest else [])),
        tuple(_models(manifest, target, snapshot, request.set_name, chosen, everything=everything))
        if manifest and (chosen or not names)
        else (),
        tuple(
            msgspec.structs.replace(one, place=snapshot.paths.display(one.place)) for one in facts.unreadable
        ),
    )


def _release(snapshot: Snapshot) -> str:
    """The release whose order is explained, and whether it is only taken for the likeliest."""
    release = snapshot.capabilities.release
    return str(release) if snapshot.capabilities.certain else f"{release} (the likeliest; it isn't certain)"


def _providers(config: Any, manifest: Manifest | None) -> tuple[str, ...]:
    live = lookup(config, ("models", "providers"))
    declared = [provider.name for provider in manifest.providers] if manifest else []
    return tuple(dict.fromkeys([*declared, *(live if isinstance(live, dict) else ())]))


def _require_known(names: Sequence[str], providers: Collection[str], facts: Facts) -> None:
    agents = [agent.name for agent in facts.agents]
    unknown = [name for name in names if name not in providers and name not in agents]
    if unknown:
        raise UsageError(
            f"no provider and no agent is called {unknown[0][:100]!r}",
            remedy=f"providers: {', '.join(providers) or 'none'}; agents: {', '.join(agents)}",
        )


def _grouped(
    world: World, agents: list[AgentFacts], chosen: list[str], declared: list[str]
) -> Iterator[AgentExplained]:
    """Agents that agree in everything are said once."""
    groups: dict[tuple[Chain, ...], list[AgentFacts]] = {}
    for agent in agents:
        groups.setdefault(tuple(_chains(world, agent, chosen, declared)), []).append(agent)
    for agreed, members in groups.items():
        pins = tuple(
            msgspec.structs.replace(pin, place=world.shown(pin.place))
            for agent in members
            for pin in agent.pins
        )
        yield AgentExplained(tuple(agent.name for agent in members), agreed, pins)


def _chains(world: World, agent: AgentFacts, chosen: list[str], declared: list[str]) -> Iterator[Chain]:
    used = [ref.partition("/")[0] for ref in chains.refs(world.config, agent.name)]
    if not chosen:
        yield chains.model(world, agent.name)
    known = lookup(world.config, ("models", "providers"))
    for provider in chosen or dict.fromkeys([*used, *declared]):
        if isinstance(known, dict) and provider in known:
            yield chains.base_url(world, provider, agent)
            yield chains.key(world, provider, agent)


def _models(
    manifest: Manifest,
    target: LocalReader,
    snapshot: Snapshot,
    set_name: str,
    chosen: list[str],
    *,
    everything: bool,
) -> Iterator[ModelExplained]:
    applied, config = target.journal.applied(set_name), snapshot.config.value
    context = Context(
        sites_of(manifest), snapshot.capabilities, without_created_choices(config, applied), suggest
    )
    for resource in with_remembered(compile_manifest(manifest, context), applied, config).resources:
        if resource.kind != "model":
            continue
        provider, row = str(resource.path[2]), resource.path[-1]
        if chosen and provider not in chosen:
            continue
        settings = tuple(
            _setting(resource, field, snapshot)
            for field in resource.fields
            if everything or field.path[0] in _REQUEST_FIELDS
        )
        yield ModelExplained(f"{provider}/{getattr(row, 'id', row)}", settings)


def _setting(resource: Resource, field: Field, snapshot: Snapshot) -> Setting:
    declared = field.strength == "declared" and field.source is not None
    location = field.source.location() if field.source else ""
    return Setting(
        ".".join(field.path),
        shown((*resource.path, *field.path), field.value, snapshot.fingerprints),
        str(location) if declared else field.note,
        field.why,
    )
