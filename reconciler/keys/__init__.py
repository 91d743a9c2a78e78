"""Key sources: where the reconciler itself reads a key, one file a source, all of the same shape."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from reconciler.errors import KeySourceError
from reconciler.keys.env import read_env
from reconciler.keys.exec import read_exec
from reconciler.keys.file import absolute, read_file
from reconciler.keys.keyring import read_keyring
from reconciler.keys.stdin import read_stdin
from reconciler.manifest.model import Key, KeyOrigin
from reconciler.secret import Secret


class Source(msgspec.Struct, frozen=True):
    """One kind of source: how to read it, and what to call it."""

    read: Callable[[Any, Mapping[str, str]], str]
    name: Callable[[Any], str]


SOURCES: Mapping[str, Source] = {
    "env": Source(read_env, lambda name: f"environment variable {name}"),
    "file": Source(read_file, lambda path: f"file {path}"),
    "exec": Source(read_exec, lambda command: f"what {command[0]} prints"),
    "keyring": Source(read_keyring, lambda item: f"keyring entry {item.service}/{item.username}"),
    "stdin": Source(read_stdin, lambda _: "standard input"),
}


def key_origin(key: Key) -> KeyOrigin:
    """Where the reconciler reads the key: as said under ``from``, else where OpenClaw does.

    An empty origin means that nothing says it: a profile that holds the key needs ``from``.
    """
    if key.from_ is not UNSET:
        return key.from_
    if key.file is not UNSET:
        return KeyOrigin(file=key.file)
    if key.exec is not UNSET:
        return KeyOrigin(exec=key.exec)
    return KeyOrigin(
        env=next((name for name in (key.env, key.inline, key.store) if name is not UNSET), UNSET)
    )


def describe(origin: KeyOrigin) -> str:
    """A source in words, such as ``environment variable SILICONFLOW_API_KEY``."""
    name, value = _chosen(origin)
    return SOURCES[name].name(value)


class Keyring:
    """The keys of one command: what the operator allows is decided here, and each source is read once.

    So the key that was checked is the key that is written, and a program that asks a person for a password asks once.

    Args:
        environ: variables of this process, which programs get too.
        allow_exec: programs that the manifests name may run.
    """

    def __init__(self, environ: Mapping[str, str], *, allow_exec: bool = False) -> None:
        self._environ = environ
        self._allow_exec = allow_exec
        self._read: dict[bytes, Secret | KeySourceError] = {}
        self._received: dict[str, Secret] = {}

    def read(self, origin: KeyOrigin) -> Secret:
        """The key at ``origin``; surrounding white space is dropped, because a trailing newline gives a 401.

        Raises:
            KeySourceError: there is no key there, or none that a header could carry; or a program would have to be run,
                and the operator has not allowed that.
        """
        name = msgspec.json.encode(origin)
        if name not in self._read:
            try:
                self._read[name] = self._fetch(origin)
            except KeySourceError as error:
                self._read[name] = error
        found = self._read[name]
        if isinstance(found, KeySourceError):
            raise found
        return found

    def path(self, text: str) -> str:
        """A file's path, from the root."""
        return absolute(text, self._environ)

    def receive(self, path: str, key: Secret) -> bool:
        """Let a key file that isn't there yet, and that ``key`` will be saved to, give that key; false when it does already."""
        if path in self._received or os.path.lexists(path):
            return False
        self._received[path] = key
        self._read.clear()
        return True

    @property
    def received(self) -> tuple[Secret, ...]:
        """The keys of files that are not there yet."""
        return tuple(self._received.values())

    def _fetch(self, origin: KeyOrigin) -> Secret:
        name, chosen = _chosen(origin)
        if name == "exec" and not self._allow_exec:
            raise KeySourceError(
                f"the manifests read the key from a program, {chosen[0]}, and programs are not allowed to run",
                remedy="if you trust these manifests, pass --allow-exec",
            )
        received = self._received.get(self.path(chosen)) if name == "file" else None
        value = (received.reveal() if received else SOURCES[name].read(chosen, self._environ)).strip()
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


def _chosen(origin: KeyOrigin) -> tuple[str, Any]:
    for name in SOURCES:
        value = getattr(origin, name)
        if value is not UNSET:
            return name, value
    raise KeySourceError("nothing says where to read the key", remedy="name its source under `from`")
