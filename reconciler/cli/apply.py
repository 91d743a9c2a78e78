"""``reconciler apply``."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import click

from reconciler.apply.run import Outcome, Steps, apply
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
from reconciler.cli.progress import Progress
from reconciler.errors import UsageError
from reconciler.planning import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.health.report import HealthReport
    from reconciler.plan.model import Plan
    from reconciler.planning import Planned, Request


@click.command("apply")
@click.argument("planfile", required=False, type=click.Path())
@manifest_options
@target_options
@option("-y", "--yes", is_flag=True, help="Don't ask.")
@option("--skip-health", is_flag=True, help="Don't check the endpoint: your own risk, and recorded.")
@health_options
@override_options
@output_options("text", "json", "markdown")
def command(planfile: str | None, yes: bool, skip_health: bool, **settings: Any) -> int:
    """Check the endpoint, make the changes, verify them.

    With PLANFILE exactly that plan, or exit 4 when the live state has moved since.
    """
    saved = None
    if planfile is not None:
        from reconciler.report.planfile import load_plan

        saved = load_plan(planfile)
    return carry_out(
        request_from(settings), settings, make_plan, yes=yes, skip_health=skip_health, saved=saved
    )


def carry_out(
    request: Request,
    settings: dict[str, Any],
    plan: Callable[[Request], Planned],
    *,
    yes: bool,
    skip_health: bool,
    saved: Plan | None = None,
) -> int:
    """Apply what ``plan`` makes, and say what came of it.

    Args:
        settings: the parsed options.
        yes: don't ask.
        saved: the reviewed plan, as of :func:`reconciler.apply.run.apply`.
    """
    progress = Progress(sys.stderr)

    def health(planned: Planned) -> HealthReport:
        from reconciler.health.gate import check_health

        return check_health(
            planned.manifest, planned.sites, request.environ, settings, request.keyring, reuse=say
        )

    def say(sentence: str) -> None:
        progress.clear()
        click.echo(sentence, err=True)

    def confirm(shown: Plan) -> bool:
        progress.clear()
        if yes:
            return True
        if not sys.stdin.isatty():
            raise UsageError("apply asks before it writes, and there is nobody to ask", remedy="pass --yes")
        with contextlib.redirect_stdout(sys.stderr if settings["output"] != "text" else sys.stdout):
            write_plan(shown, {**settings, "output": "text"})
        return click.confirm("Apply these changes?", default=False, err=True)

    with progress:
        outcome = apply(request, Steps(None if skip_health else health, confirm, progress, plan), saved)
    return _report(outcome, settings, shown=not yes)


def _report(outcome: Outcome, settings: dict[str, Any], *, shown: bool) -> int:
    if outcome.declined:
        click.echo("Nothing was written.", err=True)
        return 1
    if settings["output"] != "text" or not shown or outcome.receipt is None:
        write_plan(outcome.plan, settings)
    if outcome.receipt is not None and settings["output"] == "text":
        counts = outcome.plan.summary
        click.echo(
            f"{'Rolled back' if outcome.receipt.undone else 'Applied'}: {counts.create} created, {counts.update} updated, {counts.delete} deleted. "
            f"Receipt {outcome.receipt.id}."
        )
        for notice in outcome.notices:
            click.echo(f"  {notice}")
    return 0
