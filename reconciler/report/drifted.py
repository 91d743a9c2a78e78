"""What is told of drift, whatever the form: by cause, each side's value, and who may have done it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.report.display import LONGEST, contrast, plural, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.plan.model import Drift, Plan
    from reconciler.suspects import Suspect

CAUSES = {
    "live": "Changed in the live state since the last apply",
    "both": "Changed in the live state and in the manifests since the last apply",
    "manifest": "Changed in the manifests only",
}


def sides(drift: Drift, limit: int = LONGEST) -> list[tuple[str, str]]:
    """The values that tell something, with a word for each side."""
    applied, live = contrast(drift.applied, drift.live, limit)
    now = "gone" if drift.kind == "gone" else live
    if drift.cause == "live":
        return [("applied", applied), ("now", now)]
    declared = "nothing" if drift.declared is None else show(drift.declared, limit)
    if drift.cause == "manifest":
        before = "nothing" if drift.applied is None and drift.live is None else show(drift.live, limit)
        return [("now", before), ("declared", declared)]
    return [
        ("applied", applied),
        ("now", now),
        ("declared", f"{declared}, the same" if drift.agreed else declared),
    ]


def sentence(suspect: Suspect) -> str:
    """A suspect with time, evidence and what it names."""
    named = f": {', '.join(suspect.addresses)}" if suspect.addresses else ""
    when = f"{suspect.time} " if suspect.time else ""
    return f"{when}{suspect.what} (from {suspect.evidence}){named}"


def drift_counts(found: Sequence[Drift]) -> str:
    """The summary line."""
    causes = [one.cause for one in found]
    both, live, manifest = (causes.count(name) for name in ("both", "live", "manifest"))
    if not (both or live):
        return f"No drift in the live state. {plural(manifest, 'value')} changed in the manifests."
    parts = [f"{plural(live + both, 'value')} changed since the last apply"]
    parts += [f"{both} of them in the manifests too"] if both else []
    parts += [f"{plural(manifest, 'value')} in the manifests only"] if manifest else []
    return f"Drift: {', '.join(parts)}."


def no_drift(managed: bool) -> str:
    """What is said where nothing moved.

    Args:
        managed: there is something that could have.
    """
    if managed:
        return "No drift. Everything is as it was applied."
    return (
        "Nothing is managed here, so nothing can have drifted; `reconciler plan` compares with the manifests."
    )


def conflicts(plan: Plan) -> list[Drift]:
    """What both sides have changed, to different values."""
    return [one for one in plan.drift if one.cause == "both" and not one.agreed]
