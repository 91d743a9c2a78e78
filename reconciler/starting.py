"""What `init` finds in a live OpenClaw, so that a starter manifest goes on with it instead of changing it unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.errors import ReconcilerError
from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.manifest.starter import Found
from reconciler.openclaw.config import read_config
from reconciler.openclaw.paths import find_paths
from reconciler.openclaw.shapes import variable_of
from reconciler.sites.hosts import CN_ABROAD
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.openclaw.config import Config
    from reconciler.openclaw.paths import Paths
    from reconciler.sites.catalog import CatalogName


def find_live(
    environ: Mapping[str, str], state_dir: str | None, config: str | None
) -> tuple[tuple[Found, ...], str]:
    """The providers of the live config that use a site of the service, and why it couldn't be read; empty where it could.

    Args:
        state_dir: as on the command line.
        config: as on the command line.
    """
    paths = find_paths(environ, state_dir=state_dir, config=config)
    try:
        live = read_config(paths.config)
        return tuple(_providers(live, paths)), ""
    except ReconcilerError as error:
        return (), f"{error.where}: {error.what}"


def _providers(config: Config, paths: Paths) -> Iterator[Found]:
    providers = lookup(config.value, ("models", "providers"))
    for name, provider in providers.items() if isinstance(providers, dict) else ():
        site = site_of(provider.get("baseUrl")) if isinstance(provider, dict) else None
        if site is not None:
            variable = variable_of(provider.get("apiKey")) or ""
            file, inside = config.owner(("models", "providers", name, "baseUrl"))
            line, _ = config.files[file].document.location(inside)
            yield Found(
                site,
                name,
                f"{paths.display(file)}:{line}",
                variable=variable,
                inline=isinstance(lookup(config.value, ("env", "vars", variable)), str),
                keyed="apiKey" in provider,
                model=_primary(config, "model"),
                image_model=_primary(config, "imageModel"),
                aliases=_aliases(config),
            )


def _primary(config: Config, name: str) -> str:
    choice = lookup(config.value, ("agents", "defaults", name))
    chosen: Any = choice.get("primary") if isinstance(choice, dict) else choice
    return chosen if isinstance(chosen, str) else ""


def _aliases(config: Config) -> dict[str, str]:
    entries = lookup(config.value, ("agents", "defaults", "models"))
    found = {
        ref: entry.get("alias")
        for ref, entry in (entries.items() if isinstance(entries, dict) else ())
        if isinstance(entry, dict)
    }
    return {ref: alias for ref, alias in found.items() if isinstance(alias, str)}


def site_of(base_url: object) -> CatalogName | None:
    """The built-in site that an address belongs to."""
    try:
        host = urlsplit(base_url).hostname if isinstance(base_url, str) else None
    except ValueError:
        return None
    if host == CN_ABROAD:
        return "cn"
    sites: tuple[CatalogName, ...] = ("cn", "global")
    return next((site for site in sites if urlsplit(BUILTIN[site].base_url).hostname == host), None)
