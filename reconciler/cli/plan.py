"""``reconciler plan``."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import (
    health_options,
    manifest_options,
    option,
    output_options,
    override_options,
    request_from,
    target_options,
)
from reconciler.cli.output import write_plan
from reconciler.planning import make_plan, with_health


@click.command("plan")
@manifest_options
@target_options
@option("-o", "--out", type=click.Path(), help="Save the plan, for `show` and `apply PLANFILE`.")
@option("--exit-code", is_flag=True, help="Exit 2 when there are changes.")
@option("--health/--no-health", "check", default=False, help="Check endpoint, key and models too.")
@health_options
@override_options
@output_options("text", "json", "markdown", "html")
def command(out: str | None, exit_code: bool, check: bool, **settings: Any) -> int:
    """Show what would change, without network or key.

    Reads the manifests and the live OpenClaw, and writes nothing but the plan.
    """
    request = request_from(settings)
    planned = make_plan(request)
    plan = planned.plan
    if check:
        from reconciler.health.gate import check_health

        plan = with_health(
            plan, check_health(planned.manifest, planned.sites, request.environ, settings, request.keyring)
        )
    if out is not None:
        from reconciler.cli.output import save
        from reconciler.report.as_json import render_plan

        save(out, render_plan(plan))
    write_plan(plan, settings)
    return 2 if exit_code and plan.changes else 0
