"""What the manifests declare of each site's models, and what a key can see there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from reconciler.errors import KeySourceError, ReconcilerError, UnhealthyError, UsageError
from reconciler.health.report import Check, Endpoint
from reconciler.keys import key_origin
from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.manifest.model import KeyOrigin
from reconciler.manifest.rules import RULES
from reconciler.planning.request import load, sites_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.keys import Keyring
    from reconciler.manifest.bundle import Declared, Manifest
    from reconciler.manifest.model import Provider, SiteSpec
    from reconciler.manifest.severities import Wish
    from reconciler.planning.request import Request
    from reconciler.secret import Secret
    from reconciler.sites.catalog import CatalogName

MAX_BYTES = 4 << 20


def read_site_models(request: Request, settings: Mapping[str, Any], *, declared: bool) -> SiteModels:
    """What the manifests that ``request`` names declare.

    Args:
        settings: the parsed options ``live``, ``key_env``, ``listing`` and ``allow_hosts``.
        declared: there are manifests; this can do without.
    """
    if not declared:
        return SiteModels(None, settings, request.keyring)
    # What became of a declared model is what is asked here; it must not stand in the way of the answer.
    lenient: dict[str, Wish] = {rule.code: "warning" for rule in RULES if not rule.fixed}
    manifest = load(msgspec.structs.replace(request, severities=lenient))
    return SiteModels(manifest, settings, request.keyring)


class SiteModels:
    """Declared models by site, and the listing where one is asked for."""

    def __init__(self, manifest: Manifest | None, settings: Mapping[str, Any], keyring: Keyring) -> None:
        self._keyring = keyring
        self._providers = manifest.providers if manifest else ()
        self._specs: Mapping[str, SiteSpec] = sites_of(manifest) if manifest else BUILTIN
        self._settings = settings

    @property
    def sites(self) -> tuple[CatalogName, ...]:
        """The sites whose models the manifests declare."""
        used = {self._catalog(provider) for provider in self._providers}
        return tuple(site for site in ("cn", "global") if site in used)

    def declared(self, site: CatalogName) -> dict[str, tuple[str, ...]]:
        """The providers that declare each model id of a site."""
        found: dict[str, tuple[str, ...]] = {}
        for provider in self._of(site):
            models = provider.document.spec.models
            for model in models if models is not UNSET else ():
                found[model.id] = (*found.get(model.id, ()), provider.name)
        return found

    def seen(self, site: CatalogName) -> frozenset[str] | None:
        """The ids that the key can see; None where nobody asked.

        Raises:
            UnhealthyError: the site doesn't give the listing.
            ReconcilerError: the saved listing can't be read.
            UsageError: nothing says which key to ask with.
        """
        if self._settings["listing"]:
            return read_listing(self._settings["listing"])
        if not self._settings["live"]:
            return None
        from reconciler.health.client import Client
        from reconciler.health.gate import allowed_hosts
        from reconciler.health.inquiry import Inquiry

        with Client() as client:
            found = Inquiry(self._endpoint(site), client, allowed_hosts(self._settings)).listed()
        if isinstance(found, Check):
            raise UnhealthyError(found.traced, where=found.provider, remedy=found.remedy)
        return found

    def _endpoint(self, site: CatalogName) -> Endpoint:
        name, spec, key, problem = self._ask_with(site)
        sibling = spec.sibling if spec.sibling is not UNSET else None
        return Endpoint(
            provider=name,
            site=site,
            base_url=spec.base_url,
            listing=spec.listing,
            key=key,
            key_problem=problem,
            sibling=sibling,
            key_page=spec.key_page if spec.key_page is not UNSET else "",
            catalog=site,
        )

    def _ask_with(self, site: CatalogName) -> tuple[str, SiteSpec, Secret | None, KeySourceError | None]:
        """Who is asked, where, and with which key."""
        provider = next(iter(self._of(site)), None)
        variable = self._settings["key_env"]
        if provider is None and variable is None:
            raise UsageError(
                f"no manifest declares a provider of the site {site}, so nothing says which key to ask with",
                remedy="name the variable that holds it: --key-env NAME",
            )
        if variable is not None or provider is None:
            origin = KeyOrigin(env=variable)
        else:
            origin = key_origin(provider.document.spec.key)
        spec = self._specs[provider.document.spec.site if provider else site]
        try:
            return (provider.name if provider else site), spec, self._keyring.read(origin), None
        except KeySourceError as error:
            return (provider.name if provider else site), spec, None, error

    def _of(self, site: CatalogName) -> list[Declared[Provider]]:
        return [provider for provider in self._providers if self._catalog(provider) == site]

    def _catalog(self, provider: Declared[Provider]) -> str:
        catalog = self._specs[provider.document.spec.site].catalog
        return catalog if catalog is not UNSET else "none"


def read_listing(path: str) -> frozenset[str]:
    """The ids in a saved answer of ``GET /models``; ``-`` is standard input.

    Raises:
        ReconcilerError: it is none.
    """
    from reconciler.health.answer import Answer
    from reconciler.health.inquiry import listing

    with open(0 if path == "-" else path, "rb", closefd=path != "-") as file:
        body = file.read(MAX_BYTES + 1)
    ids = listing(Answer(200, {}, body)) if len(body) <= MAX_BYTES else None
    if ids is None:
        raise ReconcilerError(
            "this is no listing of models",
            where=path,
            remedy="save the answer of GET /models?sub_type=chat, which is an object with `data`",
        )
    return ids
