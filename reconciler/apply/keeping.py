"""Saves a key whose last copy goes to a file of the operator's: new, private, read back, and there before anything else is written."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from reconciler.errors import KeySourceError, TargetError
from reconciler.keys.file import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.plan.last_copies import KeptKey

_OTHERS_WRITE = 0o022


def require_places(kept: Iterable[KeptKey]) -> None:
    """Each file can be made: its folder is the user's own, and nothing else stands there.

    Raises:
        TargetError: one can't.
    """
    taken: set[str] = set()
    for one in kept:
        folder = os.path.dirname(one.path)
        try:
            status = os.stat(folder)
        except OSError as error:
            raise _refused(one, f"its folder can't be used: {error.strerror}") from error
        if (
            not stat.S_ISDIR(status.st_mode)
            or status.st_uid != os.geteuid()
            or status.st_mode & _OTHERS_WRITE
        ):
            raise _refused(one, "its folder is not yours alone to write")
        if one.path in taken or (os.path.lexists(one.path) and not _holds(one)):
            raise _refused(one, "there is something already, and nothing is ever written over")
        taken.add(one.path)


def save_keys(kept: Iterable[KeptKey]) -> None:
    """Save each key; one that an earlier try saved already stays as it is.

    Raises:
        TargetError: one can't be saved, or doesn't read back.
    """
    for one in kept:
        if os.path.lexists(one.path) and _holds(one):
            continue
        try:
            _write(one)
        except OSError as error:
            raise _refused(one, error.strerror or "it can't be written") from error
        if not _holds(one):
            raise _refused(one, "it does not read back")


def _write(one: KeptKey) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(one.path, flags, 0o600), "wb") as file:
        file.write(_bytes(one) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(os.path.dirname(one.path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _holds(one: KeptKey) -> bool:
    try:
        return read_file(one.path, {}) == f"{one.secret.reveal()}\n"
    except KeySourceError:
        return False


def _bytes(one: KeptKey) -> bytes:
    try:
        return one.secret.reveal().encode()
    except UnicodeEncodeError as error:
        raise _refused(one, "the key holds half a character") from error


def _refused(one: KeptKey, why: str) -> TargetError:
    return TargetError(
        f"the key of {one.address} can't be saved: {why}",
        where=one.path,
        remedy="name a new file in a private folder of yours with --keep-key; nothing was written to OpenClaw",
    )
