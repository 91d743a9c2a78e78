"""Reading a file whatever it is, and replacing one so that every reader sees the old bytes or the new ones, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import stat


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
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Make a rename in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
