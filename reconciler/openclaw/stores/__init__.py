"""OpenClaw's auth stores, one file a shape; which one a release uses is a row of the capabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.openclaw.stores.agent_database import AgentDatabaseStore
from reconciler.openclaw.stores.contents import MAIN, AuthStore, Obstacle, StoreContents
from reconciler.openclaw.stores.json_file import JsonFileStore
from reconciler.openclaw.stores.shared_database import SharedDatabaseStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.openclaw.capabilities import AuthStore as Shape

STORES: Mapping[Shape, AuthStore] = {
    "json": JsonFileStore(),
    "agent-database": AgentDatabaseStore(),
    "shared-database": SharedDatabaseStore(),
}

__all__ = ["MAIN", "STORES", "AuthStore", "Obstacle", "StoreContents"]
