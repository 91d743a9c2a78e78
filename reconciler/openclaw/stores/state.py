"""What OpenClaw itself notes beside the auth profiles: the order somebody chose, and when each was used last. Read only."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.openclaw.database import has_table, reading
from reconciler.openclaw.stores.json_file import store_file
from reconciler.openclaw.stores.place import Cell, read_cell, read_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.openclaw.capabilities import AuthStore as Shape
    from reconciler.openclaw.paths import Paths

MAIN = "main"
_TABLE = "auth_profile_state"


class StoreState(msgspec.Struct, frozen=True):
    """One agent's notes.

    Attributes:
        place: where the order was found; empty where there is none.
        order: profile ids by provider; beats ``auth.order`` of the config.
        last_used: by profile id, in milliseconds since 1970; of equal profiles the one unused for longest comes first.
    """

    place: str
    order: dict[str, tuple[str, ...]]
    last_used: dict[str, int]


NOTHING = StoreState("", {}, {})


def read_state(paths: Paths, shape: Shape, agent: str) -> StoreState:
    """The notes of ``agent``; what can't be understood counts as nothing, as it does for OpenClaw.

    Raises:
        TargetError: a database can't be read.
    """
    for place, data in _documents(paths, shape, agent):
        try:
            document = json.loads(data) if data else None
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict) and (document.get("order") or document.get("usageStats")):
            return _state(place, document)
    return NOTHING


def _documents(paths: Paths, shape: Shape, agent: str) -> Iterator[tuple[str, bytes | None]]:
    if shape == "json":
        legacy = store_file(paths, agent)
        beside = os.path.join(os.path.dirname(legacy), "auth-state.json")
        yield beside, read_place(beside)
        yield legacy, read_place(legacy)
        return
    database = os.path.join(paths.agent_folder(agent), "openclaw-agent.sqlite")
    yield f"{database}#{_TABLE}/primary", _row(database)
    if shape == "shared-database" and agent == MAIN:
        cell = Cell(paths.state_database, "config_machine_state", "authProfiles.state")
        yield cell.place, read_cell(cell)


def _row(database: str) -> bytes | None:
    if not os.path.isfile(database):
        return None
    with reading(database) as connection:
        if not has_table(connection, _TABLE):
            return None
        row = connection.execute(f"SELECT state_json FROM {_TABLE} WHERE state_key = 'primary'").fetchone()  # noqa: S608 - our own name
    return row[0].encode("utf-8", "surrogatepass") if row and isinstance(row[0], str) else None


def _state(place: str, document: dict[str, Any]) -> StoreState:
    order, usage = document.get("order"), document.get("usageStats")
    usage = usage if isinstance(usage, dict) else {}
    return StoreState(
        place,
        {
            name: tuple(filter(_is_text, ids))
            for name, ids in (order.items() if isinstance(order, dict) else ())
            if isinstance(ids, list)
        },
        _times(usage),
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _times(usage: dict[str, Any]) -> dict[str, int]:
    values = ((profile, stats.get("lastUsed")) for profile, stats in usage.items() if isinstance(stats, dict))
    return {profile: int(value) for profile, value in values if isinstance(value, int | float)}
