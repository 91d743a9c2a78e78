"""Declared models against what the site serves: its listing, its retirements, the other site. Pure.

A model that is missing from the listing isn't necessarily gone: CN redirects some retired ids, and fine-tunes are
never listed. So what can be explained is explained, and only what certainly fails blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.health.report import ROLES, Level, ModelUse
from reconciler.sites.catalog import OTHER, load_catalog
from reconciler.sites.purposes import NOT_CHAT, purpose
from reconciler.sites.whereabouts import counterpart

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reconciler.health.report import Endpoint
    from reconciler.sites.catalog import Retirement

_UNLISTED = ("ft:", "LoRA/")


class Finding(msgspec.Struct, frozen=True):
    """What is wrong with one model."""

    use: ModelUse
    code: str
    level: Level
    message: str
    remedy: str


def weightiest(models: Collection[ModelUse]) -> tuple[ModelUse, ...]:
    """Each id once, in its weightiest role; ordered by role, then id."""
    found: dict[str, ModelUse] = {}
    for use in sorted(models, key=lambda use: (ROLES.index(use.role), use.id, str(use.source or ""))):
        found.setdefault(use.id, use)
    return tuple(found.values())


def compare(endpoint: Endpoint, listed: Collection[str] | None) -> Iterator[Finding]:
    """What is to be said about the declared models of ``endpoint``.

    Args:
        listed: ids that the key can see; ``None`` where the listing could not be had, and only what the release notes
            say can be told.
    """
    for use in weightiest(endpoint.models):
        if listed is not None and use.id in listed:
            continue
        finding = _retired(endpoint, use)
        if finding is None and listed is not None:
            finding = _unlisted(use) or _misspelled(endpoint, use, listed) or _elsewhere(endpoint, use)
            finding = finding or _for_something_else(endpoint, use) or _missing(endpoint, use)
        if finding is not None:
            yield finding


def _retired(endpoint: Endpoint, use: ModelUse) -> Finding | None:
    retirement = load_catalog(endpoint.catalog).retirement(use.id) if endpoint.catalog else None
    if retirement is None:
        return None
    if retirement.redirected_to:
        return Finding(
            use,
            "model-redirected",
            "warn",
            f"{use.id} is retired{_since(retirement)}; site {endpoint.site} answers, and bills, {retirement.redirected_to}",
            f"Name {retirement.redirected_to} in the manifest.",
        )
    return Finding(
        use,
        "model-retired",
        "block",
        f"site {endpoint.site} retired {use.id}{_since(retirement)}",
        f"Choose a successor; `reconciler catalog {endpoint.site}` lists what is served.",
    )


def _since(retirement: Retirement) -> str:
    return f" on {retirement.date}" if retirement.date else ""


def _unlisted(use: ModelUse) -> Finding | None:
    if not use.id.startswith(_UNLISTED):
        return None
    return Finding(
        use,
        "model-unlisted",
        "warn",
        f"{use.id} is a fine-tune, which the listing need not show; it could not be checked",
        "Check it with --probe.",
    )


def _misspelled(endpoint: Endpoint, use: ModelUse, listed: Collection[str]) -> Finding | None:
    """An id that the site has under a slightly different name."""
    twin = use.id.removeprefix("Pro/") if use.id.startswith("Pro/") else f"Pro/{use.id}"
    if twin in listed:
        return Finding(
            use,
            "model-pro-twin",
            "block",
            f"site {endpoint.site} does not serve {use.id} to this key, but it serves {twin}",
            f"Name {twin}; Pro/ models are billed differently.",
        )
    bare = use.id.removeprefix(f"{endpoint.provider}/")
    if bare != use.id and bare in listed:
        return Finding(
            use,
            "model-prefixed",
            "block",
            f"{use.id} begins with the provider's name; the service knows the model as {bare}",
            f"Write {bare} as the id; only references from agents carry the provider's name.",
        )
    close = sorted(known for known in listed if _same_but_for_case_or_vendor(known, use.id))
    if close:
        return Finding(
            use,
            "model-misspelled",
            "block",
            f"site {endpoint.site} does not list {use.id}, but it lists {close[0]}",
            f"Write {close[0]}; case counts.",
        )
    return None


def _same_but_for_case_or_vendor(known: str, wanted: str) -> bool:
    known, wanted = known.lower(), wanted.lower()
    return known == wanted or known.endswith(f"/{wanted}")


def _elsewhere(endpoint: Endpoint, use: ModelUse) -> Finding | None:
    if endpoint.catalog is None:
        return None
    found = counterpart(endpoint.catalog, use.id)
    if found is None or load_catalog(endpoint.catalog).serves(use.id):
        return None
    where = endpoint.sibling or OTHER[endpoint.catalog]
    return Finding(
        use,
        "model-other-site",
        "block",
        f"site {endpoint.site} does not list {use.id}; {found} is a model of the other site ({where})",
        f"Choose a model that site {endpoint.site} serves, or declare a provider for site {where}, with a key of its own.",
    )


def _for_something_else(endpoint: Endpoint, use: ModelUse) -> Finding | None:
    what = purpose(use.id)
    if not what:
        return None
    return Finding(
        use,
        "model-not-chat",
        "block" if use.role == "primary" else "warn",
        f"{use.id} is {what} by its name, and site {endpoint.site} does not list it among its chat models",
        NOT_CHAT,
    )


def _missing(endpoint: Endpoint, use: ModelUse) -> Finding:
    level: Level = "block" if use.role == "primary" else "warn"
    return Finding(
        use,
        "model-missing",
        level,
        f"site {endpoint.site} does not list {use.id} for this key",
        f"Check the spelling; `reconciler catalog {endpoint.site} --live` lists what the key can see.",
    )
