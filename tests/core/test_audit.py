"""OpenClaw's record of writes, read without a trace and without a value from a command line."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from reconciler.openclaw.audit import events
from reconciler.openclaw.paths import Paths
from tests.scenarios.world import tree

KEY = "sk-in-argv-0123456789abcdef"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "logs").mkdir()
    (tmp_path / "state").mkdir()
    return Paths(str(tmp_path), str(tmp_path), str(tmp_path / "openclaw.json"))


def row(paths: Paths, second: int, *command: str, **more: Any) -> str:
    argv = ["/usr/bin/node", "/opt/openclaw/openclaw.mjs", *command]
    said = {
        "ts": f"2026-11-23T05:00:{second:02}.000Z",
        "event": "config.write",
        "result": "rename",
        "configPath": paths.config,
        "argv": argv,
        "pid": 7,
        **more,
    }
    return json.dumps(said)


def test_a_log_is_read_whatever_else_stands_in_it(paths: Paths) -> None:
    lines = [
        "no json",
        "[" * 100_000,
        "[]",
        row(paths, 1, "config", "set", "agents.defaults.model", "x/y"),
        row(paths, 2, "config", "set", "env.vars.KEY", KEY),
        row(paths, 3, KEY, "doctor"),
        row(paths, 4, "doctor", result="rejected"),
        row(paths, 5, "doctor", configPath="/elsewhere"),
        row(paths, 6, "doctor", argv=None, pid="x", changedPaths=["a.b", 1]),
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ]
    with open(f"{paths.state_dir}/logs/config-audit.jsonl", "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    found = events(paths, "2026-11-23T05:00:01")
    assert [(event.command, event.paths) for event in found] == [
        ("config set", ("agents.defaults.model",)),
        ("config set", ("env.vars.KEY",)),
        ("", ()),
        ("", ("a.b",)),
    ]
    assert KEY not in repr(found)
    assert events(paths, "2026-11-23T05:00:06") == found[3:]


def test_what_a_running_gateway_has_written_last_is_seen_and_no_trace_is_left(paths: Paths) -> None:
    gateway = sqlite3.connect(paths.state_database)
    gateway.execute("PRAGMA journal_mode=WAL")
    gateway.execute(
        "CREATE TABLE diagnostic_events (scope TEXT, event_key TEXT, payload_json TEXT, created_at INTEGER)"
    )
    gateway.execute(
        "INSERT INTO diagnostic_events VALUES ('config-audit', 'a', ?, 1)", (row(paths, 1, "doctor"),)
    )
    gateway.commit()
    try:
        before = tree(Path(paths.state_dir))
        assert [event.command for event in events(paths, "")] == ["doctor"]
        assert tree(Path(paths.state_dir)) == before
    finally:
        gateway.close()
    assert [event.command for event in events(paths, "")] == ["doctor"]


def test_a_database_that_is_none_tells_nothing(paths: Paths) -> None:
    with open(paths.state_database, "wb") as file:
        file.write(b"SQLite format 3\0" + b"\xff" * 5000)
    assert events(paths, "") == ()
