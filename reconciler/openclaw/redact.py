"""Replaces what may be a secret by its fingerprint before a value is shown or stored. Pure.

Every value that leaves the config for a plan, a message or the journal goes through :func:`shown`.
"""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, Any

from reconciler.openclaw.shapes import is_reference
from reconciler.openclaw.surfaces import AUTH_STORE, SECRET_STORE
from reconciler.secret import MASK, Fingerprints, Secret

if TYPE_CHECKING:
    from reconciler.json5.path import Path

_SENSITIVE_NAME = re.compile(
    r"(api[-_]?key|auth|token|secret|password|passwd|passphrase|cookie|credential|private|signature|x-key)",
    re.IGNORECASE,
)
_HARMLESS = frozenset({"auth", "authHeader", "maxTokens", "maxTokensField", "contextTokens", "tokenMode"})
_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_IN_QUERY = re.compile(
    r"(?<=[?&])([a-z_-]*(?:key|token|secret|password|signature|sig|credential)=)([^&#\s]+)", re.IGNORECASE
)
_KEY_LIKE = re.compile(r"\bsk-[A-Za-z0-9_-]{8,}")


def is_sensitive(path: Path) -> bool:
    """Whether the place itself may hold a secret, by its name alone."""
    if path[:2] == ("env", "vars") or path[:1] == (SECRET_STORE,):
        return True
    if path[:1] == (AUTH_STORE,) and path[-1] in ("key", "token"):
        return True
    last = next((step for step in reversed(path) if isinstance(step, str)), "")
    return _is_sensitive_name(last)


@functools.cache
def _is_sensitive_name(name: str) -> bool:
    return name not in _HARMLESS and _SENSITIVE_NAME.search(name) is not None


def shown(path: Path, value: Any, fingerprints: Fingerprints) -> Any:
    """``value`` fit to be seen and encoded: secrets as fingerprints, half a character as U+FFFD, everything else as it is.

    A number that JSON has no word for (NaN, infinity) is text.
    """
    if isinstance(value, dict):
        return {_whole(key): shown((*path, key), item, fingerprints) for key, item in value.items()}
    if isinstance(value, list):
        return [shown(path, item, fingerprints) for item in value]
    if isinstance(value, Secret):
        return fingerprints.of(value)
    if not isinstance(value, str):
        return _finite(value) if isinstance(value, float) else value
    value = _whole(value)
    if is_sensitive(path):
        return value if is_reference(value) else fingerprints.of(Secret(value))
    if "://" in value or "sk-" in value:
        value = _USERINFO.sub(lambda match: fingerprints.of(Secret(match.group())), value)
        value = _IN_QUERY.sub(lambda match: match[1] + fingerprints.of(Secret(match[2])), value)
        return _KEY_LIKE.sub(lambda match: fingerprints.of(Secret(match.group())), value)
    return value


def hidden(path: Path, value: Any, fingerprints: Fingerprints) -> dict[str, Secret]:
    """Every secret that :func:`shown` takes out of ``value``, by its fingerprint."""
    noting = _Noting(fingerprints)
    shown(path, value, noting)
    return noting.seen


class _Noting(Fingerprints):
    """Fingerprints that remember what they were made of."""

    __slots__ = ("_inner", "seen")

    def __init__(self, inner: Fingerprints) -> None:
        self._inner = inner
        self.seen: dict[str, Secret] = {}

    def of(self, secret: Secret) -> str:
        fingerprint = self._inner.of(secret)
        self.seen[fingerprint] = secret
        return fingerprint


def _finite(number: float) -> float | str:
    if math.isfinite(number):
        return number
    return repr(number).replace("inf", "Infinity").replace("nan", "NaN")


def _whole(text: str) -> str:
    """JSON5 can say half of a surrogate pair (``\\ud800``), which no encoding can."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def without_keys(text: str) -> str:
    """What another program said, with everything in it that looks like a key masked."""
    return _KEY_LIKE.sub(MASK, _IN_QUERY.sub(rf"\1{MASK}", _USERINFO.sub(MASK, text)))
