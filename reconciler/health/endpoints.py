"""Which endpoints a plan depends on, with every model that must be there and the part it plays. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from reconciler.desired.credentials import uses_of
from reconciler.errors import KeySourceError, Location
from reconciler.health.report import Endpoint, ModelUse, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.desired.credentials import KeyUse
    from reconciler.manifest.bundle import Declared, Manifest
    from reconciler.manifest.model import Agent, Key, ModelChoice, Provider, SiteSpec
    from reconciler.secret import Secret

_RANK: Mapping[Role, int] = {"primary": 0, "fallback": 1, "image": 2, "declared": 3}


def endpoints_of(
    manifest: Manifest, sites: Mapping[str, SiteSpec], key_of: Callable[[Key], Secret]
) -> tuple[Endpoint, ...]:
    """One endpoint for each declared key; a model named several times plays its weightiest part."""
    roles = _roles(manifest)
    return tuple(
        _endpoint(provider, use, roles, sites, key_of)
        for provider in manifest.providers
        for use in uses_of(provider, manifest)
    )


def _endpoint(
    provider: Declared[Provider],
    use: KeyUse,
    roles: dict[str, tuple[Role, Location]],
    sites: Mapping[str, SiteSpec],
    key_of: Callable[[Key], Secret],
) -> Endpoint:
    spec = provider.document.spec
    site = sites[spec.site]
    key, problem = None, None
    try:
        key = key_of(use.key)
    except KeySourceError as error:
        problem = error
    uses: dict[str, ModelUse] = {}
    for index, model in enumerate(spec.models if spec.models is not UNSET else ()):
        uses[model.id] = ModelUse(model.id, "declared", provider.origin.at("spec", "models", index))
    prefix = f"{provider.name}/"
    for ref, (role, source) in roles.items():
        if ref.startswith(prefix):
            uses[ref[len(prefix) :]] = ModelUse(ref[len(prefix) :], role, source)
    sibling = site.sibling if site.sibling is not UNSET else None
    return Endpoint(
        provider=provider.name,
        site=spec.site,
        base_url=site.base_url,
        listing=site.listing,
        key=key,
        key_problem=problem,
        headers=spec.headers if spec.headers is not UNSET else {},
        models=tuple(uses.values()),
        sibling=sibling,
        sibling_base_url=sites[sibling].base_url if sibling and sibling in sites else None,
        key_page=site.key_page if site.key_page is not UNSET else "",
        catalog=site.catalog if site.catalog in ("cn", "global") else None,
        agent=use.agent,
    )


def _roles(manifest: Manifest) -> dict[str, tuple[Role, Location]]:
    found: dict[str, tuple[Role, Location]] = {}
    aliases = _aliases(manifest)

    def note(ref: str, role: Role, source: Location) -> None:
        ref = aliases.get(ref.strip().lower(), ref)
        if ref not in found or _RANK[role] < _RANK[found[ref][0]]:
            found[ref] = (role, source)

    for agent in manifest.agents:
        for name, choice, first in _choices(agent):
            at = agent.origin.at
            if choice.primary is not UNSET:
                note(choice.primary, first, at("spec", name, "primary"))
            for index, ref in enumerate(choice.fallbacks if choice.fallbacks is not UNSET else ()):
                note(ref, "fallback", at("spec", name, "fallbacks", index))
    return found


def _choices(agent: Declared[Agent]) -> list[tuple[str, ModelChoice, Role]]:
    spec = agent.document.spec
    named: list[tuple[str, ModelChoice | UnsetType, Role]] = [
        ("model", spec.model, "primary"),
        ("imageModel", spec.image_model, "image"),
        ("pdfModel", spec.pdf_model, "image"),
    ]
    return [(name, choice, role) for name, choice, role in named if not isinstance(choice, UnsetType)]


def _aliases(manifest: Manifest) -> dict[str, str]:
    given = {
        model.alias: f"{provider.name}/{model.id}"
        for provider in manifest.providers
        for model in (provider.document.spec.models if provider.document.spec.models is not UNSET else ())
        if model.alias is not UNSET
    }
    for agent in manifest.agents:
        entries = agent.document.spec.models
        for ref, entry in {} if entries is UNSET else entries.items():
            if entry.alias is not UNSET:
                given[entry.alias] = ref
    return {alias.strip().lower(): ref for alias, ref in given.items()}
