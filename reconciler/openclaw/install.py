"""Finds the installed OpenClaw and its release without starting it.

OpenClaw's command line takes 1 to 5 seconds a call, a package.json takes none. In order of trust: what the manifest says, the
package behind the ``openclaw`` command, what a command that is no npm link (a wrapper of Nix or pnpm) answers to ``--version``.
These are certain. Where none of them tells, what earlier runs left behind does (:mod:`reconciler.openclaw.evidence`), and is not.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import msgspec

from reconciler.openclaw.evidence import Sign, parsed, weigh
from reconciler.release import Release

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.openclaw.paths import Paths

_MAX_PACKAGE_JSON = 1 << 20
_VERSION_SECONDS = 10.0


class Install(msgspec.Struct, frozen=True):
    """The release of a target and how it is known.

    Attributes:
        release: None when nothing tells it.
        evidence: where the release was read, for people.
        command: path of the ``openclaw`` command, None when not installed here.
        certain: it is that release; otherwise that or a later one.
    """

    release: Release | None
    evidence: str
    command: str | None
    certain: bool = True


def find_install(
    paths: Paths, environ: Mapping[str, str], signs: Callable[[], Sequence[Sign]], declared: str | None = None
) -> Install:
    """Find the install that serves ``paths``.

    Args:
        signs: gives what earlier runs left behind; called only where nothing certain tells.
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
        from reconciler.openclaw.commands import VERSION

        return Install(release, f"`{VERSION.command()}`", command)
    sign = weigh(signs())
    if sign is None:
        return Install(None, "nothing on this machine tells the release", command, certain=False)
    return Install(sign.release, sign.place, command, certain=False)


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
    return parsed(package.get("version"))


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
    return next((release for release in map(parsed, words) if release is not None), None)
