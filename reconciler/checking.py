"""Runs the endpoint check for a set of manifests: reads the keys, asks the endpoints, gives the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from reconciler.endpoints import endpoints_of
from reconciler.health.check import check_endpoints
from reconciler.health.hosts import NotAllowed, destination
from reconciler.health.report import Check, report
from reconciler.keys import key_origin, read_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.health.report import HealthReport
    from reconciler.manifest.bundle import Declared, Manifest
    from reconciler.manifest.model import Provider, SiteSpec
    from reconciler.secret import Secret


def check_health(
    manifest: Manifest, sites: Mapping[str, SiteSpec], environ: Mapping[str, str], settings: Mapping[str, Any]
) -> HealthReport:
    """Check every endpoint that ``manifest`` uses.

    Args:
        settings: the parsed options ``allow_hosts`` and ``try_other_site``.
    """

    def key_of(provider: Declared[Provider]) -> Secret:
        return read_key(key_origin(provider.document.spec.key), environ)

    allowed = allowed_hosts(settings)
    checked = check_endpoints(
        endpoints_of(manifest, sites, key_of),
        allowed_hosts=allowed,
        try_other_site=bool(settings.get("try_other_site")),
    )
    return report((*checked.checks, *_detours(manifest, allowed)))


def allowed_hosts(settings: Mapping[str, Any]) -> frozenset[str]:
    """The hosts that the operator lets have a key, from the parsed option ``allow_hosts``."""
    return frozenset(
        host for hosts in settings.get("allow_hosts") or () for host in hosts.replace(",", " ").split()
    )


def _detours(manifest: Manifest, allowed: frozenset[str]) -> Iterator[Check]:
    """Models with an address of their own: OpenClaw sends the provider's key there, so the host rule holds for it too."""
    for provider in manifest.providers:
        models = provider.document.spec.models
        for index, model in enumerate(models if models is not UNSET else ()):
            if model.base_url is not UNSET:
                place = destination(model.base_url, "/", allowed)
                if isinstance(place, NotAllowed):
                    source = provider.origin.at("spec", "models", index, "baseUrl")
                    message = place.message.replace("was not sent", "would be sent")
                    yield Check(
                        provider.name, model.id, place.code, "block", message, place.remedy, source=source
                    )
