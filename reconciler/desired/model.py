"""What the manifests ask of one gateway, as objects with owned fields. The output of compile, the input of diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from reconciler.json5.path import Path
from reconciler.manifest.bundle import Place
from reconciler.manifest.model import KeyOrigin

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal[
    "gateway",
    "variable",
    "secret-provider",
    "provider",
    "model",
    "agent",
    "entry",
    "allowed",
    "auth",
    "profile",
    "order",
    "secret",
]

# Kinds of objects that hold no key and refer to none.
_KEYLESS: Final = frozenset({"model", "entry"})

# Weight of what the manifest says: a `declared` value always wins. A `suggested` one (from the catalogue or the
# compat table) fills a gap, and is kept from then on; a value that somebody else set before is left to them. A
# `guessed` one is suggested for want of knowledge, and yields to what was filled in when there was some. An
# `initial` one is only written when the object is created, because OpenClaw insists on the field.
Strength = Literal["declared", "suggested", "guessed", "initial"]


class _Absent(msgspec.Struct, frozen=True):
    """Type of :data:`ABSENT`."""


# Stands for "there must be no value": a second source of the same thing.
ABSENT: Final = _Absent()


class SecretValue(msgspec.Struct, frozen=True):
    """Stands for a key in a desired value; its bytes are read at the edge, from ``origin``."""

    origin: KeyOrigin


class Field(msgspec.Struct, frozen=True):
    """One owned value.

    Attributes:
        path: below the object, without the object's own path.
        source: where in the manifests it is said.
        note: where a suggested value comes from, for people.
        why: what goes wrong without a suggested value; empty where it speaks for itself.
        origin: where the key behind a reference is read; of a :class:`SecretValue` it is the value's own.
    """

    path: tuple[str, ...]
    value: Any
    source: Place | None
    strength: Strength = "declared"
    note: str = ""
    why: str = ""
    origin: KeyOrigin | None = None

    @property
    def filled(self) -> bool:
        """Whether no manifest says it."""
        return self.strength in ("suggested", "guessed")

    @property
    def key_origin(self) -> KeyOrigin | None:
        """Where a key that this value is, or stands for, is read."""
        return self.value.origin if isinstance(self.value, SecretValue) else self.origin

    @property
    def read_elsewhere(self) -> bool:
        """Whether it refers to a key that OpenClaw reads from a file or has a program print."""
        return isinstance(self.value, dict) and self.value.get("source") in ("file", "exec")


class LeftOut(msgspec.Struct, frozen=True):
    """A value that is asked for and not written, because of the release.

    Attributes:
        certain: the release doesn't take it; otherwise it may or may not, and what stands there stays.
    """

    path: tuple[str, ...]
    certain: bool


class Resource(msgspec.Struct, frozen=True):
    """An object in the config that the manifests ask for.

    Attributes:
        address: such as ``provider/siliconflow.models[deepseek-ai/DeepSeek-V3.2]``.
        path: where the object lives in the config.
        whole: the object can be created and deleted as a whole; false for containers such as ``agents.defaults``.
        left_out: what isn't among the fields because of the release.
        stays: first steps of what stays as it was filled in before, because the catalogue in use knows nothing of the object.
    """

    address: str
    kind: Kind
    path: Path
    fields: tuple[Field, ...]
    source: Place | None
    whole: bool = True
    protected: bool = False
    left_out: tuple[LeftOut, ...] = ()
    stays: frozenset[str] = frozenset()


class Note(msgspec.Struct, frozen=True):
    """A warning that belongs to an address."""

    code: str
    address: str
    message: str


class Desired(msgspec.Struct, frozen=True):
    """Everything asked of one gateway, in the order in which it is written and shown."""

    resources: tuple[Resource, ...]
    warnings: tuple[Note, ...] = ()

    def key_fields(self) -> Iterator[tuple[Resource, Field]]:
        """Every field that is a key, or refers to one. Models and entries, of which there may be thousands, have none."""
        for resource in self.resources:
            if resource.kind not in _KEYLESS:
                yield from ((resource, field) for field in resource.fields if field.key_origin is not None)
