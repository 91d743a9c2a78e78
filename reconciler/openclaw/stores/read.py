"""Reads every store of a release; which of the three auth stores it has is a row of the capabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

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

AUTH_STORES: Mapping[Shape, AuthStore] = {
    "json": JsonFileStore(),
    "agent-database": AgentDatabaseStore(),
    "shared-database": SharedDatabaseStore(),
}


def read_stores(paths: Paths, capabilities: Capabilities, agents: Collection[str] = ()) -> Stores:
    """Every store; releases before 2026.8.1 have no secret store.

    Args:
        agents: those whose own auth store is of interest even where there is none yet.

    Raises:
        TargetError: one of them is there and can't be read.
    """
    secrets = read_secret_store(paths) if capabilities.store_refs else SecretStore()
    names = dict.fromkeys((*agent_folders(paths), *agents))
    others = {name: _read(paths, capabilities.auth_store, name) for name in names if name != MAIN}
    own = {name: store for name, store in others.items() if store.data is not None or name in agents}
    return Stores(_read(paths, capabilities.auth_store, MAIN), secrets, own)


def _read(paths: Paths, shape: Shape, agent: str) -> StoreContents:
    contents = AUTH_STORES[shape].read(paths, agent)
    return msgspec.structs.replace(contents, state=read_state(paths, shape, agent))
