"""Endpoint checks that passed are good for some minutes: ``apply`` right after ``plan --health`` need not ask again.

An entry's name is a keyed digest of everything that the check depended on, the key of the service included; without the random key
of this user nobody can tell from it which key was used. What an entry holds is what the check printed, which never has a secret.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import time
from typing import TYPE_CHECKING

import msgspec

from reconciler.files import write_atomically
from reconciler.health.report import UNFINISHED, Check

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from reconciler.health.check import Probing
    from reconciler.health.report import Endpoint

LIFETIME_S = 300
_KEY_BYTES = 32
_KEY_FILE = "key"
_SUFFIX = ".json"
_LONGEST = 1 << 20  # bytes of an entry

# What a check that probed less may be answered with.
_STRONGER: Mapping[Probing, tuple[Probing, ...]] = {
    "none": ("none", "primary", "all"),
    "primary": ("primary", "all"),
    "all": ("all",),
}


class Entry(msgspec.Struct, frozen=True):
    """A check that passed.

    Attributes:
        time: when it ended, in seconds since the epoch.
    """

    time: float
    checks: tuple[Check, ...]


class HealthCache:
    """Passed checks of one user; whatever is wrong with its files, it only means that the endpoint is asked again.

    Args:
        folder: where entries are kept; made when the first is.
        now: seconds since the epoch.
    """

    def __init__(self, folder: str, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now

    def find(self, endpoint: Endpoint, allowed: Collection[str], probe: Probing) -> tuple[Entry, int] | None:
        """A passed check of just this endpoint, and its age in seconds.

        Args:
            allowed: hosts that the operator lets have a key.
            probe: how much the check must at least have probed.
        """
        key = self._read(_KEY_FILE)
        if key is None or len(key) != _KEY_BYTES:
            return None
        for level in _STRONGER[probe]:
            content = self._read(_name(key, endpoint, allowed, level))
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                entry = msgspec.json.decode(content or b"", type=Entry)
                age = self._now() - entry.time
                if 0 <= age < LIFETIME_S:
                    return entry, int(age)
        return None

    def keep(
        self, endpoint: Endpoint, allowed: Collection[str], probe: Probing, checks: tuple[Check, ...]
    ) -> None:
        """Remember a check that passed; one that blocks makes what was remembered of the endpoint void.

        One that came to no end, because the service was busy, is neither.
        """
        if any(check.verdict == "block" for check in checks):
            self._forget(endpoint, allowed)
            return
        if any(check.code in UNFINISHED for check in checks):
            return
        with contextlib.suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            path = os.path.join(self._folder, _name(self._key(), endpoint, allowed, probe))
            now = self._now()
            write_atomically(path, msgspec.json.encode(Entry(now, checks)), mode=0o600)
            os.utime(path, (now, now))
            self._sweep(now)

    def _forget(self, endpoint: Endpoint, allowed: Collection[str]) -> None:
        key = self._read(_KEY_FILE)
        for probe in _STRONGER if key is not None else ():
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self._folder, _name(key or b"", endpoint, allowed, probe)))

    def _key(self) -> bytes:
        found = self._read(_KEY_FILE)
        if found is not None and len(found) == _KEY_BYTES:
            return found
        key = secrets.token_bytes(_KEY_BYTES)
        write_atomically(os.path.join(self._folder, _KEY_FILE), key, mode=0o600)
        return key

    def _read(self, name: str) -> bytes | None:
        try:
            descriptor = os.open(
                os.path.join(self._folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
            with os.fdopen(descriptor, "rb") as file:
                content = file.read(_LONGEST + 1)
        except OSError:
            return None
        return content if len(content) <= _LONGEST else None

    def _sweep(self, now: float) -> None:
        with os.scandir(self._folder) as found:
            for one in found:
                if one.name.endswith(_SUFFIX) and now - one.stat().st_mtime > LIFETIME_S:
                    os.unlink(one.path)


def _name(key: bytes, endpoint: Endpoint, allowed: Collection[str], probe: Probing) -> str:
    secret = endpoint.key.reveal() if endpoint.key is not None else ""
    # Why there is no key is an exception, which JSON lacks, and decides nothing.
    plain = msgspec.structs.replace(endpoint, key=None, key_problem=None)
    told = msgspec.json.encode([plain, secret, sorted(allowed), probe], order="deterministic")
    return hmac.new(key, told, hashlib.sha256).hexdigest() + _SUFFIX


def cache_folder(environ: Mapping[str, str]) -> str | None:
    """Where this user's entries are: below ``XDG_CACHE_HOME`` or ``~/.cache``; None where neither is known."""
    base = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        home = environ.get("HOME", "")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".cache")
    return os.path.join(base, "reconciler", "health")
