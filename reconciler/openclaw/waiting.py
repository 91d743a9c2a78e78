"""Waits for a process as long as it works: a busy machine makes OpenClaw slow, and slow is not wrong.

Whether it works is told by the processor time that it and what it started have used.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

LOOK_SECONDS = 10.0
STALLED_SECONDS = 60.0
# Ample: the slowest command takes 30 s on an idle machine (`gateway call` of 2026.4.15).
MOST_SECONDS = 1200.0
# Where nothing tells what a process uses (no /proc).
BLIND_SECONDS = 300.0
# Of one processor: an idle gateway uses less, a command on a machine with a hundred others to run uses more.
_WORKING = 0.01

Look = tuple[float, float | None]
"""Seconds since the start, and the processor seconds used by then; None where they can't be told."""


def is_working(looks: Sequence[Look], within: float = STALLED_SECONDS) -> bool:
    """Whether there was work between some two looks of the last ``within`` seconds; True before the second look."""
    if len(looks) < 2:
        return True
    now = looks[-1][0]
    return now - looks[0][0] < within or any(
        less is not None and more is not None and more - less >= _WORKING * (later - earlier)
        for (earlier, less), (later, more) in pairwise(looks)
        if now - later < within
    )


def gives_up(looks: Sequence[Look]) -> bool:
    """Whether there is no point in waiting any longer."""
    elapsed, used = looks[-1]
    if used is None:
        return elapsed >= BLIND_SECONDS
    return elapsed >= MOST_SECONDS or not is_working(looks)


def output_of(process: subprocess.Popen[bytes], given: bytes) -> tuple[bytes, bytes] | None:
    """Both outputs of a process that leads a group of its own; None when it had to be ended, with all that it started.

    Args:
        given: what it reads from standard input.
    """
    from subprocess import TimeoutExpired

    begun = time.monotonic()
    looks: list[Look] = [(0.0, 0.0)]
    rest: bytes | None = given
    with process:
        try:
            while True:
                try:
                    return process.communicate(rest, timeout=LOOK_SECONDS)
                except TimeoutExpired:
                    rest = None
                    looks.append((time.monotonic() - begun, used_by_group(process.pid)))
                    if gives_up(looks):
                        return None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def used_by_group(group: int) -> float | None:
    """Processor seconds of the live processes of a group and of the children that they have waited for."""
    try:
        processes = [name for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return None
    found = [used for name in processes if (used := _used(name, group)) is not None]
    return sum(found) if found else None


def used_by(pid: int) -> float | None:
    """The same of one process."""
    return _used(str(pid), None)


def _used(pid: str, group: int | None) -> float | None:
    """See proc(5): field 5 is the process group, fields 14 to 17 are clock ticks."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        if group is not None and int(fields[2]) != group:
            return None
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
