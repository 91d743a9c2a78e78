"""Turns manifests into the objects and fields that one gateway should have. Pure.

What the release doesn't take is left out with a warning, because one unknown key makes OpenClaw reject the whole config.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from reconciler.desired.credentials import Credential, credential_of
from reconciler.desired.model import Desired, Field, LeftOut, Note, Resource, Strength
from reconciler.json5.path import Path, Row
from reconciler.manifest.bundle import Place
from reconciler.manifest.model import Agent, Model, Provider, SiteSpec
from reconciler.openclaw.capabilities import Capabilities
from reconciler.sites.suggest import OF_THE_MODEL, Suggestion
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from reconciler.manifest.bundle import Declared, Manifest, Origin

Suggest = Callable[[str, str], tuple[Suggestion, ...]]

_MODEL_ONLY = frozenset({"id", "alias", "protected"})
_PROVIDER_ONLY = frozenset({"site", "key", "models", "mode", "protected"})
_AGENT_ONLY = frozenset({"keys", "protected"})


class Context(msgspec.Struct, frozen=True):
    """What compiling needs besides the manifests.

    Attributes:
        sites: every site by name, built-in ones included.
        capabilities: what the release takes.
        live: the merged live config as it would be without this set's aliases and policies; what is asked must not
            depend on what earlier applies wrote. Only its shape is looked at, never its values.
        suggest: ``(catalogue name, model id)`` to what is known of the model.
    """

    sites: Mapping[str, SiteSpec]
    capabilities: Capabilities
    live: Any
    suggest: Suggest


def compile_manifest(manifest: Manifest, context: Context) -> Desired:
    """What ``manifest`` asks of the gateway that ``context`` describes."""
    notes: list[Note] = []
    resources: list[Resource] = [*_mode(manifest)]
    for provider in manifest.providers:
        credential = credential_of(provider, manifest, context.capabilities)
        resources.extend(credential.beside)
        resources.append(_provider(provider, credential, context, notes))
        resources.extend(_models(provider, context, notes))
    resources.extend(_entries(manifest, context, notes))
    resources.extend(_agent(agent, context, notes) for agent in manifest.agents)
    policy = _implied_policy(manifest, context, {str(r.path[-1]) for r in resources if r.kind == "entry"})
    if policy is not None:
        resources.append(policy)
    return Desired(tuple(_merged(resources)), tuple(notes))


def _merged(resources: list[Resource]) -> Iterator[Resource]:
    """Resources of one address said in several places (an alias and run parameters) become one."""
    by_address: dict[str, Resource] = {}
    for resource in resources:
        before = by_address.get(resource.address)
        if before is not None:
            fields = {field.path: field for field in (*before.fields, *resource.fields)}
            resource = msgspec.structs.replace(
                before,
                fields=tuple(fields.values()),
                protected=before.protected or resource.protected,
                left_out=(*before.left_out, *resource.left_out),
            )
        by_address[resource.address] = resource
    yield from by_address.values()


def _mode(manifest: Manifest) -> Iterator[Resource]:
    for provider in manifest.providers:
        mode = provider.document.spec.mode
        if mode is not UNSET:
            source = provider.place("spec", "mode")
            yield Resource(
                "models", "gateway", ("models",), (Field(("mode",), mode, source),), source, whole=False
            )
            return


def _provider(
    provider: Declared[Provider], credential: Credential, context: Context, notes: list[Note]
) -> Resource:
    spec, name = provider.document.spec, provider.name
    site = context.sites[spec.site]
    at = provider.place
    fields = [
        Field(("baseUrl",), site.base_url, at("spec", "site"), note=f"site {spec.site}"),
        *credential.fields,
        *_fields(spec, _PROVIDER_ONLY, provider.origin, ("spec",)),
    ]
    if spec.models is UNSET or not spec.models:
        strength: Strength = "initial" if spec.models is UNSET else "declared"
        fields.append(Field(("models",), [], at("spec", "models"), strength))
    resource = Resource(
        f"provider/{name}",
        "provider",
        ("models", "providers", name),
        tuple(fields),
        at("metadata", "name"),
        protected=spec.protected,
    )
    return _accepted("provider", resource, context.capabilities, notes)


def _models(provider: Declared[Provider], context: Context, notes: list[Note]) -> Iterator[Resource]:
    spec = provider.document.spec
    catalog = context.sites[spec.site].catalog
    for index, model in enumerate(spec.models or () if spec.models is not UNSET else ()):
        address = f"provider/{provider.name}.models[{model.id}]"
        source = provider.place("spec", "models", index)
        fields = _fields(model, _MODEL_ONLY, provider.origin, ("spec", "models", index))
        fields.extend(_limits_for_all(provider, {field.path for field in fields}))
        suggestions = context.suggest(catalog if catalog is not UNSET else "none", model.id)
        fields.extend(_suggested(model, suggestions, fields, source, context))
        resource = Resource(
            address,
            "model",
            ("models", "providers", provider.name, "models", Row(model.id)),
            tuple(fields),
            source,
            protected=model.protected,
            stays=frozenset() if any(one.rests_on == "model" for one in suggestions) else OF_THE_MODEL,
        )
        yield _accepted("model", resource, context.capabilities, notes)


def _limits_for_all(provider: Declared[Provider], said: Container[tuple[str, ...]]) -> Iterator[Field]:
    """The provider's own limits, said again in a model's row: what is known of the model would beat them there."""
    spec = provider.document.spec
    for name, value in (("contextWindow", spec.context_window), ("maxTokens", spec.max_tokens)):
        if value is not UNSET and (name,) not in said:
            yield Field((name,), value, provider.place("spec", name))


def _suggested(
    model: Model,
    suggestions: tuple[Suggestion, ...],
    declared: list[Field],
    source: Place,
    context: Context,
) -> Iterator[Field]:
    said = {field.path for field in declared}
    for suggestion in suggestions:
        # A list or a map that is said, even an empty one, is said as a whole.
        if not said.isdisjoint(_with_parents(suggestion.path)):
            continue
        if suggestion.since is not None and context.capabilities.oldest < suggestion.since:
            continue
        said.add(suggestion.path)
        strength: Strength = "guessed" if suggestion.rests_on == "nothing" else "suggested"
        yield Field(suggestion.path, suggestion.value, source, strength, suggestion.note, suggestion.why)
    if ("name",) not in said:
        alias = model.alias if model.alias is not UNSET else model.id.rpartition("/")[2]
        yield Field(("name",), alias, source, "initial", "OpenClaw requires a name")


@functools.cache
def _with_parents(path: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(path[:length] for length in range(1, len(path) + 1))


def _entries(manifest: Manifest, context: Context, notes: list[Note]) -> Iterator[Resource]:
    """Entries of ``agents.defaults.models``: aliases and run parameters by model ref.

    Where that map is also the list of models that agents may use, every model that is declared or chosen gets an entry:
    2026.5.20 to 2026.9.1 silently run another model in place of a primary that isn't in it.
    """
    found = list(_declared_entries(manifest))
    bare = list(_bare_entries(manifest, {resource.address for resource in found}))
    others = _foreign_entries(context, {str(resource.path[-1]) for resource in (*found, *bare)})
    if (found or others) and _map_is_allow_list(manifest, context, others):
        found.extend(bare)
        notes.append(
            Note(
                "implicit-allow-list",
                "agent/defaults.models",
                "agents may use only models listed in agents.defaults.models once it has an entry; "
                "every model that is declared or chosen here is listed",
            )
        )
    for resource in found:
        yield _accepted("entry", resource, context.capabilities, notes)


def _map_is_allow_list(manifest: Manifest, context: Context, others: set[str]) -> bool:
    """Whether OpenClaw takes the map's keys for the models that agents may use."""
    if any(ref.endswith("/*") for ref in others):
        return False
    if not context.capabilities.model_policy:
        return True
    return bool(others) and not _policy_is_said(manifest, context)


def _policy_is_said(manifest: Manifest, context: Context) -> bool:
    """Whether a policy, declared or live, or OpenClaw's migration marker parts allowed models from aliases."""
    migrated = lookup(context.live, ("meta", "migrations", "modelPolicyAllowlist")) is True
    return (
        _declares_policy(manifest)
        or migrated
        or lookup(context.live, ("agents", "defaults", "modelPolicy")) is not MISSING
    )


def _declares_policy(manifest: Manifest) -> bool:
    return any(
        agent.name == "defaults" and agent.document.spec.model_policy is not UNSET
        for agent in manifest.agents
    )


def _foreign_entries(context: Context, own: set[str]) -> set[str]:
    """Entries of the live map that no manifest speaks of."""
    live = lookup(context.live, ("agents", "defaults", "models"))
    return set(live) - own if isinstance(live, dict) else set()


def _declared_entries(manifest: Manifest) -> Iterator[Resource]:
    for provider in manifest.providers:
        models = provider.document.spec.models
        for index, model in enumerate(models if models is not UNSET else ()):
            if model.alias is not UNSET:
                source = provider.place("spec", "models", index, "alias")
                yield _entry(f"{provider.name}/{model.id}", (Field(("alias",), model.alias, source),), source)
    for agent in manifest.agents:
        models_map = agent.document.spec.models
        if agent.name == "defaults" and models_map is not UNSET:
            for ref in sorted(models_map):
                where = ("spec", "models", ref)
                yield _entry(
                    ref,
                    tuple(_fields(models_map[ref], frozenset(), agent.origin, where)),
                    agent.place(*where),
                )


def _bare_entries(manifest: Manifest, present: set[str]) -> Iterator[Resource]:
    """Every model that is declared, or chosen for an agent, and has no entry yet."""
    places = {
        f"{provider.name}/{model.id}": provider.place("spec", "models", index)
        for provider in manifest.providers
        for index, model in enumerate(
            provider.document.spec.models if provider.document.spec.models is not UNSET else ()
        )
    }
    for ref, place in _chosen(manifest):
        if "/" in ref:
            places.setdefault(ref, place)
    for ref, place in places.items():
        resource = _entry(ref, (), place)
        if resource.address not in present:
            yield resource


def _chosen(manifest: Manifest) -> Iterator[tuple[str, Place]]:
    """Every model that the manifests choose for an agent."""
    for agent in manifest.agents:
        spec = agent.document.spec
        for choice in (spec.model, spec.image_model, spec.pdf_model):
            if choice is not UNSET:
                primary = () if choice.primary is UNSET else (choice.primary,)
                fallbacks = () if choice.fallbacks is UNSET else choice.fallbacks
                yield from ((ref.strip(), agent.place("metadata", "name")) for ref in (*primary, *fallbacks))


def _entry(ref: str, fields: tuple[Field, ...], source: Place) -> Resource:
    return Resource(
        f"agent/defaults.models[{ref}]", "entry", ("agents", "defaults", "models", ref), fields, source
    )


def _agent(agent: Declared[Agent], context: Context, notes: list[Note]) -> Resource:
    spec = agent.document.spec
    kind = "agent.defaults" if agent.name == "defaults" else "agent"
    left_out = _AGENT_ONLY | {"models"} if kind == "agent.defaults" else _AGENT_ONLY
    fields = _fields(spec, left_out, agent.origin, ("spec",))
    resource = Resource(
        f"agent/{agent.name}",
        "agent",
        agent_path(agent.name, context),
        tuple(fields),
        agent.place("metadata", "name"),
        whole=False,
        protected=spec.protected,
    )
    return _accepted(kind, resource, context.capabilities, notes)


def agent_path(name: str, context: Context) -> Path:
    """Where an agent lives: in the shape that the config has, else in the one that the release prefers."""
    if name == "defaults":
        return ("agents", "defaults")
    entries = lookup(context.live, ("agents", "entries"))
    listed = lookup(context.live, ("agents", "list"))
    if entries is MISSING and (listed is not MISSING or not context.capabilities.agent_entries):
        return ("agents", "list", Row(name))
    return ("agents", "entries", name)


def _implied_policy(manifest: Manifest, context: Context, entries: set[str]) -> Resource | None:
    """An explicit "all models allowed" beside aliases, where OpenClaw would otherwise derive an allow-list from them.

    Said only while nobody else has said anything: no policy, no migration marker, no foreign entry.
    """
    if not (entries and context.capabilities.model_policy):
        return None
    policy = lookup(context.live, ("agents", "defaults", "modelPolicy"))
    if policy is MISSING:
        if _policy_is_said(manifest, context) or _foreign_entries(context, entries):
            return None
    elif policy != {} or _declares_policy(manifest):
        return None
    source = manifest.providers[0].place("metadata", "name") if manifest.providers else None
    field = Field(("modelPolicy",), {}, source, "suggested", "keeps aliases from becoming an allow-list")
    return Resource("agent/defaults", "agent", ("agents", "defaults"), (field,), source, whole=False)


def _fields(
    struct: msgspec.Struct, left_out: frozenset[str], origin: Origin, where: tuple[str | int, ...]
) -> list[Field]:
    """Every value that ``struct`` says, as leaves in OpenClaw's own order."""
    found: list[Field] = []
    for name, value in _said(struct):
        if name not in left_out:
            _add_leaves(found, (name,), value, origin, where)
    return found


def _said(struct: msgspec.Struct) -> list[tuple[str, Any]]:
    # `msgspec.structs.fields` resolves every annotation anew, which is half of a plan for 500 models.
    values = msgspec.structs.astuple(struct)
    pairs = zip(struct.__struct_encode_fields__, values, strict=True)
    return [(name, value) for name, value in pairs if value is not UNSET]


def _add_leaves(
    found: list[Field], path: tuple[str, ...], value: Any, origin: Origin, where: tuple[str | int, ...]
) -> None:
    """Add the leaves below ``value``; maps sorted by key, so that the order of what a manifest says means nothing."""
    items = _said(value) if isinstance(value, msgspec.Struct) else []
    if isinstance(value, dict):
        items = sorted(value.items())
    for key, item in items:
        _add_leaves(found, (*path, key), item, origin, where)
    if not items:
        found.append(Field(path, _plain(value), Place(origin, (*where, *path))))


def _plain(value: Any) -> Any:
    """The value as people write it: 0 for 0.0, {} for a struct that says nothing."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return {} if isinstance(value, msgspec.Struct) else value


def _accepted(kind: str, resource: Resource, capabilities: Capabilities, notes: list[Note]) -> Resource:
    """With the fields that the release takes; each declared one that it doesn't is named in a warning."""
    kept, left = [], []
    for field in resource.fields:
        obstacle = capabilities.obstacle(kind, field.path, field.value)
        if obstacle is None:
            kept.append(field)
            continue
        left.append(LeftOut(field.path, obstacle.certain))
        if field.strength == "declared":
            shown = ".".join(field.path)
            notes.append(Note("release-lacks", f"{resource.address}.{shown}", f"left out: {obstacle.what}"))
    return msgspec.structs.replace(resource, fields=tuple(kept), left_out=tuple(left)) if left else resource
