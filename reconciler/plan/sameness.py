"""Whether two plans for one target are the same, and where they aren't. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from reconciler.plan.diff import UNREAD
from reconciler.plan.model import Plan
from reconciler.printable import encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The endpoint's state at one moment, and who wrote the plan in which form: everything else is what was reviewed.
_NOT_COMPARED: Final = frozenset({"health", "tool", "format_version"})
# What is so only where the plan was made: a review has no key, and the machine that applies has one.
_OF_THE_PLACE: Final = frozenset({"key-unread", "variable-unset", "variable-differs"})
# What a review without the key can't rule out. Where it still holds, apply refuses its own plan.
_UNDECIDED: Final = "last-copy"
# Somebody's new line further up in the config moves what a warning is about, and changes nothing of it.
_LINE = re.compile(r"(?<=[^\s:]):\d+(?::\d+)?(?=[\s:,;)]|\Z)")
_FINGERPRINT = re.compile(r"fp:[0-9a-f]{12}")
_MOST = 20
_LONGEST = 100


def differences(saved: Plan, plan: Plan) -> list[str]:
    """What is another thing in ``plan`` than in ``saved``, a line each: what moved, else whatever is shown and differs.

    A key that ``saved`` leaves to be read at apply is the one that ``plan`` has read.
    """
    plan = _as_reviewed(plan, saved)
    saved = _as_reviewed(saved, saved)
    found = list(_moved(saved, plan)) or list(_unlike(saved, plan))
    return [*found[:_MOST], f"and {len(found) - _MOST} more"] if len(found) > _MOST else found


def _as_reviewed(plan: Plan, saved: Plan) -> Plan:
    """``plan`` as the place sees it where ``saved`` was made."""
    changes = plan.changes
    if len(changes) == len(saved.changes):
        changes = tuple(
            msgspec.structs.replace(now, after=_unread(was.after, now.after))
            for was, now in zip(saved.changes, changes, strict=True)
        )
    warnings = tuple(
        msgspec.structs.replace(warning, message=_LINE.sub("", warning.message))
        for warning in plan.warnings
        if warning.code not in _OF_THE_PLACE
    )
    refusals = tuple(refusal for refusal in plan.refusals if refusal.rule != _UNDECIDED)
    applyable = plan.applyable if refusals == plan.refusals else not refusals
    # What the release is known from differs with the PATH, and with it how sure it is: what is written is compared itself.
    gateway = msgspec.structs.replace(plan.gateway, release_evidence="", release_certain=True)
    return msgspec.structs.replace(
        plan, changes=changes, warnings=warnings, refusals=refusals, applyable=applyable, gateway=gateway
    )


def _unread(was: Any, now: Any) -> Any:
    if was == UNREAD and isinstance(now, str) and _FINGERPRINT.fullmatch(now):
        return was
    if isinstance(was, dict) and isinstance(now, dict):
        return {key: _unread(was.get(key), value) for key, value in now.items()}
    return now


def _moved(saved: Plan, plan: Plan) -> Iterator[str]:
    """What the plans were made from, and the changes that come of it."""
    if saved.base.set_name != plan.base.set_name:
        yield f"the plan is for the set {saved.base.set_name}, this is {plan.base.set_name}: pass --set {saved.base.set_name}"
    if saved.base.manifests != plan.base.manifests:
        yield "the manifests changed"
    if saved.gateway.config != plan.gateway.config:
        yield f"the plan is for {saved.gateway.config}, this is {plan.gateway.config}"
    if saved.gateway.release != plan.gateway.release:
        yield f"OpenClaw was {saved.gateway.release}, is {plan.gateway.release}"
    was, now = saved.base.observed, plan.base.observed
    looked_at = [
        address for address in sorted(was.keys() | now.keys()) if was.get(address) != now.get(address)
    ]
    yield from (f"{address} changed in the live state" for address in looked_at)
    before = {change.address for change in saved.changes}
    for address in sorted(before ^ {change.address for change in plan.changes}):
        if address not in looked_at:
            yield f"{address}: {'no longer' if address in before else 'now'} a change"


def _unlike(saved: Plan, plan: Plan) -> Iterator[str]:
    for name in Plan.__struct_fields__:
        was, now = getattr(saved, name), getattr(plan, name)
        if name in _NOT_COMPARED or encoded(was) == encoded(now):
            continue
        if isinstance(was, tuple):
            yield from _entries(name, was, now)
        elif isinstance(was, msgspec.Struct):
            for field in was.__struct_fields__:
                yield from _value(f"{name}.{field}", getattr(was, field), getattr(now, field))
        else:
            yield from _value(name, was, now)


def _value(name: str, was: Any, now: Any) -> Iterator[str]:
    if encoded(was) != encoded(now):
        yield f"{name} is {_short(was)} in the plan and {_short(now)} now"


def _short(value: Any) -> str:
    text = encoded(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _entries(name: str, was: Sequence[Any], now: Sequence[Any]) -> Iterator[str]:
    """Changes, warnings and the like; those that only one plan has by their names, else their order or number."""
    old, new = ({encoded(one): _named(one) for one in side} for side in (was, now))
    gone = [old[one] for one in old if one not in new]
    come = [new[one] for one in new if one not in old]
    for one in dict.fromkeys((*gone, *come)):
        how = (
            "says something else"
            if one in gone and one in come
            else "is not there any more"
            if one in gone
            else "is new"
        )
        yield f"{name}: {one} {how}"
    if not gone and not come:
        yield (
            f"{name}: there are {len(was)} in the plan and {len(now)} now"
            if len(was) != len(now)
            else f"{name}: the order is another one"
        )


def _named(entry: Any) -> str:
    words = (getattr(entry, name, "") for name in ("code", "rule", "address"))
    return " ".join(word for word in words if word)[: 2 * _LONGEST]
