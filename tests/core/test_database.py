"""A database whose log or journal somebody left open reads as SQLite reads it, and no file beside it is touched."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.openclaw.database import reading
from reconciler.openclaw.database_image import image_of
from tests.scenarios.world import tree

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

WRITES = st.lists(
    st.tuples(st.sampled_from(["put", "drop", "vacuum"]), st.integers(0, 20), st.integers(0, 9000)),
    max_size=25,
)


def left_open(folder: Path, writes: list[tuple[str, int, int]], name: str) -> Path:
    """A copy of a database and its log, made while its writer still has it open."""
    folder.mkdir()
    live = sqlite3.connect(folder / "live", isolation_level=None)
    live.execute("PRAGMA journal_mode = WAL")
    live.execute("PRAGMA wal_autocheckpoint = 0")
    live.execute("CREATE TABLE it (id INTEGER PRIMARY KEY, value TEXT)")
    for what, number, size in writes:
        if what == "put":
            live.execute("INSERT OR REPLACE INTO it VALUES (?, ?)", (number, "x" * size))
        elif what == "drop":
            live.execute("DELETE FROM it WHERE id >= ?", (number,))
        else:
            live.execute("PRAGMA wal_checkpoint(PASSIVE)")
    live.execute("BEGIN")
    live.execute("INSERT OR REPLACE INTO it VALUES (99, 'not committed')")
    copy = folder / name
    shutil.copy(folder / "live", copy)
    shutil.copy(folder / "live-wal", f"{copy}-wal")
    live.execute("ROLLBACK")
    live.close()
    return copy


@given(writes=WRITES)
@settings(max_examples=60, deadline=None)
def test_the_image_holds_what_sqlite_reads(
    writes: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = left_open(tmp_path_factory.mktemp("image") / "db", writes, "copy")
    before = tree(database.parent)
    with reading(str(database)) as connection:
        mine = connection.execute("SELECT id, value FROM it ORDER BY id").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert tree(database.parent) == before
    with sqlite3.connect(database) as connection:
        assert mine == connection.execute("SELECT id, value FROM it ORDER BY id").fetchall()
    connection.close()


def killed_in_a_write(folder: Path, writes: list[tuple[str, int, int]]) -> Path:
    """A copy of a database without a write-ahead log, made when a writer has put pages into it that it never committed."""
    folder.mkdir()
    live = sqlite3.connect(folder / "live", isolation_level=None)
    live.execute("CREATE TABLE it (id INTEGER PRIMARY KEY, value TEXT)")
    live.executemany("INSERT INTO it VALUES (?, ?)", [(number, "old" * 900) for number in range(12)])
    live.execute("PRAGMA cache_size = 2")
    live.execute("BEGIN")
    for what, number, size in writes:
        if what == "put":
            live.execute("INSERT OR REPLACE INTO it VALUES (?, ?)", (number, "x" * size))
        elif what == "drop":
            live.execute("DELETE FROM it WHERE id >= ?", (number,))
    copy = folder / "copy"
    for end in ("", "-journal"):
        if (folder / f"live{end}").exists():
            shutil.copy(folder / f"live{end}", f"{copy}{end}")
    live.execute("ROLLBACK")
    live.close()
    return copy


@given(writes=WRITES)
@settings(max_examples=60, deadline=None)
def test_what_a_killed_writer_left_is_read_past(
    writes: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = killed_in_a_write(tmp_path_factory.mktemp("journal") / "db", writes)
    before = tree(database.parent)
    with reading(str(database)) as connection:
        mine = connection.execute("SELECT id, value FROM it ORDER BY id").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert tree(database.parent) == before
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert mine == connection.execute("SELECT id, value FROM it ORDER BY id").fetchall()
    assert mine == [(number, "old" * 900) for number in range(12)]


@given(cut=st.integers(0, 40_000), flip=st.integers(0, 40_000))
@settings(max_examples=60, deadline=None)
def test_a_torn_log_counts_up_to_its_last_whole_commit(
    cut: int, flip: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = left_open(tmp_path_factory.mktemp("torn") / "db", [("put", n, 3000) for n in range(8)], "copy")
    log = database.with_name("copy-wal")
    data = bytearray(log.read_bytes()[: max(cut, 33)])
    data[flip % len(data)] ^= 0x40
    log.write_bytes(data)
    image = image_of(str(database))
    assert image is not None
    mine = sqlite3.connect(":memory:")
    mine.deserialize(image)
    theirs = sqlite3.connect(database)
    query = "SELECT name FROM sqlite_master"
    assert mine.execute(query).fetchall() == theirs.execute(query).fetchall()
    if mine.execute(query).fetchall():
        rows = "SELECT id, value FROM it ORDER BY id"
        assert mine.execute(rows).fetchall() == theirs.execute(rows).fetchall()
    mine.close()
    theirs.close()
