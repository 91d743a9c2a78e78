"""What is known of the keys of a plan: those that it writes, at their sources, and further copies of those that it takes away. Reads only."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from reconciler.desired.model import SecretValue
from reconciler.errors import KeySourceError, TargetError
from reconciler.ids import provider_id
from reconciler.keys import describe
from reconciler.openclaw.dotenv import dotenv_files, read_dotenv
from reconciler.openclaw.redact import hidden
from reconciler.openclaw.surfaces import AUTH_STORE
from reconciler.plan.last_copies import Verdict, going, judge, written_from_sources
from reconciler.plan.model import PlanWarning
from reconciler.state.ownership import STORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.desired.model import Desired
    from reconciler.effective.stale_models import StaleFile
    from reconciler.keys import Keyring
    from reconciler.manifest.model import KeyOrigin
    from reconciler.plan.diff import Difference
    from reconciler.plan.guard import Overrides
    from reconciler.plan.last_copies import KeptKey
    from reconciler.secret import Fingerprints, Secret
    from reconciler.state.ownership import Applied
    from reconciler.targets.local import Snapshot


def fingerprints_of(
    desired: Desired, fingerprints: Fingerprints, keyring: Keyring
) -> tuple[dict[tuple[str, tuple[str, ...]], str | None], list[PlanWarning]]:
    """Fingerprints of the keys that would be written or are read elsewhere, and a warning for each to write that can't be read here."""
    wanted: dict[tuple[str, tuple[str, ...]], str | None] = {}
    unread = []
    for resource, field in desired.key_fields():
        origin, written = field.key_origin, isinstance(field.value, SecretValue)
        if origin is None or not (written or field.read_elsewhere):
            continue
        try:
            wanted[resource.address, field.path] = fingerprints.of(keyring.read(origin))
        except KeySourceError:
            wanted[resource.address, field.path] = None
            message = (
                f"not compared: {describe(origin)} can't be read here; apply reads it and refuses without it"
            )
            if written:
                unread.append(PlanWarning("key-unread", resource.address, message))
    return wanted, unread


def judge_keys(
    snapshot: Snapshot,
    live: Mapping[str, object],
    difference: Difference,
    stale: Sequence[StaleFile],
    records: Sequence[Applied],
    desired: Desired,
    keyring: Keyring,
    overrides: Overrides,
) -> Verdict:
    """What becomes of every key in plain text that a plan takes away.

    Args:
        live: the live state as one tree.
        records: of every manifest set.
    """
    root, fingerprints = snapshot.paths.display(snapshot.config.root), snapshot.fingerprints
    cached = [
        (f"models-json[{file.agent}].{name}", f"{file.shown} providers.{name}.apiKey", key)
        for file in stale
        for name, key in file.keys.items()
        if not (snapshot.capabilities.keeps_keys and _refers(records, name))
    ]
    keys = going(difference.changes, cached, live, fingerprints, root)
    if not keys:
        return Verdict()
    left = written_from_sources(records)
    left.update(map(fingerprints.of, _beside(snapshot, live)))
    unread = ""
    for origin in origins(desired):
        try:
            left.add(fingerprints.of(keyring.read(origin)))
        except KeySourceError:
            unread = unread or describe(origin)
    left.difference_update(map(fingerprints.of, keyring.received))
    verdict = judge(keys, left, unread, overrides)
    kept = (msgspec.structs.replace(one, path=keyring.path(one.path)) for one in verdict.kept)
    return msgspec.structs.replace(verdict, kept=tuple(kept))


def _refers(records: Sequence[Applied], provider: str) -> bool:
    """Whether an apply made the provider refer to its key: what OpenClaw has copied since is what the reference gave."""
    found = (record.resources.get(f"provider/{provider_id(provider)}") for record in records)
    fields = (resource.field(("apiKey",)) for resource in found if resource is not None)
    return any(field is not None and field.origin is not None for field in fields)


def origins(desired: Desired) -> tuple[KeyOrigin, ...]:
    """Where the declared keys are read, each once."""
    found: list[KeyOrigin] = []
    for _, field in desired.key_fields():
        origin = field.key_origin
        if origin is not None and origin not in found:
            found.append(origin)
    return tuple(found)


def receive(kept: Sequence[KeptKey], desired: Desired, keyring: Keyring) -> bool:
    """Let a declared key file that isn't there yet, and that a key will be saved to, give that key; whether there was one."""
    files = {keyring.path(origin.file) for origin in origins(desired) if origin.file is not UNSET}
    return any(keyring.receive(one.path, one.secret) for one in kept if one.path in files)


def _beside(snapshot: Snapshot, live: Mapping[str, object]) -> Iterator[Secret]:
    """Keys that stand where the plan takes nothing away: in stores that it has nothing to do with, and in ``.env`` files."""
    if AUTH_STORE not in live:
        with contextlib.suppress(TargetError):
            stores = snapshot.stores(STORED)
            yield from hidden((), stores.beside({}) if stores else {}, snapshot.fingerprints).values()
    for path in dotenv_files(snapshot.paths):
        try:
            yield from read_dotenv(path).values()
        except (OSError, ValueError):
            continue
