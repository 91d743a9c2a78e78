"""Stops an apply at each of its system calls, one after the other, in one way or another; keeps each different end.

A program of its own: it forks a child for every stop. Reads a job (see :class:`Job`) as JSON from standard input; prints how
many stops there were, at which calls, and what came of them.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import itertools
import os
import re
import shutil
import sqlite3
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec

from reconciler.cli.main import run
from tests.laws.databases import rows_of
from tests.laws.durable import Case, Disk
from tests.laws.others import OTHERS
from tests.laws.tracing import GO_ON, Verdict, traced

if TYPE_CHECKING:
    from tests.laws.calls import Call

# What counts in each way to stop: killed before a call, or the power cut; killed in the middle of what it writes; it fails;
# from there on the disk is full, or nothing can be changed any more; another one writes right before it.
WAYS: Final = {
    "killed": {"change", "write", "lock", "start", "network"},
    "torn": {"write"},
    "failed": {"change", "write", "lock", "start", "network", "read"},
    "full": {"change", "write"},
    "read-only": {"change", "write"},
    "raced": {"change", "write", "lock"},
}
TAKES_ROOM: Final = {"write", "pwrite64", "open", "openat", "mkdir", "link", "fallocate"}
RANDOM = re.compile(r"\d{8}T\d{6}(\.\d{4})?-[0-9a-f]{6}|reconciler-\d+|\d+$")
CLAIM = re.compile("nothing was (?:written|changed)|as it was|put back")


class Job(msgspec.Struct):
    """What to stop.

    Attributes:
        template: the home of which each run gets a fresh copy.
        home: where that copy is, always.
        left: a folder to be made for the homes that are left behind.
        sorts: calls that count; all that do in the way, where it is empty. With some only, no power is cut.
        focus: where calls fail, the only files that count, by how their paths in the home begin; all, where it is empty.
        other: in a race, who else writes: a name of ``others.py``.
        until: a file of the home; once it is gone nothing counts any more. With one, no power is cut.
    """

    template: str
    home: str
    left: str
    ways: list[str]
    environ: dict[str, str]
    arguments: list[str]
    sorts: set[str] = set()
    focus: tuple[str, ...] = ()
    other: str = ""
    until: str = ""


class End(msgspec.Struct):
    """How a run ended that was stopped.

    Attributes:
        code: None when it was killed.
        home: where its home was put; empty when one like it is there already.
    """

    stop: str
    code: int | None
    said: str
    home: str


class Stopped(msgspec.Struct):
    """What came of a job: stops by way, how often each call was stopped at, ends."""

    points: dict[str, int]
    calls: dict[str, int]
    ends: list[End]


def main() -> None:
    """Do one job."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    os.mkdir(job.left)
    _fresh(job)
    _command(job)  # imports what every child will use
    gc.collect()
    gc.freeze()
    points, calls, ends = Counter[str](), Counter[str](), list[End]()
    seen: set[Any] = set()
    for way in job.ways:
        for number in itertools.count(1):
            stop = _Stop(job, way, number)
            answer = _run(job, stop)
            if stop.at is not None:
                calls[stop.at.kind.name] += 1
            for what, home in stop.homes():
                points[what] += 1
                ends.append(_kept(job, what, stop, home, answer, seen))
            if stop.at is None:
                break
    sys.stdout.buffer.write(msgspec.json.encode(Stopped(points, calls, ends)))


def _run(job: Job, stop: _Stop) -> tuple[int, str] | None:
    """One apply: its exit code and what it said; None when it was killed."""
    _fresh(job)
    stop.begin()
    reader, writer = os.pipe()
    work = lambda: os.write(writer, msgspec.json.encode(_command(job)))  # noqa: E731
    traced(work, stop.counted, stop.decide)
    os.close(writer)
    with open(reader, "rb") as pipe:
        said = pipe.read()
    return msgspec.json.decode(said, type=tuple[int, str]) if said else None


def _fresh(job: Job) -> None:
    shutil.rmtree(job.home, ignore_errors=True)
    shutil.copytree(job.template, job.home, symlinks=True)


def _command(job: Job) -> tuple[int, str]:
    os.environ.clear()
    os.environ.update(job.environ)
    os.chdir(job.home)
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        code = run(job.arguments)
    return code, stream.getvalue()


def _kept(
    job: Job, what: str, stop: _Stop, home: Path, answer: tuple[int, str] | None, seen: set[Any]
) -> End:
    code, said = answer or (None, "")
    found = (code, tuple(CLAIM.findall(said)), stop.written, *signature(home))
    place = ""
    if found not in seen:
        seen.add(found)
        place = os.path.join(job.left, str(len(seen)))
        home.rename(place)
    return End(f"{what} at {stop}", code, said, place)


def signature(home: Path) -> Any:
    """What tells two left-behind homes apart, without ids, process numbers and times."""
    found = []
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.name.endswith("-shm"):
            name = RANDOM.sub("#", os.path.relpath(path, home))
            data: Any = path.read_bytes()
            if "reconciler" in path.parts:
                data = (data != b"", b'"verified": true' in data)
            elif path.suffix == ".sqlite":
                data = _content(path)
            found.append((name, data))
        elif path.is_dir():
            found.append((RANDOM.sub("#", os.path.relpath(path, home)), None))
    return tuple(found)


def _content(database: Path) -> Any:
    """Of one that is at rest its rows; of one in the middle of a write the bytes."""
    if any(database.with_name(database.name + end).exists() for end in ("-wal", "-journal")):
        return database.read_bytes()
    try:
        return repr(rows_of(database))
    except sqlite3.DatabaseError as error:
        return str(error)


class _Stop:
    """One stop: counts the calls, and says what becomes of each."""

    def __init__(self, job: Job, way: str, number: int) -> None:
        self.way, self.number, self.left = way, number, number
        self.home = Path(job.home)
        self.counted = WAYS[way] & (job.sorts or WAYS[way])
        focus = () if way in ("killed", "torn") else job.focus
        self.focus = tuple(f"{self.home}/{name}" for name in focus or ("",))
        self.until = self.home / job.until
        self.at: Call | None = None
        self.last: Call | None = None
        self.disk: Disk | None = None
        self.other = OTHERS.get(job.other)
        self.written = ""
        self.cut = not job.sorts and not job.until

    def __str__(self) -> str:
        return f"{self.number}, {self.at or 'the end'}{self.written}"

    def begin(self) -> None:
        """The home is there."""
        self.disk = Disk(self.home) if self.way == "killed" and self.cut else None

    def homes(self) -> list[tuple[str, Path]]:
        """What is left behind, and by what; had the power been cut, one of three. At the end that counts too."""
        found = [(self.way, self.home)] if self.at is not None else []
        if self.disk is not None and (self.at is None or self.at.sort in ("change", "write")):
            for number, case in enumerate(get_args(Case)):
                left = self.home.with_name(f"cut-{number}")
                shutil.rmtree(left, ignore_errors=True)
                self.disk.cut(case, left)
                found.append(("power cut", left))
        return found

    def decide(self, call: Call) -> Verdict:
        """What becomes of it."""
        verdict = GO_ON
        if self._counts(call):
            self.left -= 1
            if self.left <= 0:
                verdict = self._stopped(call)
        if self.disk is not None and not verdict.kill:
            self.disk.saw(call)
        return verdict

    def _counts(self, call: Call) -> bool:
        sort = call.sort
        if sort not in self.counted or (self.way == "full" and not _takes_room(call)):
            return False
        if call.kind.shape and not any(path.startswith(self._below()) for path in call.paths):
            return False
        # A file that is read in several pieces is one point.
        again = sort == "read" and self.last is not None and self.last[::2] == call[::2]
        self.last = call
        return not again and self.until.exists()

    def _below(self) -> tuple[str, ...]:
        """What has begun to go wrong goes wrong everywhere."""
        return self.focus if self.at is None else (f"{self.home}/",)

    def _stopped(self, call: Call) -> Verdict:
        first = self.at is None
        if not first and self.way in ("failed", "raced"):
            return GO_ON
        self.at = self.at or call
        if self.other is not None:
            self.written = ", and another one wrote" if self.other(self.home) else ""
            return GO_ON
        if self.way == "killed":
            return Verdict(kill=True)
        if self.way == "torn":
            return Verdict(kill=True, half=True)
        if self.way == "full":
            return Verdict(half=True) if first and call.sort == "write" else Verdict(error=errno.ENOSPC)
        if self.way == "read-only":
            return Verdict(error=errno.EROFS if "f" not in call.kind.shape else errno.EIO)
        return Verdict(error=call.faults[self.number % len(call.faults)])


def _takes_room(call: Call) -> bool:
    there = call.kind.name in ("open", "openat") and os.path.exists(call.paths[0])
    return call.kind.name in TAKES_ROOM and not there


if __name__ == "__main__":
    main()
