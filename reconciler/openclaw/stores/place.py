"""One document of OpenClaw's state, wherever it is kept: a file, or a cell of one of its databases.

A cell is named ``DATABASE#TABLE/KEY``, so that the candidate, the backup and the record of a running apply treat it like a
file. A cell is written in one short transaction that compares first: 2026.9.6 hangs while another process holds one.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from reconciler.errors import MovedError, TargetError
from reconciler.files import read_regular, replace_if
from reconciler.openclaw.database import BUSY_SECONDS, failed, has_table, reading, uri_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

MAX_BYTES = 64 << 20


class _Table(NamedTuple):
    """How a table of OpenClaw's is read and written, and the newest schema (``user_version``) that was checked.

    ``delete`` is empty where a row is OpenClaw's own and only its value may change.
    """

    schema: int
    select: str
    write: str
    delete: str = ""


# Columns as created by 2026.6.11 (agent database: schema 1), 8.2 and 9.1 (19), 9.6 (23); 8.2 and 9.6 (shared database).
TABLES: Final = {
    "auth_profile_store": _Table(
        23,
        "SELECT store_json FROM auth_profile_store WHERE store_key = :key",
        "UPDATE auth_profile_store SET store_json = :value, updated_at = :now WHERE store_key = :key",
    ),
    "auth_profile_state": _Table(
        23,
        "SELECT state_json FROM auth_profile_state WHERE state_key = :key",
        "UPDATE auth_profile_state SET state_json = :value, updated_at = :now WHERE state_key = :key",
    ),
    "config_machine_state": _Table(
        18,
        "SELECT value_json FROM config_machine_state WHERE state_key = :key",
        "UPDATE config_machine_state SET value_json = :value, updated_at_ms = :now WHERE state_key = :key",
    ),
    "secret_store_entries": _Table(
        18,
        "SELECT value FROM secret_store_entries"
        " WHERE scope_kind = 'team' AND scope_id = '' AND name = :key AND deleted_at_ms IS NULL",
        "INSERT INTO secret_store_entries"
        " (scope_kind, scope_id, name, value, kind, created_at_ms, updated_at_ms, updated_by)"
        " VALUES ('team', '', :key, :value, 'secret', :now, :now, 'openclaw-reconciler')"
        " ON CONFLICT (scope_kind, scope_id, name) DO UPDATE SET value = excluded.value,"
        " updated_at_ms = excluded.updated_at_ms, updated_by = excluded.updated_by, deleted_at_ms = NULL",
        # OpenClaw's own removal keeps the row and its value; a key that nobody declares has no business there.
        "DELETE FROM secret_store_entries WHERE scope_kind = 'team' AND scope_id = '' AND name = :key",
    ),
}


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
    match = re.match(rf"(.+)#({'|'.join(TABLES)})/([A-Za-z0-9_.]+)\Z", place, re.DOTALL)
    return Cell(*match.groups()) if match else None


def read_place(place: str) -> bytes | None:
    """The document's bytes; None when there is no such file, database, table or row.

    Raises:
        TargetError: it can't be read.
    """
    cell = cell_of(place)
    if cell is not None:
        return read_cell(cell)
    try:
        return read_regular(place, MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TargetError(
            f"it can't be read: {error.strerror}",
            where=place,
            remedy="mend the permissions and run again; what was begun is then settled",
        ) from error


def replace_place(
    place: str, before: bytes | None, after: bytes | None, *, mode: int, uid: int = -1, gid: int = -1
) -> None:
    """Put ``after`` in place of ``before``; None stands for nothing there.

    Raises:
        MovedError: the place holds something else by now, or OpenClaw holds its database for too long.
        TargetError: the database can't be written.
        OSError: a file can't be written.
    """
    cell = cell_of(place)
    if cell is not None:
        _replace_cell(cell, before, after)
    elif after is None:
        os.unlink(place)
    elif not replace_if(place, before, after, mode=mode, uid=uid, gid=gid):
        raise MovedError("another writer changed it in this moment", where=place, remedy="run it again")


def read_cell(cell: Cell) -> bytes | None:
    """A cell's value without leaving a trace: no journal file of SQLite's is created.

    Raises:
        TargetError: the database is damaged, locked, or no database.
    """
    if not os.path.isfile(cell.database):
        return None
    with reading(cell.database) as connection:
        if not has_table(connection, cell.table):
            return None
        return _value(connection, cell)


def _value(connection: sqlite3.Connection, cell: Cell) -> bytes | None:
    row = connection.execute(TABLES[cell.table].select, {"key": cell.key}).fetchone()
    if row is None:
        return None
    return row[0] if isinstance(row[0], bytes) else str(row[0]).encode("utf-8", "surrogatepass")


def _replace_cell(cell: Cell, before: bytes | None, after: bytes | None) -> None:
    import sqlite3

    table = TABLES[cell.table]
    statement = table.write if after is not None else table.delete
    values: dict[str, Any] = {"key": cell.key, "now": int(time.time() * 1000)}
    if after is not None:
        values["value"] = after.decode("utf-8", "surrogatepass")
    try:
        uri = uri_of(cell.database, "mode=rw")
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        with contextlib.closing(connection), _transaction(connection):
            if _value(connection, cell) != before:
                raise _moved(cell)
            connection.execute(statement, values)
    except sqlite3.Error as error:
        if "locked" in str(error) or "busy" in str(error):
            raise MovedError(
                f"OpenClaw has held its database for {BUSY_SECONDS:.0f} seconds",
                where=cell.database,
                remedy="let it finish and run again; nothing was written there",
            ) from error
        raise failed("written", cell.database, error) from error


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    # Without a write-ahead log a commit is the removal of a file: a power cut must not bring it back.
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _moved(cell: Cell) -> MovedError:
    return MovedError(
        "the store changed while apply was running",
        where=cell.place,
        remedy="run it again; nothing was written there",
    )
