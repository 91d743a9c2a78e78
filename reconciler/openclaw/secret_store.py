"""OpenClaw's secret store (from 2026.8.1), for reading; it is written through ``openclaw secrets store``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.openclaw.stores.place import has_table, reading
from reconciler.secret import Secret

if TYPE_CHECKING:
    from reconciler.openclaw.paths import Paths


def read_secret_store(paths: Paths) -> dict[str, Secret]:
    """Every team-wide entry by name; empty before OpenClaw has created the store.

    Raises:
        TargetError: the database can't be read.
    """
    if not os.path.isfile(paths.state_database):
        return {}
    with reading(paths.state_database) as connection:
        if not has_table(connection, "secret_store_entries"):
            return {}
        rows = connection.execute(
            "SELECT name, value FROM secret_store_entries WHERE scope_kind = 'team'"
        ).fetchall()
    return {name: Secret(value) for name, value in rows if isinstance(name, str) and isinstance(value, str)}
