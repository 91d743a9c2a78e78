"""Has OpenClaw create a store that it has not needed so far: this program writes only into stores that OpenClaw made.

A row or a marker written ahead of OpenClaw is ignored by 2026.8.1 and later, or blocks their migration. OpenClaw's own command
gets a throw-away config, because it rewrites the one it is given and strips its comments.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from reconciler.errors import TargetError
from reconciler.openclaw.stores.place import read_place, replace_place
from reconciler.openclaw.stores.secrets import secret_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from reconciler.openclaw.stores.contents import Stores
    from reconciler.targets.local import Snapshot

# A profile and an entry that no manifest declares, with a key that is none: taken out again at once.
_PROVIDER = "reconciler-setup"
_PROFILE = f"{_PROVIDER}:remove-me"
_NAME = "RECONCILER_SETUP_REMOVE_ME"
_NO_KEY = "not-a-key-created-with-the-store"
_COMMANDS = {
    "auth-store": ("models", "auth", "paste-api-key", "--provider", _PROVIDER, "--profile-id", _PROFILE),
    "secret-store": ("secrets", "store", "set", _NAME, "--kind", "secret"),
}


def create_stores(
    snapshot: Snapshot, stores: Stores, surfaces: Collection[str], progress: Callable[[str], None]
) -> None:
    """Create, empty, each store among ``surfaces`` that isn't there yet.

    Raises:
        TargetError: OpenClaw didn't create it.
    """
    for surface in _COMMANDS:
        obstacle = stores.obstacle(surface) if surface in surfaces else None
        if obstacle is not None and obstacle.unborn:
            progress(f"having OpenClaw create its {surface.replace('-', ' ')}")
            _create(snapshot, stores, surface)


def _create(snapshot: Snapshot, stores: Stores, surface: str) -> None:
    import tempfile

    from reconciler.openclaw.cli import OpenClaw

    openclaw = OpenClaw(snapshot.install, snapshot.paths, {**os.environ})
    with tempfile.TemporaryDirectory(prefix="reconciler-store-") as folder:
        config = os.path.join(folder, "openclaw.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump(_config(str(snapshot.install.release)), file)
        answer = openclaw.run(*_COMMANDS[surface], config=config, given=f"{_NO_KEY}\n")
    if surface == "auth-store":
        _empty(stores.auth.place)
    elif os.path.exists(snapshot.paths.state_database):
        place = secret_cell(snapshot.paths, _NAME).place
        replace_place(place, read_place(place), None, mode=0o600)
    again = snapshot.stores(("profile",))
    left = again.obstacle(surface) if again else None
    if left is not None:
        raise TargetError(
            f"OpenClaw did not create its {surface.replace('-', ' ')}: {answer.error or left.what}",
            where=snapshot.paths.state_dir,
            remedy=left.remedy,
        )


def _config(release: str) -> dict[str, object]:
    provider = {"baseUrl": "http://127.0.0.1:9/v1", "models": []}
    return {
        "meta": {"lastTouchedVersion": release},
        "gateway": {"mode": "local"},
        "models": {"providers": {_PROVIDER: provider}},
    }


def _empty(place: str) -> None:
    """Take out what OpenClaw was given to create the store with."""
    data = read_place(place)
    if data is None:
        return
    document = json.loads(data)
    document["profiles"].pop(_PROFILE, None)
    replace_place(place, data, json.dumps(document, separators=(",", ":")).encode(), mode=0o600)
