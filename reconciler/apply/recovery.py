"""Finishes or undoes an apply that was killed in the middle, from the intent in the journal."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from reconciler.apply.shrinking import trusted
from reconciler.errors import TargetError
from reconciler.openclaw.stores.place import cell_of, read_place, replace_place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from reconciler.state.journal import Journal, Pending, PendingFile

_HALF_WRITTEN = re.compile(r"\..+\.reconciler-\d+\.tmp|candidate-\d+")


def digest_of(data: bytes | None) -> str | None:
    """SHA-256 of bytes; None for no file."""
    return hashlib.sha256(data).hexdigest() if data is not None else None


def recover(journal: Journal, files: Collection[str]) -> bool:
    """Settle an unfinished apply, if there is one, and sweep up after it.

    Every file is whole: old or new, because replacing is atomic. When the new ones had been verified, what they own is
    recorded; else they are put back, and the apply that follows begins anew. What somebody else changed since is
    left alone.

    Args:
        files: what an apply to this target may write.

    Returns:
        Whether there was one.

    Raises:
        TargetError: a file can't be put back, or isn't this target's.
    """
    pending = journal.pending()
    if pending is None:
        return False
    _require_ours(pending, journal, files)
    # A power cut may bring an old file back after all: then nothing of it is owned yet.
    if pending.verified and not any(_state(file) == "before" for file in pending.files):
        for record in (pending.owned, *pending.released):
            journal.settle(record)
    try:
        if not pending.verified:
            for file in pending.files:
                if _state(file) == "after":
                    _put_back(file)
        _drop_backups(pending)
    except OSError as error:
        raise TargetError(
            f"an unfinished apply can't be settled: {error.strerror}",
            where=error.filename or journal.folder,
            remedy="free space or mend permissions there, and run again",
        ) from error
    if pending.receipt is not None:
        journal.record(pending.receipt)
    sweep(journal, files)
    journal.forget_pending()
    return True


def _require_ours(pending: Pending, journal: Journal, files: Collection[str]) -> None:
    """The record names files to write and to remove; whoever could write it shall not reach any other."""
    places = {os.path.dirname(path) for path in (journal.folder, *files)}
    backups = journal.path("backups")
    for file in pending.files:
        cell = cell_of(file.path)
        ours = any(_inside(cell.database if cell else file.path, place) for place in places)
        if not ours or (file.backup is not None and not _inside(file.backup, backups)):
            raise TargetError(
                f"the record of an unfinished apply names {file.path}, which isn't this target's, or a backup elsewhere",
                where=journal.path("pending.json"),
                remedy="look at who wrote it; then remove it",
            )


def _inside(path: str, folder: str) -> bool:
    real = os.path.realpath(folder)
    return "\0" not in path and os.path.realpath(path).startswith(real + os.sep)


def _state(file: PendingFile) -> str:
    current = digest_of(read_place(file.path))
    if current == file.after:
        return "after"
    return "before" if current == file.before else "moved"


def _put_back(file: PendingFile) -> None:
    after = read_place(file.path)
    if file.backup is None:
        replace_place(file.path, after, None, mode=0o600)
        return
    before = read_place(file.backup)
    if before is None or digest_of(before) != file.before:
        raise TargetError(
            "an unfinished apply can't be undone: its backup is gone or changed",
            where=file.backup,
            remedy=f"compare {file.path} with your manifests, then remove pending.json from the journal",
        )
    if cell_of(file.path) is not None:
        replace_place(file.path, after, before, mode=0o600)
        return
    status = os.stat(file.path)
    if after is not None:
        before = trusted(file.path, after, before)
    replace_place(
        file.path, after, before, mode=status.st_mode & 0o7777, uid=status.st_uid, gid=status.st_gid
    )


def _drop_backups(pending: Pending) -> None:
    """The full copies were for putting back; they may hold keys."""
    for file in pending.files:
        if file.backup is not None and os.path.exists(file.backup):
            os.unlink(file.backup)


def sweep(journal: Journal, files: Iterable[str]) -> None:
    """Take away what killed applies left behind, because it may hold keys: half-written files, and backups without a receipt.

    Call it under the apply lock and with nothing left to settle: then nobody needs any of it.

    Args:
        files: what an apply to this target may write; half-written ones lie beside them.

    Raises:
        TargetError: something can't be removed.
    """
    import shutil

    for path in (*_in_journal(journal), *_beside(files)):
        try:
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise TargetError(
                f"what a killed apply left behind can't be removed: {error.strerror}",
                where=path,
                remedy="remove it by hand; it may hold a key",
            ) from error


def _in_journal(journal: Journal) -> Iterator[str]:
    receipts = set(_names(journal.path("receipts")))
    kept = []
    for name in _names(journal.path("backups")):
        if f"{name}.json" in receipts:
            kept.append(os.path.join("backups", name))
        else:
            yield journal.path("backups", name)
    for folder in ("", "sets", "receipts", *kept):
        yield from (
            journal.path(folder, name)
            for name in _names(journal.path(folder))
            if _HALF_WRITTEN.fullmatch(name)
        )


def _beside(files: Iterable[str]) -> Iterator[str]:
    for file in files:
        folder, base = os.path.split(file)
        mine = re.compile(rf"\.{re.escape(base)}\.reconciler-\d+\.tmp|{re.escape(base)}\.lock\.(stale\.)?\d+")
        yield from (os.path.join(folder, name) for name in _names(folder) if mine.fullmatch(name))


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise TargetError(
            f"what killed applies left behind can't be looked for: {error.strerror}",
            where=folder,
            remedy="mend the permissions and run again: it may hold a key",
        ) from error
