"""Reads every store of a release; which of the three auth stores it has is a row of the capabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.openclaw.models_json import agent_folders
from reconciler.openclaw.stores.agent_database import AgentDatabaseStore
from reconciler.openclaw.stores.contents import MAIN, AuthStore, SecretStore, Stores
from reconciler.openclaw.stores.json_file import JsonFileStore
from reconciler.openclaw.stores.secrets import read_secret_store
from reconciler.openclaw.stores.shared_database import SharedDatabaseStore

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
    store = AUTH_STORES[capabilities.auth_store]
    secrets = read_secret_store(paths) if capabilities.store_refs else SecretStore()
    names = dict.fromkeys((*agent_folders(paths), *agents))
    others = {name: store.read(paths, name) for name in names if name != MAIN}
    own = {name: contents for name, contents in others.items() if contents.data is not None or name in agents}
    return Stores(store.read(paths, MAIN), secrets, own)
