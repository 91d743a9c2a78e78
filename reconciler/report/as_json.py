"""Plans, health and drift as JSON: stable bytes, two spaces, the design's order of keys; and a saved plan read back.

Characters that could command a terminal are written as ``\\u`` escapes, which mean the same in JSON.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.errors import PlanFileError
from reconciler.plan.model import FORMAT_VERSION, Plan, summarise
from reconciler.printable import encoded, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.effective.leaks import Leak
    from reconciler.health.report import HealthReport
    from reconciler.plan.model import Drift, PlanWarning
    from reconciler.state.journal import Receipt
    from reconciler.suspects import Suspect

MAX_BYTES = 64 << 20
MAX_DEPTH = 128
"""Levels of lists and objects in a plan; the config that it shows may have 100."""

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
_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")
# A JSON writer may leave these as they are; a terminal obeys them, or hides what follows.
_RAW = re.compile("[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def render_plan(plan: Plan) -> str:
    """The plan; also the format of a saved one."""
    fields = msgspec.to_builtins(plan)
    return dump({name: fields[name] for name in _ORDER})


def render_health(report: HealthReport) -> str:
    """The evidence of an endpoint check."""
    return dump(report)


def render_drift(
    found: Sequence[Drift],
    who: Sequence[Suspect],
    leaks: Sequence[Leak] = (),
    managed: bool = True,
    notes: Sequence[PlanWarning] = (),
) -> str:
    """Whether anything is managed, what of it moved, whether the live state did, who may have done it, keys that lie open, and what is no drift but to be known."""
    drifted = any(one.cause != "manifest" for one in found)
    return dump(
        {
            "managed": managed,
            "drifted": drifted,
            "drift": found,
            "suspects": who,
            "leaks": leaks,
            "notes": notes,
        }
    )


def render_history(receipts: Receipt | Sequence[Receipt]) -> str:
    """Receipts as the journal keeps them."""
    return dump(receipts)


def read_plan(data: bytes) -> Plan:
    """Read a saved plan; what a newer minor format adds is passed over.

    Raises:
        PlanFileError: it is damaged, too large, or of another major format.
    """
    if len(data) > MAX_BYTES:
        raise PlanFileError(f"this is no saved plan: it has more than {MAX_BYTES >> 20} MiB", remedy=_REMEDY)
    try:
        fields = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(str(error)) from error
    newer = _check_format(fields.get("format_version"))
    if _is_deep(fields):
        raise _damaged(f"it nests deeper than {MAX_DEPTH} levels")
    try:
        plan = msgspec.convert(fields, Plan)
    except msgspec.MsgspecError as error:
        raise _damaged(str(error) + newer) from error
    _check_sense(plan)
    return plan


def _check_format(version: Any) -> str:
    """Refuse another major format; of a newer minor one give a hint for a later error."""
    found = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if found is None:
        raise _damaged("it does not say its format_version")
    ours = _VERSION.fullmatch(FORMAT_VERSION)
    if ours is None or found[1] != ours[1]:
        raise PlanFileError(
            f"the plan has format {version}, this version of reconciler reads format {FORMAT_VERSION}",
            remedy="plan again with this version, or use the one that made the plan",
        )
    newer = int(found[2]) > int(ours[2])
    return f"; it has format {version}, this version of reconciler knows {FORMAT_VERSION}" if newer else ""


def _check_sense(plan: Plan) -> None:
    """What a type can't say: every change does something, and the summary counts them."""
    for change in plan.changes:
        if not change.actions:
            raise _damaged(f"the change of {change.address[:200]} has no action")
    if plan.summary != summarise(plan.changes, plan.summary.unchanged):
        raise _damaged("its summary does not count its changes")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = [
            list(item.values()) if isinstance(item, dict) else item
            for item in level
            if isinstance(item, dict | list)
        ]
        level = [item for items in inner for item in items]
        if not level:
            return False
    return True


def _damaged(why: str) -> PlanFileError:
    return PlanFileError(f"this is no saved plan, or a damaged one: {printable(why[:300])}", remedy=_REMEDY)


def dump(value: Any) -> str:
    """Any result as JSON that a terminal can't be commanded by."""
    text = msgspec.json.format(encoded(value), indent=2).decode()
    return _RAW.sub(lambda match: f"\\u{ord(match.group()):04x}", text) + "\n"
