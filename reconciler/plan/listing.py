"""Keeps what a config lets agents use: any model where it was any, the listed ones and the declared where there was a list. Pure.

``agents.defaults.models`` holds aliases and is, in many releases and configs, also the list of models that agents may use; from
2026.8.1 on ``modelPolicy`` says what it means. What was meant before this program wrote anything is kept, unless a manifest says a
policy:

==========  ==================================================  ==========================================================
list        it is there                                         what is asked
==========  ==================================================  ==========================================================
``any``     no list                                             beside aliases ``modelPolicy: {}``, where the map would rule
``map``     the map's keys are the list                         an entry for every model that is declared or chosen
``mirror``  ``modelPolicy.allow`` says what the map says        the same, and the model in ``allow`` too
``other``   ``modelPolicy.allow`` says something else           nothing: it is somebody's own
``said``    a manifest says the policy                          nothing more
==========  ==================================================  ==========================================================

``mirror`` is what OpenClaw's own migration makes of a map that is the list (`doctor --fix`, or any write, from 2026.8.1 on).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from reconciler.desired.model import Desired, Field, Resource
from reconciler.edits import Edit, effect, remove
from reconciler.json5.path import Path, Row
from reconciler.openclaw.capabilities import MODEL_POLICY
from reconciler.openclaw.ids import model_key, provider_id
from reconciler.openclaw.resolution import (
    MAP,
    MARKER,
    POLICY,
    choices_in,
    follow,
    models_in,
    resolve_models,
    wildcard,
)
from reconciler.release import Release
from reconciler.state.ownership import OwnedField, OwnedResource, decode_path, encode_path
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.bundle import Place
    from reconciler.openclaw.capabilities import Capabilities
    from reconciler.state.ownership import Applied

DEFAULTS: Final = ("agents", "defaults")
ALLOW: Final = (*POLICY, "allow")
POLICY_ADDRESS: Final = "agent/defaults.modelPolicy"
_NOTE: Final = "keeps aliases from becoming an allow-list"

Kept = Literal["any", "map", "mirror", "other", "said"]


class Before(msgspec.Struct, frozen=True):
    """What stands there, and what of it this set of manifests made.

    Attributes:
        listed: the models of ``modelPolicy.allow``, as written by their keys; empty where nothing is ruled out.
        foreign: entries of the map that this set didn't make.
        mine: keys of entries that it made.
        lent: of those, the ones that only list a model of somebody else's provider.
        chosen: places of model choices that it made.
        policy: the live ``modelPolicy`` without what a manifest once said of it.
        emptied: whether this set wrote ``modelPolicy: {}``.
        ruled: whether the map was the list of allowed models when this set was applied last.
        took_part: whether this set owns something in ``modelPolicy.allow``.
    """

    config: Any
    release: Release
    listed: Mapping[str, str]
    foreign: frozenset[str]
    mine: frozenset[str]
    lent: frozenset[str]
    chosen: frozenset[Path]
    policy: Any
    emptied: bool
    ruled: bool
    took_part: bool


def deciding_release(capabilities: Capabilities, config: Any) -> Release:
    """The release whose rules decide; where it isn't certain, a policy or OpenClaw's mark in the config tells that it has them."""
    if capabilities.certain or capabilities.model_policy:
        return capabilities.release
    told = isinstance(lookup(config, POLICY), dict) or lookup(config, MARKER) is True
    return capabilities.newest if told else capabilities.oldest


def look(config: Any, applied: Applied, release: Release) -> Before:
    """Take ``config`` apart into what this set made and what others did."""
    live = lookup(config, MAP)
    live = frozenset(live if isinstance(live, dict) else ())
    made = {str(r.path[-1]): r for r in applied.resources.values() if r.kind == "entry" and r.created}
    providers = {
        provider_id(str(r.path[-1]), release) for r in applied.resources.values() if r.kind == "provider"
    }
    policy, emptied = _policy(config, applied)
    allow = lookup(policy, ("allow",))
    listed = [ref for ref in allow if isinstance(ref, str) and ref.strip()] if isinstance(allow, list) else []
    return Before(
        config,
        release,
        {model_key(ref, release): ref for ref in listed},
        live - made.keys(),
        frozenset(model_key(ref, release) for ref in live & made.keys()),
        frozenset(
            model_key(ref, release)
            for ref in live & made.keys()
            if not made[ref].fields and provider_id(ref.partition("/")[0], release) not in providers
        ),
        frozenset(
            (*decode_path(r.path), *field.path)
            for r in applied.resources.values()
            for field in r.fields
            if r.kind == "agent" and field.created
        ),
        policy,
        emptied,
        applied.map_rules,
        any(r.kind == "allowed" for r in applied.resources.values()),
    )


def _policy(config: Any, applied: Applied) -> tuple[Any, bool]:
    """The live policy without what this set said in it, and whether it said ``{}``."""
    agent = applied.resources.get("agent/defaults")
    created = [f for f in (agent.fields if agent else ()) if f.path[0] == "modelPolicy" and f.created]
    for field in created:
        if len(field.path) > 1:
            config = remove(config, (*DEFAULTS, *field.path))
            if field.found == 0 and not lookup(config, POLICY):
                config = remove(config, POLICY)
    return lookup(config, POLICY), any(len(field.path) == 1 for field in created)


def kept(before: Before, desired: Desired) -> Kept:
    """What the config says of allowed models before anything is written; see the module."""
    if _says_policy(desired):
        return "said"
    entries = any(resource.kind == "entry" for resource in desired.resources)
    if not MODEL_POLICY.covers(before.release):
        return "map" if entries or before.foreign else "any"
    if before.listed:
        return "mirror" if before.took_part or _was_made_of_the_map(before) else "other"
    if isinstance(before.policy, dict) or before.emptied or lookup(before.config, MARKER) is True:
        return "any"
    # A policy that a manifest said until now stood between the map and that meaning.
    ours = before.mine if lookup(before.config, POLICY) is MISSING else frozenset()
    return "map" if (before.foreign or ours) and (entries or before.foreign) else "any"


def _was_made_of_the_map(before: Before) -> bool:
    """Whether ``modelPolicy.allow`` came from the map, and not from a person.

    That is so where the map was the list at the last apply, and what this set put into it is in the list; and where the list
    names what others put into the map. An entry that somebody has added to the map since doesn't stand in the list.
    """
    mine, foreign = (
        {model_key(ref, before.release) for ref in refs} for refs in (before.mine, before.foreign)
    )
    listed = set(before.listed)
    return listed == foreign or (before.ruled and mine <= listed <= mine | foreign)


def _says_policy(desired: Desired) -> bool:
    return any(
        field.path[0] == "modelPolicy"
        for resource in desired.resources
        if resource.path == DEFAULTS
        for field in resource.fields
        if field.path
    )


def keep_meaning(desired: Desired, config: Any, applied: Applied, release: Release) -> Desired:
    """``desired`` with what has to be said besides, so that agents may use what they might, and what is declared.

    Args:
        config: the live config.
        applied: what this set owns.
    """
    before = look(config, applied, release)
    rule = kept(before, desired)
    declared = {str(r.path[-1]): r.source for r in desired.resources if r.kind == "entry"}
    listing = rule in ("map", "mirror") and (declared or before.foreign)
    wanted = _wanted(desired, before, rule) if listing else declared
    bare = [_entry(ref, source) for ref, source in wanted.items() if ref not in declared]
    resources = _beside_entries(desired.resources, bare)
    if rule == "mirror":
        resources += [_item(ref, source, before) for ref, source in wanted.items()]
    elif rule == "any" and declared and _needs_policy(before):
        resources = _with_policy(resources)
    return msgspec.structs.replace(desired, resources=tuple(resources))


def _needs_policy(before: Before) -> bool:
    """Whether ``modelPolicy: {}`` has to stand beside aliases; where it stands already, it stays."""
    if not MODEL_POLICY.covers(before.release):
        return False
    ruled = before.policy is MISSING and lookup(before.config, MARKER) is not True
    return ruled or before.policy == {} or (before.emptied and before.policy is MISSING)


def _wanted(desired: Desired, before: Before, rule: Kept) -> dict[str, Place | None]:
    """Every model that has to be listed where there is a list: declared, chosen, or in use when the list begins here."""
    found = {str(r.path[-1]): r.source for r in desired.resources if r.kind == "entry"}
    named = (*before.foreign, *before.listed, *found)
    heads = tuple(ref.strip()[:-1] for ref in named if wildcard(ref, before.release))
    for ref, source in (*_declared(desired), *_chosen(desired, before), *_in_use(desired, before, rule)):
        if not ref.startswith(heads):
            found.setdefault(ref, source)
    return found


def _declared(desired: Desired) -> Iterator[tuple[str, Place | None]]:
    for resource in desired.resources:
        last = resource.path[-1]
        if resource.kind == "model" and isinstance(last, Row):
            yield f"{resource.path[2]}/{last.id}", resource.source


def _chosen(desired: Desired, before: Before) -> Iterator[tuple[str, Place | None]]:
    """Models that the manifests choose for agents, behind their aliases."""
    aliases = dict(resolve_models(before.config, before.release).defaults.aliases)
    for resource in desired.resources:
        for field in resource.fields:
            if resource.kind == "entry" and field.path == ("alias",):
                aliases[str(field.value).strip().lower()] = str(resource.path[-1])
    for resource in desired.resources:
        for field in resource.fields if resource.kind == "agent" else ():
            for _, text in models_in(field.path, field.value):
                ref = follow(text, aliases, before.config, before.release)
                if "/" in ref:
                    yield ref, resource.source


def _in_use(desired: Desired, before: Before, rule: Kept) -> Iterator[tuple[str, Place | None]]:
    """Models that agents use by others' choice when a list begins here: it must not take them away, and keeps them."""
    yield from ((ref, None) for ref in sorted(before.lent))
    begins = rule == "map" and not before.foreign
    ours = {(*r.path, *field.path) for r in desired.resources if r.kind == "agent" for field in r.fields}
    ours |= before.chosen
    aliases = resolve_models(before.config, before.release).defaults.aliases
    for place, text in choices_in(before.config):
        ref = follow(text, aliases, before.config, before.release)
        if "/" in ref and place not in ours and (begins or ref in before.mine):
            yield ref, None


def _entry(ref: str, source: Place | None) -> Resource:
    return Resource(f"agent/defaults.models[{ref}]", "entry", (*MAP, ref), (), source)


def _item(ref: str, source: Place | None, before: Before) -> Resource:
    spelled = before.listed.get(model_key(ref, before.release), ref)
    return Resource(
        _item_address(ref), "allowed", (*ALLOW, Row(spelled)), (Field((), spelled, source),), source
    )


def _item_address(ref: str) -> str:
    return f"{POLICY_ADDRESS}[{ref}]"


def _beside_entries(resources: tuple[Resource, ...], bare: list[Resource]) -> list[Resource]:
    """The bare entries after those that say something, before the agents."""
    at = max((n for n, one in enumerate(resources, 1) if one.kind != "agent"), default=0)
    return [*resources[:at], *bare, *resources[at:]]


def _with_policy(resources: list[Resource]) -> list[Resource]:
    source = next((one.source for one in resources if one.kind == "provider"), None)
    field = Field(("modelPolicy",), {}, source, "suggested", _NOTE)
    for index, one in enumerate(resources):
        if one.path == DEFAULTS:
            resources[index] = msgspec.structs.replace(one, fields=(*one.fields, field))
            return resources
    return [*resources, Resource("agent/defaults", "agent", DEFAULTS, (field,), source, whole=False)]


def with_migrated(applied: Applied, config: Any, release: Release) -> Applied:
    """``applied`` with what OpenClaw's migration made of this set's entries: they are its own in ``modelPolicy.allow`` too."""
    before = look(config, applied, release)
    if not MODEL_POLICY.covers(release) or kept(before, Desired(())) != "mirror":
        return applied
    more = {
        _item_address(ref): OwnedResource(
            "allowed",
            encode_path((*ALLOW, Row(before.listed[model_key(ref, release)]))),
            whole=True,
            created=True,
            protected=False,
            fields=(OwnedField((), before.listed[model_key(ref, release)], created=True),),
        )
        for ref in sorted(before.mine)
        if model_key(ref, release) in before.listed
    }
    return msgspec.structs.replace(applied, resources={**more, **applied.resources})


def yielded(desired: Desired, config: Any, applied: Applied, release: Release) -> set[str]:
    """What this set wrote and asks for no more, and that is let go, because taking it away would change what agents may use.

    That is its ``modelPolicy: {}``, where somebody put a policy of their own in its place, or entries that it keeps from
    becoming a list; and its part of a list that a manifest now says as a whole.
    """
    before = look(config, applied, release)
    found = set()
    if before.emptied:
        ruled = bool(before.foreign) and lookup(config, MARKER) is not True
        found = {POLICY_ADDRESS} if ruled or before.policy != {} else set()
    if kept(before, desired) == "said":
        found |= {_item_address(ref) for ref in before.mine}
        found |= {address for address, one in applied.resources.items() if one.kind == "allowed"}
    return found


def rules_by_map(desired: Desired, config: Any, applied: Applied, release: Release) -> bool:
    """Whether ``agents.defaults.models`` is the list of allowed models; for the record that an apply leaves."""
    return kept(look(config, applied, release), desired) == "map"


def with_lists(config: Any, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The same edits, those of single models in ``modelPolicy.allow`` as one of the whole list: its items have no names."""
    items = tuple(edit for edit in edits if edit.path[:-1] == ALLOW)
    if not items:
        return edits
    whole = Edit(ALLOW, lookup(effect(config, items), ALLOW))
    return (*(edit for edit in edits if edit not in items), whole)
