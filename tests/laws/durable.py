"""What a disk may hold after a power cut: what was synced for certain, and of the rest anything.

POSIX promises no more, whatever a file system does in practice. Three cases stand for all: nothing of the rest is there; the
names in folders are, and no data; only the data of new files isn't.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from tests.laws.calls import Call

# What of all that was not synced is there.
Case = Literal["nothing", "names", "names and old files"]


class _Entry(NamedTuple):
    inode: int
    mode: int
    folder: bool


class Disk:
    """The disk below a folder; all that is there at first counts as synced."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data: dict[int, bytes] = {}
        self.old: set[int] = set()
        self.names: dict[int, dict[str, _Entry]] = {}
        for place, _, files in os.walk(root):
            self._sync_folder(Path(place))
            for name in files:
                self._sync_file(Path(place, name))
        self.old = set(self.data)

    def saw(self, call: Call) -> None:
        """A call is about to be made."""
        if call.kind.name not in ("fsync", "fdatasync"):
            return
        path = Path(call.paths[0])
        if path.is_dir():
            self._sync_folder(path)
        elif path.is_file():
            self._sync_file(path)

    def cut(self, case: Case, folder: Path) -> None:
        """Lay out in ``folder`` what is left."""
        self._lay_out(os.stat(self.root).st_ino, None if case == "nothing" else self.root, case, folder)

    def _sync_file(self, path: Path) -> None:
        self.data[path.stat().st_ino] = path.read_bytes()

    def _sync_folder(self, path: Path) -> None:
        self.names[path.stat().st_ino] = _names(path)

    def _lay_out(self, inode: int, live: Path | None, case: Case, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        for name, entry in (_names(live) if live else self.names.get(inode, {})).items():
            below = live / name if live else None
            if entry.folder:
                self._lay_out(entry.inode, below, case, folder / name)
            elif below and case == "names and old files" and entry.inode in self.old:
                (folder / name).write_bytes(below.read_bytes())
            else:
                (folder / name).write_bytes(self.data.get(entry.inode, b""))
            (folder / name).chmod(entry.mode & 0o777)


def _names(folder: Path) -> dict[str, _Entry]:
    with os.scandir(folder) as entries:
        return {
            entry.name: _Entry(status.st_ino, status.st_mode, entry.is_dir(follow_symlinks=False))
            for entry in entries
            if (status := entry.stat(follow_symlinks=False))
        }
