"""Makes each act of an apply fail, one at a time, and then everything from it on; keeps each different thing that this leaves.

A program of its own, like ``killing.py``: a child for each fault, in which an audit hook raises what the system would
have. Acts are all that touch a file of the target, start a process or open a connection. Reads a job from standard
input: ``{"template": folder, "work": folder}``; prints how many faults there were, what left the program in another
way than as a message, and the folders left behind.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.apply import Steps, apply
from reconciler.checking import check_health
from reconciler.errors import ManifestError, ReconcilerError
from reconciler.planning import Planned, Request
from tests.laws.generated import KEY, VARIABLE
from tests.laws.killing import WRITING, signature
from tests.laws.target import LOOSE

if TYPE_CHECKING:
    from reconciler.health.report import HealthReport

FAULTS = {
    "open": (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO),
    "os.mkdir": (errno.ENOSPC, errno.EROFS, errno.EACCES),
    "os.rename": (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO),
    "os.link": (errno.ENOSPC, errno.EROFS, errno.EPERM),
    "os.chmod": (errno.EROFS, errno.EPERM),
    "os.chown": (errno.EROFS, errno.EPERM),
    "os.remove": (errno.EROFS, errno.EACCES),
    "fsync": (errno.EIO, errno.ENOSPC),
    "fcntl.flock": (errno.ENOLCK, errno.EIO),
    "subprocess.Popen": (errno.ENOMEM, errno.EACCES, errno.ENOENT),
    "os.rmdir": (errno.EROFS, errno.EACCES),
    "socket.__new__": (errno.EMFILE,),
    "socket.getaddrinfo": (errno.ENETUNREACH,),
    "socket.connect": (errno.ECONNREFUSED, errno.ENETUNREACH),
    "read": (errno.EACCES, errno.EIO),
}
# One act fails; every later one of those that write does too; or the disk is full once the file has its name.
MODES = ("once", "from then on", "half written")
EXITS = {1, 3, 4, 5, 6}


def main() -> None:
    """Do one job."""
    job = json.load(sys.stdin)
    work = Path(job["work"])
    with contextlib.suppress(ReconcilerError):  # imports what every child will use
        _apply(Path(shutil.copytree(job["template"], work / "warm", symlinks=True)), checked=job["checked"])
    seen: set[Any] = set()
    left, wrong, points = [], [], 0
    for mode in MODES[:2] if job["checked"] else MODES:
        number = 1
        while True:
            folder = work / f"{MODES.index(mode)}-{number}"
            shutil.copytree(job["template"], folder, symlinks=True)
            reached, said = _failed(folder, number, mode, checked=job["checked"])
            if not reached:
                shutil.rmtree(folder)
                break
            points += 1
            if said:
                wrong.append(f"{mode} {number}: {said}")
            found = signature(folder)
            if found in seen:
                shutil.rmtree(folder)
            else:
                seen.add(found)
                left.append(str(folder))
            number += 1
    json.dump({"points": points, "wrong": wrong, "left": left}, sys.stdout)


def _failed(folder: Path, number: int, mode: str, *, checked: bool) -> tuple[bool, str]:
    """Whether there is an act with this number, and what came of its failure that isn't a message to the user."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        faults = _Faults(str(folder), number, mode, checked=checked)
        said = ""
        sys.addaudithook(faults.heard)
        setattr(os, "fsync", faults.fsync)  # noqa: B010 - it alone is not audited; mypy takes an assignment for a mistake
        try:
            _apply(folder, checked=checked)
        except ReconcilerError as error:
            told = error.remedy or isinstance(error, ManifestError)  # whose problems have one each
            said = "" if told and error.exit_code in EXITS else f"no remedy: {error}"
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is reported
            said = f"{error!r} after {faults.happened}, at {_place(error)}"
        faults.lift()
        os.write(writer, json.dumps([faults.happened != "", said]).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    reached, said = json.loads(answer)
    return reached, said


def _apply(folder: Path, *, checked: bool) -> None:
    environ = {"HOME": str(folder), "PATH": str(folder / "bin"), VARIABLE: KEY}

    def health(planned: Planned) -> HealthReport:
        return check_health(planned.manifest, planned.sites, environ, {"no_cache": True})

    request = Request((str(folder / "manifests"),), environ, overrides=LOOSE)
    apply(request, Steps(health if checked else None, lambda _: True, lambda _: None))


def _place(error: BaseException) -> str:
    """The last lines of the program's own that it went through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "reconciler/" in frame.filename]
    return " > ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in frames[-3:])


class _Faults:
    """What goes wrong in one child."""

    def __init__(self, folder: str, number: int, mode: str, *, checked: bool) -> None:
        self.folder = folder
        self.left = number
        self.number = number
        self.mode = mode
        self.happened = ""
        self.lifted = False
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self.limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.sync = os.fsync
        self.checked = checked

    def lift(self) -> None:
        """No more faults."""
        self.lifted = True
        resource.setrlimit(resource.RLIMIT_FSIZE, self.limit)

    def fsync(self, descriptor: Any) -> None:
        self.act("fsync", "")
        self.sync(descriptor)

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Listens to the interpreter."""
        if self.lifted:
            return
        path = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        if event == "open" and arguments[2] & WRITING:
            self.act("open", path)
        elif event in ("open", "os.listdir", "os.scandir"):
            if path.startswith(self.folder):
                self.act("read", path)
        elif event in FAULTS:
            self.act(event, path)

    def act(self, kind: str, path: str) -> None:
        """Raise what the system would, when it is this act's turn."""
        if self.lifted or not self.counts(kind):
            return
        self.left -= 1
        if self.left > 0 or (self.left < 0 and self.mode == "once"):
            return
        if self.mode == "half written":
            self.happened = f"writing {path}"
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, self.limit[1]))
            return
        code = FAULTS[kind][self.number % len(FAULTS[kind])]
        self.happened = self.happened or f"{kind} {path} {errno.errorcode[code]}"
        raise OSError(code, os.strerror(code), path or None)

    def counts(self, kind: str) -> bool:
        """Whether the act is one that may fail in this job."""
        if self.checked:
            return kind.startswith("socket.")
        if self.mode == "half written":
            if self.happened:
                self.lift()  # the write is over
            return kind == "open"
        # Where nothing can be written, reading and starting go on.
        return self.mode == "once" or kind not in ("read", "subprocess.Popen")


if __name__ == "__main__":
    main()
