"""The auth store up to 2026.6.1: ``agents/ID/agent/auth-profiles.json``.

OpenClaw creates the file when it first has a profile; before 2026.5.22 none of its commands does that without a terminal. So a
missing file is an empty store and may be created, but only in an agent's folder that OpenClaw has made.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.openclaw.stores.contents import Obstacle, StoreContents, profiles_in
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
        obstacle = None
        if data is None and not os.path.isdir(os.path.dirname(place)):
            folder = paths.display(os.path.dirname(place))
            obstacle = Obstacle(
                f"OpenClaw has not made {folder} yet", "run an agent once: openclaw agent --local -m ping"
            )
        return StoreContents(place, data, profiles_in(data, place), obstacle)
