"""``reconciler catalog``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    completed,
    gateway_option,
    host_options,
    manifest_options,
    option,
    output_options,
    request_from,
    wants_color,
    wants_manifests,
    width,
)
from reconciler.cli.streams import show
from reconciler.errors import UsageError
from reconciler.report import catalog as report
from reconciler.sites.catalog import load_catalog
from reconciler.sites.overview import Wanted, movement, overview

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.site_models import SiteModels
    from reconciler.sites.catalog import CatalogName

SITES: tuple[CatalogName, ...] = ("cn", "global")


@click.command("catalog")
@click.argument("words", nargs=-1, metavar="[diff] [cn|global]", shell_complete=completed("sites"))
@option(
    "--capability",
    "capabilities",
    multiple=True,
    type=click.Choice(["vision", "reasoning", "tools"]),
    help="Only models that have it; repeatable.",
)
@option(
    "--max-price",
    type=click.FloatRange(min=0),
    metavar="PRICE",
    help="Neither input nor output costs more, per million tokens in the site's currency.",
)
@option(
    "--min-window",
    type=click.IntRange(min=1),
    metavar="TOKENS",
    help="A context window of at least this.",
)
@option("--live", is_flag=True, help="Ask the site what the key can see.")
@option("--key-env", metavar="NAME", help="Variable with the key; left out, the key that the manifests name.")
@option(
    "--listing",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="A saved answer of GET /models?sub_type=chat, instead of asking; - reads it.",
)
@manifest_options
@gateway_option
@host_options
@output_options("text", "json")
def command(words: tuple[str, ...], **settings: Any) -> int:
    """Show the models of a site, or with `diff` what a listing has that the catalogue doesn't.

    Known figures come from dated sources; -v names them. Offline unless --live is given. Models that the manifests declare are
    marked.
    """
    from reconciler.site_models import read_site_models

    comparing, chosen = _words(words)
    if comparing and not (settings["live"] or settings["listing"]):
        raise UsageError(
            "diff compares with a listing",
            remedy="ask for one with --live, or name a saved one with --listing FILE",
        )
    models = read_site_models(request_from(settings), settings, declared=wants_manifests(settings))
    sites = chosen or models.sites or SITES
    if settings["listing"] and len(sites) > 1:
        raise UsageError(
            "a listing is of one site", remedy="say which: `reconciler catalog cn --listing FILE`"
        )
    text = (_movements if comparing else _overviews)(models, sites, settings)
    show(text, settings["output"])
    return 0


def _movements(models: SiteModels, sites: Sequence[CatalogName], settings: dict[str, Any]) -> str:
    moved = [
        movement(load_catalog(site), models.seen(site) or (), models.declared(site), _today())
        for site in sites
    ]
    if settings["output"] == "json":
        return report.movements_json(moved)
    return report.render_movements(moved, width=width(), color=wants_color(settings["no_color"]))


def _overviews(models: SiteModels, sites: Sequence[CatalogName], settings: dict[str, Any]) -> str:
    wanted = Wanted(settings["capabilities"], settings["max_price"], settings["min_window"])
    seen = {site: models.seen(site) for site in sites}
    found = [
        overview(load_catalog(site), wanted, models.declared(site), seen[site], _today()) for site in sites
    ]
    if settings["output"] == "json":
        return report.overviews_json(found)
    return report.render_overviews(
        found,
        width=width(),
        color=wants_color(settings["no_color"]),
        verbose=settings["verbose"],
        live=any(one is not None for one in seen.values()),
    )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _words(words: tuple[str, ...]) -> tuple[bool, tuple[CatalogName, ...]]:
    """Whether to compare, and the sites that are named."""
    comparing = words[:1] == ("diff",)
    named = words[1:] if comparing else words
    unknown = [word for word in named if word not in SITES]
    if unknown:
        raise UsageError(f"no catalogue of {unknown[0][:60]!r}", remedy=f"there are: {', '.join(SITES)}")
    return comparing, tuple(site for site in SITES if site in named)
