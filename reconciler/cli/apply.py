"""``reconciler apply``."""

from __future__ import annotations

import contextlib
import shlex
import sys
from typing import TYPE_CHECKING, Any

import click

from reconciler.apply.run import Outcome, Steps, apply
from reconciler.cli.options import (
    DEFAULT_MANIFESTS,
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
from reconciler.cli.streams import ask, loss, show, take_loss, tell
from reconciler.errors import ReconcilerError, UsageError
from reconciler.planning.making import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.health.report import HealthReport
    from reconciler.plan.model import Plan
    from reconciler.planning.making import Planned
    from reconciler.planning.request import Request


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

    With PLANFILE exactly that plan, or exit 4 when the live state has moved since; the manifests are read again, so -f and
    the other options that said which they are have to be given again.
    """
    saved = None
    if planfile is not None:
        from reconciler.report.planfile import load_plan

        saved = load_plan(planfile)
    try:
        return carry_out(
            request_from(settings), settings, make_plan, yes=yes, skip_health=skip_health, saved=saved
        )
    except ReconcilerError as error:
        if saved is not None and not settings["manifests"]:
            error.remedy = "\n    ".join(filter(None, (error.remedy, _origin(saved))))
        raise


def _origin(saved: Plan) -> str:
    """Which manifests a reviewed plan says that it was made from, where they aren't those that were read."""
    files = sorted({change.source.file for change in saved.changes if change.source})
    if all(file.startswith(f"{DEFAULT_MANIFESTS}/") for file in files):
        return ""
    named = " ".join(f"-f {shlex.quote(file)}" for file in files[:10])
    return f"the plan names manifests other than {DEFAULT_MANIFESTS}/, and has to be applied with the same: {named}"


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
    # Who is asked has to see what about, wherever the result goes.
    on_screen = settings["output"] == "text" and sys.stdout.isatty()

    def health(planned: Planned) -> HealthReport:
        from reconciler.health.gate import check_health

        return check_health(
            planned.manifest, planned.sites, request.environ, settings, request.keyring, reuse=say
        )

    def say(sentence: str) -> None:
        progress.clear()
        tell(sentence)

    def confirm(shown: Plan) -> bool:
        progress.clear()
        if yes:
            return True
        if not sys.stdin.isatty():
            raise UsageError("apply asks before it writes, and there is nobody to ask", remedy="pass --yes")
        with contextlib.redirect_stdout(sys.stdout if on_screen else sys.stderr):
            write_plan(shown, {**settings, "output": "text"})
            if loss(sys.stdout):
                raise ReconcilerError(
                    "the plan can't be shown, so nobody can agree to it",
                    remedy="give it somewhere to go, or pass --yes; nothing was written",
                )
        return _agreed()

    with progress:
        outcome = apply(request, Steps(None if skip_health else health, confirm, progress, plan), saved)
    if outcome.declined:
        tell("Nothing was written.")
        return 1
    done = (
        f"the changes are applied, receipt {outcome.receipt.id}"
        if outcome.receipt
        else "nothing had to change"
    )
    try:
        _report(outcome, settings, shown=on_screen and not yes)
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(done) from stop
    why = take_loss()
    if why:
        tell(f"{done}; the report can't be printed: {why}")
    return 0


def _agreed() -> bool:
    try:
        return (ask("Apply these changes? [y/N]: ") or "").lower() in ("y", "yes")
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("nothing was written") from stop


def _report(outcome: Outcome, settings: dict[str, Any], *, shown: bool) -> None:
    if settings["output"] != "text" or not shown or outcome.receipt is None:
        write_plan(outcome.plan, settings)
    if outcome.receipt is not None and settings["output"] == "text":
        counts = outcome.plan.summary
        show(
            f"{'Rolled back' if outcome.receipt.undone else 'Applied'}: {counts.create} created, {counts.update} updated, {counts.delete} deleted. "
            f"Receipt {outcome.receipt.id}."
        )
        for notice in outcome.notices:
            show(f"  {notice}")
