"""Recorded objects as manifests, as far as the endpoint check reads them: sites, keys, models and their parts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from reconciler.errors import Location
from reconciler.manifest.bundle import Declared, Manifest
from reconciler.manifest.model import (
    Agent,
    AgentSpec,
    Key,
    KeyOrigin,
    MediaModelChoice,
    Metadata,
    Model,
    ModelChoice,
    Provider,
    ProviderSpec,
    SiteSpec,
)
from reconciler.openclaw.shapes import variable_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.desired.model import Desired, Field, Resource

Fields = dict[tuple[str, ...], "Field"]


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
    agents = tuple(
        Declared(_agent(one, fields[one.address]), _Record())
        for one in desired.resources
        if one.kind == "agent"
    )
    return Manifest((), providers, agents, (), digest, ())


def _provider(
    resource: Resource, desired: Desired, fields: Mapping[str, Fields], sites: dict[str, SiteSpec]
) -> Provider:
    own, name = fields[resource.address], str(resource.path[-1])
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
        key=Key(from_=_key_origin(own.get(("apiKey",)))),
        models=models,
        headers=headers or UNSET,
    )
    return Provider(api_version="reconciler/v1", metadata=Metadata(name=name), spec=spec)


def _site(base_url: str, sites: dict[str, SiteSpec]) -> str:
    for name, site in sites.items():
        if site.base_url.rstrip("/") == base_url.rstrip("/"):
            return name
    sites[base_url] = SiteSpec(base_url=base_url, catalog="none")
    return base_url


def _key_origin(api_key: Field | None) -> KeyOrigin:
    """Where the key was read; of records that don't say so, the variable that OpenClaw reads."""
    if api_key is None:
        return KeyOrigin()
    if api_key.origin is not None:
        return api_key.origin
    return KeyOrigin(env=variable_of(api_key.value) or UNSET)


def _model(provider: str, model_id: str, fields: Mapping[str, Fields]) -> Model:
    alias = _value(fields.get(f"agent/defaults.models[{provider}/{model_id}]", {}), "alias")
    base_url = _value(fields.get(f"provider/{provider}.models[{model_id}]", {}), "baseUrl")
    return Model(id=model_id, alias=alias, base_url=base_url)


def _agent(resource: Resource, fields: Fields) -> Agent:
    spec = AgentSpec(
        model=ModelChoice(
            primary=_value(fields, "model", "primary"), fallbacks=_value(fields, "model", "fallbacks")
        ),
        image_model=_media(fields, "imageModel"),
        pdf_model=_media(fields, "pdfModel"),
    )
    name = resource.address.removeprefix("agent/")
    return Agent(api_version="reconciler/v1", metadata=Metadata(name=name), spec=spec)


def _media(fields: Fields, name: str) -> MediaModelChoice:
    return MediaModelChoice(
        primary=_value(fields, name, "primary"), fallbacks=_value(fields, name, "fallbacks")
    )


def _value(fields: Fields, *path: str) -> Any:
    field = fields.get(path)
    return field.value if field else UNSET
