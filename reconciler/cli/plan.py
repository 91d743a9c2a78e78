"""``reconciler plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from reconciler.errors import RefusedError, UnhealthyError
from reconciler.planning.making import make_plan, with_health

if TYPE_CHECKING:
    from reconciler.plan.model import Plan


@click.command("plan")
@manifest_options
@target_options
@option(
    "-o",
    "--out",
    type=click.Path(),
    help="Save the plan, for `show` and `apply PLANFILE`; - prints it instead of the result.",
)
@option(
    "--exit-code",
    is_flag=True,
    help="Exit 2 when there are changes, 3 when apply would refuse them, 5 when it would find the endpoint unhealthy.",
)
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
    if out == "-":
        settings["output"] = "json"
    elif out is not None:
        from reconciler.cli.output import save
        from reconciler.report.as_json import render_plan

        save(out, render_plan(plan))
    write_plan(plan, settings)
    return _code(planned.idle, plan) if exit_code else 0


def _code(idle: bool, plan: Plan) -> int:
    """What apply would make of the plan, in the order in which it looks."""
    if plan.refusals:
        return RefusedError.exit_code
    if idle:
        return 0
    if plan.changes and plan.health.status == "block":
        return UnhealthyError.exit_code
    return 2 if plan.changes else 0
