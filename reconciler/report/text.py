"""Plans, health and drift for a terminal: readable at 80 columns, without colour, when tired.

One symbol a line, and one line with a symbol for each change that the summary counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.printable import printable
from reconciler.report.changes import change_lines, more
from reconciler.report.display import counts, cut, plural
from reconciler.report.drifted import CAUSES, conflicts, drift_counts, no_drift, sentence, sides
from reconciler.report.layout import BLANK, Line, Style, annotate, cells, line, paint, paragraph, width_of
from reconciler.report.outline import FEW, MANY, beaten, restarts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.effective.leaks import Leak
    from reconciler.health.report import Check, HealthReport
    from reconciler.plan.model import Drift, Plan, PlanWarning, Refusal, Shadow
    from reconciler.suspects import Suspect

_MARKS: dict[str, tuple[Style, str]] = {
    "ok": ("ok", "ok"),
    "warn": ("warn", "warn"),
    "block": ("fail", "FAIL"),
}
_ENDPOINT = "endpoint"


def render_plan(plan: Plan, *, width: int, color: bool, verbose: bool = False) -> str:
    """The plan as text.

    Args:
        width: columns to fit in, where words allow it.
        verbose: leave nothing out.
    """
    lines = _header(plan, width)
    lines += change_lines(plan.changes, width, verbose)
    lines += _conflicts(plan, width)
    lines += _shadows(plan.shadows, width, verbose)
    lines += _warnings(plan.warnings, width, verbose)
    lines += _refusals(plan.refusals, width, verbose)
    if plan.health.status != "skipped":
        lines += [BLANK, *_endpoints(plan.health.checks, width, verbose=verbose)]
    return paint([*lines, BLANK, *_summary(plan, width)], color)


def render_health(report: HealthReport, *, width: int, color: bool) -> str:
    """The endpoint check as text."""
    if not report.checks or report.status == "skipped":
        return "No endpoint to check.\n"
    worst: dict[str, tuple[Style, str]] = {
        "ok": ("ok", "Healthy"),
        "warn": ("warn", "Usable, with warnings"),
        "block": ("fail", "Unhealthy, apply would write nothing"),
    }
    style, verdict = worst[report.status]
    lines = [*_endpoints(report.checks, width, verbose=True), BLANK]
    lines += paragraph(style, f"{verdict}: {tally(report)}.", width, 0)
    return paint(lines, color)


def render_drift(
    found: Sequence[Drift],
    who: Sequence[Suspect],
    leaks: Sequence[Leak] = (),
    managed: bool = True,
    notes: Sequence[PlanWarning] = (),
    *,
    width: int,
    color: bool,
) -> str:
    """Drift as text, keys that lie open, and what is no drift but to be known."""
    below = [*_leaks(leaks, width), *_warnings(notes, width, verbose=True)]
    if not found:
        return paint([*paragraph("", no_drift(managed), width, 0), *below], color)
    lines: list[Line] = []
    for cause, title in CAUSES.items():
        own = [one for one in found if one.cause == cause]
        if own:
            lines += [*([BLANK] if lines else []), *paragraph("head", title, width, 0)]
        lines += [whole for one in own for whole in _drifted(one, width)]
    if who:
        lines += [BLANK, line("head", "Who may have done it")]
        for suspect in who:
            lines += paragraph("", printable(sentence(suspect)), width, 4, lead=(("", "  - "),))
    lines += [BLANK, *paragraph("head", drift_counts(found), width, 0)]
    lines += paragraph(
        "dim",
        "`reconciler apply` makes everything as declared; `reconciler plan` shows what it would do, or refuse.",
        width,
        0,
    )
    return paint([*lines, *below], color)


def _leaks(leaks: Sequence[Leak], width: int) -> Iterator[Line]:
    if leaks:
        yield BLANK
        yield line("head", "Keys that lie open")
    for leak in leaks:
        style: Style = "fail" if leak.status == "fail" else "warn"
        yield from paragraph("", printable(leak.message), width, 4, lead=((style, "  ! "),))
        if leak.kind != "permissions":
            yield from paragraph("dim", printable(leak.place), width, 6)
        yield from paragraph("", printable(leak.remedy), width, 9, lead=(("dim", "      -> "),))


def _drifted(drift: Drift, width: int) -> Iterator[Line]:
    """One entry: the value on each side that tells something."""
    style: Style = "delete" if drift.kind == "gone" else "update"
    source = printable(f"{drift.source.file}:{drift.source.line}") if drift.source else ""
    mark = "-" if drift.kind == "gone" else "~"
    yield from annotate([line(style, f"  {mark} {printable(drift.address)}")], source, width)
    for label, value in sides(drift):
        yield from paragraph("", value, width, 16, lead=(("dim", f"      {label:<10}"),))


def tally(report: HealthReport) -> str:
    """How many checks came out how."""
    verdicts = [check.verdict for check in report.checks]
    words = (("block", "failed"), ("warn", "with a warning"), ("ok", "ok"))
    return ", ".join(f"{verdicts.count(name)} {word}" for name, word in words if name in verdicts)


def _header(plan: Plan, width: int) -> list[Line]:
    gateway = plan.gateway
    release = gateway.openclaw.removeprefix("OpenClaw ")
    evidence = f", from {gateway.release_evidence}" if gateway.release else f": {gateway.release_evidence}"
    rows = (
        ("Gateway", gateway.name),
        ("OpenClaw", f"{release}{evidence}"),
        ("Config", gateway.config),
    )
    return [
        whole
        for label, text in rows
        for whole in paragraph("", printable(text), width, 10, lead=(("dim", f"{label:<10}"),))
    ]


def _conflicts(plan: Plan, width: int) -> Iterator[Line]:
    """What both sides have changed since the last apply: a plan would overwrite somebody's edit unseen."""
    found = conflicts(plan)
    if found:
        yield BLANK
        yield from paragraph("head", CAUSES["both"], width, 0)
    for one in found:
        yield from _drifted(one, width)


def _shadows(shadows: Sequence[Shadow], width: int, verbose: bool) -> Iterator[Line]:
    if shadows:
        yield BLANK
        yield line("head", "Beaten at run time, and left as it is")
    shown = shadows[: None if verbose else MANY]
    for shadow in shown:
        yield from paragraph("", printable(beaten(shadow)), width, 4, lead=(("warn", "  ! "),))
        yield from paragraph("dim", printable(shadow.place), width, 6)
        yield from paragraph("", printable(shadow.remedy), width, 9, lead=(("dim", "      -> "),))
    if len(shadows) > len(shown):
        yield from more(f"{len(shadows) - len(shown)} more", width, 4)


def _warnings(warnings: Sequence[PlanWarning], width: int, verbose: bool) -> Iterator[Line]:
    """Warnings; one that many objects share is said once."""
    shared: dict[tuple[str, str], list[str]] = {}
    for warning in warnings:
        shared.setdefault((warning.code, warning.message), []).append(warning.address)
    if shared:
        yield BLANK
        yield line("head", "Warnings")
    shown = list(shared.items())[: None if verbose else MANY]
    for (code, message), addresses in shown:
        yield from paragraph(
            "", f"{printable(message)} [{printable(code)}]", width, 4, lead=(("warn", "  ! "),)
        )
        yield from _named(addresses, width, verbose)
    if len(shared) > len(shown):
        yield from more(f"{len(shared) - len(shown)} more", width, 4)


def _refusals(refusals: Sequence[Refusal], width: int, verbose: bool) -> Iterator[Line]:
    if refusals:
        yield BLANK
        yield line("fail", "Refused: apply would write nothing")
    for refusal in refusals:
        lead: Line = (("fail", "  ! "), ("head", f"{printable(refusal.rule)}: "))
        yield from paragraph("", printable(refusal.message), width, 4, lead=lead)
        yield from _named(refusal.addresses, width, verbose)
        if refusal.option:
            option = cut(printable(refusal.option), None if verbose else 400)
            yield from paragraph("", f"to do it all the same: {option}", width, 6, 2)


def _named(addresses: Sequence[str], width: int, verbose: bool) -> Iterator[Line]:
    """Addresses, one a line, the rest counted."""
    shown = addresses[: None if verbose else FEW]
    for address in shown:
        yield from paragraph("dim", printable(address), width, 6)
    if len(addresses) > len(shown):
        yield from more(f"{len(addresses) - len(shown)} more", width)


def _endpoints(checks: Sequence[Check], width: int, *, verbose: bool) -> Iterator[Line]:
    """Checks by provider; of a plan's only what is not as expected, and the endpoint itself."""
    providers = dict.fromkeys(check.provider for check in checks)
    for provider in providers:
        own = [check for check in checks if check.provider == provider]
        shown = [check for check in own if verbose or check.verdict != "ok" or not check.subject]
        if provider != next(iter(providers)):
            yield BLANK
        yield line("head", f"Endpoint of {printable(provider)}")
        longest = max((cells(printable(check.subject or _ENDPOINT)) for check in shown), default=0)
        for check in shown:
            yield from _check(check, longest if longest <= width * 2 // 5 else None, width)
        if len(own) > len(shown):
            yield line("dim", f"  {plural(len(own) - len(shown), 'model')} as expected")


def _check(check: Check, column: int | None, width: int) -> Iterator[Line]:
    """One check; without a ``column`` for the subject, the message stands below it."""
    style, mark = _MARKS[check.verdict]
    subject = printable(check.subject or _ENDPOINT)
    lead: Line = (("", "  "), (style, f"{mark:<4}"), ("", "  "), ("head" if style == "fail" else "", subject))
    if column is None:
        body = 8
        lines = [lead, *paragraph("", printable(check.message), width, body)]
    else:
        body = column + 10
        lead = (*lead, ("", " " * (body - width_of(lead))))
        lines = paragraph("", printable(check.message), width, body, lead=lead)
    if check.verdict != "ok":
        if check.remedy:
            lines += paragraph(
                "", printable(check.remedy), width, body, lead=(("dim", " " * (body - 3) + "-> "),)
            )
        lines = annotate(lines, _evidence(check), width)
    yield from lines


def _evidence(check: Check) -> str:
    """Where a check's subject is declared, and the service's own id of its answer."""
    source = [printable(str(check.source))] if check.source else []
    return ", ".join([*source, *([f"trace {printable(check.trace_id)}"] if check.trace_id else [])])


def _summary(plan: Plan, width: int) -> Iterator[Line]:
    summary, count = plan.summary, restarts(plan.changes)
    total = counts(summary.create, summary.update, summary.delete, summary.unchanged)
    yield from paragraph("head", total, width, 0)
    if count:
        yield from paragraph(
            "warn", f"Applying it restarts the gateway ({plural(count, 'change')}).", width, 0
        )
    if plan.refusals:
        rules = ", ".join(printable(refusal.rule) for refusal in plan.refusals)
        yield from paragraph("fail", f"Apply would refuse it: {rules}.", width, 0)
    if plan.health.status == "block":
        yield from paragraph("fail", "Apply would refuse it: the endpoint is unhealthy.", width, 0)
    if plan.errored or not plan.complete:
        yield from paragraph("fail", "This plan is not complete: something could not be read.", width, 0)
