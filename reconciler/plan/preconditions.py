"""What the target itself has against a plan: Nix owns it, an agent is missing, a store can't be written. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.openclaw.capabilities import NAME_IT
from reconciler.openclaw.commands import ADD_AGENT
from reconciler.openclaw.surfaces import SECRET_STORE
from reconciler.plan.model import Change, Refusal
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from reconciler.desired.model import Desired
    from reconciler.json5.path import Row
    from reconciler.openclaw.stores.contents import Stores
    from reconciler.targets.local import Snapshot


def target_refusals(snapshot: Snapshot, desired: Desired, changing: bool) -> tuple[Refusal, ...]:
    """A config that Nix owns, and settings for agents that this OpenClaw doesn't have."""
    refusals = []
    if snapshot.nix and changing:
        message = "OPENCLAW_NIX_MODE=1: Nix owns this config; put the values that the plan shows into the Nix source"
        refusals.append(Refusal("nix-owned", (snapshot.paths.display(snapshot.config.root),), message, ""))
    missing = tuple(
        resource.address
        for resource in desired.resources
        if resource.kind == "agent" and not _agent_exists(snapshot.config.value, resource.path)
    )
    if missing:
        names = ", ".join(address.removeprefix("agent/") for address in missing)
        message = f"this OpenClaw has no agent {names}; create it with `{ADD_AGENT.command()}`"
        if missing == ("agent/main",):
            # It has one, in no list: to name it there would be to make the list, and OpenClaw to want all agents in it.
            message = "the agent main stands in no list of this config; what it uses is said by an Agent named defaults"
        refusals.append(Refusal("unknown-agent", missing, message, ""))
    return tuple(refusals)


def store_refusals(
    snapshot: Snapshot, stores: Stores | None, changes: tuple[Change, ...]
) -> tuple[Refusal, ...]:
    """A store that waits for OpenClaw's own migration, that this program doesn't know, or that may not be the one in use, isn't written."""
    found: dict[str, list[str]] = {}
    capabilities = snapshot.capabilities
    unsure = [change.address for change in changes if change.surface == "auth-store"]
    if unsure and not capabilities.auth_store_known:
        found[
            f"which auth store is in use depends on the release, and this is {capabilities.named}; {NAME_IT}"
        ] = unsure
        changes = ()
    for change in changes if stores else ():
        obstacle = stores.obstacle(change.surface, change.path) if stores else None
        if obstacle is not None and not (obstacle.unborn and snapshot.install.command is not None):
            advice = obstacle.purpose.advice(snapshot.capabilities.release, **_places(change))
            message = f"{obstacle.what}; {advice}"
            found.setdefault(message, []).append(change.address)
    return tuple(
        Refusal("store-not-ready", tuple(addresses), message, "") for message, addresses in found.items()
    )


def _places(change: Change) -> dict[str, str]:
    """What the command needs to know of the profile or the entry that the change is about."""
    if "profiles" not in change.path:
        return {"name": str(change.path[0])} if change.surface == SECRET_STORE else {}
    at = change.path.index("profiles")
    profile = str(change.path[at + 1])
    agent = str(change.path[at - 1]) if at else ""
    return {"provider": profile.partition(":")[0], "profile": profile, "agent": agent}


def _agent_exists(config: Any, path: tuple[str | int | Row, ...]) -> bool:
    """``agents.defaults`` always does; a named agent is never invented, because a first entry would displace ``main``."""
    return path == ("agents", "defaults") or lookup(config, path) is not MISSING
