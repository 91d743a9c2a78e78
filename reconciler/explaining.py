"""Runs the way from a target to its explanation: what each agent will really use, and why each model row says what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.desired.compile import Context, compile_manifest
from reconciler.effective import chains
from reconciler.effective.chains import Chain, World
from reconciler.effective.facts import AgentFacts, Facts, Unreadable, read_facts
from reconciler.effective.shadowing import world_of
from reconciler.effective.uses import Use, primary_provider, uses_of
from reconciler.effective.view import standing_warnings, view_of
from reconciler.errors import UsageError
from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.openclaw.ids import agent_id, provider_id, spellings
from reconciler.openclaw.redact import shown
from reconciler.openclaw.references import PROVIDERS
from reconciler.openclaw.sessions import Pin
from reconciler.plan.model import PlanWarning
from reconciler.plan.other_places import OtherPlace, find_other_places
from reconciler.plan.remembered import with_remembered
from reconciler.planning.comparing import spelling_in
from reconciler.planning.request import load, sites_of, target_of
from reconciler.sites.suggest import suggest
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from reconciler.desired.model import Field, Resource
    from reconciler.manifest.bundle import Manifest
    from reconciler.planning.request import Request
    from reconciler.state.ownership import Applied
    from reconciler.targets.local import Snapshot

# What OpenClaw makes its requests from; the rest of a model row speaks for itself.
_REQUEST_FIELDS = frozenset({"compat", "params", "reasoning", "thinkingLevelMap"})


class AgentExplained(msgspec.Struct, frozen=True):
    """What some agents use that don't differ in it.

    Attributes:
        chains: the model, then address and key of each provider that they may come to use.
        uses: every other model: fallbacks, image model and so on.
        pins: sessions that keep a model of their own.
    """

    agents: tuple[str, ...]
    chains: tuple[Chain, ...]
    pins: tuple[Pin, ...]
    uses: tuple[Use, ...] = ()


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
    """See the module's docstring.

    Attributes:
        shared: models that belong to no agent: of hooks, channels, tools.
        unused: address and key of the manifests' providers that no agent uses, as agents would get them.
        elsewhere: other places that talk to one of the sites or carry a provider's key.
        warnings: what of all this leads nowhere, is retired, or sends a key to the other site.
    """

    release: str
    evidence: str
    config: str
    agents: tuple[AgentExplained, ...]
    models: tuple[ModelExplained, ...]
    unreadable: tuple[Unreadable, ...]
    shared: tuple[Use, ...] = ()
    unused: tuple[AgentExplained, ...] = ()
    elsewhere: tuple[OtherPlace, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()


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
    agents = [agent for agent in facts.agents if agent.name in map(agent_id, names)] or list(facts.agents)
    chosen = [name for name in providers if name in map(provider_id, names)]
    world = world_of(snapshot, facts, snapshot.config.value)
    grouped = tuple(_grouped(world, agents, chosen))
    declared = [provider.name for provider in manifest.providers] if manifest else []
    view = view_of(snapshot, target.journal.others(""), sites_of(manifest) if manifest else BUILTIN)
    whole = not names
    return Explanation(
        _release(snapshot),
        snapshot.install.evidence,
        snapshot.paths.display(snapshot.config.root),
        grouped,
        tuple(
            _models(
                manifest,
                snapshot,
                target.journal.applied(request.set_name),
                chosen,
                everything=everything,
            )
        )
        if manifest and (chosen or not names)
        else (),
        tuple(
            msgspec.structs.replace(one, place=snapshot.paths.display(one.place)) for one in facts.unreadable
        ),
        uses_of(world.config, "", world.release, world.where) if whole else (),
        () if chosen else tuple(_unused(world, agents, declared, grouped)),
        find_other_places(view, view.ours | set(map(view.id, declared))) if whole else (),
        standing_warnings(view) if whole else (),
    )


def _release(snapshot: Snapshot) -> str:
    """The release whose order is explained, and whether it is only taken for the likeliest."""
    release = snapshot.capabilities.release
    return str(release) if snapshot.capabilities.certain else f"{release} (the likeliest; it isn't certain)"


def _unused(
    world: World, agents: list[AgentFacts], declared: Sequence[str], grouped: Sequence[AgentExplained]
) -> Iterator[AgentExplained]:
    used = {chain.provider for agent in grouped for chain in agent.chains}
    left = [name for name in dict.fromkeys(map(provider_id, declared)) if name not in used]
    for one in _grouped(world, agents, left) if left else ():
        if one.chains:
            yield msgspec.structs.replace(one, pins=())


def _providers(config: Any, manifest: Manifest | None) -> tuple[str, ...]:
    live = lookup(config, ("models", "providers"))
    declared = [provider.name for provider in manifest.providers] if manifest else []
    return tuple(dict.fromkeys([*declared, *map(provider_id, live if isinstance(live, dict) else ())]))


def _require_known(names: Sequence[str], providers: Collection[str], facts: Facts) -> None:
    agents = [agent.name for agent in facts.agents]
    known = {*providers, *(name for name in names if agent_id(name) in agents)}
    unknown = [name for name in names if provider_id(name) not in known and name not in known]
    if unknown:
        raise UsageError(
            f"no provider and no agent is called {unknown[0][:100]!r}",
            remedy=f"providers: {', '.join(providers) or 'none'}; agents: {', '.join(agents)}",
        )


def _grouped(world: World, agents: list[AgentFacts], chosen: list[str]) -> Iterator[AgentExplained]:
    """Agents that agree in everything are said once."""
    groups: dict[tuple[tuple[Chain, ...], tuple[Use, ...]], list[AgentFacts]] = {}
    for agent in agents:
        uses = () if chosen else uses_of(world.config, agent.name, world.release, world.where)
        groups.setdefault((tuple(_chains(world, agent, chosen, uses)), uses), []).append(agent)
    for (agreed, uses), members in groups.items():
        pins = tuple(
            msgspec.structs.replace(pin, place=world.shown(pin.place))
            for agent in members
            for pin in agent.pins
        )
        yield AgentExplained(tuple(agent.name for agent in members), agreed, pins, uses)


def _chains(world: World, agent: AgentFacts, chosen: list[str], uses: tuple[Use, ...]) -> Iterator[Chain]:
    used = [use.provider for use in uses]
    if not chosen:
        model = chains.model(world, agent.name)
        yield model
        if model.winner is not None:
            used.insert(0, primary_provider(world.config, model.winner.value, world.release))
    known = lookup(world.config, PROVIDERS)
    for provider in chosen or dict.fromkeys(map(provider_id, used)):
        if spellings(known, provider, world.release):
            yield chains.base_url(world, provider, agent)
            yield chains.key(world, provider, agent)


def _models(
    manifest: Manifest,
    snapshot: Snapshot,
    applied: Applied,
    chosen: list[str],
    *,
    everything: bool,
) -> Iterator[ModelExplained]:
    spelling, config = spelling_in(snapshot), snapshot.config.value
    context = Context(sites_of(manifest), snapshot.capabilities, config, suggest)
    for resource in with_remembered(
        spelling.desired(compile_manifest(manifest, context)), spelling.record(applied), config
    ).resources:
        if resource.kind != "model":
            continue
        provider, row = provider_id(str(resource.path[2])), resource.path[-1]
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
