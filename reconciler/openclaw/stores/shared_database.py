"""The auth store from 2026.8.1 on: a row of ``state/openclaw.sqlite``, once OpenClaw's own marker says so.

Without the marker ``auth.sharedStore`` OpenClaw ignores the row, and a row made ahead of it blocks OpenClaw's migration.
Agents other than main may keep profiles of their own in their databases.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reconciler.openclaw.commands import MEND
from reconciler.openclaw.stores.agent_database import UNBORN, AgentDatabaseStore, agent_cell, newer, waiting
from reconciler.openclaw.stores.contents import MAIN, Obstacle, StoreContents, profiles_in
from reconciler.openclaw.stores.place import Cell, read_cell

if TYPE_CHECKING:
    from reconciler.openclaw.paths import Paths

TABLE = "config_machine_state"


class SharedDatabaseStore:
    """See :class:`reconciler.openclaw.stores.contents.AuthStore`."""

    def read(self, paths: Paths, agent: str) -> StoreContents:
        if agent != MAIN:
            return AgentDatabaseStore().read(paths, agent)
        cell = Cell(paths.state_database, TABLE, "authProfiles.store")
        marked = _marked(paths)
        data = read_cell(cell) if marked else None
        return StoreContents(
            cell.place, data, profiles_in(data, cell.place), _obstacle(paths, cell, data, marked=marked)
        )


def _marked(paths: Paths) -> bool:
    marker = read_cell(Cell(paths.state_database, TABLE, "auth.sharedStore"))
    try:
        value = json.loads(marker) if marker else None
    except ValueError:
        return False
    return isinstance(value, dict) and value.get("location") == "state-db"


def _obstacle(paths: Paths, cell: Cell, data: bytes | None, *, marked: bool) -> Obstacle | None:
    pending = waiting(paths, MAIN)
    if pending is not None:
        return pending
    if not marked and read_cell(agent_cell(paths, MAIN)) is not None:
        return Obstacle("the auth store waits to be moved", MEND)
    return UNBORN if data is None else newer(cell)
