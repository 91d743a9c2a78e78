"""What OpenClaw makes of a config: where aliases lead, which models agents start with, and which they may use. Pure.

Read in the dist of 2026.4.15, 5.20, 6.11, 7.1, 8.2, 9.1 and 9.6 (``buildModelAliasIndex``, ``resolveConfiguredModelRef``,
``buildAllowedModelSet``, ``resolveSelection``); ``tests/openclaw/test_resolution.py`` holds it against real releases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from reconciler.json5.path import Path
from reconciler.openclaw.capabilities import MODEL_POLICY, Span
from reconciler.openclaw.ids import (
    agents_in,
    alias_key,
    model_key,
    model_ref,
    provider_id,
    spellings,
    trimmed,
    without_profile,
)
from reconciler.release import Release
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

MAP: Final = ("agents", "defaults", "models")
POLICY: Final = ("agents", "defaults", "modelPolicy")
MARKER: Final = ("meta", "migrations", "modelPolicyAllowlist")

# Where an agent, or the defaults, chooses models.
CHOICES: Final = ("model", "imageModel", "pdfModel")

_DIST: Final = "dist of the releases around it"
# `provider/*` in a list of models stands for every model of the provider; before, for a model of that name.
_WILDCARDS: Final = Span(Release(2026, 5, 20), None, _DIST)
# A model that is written as the config's own provider has it is that model, even where an alias is spelled alike.
_EXACT_FIRST: Final = Span(Release(2026, 6, 11), None, _DIST)
# An alias may have a slash in it; before, what has one is a model.
_SLASH_IN_ALIAS: Final = Span(Release(2026, 5, 20), None, "run on 2026.4.15 and 6.11; dist of 2026.5.20")
# `provider/alias` is the provider's model of that alias.
_ALIAS_BEHIND_PROVIDER: Final = Span(Release(2026, 7, 1), None, _DIST)
# An agent's own map of models gives it aliases; where one model stands in both maps, the agent's entry counts.
_OWN_ALIASES: Final = Span(Release(2026, 8, 1), None, _DIST)
OWN_PRIMARY_ALONE: Final = Span(Release(2026, 5, 20), None, _DIST)
"""An agent's own primary model takes the fallbacks of the defaults away."""
# A primary model that the list leaves out is replaced by one of the list, without a word; before, it is used.
_REPLACED: Final = Span(Release(2026, 5, 20), None, "turns on 2026.4.15, 6.11, 8.2 and 9.6")
# ... and used again, where the list has no wildcard. Up to 2026.9.1 that is so only for ids without a slash.
_KEPT: Final = Span(Release(2026, 9, 6), None, "turns on 2026.8.2 and 9.6; dist of 2026.9.1")


class Allowed(msgspec.Struct, frozen=True):
    """The models that an agent may be switched to.

    Attributes:
        refs: as the config lists them, normalised; None where nothing is ruled out.
        wildcards: of ``refs``, those that stand for many, without their ``*``.
        path: the map or list that rules; empty where none does.
    """

    refs: frozenset[str] | None = None
    wildcards: tuple[str, ...] = ()
    path: Path = ()

    def __contains__(self, ref: str) -> bool:
        return self.refs is None or ref in self.refs or ref.startswith(self.wildcards)


class Choice(msgspec.Struct, frozen=True):
    """What one agent, or the defaults, come to.

    Attributes:
        primary: the model behind what the config says; None where it says nothing.
        used: whether a turn without a choice of its own uses ``primary``; else OpenClaw puts an allowed one in its place.
        aliases: model by alias, aliases as OpenClaw compares them.
    """

    primary: str | None
    used: bool
    fallbacks: tuple[str, ...]
    image: str | None
    allowed: Allowed
    aliases: Mapping[str, str]


class Resolution(msgspec.Struct, frozen=True):
    """All that is resolved of a config; ``agents`` are those that it names, by id."""

    defaults: Choice
    agents: Mapping[str, Choice]

    def choices(self) -> dict[str, Choice]:
        """The choices by the name that manifests have for them."""
        return {
            **{f"agent/{name}": choice for name, choice in self.agents.items()},
            "agent/defaults": self.defaults,
        }


def resolve_models(config: Any, release: Release) -> Resolution:
    """What ``release`` makes of ``config``."""
    defaults = lookup(config, ("agents", "defaults"))
    defaults = defaults if isinstance(defaults, dict) else {}
    found: dict[str, Choice] = {}
    for agent in agents_in(config):
        found.setdefault(agent.id, _choice(config, defaults, agent.value, agent.path, release))
    return Resolution(_choice(config, defaults, {}, (), release), found)


def _choice(
    config: Any, defaults: dict[str, Any], own: dict[str, Any], path: Path, release: Release
) -> Choice:
    aliases = _aliases(defaults, own, release)
    common, fallbacks = _said(defaults.get("model"))
    said, mine = _said(own.get("model"))
    if mine is not None or (said and OWN_PRIMARY_ALONE.covers(release)):
        fallbacks = mine or ()
    text = said or common
    primary = follow(text, aliases, config, release) if text else None
    image, _ = _said(defaults.get("imageModel"))
    allowed = _allowed(config, defaults, own, path, release)
    return Choice(
        primary,
        primary is None or _is_used(primary, allowed, release),
        tuple(follow(ref, aliases, config, release) for ref in fallbacks or ()),
        follow(image, aliases, config, release) if image else None,
        allowed,
        aliases,
    )


def _said(choice: Any) -> tuple[str, tuple[str, ...] | None]:
    """Primary and fallbacks of a model choice; None where it says nothing of fallbacks."""
    if not isinstance(choice, dict):
        return (trimmed(choice) if isinstance(choice, str) else ""), None
    primary, fallbacks = choice.get("primary"), choice.get("fallbacks")
    refs = tuple(ref for ref in fallbacks if isinstance(ref, str)) if isinstance(fallbacks, list) else None
    return (trimmed(primary) if isinstance(primary, str) else ""), refs


def choices_in(config: Any) -> Iterator[tuple[Path, str]]:
    """Every model that agents of a config choose, as written, with its place; a fallback's is the list's."""
    holders: list[tuple[Path, Any]] = [(("agents", "defaults"), lookup(config, ("agents", "defaults")))]
    holders += [(agent.path, agent.value) for agent in agents_in(config)]
    for path, holder in holders:
        for name in CHOICES:
            for below, text in models_in((name,), lookup(holder, (name,))):
                yield (*path, *below), text


def models_in(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """The models that a choice names, or a part of one.

    Args:
        path: of ``value``, from the agent on: ``("model",)``, ``("model", "fallbacks")``.
    """
    if path[:1] and path[0] in CHOICES:
        if isinstance(value, str):
            yield (path[0], "primary"), value
        elif isinstance(value, list):
            yield from ((path, ref) for ref in value if isinstance(ref, str))
        elif isinstance(value, dict):
            for name in ("primary", "fallbacks"):
                yield from models_in((*path, name), value.get(name))


def _aliases(defaults: dict[str, Any], own: dict[str, Any], release: Release) -> dict[str, str]:
    """The model behind each alias; of several entries with one alias the last counts."""
    by_model: dict[str, str] = {}
    found: dict[str, str] = {}
    maps = (
        (defaults.get("models"), own.get("models"))
        if _OWN_ALIASES.covers(release)
        else (defaults.get("models"),)
    )
    for entries in maps:
        for ref, entry in entries.items() if isinstance(entries, dict) else ():
            if not isinstance(entry, dict) or "alias" not in entry or wildcard(ref, release):
                continue
            alias, key = entry["alias"], model_key(ref, release)
            if _OWN_ALIASES.covers(release):
                by_model.pop(key, None)
                by_model[key] = alias_key(alias) if isinstance(alias, str) else ""
            elif isinstance(alias, str) and alias_key(alias):
                found[alias_key(alias)] = key
    return found or {alias: key for key, alias in by_model.items() if alias}


def follow(text: str, aliases: Mapping[str, str], config: Any, release: Release) -> str:
    """The model that ``text`` means: an alias, a ref, or a bare id whose provider the config tells.

    Args:
        aliases: of the agent that says it.
    """
    text = without_profile(text)
    ref = model_ref(text, release)
    if ref is not None and _EXACT_FIRST.covers(release) and _is_of_config(ref.provider, config, release):
        return ref.key
    target = aliases.get(alias_key(text))
    if target is not None and (ref is None or _SLASH_IN_ALIAS.covers(release)):
        return target
    if ref is None:
        provider = _only_provider(text, config, release)
        return f"{provider}/{text}" if provider else text
    target = aliases.get(alias_key(ref.model)) if _ALIAS_BEHIND_PROVIDER.covers(release) else None
    if target is not None and target.startswith(f"{ref.provider}/"):
        return target
    return ref.key


def _is_of_config(provider: str, config: Any, release: Release) -> bool:
    """Whether the config declares the provider with an API that isn't its own."""
    for spelling in spellings(lookup(config, ("models", "providers")), provider, release)[:1]:
        api = lookup(config, ("models", "providers", spelling, "api"))
        return isinstance(api, str) and provider_id(api, release) not in ("", provider)
    return False


def _only_provider(model: str, config: Any, release: Release) -> str | None:
    """The provider of a model that is named without one, if just one has it."""
    found = set()
    entries = lookup(config, MAP)
    for key in entries if isinstance(entries, dict) else ():
        ref = model_ref(key, release)
        if ref is not None and ref.model == model:
            found.add(ref.provider)
    providers = lookup(config, ("models", "providers"))
    for name, provider in providers.items() if isinstance(providers, dict) else ():
        rows = lookup(provider, ("models",))
        if isinstance(rows, list) and any(lookup(row, ("id",)) == model for row in rows):
            found.add(provider_id(name, release))
    return found.pop() if len(found) == 1 else None


def _allowed(
    config: Any, defaults: dict[str, Any], own: dict[str, Any], path: Path, release: Release
) -> Allowed:
    """The list that rules for an agent: its own policy's, the defaults' policy's, else the map of models where it is one."""
    if not MODEL_POLICY.covers(release):
        return _listed(defaults.get("models"), MAP, {}, release)
    common = _aliases(defaults, {}, release)
    for policy, place, aliases in (
        (own.get("modelPolicy"), (*path, "modelPolicy"), _aliases(defaults, own, release)),
        (defaults.get("modelPolicy"), POLICY, common),
    ):
        if isinstance(policy, dict) and "allow" in policy:
            return _listed(policy["allow"], (*place, "allow"), aliases, release)
    return _listed(defaults.get("models"), MAP, common, release) if map_rules(config, release) else Allowed()


def map_rules(config: Any, release: Release) -> bool:
    """Whether ``agents.defaults.models`` is also the list of models that agents may use, once it has an entry.

    From 2026.8.1 on a ``modelPolicy`` of any kind parts the two, and so does the mark that OpenClaw sets when it has looked
    at the map at one of its own writes.
    """
    if not MODEL_POLICY.covers(release):
        return True
    return not isinstance(lookup(config, POLICY), dict) and lookup(config, MARKER) is not True


def _listed(refs: Any, path: Path, aliases: Mapping[str, str], release: Release) -> Allowed:
    """The list that ``refs`` make; one may be an alias. Without any, nothing is ruled out."""
    said = (
        [ref for ref in refs if isinstance(ref, str) and trimmed(ref)]
        if isinstance(refs, list | dict)
        else []
    )
    keys = [aliases.get(alias_key(ref)) or model_key(ref, release) for ref in said]
    if not keys:
        return Allowed()
    return Allowed(frozenset(keys), tuple(key[:-1] for key in keys if wildcard(key, release)), path)


def wildcard(ref: str, release: Release) -> bool:
    """Whether an entry of a list stands for many models: ``provider/*``, from 2026.8.1 on also ``provider/maker/*``."""
    ref = trimmed(ref)
    deep = MODEL_POLICY.covers(release)
    return ref.endswith("/*") and (deep or ref.count("/") == 1) and _WILDCARDS.covers(release)


def _is_used(primary: str, allowed: Allowed, release: Release) -> bool:
    if primary in allowed or not _REPLACED.covers(release):
        return True
    without_slash = primary.count("/") == 1
    return not allowed.wildcards and (without_slash or _KEPT.covers(release))
