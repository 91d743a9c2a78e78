"""Finds keys where they lie open: in plain text, behind OpenClaw's own mask, or in files that others may read. Reads only."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from reconciler.effective.chains import REDACTED
from reconciler.errors import TargetError
from reconciler.openclaw.commands import PASTE_KEY
from reconciler.openclaw.ids import provider_id
from reconciler.openclaw.models_json import agent_folders, is_key, models_file, read_models_file
from reconciler.openclaw.shapes import is_reference
from reconciler.openclaw.stores.contents import provider_of
from reconciler.openclaw.stores.read import AUTH_STORES
from reconciler.secret import Secret
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reconciler.json5.path import Path
    from reconciler.openclaw.paths import Paths
    from reconciler.targets.local import Snapshot

MOST = 200

# Files in the state folder that hold credentials, in every release; `*` is an agent's folder.
_PRIVATE = (
    ".env",
    "state/openclaw.sqlite",
    "state/openclaw.sqlite-wal",
    "agents/*/agent/auth-profiles.json",
    "agents/*/agent/models.json",
    "agents/*/agent/openclaw-agent.sqlite",
    "agents/*/agent/openclaw-agent.sqlite-wal",
)


class Leak(msgspec.Struct, frozen=True, order=True):
    """One key that lies open, or can't be used because of that.

    Attributes:
        status: ``fail`` where OpenClaw can't work with what stands there.
        place: file and place in it.
    """

    kind: Literal["plain-key", "redacted-key", "cached-key", "permissions"]
    status: Literal["warn", "fail"]
    place: str
    message: str
    remedy: str


def find_leaks(snapshot: Snapshot, providers: Collection[str] | None = None) -> tuple[Leak, ...]:
    """Every leak, by kind and place.

    Args:
        providers: the ids of those whose keys are looked at; None for all. Permissions concern them all.
    """
    found = (
        *_in_config(snapshot, providers),
        *_in_store(snapshot, providers),
        *_in_models_files(snapshot, providers),
        *_readable(snapshot),
    )
    return tuple(sorted(found)[:MOST])


def _in_config(snapshot: Snapshot, providers: Collection[str] | None) -> Iterator[Leak]:
    config, file = snapshot.config.value, snapshot.paths.display(snapshot.config.root)
    live = lookup(config, ("models", "providers"))
    for name, provider in live.items() if isinstance(live, dict) else ():
        key = provider.get("apiKey") if isinstance(provider, dict) else None
        if providers is not None and provider_id(name) not in providers:
            continue
        if (
            isinstance(key, str)
            and key
            and key != REDACTED
            and not is_reference(key)
            and not key.startswith(f"{name}:")
        ):
            message = f"provider {name} holds its key in plain text"
            remedy = "declare the provider with `key: {env: NAME}` and apply"
            yield Leak("plain-key", "warn", f"{file} models.providers.{name}.apiKey", message, remedy)
    if REDACTED.encode() in b"".join(one.data for one in snapshot.config.files.values()):
        for path in _masked(config, ()):
            place = f"{file} {'.'.join(map(str, path))}"
            message = "OpenClaw's mask stands in place of the key, and is sent as the key"
            remedy = "apply puts declared keys back; make others anew, or take them from a backup (openclaw.json.bak)"
            yield Leak("redacted-key", "fail", place, message, remedy)


def _masked(value: Any, path: Path) -> Iterator[Path]:
    if value == REDACTED:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from _masked(item, (*path, step))


def _in_store(snapshot: Snapshot, providers: Collection[str] | None) -> Iterator[Leak]:
    store = AUTH_STORES[snapshot.capabilities.auth_store]
    for agent in agent_folders(snapshot.paths):
        try:
            contents = store.read(snapshot.paths, agent)
        except (TargetError, OSError):
            continue
        for name, profile in contents.profiles.items():
            wanted = providers is None or provider_id(provider_of(profile)) in providers
            masked = any(
                isinstance(value, Secret) and value == Secret(REDACTED) for value in profile.values()
            )
            if wanted and masked:
                place = f"auth profile {name} in {snapshot.paths.display(contents.place)}"
                advice = PASTE_KEY.advice(
                    snapshot.capabilities.release, provider=provider_of(profile), profile=name, agent=agent
                )
                remedy = f"put the key in anew, {advice}"
                yield Leak(
                    "redacted-key", "fail", place, "OpenClaw's mask stands in place of the key", remedy
                )


def _in_models_files(snapshot: Snapshot, providers: Collection[str] | None) -> Iterator[Leak]:
    for agent in agent_folders(snapshot.paths):
        try:
            file = read_models_file(models_file(snapshot.paths, agent), providers)
        except TargetError:
            continue
        for name, entry in file.providers.items() if file else ():
            if entry.key is None or not is_key(name, entry.key):
                continue
            place = f"{snapshot.paths.display(file.path) if file else ''} providers.{name}.apiKey"
            yield Leak(
                "cached-key",
                "warn",
                place,
                "a key in plain text, in OpenClaw's own copy of the providers",
                _cached(snapshot),
            )


def _cached(snapshot: Snapshot) -> str:
    if snapshot.capabilities.keeps_keys:
        return "this release writes it there for `${VAR}` and for profiles; with a SecretRef, or from 2026.8.1 on, it doesn't"
    return "no turn reads it: `reconciler apply` takes a managed provider out of it, others can go by hand"


def _readable(snapshot: Snapshot) -> Iterator[Leak]:
    paths = snapshot.paths
    wanted = [(paths.state_dir, 0o700), *((path, 0o600) for path in sorted(snapshot.config.files))]
    wanted += [(path, 0o600) for path in (*_private(paths), *_secret_files(snapshot))]
    for path, mode in dict(wanted).items():
        try:
            found = stat.S_IMODE(os.stat(path).st_mode)
        except OSError:
            continue
        if found & 0o077:
            message = f"{paths.display(path)} has mode {found:04o}, open to others"
            yield Leak("permissions", "warn", paths.display(path), message, f"chmod {mode:o} {path}")


def _private(paths: Paths) -> Iterator[str]:
    agents = agent_folders(paths)
    for pattern in _PRIVATE:
        for agent in agents if "*" in pattern else ("",):
            yield os.path.join(paths.state_dir, pattern.replace("*", agent))


def _secret_files(snapshot: Snapshot) -> Iterator[str]:
    providers = lookup(snapshot.config.value, ("secrets", "providers"))
    for provider in providers.values() if isinstance(providers, dict) else ():
        path = provider.get("path") if isinstance(provider, dict) else None
        if isinstance(path, str) and provider.get("source") == "file":
            yield os.path.join(snapshot.paths.home, path[2:]) if path.startswith("~/") else path
