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
from reconciler.openclaw.ids import model_key
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
        live: the merged live config. Only its shape is looked at, never its values.
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
    """Entries of ``agents.defaults.models``: aliases and run parameters by model ref."""
    for resource in _declared_entries(manifest):
        yield _accepted("entry", resource, context.capabilities, notes)


def _declared_entries(manifest: Manifest) -> Iterator[Resource]:
    for provider in manifest.providers:
        models = provider.document.spec.models
        for index, model in enumerate(models if models is not UNSET else ()):
            if model.alias is not UNSET:
                source = provider.place("spec", "models", index, "alias")
                yield _entry(
                    model_key(f"{provider.name}/{model.id}"),
                    (Field(("alias",), model.alias, source),),
                    source,
                )
    for agent in manifest.agents:
        models_map = agent.document.spec.models
        if agent.name == "defaults" and models_map is not UNSET:
            for ref in sorted(models_map):
                where = ("spec", "models", ref)
                yield _entry(
                    model_key(ref),
                    tuple(_fields(models_map[ref], frozenset(), agent.origin, where)),
                    agent.place(*where),
                )


def _entry(ref: str, fields: tuple[Field, ...], source: Place) -> Resource:
    return Resource(
        f"agent/defaults.models[{ref}]", "entry", ("agents", "defaults", "models", ref), fields, source
    )


def _agent(agent: Declared[Agent], context: Context, notes: list[Note]) -> Resource:
    spec = agent.document.spec
    kind = "agent.defaults" if agent.name == "defaults" else "agent"
    left_out = _AGENT_ONLY | {"models"} if kind == "agent.defaults" else _AGENT_ONLY
    fields = [_with_key(field) for field in _fields(spec, left_out, agent.origin, ("spec",))]
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


def _with_key(field: Field) -> Field:
    """The same, an entry of the agent's own models under OpenClaw's spelling of its ref."""
    match field.path:
        case ("models", ref, *rest):
            return msgspec.structs.replace(field, path=("models", model_key(ref), *rest))
    return field


def agent_path(name: str, context: Context) -> Path:
    """Where an agent lives: in the shape that the config has, else in the one that the release prefers."""
    if name == "defaults":
        return ("agents", "defaults")
    entries = lookup(context.live, ("agents", "entries"))
    listed = lookup(context.live, ("agents", "list"))
    if entries is MISSING and (listed is not MISSING or not context.capabilities.agent_entries):
        return ("agents", "list", Row(name))
    return ("agents", "entries", name)


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
