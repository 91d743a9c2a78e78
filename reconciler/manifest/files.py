"""Finds and reads manifest files, within bounds: regular files, UTF-8, not too large."""

from __future__ import annotations

import functools
import os
import stat
from typing import TYPE_CHECKING

from reconciler.errors import Location, Problem, ReconcilerError
from reconciler.manifest.limits import FILE_BYTES, TOTAL_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STDIN = "-"
_SUFFIXES = (".yaml", ".yml")
INIT = "Write manifests there, start with `reconciler init`, or name other ones with -f."


def find_files(paths: Sequence[str]) -> tuple[str, ...]:
    """The manifest files that ``paths`` name, sorted, each once.

    Args:
        paths: files, folders, or ``-`` for standard input. A folder stands for the ``*.yaml`` and ``*.yml`` in it,
            not below it; hidden files and links that leave the folder don't count.

    Raises:
        ReconcilerError: a path does not exist or can't be listed, or nothing was found.
    """
    found: dict[str, str] = {}
    for path in paths:
        for file in _below(path):
            found.setdefault(os.path.realpath(file) if file != STDIN else STDIN, file)
    if not found:
        raise ReconcilerError("no manifests: no path was given", remedy=INIT)
    return tuple(sorted(found.values()))


def _below(path: str) -> list[str]:
    if path == STDIN:
        return [STDIN]
    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            return [path]
        names = sorted(os.listdir(path))
    except (FileNotFoundError, NotADirectoryError):
        raise ReconcilerError("no manifests: the path does not exist", where=path, remedy=INIT) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    inside = os.path.join(os.path.realpath(path), "")
    files = [
        os.path.join(path, name)
        for name in names
        if name.endswith(_SUFFIXES)
        and name[0] != "."
        and os.path.realpath(os.path.join(path, name)).startswith(inside)
        and not os.path.isdir(os.path.join(path, name))
    ]
    if not files:
        raise ReconcilerError("no manifests: no *.yaml in this folder", where=path, remedy=INIT)
    return files


def _unreadable(path: str, error: OSError | ValueError) -> ReconcilerError:
    reason = getattr(error, "strerror", None) or str(error)
    return ReconcilerError(
        f"can't be read: {reason}", where=path, remedy="Check the path and its permissions."
    )


def read_files(files: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file that is fit to parse; ``problems`` gets what is wrong with the others."""
    left = TOTAL_BYTES
    for file in files:
        content = _content(file, min(FILE_BYTES, left))
        if isinstance(content, Problem):
            problems.append(content)
            continue
        left -= len(content)
        fault = _not_utf8(file, content)
        if fault:
            problems.append(fault)
        else:
            yield file, content


@functools.cache
def _standard_input() -> bytes:
    """What comes in, which can be read only once, up to just over what a file may have."""
    with open(0, "rb", closefd=False) as stream:
        return stream.read(FILE_BYTES + 1)


def _content(file: str, limit: int) -> bytes | Problem:
    try:
        if file == STDIN:
            content = _standard_input()
            return content if len(content) <= limit else _too_large(file)
        # O_NONBLOCK: opening a FIFO must not wait for a writer.
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return _problem(
                    file, "not-a-file", "this is no regular file", "Name a file or a folder of files."
                )
            content = stream.read(limit + 1) if status.st_size <= limit else b""
    except (OSError, ValueError) as error:
        failure = _unreadable(file, error)
        return _problem(file, "unreadable", failure.what, failure.remedy)
    if len(content) > limit or status.st_size > limit:
        return _too_large(file)
    return content


def _too_large(file: str) -> Problem:
    limits = f"{FILE_BYTES >> 20} MiB a file and {TOTAL_BYTES >> 20} MiB in all"
    return _problem(
        file, "too-large", f"more than {limits} is no manifest", "Check the path, or split the manifests."
    )


def _not_utf8(file: str, content: bytes) -> Problem | None:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        return Problem(Location(file, line, column), "not-utf8", "the file is not UTF-8", "Save it as UTF-8.")
    return None


def _problem(file: str, code: str, what: str, remedy: str) -> Problem:
    return Problem(Location(file), code, what, remedy)
