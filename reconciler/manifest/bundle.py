"""The loaded manifests: every document with its place in the files, and one digest over their meaning."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import msgspec

from reconciler.errors import Location, Problem
from reconciler.manifest.model import Agent, Gateway, Provider, Site

D = TypeVar("D", Site, Provider, Agent, Gateway)


class Origin(Protocol):
    """Knows where each value of a document stands."""

    def at(self, *path: str | int) -> Location:
        """Location of the value at ``path`` (YAML names), or of its nearest ancestor that exists."""


class Place(msgspec.Struct, frozen=True):
    """A place in a document, looked up only when somebody asks: few of thousands of values are ever shown."""

    origin: Origin
    path: tuple[str | int, ...]

    def location(self) -> Location:
        """File, line and column."""
        return self.origin.at(*self.path)


class Declared(msgspec.Struct, Generic[D], frozen=True):
    """A document and where it came from."""

    document: D
    origin: Origin

    @property
    def name(self) -> str:
        """What it is called, see :func:`reconciler.manifest.model.called`."""
        return self.document.name

    def place(self, *path: str | int) -> Place:
        """The place of the value at ``path`` (YAML names)."""
        return Place(self.origin, path)


class Manifest(msgspec.Struct, frozen=True):
    """All documents, each kind ordered by name.

    Attributes:
        digest: ``sha256:…`` over the meaning of all documents; order, comments and layout don't count.
        files: the files read, as given by the user joined with what was found below, sorted.
        warnings: findings that don't stop anything.
    """

    sites: tuple[Declared[Site], ...]
    providers: tuple[Declared[Provider], ...]
    agents: tuple[Declared[Agent], ...]
    gateways: tuple[Declared[Gateway], ...]
    digest: str
    files: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()
