"""Reads both stores of a release; which of the three auth stores it has is a row of the capabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.openclaw.stores.agent_database import AgentDatabaseStore
from reconciler.openclaw.stores.contents import MAIN, AuthStore, SecretStore, Stores
from reconciler.openclaw.stores.json_file import JsonFileStore
from reconciler.openclaw.stores.secrets import read_secret_store
from reconciler.openclaw.stores.shared_database import SharedDatabaseStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.openclaw.capabilities import AuthStore as Shape
    from reconciler.openclaw.capabilities import Capabilities
    from reconciler.openclaw.paths import Paths

AUTH_STORES: Mapping[Shape, AuthStore] = {
    "json": JsonFileStore(),
    "agent-database": AgentDatabaseStore(),
    "shared-database": SharedDatabaseStore(),
}


def read_stores(paths: Paths, capabilities: Capabilities) -> Stores:
    """Both stores; releases before 2026.8.1 have no secret store.

    Raises:
        TargetError: one of them is there and can't be read.
    """
    auth = AUTH_STORES[capabilities.auth_store].read(paths, MAIN)
    return Stores(auth, read_secret_store(paths) if capabilities.store_refs else SecretStore())
