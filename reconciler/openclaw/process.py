"""The process of a running gateway: found by the lock that it holds as long as it runs, and the variables that it was started with.

Reads files only: a plan asks this of every target.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from reconciler.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from reconciler.openclaw.paths import Paths

_MAX_LOCK_BYTES = 64 << 10


def find_lock(paths: Paths, environ: Mapping[str, str]) -> dict[str, Any] | None:
    """What the lock of the gateway that runs for ``paths`` says, its ``pid`` at least; None when no live one holds a lock.

    Args:
        environ: for the folder of temporary files.
    """
    for path in _lock_files(paths, environ):
        lock = _read_lock(path)
        if lock is not None and lock.get("configPath") == paths.config and _alive(lock):
            return lock
    return None


def started_with(pid: int, names: Collection[str]) -> dict[str, Secret] | None:
    """Those of ``names`` that were set when a process started; None where that can't be seen.

    What a process sets itself later, such as from a ``.env`` file, isn't there.
    """
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            entries = file.read().decode("utf-8", "surrogateescape").split("\0")
    except OSError:
        return None
    pairs = (entry.partition("=") for entry in entries)
    return {name: Secret(value) for name, _, value in pairs if name in names}


def _lock_files(paths: Paths, environ: Mapping[str, str]) -> Iterator[str]:
    """From 2026.8.2 on below the state folder; before, in the folder for temporary files of whoever started it."""
    name = f"gateway.{hashlib.sha256(paths.config.encode()).hexdigest()[:8]}.lock"
    temporary = (environ.get(variable) for variable in ("TMPDIR", "TMP", "TEMP"))
    folders = [os.path.join(os.path.realpath(paths.state_dir), "tmp"), *filter(None, temporary), "/tmp"]  # noqa: S108 - where OpenClaw looks
    users = {os.getuid(), os.stat(paths.state_dir).st_uid}
    for folder in dict.fromkeys(folders):
        for user in sorted(users):
            yield os.path.join(folder, f"openclaw-{user}", name)


def _read_lock(path: str) -> dict[str, Any] | None:
    try:
        with open(path, "rb") as file:
            lock = json.loads(file.read(_MAX_LOCK_BYTES))
    except (OSError, ValueError):
        return None
    return lock if isinstance(lock, dict) and isinstance(lock.get("pid"), int) and lock["pid"] > 0 else None


def _alive(lock: dict[str, Any]) -> bool:
    """Whether the process that took the lock still is that process."""
    try:
        os.kill(lock["pid"], 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    started = _start_time(lock["pid"])
    return started is None or lock.get("startTime") in (None, started)


def _start_time(pid: int) -> int | None:
    """Clock ticks after boot (proc(5), field 22); None where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
