"""The record kept beside the target, in ``<state dir>/reconciler/``: ownership, receipts, backups, the intent of a running apply.

    fingerprint.key       random bytes; makes fingerprints comparable on this target only
    sets/NAME.json        what each manifest set owns
    pending.json          an apply that has begun; removed when it has ended
    receipts/ID.json      what was applied when, by whom, from what, with what result
    backups/ID/           the files before that apply, without secrets once it has been verified; what was owned before and after

Reading never writes: a :class:`JournalReader` has no method that could.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from reconciler.errors import TargetError
from reconciler.files import make_folder, read_regular, write_atomically
from reconciler.printable import encoded
from reconciler.state.ownership import Applied, is_set_name

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT_BACKUPS = 20
MAX_BYTES = 64 << 20
OWNERSHIP = "ownership.json"
_ID = re.compile(r"\d{8}T\d{6}(\.\d{4})*-[0-9a-f]{6}")

_RECEIPT = re.compile(rf"{_ID.pattern}\.json")

T = TypeVar("T", bound=msgspec.Struct)


class PendingFile(msgspec.Struct, frozen=True):
    """One file of a running apply; digests are SHA-256 of the bytes, None for a file that isn't there."""

    path: str
    before: str | None
    after: str | None
    backup: str | None


class Pending(msgspec.Struct, frozen=True):
    """An apply that has begun: enough to finish or undo it.

    Attributes:
        verified: its result is right; until that is known, what is left of it is put back.
        released: what other sets own, where something was taken over from them.
        receipt: of a verified one, so that it isn't missing from the history when the apply is killed before its end.
    """

    id: str
    files: tuple[PendingFile, ...]
    owned: Applied
    verified: bool = False
    receipt: Receipt | None = None
    released: tuple[Applied, ...] = ()


class Receipt(msgspec.Struct, frozen=True):
    """One apply, as it ended.

    Attributes:
        result: ``applied`` or ``put back``.
        undone: receipts that this one undid, when it was a rollback.
        digests: SHA-256 of each file that it wrote, as written, by path.
        kept_keys: files that keys were saved to, by the key's fingerprint.
    """

    id: str
    time: str
    by: str
    set_name: str
    release: str | None
    manifests: str
    files: tuple[str, ...]
    commit: str | None
    health: str
    changes: tuple[Any, ...]
    result: str
    evidence: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    digests: dict[str, str] = {}
    kept_keys: dict[str, str] = {}


class LastRun(msgspec.Struct, frozen=True):
    """Of a receipt what tells of the OpenClaw that it was made on; the changes of a large one aren't read."""

    time: str
    release: str | None
    digests: dict[str, str] = {}


class Kept(msgspec.Struct, frozen=True):
    """What a manifest set owned before and after an apply; ``released``: what others did, where it took something over."""

    before: Applied
    after: Applied
    released: tuple[Applied, ...] = ()


class JournalReader:
    """The journal of one target, for reading."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def path(self, *parts: str) -> str:
        """A path inside the journal."""
        return os.path.join(self.folder, *parts)

    def applied(self, set_name: str) -> Applied:
        """What a manifest set owns; empty before its first apply."""
        return self._read(self.path("sets", f"{set_name}.json"), Applied) or Applied(set_name)

    def others(self, set_name: str) -> tuple[Applied, ...]:
        """What the other manifest sets own, by their names."""
        names = sorted(name[:-5] for name in self._list("sets") if name.endswith(".json"))
        return tuple(self.applied(name) for name in names if name != set_name)

    def fingerprint_key(self) -> bytes | None:
        """The target's own fingerprint key; None before the first apply."""
        return (self._bytes(self.path("fingerprint.key")) or b"")[:64] or None

    def pending(self) -> Pending | None:
        """The apply that began and has not ended, if there is one."""
        return self._read(self.path("pending.json"), Pending)

    def receipts(self) -> tuple[Receipt, ...]:
        """All receipts, oldest first."""
        names = sorted(name for name in self._list("receipts") if name.endswith(".json"))
        found = (self._read(self.path("receipts", name), Receipt) for name in names)
        return tuple(receipt for receipt in found if receipt is not None)

    def last_run(self) -> LastRun | None:
        """The newest receipt that names a release; None where none does, or it can't be read."""
        for name in sorted(filter(_RECEIPT.fullmatch, self._list("receipts")), reverse=True):
            try:
                found = self._read(self.path("receipts", name), LastRun)
            except TargetError:
                continue
            if found is not None and found.release is not None:
                return found
        return None

    def kept(self, apply_id: str) -> Kept | None:
        """What was owned before and after an apply; None for one older than the backups."""
        return self._read(self.path("backups", apply_id, OWNERSHIP), Kept)

    def newest_id(self) -> str:
        """The greatest id of any apply; empty before the first."""
        return next(reversed(self.ids()), "")

    def ids(self) -> list[str]:
        """The ids of all applies, oldest first."""
        names = (name.removesuffix(".json") for name in self._list("receipts"))
        return sorted(filter(_ID.fullmatch, names))

    def _list(self, folder: str) -> list[str]:
        try:
            return os.listdir(self.path(folder))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unreadable(self.path(folder), error.strerror) from error

    def _read(self, path: str, kind: type[T]) -> T | None:
        data = self._bytes(path)
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self._unreadable(path, str(error)) from error

    def _bytes(self, path: str) -> bytes | None:
        try:
            return read_regular(path, MAX_BYTES, follow=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(path, error.strerror) from error

    def _unreadable(self, path: str, why: str | None) -> TargetError:
        return TargetError(
            f"the journal can't be read: {why}",
            where=path,
            remedy="mend its permissions, or move it away: without a journal nothing is pruned, and the next apply adopts",
        )


class Journal(JournalReader):
    """The same, for writing; every write is atomic.

    Raises:
        TargetError: from every method, when the journal can't be written.
    """

    def require_own(self) -> None:
        """Refuse a journal that leads elsewhere: what is written to it is written beside the target, and nowhere else."""
        for path in (self.folder, *map(self.path, ("sets", "receipts", "backups"))):
            if os.path.islink(path):
                raise TargetError(
                    "the journal is a symbolic link, and apply doesn't write through it",
                    where=path,
                    remedy="replace it by the folder that it leads to",
                )

    def prepare(self, fingerprint_key: bytes | None = None) -> None:
        """Create the folders and the fingerprint key.

        Args:
            fingerprint_key: becomes the target's, where it has none yet; left out, a new one does.
        """
        with self._writing():
            for folder in ("", "sets", "receipts", "backups"):
                make_folder(self.path(folder) if folder else self.folder)
            if self.fingerprint_key() is None:
                write_atomically(self.path("fingerprint.key"), fingerprint_key or os.urandom(32), mode=0o600)

    def begin(self, pending: Pending) -> None:
        """Record what is about to be done, before it is done."""
        self._write(self.path("pending.json"), pending)

    def settle(self, applied: Applied) -> None:
        """Record ownership."""
        if not is_set_name(applied.set_name):
            raise self._unreadable(self.path("sets"), f"{applied.set_name[:80]!r} can't name a manifest set")
        self._write(self.path("sets", f"{applied.set_name}.json"), applied)

    def end(self, receipt: Receipt) -> None:
        """Record how the apply ended; the intent is done with."""
        self.record(receipt)
        self.forget_pending()

    def record(self, receipt: Receipt) -> None:
        """Record how the apply ended."""
        self._write(self.path("receipts", f"{receipt.id}.json"), receipt)

    def forget_pending(self) -> None:
        """Drop the intent."""
        with self._writing(), contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("pending.json"))

    def back_up(self, apply_id: str, name: str, data: bytes, mode: int) -> str:
        """Keep a copy of a file; gives the copy's path."""
        path = self.path("backups", apply_id, name)
        with self._writing():
            make_folder(os.path.dirname(path))
            write_atomically(path, data, mode=mode & 0o700)
        return path

    def drop_backup(self, apply_id: str, name: str) -> None:
        """Remove one copy."""
        with self._writing(), contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("backups", apply_id, name))

    def keep(self, apply_id: str, kept: Kept) -> None:
        """Keep what a rollback needs to know, beside the backups."""
        with self._writing():
            make_folder(self.path("backups", apply_id))
        self._write(self.path("backups", apply_id, OWNERSHIP), kept)

    def trim_backups(self) -> None:
        """Keep the newest backups only: those of the latest applies, whatever the clock said. Other names are not counted."""
        import shutil

        for name in sorted(filter(_ID.fullmatch, self._list("backups")))[:-KEPT_BACKUPS]:
            shutil.rmtree(self.path("backups", name), ignore_errors=True)

    def _write(self, path: str, value: msgspec.Struct) -> None:
        data = msgspec.json.format(encoded(value), indent=1)
        with self._writing():
            write_atomically(path, data + b"\n", mode=0o600)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TargetError(
                f"the journal can't be written: {error.strerror}",
                where=error.filename or self.folder,
                remedy="free space or mend permissions there, and run again: apply keeps its record beside the target",
            ) from error
