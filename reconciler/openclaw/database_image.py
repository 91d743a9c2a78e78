"""A database as its last commit left it, put together in memory from the file and the log or journal beside it.

A write-ahead log holds commits that the file lacks; a rollback journal, which OpenClaw has on network volumes, holds what a
writer that was killed has overwritten. Formats: https://www.sqlite.org/fileformat2.html, sections 3 and 4.
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
_MAGIC, _JOURNAL_HEADER = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 28
_TO_THE_END = 0xFFFFFFFF
_ATTEMPTS = 3
COMPANIONS = ("-wal", "-journal")


def image_of(database: str) -> bytes | None:
    """The database as a reader would see it; None when it is too large, or is being written all the time.

    Raises:
        OSError: it can't be read.
    """
    for _ in range(_ATTEMPTS):
        before = _state(database)
        if before.log.size > LARGEST_LOG or max(before.file.size, before.journal.size) > LARGEST_DATABASE:
            return None
        image = _image(database, before)
        if image is not None:
            return image
    return None


class _File(NamedTuple):
    """What tells that a file has not been written meanwhile."""

    inode: int = 0
    size: int = 0
    time: int = 0


class _State(NamedTuple):
    file: _File
    log: _File
    journal: _File


def _state(database: str) -> _State:
    os.stat(database)  # it, at least, must be there
    return _State(*(_file(database + end) for end in ("", *COMPANIONS)))


def _file(path: str) -> _File:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return _File()
    return _File(status.st_ino, status.st_size, status.st_mtime_ns)


@functools.lru_cache(maxsize=2)
def _image(database: str, before: _State) -> bytes | None:
    """Kept, because one plan looks into the same database several times; None when it was written in between."""
    data, log, journal = (_bytes(database + end) for end in ("", *COMPANIONS))
    return _overlaid(_rolled_back(data, journal), log) if _state(database) == before else None


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def _rolled_back(data: bytes, journal: bytes) -> bytes:
    """With the pages that the journal keeps back in their places: as it was before the commit that didn't come about."""
    image, start = bytearray(data), 0
    while journal[start : start + len(_MAGIC)] == _MAGIC and len(journal) >= start + _JOURNAL_HEADER:
        count, nonce, pages, sector, size = struct.unpack_from(">5I", journal, start + len(_MAGIC))
        record = start + sector
        if not size or not sector:
            break
        if count == _TO_THE_END:
            count = (len(journal) - record) // (size + 8)
        for at in range(record, record + count * (size + 8), size + 8):
            page = journal[at + 4 : at + 4 + size]
            if len(journal) < at + size + 8 or _sum(page, nonce) != journal[at + 4 + size : at + size + 8]:
                return bytes(image[: pages * size])
            place = (int.from_bytes(journal[at : at + 4], "big") - 1) * size
            image[place : place + size] = page
        del image[pages * size :]
        start = -(-(record + count * (size + 8)) // sector) * sector
    return bytes(image)


def _sum(page: bytes, nonce: int) -> bytes:
    total = nonce + sum(page[at] for at in range(len(page) - 200, 0, -200))
    return (total & 0xFFFFFFFF).to_bytes(4, "big")


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
