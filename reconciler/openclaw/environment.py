"""Where the gateway of a target gets its variables from, outside of OpenClaw's own files: its process, and the services that start it.

OpenClaw adds to that what its ``.env`` files and its config set (:mod:`reconciler.effective.facts`). Reads files only, and keeps nothing
but the variables that are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from reconciler.openclaw.process import find_lock, started_with
from reconciler.openclaw.services import Setting, find_services

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.openclaw.paths import Paths

# Set in whatever a service of systemd or launchd starts.
_OF_A_SERVICE = ("OPENCLAW_SERVICE_MARKER", "INVOCATION_ID")


class Host(msgspec.Struct, frozen=True):
    """A process that is a gateway, or a service that starts one.

    Attributes:
        name: for people.
        sets: the variables that were asked for and that it has, each with where it comes from, for people.
        complete: what isn't there, it lacks; else it can't be told.
        supervised: a running process that a service has started.
        since: seconds of the epoch at which a running one began, where its lock says so.
    """

    kind: Literal["running", "installed"]
    name: str
    sets: Mapping[str, Setting]
    complete: bool
    supervised: bool = False
    since: float | None = None


def find_hosts(
    paths: Paths, environ: Mapping[str, str], names: Collection[str], system: str = "/"
) -> tuple[Host, ...]:
    """What runs, or will run, the gateway of ``paths``: the running process first. Empty where nothing tells.

    Args:
        names: the variables that are asked for.
        system: see :func:`reconciler.openclaw.services.find_services`.
    """
    hosts = []
    lock = find_lock(paths, environ)
    if lock is not None:
        pid = int(lock["pid"])
        name, seen = "the running gateway", started_with(pid, {*names, *_OF_A_SERVICE})
        sets = {
            variable: Setting(name, value) for variable, value in (seen or {}).items() if variable in names
        }
        supervised = seen is not None and any(mark in seen for mark in _OF_A_SERVICE)
        hosts.append(Host("running", name, sets, seen is not None, supervised, _started(lock)))
    for service in find_services(paths, environ, names, system):
        sets = {
            variable: msgspec.structs.replace(setting, file=paths.display(setting.file))
            for variable, setting in service.sets.items()
            if variable in names
        }
        hosts.append(Host("installed", f"the service {paths.display(service.file)}", sets, service.complete))
    return tuple(hosts)


def _started(lock: Mapping[str, Any]) -> float | None:
    from datetime import datetime

    try:
        return datetime.fromisoformat(str(lock.get("createdAt"))).timestamp()
    except ValueError:
        return None
