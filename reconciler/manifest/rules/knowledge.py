"""What the rules know of the service's models: the catalogue behind a provider's site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.manifest.draft import models_of
from reconciler.sites.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.draft import Draft, Placed
    from reconciler.manifest.model import Model, Provider
    from reconciler.sites.catalog import CatalogName, KnownModel


def catalog_of(draft: Draft, provider: Placed[Provider]) -> CatalogName | None:
    """The site whose models a provider's site serves; None where nobody knows."""
    name = provider.document.spec.site
    if ("Site", name) in draft.broken:
        return None
    said = next((site.document.spec.catalog for site in draft.sites if site.name == name), UNSET)
    if said is UNSET:
        said = BUILTIN[name].catalog if name in BUILTIN else UNSET
    return said if said in ("cn", "global") else None


def catalogued(draft: Draft) -> Iterator[tuple[Placed[Provider], CatalogName]]:
    """The providers of a site whose models are known."""
    for provider in draft.providers:
        catalog = catalog_of(draft, provider)
        if catalog is not None:
            yield provider, catalog


def known_models(draft: Draft) -> Iterator[tuple[Placed[Provider], int, Model, KnownModel]]:
    """Every declared model that the catalogue of its site knows, with its index."""
    for provider, site in catalogued(draft):
        catalog = load_catalog(site)
        for index, model in models_of(provider):
            known = catalog.get(model.id)
            if known is not None:
                yield provider, index, model, known


def known_model(draft: Draft, provider: str, model_id: str) -> KnownModel | None:
    """What the catalogue knows of a model of a provider."""
    for placed in draft.providers:
        if placed.name == provider:
            site = catalog_of(draft, placed)
            return load_catalog(site).get(model_id) if site else None
    return None
