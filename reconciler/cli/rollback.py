"""``reconciler rollback``."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from reconciler.cli.apply import carry_out
from reconciler.cli.options import (
    any_manifest,
    completed,
    health_options,
    manifest_options,
    option,
    output_options,
    override_options,
    request_from,
    target_options,
)
from reconciler.cli.output import write_plan
from reconciler.cli.streams import tell


@click.command("rollback")
@click.argument("apply_id", metavar="[ID]", required=False, shell_complete=completed("applies"))
@manifest_options
@target_options
@option("-y", "--yes", is_flag=True, help="Don't ask.")
@option("--plan-only", is_flag=True, help="Show what would be rolled back, and end.")
@option("--skip-health", is_flag=True, help="Don't check the endpoint: your own risk, and recorded.")
@health_options
@override_options
@output_options("text", "json", "markdown")
def command(apply_id: str | None, yes: bool, plan_only: bool, skip_health: bool, **settings: Any) -> int:
    """Undo the newest apply; with ID, return to what that apply left.

    The way back is a plan like any other: shown, checked, written, verified and recorded. Nothing is asked of the
    manifests; `reconciler plan` then shows the way forward again. Keys are read from their sources, never kept.
    """
    from reconciler.rollback.planning import plan_rollback

    request = request_from(settings)
    plan = partial(plan_rollback, apply_id=apply_id, manifest=any_manifest(request, settings))
    planned = plan(request)
    tell(_heading(planned.undone, apply_id))
    if plan_only:
        write_plan(planned.plan, settings)
        return 0
    return carry_out(request, settings, plan, yes=yes, skip_health=skip_health)


def _heading(undone: tuple[str, ...], apply_id: str | None) -> str:
    if apply_id is None:
        return f"Rollback of {undone[0]}, the newest apply:"
    since = f"undoing {', '.join(undone)}" if undone else "which is the newest"
    return f"Rollback to what {apply_id} left, {since}:"
