"""Entries of owned providers in agents' ``models.json`` that are out of date, with the bytes that are left without them.

In no release checked does a turn use them: address and key come from the config (2026.2.9, 3.13, 4.15, 5.20, 6.11, 9.6; with
and without a gateway). But an old key stays readable there, and an old address misleads whoever looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from reconciler.desired.model import SecretValue
from reconciler.errors import TargetError
from reconciler.openclaw.ids import provider_id
from reconciler.openclaw.models_json import (
    CachedProvider,
    ModelsFile,
    agent_folders,
    is_key,
    models_file,
    read_models_file,
    without_entries,
)
from reconciler.openclaw.stores.contents import MAIN, provider_of
from reconciler.openclaw.stores.read import AUTH_STORES
from reconciler.plan.model import Change
from reconciler.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reconciler.desired.model import Desired, Field
    from reconciler.targets.local import Snapshot


_OLD_KEY = "it holds an old key in plain text"


class StaleFile(msgspec.Struct, frozen=True):
    """One file to mend.

    Attributes:
        shown: the path as it is shown to people.
        reasons: why, by provider whose entry goes.
        keys: those in plain text that go with an entry, by provider.
        mode: permission bits that it should get.
    """

    agent: str
    path: str
    shown: str
    reasons: dict[str, str]
    before: bytes
    after: bytes
    keys: dict[str, Secret] = {}
    mode: int = 0o600


def find_stale(
    snapshot: Snapshot, desired: Desired, keys: Mapping[str, Sequence[Secret | None]]
) -> tuple[StaleFile, ...]:
    """Every file with an entry to take out; one that can't be understood is left alone.

    Args:
        desired: with the owned providers, the base URL that each should have, and the profiles that hold what is declared.
        keys: see :func:`kept_keys`.
    """
    found = []
    urls = wanted_urls(desired)
    declared = {str(resource.path[-1]) for resource in desired.resources if resource.kind == "profile"}
    kept = keys if snapshot.capabilities.keeps_keys else {}
    for agent in agent_folders(snapshot.paths):
        try:
            file = read_models_file(models_file(snapshot.paths, agent), urls)
        except TargetError:
            continue
        if file is None:
            continue
        reasons = {
            name: reason
            for name, entry in sorted(file.providers.items())
            if (reason := _stale(name, entry, urls[provider_id(name)], kept.get(provider_id(name))))
            and (
                reason != _OLD_KEY
                or _elsewhere(entry, urls[provider_id(name)])
                or not _is_stored(snapshot, agent, name, entry, declared)
            )
        }
        if reasons:
            shown, after = snapshot.paths.display(file.path), without_entries(file, reasons)
            found.append(StaleFile(agent, file.path, shown, reasons, file.data, after, _keys(file, reasons)))
    return tuple(found)


def _keys(file: ModelsFile, providers: Collection[str]) -> dict[str, Secret]:
    entries = {name: file.providers[name].key for name in providers}
    return {name: key for name, key in entries.items() if key is not None and is_key(name, key)}


def repairs(stale: Sequence[StaleFile]) -> tuple[Change, ...]:
    """The changes that take the entries out; OpenClaw makes one anew from the config where it wants one."""
    return tuple(
        Change(
            address=f"models-json[{file.agent}].{name}",
            surface="models.json",
            path=("providers", name),
            actions=("update",),
            reason="stale-copy",
            impact="next-turn",
            sensitive=False,
            before=reason,
            after="made anew by OpenClaw from the config",
            file=file.shown,
        )
        for file in stale
        for name, reason in file.reasons.items()
    )


def wanted_urls(desired: Desired) -> dict[str, str]:
    """The base URL of every provider that is asked for."""
    return {
        provider_id(str(resource.path[-1])): str(field.value)
        for resource in desired.resources
        if resource.kind == "provider"
        for field in resource.fields
        if field.path == ("baseUrl",)
    }


def kept_keys(desired: Desired, environ: Mapping[str, str]) -> dict[str, list[Secret | None]]:
    """The providers whose keys releases before 2026.8.1 keep in ``models.json`` themselves, so that only another key is out of date.

    That is a key behind ``${VAR}``, or in a profile; never one behind a SecretRef (turns and gateways on 4.15, 5.20, 6.11). Several, where
    an agent has one of its own. A key that stands in no variable here is None: a plan opens no file and runs no program for this.
    """
    found: dict[str, list[Secret | None]] = {}
    for resource in desired.resources:
        for field in resource.fields:
            if resource.kind == "provider" and field.path == ("apiKey",) and isinstance(field.value, str):
                found.setdefault(provider_id(str(resource.path[-1])), []).append(_variable(field, environ))
            elif resource.kind == "profile" and isinstance(field.value, SecretValue):
                provider = str(resource.path[-1]).partition(":")[0]
                found.setdefault(provider, []).append(_variable(field, environ))
    return found


def _is_stored(
    snapshot: Snapshot, agent: str, provider: str, entry: CachedProvider, declared: Collection[str]
) -> bool:
    """Whether a profile that nobody declares holds the entry's key, be it used in a turn or not.

    2026.3.13 puts the key of such a profile there at each turn, so that taking it out is no end: the profile would have to go.
    """
    store = AUTH_STORES[snapshot.capabilities.auth_store]
    for holder in {agent, MAIN}:
        try:
            profiles = store.read(snapshot.paths, holder).profiles
        except TargetError:
            continue
        for name, profile in profiles.items():
            ours = name in declared or provider_id(provider_of(profile)) != provider_id(provider)
            if not ours and entry.key in (profile.get("key"), profile.get("token")):
                return True
    return False


def _variable(field: Field, environ: Mapping[str, str]) -> Secret | None:
    name = field.key_origin.env if field.key_origin else UNSET
    value = environ.get(name) if name is not UNSET else None
    return Secret(value) if value else None


def _stale(name: str, entry: CachedProvider, url: str, kept: Sequence[Secret | None] | None) -> str:
    """Why an entry should go; empty where it may stay.

    Args:
        kept: the keys that OpenClaw itself puts there, see :func:`kept_keys`; None where it puts none.
    """
    if entry.key is not None and is_key(name, entry.key):
        if kept is None:
            return "it holds a key in plain text"
        if None not in kept and entry.key not in kept:
            return _OLD_KEY
    return f"it has the address {entry.base_url}" if _elsewhere(entry, url) else ""


def _elsewhere(entry: CachedProvider, url: str) -> bool:
    return entry.base_url is not None and entry.base_url.rstrip("/") != url.rstrip("/")
