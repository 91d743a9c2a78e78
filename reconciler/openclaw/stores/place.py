"""One JSON document of OpenClaw's state, wherever it is kept: a file, or a cell of one of its databases.

A cell is named ``DATABASE#TABLE/KEY``, so that the candidate, the backup and the record of a running apply treat it like a
file. Writing compares first: a cell in one short transaction, because 2026.9.6 hangs while another process holds one.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from reconciler.errors import MovedError, TargetError
from reconciler.files import write_atomically

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

BUSY_SECONDS = 5.0


class _Table(NamedTuple):
    key: str
    value: str
    time: str


# OpenClaw's own tables (2026.6.11, 8.2, 9.6), their columns, and the schema versions that were checked.
TABLES: Final = {
    "auth_profile_store": _Table("store_key", "store_json", "updated_at"),
    "config_machine_state": _Table("state_key", "value_json", "updated_at_ms"),
}
NEWEST_SCHEMA: Final = {"auth_profile_store": 1, "config_machine_state": 18}

_CELL = re.compile(rf"(.+)#({'|'.join(TABLES)})/([A-Za-z.]+)\Z", re.DOTALL)


class Cell(msgspec.Struct, frozen=True):
    """A row of a table of an OpenClaw database."""

    database: str
    table: str
    key: str

    @property
    def place(self) -> str:
        """Its name among files."""
        return f"{self.database}#{self.table}/{self.key}"


def cell_of(place: str) -> Cell | None:
    """The cell that ``place`` names; None for a file."""
    match = _CELL.match(place)
    return Cell(*match.groups()) if match else None


def read_place(place: str) -> bytes | None:
    """The document's bytes; None when there is no such file, database, table or row.

    Raises:
        TargetError: it can't be read.
        OSError: a file can't be read.
    """
    cell = cell_of(place)
    if cell is not None:
        return read_cell(cell)
    try:
        with open(place, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def replace_place(
    place: str, before: bytes | None, after: bytes, *, mode: int, uid: int = -1, gid: int = -1
) -> None:
    """Put ``after`` in place of ``before``.

    Raises:
        MovedError: a cell holds something else by now, or OpenClaw holds its database for too long.
        TargetError: the database can't be written.
        OSError: a file can't be written.
    """
    cell = cell_of(place)
    if cell is None:
        write_atomically(place, after, mode=mode, uid=uid, gid=gid)
    else:
        _replace_cell(cell, before, after)


def read_cell(cell: Cell) -> bytes | None:
    """A cell's value without leaving a trace: no journal file of SQLite's is created.

    Raises:
        TargetError: the database is damaged, locked, or no database.
    """
    if not os.path.isfile(cell.database):
        return None
    table = TABLES[cell.table]
    with reading(cell.database) as connection:
        if not has_table(connection, cell.table):
            return None
        query = f"SELECT {table.value} FROM {cell.table} WHERE {table.key} = ?"  # noqa: S608 - names from our table
        row = connection.execute(query, (cell.key,)).fetchone()
    if row is None:
        return None
    return row[0].encode("utf-8", "surrogatepass") if isinstance(row[0], str) else bytes(row[0] or b"")


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether the database has a table of that name."""
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (name,)).fetchone() is not None


def schema_version(database: str) -> int:
    """``user_version`` of a database, which OpenClaw raises with each migration."""
    with reading(database) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextlib.contextmanager
def reading(database: str) -> Iterator[sqlite3.Connection]:
    """A connection that can't write.

    Raises:
        TargetError: as :func:`read_cell`.
    """
    import sqlite3
    from urllib.parse import quote

    # Without a write-ahead log the file says all, and `immutable` keeps SQLite from making files beside it.
    mode = "mode=ro" if _has_log(database) else "mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(f"file:{quote(database)}?{mode}", uri=True, timeout=BUSY_SECONDS)
    except sqlite3.Error as error:
        raise _unreadable(database, error) from error
    try:
        yield connection
    except sqlite3.Error as error:
        raise _unreadable(database, error) from error
    finally:
        connection.close()


def _has_log(database: str) -> bool:
    try:
        return os.path.getsize(f"{database}-wal") > 0
    except OSError:
        return False


def _replace_cell(cell: Cell, before: bytes | None, after: bytes) -> None:
    import sqlite3
    from urllib.parse import quote

    table = TABLES[cell.table]
    now = int(time.time() * 1000)
    where = f"{cell.table} WHERE {table.key} = ?"
    try:
        connection = sqlite3.connect(
            f"file:{quote(cell.database)}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        with contextlib.closing(connection):
            connection.execute("BEGIN IMMEDIATE")
            try:
                row = connection.execute(f"SELECT {table.value} FROM {where}", (cell.key,)).fetchone()  # noqa: S608 - names from our table
                if row is None or row[0].encode("utf-8", "surrogatepass") != before:
                    raise _moved(cell)
                connection.execute(
                    f"UPDATE {cell.table} SET {table.value} = ?, {table.time} = ? WHERE {table.key} = ?",  # noqa: S608 - names from our table
                    (after.decode("utf-8", "surrogatepass"), now, cell.key),
                )
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise MovedError(
                f"OpenClaw has held its database for {BUSY_SECONDS:.0f} seconds",
                where=cell.database,
                remedy="let it finish and run again; nothing was written there",
            ) from error
        raise _unwritable(cell.database, error) from error
    except sqlite3.Error as error:
        raise _unwritable(cell.database, error) from error


def _moved(cell: Cell) -> MovedError:
    return MovedError(
        "the auth store changed while apply was running",
        where=cell.place,
        remedy="run it again; nothing was written there",
    )


def _unreadable(database: str, error: Exception) -> TargetError:
    return TargetError(
        f"the OpenClaw database can't be read: {error}",
        where=database,
        remedy="check its permissions, or let `openclaw doctor` look at it; nothing was changed",
    )


def _unwritable(database: str, error: Exception) -> TargetError:
    return TargetError(
        f"the OpenClaw database can't be written: {error}",
        where=database,
        remedy="check its permissions and the free space; what was there before is still there",
    )
