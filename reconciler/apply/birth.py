"""Has OpenClaw create a store that it has not needed so far: this program writes only into databases that OpenClaw made.

A row or a marker written ahead of OpenClaw is ignored by 2026.8.1 and later, or blocks their migration. OpenClaw's own command
gets a throw-away config, because it rewrites the one it is given and strips its comments. A store that is a file (up to 2026.6.1) needs
nothing but its folder.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from reconciler.apply.scratch import scratch
from reconciler.errors import TargetError
from reconciler.files import make_folder
from reconciler.openclaw.commands import PASTE_KEY, STORE_SECRET
from reconciler.openclaw.stores.place import cell_of, read_place, replace_place
from reconciler.openclaw.stores.secrets import secret_cell
from reconciler.openclaw.surfaces import store_agent, surface_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.json5.path import Path
    from reconciler.openclaw.stores.contents import Stores
    from reconciler.openclaw.surfaces import Surface
    from reconciler.targets.local import Snapshot

# A profile and an entry that no manifest declares, with a key that is none: taken out again at once.
_PROVIDER = "reconciler-setup"
_PROFILE = f"{_PROVIDER}:remove-me"
_NAME = "RECONCILER_SETUP_REMOVE_ME"
_NO_KEY = "not-a-key-created-with-the-store"


def create_stores(
    snapshot: Snapshot, stores: Stores, written: Iterable[Path], progress: Callable[[str], None]
) -> None:
    """Create, empty, each store that isn't there yet and that one of the places to be ``written`` lies in.

    Raises:
        TargetError: OpenClaw didn't create it.
    """
    needed: dict[tuple[Surface, str], Path] = {}
    for place in written:
        surface, path = surface_of(place)
        if surface == "auth-store":
            _make_folder(stores.auth_of(store_agent(place)).place)
        obstacle = stores.obstacle(surface, path)
        if obstacle is not None and obstacle.unborn:
            needed.setdefault((surface, store_agent(place)), path)
    for (surface, agent), path in needed.items():
        whose = f" of the agent {agent}" if agent else ""
        progress(f"having OpenClaw create its {surface.replace('-', ' ')}{whose}")
        _create(snapshot, stores, surface, agent, path)


def _make_folder(store: str) -> None:
    """An agent that never ran has no folder yet; OpenClaw takes one that is made here for its own (turns on 2026.3.13 and 4.15)."""
    if cell_of(store) is not None:
        return
    try:
        make_folder(os.path.dirname(store))
    except OSError as error:
        raise TargetError(
            f"the folder of the auth store can't be made: {error.strerror}",
            where=os.path.dirname(store),
            remedy="mend permissions there and run again; nothing was changed",
        ) from error


def _create(snapshot: Snapshot, stores: Stores, surface: Surface, agent: str, path: Path) -> None:
    from reconciler.openclaw.cli import OpenClaw

    openclaw = OpenClaw(snapshot.install, snapshot.paths, {**os.environ})
    release = snapshot.capabilities.release
    with scratch(snapshot.paths.journal) as folder:
        config = os.path.join(folder, "openclaw.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump(_config(snapshot, agent), file)
        words = (
            PASTE_KEY.words(release, agent=agent, provider=_PROVIDER, profile=_PROFILE)
            if surface == "auth-store"
            else STORE_SECRET.words(release, name=_NAME, file="-")
        )
        answer = openclaw.run(*(words or ()), config=config, given=f"{_NO_KEY}\n")
    if surface == "auth-store":
        _empty(stores.auth_of(agent).place)
    elif os.path.exists(snapshot.paths.state_database):
        place = secret_cell(snapshot.paths, _NAME).place
        replace_place(place, read_place(place), None, mode=0o600)
    again = snapshot.stores(("profile",), {agent} if agent else ())
    left = again.obstacle(surface, path) if again else None
    if left is not None:
        raise TargetError(
            f"OpenClaw did not create its {surface.replace('-', ' ')}: {answer.error or left.what}",
            where=snapshot.paths.state_dir,
            remedy=left.purpose.advice(release, agent=agent),
        )


def _config(snapshot: Snapshot, agent: str) -> dict[str, object]:
    provider = {"baseUrl": "http://127.0.0.1:9/v1", "models": []}
    config: dict[str, object] = {
        "meta": {"lastTouchedVersion": str(snapshot.install.release)},
        "gateway": {"mode": "local"},
        "models": {"providers": {_PROVIDER: provider}},
    }
    if agent:
        # The older form of a roster: later releases take it too, and need no word of who owns what (checked on 8.2, 9.1, 9.6).
        config["agents"] = {"list": [{"id": "main", "default": True}, {"id": agent}]}
    return config


def _empty(place: str) -> None:
    """Take out what OpenClaw was given to create the store with."""
    data = read_place(place)
    if data is None:
        return
    document = json.loads(data)
    document["profiles"].pop(_PROFILE, None)
    replace_place(place, data, json.dumps(document, separators=(",", ":")).encode(), mode=0o600)
