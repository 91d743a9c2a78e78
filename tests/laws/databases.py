"""OpenClaw's databases as its releases make them, and what is in one whose writer was stopped in the middle."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from tests.laws.target import MEMORY

# As 2026.6.11 makes it.
AGENT = (
    "CREATE TABLE auth_profile_store(store_key TEXT NOT NULL PRIMARY KEY, store_json TEXT NOT NULL,"
    " updated_at INTEGER NOT NULL)",
    "CREATE TABLE auth_profile_state(state_key TEXT NOT NULL PRIMARY KEY, state_json TEXT NOT NULL,"
    " updated_at INTEGER NOT NULL)",
    "PRAGMA user_version = 1",
)
# As 2026.9.6 makes them, two of many.
SHARED = (
    "CREATE TABLE config_machine_state(state_key TEXT NOT NULL PRIMARY KEY, value_json TEXT NOT NULL,"
    " updated_at_ms INTEGER NOT NULL) STRICT",
    "CREATE TABLE secret_store_entries(scope_kind TEXT NOT NULL CHECK (scope_kind IN ('team', 'identity')),"
    " scope_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,"
    " kind TEXT NOT NULL CHECK (kind IN ('secret', 'env')), created_at_ms INTEGER NOT NULL,"
    " updated_at_ms INTEGER NOT NULL, updated_by TEXT, deleted_at_ms INTEGER, allowed_hosts TEXT,"
    " PRIMARY KEY (scope_kind, scope_id, name)) STRICT",
    "CREATE INDEX secret_store_entries_live_idx ON secret_store_entries (scope_kind, scope_id, name)"
    " WHERE deleted_at_ms IS NULL",
    "PRAGMA user_version = 18",
)
PROFILES = json.dumps(
    {
        "version": 1,
        "profiles": {"openai:me": {"type": "oauth", "provider": "openai", "access": "a", "expires": 1e3}},
    }
)
# A row that spans pages, so that one transaction writes several of them.
FOREIGN = json.dumps({"note": "x" * 9000})
COMPANIONS = ("-wal", "-journal", "-shm")


def agent_database(path: Path) -> None:
    """An agent's own store, its log left open as by an OpenClaw that was killed."""
    rows = (
        ("INSERT INTO auth_profile_store VALUES ('primary', ?, 1)", (PROFILES,)),
        ("INSERT INTO auth_profile_state VALUES ('primary', ?, 1)", (FOREIGN,)),
    )
    _made(path, AGENT, rows, "WAL", leave_log=True)


def shared_database(path: Path, journal: str = "WAL") -> None:
    """The shared store and the secret store.

    Args:
        journal: ``WAL``, or ``DELETE`` as OpenClaw has it on a network volume.
    """
    state = "INSERT INTO config_machine_state VALUES (?, ?, 1)"
    rows: tuple[tuple[str, tuple[Any, ...]], ...] = (
        (state, ("auth.sharedStore", '{"location":"state-db"}')),
        (state, ("authProfiles.store", PROFILES)),
        (state, ("somebody.elses", FOREIGN)),
        (
            "INSERT INTO secret_store_entries VALUES ('team', '', 'THEIRS', ?, 'env', 1, 1, '', NULL, '')",
            ("sk-theirs",),
        ),
    )
    _made(path, SHARED, rows, journal)


def _made(
    path: Path,
    tables: tuple[str, ...],
    rows: tuple[tuple[str, tuple[Any, ...]], ...],
    journal: str,
    *,
    leave_log: bool = False,
) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        for statement in tables:
            connection.execute(statement)
        for statement, values in rows:
            connection.execute(statement, values)
        if leave_log:
            for name in (path.name, f"{path.name}-wal"):
                shutil.copy(path.with_name(name), path.with_name(f"left-{name}"))
    if leave_log:
        for name in (path.name, f"{path.name}-wal"):
            path.with_name(f"left-{name}").rename(path.with_name(name))


def rows_of(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, times aside, as the next one to open the database will find them; it is left as it is.

    Raises:
        sqlite3.DatabaseError: it is damaged.
    """
    with tempfile.TemporaryDirectory(dir=MEMORY if os.path.isdir(MEMORY) else None) as folder:
        copy = Path(shutil.copy(database, folder))
        for companion in COMPANIONS[:2]:
            beside = database.with_name(database.name + companion)
            if beside.exists():
                shutil.copy(beside, folder)
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            return {name: _rows(connection, name) for (name,) in names.fetchall()}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    kept = ", ".join(name for name in columns if not name.startswith(("updated_at", "created_at")))
    return sorted(connection.execute(f"SELECT {kept} FROM {table}").fetchall(), key=repr)
