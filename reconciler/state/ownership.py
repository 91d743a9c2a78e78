"""What earlier applies wrote and adopted, per manifest set: the third side of every three-way comparison.

Values are kept as they may be seen (secrets as fingerprints), so the record can be read by anyone who may read a plan.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from reconciler.desired.model import Field, Kind
from reconciler.edits import remove
from reconciler.json5.path import Path, Row
from reconciler.manifest.model import KeyOrigin
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

FORMAT = 1

# Kinds of objects that lie in OpenClaw's stores rather than in its config.
STORED: Final = frozenset({"profile", "order", "secret"})

_SET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class OwnedField(msgspec.Struct, frozen=True):
    """A value that this program stands for.

    Attributes:
        created: there was no value before; only such values are ever deleted.
        found: leading steps of ``path`` that were there before; such an object stays when its last value goes.
        origin: where the key that this is, or refers to, was read; a rollback reads it there again.
        behind: fingerprint of the key that this refers to, where OpenClaw reads it from a file or a program; else empty.
        filled: no manifest says it; the catalogue, say, does.
    """

    path: tuple[str, ...]
    value: Any
    created: bool
    found: int = 0
    origin: KeyOrigin | None = None
    behind: str = ""
    filled: bool = False


class OwnedResource(msgspec.Struct, frozen=True):
    """An object that this program created (``created``) or adopted.

    Attributes:
        made: how many of the containers around it, from the innermost on, this program made for it.
    """

    kind: Kind
    path: tuple[str | dict[str, str], ...]
    whole: bool
    created: bool
    protected: bool
    fields: tuple[OwnedField, ...]
    made: int = 0

    def field(self, path: tuple[str, ...]) -> OwnedField | None:
        """The record of one field."""
        return next((field for field in self.fields if field.path == path), None)


class Applied(msgspec.Struct, frozen=True):
    """All that one manifest set owns on one target.

    Attributes:
        map_rules: ``agents.defaults.models`` was the list of models that agents may use; a policy that OpenClaw makes of it
            later is known by that.
    """

    set_name: str = "default"
    resources: dict[str, OwnedResource] = {}
    manifests: str = ""
    format: int = FORMAT
    map_rules: bool = False

    def kinds(self) -> set[str]:
        """Every kind of object in the record."""
        return {resource.kind for resource in self.resources.values()}


def is_set_name(text: str) -> bool:
    """Whether a manifest set may be called so; the name becomes a file's in the journal."""
    return _SET_NAME.fullmatch(text) is not None


def encode_path(path: Path) -> tuple[str | dict[str, str], ...]:
    """A config path as JSON: a row of a list by id becomes ``{"id": …}``."""
    return tuple({"id": step.id} if isinstance(step, Row) else str(step) for step in path)


def decode_path(path: tuple[str | dict[str, str], ...]) -> Path:
    """The reverse of :func:`encode_path`; a damaged row becomes one that no list has."""
    return tuple(Row(step.get("id", "")) if isinstance(step, dict) else step for step in path)


def parts(known: Mapping[tuple[str, ...], OwnedField], field: Field) -> OwnedField | None:
    """A record of a map that this program said key by key before, so that a suggestion may say it as a whole.

    A map that stood there before, empty, is somebody's: it is kept, and never deleted.
    """
    if field.value != {}:
        return None
    inner = [one for path, one in known.items() if path[: len(field.path)] == field.path]
    if not inner or not all(one.created for one in inner):
        return None
    found = min(one.found for one in inner)
    return OwnedField(field.path, None, created=found < len(field.path), found=found)


def emptied_parent(node: Any, field: OwnedField, kept: Collection[tuple[str, ...]]) -> tuple[str, ...]:
    """The field's path, or its outermost parent of ours that nothing is left in: OpenClaw need not see an empty object."""
    path = field.path
    while (
        len(path) - 1 > field.found
        and lookup(node, path[:-1]) == {}
        and not any(k[: len(path) - 1] == path[:-1] for k in kept)
    ):
        path = path[:-1]
        node = remove(node, path)
    return path


def standing(node: Any, path: tuple[str, ...]) -> int:
    """How many leading steps of ``path`` lead somewhere in ``node``."""
    return next((n for n in range(len(path), 0, -1) if lookup(node, path[:n]) is not MISSING), 0)


def nested(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether one of two different paths lies inside the other."""
    return left != right and (left[: len(right)] == right or right[: len(left)] == left)
