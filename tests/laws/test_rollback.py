"""Rolling back: what an apply changed goes back, what is recorded is true again, and the way forward is as it was."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.apply.run import Outcome, Steps, apply
from reconciler.errors import RefusedError
from reconciler.json5 import Document
from reconciler.plan.drift import find_drift
from reconciler.plan.guard import Overrides
from reconciler.rollback.planning import plan_rollback
from tests.laws.generated import Case, cases
from tests.laws.json5_texts import written
from tests.laws.target import USED, target_of

if TYPE_CHECKING:
    from reconciler.plan.model import Change
    from tests.laws.target import Target


def rolled_back(target: Target, apply_id: str | None = None) -> Outcome | None:
    """Roll back; None when a key stands in the way that nobody kept or another beats, and then nothing was written."""
    plan = partial(plan_rollback, apply_id=apply_id, manifest=None)
    # Somebody may use what goes, and may have done so before it came.
    request = msgspec.structs.replace(target.request, overrides=Overrides(dangling=frozenset(USED)))
    refused = [refusal.rule for refusal in plan(request).plan.refusals]
    assert set(refused) <= {"key-not-kept", "key-shadowed"}
    before = target.texts()
    with pytest.raises(RefusedError) if refused else nullcontext():
        return apply(request, Steps(None, lambda _: True, lambda _: None, plan))
    assert target.texts() == before
    return None


def meaning(target: Target) -> Any:
    """What the config means, however the order of models and empty objects differ."""
    return _plain(target.plan().snapshot.config.value)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        rows = [_plain(item) for item in value]
        named = all(isinstance(row, dict) and "id" in row for row in rows)
        return sorted(rows, key=lambda row: str(row["id"])) if named else rows
    if isinstance(value, dict):
        members = ((key, _plain(item)) for key, item in value.items())
        return {key: item for key, item in members if item != {}}
    return value


def alike(change: Change) -> Any:
    return change.address, change.actions, _plain(change.before), change.after


def known(case: Case) -> list[dict[str, Any]]:
    """The documents that fit any target."""
    return [document for document in case.documents if document["metadata"]["name"] != "coder"]


def drifted(target: Target) -> Any:
    planned = target.plan()
    return find_drift(planned.applied, planned.snapshot.config.value, planned.snapshot.fingerprints)


@given(first=cases(), second=cases())
@settings(max_examples=40, deadline=None)
def test_undoing_the_newest_apply_gives_back_what_was_there(first: Case, second: Case) -> None:
    with target_of(first) as target:
        target.apply()
        target.declare(known(second))
        before, owned = meaning(target), target.plan().applied
        forward = [alike(change) for change in target.plan().plan.changes]
        assume(forward)
        target.apply()
        assume(rolled_back(target))
        assert meaning(target) == before
        assert drifted(target) == ()
        assert [alike(change) for change in target.plan().plan.changes] == forward
        assert target.plan().applied == owned


@given(case=cases())
@settings(max_examples=25, deadline=None)
def test_undoing_the_first_apply_gives_back_what_others_wrote(case: Case) -> None:
    """Unless a key stood in the way: keys are not kept, and then nothing is written."""
    with target_of(case) as target:
        before = meaning(target.used())
        assume(target.plan().plan.changes)
        target.apply()
        assume(rolled_back(target))
        assert meaning(target) == before
        assert target.plan().applied.resources == {}


@given(first=cases(), second=cases(), third=cases(), edited=st.booleans())
@settings(max_examples=25, deadline=None)
def test_returning_to_an_apply_makes_owned_values_as_it_left_them(
    first: Case, second: Case, third: Case, edited: bool
) -> None:
    with target_of(first) as target:
        outcome = target.apply()
        assume(outcome.receipt is not None)
        assert outcome.receipt is not None
        before, owned = meaning(target), target.plan().applied
        for case in (second, third):
            target.declare(known(case))
            target.apply()
        if edited and len(first.files) == 1:
            changed = copy.deepcopy(Document.parse(target.config.read_bytes()).value)
            changed.setdefault("agents", {}).setdefault("defaults", {})["model"] = "by/hand"
            target.config.write_text(written(changed, first.hand), encoding="utf-8", newline="")
        assume(rolled_back(target, outcome.receipt.id))
        assert drifted(target) == ()
        assert target.plan().applied == owned
        if not edited:
            assert meaning(target) == before


@given(first=cases(), second=cases())
@settings(max_examples=25, deadline=None)
def test_a_plan_tells_the_same_drift_as_the_record_alone(first: Case, second: Case) -> None:
    """Whatever the manifests say by then: who else moved only adds to it."""
    with target_of(first) as target:
        target.apply()
        target.config.write_text(second.files["openclaw.json"], encoding="utf-8", newline="")
        for name, text in second.files.items():
            (target.state / name).write_bytes(text.encode())
        told = {drift.address: (drift.kind, drift.applied, drift.live) for drift in drifted(target)}
        for documents in (known(first), known(second)):
            target.declare(documents)
            planned = target.plan().plan.drift
            assert {drift.address: (drift.kind, drift.applied, drift.live) for drift in planned} == told


@given(case=cases())
@settings(max_examples=25, deadline=None)
def test_a_rollback_is_itself_undone(case: Case) -> None:
    with target_of(case) as target:
        target.apply()
        declared = [d for d in case.documents if d["kind"] != "Agent"]
        target.declare(declared)
        assume(target.apply().receipt is not None)
        after = meaning(target)
        rolled_back(target)
        rolled_back(target)
        assert meaning(target) == after
        assert target.plan().plan.changes == ()
