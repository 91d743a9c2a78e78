"""What a plan must pass before anything is written: it is the reviewed one, no safety rule refuses it, the endpoint is healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.errors import MovedError, RefusedError, UnhealthyError
from reconciler.plan.sameness import differences
from reconciler.planning.making import Planned, with_health

if TYPE_CHECKING:
    from reconciler.health.report import HealthReport
    from reconciler.plan.model import Plan, Refusal


def require_same(reviewed: Plan, plan: Plan) -> None:
    """What was reviewed is what runs.

    Raises:
        MovedError: something moved between the two plans; names what.
    """
    moved = differences(reviewed, plan)
    if moved:
        raise MovedError(
            "this is not what was planned any more:\n" + "\n".join(f"  - {line}" for line in moved),
            remedy="plan again, have it reviewed again, and apply the new plan; nothing was written",
        )


def require_allowed(plan: Plan) -> None:
    """No safety rule refuses the plan.

    Raises:
        RefusedError: one does; names the objects and the option.
    """
    if plan.refusals:
        raise RefusedError("\n".join(map(_refusal, plan.refusals)), remedy="nothing was written")


def _refusal(refusal: Refusal) -> str:
    named = ", ".join(refusal.addresses[:10])
    more = f" and {len(refusal.addresses) - 10} more" if len(refusal.addresses) > 10 else ""
    option = f"\n    to do it all the same: {refusal.option}" if refusal.option else ""
    return f"refused by rule {refusal.rule}: {refusal.message}\n    {named}{more}{option}"


def require_healthy(planned: Planned, report: HealthReport) -> Planned:
    """The same plan with the evidence of the endpoint check.

    Raises:
        UnhealthyError: it blocks.
    """
    if report.status == "block":
        lines = [
            f"{check.provider}: {check.traced}\n      {check.remedy}"
            for check in report.checks
            if check.verdict == "block"
        ]
        raise UnhealthyError(
            "the endpoint check blocks this apply; nothing was written\n"
            + "\n".join(f"  - {line}" for line in lines),
            remedy="`reconciler health` shows every check; --skip-health writes all the same, at your own risk",
        )
    return msgspec.structs.replace(planned, plan=with_health(planned.plan, report))
