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
from reconciler.effective.view import view_of
from reconciler.errors import TargetError
from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.plan.aliases import alias_drift
from reconciler.plan.dangling import standing
from reconciler.plan.drift import find_drift, from_manifests, providers_of
from reconciler.plan.listing import deciding_release
from reconciler.planning.comparing import placed, spelling_in
from reconciler.planning.making import make_plan
from reconciler.planning.request import target_of
from reconciler.state.journal import JournalReader
from reconciler.suspects import suspects

if TYPE_CHECKING:
    from reconciler.targets.local import Snapshot


@click.command("drift")
@manifest_options
@target_options
@output_options("text", "json", "markdown", "html")
def command(**settings: Any) -> int:
    """Show what changed since the last apply: in the live state, in the manifests, or in both; and who may have done it.

    Needs no network. Without manifests only the live state is compared. Names keys that lie open, too, and settings that
    use a model which isn't there. Exits 2 when the live state changed, or OpenClaw's mask was written over a key; 0 where nothing
    is managed yet, which is said.
    """
    request = request_from(settings)
    if wants_manifests(settings):
        planned = make_plan(request)
        snapshot, applied, sites = planned.snapshot, planned.applied, planned.sites
        found = planned.plan.drift
        if applied.resources:
            found = (*found, *placed(from_manifests(planned.plan.changes, found, applied), snapshot))
    else:
        target = target_of(request, None)
        snapshot = target.snapshot()
        applied = spelling_in(snapshot).record(target.journal.applied(request.set_name))
        sites = BUILTIN
        live = snapshot.live(snapshot.stores(applied.kinds()))
        config = snapshot.config.value
        lost = alias_drift(applied, config, deciding_release(snapshot.capabilities, config))
        found = placed((*find_drift(applied, live, snapshot.fingerprints), *lost), snapshot)
    if not applied.resources:
        _require_config(snapshot)
    journal = JournalReader(snapshot.paths.journal)
    moved = [one for one in found if one.cause != "manifest"]
    receipts = journal.receipts() if moved else ()
    who = suspects(snapshot, moved, receipts, request.set_name) if moved else ()
    leaks = find_leaks(snapshot, providers_of(applied))
    notes = standing(view_of(snapshot, journal.others(""), sites))
    write("drift", settings, found, who, leaks, bool(applied.resources), notes)
    return 2 if moved or any(leak.status == "fail" for leak in leaks) else 0


def _require_config(snapshot: Snapshot) -> None:
    """A schedule that looks at the wrong place must not stay green."""
    if not snapshot.config.exists:
        raise TargetError(
            "nothing is managed here, and there is no config either",
            where=snapshot.paths.display(snapshot.config.root),
            remedy="name the OpenClaw that is meant with --state-dir or --config",
        )
