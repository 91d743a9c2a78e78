"""Puts auth profiles into a sandbox as OpenClaw itself keeps them, in whichever store its release has."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from reconciler.openclaw.capabilities import capabilities_of
from reconciler.release import Release

if TYPE_CHECKING:
    from pathlib import Path

    from tests.openclaw.sandbox import Sandbox

_TABLES = (
    "CREATE TABLE IF NOT EXISTS auth_profile_store"
    "(store_key TEXT PRIMARY KEY, store_json TEXT NOT NULL, updated_at INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS auth_profile_state"
    "(state_key TEXT PRIMARY KEY, state_json TEXT NOT NULL, updated_at INTEGER NOT NULL)",
)


def put_profiles(sandbox: Sandbox, profiles: dict[str, Any], order: dict[str, list[str]]) -> None:
    """Make these the profiles of agent `main`, and `order` the order that its store says.

    The config must be there: from 2026.8.1 on OpenClaw makes its database first.
    """
    store = {"version": 1, "profiles": profiles}
    state = {"version": 1, "order": order}
    folder = sandbox.state_dir / "agents" / "main" / "agent"
    match capabilities_of(Release.parse(sandbox.release.version)).auth_store:
        case "json":
            _write(folder / "auth-profiles.json", store)
            _write(folder / "auth-state.json", state)
        case "agent-database":
            folder.mkdir(parents=True, exist_ok=True)
            rows = (("auth_profile_store", "primary", store), ("auth_profile_state", "primary", state))
            _insert(folder / "openclaw-agent.sqlite", rows, _TABLES)
        case "shared-database":
            sandbox.run("models", "auth", "list", "--json")
            values = {"store": store, "state": state}
            marker = ("config_machine_state", "auth.sharedStore", {"location": "state-db"})
            named = [("config_machine_state", f"authProfiles.{name}", it) for name, it in values.items()]
            _insert(sandbox.state_dir / "state" / "openclaw.sqlite", (marker, *named), ())


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    path.chmod(0o600)


def _insert(path: Path, rows: tuple[tuple[str, str, dict[str, Any]], ...], tables: tuple[str, ...]) -> None:
    now = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table in tables:
            connection.execute(table)
        for table, name, document in rows:
            connection.execute(
                f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", (name, json.dumps(document), now)
            )
