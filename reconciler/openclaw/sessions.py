"""Sessions that keep a model of their own: ``/model`` in a chat pins one, and it outlives every change of the config.

They are kept in ``agents/ID/sessions/sessions.json``, from 2026.8 on in the agent's database (table ``session_nodes``).
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import msgspec

from reconciler.errors import TargetError
from reconciler.files import read_regular

if TYPE_CHECKING:
    from reconciler.openclaw.paths import Paths

MAX_BYTES = 32 << 20
MOST = 200

_QUERY = """
SELECT session_key, json_extract(entry_json, '$.providerOverride'), json_extract(entry_json, '$.modelOverride')
FROM session_nodes WHERE json_valid(entry_json) AND json_extract(entry_json, '$.modelOverride') IS NOT NULL
ORDER BY session_key LIMIT ?
"""


class Pin(msgspec.Struct, frozen=True, order=True):
    """One session's own model.

    Attributes:
        model: ``provider/model`` as OpenClaw would run it, the provider left out where the session names none.
        place: the file or database that holds it.
    """

    session: str
    model: str
    place: str


def read_pins(paths: Paths, agent: str) -> tuple[Pin, ...]:
    """The pinned sessions of an agent, at most 200.

    Raises:
        TargetError: the sessions are there and can't be read.
    """
    return (*_of_file(paths, agent), *_of_database(paths, agent))[:MOST]


def _of_file(paths: Paths, agent: str) -> list[Pin]:
    path = os.path.join(paths.state_dir, "agents", agent, "sessions", "sessions.json")
    try:
        data = read_regular(path, MAX_BYTES)
        if b'"modelOverride"' not in data:
            return []
        sessions = json.loads(data)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    except (ValueError, RecursionError):
        raise _unreadable(path, "it is no JSON") from None
    rows = sorted(sessions.items()) if isinstance(sessions, dict) else ()
    return [
        Pin(name, _ref(entry.get("providerOverride"), entry["modelOverride"]), path)
        for name, entry in rows
        if isinstance(entry, dict) and isinstance(entry.get("modelOverride"), str)
    ]


def _of_database(paths: Paths, agent: str) -> list[Pin]:
    path = os.path.join(paths.agent_folder(agent), "openclaw-agent.sqlite")
    if not os.path.isfile(path):
        return []
    from reconciler.openclaw.database import has_table, reading

    with reading(path) as connection:
        if not has_table(connection, "session_nodes"):
            return []
        rows = connection.execute(_QUERY, (MOST,)).fetchall()
    return [
        Pin(name, _ref(provider, model), path) for name, provider, model in rows if isinstance(model, str)
    ]


def _ref(provider: object, model: str) -> str:
    return f"{provider}/{model}" if isinstance(provider, str) and provider else model


def _unreadable(path: str, why: str) -> TargetError:
    return TargetError(
        f"the sessions can't be looked through: {why}", where=path, remedy="check its permissions"
    )
