"""Reading a file whatever it is, and replacing one so that every reader sees the old bytes or the new ones, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


# Permission bits of what may hold a key.
PRIVATE: Final = 0o600


def read_regular(path: str, limit: int, *, follow: bool = True) -> bytes:
    """The bytes of a regular file.

    Args:
        limit: bytes that it may have.
        follow: a symbolic link at the end of ``path`` is followed; else it is refused.

    Raises:
        OSError: it can't be read, is something else (a pipe would be waited for without end), or is longer.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", path)
        if status.st_size > limit:
            raise OSError(errno.EFBIG, f"it has more than {limit:,} bytes", path)
        return file.read(limit)


def write_atomically(path: str, data: bytes, *, mode: int, uid: int = -1, gid: int = -1) -> None:
    """Write beside ``path``, sync, rename over it, sync the folder.

    Args:
        mode: permission bits of the new file, set before it holds a byte.
        uid, gid: owner of the new file; -1 leaves it to the system.

    Raises:
        OSError: any step failed; ``path`` is as it was before, unless only the folder's sync failed.
    """
    with _beside(path, data, mode, uid, gid) as temporary:
        os.rename(temporary, path)
    sync_folder(os.path.dirname(path))


def replace_if(
    path: str, before: bytes | None, data: bytes, *, mode: int, uid: int = -1, gid: int = -1
) -> bool:
    """The same, but only where ``path`` holds ``before`` at the very moment of the replacement; None is no file.

    A writer that takes no lock may replace the file between a comparison and a rename, and its change would be lost. So the
    two files are exchanged, and what comes out is compared: if it isn't ``before``, they are exchanged back. Where the
    system can't exchange files, they are compared right before the rename.

    Returns:
        Whether it was replaced.

    Raises:
        OSError: as :func:`write_atomically`.
    """
    with _beside(path, data, mode, uid, gid) as temporary:
        if before is None:
            try:
                os.link(temporary, path)
            except FileExistsError:
                return False
        elif _bytes(path) != before:
            return False
        elif not exchange(temporary, path):
            os.rename(temporary, path)
        elif _bytes(temporary) != before:
            _give_back(temporary, path, data)
            return False
    sync_folder(os.path.dirname(path))
    return True


def _give_back(temporary: str, path: str, data: bytes) -> None:
    """Put what an exchange for ``data`` has brought out back at ``path``.

    That is an exchange too. When it brings out anything but ``data``, somebody has written once more: that is the newer, so it goes back.
    """
    inside: bytes | None = data
    came_out = _bytes(temporary)
    exchange(temporary, path)
    while (newer := _bytes(temporary)) != inside:
        inside, came_out = came_out, newer
        exchange(temporary, path)


@contextlib.contextmanager
def _beside(path: str, data: bytes, mode: int, uid: int, gid: int) -> Iterator[str]:
    """A synced file with ``data`` beside ``path``, that is gone in the end unless it was renamed."""
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, f".{os.path.basename(path)}.reconciler-{os.getpid()}.tmp")
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            if (uid, gid) != (-1, -1):
                os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _bytes(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def exchange(one: str, other: str) -> bool:
    """Give two files each other's name at once (Linux, renameat2(2)); false where that is impossible."""
    import ctypes

    at_cwd, rename_exchange = -100, 2
    try:
        renameat2 = ctypes.CDLL(None).renameat2
    except AttributeError:
        return False
    return bool(renameat2(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), rename_exchange) == 0)


def make_folder(path: str) -> None:
    """Make a folder for its owner alone that survives a power cut, unless it is there.

    Raises:
        OSError: it can't be made.
    """
    if not os.path.isdir(path):
        os.makedirs(path, mode=0o700, exist_ok=True)
        sync_folder(os.path.dirname(path))


def sync_folder(folder: str) -> None:
    """Make a rename in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
