"""The system calls that change or read a file, take a lock, start a program or use the network, and how each can fail.

Numbers: Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. Errors: the manual page of each.
"""

from __future__ import annotations

import errno
import os
from typing import Final, Literal, NamedTuple

Sort = Literal["change", "write", "read", "lock", "start", "network"]

_LOCKING: Final = (6, 7, 37, 38)  # fcntl: F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW
_CHANGING: Final = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_RDWR

_TO_WRITE = (errno.ENOSPC, errno.EIO)
_TO_CREATE = (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO)
_TO_CHANGE = (errno.EROFS, errno.EACCES, errno.EIO)
_TO_OWN = (errno.EROFS, errno.EPERM)
_TO_READ = (errno.EIO,)


class Kind(NamedTuple):
    """A system call.

    Attributes:
        numbers: on x86_64 and on aarch64; None where it doesn't exist.
        shape: its arguments in order: ``f`` a descriptor, ``p`` a path, ``a`` a folder's descriptor and a path below it.
        faults: what it may answer, one of them at each point.
    """

    name: str
    numbers: tuple[int | None, int | None]
    shape: str
    sort: Sort
    faults: tuple[int, ...]

    @property
    def sorts(self) -> set[str]:
        """What it may do, with one or other arguments."""
        return {self.sort, "read"} if self.name in OPENS else {self.sort}


OPENS: Final = ("open", "openat")
KINDS: Final = (
    Kind("read", (0, 63), "f", "read", _TO_READ),
    Kind("pread64", (17, 67), "f", "read", _TO_READ),
    Kind("getdents64", (217, 61), "f", "read", _TO_READ),
    Kind("write", (1, 64), "f", "write", _TO_WRITE),
    Kind("pwrite64", (18, 68), "f", "write", _TO_WRITE),
    Kind("writev", (20, 66), "f", "change", _TO_WRITE),
    Kind("pwritev", (296, 70), "f", "change", _TO_WRITE),
    Kind("copy_file_range", (326, 285), "-xf", "change", _TO_WRITE),
    Kind("sendfile", (40, 71), "f", "change", _TO_WRITE),
    Kind("fallocate", (285, 47), "f", "change", _TO_WRITE),
    Kind("ftruncate", (77, 46), "f", "change", (errno.EIO,)),
    Kind("truncate", (76, 45), "p", "change", _TO_CHANGE),
    Kind("fsync", (74, 82), "f", "change", (errno.EIO, errno.ENOSPC)),
    Kind("fdatasync", (75, 83), "f", "change", (errno.EIO, errno.ENOSPC)),
    Kind("open", (2, None), "p", "change", _TO_CREATE),
    Kind("openat", (257, 56), "a", "change", _TO_CREATE),
    Kind("creat", (85, None), "p", "change", _TO_CREATE),
    Kind("mkdir", (83, None), "p", "change", _TO_CREATE),
    Kind("mkdirat", (258, 34), "a", "change", _TO_CREATE),
    Kind("rename", (82, None), "pp", "change", _TO_CREATE),
    Kind("renameat", (264, 38), "aa", "change", _TO_CREATE),
    Kind("renameat2", (316, 276), "aa", "change", (errno.EINVAL, errno.EROFS, errno.ENOSYS, errno.EIO)),
    Kind("link", (86, None), "pp", "change", (*_TO_CREATE, errno.EPERM)),
    Kind("linkat", (265, 37), "aa", "change", (*_TO_CREATE, errno.EPERM)),
    Kind("symlink", (88, None), "-p", "change", _TO_CREATE),
    Kind("symlinkat", (266, 36), "-a", "change", _TO_CREATE),
    Kind("unlink", (87, None), "p", "change", _TO_CHANGE),
    Kind("unlinkat", (263, 35), "a", "change", _TO_CHANGE),
    Kind("rmdir", (84, None), "p", "change", _TO_CHANGE),
    Kind("chmod", (90, None), "p", "change", _TO_OWN),
    Kind("fchmod", (91, 52), "f", "change", _TO_OWN),
    Kind("fchmodat", (268, 53), "a", "change", _TO_OWN),
    Kind("fchmodat2", (452, 452), "a", "change", _TO_OWN),
    Kind("chown", (92, None), "p", "change", _TO_OWN),
    Kind("fchown", (93, 55), "f", "change", _TO_OWN),
    Kind("lchown", (94, None), "p", "change", _TO_OWN),
    Kind("fchownat", (260, 54), "a", "change", _TO_OWN),
    Kind("utimensat", (280, 88), "a", "change", _TO_OWN),
    Kind("flock", (73, 32), "f", "lock", (errno.ENOLCK, errno.EIO)),
    Kind("fcntl", (72, 25), "f", "lock", (errno.ENOLCK, errno.EIO, errno.EAGAIN)),
    Kind("fork", (57, None), "", "start", (errno.EAGAIN, errno.ENOMEM)),
    Kind("vfork", (58, None), "", "start", (errno.EAGAIN, errno.ENOMEM)),
    Kind("clone", (56, 220), "", "start", (errno.EAGAIN, errno.ENOMEM)),
    Kind("execve", (59, 221), "", "start", (errno.EACCES, errno.ENOENT, errno.ENOMEM)),
    Kind("socket", (41, 198), "", "network", (errno.EMFILE, errno.EACCES)),
    Kind("connect", (42, 203), "", "network", (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH)),
    Kind("sendto", (44, 206), "", "network", (errno.ECONNRESET, errno.EPIPE)),
    Kind("recvfrom", (45, 207), "", "network", (errno.ECONNRESET, errno.ETIMEDOUT)),
)


class Call(NamedTuple):
    """A system call that is about to be made; ``paths`` are the files that its arguments name."""

    kind: Kind
    arguments: tuple[int, ...]
    paths: tuple[str, ...]

    @property
    def sort(self) -> Sort | None:
        """What it does with these arguments; None for nothing that counts."""
        if self.kind.name in OPENS:
            return (
                "change"
                if self.arguments[len(self.kind.shape) + (self.kind.shape == "a")] & _CHANGING
                else "read"
            )
        if self.kind.name == "fcntl":
            return "lock" if self.arguments[1] in _LOCKING else None
        return self.kind.sort

    @property
    def faults(self) -> tuple[int, ...]:
        """How it can fail."""
        opened = self.kind.name in OPENS and self.sort == "read"
        return (errno.EACCES, errno.EIO) if opened else self.kind.faults

    def __str__(self) -> str:
        return " ".join((self.kind.name, *self.paths[-1:]))
