"""One apply at a time on a target."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from reconciler.errors import MovedError, TargetError
from reconciler.files import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.state.journal import Journal


@contextlib.contextmanager
def apply_lock(journal: Journal) -> Iterator[None]:
    """Hold the target's apply lock; the system lets go of it when the process ends, however it ends.

    Raises:
        MovedError: another apply is running.
        TargetError: the journal's folder can't be made, is a link, or its file system has no locks.
    """
    import fcntl

    journal.require_own()
    path = journal.path("lock")
    try:
        make_folder(journal.folder)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise TargetError(
            f"the journal can't be written: {error.strerror}",
            where=journal.folder,
            remedy="apply keeps its record beside the target; run as the user that owns the OpenClaw state folder",
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MovedError(
                "another apply is running on this target",
                where=path,
                remedy="wait for it to end and run again",
            ) from error
        except OSError as error:
            raise TargetError(
                f"the apply lock can't be taken: {error.strerror}",
                where=path,
                remedy="the state folder must be on a file system that has locks; mend it and run again",
            ) from error
        yield
    finally:
        os.close(descriptor)
