"""What a disk holds after a power cut: of files only what was synced, of names in folders at the worst only those synced too.

POSIX promises no more, whatever a file system does in practice.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.laws.calls import Call


class _Entry(NamedTuple):
    inode: int
    mode: int
    folder: bool


class Disk:
    """The disk below a folder; all that is there at first counts as synced."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data: dict[int, bytes] = {}
        self.names: dict[int, dict[str, _Entry]] = {}
        for place, _, files in os.walk(root):
            self._sync_folder(Path(place))
            for name in files:
                self._sync_file(Path(place, name))

    def saw(self, call: Call) -> None:
        """A call is about to be made."""
        if call.kind.name not in ("fsync", "fdatasync"):
            return
        path = Path(call.paths[0])
        if path.is_dir():
            self._sync_folder(path)
        elif path.is_file():
            self._sync_file(path)

    def cut(self, folder: Path, *, names_kept: bool) -> None:
        """Lay out in ``folder`` what is left; ``names_kept``: what was renamed and removed but not synced stays so."""
        self._lay_out(os.stat(self.root).st_ino, self.root if names_kept else None, folder)

    def _sync_file(self, path: Path) -> None:
        self.data[path.stat().st_ino] = path.read_bytes()

    def _sync_folder(self, path: Path) -> None:
        self.names[path.stat().st_ino] = _names(path)

    def _lay_out(self, inode: int, live: Path | None, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        for name, entry in (_names(live) if live else self.names.get(inode, {})).items():
            if entry.folder:
                self._lay_out(entry.inode, live / name if live else None, folder / name)
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
