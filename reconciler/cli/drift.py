"""``reconciler drift``."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import (
    manifest_options,
    output_options,
    request_from,
    target_options,
)
from reconciler.cli.output import write
from reconciler.drift import find_drift, providers_of
from reconciler.errors import TargetError
from reconciler.leaks import find_leaks
from reconciler.openclaw.writers import suspects
from reconciler.planning import load, target_of


@click.command("drift")
@manifest_options
@target_options
@output_options("text", "json", "markdown")
def command(**settings: Any) -> int:
    """Show what changed outside the manifests since the last apply, and who is likely to have done it.

    Needs no network. Manifests are read only where given, to find a declared Gateway. Names keys that lie open, too. Exits 2
    when there is drift, or a key that OpenClaw's mask was written over.
    """
    request = request_from(settings)
    manifest = load(request) if settings["manifests"] else None
    target = target_of(request, manifest)
    snapshot = target.snapshot()
    applied = target.journal.applied(request.set_name)
    if not applied.resources:
        raise TargetError(
            "nothing has been applied here yet, so nothing can have drifted",
            where=snapshot.paths.display(snapshot.config.root),
            remedy="`reconciler plan` compares with the manifests",
        )
    found = find_drift(applied, snapshot.config.value, snapshot.fingerprints)
    hints = suspects(snapshot.paths, snapshot.config) if found else ()
    leaks = find_leaks(snapshot, providers_of(applied))
    write("drift", settings, found, hints, leaks)
    return 2 if found or any(leak.status == "fail" for leak in leaks) else 0
