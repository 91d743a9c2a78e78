"""Keys in plain text that a plan takes away, and what becomes of each whose last copy that is. Pure.

What :func:`reconciler.openclaw.redact.shown` hides is what counts as a key. One that this program wrote is its source's to keep: rotating
it takes nobody's word. One that stands anywhere else in the live state, or that a declared source gives, isn't lost either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.edits import Edit, effect
from reconciler.openclaw import shapes
from reconciler.openclaw.models_json import is_key
from reconciler.openclaw.redact import hidden
from reconciler.plan.diff import REDACTED
from reconciler.plan.model import Change, PlanWarning, Refusal
from reconciler.secret import Fingerprints, Secret
from reconciler.state.ownership import decode_path
from reconciler.values import MISSING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from reconciler.json5.path import Path
    from reconciler.plan.guard import Overrides
    from reconciler.state.ownership import Applied

_FINGERPRINT = re.compile(r"fp:[0-9a-f]{12}\Z")
_PROVIDERS = ("models", "providers")
# As panels and logs show a key.
_MASKED = re.compile(r"\*{3}|…|•{3}")


class Going(msgspec.Struct, frozen=True):
    """A key that stands nowhere in the live state any more when the plan is carried out.

    Attributes:
        addresses: of the changes that take it away.
        place: where it stands, for people.
    """

    addresses: tuple[str, ...]
    place: str
    fingerprint: str
    secret: Secret


class KeptKey(msgspec.Struct, frozen=True):
    """A key that is saved before anything is written."""

    path: str
    address: str
    fingerprint: str
    secret: Secret


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of the keys that go."""

    warnings: tuple[PlanWarning, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    kept: tuple[KeptKey, ...] = ()


def going(
    changes: Sequence[tuple[Change, Edit]],
    cached: Iterable[tuple[str, str, Secret]],
    live: Any,
    fingerprints: Fingerprints,
    root: str,
) -> tuple[Going, ...]:
    """The keys that ``changes`` take away.

    Args:
        cached: keys that go with OpenClaw's own copies: address, place and key.
        live: the live state as one tree, every store in it.
        root: the config, for people.
    """
    found: dict[str, Going] = {}
    for address, place, secret in (*_taken(changes, live, fingerprints, root), *cached):
        fingerprint = fingerprints.of(secret)
        one = found.get(fingerprint) or Going((), place, fingerprint, secret)
        found[fingerprint] = msgspec.structs.replace(one, addresses=(*one.addresses, address))
    if not found:
        return ()
    after = effect(live, tuple(edit for _, edit in changes))
    standing = hidden((), after, fingerprints)
    return tuple(one for fingerprint, one in found.items() if fingerprint not in standing)


def _taken(
    changes: Sequence[tuple[Change, Edit]], live: Any, fingerprints: Fingerprints, root: str
) -> Iterator[tuple[str, str, Secret]]:
    for change, _ in changes:
        if change.action == "create" or change.reason == "rotation":
            continue
        path = decode_path(change.place)
        value = shapes.read(live, path)
        for secret in () if value is MISSING else hidden(path, value, fingerprints).values():
            if _may_be_key(path, secret):
                inside = ".".join(map(_step, decode_path(change.path)))
                held = (change.file or root) if change.surface == "config" else change.surface
                yield change.address, f"{held} {inside}", secret


def _step(step: object) -> str:
    return str(getattr(step, "id", step))


def _may_be_key(path: Path, secret: Secret) -> bool:
    """Not where a mask, a reference or the id of a profile stands in place of a key."""
    text = secret.reveal()
    if text in ("", REDACTED) or _MASKED.search(text) or shapes.variable_of(text) is not None:
        return False
    return path[:2] != _PROVIDERS or len(path) < 3 or is_key(str(path[2]), secret)


def written_from_sources(records: Iterable[Applied]) -> set[str]:
    """Fingerprints of the keys that this program wrote, or found as their declared source gave them."""
    return {
        field.value
        for record in records
        for resource in record.resources.values()
        for field in resource.fields
        if field.origin is not None and isinstance(field.value, str) and _FINGERPRINT.match(field.value)
    }


def judge(keys: Sequence[Going], left: Collection[str], unread: str, overrides: Overrides) -> Verdict:
    """What becomes of ``keys``: saved where the operator says so, refused where the last copy would go without a word.

    Args:
        left: fingerprints of keys that are not lost, because they stand or can be read elsewhere.
        unread: the declared source that can't be read, in words; empty where all can.
    """
    needed = [one for one in keys if one.fingerprint not in left]
    paths = _assigned(keys, needed, overrides.keep_key)
    warnings, refusals, kept = [], [], []
    for one in keys:
        address, path = one.addresses[0], paths.get(one.fingerprint)
        if path is not None:
            kept.append(KeptKey(path, address, one.fingerprint, one.secret))
            message = f"the key {one.fingerprint} in {one.place} is saved to {path} first; a rollback reads it there"
            warnings.append(PlanWarning("key-kept", address, message))
        elif one not in needed:
            continue
        elif not overrides.discard_key.isdisjoint(one.addresses):
            message = f"the key {one.fingerprint} in {one.place} goes for good, as --discard-key says: no rollback brings it back"
            warnings.append(PlanWarning("no-way-back", address, message))
        else:
            refusals.append(_refusal(one, unread, alone=len(needed) == 1))
    return Verdict(tuple(warnings), tuple(refusals), tuple(kept))


def _assigned(keys: Sequence[Going], needed: Sequence[Going], said: Sequence[str]) -> dict[str, str]:
    """The file of each key: as its address says, or the one file for the one key that needs it."""
    found = {}
    plain = []
    for text in said:
        for one in keys:
            address = next((a for a in one.addresses if text.startswith(f"{a}=")), None)
            if address is not None:
                found[one.fingerprint] = text[len(address) + 1 :]
                break
        else:
            plain.append(text)
    rest = [one for one in needed or keys if one.fingerprint not in found]
    if plain and len(rest) == 1:
        found[rest[0].fingerprint] = plain[0]
    return found


def _refusal(one: Going, unread: str, *, alone: bool) -> Refusal:
    address = one.addresses[0]
    why = (
        f"whether it is the one that is declared can't be told, because {unread} can't be read here; an apply where it can be goes "
        "ahead if it is"
        if unread
        else "nothing that is declared gives this key"
    )
    path = "PATH" if alone else f"'{address}=PATH'"
    return Refusal(
        "last-copy",
        one.addresses,
        f"the key {one.fingerprint} stands in {one.place} and, as far as can be seen, nowhere else: it would be gone for good; {why}",
        f"--keep-key {path} (saves it to a new private file) or --discard-key '{address}'",
    )
