"""Kills an apply before its n-th act on the file system, for every n, and keeps each different thing that this leaves.

A program of its own: it forks, and every child is killed in the middle of what it does. Between two such acts nothing
happens to any file, so killing at each is killing at every instruction. Reads a job from standard input:
``{"template": folder, "work": folder}``; prints the folders that it leaves.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from reconciler.apply import Steps, apply
from reconciler.errors import ReconcilerError
from reconciler.guard import Overrides
from reconciler.planning import Request
from tests.laws.generated import KEY, VARIABLE

ACTS = frozenset(
    (
        "fcntl.flock",
        "os.chmod",
        "os.chown",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "shutil.rmtree",
        "subprocess.Popen",
    )
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
RANDOM = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}|reconciler-\d+|\d+$")


def main() -> None:
    """Do one job."""
    job = json.load(sys.stdin)
    work = Path(job["work"])
    first = Path(shutil.copytree(job["template"], work / "0", symlinks=True))
    _moved(first, job["template"])
    _apply(first)  # imports what every child will use
    seen: set[Any] = set()
    left = []
    number = 1
    while True:
        folder = work / str(number)
        shutil.copytree(job["template"], folder, symlinks=True)
        _moved(folder, job["template"])
        killed = _killed(folder, number)
        found = signature(folder)
        if found in seen:
            shutil.rmtree(folder)
        else:
            seen.add(found)
            left.append(str(folder))
        if not killed:
            break
        number += 1
    json.dump(left, sys.stdout)


def _moved(folder: Path, template: str) -> None:
    """The record of an unfinished apply names its files in full, and none but its own target's are accepted."""
    pending = folder / ".openclaw" / "reconciler" / "pending.json"
    if pending.exists():
        pending.write_text(pending.read_text("utf-8").replace(template, str(folder)), "utf-8")


def _killed(folder: Path, number: int) -> bool:
    child = os.fork()
    if child == 0:
        _die_at(number)
        _apply(folder)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status):
        raise RuntimeError(f"the apply with {number} acts ended with {os.WEXITSTATUS(status)}")
    return False


def _apply(folder: Path) -> None:
    request = Request(
        (str(folder / "manifests"),),
        {"HOME": str(folder), "PATH": str(folder / "bin"), VARIABLE: KEY},
        overrides=Overrides(mass_delete=True, empty=True),
    )
    with contextlib.suppress(ReconcilerError):
        apply(request, Steps(None, lambda _: True, lambda _: None))


def _die_at(number: int) -> None:
    left = number

    def act() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ACTS or (event == "open" and arguments[2] & WRITING):
            act()

    sync = os.fsync

    def fsync(descriptor: Any) -> None:
        act()
        sync(descriptor)

    sys.addaudithook(heard)
    setattr(os, "fsync", fsync)  # noqa: B010 - it alone is not audited; mypy takes an assignment for a mistake


def signature(folder: Path) -> Any:
    """What tells two left-behind folders apart, without ids, process numbers and times."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = RANDOM.sub("#", os.path.relpath(path, folder))
        data = path.read_bytes() if path.is_file() else b""
        shown: Any = b'"verified": true' in data if "reconciler" in path.parts else data
        found.append((name, data != b"", shown))
    return tuple(found)


if __name__ == "__main__":
    main()
