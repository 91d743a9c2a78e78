"""OpenClaw's secret store (from 2026.8.1): team-wide entries in ``state/openclaw.sqlite``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.openclaw.commands import STORE_SECRET
from reconciler.openclaw.database import has_table, reading, schema_version
from reconciler.openclaw.stores.contents import Obstacle, SecretStore
from reconciler.openclaw.stores.place import TABLES, Cell
from reconciler.secret import Secret

if TYPE_CHECKING:
    from reconciler.openclaw.paths import Paths

TABLE = "secret_store_entries"
_ENTRIES = f"SELECT name, value FROM {TABLE} WHERE scope_kind = 'team' AND deleted_at_ms IS NULL"  # noqa: S608 - our own table's name


def read_secret_store(paths: Paths) -> SecretStore:
    """Every team-wide entry.

    Raises:
        TargetError: the database can't be read.
    """
    database = paths.state_database
    if not os.path.isfile(database):
        return SecretStore(obstacle=_UNBORN)
    with reading(database) as connection:
        if not has_table(connection, TABLE):
            return SecretStore(obstacle=_UNBORN)
        rows = connection.execute(_ENTRIES).fetchall()
    version, known = schema_version(database), TABLES[TABLE].schema
    obstacle = None
    if version > known:
        what = f"the secret store has schema {version}, newer than the {known} that this program knows"
        obstacle = Obstacle(what, STORE_SECRET)
    texts = ((name, value) for name, value in rows if isinstance(name, str) and isinstance(value, str))
    return SecretStore({name: Secret(value) for name, value in texts}, obstacle)


def secret_cell(paths: Paths, name: str) -> Cell:
    """The row of one entry."""
    return Cell(paths.state_database, TABLE, name)


_UNBORN = Obstacle("OpenClaw has not created its secret store yet", STORE_SECRET, unborn=True)
