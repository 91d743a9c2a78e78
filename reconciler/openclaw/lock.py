"""OpenClaw's own writer locks, ``openclaw.json.lock`` and ``auth-profiles.json.lock``.

Releases from 2026.5.20 on take it before they write the config, and wait for or fail on ours; older ones ignore it, so apply
also compares bytes right before it replaces. The payload is the one that OpenClaw reads: an empty lock file would
never be taken for stale by it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import TYPE_CHECKING

from reconciler.errors import MovedError, TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def config_lock(config: str, *, patience: float = 15.0) -> Iterator[None]:
    """Hold OpenClaw's lock on ``config``, or on its auth store where that is a file.

    Args:
        patience: seconds to wait for a live holder; OpenClaw's own writes take 1 to 4.

    Raises:
        MovedError: another process holds it for longer.
        TargetError: the folder can't be written.
    """
    path = f"{config}.lock"
    deadline = time.monotonic() + patience
    pause = 0.02
    while not _take(path):
        if _reclaim(path):
            continue
        if time.monotonic() >= deadline:
            raise MovedError(
                f"another writer ({_holder(path)}) has held OpenClaw's lock for {patience:.0f} seconds",
                where=path,
                remedy="let it finish and run again; if no OpenClaw runs, remove the lock file",
            )
        time.sleep(pause)
        pause = min(pause * 2, 0.5)
    try:
        yield
    finally:
        # What stays behind names a process that will have ended: OpenClaw and the next apply take it for that.
        with contextlib.suppress(OSError):
            os.unlink(path)


def _take(path: str) -> bool:
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    payload = json.dumps({"pid": os.getpid(), "createdAt": now}).encode()
    # Written whole and synced before it gets its name: nobody may see an empty lock, not even after a power cut.
    temporary = f"{path}.{os.getpid()}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        raise TargetError(
            f"OpenClaw's folder can't be written: {error.strerror}",
            where=os.path.dirname(path),
            remedy="run apply as the owner of that folder; where something else writes the config, put the values that the plan shows there",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
    return True


def _reclaim(path: str) -> bool:
    """Take a dead holder's lock out of the way; false while the holder lives or can't be told."""
    pid = _pid(path)
    if pid is None or _alive(pid):
        return False
    aside = f"{path}.stale.{os.getpid()}"
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise TargetError(
            f"the lock of a process that has ended can't be taken away: {error.strerror}",
            where=path,
            remedy="mend the permissions of its folder, or remove it by hand, and run again",
        ) from error
    try:
        if _pid(aside) != pid:
            # Somebody else reclaimed it in between and holds it now: give it back.
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
            return False
    finally:
        with contextlib.suppress(OSError):
            os.unlink(aside)
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pid(path: str) -> int | None:
    try:
        with open(path, "rb") as file:
            payload = json.loads(file.read(4096))
    except (OSError, ValueError):
        return None
    pid = payload.get("pid") if isinstance(payload, dict) else None
    return pid if isinstance(pid, int) and pid > 0 else None


def _holder(path: str) -> str:
    pid = _pid(path)
    return f"process {pid}" if pid else "unknown process"
