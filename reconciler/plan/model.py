"""The plan as an object: what would change, why, and what it was made from. Byte-stable; also the JSON of ``plan``.

Additive changes raise the minor version of the format; a reader ignores what it doesn't know.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET

from reconciler import __version__
from reconciler.health.report import HealthReport
from reconciler.openclaw.surfaces import Surface
from reconciler.values import same

FORMAT_VERSION = "1.0"
TOOL = "openclaw-reconciler"

Action = Literal["create", "update", "delete"]
Reason = Literal[
    "manifest",
    "drift",
    "release",
    "catalog",
    "retired",
    "shadow",
    "stale-copy",
    "prune",
    "rollback",
    "rotation",
    "leak",
]
Impact = Literal["hot-reload", "next-turn", "restart", "none"]


class Source(msgspec.Struct, frozen=True):
    """Where in the manifests a change comes from."""

    file: str
    line: int


class Change(msgspec.Struct, frozen=True):
    """One thing that apply would do; values as they may be seen.

    Attributes:
        widened: the model choice that is a string now, where the change makes an object of it.
    """

    address: str
    surface: Surface
    path: tuple[str | dict[str, str], ...]
    actions: tuple[Action, ...]
    reason: Reason
    impact: Impact
    sensitive: bool
    before: Any
    after: Any
    source: Source | None = None
    note: str = ""
    file: str = ""
    widened: str | msgspec.UnsetType = UNSET

    @property
    def place(self) -> tuple[str | dict[str, str], ...]:
        """Its path in the one tree of the live state, see :mod:`reconciler.openclaw.surfaces`."""
        return self.path if self.surface == "config" else (self.surface, *self.path)

    @property
    def action(self) -> Action:
        """The one action of this change."""
        return self.actions[0]


class Drift(msgspec.Struct, frozen=True):
    """One owned value that is no longer what was applied, or no longer what is declared; values as they may be seen.

    Attributes:
        cause: who moved since the last apply: the live state, the manifests, or both.
        kind: what became of the live value.
        applied: None where nothing was.
        live: None where nothing is.
        declared: None where nothing is; left out where no manifests were read.
        file: the config file that holds the value, or would.
        source: where the manifests say it.
    """

    address: str
    cause: Literal["live", "manifest", "both"]
    kind: Literal["changed", "gone", "unchanged"]
    applied: Any
    live: Any
    declared: Any = UNSET
    path: tuple[str | dict[str, str], ...] = ()
    file: str = ""
    source: Source | None = None

    @property
    def agreed(self) -> bool:
        """Both sides moved to the same value."""
        return self.cause == "both" and same(self.live, self.declared)


class PlanWarning(msgspec.Struct, frozen=True, order=True):
    """Something to know before applying."""

    code: str
    address: str
    message: str


class Refusal(msgspec.Struct, frozen=True):
    """A safety rule that stops apply, and the option that overrides it."""

    rule: str
    addresses: tuple[str, ...]
    message: str
    option: str


class Shadow(msgspec.Struct, frozen=True, order=True):
    """Something that OpenClaw uses in place of a managed value, and that apply leaves as it is.

    Attributes:
        address: of the managed value.
        agent: whose turns it concerns.
        wins: what is used, as it may be seen.
        place: where that comes from.
        beats: what the manifests say.
        other_key: requests carry another key than the declared one, or one that can't be compared with it.
    """

    address: str
    agent: str
    what: Literal["base URL", "key", "model"]
    wins: str
    place: str
    beats: str
    remedy: str
    other_key: bool = False


class Tool(msgspec.Struct, frozen=True):
    """Who made the plan."""

    name: str = TOOL
    version: str = __version__


class GatewayInfo(msgspec.Struct, frozen=True):
    """What the plan was made for.

    Attributes:
        release_certain: it is that release; otherwise that or a later one, and only what each of them takes is written.
    """

    name: str
    release: str | None
    release_evidence: str
    config: str
    auth_store: str
    release_certain: bool = True

    @property
    def openclaw(self) -> str:
        """The release in words."""
        if self.release is None:
            return "OpenClaw of unknown release"
        return f"OpenClaw {self.release}" if self.release_certain else f"OpenClaw {self.release} or newer"


class Base(msgspec.Struct, frozen=True):
    """What the plan was made from.

    Attributes:
        manifests: digest of the manifests' meaning.
        live: digest of everything looked at in the live state.
        observed: digest of each looked-at object, so that a moved one can be named.
        set_name: the manifest set that it was made for.
    """

    manifests: str
    live: str
    observed: dict[str, str]
    set_name: str = "default"


class Summary(msgspec.Struct, frozen=True):
    """Counts: changes by action, and owned values that are right already."""

    create: int
    update: int
    delete: int
    unchanged: int


class Plan(msgspec.Struct, frozen=True):
    """See the module's docstring."""

    gateway: GatewayInfo
    base: Base
    changes: tuple[Change, ...]
    warnings: tuple[PlanWarning, ...]
    refusals: tuple[Refusal, ...]
    health: HealthReport
    summary: Summary
    drift: tuple[Drift, ...] = ()
    shadows: tuple[Shadow, ...] = ()
    complete: bool = True
    errored: bool = False
    applyable: bool = True
    format_version: str = FORMAT_VERSION
    tool: Tool = Tool()


def summarise(changes: tuple[Change, ...], unchanged: int) -> Summary:
    """Count ``changes`` by action."""
    actions = [change.action for change in changes]
    return Summary(actions.count("create"), actions.count("update"), actions.count("delete"), unchanged)
