"""Files with a key of ours in them that everybody on the machine can read: they become private, as OpenClaw writes them itself."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import msgspec

from reconciler.desired.model import SecretValue
from reconciler.errors import TargetError
from reconciler.files import PRIVATE
from reconciler.openclaw.surfaces import AUTH_STORE, Surface, store_agent, surface_of
from reconciler.plan.model import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.desired.model import Desired
    from reconciler.openclaw.stores.contents import Stores
    from reconciler.targets.local import Snapshot

# A file that a group may read is left so: the gateway may run as another user of it. `drift` and `doctor` name it.
_EVERYBODY = 0o007


class ExposedFile(msgspec.Struct, frozen=True):
    """A file to be made private.

    Attributes:
        shown: the path as it is shown to people.
        mode: its permission bits now.
    """

    path: str
    shown: str
    mode: int
    surface: Surface


def find_exposed(snapshot: Snapshot, stores: Stores | None, desired: Desired) -> tuple[ExposedFile, ...]:
    """Every file with a key that ``desired`` has written, and that everybody can read."""
    found = {}
    for path, surface in _holders(snapshot, stores, desired):
        try:
            mode = stat.S_IMODE(os.stat(path).st_mode)
        except OSError:
            continue
        if mode & _EVERYBODY:
            found[path] = ExposedFile(path, snapshot.paths.display(path), mode, surface)
    return tuple(found.values())


def closings(exposed: Sequence[ExposedFile]) -> tuple[Change, ...]:
    """The changes that make them private."""
    return tuple(
        Change(
            address=f"file[{file.shown}].mode",
            surface=file.surface,
            path=("mode",),
            actions=("update",),
            reason="leak",
            impact="none",
            sensitive=False,
            before=f"{file.mode:04o}",
            after=f"{PRIVATE:04o}",
            file=file.shown,
        )
        for file in exposed
    )


def _holders(snapshot: Snapshot, stores: Stores | None, desired: Desired) -> Iterator[tuple[str, Surface]]:
    for resource in desired.resources:
        if not any(isinstance(field.value, SecretValue) for field in resource.fields):
            continue
        surface, path = surface_of(resource.path)
        if surface == "config":
            try:
                yield snapshot.config.owner(path)[0], surface
            except TargetError:
                continue
        elif surface == AUTH_STORE and stores is not None:
            from reconciler.openclaw.stores.place import cell_of

            agent = store_agent(resource.path)
            place = (stores.agents[agent] if agent else stores.auth).place
            if cell_of(place) is None:
                yield place, surface
