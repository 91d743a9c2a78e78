"""Reads every store of a release; which of the three auth stores it has is a row of the capabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.errors import TargetError
from reconciler.openclaw.capabilities import STORE_REFS
from reconciler.openclaw.models_json import agent_folders
from reconciler.openclaw.stores.agent_database import AgentDatabaseStore
from reconciler.openclaw.stores.contents import MAIN, AuthStore, SecretStore, StoreContents, Stores
from reconciler.openclaw.stores.json_file import JsonFileStore
from reconciler.openclaw.stores.secrets import read_secret_store
from reconciler.openclaw.stores.shared_database import SharedDatabaseStore
from reconciler.openclaw.stores.state import read_state

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reconciler.openclaw.capabilities import AuthStore as Shape
    from reconciler.openclaw.capabilities import Capabilities
    from reconciler.openclaw.paths import Paths

# The newest first.
AUTH_STORES: Mapping[Shape, AuthStore] = {
    "shared-database": SharedDatabaseStore(),
    "agent-database": AgentDatabaseStore(),
    "json": JsonFileStore(),
}


def read_stores(paths: Paths, capabilities: Capabilities, agents: Collection[str] = ()) -> Stores:
    """Every store; releases before 2026.8.1 have no secret store.

    Args:
        agents: those whose own auth store is of interest even where there is none yet.

    Raises:
        TargetError: one of them is there and can't be read.
    """
    secrets = read_secret_store(paths) if capabilities.some(STORE_REFS) else SecretStore()
    names = dict.fromkeys((*agent_folders(paths), *agents))
    others = {name: _read(paths, capabilities.auth_store, name) for name in names if name != MAIN}
    own = {name: store for name, store in others.items() if store.data is not None or name in agents}
    return Stores(_read(paths, capabilities.auth_store, MAIN), secrets, own)


def store_in_use(paths: Paths) -> Shape | None:
    """The newest shape in which there is a store of ``main``, where OpenClaw itself put it; None where there is none."""
    for shape, store in AUTH_STORES.items():
        try:
            if store.read(paths, MAIN).data is not None:
                return shape
        except TargetError:
            continue  # damaged, and named where it is needed
    return None


def _read(paths: Paths, shape: Shape, agent: str) -> StoreContents:
    contents = AUTH_STORES[shape].read(paths, agent)
    return msgspec.structs.replace(contents, state=read_state(paths, shape, agent))
