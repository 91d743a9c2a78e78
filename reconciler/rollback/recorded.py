"""Recorded objects as manifests, as far as the endpoint check reads them: sites, keys, models and their parts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from reconciler.errors import Location
from reconciler.manifest.bundle import Declared, Manifest
from reconciler.manifest.model import (
    Agent,
    AgentMetadata,
    AgentSpec,
    Key,
    KeyOrigin,
    MediaModelChoice,
    Model,
    ModelChoice,
    Provider,
    ProviderMetadata,
    ProviderSpec,
    SiteSpec,
)
from reconciler.openclaw.shapes import variable_of
from reconciler.openclaw.surfaces import store_agent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from reconciler.desired.model import Desired, Field, Resource

Fields = dict[tuple[str, ...], "Field"]

_CREDENTIALS = frozenset({("key",), ("token",), ("keyRef",), ("tokenRef",)})


class _Record(msgspec.Struct, frozen=True):
    """The origin of what no manifest says."""

    def at(self, *_: str | int) -> Location:
        """The journal, whatever the path."""
        return Location("the record of an earlier apply")


def as_manifest(desired: Desired, sites: dict[str, SiteSpec], digest: str) -> Manifest:
    """The providers and agents of ``desired``; a base URL that is none of ``sites`` becomes one more of them."""
    fields = {one.address: {field.path: field for field in one.fields} for one in desired.resources}
    providers = tuple(
        Declared(_provider(one, desired, fields, sites), _Record())
        for one in desired.resources
        # One that is given back to its owner, in parts, is theirs to check.
        if one.kind == "provider" and one.whole and ("baseUrl",) in fields[one.address]
    )
    own = _own_keys(desired, {provider.name for provider in providers})
    agents = {one.address: fields[one.address] for one in desired.resources if one.kind == "agent"}
    named = dict.fromkeys((*agents, *own))
    return Manifest(
        (),
        providers,
        tuple(Declared(_agent(name, agents.get(name, {}), own.get(name)), _Record()) for name in named),
        (),
        digest,
        (),
    )


def _provider(
    resource: Resource, desired: Desired, fields: Mapping[str, Fields], sites: dict[str, SiteSpec]
) -> Provider:
    own, name = fields[resource.address], resource.address.removeprefix("provider/")
    models = [
        _model(name, str(getattr(one.path[-1], "id", "")), fields)
        for one in desired.resources
        if one.kind == "model" and one.path[: len(resource.path)] == resource.path
    ]
    headers = {
        path[1]: str(field.value) for path, field in own.items() if path[:1] == ("headers",) and path[1:]
    }
    spec = ProviderSpec(
        site=_site(own["baseUrl",].value, sites),
        key=_key(name, own.get(("apiKey",)), desired),
        models=models,
        headers=headers or UNSET,
    )
    return Provider(api_version="reconciler/v1", metadata=ProviderMetadata(name=name), spec=spec)


def _site(base_url: str, sites: dict[str, SiteSpec]) -> str:
    for name, site in sites.items():
        if site.base_url.rstrip("/") == base_url.rstrip("/"):
            return name
    sites[base_url] = SiteSpec(base_url=base_url, catalog="none")
    return base_url


def _key(provider: str, api_key: Field | None, desired: Desired) -> Key:
    """The provider's key: behind ``apiKey``, else in the profile that all agents share."""
    if api_key is not None:
        return Key(from_=_origin(api_key))
    shared = (key for agent, owner, key in _profile_keys(desired) if owner == provider and not agent)
    return next(shared, Key(from_=KeyOrigin()))


def _own_keys(desired: Desired, providers: Collection[str]) -> dict[str, dict[str, Key]]:
    """The keys that single agents have of their own, by the agent's address and by provider."""
    found: dict[str, dict[str, Key]] = {}
    for agent, provider, key in _profile_keys(desired):
        if agent and provider in providers:
            found.setdefault(f"agent/{agent}", {})[provider] = key
    return found


def _profile_keys(desired: Desired) -> Iterator[tuple[str, str, Key]]:
    """Of each profile with a known key: the agent that it is for (nothing: all of them), the provider, and the key."""
    for resource in desired.resources:
        # A copy that follows a shared profile is not whole.
        if resource.kind != "profile" or not resource.whole:
            continue
        provider, _, name = str(resource.path[-1]).partition(":")
        for field in resource.fields:
            if field.path in _CREDENTIALS and (origin := _origin(field)) != KeyOrigin():
                yield store_agent(resource.path), provider, Key(profile=name, from_=origin)


def _origin(field: Field) -> KeyOrigin:
    """Where the key was read; of records that don't say so, the variable that OpenClaw reads."""
    if field.key_origin is not None:
        return field.key_origin
    return KeyOrigin(env=variable_of(field.value) or UNSET)


def _model(provider: str, model_id: str, fields: Mapping[str, Fields]) -> Model:
    alias = _value(fields.get(f"agent/defaults.models[{provider}/{model_id}]", {}), "alias")
    base_url = _value(fields.get(f"provider/{provider}.models[{model_id}]", {}), "baseUrl")
    return Model(id=model_id, alias=alias, base_url=base_url)


def _agent(address: str, fields: Fields, keys: dict[str, Key] | None) -> Agent:
    spec = AgentSpec(
        model=ModelChoice(
            primary=_value(fields, "model", "primary"), fallbacks=_value(fields, "model", "fallbacks")
        ),
        image_model=_media(fields, "imageModel"),
        pdf_model=_media(fields, "pdfModel"),
        keys=keys if keys is not None else UNSET,
    )
    name = address.removeprefix("agent/")
    return Agent(api_version="reconciler/v1", metadata=AgentMetadata(name=name), spec=spec)


def _media(fields: Fields, name: str) -> MediaModelChoice:
    return MediaModelChoice(
        primary=_value(fields, name, "primary"), fallbacks=_value(fields, name, "fallbacks")
    )


def _value(fields: Fields, *path: str) -> Any:
    field = fields.get(path)
    return field.value if field else UNSET
