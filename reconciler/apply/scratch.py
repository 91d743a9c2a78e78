"""A throw-away folder in the journal: private like it, and swept by the next apply when this one is killed."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from reconciler.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def scratch(journal: str) -> Iterator[str]:
    """Make the folder, and remove it with everything in it.

    Args:
        journal: the journal's folder.

    Raises:
        TargetError: it can't be made or written into, or not be removed.
    """
    folder = os.path.join(journal, f"candidate-{os.getpid()}")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        yield folder
    except OSError as error:
        raise TargetError(
            f"there is no room for what OpenClaw is to look at: {error.strerror}",
            where=error.filename or folder,
            remedy="free space or mend permissions there, and run again; nothing was changed",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(folder):
        raise TargetError(
            "what OpenClaw looked at can't be removed",
            where=folder,
            remedy="mend permissions there and run again, or remove it by hand: it may hold a key; nothing was changed",
        )
