"""A throw-away home with an OpenClaw state folder, in which the real command line runs as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
# A command that takes this long hangs: on an idle machine it takes a third of a second.
SECONDS = 600.0
BUGS = ("Traceback", "a bug in reconciler")

# What each command leaves behind in the target at most; the rest of them leave nothing.
LOCK = os.path.join("reconciler", "lock")


class Ran(NamedTuple):
    """A finished command."""

    arguments: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """Everything printed, with every run of white space as one space: wrapping means nothing."""
        return " ".join(f"{self.stdout}\n{self.stderr}".split())

    def __str__(self) -> str:
        return f"reconciler {' '.join(self.arguments)}\nexit {self.code}\n{self.stdout}\n{self.stderr}"


class World:
    """A home below ``folder``; commands see nothing of the caller's environment."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.state = folder / ".openclaw"
        self.config = self.state / "openclaw.json"
        self.bin = folder / "bin"
        self.environ = {
            "HOME": str(folder),
            "PATH": str(self.bin),
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "COLUMNS": "80",
        }
        self.state.mkdir(mode=0o700, parents=True)
        (folder / "manifests").mkdir()

    def write(self, name: str, data: bytes | str) -> Path:
        """Write a file below the home; the config and what lies in `secret/` are for their owner alone."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        private = path == self.config or path.parent.name == "secret"
        path.chmod(0o600 if private else 0o755 if path.read_bytes()[:2] == b"#!" else 0o644)
        return path

    def write_config(self, data: bytes | str) -> None:
        """Write the config."""
        self.write(".openclaw/openclaw.json", data)

    def install_stub(self, release: str, manners: Mapping[str, str]) -> None:
        """Put the stand-in ``openclaw`` of ``stub.py`` on PATH."""
        source = (HERE / "stub.py").read_text("utf-8")
        self.write("bin/openclaw", f"#!{sys.executable}\n{source}")
        self.write("bin/manners.json", json.dumps(dict(manners)))
        self.write("bin/package.json", json.dumps({"name": "openclaw", "version": release}))

    def meanwhile(self) -> dict[str, bytes]:
        """What another program wrote into the state folder since this was last asked, see `stub.py`."""
        written = self.bin / "meanwhile"
        found = {self.config.name: written.read_bytes()} if written.exists() else {}
        written.unlink(missing_ok=True)
        return found

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        stdin: str = "",
    ) -> Ran:
        """Run ``reconciler ARGUMENTS``; no traceback may ever come of it.

        Args:
            prefix: a program that starts it, such as one that takes rights away first.
            stdin: what is piped in.
        """
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "reconciler", *arguments],
            cwd=self.home,
            env={**self.environ, **(env or {})},
            input=stdin.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        ran = Ran(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert not any(bug in ran.said for bug in BUGS), ran
        return ran

    def copy(self, folder: Path) -> World:
        """The same home elsewhere."""
        shutil.copytree(self.home, folder, symlinks=True)
        other = World.__new__(World)
        other.__dict__.update(
            self.__dict__,
            home=folder,
            state=folder / ".openclaw",
            config=folder / ".openclaw" / "openclaw.json",
            bin=folder / "bin",
            environ={**self.environ, "HOME": str(folder), "PATH": str(folder / "bin")},
        )
        return other


def tree(folder: Path) -> dict[str, tuple[object, ...]]:
    """Every entry below ``folder`` with its type, mode, owner, times and content; access times aside."""
    found: dict[str, tuple[object, ...]] = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files, "."):
            path = Path(place, name)
            status = path.lstat()
            content: object = None
            if path.is_symlink():
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                content = path.read_bytes()
            found[os.path.relpath(path, folder)] = (
                status.st_mode,
                status.st_uid,
                status.st_gid,
                status.st_ino,
                status.st_mtime_ns,
                status.st_ctime_ns,
                content,
            )
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """Every regular file below ``folder`` with its bytes."""
    return {
        os.path.relpath(path, folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
