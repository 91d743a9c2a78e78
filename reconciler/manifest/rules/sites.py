"""Rules about sites: a wrong base URL answers 404 or "invalid key", and a careless one gives the key away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.manifest.draft import models_of
from reconciler.manifest.rules.finding import Rule
from reconciler.manifest.similar import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

    from reconciler.errors import Location
    from reconciler.manifest.draft import Draft
    from reconciler.manifest.rules.finding import Finding


def _known(draft: Draft) -> set[str]:
    return {*BUILTIN, *(placed.name for placed in draft.sites)}


def _unknown_site(draft: Draft) -> Iterator[Finding]:
    known = _known(draft)
    for placed in draft.providers:
        site = placed.document.spec.site
        if not draft.knows("Site", site, known):
            yield placed.tree.at("spec", "site"), f"no site {site[:60]} is known", _choose(site, known)


def _unknown_sibling(draft: Draft) -> Iterator[Finding]:
    known = _known(draft)
    for placed in draft.sites:
        sibling = placed.document.spec.sibling
        if sibling is UNSET:
            continue
        place = placed.tree.at("spec", "sibling")
        if sibling == placed.name:
            yield (
                place,
                f"the site {sibling} is its own sibling",
                "Name the other site, or leave sibling out.",
            )
        elif not draft.knows("Site", sibling, known):
            yield place, f"no site {sibling[:60]} is known", _choose(sibling, known)


def _choose(name: str, known: set[str]) -> str:
    sites = ", ".join(sorted(known))
    return did_you_mean(name, known) or f"Use one of {sites}, or declare a Site of that name."


def _urls(draft: Draft) -> Iterator[tuple[Location, str]]:
    """Every address that keys are sent to: of sites, and of models that have their own."""
    for site in draft.sites:
        yield site.tree.at("spec", "baseUrl"), site.document.spec.base_url
    for provider in draft.providers:
        for index, model in models_of(provider):
            if model.base_url is not UNSET:
                yield provider.tree.at("spec", "models", index, "baseUrl"), model.base_url


def _base_url(draft: Draft) -> Iterator[Finding]:
    for location, url in _urls(draft):
        fault = _url_fault(url)
        if fault:
            yield location, *fault


def _url_fault(url: str) -> tuple[str, str] | None:
    """What is wrong with a base URL; its text is not shown, for it may hold a password."""
    parts = _split(url)
    if parts is None:
        return "baseUrl is no http address", "Write it in full, such as https://api.siliconflow.com/v1."
    if "@" in parts.netloc:
        return "baseUrl holds a user name or password", "Remove it; a key comes from key: of the Provider."
    if "?" in url or "#" in url:
        return "baseUrl has a query or fragment", "Remove everything from ? or # on."
    if parts.path.rstrip("/").endswith("/chat/completions"):
        return "baseUrl is the address of one request", "Remove /chat/completions; OpenClaw adds it."
    if not parts.path.endswith("/v1"):
        last = (
            "the slash at its end"
            if parts.path.endswith("/v1/")
            else "what follows /v1"
            if "/v1/" in parts.path
            else ""
        )
        return (
            "baseUrl does not end in /v1",
            f"Remove {last}." if last else "Add /v1; requests go to /v1/chat/completions.",
        )
    return None


def _split(url: str) -> SplitResult | None:
    from urllib.parse import urlsplit

    if not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname and port != 0 else None


def _plain_http(draft: Draft) -> Iterator[Finding]:
    for location, url in _urls(draft):
        parts = _split(url)
        if parts and parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            yield (
                location,
                "baseUrl sends the key unencrypted to another host",
                "Write https://; plain http is for this machine alone.",
            )


def _is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _listing(draft: Draft) -> Iterator[Finding]:
    for placed in draft.sites:
        if not placed.document.spec.listing.startswith("/"):
            yield (
                placed.tree.at("spec", "listing"),
                "listing is no path below the base URL",
                "Start it with /, such as /models?sub_type=chat.",
            )


RULES = (
    Rule("unknown-site", _unknown_site, fixed=True),
    Rule("unknown-sibling", _unknown_sibling, fixed=True),
    Rule("site-base-url", _base_url, fixed=True),
    Rule("site-plain-http", _plain_http, fixed=True),
    Rule("site-listing", _listing, fixed=True),
)
