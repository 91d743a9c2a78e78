"""Keys from a file that holds the key and nothing else."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from reconciler.errors import KeySourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_BYTES = 64 << 10


def absolute(path: str, environ: Mapping[str, str]) -> str:
    """A path as people write it, from the root; ``~`` is the home folder of ``environ``."""
    if path.startswith("~/"):
        path = os.path.join(environ.get("HOME", ""), path[2:])
    return os.path.abspath(path)


def read_file(path: str, environ: Mapping[str, str]) -> str:
    """The file's text.

    Raises:
        KeySourceError: unreadable, not a plain file, too large, or readable by others.
    """
    path = absolute(path, environ)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise KeySourceError(
                    "the key file is no regular file", where=path, remedy="name a plain file"
                )
            _require_private(path, status)
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise KeySourceError(
            f"the key file can't be read: {error.strerror}",
            where=path,
            remedy="check the path and who may read it",
        ) from error
    if len(data) > _MAX_BYTES:
        raise KeySourceError(
            "the key file is too large", where=path, remedy="it must hold the key and nothing else"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise KeySourceError(
            "the key file is not text", where=path, remedy="it must hold the key alone"
        ) from error


def _require_private(path: str, status: os.stat_result) -> None:
    if status.st_mode & 0o077:
        raise KeySourceError(
            f"the key file is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
            where=path,
            remedy=f"run: chmod 600 {path}",
        )
    if status.st_uid not in (os.geteuid(), 0):
        raise KeySourceError(
            f"the key file belongs to user id {status.st_uid}, not to the one that runs this",
            where=path,
            remedy=f"run: chown {os.geteuid()} {path}",
        )
