"""A database with its write-ahead log, put together in memory: SQLite's own readers touch the files beside it, even read-only ones.

Format: https://www.sqlite.org/fileformat2.html, section 4.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

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
    log = f"{database}-wal"
    for _ in range(_ATTEMPTS):
        before = _state(database), _state(log)
        if before[1][0] > LARGEST_LOG or before[0][0] > LARGEST_DATABASE:
            return None
        with open(database, "rb") as file, open(log, "rb") as written:
            data, frames = file.read(), written.read()
        if (_state(database), _state(log)) == before:
            return _overlaid(data, frames)
    return None


def _state(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


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
