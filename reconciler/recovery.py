"""Finishes or undoes an apply that was killed in the middle, from the intent in the journal."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from reconciler.errors import TargetError
from reconciler.files import write_atomically

if TYPE_CHECKING:
    from reconciler.journal import Journal, Pending, PendingFile


def digest_of(data: bytes | None) -> str | None:
    """SHA-256 of bytes; None for no file."""
    return hashlib.sha256(data).hexdigest() if data is not None else None


def recover(journal: Journal) -> bool:
    """Settle an unfinished apply, if there is one.

    Every file is whole: old or new, because replacing is atomic. All new: the apply is finished by recording
    what it owns. Some new: they are put back. What somebody else changed since is left alone.

    Returns:
        Whether there was one.

    Raises:
        TargetError: a file can't be put back.
    """
    pending = journal.pending()
    if pending is None:
        return False
    states = [_state(file) for file in pending.files]
    if all(state == "after" for state in states) and not pending.undo:
        journal.settle(pending.owned)
    else:
        for file, state in zip(pending.files, states, strict=True):
            if state == "after":
                _put_back(file)
    _drop_backups(pending)
    journal.forget_pending()
    return True


def _state(file: PendingFile) -> str:
    current = digest_of(_bytes(file.path))
    if current == file.after:
        return "after"
    return "before" if current == file.before else "moved"


def _bytes(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TargetError(
            f"an unfinished apply can't be settled: {error.strerror}",
            where=path,
            remedy="mend the permissions, run again",
        ) from error


def _put_back(file: PendingFile) -> None:
    if file.backup is None:
        os.unlink(file.path)
        return
    before = _bytes(file.backup)
    if before is None or digest_of(before) != file.before:
        raise TargetError(
            "an unfinished apply can't be undone: its backup is gone or changed",
            where=file.backup,
            remedy=f"compare {file.path} with your manifests, then remove pending.json from the journal",
        )
    status = os.stat(file.path)
    write_atomically(file.path, before, mode=status.st_mode & 0o7777, uid=status.st_uid, gid=status.st_gid)


def _drop_backups(pending: Pending) -> None:
    """The full copies were for putting back; they may hold keys."""
    for file in pending.files:
        if file.backup is not None and os.path.exists(file.backup):
            os.unlink(file.backup)
