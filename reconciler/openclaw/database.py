"""Looks into OpenClaw's SQLite databases without leaving a trace: SQLite's own readers touch the files beside one."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from reconciler.errors import TargetError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

BUSY_SECONDS = 5.0
_MAX_VALUE_BYTES = 64 << 20
_READ_SECONDS = 20.0  # a damaged database may lead SQLite in circles
_STEPS = 100_000  # of SQLite's machine between two looks at the clock


@contextlib.contextmanager
def reading(database: str) -> Iterator[sqlite3.Connection]:
    """A connection that can't write.

    Raises:
        TargetError: the database is damaged, locked, or no database.
    """
    import sqlite3

    try:
        with contextlib.closing(_connected(database)) as it:
            it.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
            deadline = time.monotonic() + _READ_SECONDS
            it.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
            yield it
    except (OSError, sqlite3.Error, MemoryError) as error:
        raise failed("read", database, error) from error


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether the database has a table of that name."""
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (name,)).fetchone() is not None


def schema_version(database: str) -> int:
    """``user_version`` of a database, which OpenClaw raises with each migration.

    Raises:
        TargetError: as :func:`reading`.
    """
    with reading(database) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def uri_of(database: str, mode: str) -> str:
    """What ``sqlite3.connect`` takes, with ``mode`` as its query."""
    from urllib.parse import quote

    return f"file:{quote(database)}?{mode}"


def failed(what: str, database: str, error: Exception) -> TargetError:
    """The error for a database that can't be ``read`` or ``written``."""
    from reconciler.openclaw.commands import DOCTOR

    return TargetError(
        f"the OpenClaw database can't be {what}: {error}",
        where=database,
        remedy=f"check its permissions and the free space, or let `{DOCTOR.command()}` look at it; nothing was changed there",
    )


def _connected(database: str) -> sqlite3.Connection:
    """With nothing beside it the file says all; else both are put together in memory where that is possible."""
    import sqlite3

    if not any(_has(database + end) for end in ("-wal", "-journal")):
        return sqlite3.connect(uri_of(database, "mode=ro&immutable=1"), uri=True)
    from reconciler.openclaw.database_image import image_of

    image = image_of(database)
    if image is None:
        return sqlite3.connect(uri_of(database, "mode=ro"), uri=True, timeout=BUSY_SECONDS)
    connection = sqlite3.connect(":memory:")
    connection.deserialize(image)
    return connection


def _has(path: str) -> bool:
    try:
        return os.path.getsize(path) > 0
    except OSError:
        return False
