"""Objects of the config that this program made only to put something in, such as ``env.vars``. They go with the last of it.

One that stood there before stays, empty or not. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.edits import DELETE
from reconciler.json5.path import Row
from reconciler.openclaw.surfaces import AUTH_STORE, SECRET_STORE
from reconciler.state.ownership import decode_path
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from reconciler.edits import Edit
    from reconciler.json5.path import Path
    from reconciler.state.ownership import Applied


def container_of(path: Path, *, whole: bool) -> Path:
    """What an object at ``path`` is put into, or is itself when it only holds fields of several; () where that isn't counted.

    A list of models isn't: it belongs to its provider, which OpenClaw doesn't take without one.
    """
    if not path or path[0] in (AUTH_STORE, SECRET_STORE) or isinstance(path[-1], Row):
        return ()
    return path[:-1] if whole else path


def made(config: Any, container: Path, known: Collection[Path]) -> int:
    """How many containers, from ``container`` outwards, are this program's: not there yet, or among the ``known``."""
    count = 0
    while count < len(container):
        outer = container[: len(container) - count]
        if lookup(config, outer) is not MISSING and outer not in known:
            break
        count += 1
    return count


def recorded(records: Iterable[Applied]) -> set[Path]:
    """Every container that one of the manifest sets made."""
    found: set[Path] = set()
    for record in records:
        for resource in record.resources.values():
            inner = container_of(decode_path(resource.path), whole=resource.whole) if resource.made else ()
            found.update(inner[: len(inner) - count] for count in range(min(resource.made, len(inner))))
    return found


def with_emptied(config: Any, edits: tuple[Edit, ...], known: Collection[Path]) -> tuple[Edit, ...]:
    """The same edits, with each deletion taking the outermost of the ``known`` containers that they leave empty."""
    emptied = set(_emptied(config, edits, known))
    return tuple(
        msgspec.structs.replace(edit, path=_outermost(edit.path, emptied)) if edit.value is DELETE else edit
        for edit in edits
    )


def _emptied(config: Any, edits: tuple[Edit, ...], known: Collection[Path]) -> Iterator[Path]:
    gone = {edit.path for edit in edits if edit.value is DELETE}
    filled = {
        edit.path[:length]
        for edit in edits
        if edit.value is not DELETE and gone
        for length in range(1, len(edit.path))
    }
    for container in sorted(known, key=len, reverse=True):
        node = lookup(config, container)
        if (
            isinstance(node, dict)
            and container not in filled
            and all((*container, key) in gone for key in node)
        ):
            gone.add(container)
            yield container


def _outermost(path: Path, emptied: Collection[Path]) -> Path:
    return next((path[:length] for length in range(1, len(path)) if path[:length] in emptied), path)
