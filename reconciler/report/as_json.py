"""Plans, health and drift as JSON: stable bytes, two spaces, the design's order of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.errors import PlanFileError
from reconciler.plan import FORMAT_VERSION, Plan

if TYPE_CHECKING:
    from reconciler.drift import Drift
    from reconciler.health.report import HealthReport

# The order in which people read it: what, for what, from what, whether; then the changes; then what to know.
_ORDER = (
    "format_version",
    "tool",
    "gateway",
    "base",
    "applyable",
    "complete",
    "errored",
    "changes",
    "drift",
    "shadows",
    "refusals",
    "health",
    "warnings",
    "summary",
)
_REMEDY = "name a file made by `reconciler plan -o`, or plan again"


def render_plan(plan: Plan) -> str:
    """The plan; also the format of a saved one."""
    fields = msgspec.to_builtins(plan)
    return _dump({name: fields[name] for name in _ORDER})


def render_health(report: HealthReport) -> str:
    """The evidence of an endpoint check."""
    return _dump(report)


def render_drift(found: tuple[Drift, ...], hints: tuple[str, ...]) -> str:
    """What drifted, and hints at who did it."""
    return _dump({"drifted": bool(found), "drift": found, "hints": hints})


def read_plan(data: bytes) -> Plan:
    """Read a saved plan.

    Raises:
        PlanFileError: it is damaged, or of another major format.
    """
    try:
        head = msgspec.json.decode(data, type=dict[str, Any])
        version = str(head.get("format_version", ""))
        if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
            raise PlanFileError(
                f"the plan has format {version[:20] or 'unknown'}, this version reads {FORMAT_VERSION}",
                remedy=_REMEDY,
            )
        return msgspec.convert(head, Plan)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PlanFileError(f"this is no saved plan: {str(error)[:200]}", remedy=_REMEDY) from error


def _dump(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
