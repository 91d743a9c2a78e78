"""Other writers, who change what they own in a file or a row that an apply changes too, and take no notice of it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

THEIRS = "theirs-and-not-to-be-lost"


def edit_config(home: Path) -> bool:
    """As an editor does that knows no lock: a new file over the old one."""
    config = home / ".openclaw" / "openclaw.json"
    document = json.loads(config.read_bytes())
    document["gateway"]["note"] = THEIRS
    config.with_name("new").write_text(json.dumps(document))
    config.with_name("new").rename(config)
    return True


def add_profile(home: Path) -> bool:
    """As OpenClaw does; false while somebody else is writing to the database."""
    database = home / ".openclaw" / "state" / "openclaw.sqlite"
    with contextlib.closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        where = "state_key = 'authProfiles.store'"
        (text,) = connection.execute(f"SELECT value_json FROM config_machine_state WHERE {where}").fetchone()
        store = json.loads(text)
        store["profiles"][THEIRS] = {"type": "api_key", "provider": "theirs", "key": "theirs"}
        update = f"UPDATE config_machine_state SET value_json = ? WHERE {where}"
        connection.execute(update, (json.dumps(store),))
        connection.execute("COMMIT")
    return True


OTHERS: Final[dict[str, Callable[[Path], bool]]] = {"edit_config": edit_config, "add_profile": add_profile}
