"""Places beside the managed providers that talk to a SiliconFlow site or carry a managed provider's key. Pure.

Nobody manages them here, so a site switch leaves them where they are: they are named, with what they will send where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from reconciler.edits import effect
from reconciler.openclaw.references import PROVIDERS, Endpoint, endpoints, named, variables_in
from reconciler.openclaw.surfaces import surface_of
from reconciler.plan.model import PlanWarning
from reconciler.secret import Secret
from reconciler.sites.hosts import host_of
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reconciler.edits import Edit
    from reconciler.json5.path import Path
    from reconciler.plan.dangling import View

_Mark: TypeAlias = tuple[str, ...]


class OtherPlace(msgspec.Struct, frozen=True):
    """One such place.

    Attributes:
        place: in words.
        where: its file and line.
        site: the site that it talks to; empty where it has no address of a site.
        host: of that site.
        key: what it sends, in words; empty where it has no key.
        provider: the managed provider whose key that is; empty where it is none's.
        provider_site: the site of that provider.
        follows: the managed provider whose address it uses; empty where it has one of its own.
    """

    place: str
    where: str
    site: str
    host: str
    key: str
    provider: str
    provider_site: str
    follows: str = ""

    @property
    def says(self) -> str:
        """What it does, for people."""
        key = f"{self.key} (the key of {self.provider})" if self.provider else self.key
        if not self.site:
            return f"carries {key}"
        return f"{self.site} ({self.host}), with {key or 'no key of its own'}"

    @property
    def crossed(self) -> bool:
        """Whether one site's key goes to another site."""
        return bool(self.site and self.provider_site) and self.site != self.provider_site


class _Provider(msgspec.Struct, frozen=True):
    """A managed provider: the site and host that it talks to, and what its key may look like elsewhere."""

    name: str
    site: str
    host: str
    marks: frozenset[_Mark]


def find_other_places(view: View, managed: Collection[str]) -> tuple[OtherPlace, ...]:
    """Every such place of a config.

    Args:
        managed: ids of the managed providers.
    """
    providers = _providers(view, view.config, managed)
    return tuple(_places(view, providers, {path for path, _ in _rows(view.config, view, managed)}))


def left_behind(view: View, edits: tuple[Edit, ...], managed: Collection[str]) -> tuple[PlanWarning, ...]:
    """What a plan has to say of such places: keys that will go to another site, and what a site switch leaves where it was."""
    heads = tuple(
        edit
        for edit in edits
        if edit.path[:2] == PROVIDERS
        and len(edit.path) < 5
        and edit.path[3:] != ("models",)
        and surface_of(edit.path)[0] == "config"
    )
    after = effect(
        {"models": {"providers": dict(_heads(view.config))}, "env": lookup(view.config, ("env",))}, heads
    )
    before_all, after_all = _providers(view, view.config, managed), _providers(view, after, managed)
    passed_over = {path for path, _ in _rows(view.config, view, managed)}
    found = {one.place: one for one in _places(view, after_all, passed_over)}
    warnings = {one.place: _crossed(one) for one in found.values() if one.crossed}
    old = {one.name: one for one in before_all}
    for now in after_all:
        before = old.get(now.name, now)
        if before.site and now.site and before.site != now.site:
            for was in _places(view, (before,), passed_over):
                said = _left(was, found.get(was.place), before, now)
                if said is not None:
                    warnings.setdefault(was.place, said)
    return tuple(warnings.values())


def _crossed(one: OtherPlace) -> PlanWarning:
    message = (
        f"{one.where}: sends {one.key} (the key of {one.provider} on {one.provider_site}) to {one.host} ({one.site}), which takes no "
        f"key of another site; give it the address of {one.provider_site}, or a key of {one.site}"
    )
    return PlanWarning("key-to-other-site", one.place, message)


def _left(was: OtherPlace, then: OtherPlace | None, before: _Provider, now: _Provider) -> PlanWarning | None:
    """What becomes of a place when a provider moves to another site.

    Args:
        was: as it was before.
        then: as it will be; None where only the old key made it one.
    """
    code, old = "left-on-other-site", f"the key of {before.name} on {before.site}"
    key = f"{was.key} ({old})" if was.provider else was.key
    if was.follows == now.name:
        if then is not None and then.provider == now.name:
            return None
        code = "key-to-other-site" if was.provider else code
        what = f"sends {key or 'no key'} to {now.host} ({now.site}) from now on"
    elif was.site == before.site:
        what = f"stays on {before.site} ({was.host}) with {key or 'no key of its own'}"
    elif not was.site:
        what = f"goes on with {key}"
    else:
        return None
    message = (
        f"{was.where}: {what}, while {now.name} moves to {now.site}; change it by hand if it shall move too"
    )
    return PlanWarning(code, was.place, message)


def _places(view: View, providers: Collection[_Provider], passed_over: set[Path]) -> Iterator[OtherPlace]:
    for endpoint in endpoints(view.config, passed_over):
        for part in _parts(endpoint):
            found = _place(view, part, providers)
            if found is not None:
                yield found


def _parts(endpoint: Endpoint) -> Iterator[Endpoint]:
    """An object with an address as it is; keys without one, each for itself."""
    if endpoint.urls and endpoint.place[:1] != ("env",):
        yield endpoint
        return
    for place, url in endpoint.urls:
        yield Endpoint(place, ((place, url),), ())
    for place, key in endpoint.keys:
        yield Endpoint(place, (), ((place, key),))


def _place(view: View, endpoint: Endpoint, providers: Collection[_Provider]) -> OtherPlace | None:
    place, host, site = endpoint.place, "", ""
    for _, url in endpoint.urls:
        host = host_of(url)
        site = view.hosts.get(host, "")
        if site:
            break
    whose, key = None, ""
    for _, value in endpoint.keys:
        marks = _marks(view, value)
        owner = next((one for one in providers if not marks.isdisjoint(one.marks)), None)
        if owner is not None or not key:
            whose, key = owner or whose, _in_words(value)
    beside = None if endpoint.urls else _provider_beside(view, place, providers)
    if not site and beside is not None:
        site, host = beside.site, beside.host
    if not site and whose is None:
        return None
    provider = (whose.name, whose.site) if whose else ("", "")
    follows = beside.name if beside else ""
    return OtherPlace(named(place), view.where(place), site, host if site else "", key, *provider, follows)


def _provider_beside(view: View, place: Path, providers: Collection[_Provider]) -> _Provider | None:
    """The managed provider that an object around a key names; the key then goes to its address."""
    for length in range(len(place) - 1, 0, -1):
        said = lookup(view.config, (*place[:length], "provider"))
        if isinstance(said, str):
            name = view.id(said)
            return next((one for one in providers if view.id(one.name) == name), None)
    return None


def _rows(config: Any, view: View, managed: Collection[str]) -> Iterator[tuple[Path, Any]]:
    """The managed providers' objects, with their places."""
    live = lookup(config, PROVIDERS)
    for key, row in live.items() if isinstance(live, dict) else ():
        if view.id(key) in managed:
            yield (*PROVIDERS, key), row


def _heads(config: Any) -> Iterator[tuple[str, Any]]:
    """The live providers without their rows, which may be thousands."""
    live = lookup(config, PROVIDERS)
    for key, row in live.items() if isinstance(live, dict) else ():
        yield (
            key,
            {name: value for name, value in row.items() if name != "models"}
            if isinstance(row, dict)
            else row,
        )


def _providers(view: View, config: Any, managed: Collection[str]) -> tuple[_Provider, ...]:
    found = []
    for path, row in _rows(config, view, managed):
        url, key = lookup(row, ("baseUrl",)), lookup(row, ("apiKey",))
        host = host_of(url) if isinstance(url, str) else ""
        marks = set(_marks(view, key))
        for kind, *names in tuple(marks):
            inline = lookup(config, ("env", "vars", names[0])) if kind == "variable" else MISSING
            if isinstance(inline, str) and inline:
                marks.add(("literal", view.fingerprints.of(Secret(inline))))
        found.append(_Provider(str(path[-1]), view.hosts.get(host, ""), host, frozenset(marks)))
    return tuple(found)


def _marks(view: View, value: Any) -> frozenset[_Mark]:
    """What a key can be told by: its variable, its SecretRef, or its own fingerprint."""
    if isinstance(value, dict):
        source, name = str(value.get("source")), str(value.get("id"))
        return frozenset(
            {("variable", name) if source == "env" else (source, str(value.get("provider")), name)}
        )
    if not isinstance(value, str) or not value:
        return frozenset()
    named_ones = variables_in(value)
    if named_ones:
        return frozenset(("variable", name) for name in named_ones)
    return frozenset({("literal", view.fingerprints.of(Secret(value.removeprefix("Bearer ").strip())))})


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value.get('source')} {value.get('provider')}:{value.get('id')}"
    return ", ".join(f"${{{name}}}" for name in variables_in(value)) or "a key in plain text"
