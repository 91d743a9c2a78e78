"""``reconciler drift``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    manifest_options,
    output_options,
    request_from,
    target_options,
    wants_manifests,
)
from reconciler.cli.output import write
from reconciler.effective.leaks import find_leaks
from reconciler.errors import TargetError
from reconciler.plan.drift import find_drift, from_manifests, providers_of
from reconciler.planning import make_plan, placed, target_of
from reconciler.state.journal import JournalReader
from reconciler.suspects import suspects

if TYPE_CHECKING:
    from reconciler.state.ownership import Applied
    from reconciler.targets.local import Snapshot


@click.command("drift")
@manifest_options
@target_options
@output_options("text", "json", "markdown", "html")
def command(**settings: Any) -> int:
    """Show what changed since the last apply: in the live state, in the manifests, or in both; and who may have done it.

    Needs no network. Without manifests only the live state is compared. Names keys that lie open, too. Exits 2 when the live
    state changed, or OpenClaw's mask was written over a key.
    """
    request = request_from(settings)
    if wants_manifests(settings):
        planned = make_plan(request)
        snapshot, applied = planned.snapshot, planned.applied
        _require_applied(applied, snapshot)
        found = planned.plan.drift
        found = (*found, *placed(from_manifests(planned.plan.changes, found, applied), snapshot))
    else:
        target = target_of(request, None)
        snapshot, applied = target.snapshot(), target.journal.applied(request.set_name)
        _require_applied(applied, snapshot)
        live = snapshot.live(snapshot.stores(applied.kinds()))
        found = placed(find_drift(applied, live, snapshot.fingerprints), snapshot)
    moved = [one for one in found if one.cause != "manifest"]
    receipts = JournalReader(snapshot.paths.journal).receipts() if moved else ()
    who = suspects(snapshot, moved, receipts, request.set_name) if moved else ()
    leaks = find_leaks(snapshot, providers_of(applied))
    write("drift", settings, found, who, leaks)
    return 2 if moved or any(leak.status == "fail" for leak in leaks) else 0


def _require_applied(applied: Applied, snapshot: Snapshot) -> None:
    if not applied.resources:
        raise TargetError(
            "nothing is managed here, so nothing can have drifted",
            where=snapshot.paths.display(snapshot.config.root),
            remedy="`reconciler plan` compares with the manifests",
        )
