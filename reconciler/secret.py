"""A secret is a type that can't be printed, compared by accident, pickled or serialised."""

from __future__ import annotations

import hashlib
import hmac
from typing import NoReturn

MASK = "********"


class Secret:
    """A value that only :meth:`reveal` gives out; every other way shows a mask."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself, for the one place where it leaves for its destination."""
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self), _bytes(other))

    __hash__ = None  # type: ignore[assignment]  # a secret in a set or as a dict key is a mistake

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret can't be pickled")


class Fingerprints:
    """Keyed fingerprints of secrets: equal values show as equal, nothing can be guessed from them.

    Args:
        key: random bytes kept beside the target, or any bytes that only its readers know.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"openclaw-reconciler fingerprint\0" + key).digest()

    def of(self, secret: Secret) -> str:
        """A short fingerprint such as ``fp:3f9c12ab04de``."""
        digest = hmac.new(self._key, _bytes(secret), hashlib.sha256)
        return f"fp:{digest.hexdigest()[:12]}"


def _bytes(secret: Secret) -> bytes:
    # JSON can hold half a character.
    return secret.reveal().encode("utf-8", "surrogatepass")
