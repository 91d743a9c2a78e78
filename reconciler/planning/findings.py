"""What a plan has to say and what stops it, gathered from all that judge a comparison."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from reconciler.effective.gaps import check_variables
from reconciler.effective.shadowing import find_shadows, prints_of
from reconciler.effective.view import look_around, view_of
from reconciler.plan.aliases import find_taken
from reconciler.plan.consequences import UNUSED, after_edits, find_consequences
from reconciler.plan.dangling import SETTLED, STOPPING, check_references
from reconciler.plan.guard import guard
from reconciler.plan.model import PlanWarning, Refusal, Shadow
from reconciler.plan.preconditions import store_refusals, target_refusals
from reconciler.plan.shadows import shadow_refusals
from reconciler.plan.sharing import no_way_back
from reconciler.planning.comparing import spelling_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.desired.model import Desired
    from reconciler.manifest.severities import Wish
    from reconciler.plan.last_copies import Verdict
    from reconciler.planning.comparing import Basis, Compared
    from reconciler.state.ownership import Applied


class Findings(msgspec.Struct, frozen=True):
    """All of it."""

    warnings: tuple[PlanWarning, ...]
    refusals: tuple[Refusal, ...]
    shadows: tuple[Shadow, ...]


def judge(basis: Basis, compared: Compared, keys: Verdict, released: tuple[Applied, ...]) -> Findings:
    """Ask everything that has a say in a plan.

    Args:
        keys: what becomes of the keys that the plan takes away.
        released: what other sets own afterwards, where something is taken over from them.
    """
    snapshot, applied, environ = basis.snapshot, basis.applied, basis.request.environ
    overrides, config, release = basis.request.overrides, basis.config, basis.release
    desired, changes, edits = compared.desired, compared.changes, compared.edits
    view = view_of(snapshot, (applied, *compared.others), basis.sites)
    references = check_references(view, edits, desired, overrides.dangling)
    prints = prints_of(desired, snapshot, compared.prints, environ)
    shadows = find_shadows(desired, snapshot, basis.outlook, prints)
    variables = check_variables(desired, snapshot, basis.outlook, changes, overrides.accept_unset, environ)
    taken = find_taken(desired, config, after_edits(config, edits), release, view.where, overrides.take_alias)
    warned = (
        *_beside(basis, desired),
        *compared.unread,
        *keys.warnings,
        *no_way_back(released, compared.others),
        *map(_left, compared.difference.left),
        *references.warnings,
        *variables.warnings,
        *taken.warnings,
        *look_around(view, edits, desired),
        *find_consequences(desired, config, edits, release),
    )
    severities: dict[str, Wish] = {**({UNUSED: "error"} if changes else {}), **basis.request.severities}
    warnings, stopping = _by_severity(warned, severities)
    refusals = (
        *guard(changes, desired.resources, applied, compared.others, overrides),
        *target_refusals(snapshot, desired, bool(changes)),
        *spelling_in(snapshot).ambiguous(desired),
        *store_refusals(snapshot, compared.stores, changes),
        *references.refusals,
        *taken.refusals,
        *keys.refusals,
        *shadow_refusals(shadows, overrides.accept_shadow),
        *variables.refusals,
        *stopping,
    )
    return Findings(warnings, refusals, shadows)


def _left(address: str) -> PlanWarning:
    message = (
        "no manifest declares it any more; it stays, because somebody else has put something into it, and what this program "
        "wrote for it elsewhere, such as its key, goes: declare it again, or take it away by hand"
    )
    return PlanWarning("left-to-others", address, message)


def _beside(basis: Basis, desired: Desired) -> list[PlanWarning]:
    """What was found before anything was compared."""
    found = [
        PlanWarning(problem.code, str(problem.location), problem.what)
        for problem in basis.manifest.warnings
        if problem.code not in SETTLED
    ]
    found.extend(PlanWarning(note.code, note.address, note.message) for note in desired.warnings)
    if os.path.exists(basis.journal.path("pending.json")):
        message = "an apply was stopped before its result was verified; the next `reconciler apply` undoes or finishes it first"
        found.append(PlanWarning("unfinished-apply", "gateway", message))
    if basis.snapshot.capabilities.doubt:
        found.append(PlanWarning("release-unknown", "gateway", basis.snapshot.capabilities.doubt))
    return found


def _by_severity(
    warned: Iterable[PlanWarning], severities: Mapping[str, Wish]
) -> tuple[tuple[PlanWarning, ...], tuple[Refusal, ...]]:
    """Warnings that are only that, and those that stop, by themselves or because the project made errors of them."""
    warnings = tuple(dict.fromkeys(sorted(warned)))
    wishes = {**dict.fromkeys(STOPPING, "error"), **severities}
    stopping: dict[tuple[str, str], list[str]] = {}
    for warning in warnings:
        if wishes.get(warning.code) == "error":
            stopping.setdefault((warning.code, warning.message), []).append(warning.address)
    kept = tuple(warning for warning in warnings if wishes.get(warning.code, "warning") == "warning")
    return kept, tuple(
        Refusal(code, tuple(addresses), message, f"--severity {code}=warning")
        for (code, message), addresses in stopping.items()
    )
