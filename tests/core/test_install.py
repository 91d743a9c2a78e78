"""The installed release is found without starting OpenClaw, by the best evidence there is."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.openclaw.evidence import Sign, signs_of_config, signs_of_state
from reconciler.openclaw.install import Install, find_install
from reconciler.openclaw.paths import Paths, find_paths
from reconciler.release import Release

if TYPE_CHECKING:
    from pathlib import Path


def _paths(home: Path) -> dict[str, str]:
    (home / ".openclaw" / "state").mkdir(parents=True)
    return {"HOME": str(home), "PATH": str(home / "bin")}


def _package(home: Path, version: str) -> None:
    package = home / "lib" / "node_modules" / "openclaw"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "openclaw", "version": version}))
    (package / "openclaw.mjs").write_text("#!/usr/bin/env node\n")
    (package / "openclaw.mjs").chmod(0o755)
    (home / "bin").mkdir()
    (home / "bin" / "openclaw").symlink_to(package / "openclaw.mjs")


def _database(home: Path, version: str | None) -> None:
    with sqlite3.connect(home / ".openclaw" / "state" / "openclaw.sqlite") as connection:
        connection.execute("CREATE TABLE schema_meta (app_version TEXT)")
        connection.execute("INSERT INTO schema_meta VALUES (?)", (version,))


def _install(
    environ: dict[str, str], meta: object = None, declared: str | None = None, **said: Any
) -> Install:
    """What is found where the config's ``meta`` says so; ``said`` is the rest of what :func:`_signs` takes."""
    paths = find_paths(environ)
    return find_install(paths, environ, lambda: _signs(paths, meta, **said), declared)


def _signs(
    paths: Paths, meta: object, *, config: Any = None, unchanged: bool = False, applied: tuple[str, ...] = ()
) -> list[Sign]:
    config = {**({"meta": meta} if meta else {}), **(config or {})}
    found = [*signs_of_config(config, unchanged=unchanged), *signs_of_state(paths)]
    if applied:
        found.append(Sign(Release.parse(applied[0]), "the apply", applied[1]))
    return found


def test_the_package_behind_the_command_beats_database_and_config_and_is_certain(tmp_path: Path) -> None:
    environ = _paths(tmp_path)
    _package(tmp_path, "2026.9.6")
    _database(tmp_path, "2026.8.2")
    install = _install(environ, {"lastTouchedVersion": "2026.6.11"})
    assert (str(install.release), install.command) == ("2026.9.6", str(tmp_path / "bin" / "openclaw"))
    assert install.certain


def test_a_wrapper_that_is_no_npm_link_is_asked(tmp_path: Path) -> None:
    environ = {**_paths(tmp_path), "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    _database(tmp_path, "2026.8.2")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "openclaw").write_text("#!/bin/sh\necho OpenClaw 2026.6.11 '(abc123)'\n")
    (tmp_path / "bin" / "openclaw").chmod(0o755)
    install = _install(environ)
    assert (str(install.release), install.certain) == ("2026.6.11", True)


def test_a_declared_release_beats_all_and_nothing_is_nothing(tmp_path: Path) -> None:
    environ = _paths(tmp_path)
    meta = {"lastTouchedVersion": "2026.6.11"}
    assert str(_install(environ, meta).release) == "2026.6.11"
    assert not _install(environ, meta).certain
    declared = _install(environ, meta, "2026.4.15")
    assert (str(declared.release), declared.certain) == ("2026.4.15", True)
    nothing = _install(environ)
    assert (nothing.release, nothing.certain) == (None, False)
    assert _install(environ, {"lastTouchedVersion": "not a release"}).release is None
    assert _install(environ, {"lastTouchedVersion": 7, "lastTouchedAt": {}}).release is None


@pytest.mark.parametrize(
    ("meta", "said", "release"),
    [
        ({"lastTouchedVersion": "2026.6.11"}, {}, "2026.8.2"),  # the database's
        ({"lastTouchedVersion": "2026.9.1"}, {}, "2026.9.1"),
        # Since the last apply nobody has written the config: what it says is older, and the apply was on another one.
        (
            {"lastTouchedVersion": "2026.9.1"},
            {"unchanged": True, "applied": ("2026.8.2", "2026-11-02T00:00:00Z")},
            "2026.8.2",
        ),
        ({}, {"applied": ("2026.9.6", "2026-11-02T00:00:00Z")}, "2026.9.6"),
        # Downgraded after the apply: OpenClaw's own last write is later, and says another one.
        (
            {"lastTouchedVersion": "2026.7.1", "lastTouchedAt": "2026-11-03T00:00:00.000Z"},
            {"applied": ("2026.9.6", "2026-11-02T00:00:00Z")},
            "2026.8.2",
        ),
        # Upgraded after OpenClaw's last write, and applied on the new one.
        (
            {"lastTouchedVersion": "2026.7.1", "lastTouchedAt": "2026-11-01T00:00:00.000Z"},
            {"applied": ("2026.9.6", "2026-11-02T00:00:00Z")},
            "2026.9.6",
        ),
        ({}, {"config": {"agents": {"entries": {}}}}, "2026.8.2"),
    ],
)
def test_of_what_earlier_runs_left_the_latest_counts_and_the_newest_of_what_has_no_date(
    tmp_path: Path, meta: dict[str, str], said: dict[str, Any], release: str
) -> None:
    environ = _paths(tmp_path)
    _database(tmp_path, "2026.8.2")
    state = tmp_path / ".openclaw" / "state"
    before = {path.name: path.stat().st_mtime_ns for path in state.iterdir()}
    install = _install(environ, meta, **said)
    assert (str(install.release), install.certain) == (release, False)
    assert {path.name: path.stat().st_mtime_ns for path in state.iterdir()} == before


def test_the_shape_alone_tells_the_oldest_release_that_it_can_be(tmp_path: Path) -> None:
    environ = _paths(tmp_path)
    assert str(_install(environ, config={"agents": {"defaults": {"modelPolicy": {}}}}).release) == "2026.8.1"
    marked = _install(environ, {"migrations": {"modelPolicyAllowlist": True}})
    assert str(marked.release) == "2026.8.1"
    _database(tmp_path, None)
    assert str(_install(environ).release) == "2026.6.1"


def test_openclaws_own_variables_lead_to_its_state(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert find_paths(home).config == str(tmp_path / ".openclaw" / "openclaw.json")
    assert find_paths({**home, "OPENCLAW_PROFILE": "work"}).state_dir == str(tmp_path / ".openclaw-work")
    assert find_paths({**home, "OPENCLAW_HOME": "/srv"}).state_dir == "/srv/.openclaw"
    assert find_paths({**home, "OPENCLAW_STATE_DIR": "/var/oc"}).config == "/var/oc/openclaw.json"
    assert find_paths({**home, "OPENCLAW_CONFIG_PATH": "~/x.json"}).config == str(tmp_path / "x.json")
    assert find_paths({**home, "OPENCLAW_STATE_DIR": "/var/oc"}, state_dir="/else").state_dir == "/else"
