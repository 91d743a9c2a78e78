"""The auth store from 2026.6.5 to 7.x: a row of ``agents/ID/agent/openclaw-agent.sqlite``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.openclaw.commands import MEND, PASTE_KEY
from reconciler.openclaw.database import schema_version
from reconciler.openclaw.stores.contents import Obstacle, StoreContents, profiles_in
from reconciler.openclaw.stores.json_file import store_file
from reconciler.openclaw.stores.place import TABLES, Cell, read_cell

if TYPE_CHECKING:
    from reconciler.openclaw.paths import Paths

TABLE = "auth_profile_store"


def agent_cell(paths: Paths, agent: str) -> Cell:
    """The row with an agent's profiles."""
    return Cell(os.path.join(paths.agent_folder(agent), "openclaw-agent.sqlite"), TABLE, "primary")


class AgentDatabaseStore:
    """See :class:`reconciler.openclaw.stores.contents.AuthStore`."""

    def read(self, paths: Paths, agent: str) -> StoreContents:
        cell = agent_cell(paths, agent)
        data = read_cell(cell)
        return StoreContents(
            cell.place, data, profiles_in(data, cell.place), _obstacle(paths, agent, cell, data)
        )


def _obstacle(paths: Paths, agent: str, cell: Cell, data: bytes | None) -> Obstacle | None:
    if data is None:
        return waiting(paths, agent) or UNBORN
    return newer(cell)


def waiting(paths: Paths, agent: str) -> Obstacle | None:
    """A store of an earlier release that OpenClaw has yet to take over."""
    legacy = store_file(paths, agent)
    if not os.path.exists(legacy):
        return None
    return Obstacle(f"{paths.display(legacy)} waits to be moved into the auth store", MEND)


def newer(cell: Cell) -> Obstacle | None:
    """A schema that this program doesn't know; it can be read, but only OpenClaw may write it."""
    version, known = schema_version(cell.database), TABLES[cell.table].schema
    if version <= known:
        return None
    return Obstacle(
        f"the auth store has schema {version}, newer than the {known} that this program knows",
        PASTE_KEY,
    )


UNBORN = Obstacle("OpenClaw has not created its auth store yet", PASTE_KEY, unborn=True)
