"""What OpenClaw itself notes beside the auth profiles: the order somebody chose, and when each was used last."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from reconciler.openclaw.stores.contents import MAIN, NOTHING, StoreState
from reconciler.openclaw.stores.json_file import store_file
from reconciler.openclaw.stores.place import Cell, read_cell, read_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.openclaw.capabilities import AuthStore as Shape
    from reconciler.openclaw.paths import Paths

_TABLE = "auth_profile_state"


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
            return _state(place, data or b"", document)
    return NOTHING


def _documents(paths: Paths, shape: Shape, agent: str) -> Iterator[tuple[str, bytes | None]]:
    if shape == "json":
        legacy = store_file(paths, agent)
        beside = os.path.join(os.path.dirname(legacy), "auth-state.json")
        yield beside, read_place(beside)
        yield legacy, read_place(legacy)
        return
    cells = [Cell(os.path.join(paths.agent_folder(agent), "openclaw-agent.sqlite"), _TABLE, "primary")]
    if shape == "shared-database" and agent == MAIN:
        cells.append(Cell(paths.state_database, "config_machine_state", "authProfiles.state"))
    for cell in cells:
        yield cell.place, read_cell(cell)


def _state(place: str, data: bytes, document: dict[str, Any]) -> StoreState:
    order, usage = document.get("order"), document.get("usageStats")
    usage = usage if isinstance(usage, dict) else {}
    return StoreState(
        place,
        data,
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
