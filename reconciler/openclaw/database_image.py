"""A database with its write-ahead log, put together in memory.

Format: https://www.sqlite.org/fileformat2.html, section 4.
"""

from __future__ import annotations

import functools
import os
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# OpenClaw lets its log grow to 4 MB. A longer one has a living writer, whose index every reader shares anyway.
LARGEST_LOG = 8 << 20
LARGEST_DATABASE = 64 << 20
_HEADER, _FRAME = 32, 24
_ATTEMPTS = 3


def image_of(database: str) -> bytes | None:
    """The database as a reader would see it; None when it is too large, or is being written all the time.

    Raises:
        OSError: it can't be read.
    """
    for _ in range(_ATTEMPTS):
        before = _state(database)
        if before.log_size > LARGEST_LOG or before.size > LARGEST_DATABASE:
            return None
        image = _image(database, before)
        if image is not None:
            return image
    return None


class _State(NamedTuple):
    """What tells that neither file has been written meanwhile."""

    inode: int
    size: int
    time: int
    log_inode: int
    log_size: int
    log_time: int


def _state(database: str) -> _State:
    file, log = os.stat(database), os.stat(f"{database}-wal")
    return _State(file.st_ino, file.st_size, file.st_mtime_ns, log.st_ino, log.st_size, log.st_mtime_ns)


@functools.lru_cache(maxsize=2)
def _image(database: str, before: _State) -> bytes | None:
    """Kept, because one plan looks into the same database several times; None when it was written in between."""
    with open(database, "rb") as file, open(f"{database}-wal", "rb") as log:
        data, frames = file.read(), log.read()
    return _overlaid(data, frames) if _state(database) == before else None


def _overlaid(data: bytes, log: bytes) -> bytes:
    image = bytearray(data)
    for number, page, pages in _committed(log):
        start = (number - 1) * len(page)
        if start > len(image):
            image.extend(bytes(start - len(image)))
        image[start : start + len(page)] = page
        if pages:
            del image[pages * len(page) :]
    # Without a log of its own the image is a database in rollback mode.
    image[18:20] = b"\x01\x01"
    return bytes(image)


def _committed(log: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Each page of the log up to its last commit, with its number, and at a commit the database's size in pages."""
    if len(log) < _HEADER:
        return
    magic, _, size, _ = struct.unpack_from(">4I", log)
    words = "<" if magic == 0x377F0682 else ">"
    salts, sums = log[16:24], _sums(words, log[:24], (0, 0))
    if sums != struct.unpack_from(">2I", log, 24):
        return
    waiting: list[tuple[int, bytes, int]] = []
    for start in range(_HEADER, len(log) - _FRAME - size + 1, _FRAME + size):
        number, pages = struct.unpack_from(">2I", log, start)
        page = log[start + _FRAME : start + _FRAME + size]
        sums = _sums(words, log[start : start + 8], sums)
        sums = _sums(words, page, sums)
        if log[start + 8 : start + 16] != salts or sums != struct.unpack_from(">2I", log, start + 16):
            return
        waiting.append((number, page, pages))
        if pages:
            yield from waiting
            waiting = []


def _sums(words: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    one, two = sums
    for left, right in struct.iter_unpack(f"{words}2I", data):
        one = (one + left + two) & 0xFFFFFFFF
        two = (two + right + one) & 0xFFFFFFFF
    return one, two
