"""Rules about accounts: the two sites have separate ones, and a key of one is invalid on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.manifest.rules.finding import Rule
from reconciler.manifest.rules.knowledge import catalogued

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.draft import Draft, Path, PlacedKey
    from reconciler.manifest.rules.finding import Finding
    from reconciler.sites.catalog import CatalogName

# Words of a variable's name that say whose key it is. SILICONFLOW_API_KEY says nothing: both uses are about.
_HINTS: dict[str, CatalogName] = {
    "CN": "cn",
    "CHINA": "cn",
    "GLOBAL": "global",
    "INTL": "global",
    "INTERNATIONAL": "global",
    "COM": "global",
}

# Every release from 2026.4.15 to 2026.9.6 treats `Pro/` models specially under this provider id, and only CN has them.
_BUILT_IN_ID = "siliconflow"


def _variables(draft: Draft) -> Iterator[tuple[PlacedKey, Path, str, CatalogName]]:
    """Every variable that a key of a known site is read from, and where it is named."""
    sites = {provider.name: site for provider, site in catalogued(draft)}
    for placed in draft.keys:
        site, key = sites.get(placed.provider), placed.key
        if site is None:
            continue
        if key.env is not UNSET:
            yield placed, ("env",), key.env, site
        if key.inline is not UNSET:
            yield placed, ("inline",), key.inline, site
        if key.store is not UNSET:
            yield placed, ("store",), key.store, site
        if key.from_ is not UNSET and key.from_.env is not UNSET:
            yield placed, ("from", "env"), key.from_.env, site


def _key_of_other_site(draft: Draft) -> Iterator[Finding]:
    for placed, path, name, site in _variables(draft):
        hints = {_HINTS[word] for word in name.upper().split("_") if word in _HINTS}
        if hints and site not in hints:
            what = f"{name} reads like a key of the other site; {placed.provider} uses the site {site}"
            remedy = "Check whose key it is: a key of one site is invalid on the other."
            yield placed.at(*path), what, remedy


def _key_of_both_sites(draft: Draft) -> Iterator[Finding]:
    first: dict[str, tuple[PlacedKey, CatalogName]] = {}
    for placed, path, name, site in _variables(draft):
        other, its_site = first.setdefault(name, (placed, site))
        if its_site != site and _together(draft, other.provider, placed.provider):
            what = f"{name} is also the key of {other.whose}, which uses the site {its_site}"
            remedy = "Give each site a variable of its own: no key is valid on both."
            yield placed.at(*path), what, remedy


def _swapped_id(draft: Draft) -> Iterator[Finding]:
    sites = {provider.name: (provider, site) for provider, site in catalogued(draft)}
    holder = sites.get(_BUILT_IN_ID)
    cn = [name for name, (_, site) in sites.items() if site == "cn" and _together(draft, name, _BUILT_IN_ID)]
    if holder is not None and holder[1] == "global" and cn:
        what = f"OpenClaw treats the CN site's Pro/ models specially under the id {_BUILT_IN_ID}, which the Global site has here"
        remedy = f"Give {cn[0]} the name {_BUILT_IN_ID}, and this one {_BUILT_IN_ID}-global."
        yield holder[0].tree.at("metadata", "name"), what, remedy


def _together(draft: Draft, one: str, other: str) -> bool:
    """Whether some gateway has both providers; without a declared one, the local gateway has all."""
    chosen = [gateway.document.spec.providers for gateway in draft.gateways] or [UNSET]
    return any(names is UNSET or {one, other}.issubset(names) for names in chosen)


RULES = (
    Rule("key-of-other-site", _key_of_other_site, "warning"),
    Rule("key-of-both-sites", _key_of_both_sites, "warning"),
    Rule("provider-id-swapped", _swapped_id, "warning"),
)
