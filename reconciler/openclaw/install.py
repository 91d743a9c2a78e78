"""Finds the installed OpenClaw and its release without starting it.

OpenClaw's command line takes 1 to 5 seconds a call, a package.json takes none. In order of trust: the package
behind the ``openclaw`` command, what a command that is no npm link (a wrapper of Nix or pnpm) answers to ``--version``,
the release that the state database was last opened by, the release that last wrote the config
(``meta.lastTouchedVersion``; not necessarily the installed one).
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import msgspec

from reconciler.release import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.openclaw.paths import Paths

_MAX_PACKAGE_JSON = 1 << 20
_VERSION_SECONDS = 10.0


class Install(msgspec.Struct, frozen=True):
    """The release of a target and how it is known.

    Attributes:
        release: None when nothing tells it.
        evidence: where the release was read, for people.
        command: path of the ``openclaw`` command, None when not installed here.
    """

    release: Release | None
    evidence: str
    command: str | None


def find_install(
    paths: Paths, environ: Mapping[str, str], touched_by: str | None, declared: str | None = None
) -> Install:
    """Find the install that serves ``paths``.

    Args:
        touched_by: ``meta.lastTouchedVersion`` of the config, if it has one.
        declared: the release that the manifest names; beats everything.
    """
    command = find_command(environ.get("PATH", ""))
    if declared:
        return Install(Release.parse(declared), "the manifest", command)
    package = _package_of(command) if command else None
    if package is not None:
        release = _package_release(package)
        if release is not None:
            return Install(release, paths.display(package), command)
    release = _answered_release(command, environ) if command else None
    if release is not None:
        return Install(release, "`openclaw --version`", command)
    release = _database_release(paths.state_database)
    if release is not None:
        return Install(release, paths.display(paths.state_database), command)
    release = _parse(touched_by)
    evidence = (
        "meta.lastTouchedVersion of the config" if release else "nothing on this machine tells the release"
    )
    return Install(release, evidence, command)


def find_command(search_path: str) -> str | None:
    """The ``openclaw`` that a shell would run, or None."""
    for folder in search_path.split(os.pathsep):
        candidate = os.path.join(folder or ".", "openclaw")
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    return None


def _package_of(command: str) -> str | None:
    folder = os.path.dirname(os.path.realpath(command))
    for candidate in (folder, os.path.dirname(folder), os.path.join(folder, "node_modules", "openclaw")):
        path = os.path.join(candidate, "package.json")
        if os.path.isfile(path) and os.path.getsize(path) <= _MAX_PACKAGE_JSON:
            return path
    return None


def _package_release(path: str) -> Release | None:
    try:
        with open(path, encoding="utf-8") as file:
            package = json.load(file)
    except (OSError, ValueError):
        return None
    if not isinstance(package, dict) or package.get("name") != "openclaw":
        return None
    return _parse(package.get("version"))


def _answered_release(command: str, environ: Mapping[str, str]) -> Release | None:
    """Takes 0.1 s, so it is asked only where no package.json tells."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - the operator's own openclaw, fixed arguments, no shell
            [command, "--version"],
            env={**environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = done.stdout[:_MAX_PACKAGE_JSON].decode("utf-8", "replace").split()
    return next((release for release in map(_parse, words) if release is not None), None)


def _database_release(path: str) -> Release | None:
    if not os.path.isfile(path):
        return None
    from reconciler.errors import TargetError
    from reconciler.openclaw.database import reading

    try:
        with reading(path) as connection:
            row = connection.execute("SELECT app_version FROM schema_meta LIMIT 1").fetchone()
    except TargetError:
        return None
    return _parse(row[0]) if row else None


def _parse(text: object) -> Release | None:
    try:
        return Release.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None
