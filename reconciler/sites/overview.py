"""The catalogue of a site as people ask for it: filtered, and beside what is declared and what a key can see. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from reconciler.sites.catalog import CatalogName, KnownModel, Retirement
from reconciler.sites.whereabouts import counterpart, whereabouts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reconciler.sites.catalog import Catalog

Capability = Literal["vision", "reasoning", "tools"]

# Fine-tunes and adapters, which belong to an account: not news about the site.
_OWN = ("ft:", "LoRA/")


class Wanted(msgspec.Struct, frozen=True):
    """Which models to show.

    Attributes:
        max_price: neither input nor output costs more, per million tokens in the site's currency; models of
            unknown price don't pass.
        min_window: tokens.
    """

    capabilities: tuple[Capability, ...] = ()
    max_price: float | None = None
    min_window: int | None = None

    def takes(self, model: KnownModel) -> bool:
        """Whether ``model`` passes."""
        if self.max_price is not None and (model.price is None or max(model.price) > self.max_price):
            return False
        if self.min_window is not None and model.context_window < self.min_window:
            return False
        return all(getattr(model, capability) for capability in self.capabilities)


class Row(msgspec.Struct, frozen=True):
    """A known model.

    Attributes:
        declared: the providers that declare it.
        seen: whether the key can see it; None where nobody asked.
        elsewhere: its id on the other site, None where that doesn't serve it.
        going: why it won't be there for long, empty for the others.
    """

    model: KnownModel
    elsewhere: str | None
    declared: tuple[str, ...]
    seen: bool | None
    going: str


class Stranger(msgspec.Struct, frozen=True):
    """A declared model that the catalogue doesn't have, and what is known instead."""

    id: str
    declared: tuple[str, ...]
    seen: bool | None
    what: str


class Overview(msgspec.Struct, frozen=True):
    """One site.

    Attributes:
        total: known models, before filtering.
        unknown: number of ids that the key can see and the catalogue doesn't have; None where nobody asked.
    """

    site: CatalogName
    rows: tuple[Row, ...]
    strangers: tuple[Stranger, ...]
    retired: tuple[Retirement, ...]
    total: int
    unknown: int | None


class Parted(msgspec.Struct, frozen=True):
    """A model that came, went or is about to go, and what is known of that."""

    id: str
    what: str
    declared: tuple[str, ...]


class Movement(msgspec.Struct, frozen=True):
    """A listing against the catalogue."""

    site: CatalogName
    new: tuple[Parted, ...]
    gone: tuple[Parted, ...]
    going: tuple[Parted, ...]


def overview(
    catalog: Catalog,
    wanted: Wanted,
    declared: Mapping[str, tuple[str, ...]],
    seen: Collection[str] | None,
    today: str,
) -> Overview:
    """The models of a site.

    Args:
        declared: providers by the id of each model that they declare.
        seen: ids that a key can see, None where nobody asked.
        today: ``YYYY-MM-DD``.
    """
    known = frozenset(catalog.ids())

    def sees(model_id: str) -> bool | None:
        return None if seen is None else model_id in seen

    rows = tuple(
        Row(
            model,
            counterpart(catalog.site, model.id),
            declared.get(model.id, ()),
            sees(model.id),
            going(catalog, model.id, today),
        )
        for model in catalog
        if wanted.takes(model)
    )
    strangers = tuple(
        Stranger(model_id, declared[model_id], sees(model_id), str(whereabouts(catalog.site, model_id)))
        for model_id in sorted(declared)
        if model_id not in known
    )
    unknown = None if seen is None else len(_news(known, seen))
    return Overview(catalog.site, rows, strangers, catalog.retirements, len(known), unknown)


def movement(
    catalog: Catalog, listed: Collection[str], declared: Mapping[str, tuple[str, ...]], today: str
) -> Movement:
    """What a listing has that the catalogue doesn't, and the other way round."""
    known = frozenset(catalog.ids())

    def parted(ids: Collection[str]) -> tuple[Parted, ...]:
        return tuple(
            Parted(
                one,
                going(catalog, one, today) or str(whereabouts(catalog.site, one)),
                declared.get(one, ()),
            )
            for one in sorted(ids)
        )

    return Movement(
        catalog.site,
        new=parted(_news(known, listed)),
        gone=parted(known.difference(listed)),
        going=parted([one for one in known.intersection(listed) if going(catalog, one, today)]),
    )


def _news(known: Collection[str], listed: Collection[str]) -> list[str]:
    return [one for one in listed if one not in known and not one.startswith(_OWN)]


def going(catalog: Catalog, model_id: str, today: str) -> str:
    """Why a model won't be served for long; empty where nothing is known of that.

    Args:
        today: ``YYYY-MM-DD``.
    """
    retirement, known = catalog.retirement(model_id), catalog.get(model_id)
    if retirement is not None and retirement.date and retirement.date > today:
        return f"to be {whereabouts(catalog.site, model_id)}"
    return "deprecated by the service" if known is not None and known.status == "deprecated" else ""
