"""The installed release is found without starting OpenClaw, by the best evidence there is."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from reconciler.openclaw.install import find_install
from reconciler.openclaw.paths import find_paths

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


def _database(home: Path, version: str) -> None:
    with sqlite3.connect(home / ".openclaw" / "state" / "openclaw.sqlite") as connection:
        connection.execute("CREATE TABLE schema_meta (app_version TEXT)")
        connection.execute("INSERT INTO schema_meta VALUES (?)", (version,))


def test_the_package_behind_the_command_beats_database_and_config(tmp_path: Path) -> None:
    environ = _paths(tmp_path)
    _package(tmp_path, "2026.9.6")
    _database(tmp_path, "2026.8.2")
    install = find_install(find_paths(environ), environ, "2026.6.11")
    assert (str(install.release), install.command) == ("2026.9.6", str(tmp_path / "bin" / "openclaw"))


def test_a_wrapper_that_is_no_npm_link_is_asked(tmp_path: Path) -> None:
    environ = {**_paths(tmp_path), "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    _database(tmp_path, "2026.8.2")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "openclaw").write_text("#!/bin/sh\necho OpenClaw 2026.6.11 '(abc123)'\n")
    (tmp_path / "bin" / "openclaw").chmod(0o755)
    assert str(find_install(find_paths(environ), environ, None).release) == "2026.6.11"


def test_the_database_beats_the_config_and_is_not_touched(tmp_path: Path) -> None:
    environ = _paths(tmp_path)
    _database(tmp_path, "2026.8.2")
    state = tmp_path / ".openclaw" / "state"
    before = {path.name: path.stat().st_mtime_ns for path in state.iterdir()}
    assert str(find_install(find_paths(environ), environ, "2026.6.11").release) == "2026.8.2"
    assert {path.name: path.stat().st_mtime_ns for path in state.iterdir()} == before


def test_a_declared_release_beats_all_and_nothing_is_nothing(tmp_path: Path) -> None:
    environ = _paths(tmp_path)
    paths = find_paths(environ)
    assert str(find_install(paths, environ, "2026.6.11").release) == "2026.6.11"
    assert str(find_install(paths, environ, "2026.6.11", "2026.4.15").release) == "2026.4.15"
    assert find_install(paths, environ, None).release is None
    assert find_install(paths, environ, "not a release").release is None


def test_openclaws_own_variables_lead_to_its_state(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert find_paths(home).config == str(tmp_path / ".openclaw" / "openclaw.json")
    assert find_paths({**home, "OPENCLAW_PROFILE": "work"}).state_dir == str(tmp_path / ".openclaw-work")
    assert find_paths({**home, "OPENCLAW_HOME": "/srv"}).state_dir == "/srv/.openclaw"
    assert find_paths({**home, "OPENCLAW_STATE_DIR": "/var/oc"}).config == "/var/oc/openclaw.json"
    assert find_paths({**home, "OPENCLAW_CONFIG_PATH": "~/x.json"}).config == str(tmp_path / "x.json")
    assert find_paths({**home, "OPENCLAW_STATE_DIR": "/var/oc"}, state_dir="/else").state_dir == "/else"
