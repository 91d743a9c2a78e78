"""The auth store up to 2026.6.1: ``agents/ID/agent/auth-profiles.json``.

OpenClaw creates the file, and the agent's folder, when it first has a profile; before 2026.5.22 none of its commands does that without
a terminal. So a missing file is an empty store that may be created, folder and all (turns on 2026.3.13 and 4.15).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.openclaw.stores.contents import StoreContents, profiles_in
from reconciler.openclaw.stores.place import read_place

if TYPE_CHECKING:
    from reconciler.openclaw.paths import Paths

FILE = "auth-profiles.json"


def store_file(paths: Paths, agent: str) -> str:
    """Where an agent's profiles are."""
    return os.path.join(paths.agent_folder(agent), FILE)


class JsonFileStore:
    """See :class:`reconciler.openclaw.stores.contents.AuthStore`."""

    def read(self, paths: Paths, agent: str) -> StoreContents:
        place = store_file(paths, agent)
        data = read_place(place)
        return StoreContents(place, data, profiles_in(data, place))
