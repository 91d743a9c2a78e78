"""What OpenClaw will really use for a provider in an agent's turn: address, key and model, and what each of them beats. Pure.

Ranks come from :mod:`reconciler.openclaw.precedence`, facts from :mod:`reconciler.effective.facts`. Keys leave here as fingerprints.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from reconciler.effective.facts import Facts
from reconciler.json5.path import Path
from reconciler.openclaw import precedence
from reconciler.openclaw.ids import (
    agent_id,
    agents_in,
    model_key,
    model_ref,
    provider_id,
    provider_key,
    spellings,
    without_profile,
)
from reconciler.openclaw.models_json import CachedProvider, is_key
from reconciler.openclaw.resolution import follow, resolve_models
from reconciler.openclaw.shapes import variable_of
from reconciler.openclaw.stores.contents import provider_of
from reconciler.release import Release
from reconciler.secret import Fingerprints, Secret
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.effective.facts import AgentFacts, Variable
    from reconciler.openclaw.precedence import KeyKind

What = Literal["base URL", "key", "model"]
NOT_SET = "not set"
REDACTED = "__OPENCLAW_REDACTED__"

_TYPES = {"oauth": 0, "token": 1, "api_key": 2}


class Candidate(msgspec.Struct, frozen=True):
    """One place that says something.

    Attributes:
        kind: of key sources as in the precedence table; else ``config`` or ``models.json``.
        value: as it may be seen; ``not set`` where the place leads nowhere.
        place: for people: a file and the place in it, a profile, a variable.
        name: of a profile its id, of a reference the kind of what sets its variable.
    """

    kind: str
    value: str
    place: str
    name: str = ""

    @property
    def is_set(self) -> bool:
        """Whether it says anything."""
        return self.value != NOT_SET


class Chain(msgspec.Struct, frozen=True):
    """Everything that has a say in one thing, the one that wins first; empty where nothing has."""

    what: What
    provider: str
    candidates: tuple[Candidate, ...]

    @property
    def winner(self) -> Candidate | None:
        """What OpenClaw uses; never a ``models.json``, not even where nothing else says anything."""
        first = self.candidates[0] if self.candidates else None
        return None if first is None or first.kind == "models.json" else first

    @property
    def beaten(self) -> tuple[Candidate, ...]:
        """What it doesn't use."""
        return self.candidates[1:] if self.winner else self.candidates


class World(msgspec.Struct, frozen=True):
    """What the chains are worked out from.

    Attributes:
        config: the merged config, live or as it will be.
        where: a place of the config in words, for a path in it.
        shown: a file's path as people write it.
    """

    config: Any
    facts: Facts
    release: Release
    fingerprints: Fingerprints
    where: Callable[[Path], str]
    shown: Callable[[str], str]

    def provider(self, name: str) -> Path:
        """Where the config has the provider ``name``."""
        return ("models", "providers", provider_key(self.config, name, self.release))

    def is_provider(self, found: str, name: str) -> bool:
        """Whether two ids of providers are one."""
        return provider_id(found, self.release) == provider_id(name, self.release)


def base_url(world: World, provider: str, agent: AgentFacts) -> Chain:
    """Where an agent's requests to a provider go."""
    path = (*world.provider(provider), "baseUrl")
    found: list[Candidate] = []
    said = lookup(world.config, path)
    if isinstance(said, str):
        found.append(Candidate("config", said, world.where(path)))
    cached = _cached(world, provider, agent)
    if agent.models and cached and cached.base_url:
        place = f"{world.shown(agent.models.path)} providers.{provider}.baseUrl"
        found.append(Candidate("models.json", cached.base_url, place))
    return Chain("base URL", provider, tuple(found))


def key(world: World, provider: str, agent: AgentFacts) -> Chain:
    """Which key an agent's requests to a provider carry."""
    found: dict[KeyKind, list[Candidate]] = {}
    for kind, candidate in (*_of_config(world, provider, agent), *_profiles(world, provider, agent)):
        found.setdefault(kind, []).append(candidate)
    cached = _cached(world, provider, agent)
    if agent.models and cached and cached.key and is_key(provider, cached.key):
        place = f"{world.shown(agent.models.path)} providers.{provider}.apiKey"
        found["models.json"] = [Candidate("models.json", world.fingerprints.of(cached.key), place)]
    explicit = lookup(world.config, (*world.provider(provider), "auth")) == "api-key"
    order = precedence.key_order(world.release, explicit=explicit)
    return Chain("key", provider, tuple(c for kind in order for c in found.get(kind, ())))


def _cached(world: World, provider: str, agent: AgentFacts) -> CachedProvider | None:
    entries = agent.models.providers if agent.models else {}
    return next((entry for name, entry in entries.items() if world.is_provider(name, provider)), None)


def model(world: World, agent: str) -> Chain:
    """Which model an agent starts with, where no session has one of its own."""
    candidates = []
    resolution = resolve_models(world.config, world.release)
    aliases = resolution.agents.get(agent, resolution.defaults).aliases
    for path in (*_agent_paths(world.config, agent), ("agents", "defaults")):
        for choice in ((*path, "model", "primary"), (*path, "model")):
            said = lookup(world.config, choice)
            if isinstance(said, str):
                ref = follow(said, aliases, world.config, world.release)
                plain = model_key(without_profile(said), world.release)
                alias = "" if ref == plain else f" (alias {said})"
                candidates.append(Candidate("config", ref, world.where(choice) + alias))
                break
    ref = candidates[0].value if candidates else ""
    named = model_ref(ref)
    return Chain("model", named.provider if named else "", tuple(candidates))


def default_model(config: Any) -> str | None:
    """The primary model of agents that have none of their own."""
    choice = lookup(config, ("agents", "defaults", "model"))
    primary = choice.get("primary") if isinstance(choice, dict) else choice
    return primary if isinstance(primary, str) else None


def _agent_paths(config: Any, agent: str) -> Iterator[Path]:
    found = (entry.path for entry in agents_in(config) if entry.id == agent_id(agent))
    yield from islice(found, 1)


def _of_config(world: World, provider: str, agent: AgentFacts) -> Iterator[tuple[KeyKind, Candidate]]:
    path = (*world.provider(provider), "apiKey")
    said = lookup(world.config, path)
    where = world.where(path)
    if isinstance(said, dict) or variable_of(said) is not None:
        for candidate in _behind(world, said, where):
            yield "reference", candidate
    elif isinstance(said, str) and said:
        profile = all_profiles(world, agent).get(said)
        if profile is not None and precedence.BOUND.covers(world.release):
            for candidate in _of_profile(world, said, profile, agent):
                yield "bound", candidate
        else:
            value = REDACTED if said == REDACTED else world.fingerprints.of(Secret(said))
            yield "literal", Candidate("literal", value, where)


def _behind(world: World, reference: Any, where: str, kind: str = "reference") -> tuple[Candidate, ...]:
    """What a ``${VAR}`` or SecretRef leads to, the place that sets it first."""
    name = variable_of(reference)
    if name is not None:
        found = world.facts.variables.get(name, ())
        shown = f"${{{name}}}"
        if not found:
            return (Candidate(kind, NOT_SET, f"{shown} in {where}: set nowhere that can be seen"),)
        return tuple(
            Candidate(
                kind,
                world.fingerprints.of(variable.value),
                f"{shown} in {where}, set by {_by(world, variable)}",
                variable.kind,
            )
            for variable in found
        )
    if not isinstance(reference, dict):
        return (Candidate(kind, NOT_SET, f"what stands in {where} refers to nothing"),)
    source, alias = str(reference.get("source")), str(reference.get("provider"))
    secret = world.facts.secrets.get(alias) if source == "file" else None
    value = world.fingerprints.of(secret) if secret else f"from {source}"
    return (Candidate(kind, value, f"{source} {alias}:{reference.get('id')} in {where}"),)


def _by(world: World, variable: Variable) -> str:
    file, space, place = variable.place.partition(" ")
    return variable.place if variable.kind == "process" else world.shown(file) + space + place


def all_profiles(world: World, agent: AgentFacts) -> dict[str, dict[str, Any]]:
    """An agent's profiles by id, in the order in which OpenClaw finds them: its own, and what it inherits from ``main``."""
    inherited = world.facts.main.store.profiles if world.facts.main else {}
    own = agent.store.profiles
    first, second = (own, inherited) if precedence.OWN_FIRST.covers(world.release) else (inherited, own)
    return {name: own[name] if name in own else inherited[name] for name in (*first, *second)}


def _profiles(world: World, provider: str, agent: AgentFacts) -> Iterator[tuple[KeyKind, Candidate]]:
    profiles = {
        name: profile
        for name, profile in all_profiles(world, agent).items()
        if world.is_provider(provider_of(profile), provider) and _is_eligible(world, provider, name, profile)
    }
    order = profile_order(world, provider, agent, profiles)
    for name in order:
        for candidate in _of_profile(world, name, profiles[name], agent):
            yield "profile", candidate
    if not order and said_order(world, provider) is not None and precedence.EMPTY_ORDER.covers(world.release):
        orders = lookup(world.config, ("auth", "order"))
        where = world.where(("auth", "order", *spellings(orders, provider, world.release)[:1]))
        yield (
            "profile",
            Candidate("profile", NOT_SET, f"{where} names no usable profile: OpenClaw refuses the turn"),
        )


def said_order(world: World, provider: str) -> list[str] | None:
    """The order of a provider's profiles that the config says."""
    orders = lookup(world.config, ("auth", "order"))
    order = _order_in(orders, world, provider)
    return [name for name in order if isinstance(name, str)] if isinstance(order, list) else None


def _order_in(orders: Any, world: World, provider: str) -> Any:
    return next((orders[name] for name in spellings(orders, provider, world.release)), None)


def _is_eligible(world: World, provider: str, name: str, profile: dict[str, Any]) -> bool:
    """Whether the config says of a profile what it is; one of another mode or provider is passed over."""
    said = lookup(world.config, ("auth", "profiles", name))
    whose = lookup(said, ("provider",))
    if isinstance(whose, str) and not world.is_provider(whose, provider):
        return False
    mode, kind = lookup(said, ("mode",)), profile.get("type")
    return mode is MISSING or mode == kind or (mode == "oauth" and kind == "token")


def profile_order(
    world: World, provider: str, agent: AgentFacts, profiles: dict[str, dict[str, Any]]
) -> tuple[str, ...]:
    """The profiles that OpenClaw tries, in its order; one that an order leaves out is none of them."""
    main = world.facts.main
    stored = _order_in(dict(agent.state.order), world, provider)
    if not stored and main:
        stored = _order_in(dict(main.state.order), world, provider)
    order = stored or said_order(world, provider)
    if order is not None:
        return tuple(dict.fromkeys(name for name in order if name in profiles))
    declared = lookup(world.config, ("auth", "profiles"))
    named = [name for name in declared if name in profiles] if isinstance(declared, dict) else []
    used = {**(main.state.last_used if main else {}), **agent.state.last_used}

    def rank(name: str) -> tuple[int, int]:
        return _TYPES.get(str(profiles[name].get("type")), 3), used.get(name, 0)

    return tuple(sorted(named or profiles, key=rank))


def _of_profile(world: World, name: str, profile: dict[str, Any], agent: AgentFacts) -> tuple[Candidate, ...]:
    own = name in agent.store.profiles
    holder = agent if own else world.facts.main
    where = f"auth profile {name} in {world.shown(holder.store.place) if holder else 'the auth store'}"
    token = profile.get("type") == "token"
    reference = profile.get("tokenRef" if token else "keyRef")
    if reference is not None:
        found = _behind(world, reference, where, "profile")
        return tuple(msgspec.structs.replace(candidate, name=name) for candidate in found[:1])
    held = profile.get("token" if token else "key")
    value = world.fingerprints.of(held) if isinstance(held, Secret) and held else NOT_SET
    if profile.get("type") not in ("token", "api_key"):
        value = str(profile.get("type"))
    return (Candidate("profile", value, where, name),)
