"""Models of SiliconFlow's that live settings use and that their site has retired, as far as the catalogue knows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.openclaw.references import ALIAS, PROVIDERS, named, references, target
from reconciler.openclaw.resolution import resolve_models
from reconciler.plan.dangling import whose
from reconciler.plan.model import PlanWarning
from reconciler.sites.hosts import host_of
from reconciler.sites.whereabouts import whereabouts
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.plan.dangling import View
    from reconciler.sites.catalog import CatalogName

CODES = {"retired": "model-retired", "redirected": "model-redirected"}


def retired_in_use(view: View, told: Collection[str] = ()) -> tuple[PlanWarning, ...]:
    """A warning for every place that makes requests to a model which is gone.

    Args:
        told: refs of models that the manifests declare: the rules look at those.
    """
    catalogs = _catalogs(view)
    if not catalogs:
        return ()
    resolution = resolve_models(view.config, view.release)
    found = []
    for one in references(view.config, catalogs):
        sends = one.runs and one.use != ALIAS
        model = target(one, view.config, resolution, view.release) if sends else None
        site = catalogs.get(model.provider) if model and model.key not in told else None
        if model is None or site is None:
            continue
        fate = whereabouts(site, model.model)
        if fate.kind in CODES:
            message = (
                f"{whose(one)}, {view.where(one.place)}: uses {model.key}, which the site {site} has {fate}"
            )
            found.append(PlanWarning(CODES[fate.kind], named(one.place), message))
    return tuple(found)


def _catalogs(view: View) -> dict[str, CatalogName]:
    """Whose known models the live providers serve, by their ids."""
    live = lookup(view.config, PROVIDERS)
    found = {}
    for name in view.ours:
        row = (
            next((row for key, row in live.items() if view.id(key) == name), None)
            if isinstance(live, dict)
            else None
        )
        url = lookup(row, ("baseUrl",))
        catalog = view.catalogs.get(view.hosts.get(host_of(url), "")) if isinstance(url, str) else None
        if catalog is not None:
            found[name] = catalog
    return found
