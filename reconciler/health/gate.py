"""Runs the endpoint check for a set of manifests: reads the keys, asks the endpoints, gives the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from reconciler.health.check import check_endpoints
from reconciler.health.endpoints import endpoints_of
from reconciler.health.hosts import NotAllowed, destination
from reconciler.health.report import Check, report
from reconciler.keys import key_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.health.cache import HealthCache
    from reconciler.health.check import Probing
    from reconciler.health.report import Endpoint, HealthReport
    from reconciler.keys import Keyring
    from reconciler.manifest.bundle import Manifest
    from reconciler.manifest.model import Key, SiteSpec
    from reconciler.secret import Secret


def check_health(
    manifest: Manifest,
    sites: Mapping[str, SiteSpec],
    environ: Mapping[str, str],
    settings: Mapping[str, Any],
    keyring: Keyring,
    *,
    reuse: Callable[[str], object] | None = None,
) -> HealthReport:
    """Check every endpoint that ``manifest`` uses.

    Args:
        settings: the parsed options ``allow_hosts``, ``try_other_site``, ``probe``, ``probe_all`` and ``no_cache``.
        reuse: a check that passed some minutes ago will do; called with a sentence that says so.
    """

    def key_of(key: Key) -> Secret:
        return keyring.read(key_origin(key))

    allowed = allowed_hosts(settings)
    endpoints = endpoints_of(manifest, sites, key_of)
    cache = _cache(environ, settings)
    probe = _probing(settings)
    passed: list[Check] = []
    asked = list(endpoints)
    if cache is not None and reuse is not None:
        asked = [one for one in endpoints if not _reused(one, cache, allowed, probe, passed, reuse)]
    fresh = check_endpoints(
        asked, allowed_hosts=allowed, try_other_site=bool(settings.get("try_other_site")), probe=probe
    )
    if cache is not None:
        _keep(cache, asked, allowed, probe, fresh)
    checks = sorted((*passed, *fresh.checks), key=lambda check: check.provider)
    return report((*checks, *_detours(manifest, allowed)))


def allowed_hosts(settings: Mapping[str, Any]) -> frozenset[str]:
    """The hosts that the operator lets have a key, from the parsed option ``allow_hosts``."""
    return frozenset(
        host for hosts in settings.get("allow_hosts") or () for host in hosts.replace(",", " ").split()
    )


def _probing(settings: Mapping[str, Any]) -> Probing:
    if settings.get("probe_all"):
        return "all"
    return "primary" if settings.get("probe") else "none"


def _cache(environ: Mapping[str, str], settings: Mapping[str, Any]) -> HealthCache | None:
    from reconciler.health.cache import HealthCache, cache_folder

    folder = None if settings.get("no_cache") else cache_folder(environ)
    return None if folder is None else HealthCache(folder)


def _reused(
    endpoint: Endpoint,
    cache: HealthCache,
    allowed: frozenset[str],
    probe: Probing,
    passed: list[Check],
    say: Callable[[str], object],
) -> bool:
    """Whether an earlier check of ``endpoint`` will do; its findings then go to ``passed``."""
    found = cache.find(endpoint, allowed, probe)
    if found is None:
        return False
    entry, age = found
    passed.extend(entry.checks)
    say(f"endpoint of {endpoint.name}: checked {age} s ago, not asked again (--no-cache asks)")
    return True


def _keep(
    cache: HealthCache,
    asked: Sequence[Endpoint],
    allowed: frozenset[str],
    probe: Probing,
    found: HealthReport,
) -> None:
    for endpoint in asked:
        checks = tuple(check for check in found.checks if check.provider == endpoint.name)
        cache.keep(endpoint, allowed, probe, checks)


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
