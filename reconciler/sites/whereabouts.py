"""What became of a model id on a site, as far as the catalogue knows: served, gone, or known under another name. Pure."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

import msgspec

from reconciler.sites.catalog import OTHER, load_catalog

if TYPE_CHECKING:
    from reconciler.sites.catalog import CatalogName

Kind = Literal["served", "retired", "redirected", "twin", "other-site", "unknown"]


class Whereabouts(msgspec.Struct, frozen=True):
    """Where a model is.

    Attributes:
        date: day of the retirement, where one is known.
        instead: the id that answers in its place, its ``Pro/`` twin here, or its id on the other site.
    """

    kind: Kind
    date: str = ""
    instead: str = ""

    def __str__(self) -> str:
        when = f" on {self.date}" if self.date else ""
        words: dict[Kind, str] = {
            "served": "",
            "retired": f"retired{when}",
            "redirected": f"retired{when}, {self.instead} answers in its place",
            "twin": f"served here as {self.instead}",
            "other-site": f"a model of the other site: {self.instead}",
            "unknown": "",
        }
        return words[self.kind]


@functools.cache
def whereabouts(site: CatalogName, model_id: str) -> Whereabouts:
    """What is known of ``model_id`` on ``site``."""
    catalog = load_catalog(site)
    retirement = catalog.retirement(model_id)
    if retirement is not None:
        kind: Kind = "redirected" if retirement.redirected_to else "retired"
        return Whereabouts(kind, retirement.date or "", retirement.redirected_to or "")
    if catalog.serves(model_id):
        return Whereabouts("served")
    twin = catalog.twin(model_id)
    if twin is not None:
        return Whereabouts("twin", instead=twin)
    elsewhere = counterpart(site, model_id)
    return Whereabouts("other-site", instead=elsewhere) if elsewhere else Whereabouts("unknown")


def counterpart(site: CatalogName, model_id: str) -> str | None:
    """The id of the same model on the other site: the same, or its twin with or without ``Pro/``."""
    other = load_catalog(OTHER[site])
    return model_id if other.serves(model_id) else other.twin(model_id)
