"""Key sources: where the reconciler itself reads a key, one file a source, all of the same shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import UNSET

from reconciler.errors import KeySourceError
from reconciler.keys.env import read_env
from reconciler.keys.file import read_file
from reconciler.manifest.model import Key, KeyOrigin
from reconciler.secret import Secret

Reader = Callable[[str, Mapping[str, str]], str]

READERS: Mapping[str, Reader] = {"env": read_env, "file": read_file}


def key_origin(key: Key) -> KeyOrigin:
    """Where the reconciler reads the key: as said under ``from``, else the variable of the same name."""
    if key.from_ is not UNSET:
        return key.from_
    return KeyOrigin(env=key.env if key.env is not UNSET else key.inline)


def describe(origin: KeyOrigin) -> str:
    """A source in words, such as ``environment variable SILICONFLOW_API_KEY``."""
    if origin.env is not UNSET:
        return f"environment variable {origin.env}"
    return f"file {origin.file}"


def read_key(origin: KeyOrigin, environ: Mapping[str, str]) -> Secret:
    """Read a key; surrounding white space is dropped, because a trailing newline gives a 401.

    Raises:
        KeySourceError: there is no key there, or none that a header could carry.
    """
    name, reader = next(
        (name, reader) for name, reader in READERS.items() if getattr(origin, name) is not UNSET
    )
    value = reader(getattr(origin, name), environ).strip()
    if not value:
        raise KeySourceError(
            f"no key in {describe(origin)}",
            remedy="set it where the reconciler runs, or name another source under `from`",
        )
    if not value.isascii() or not value.isprintable() or " " in value:
        raise KeySourceError(
            f"what stands in {describe(origin)} is no API key: it has spaces or characters that no header may carry",
            remedy="store the key alone, as the service's key page shows it",
        )
    return Secret(value)
