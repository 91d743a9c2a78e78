"""Runs the endpoint check for a set of manifests: reads the keys, asks the endpoints, gives the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.endpoints import endpoints_of
from reconciler.health.check import check_endpoints
from reconciler.keys import key_origin, read_key

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    allowed = frozenset(
        host for hosts in settings.get("allow_hosts") or () for host in hosts.replace(",", " ").split()
    )
    return check_endpoints(
        endpoints_of(manifest, sites, key_of),
        allowed_hosts=allowed,
        try_other_site=bool(settings.get("try_other_site")),
    )
