"""Laws 1, 2, 3 and 5: plans are stable, empty after apply, leave no trace, and bind to what they were made from."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import MovedError
from reconciler.report.as_json import read_plan, render_plan
from tests.laws.generated import KEY, VARIABLE, Case, as_yaml, cases, shuffled
from tests.laws.json5_texts import written
from tests.laws.target import target_of, without_places
from tests.scenarios.world import World, contents, tree

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("text", "json", "markdown")


@given(case=cases())
@settings(max_examples=40, deadline=None)
def test_planning_twice_gives_the_same_bytes(case: Case) -> None:
    with target_of(case) as target:
        assert render_plan(target.plan().plan) == render_plan(target.plan().plan)


@given(case=cases(), order=st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_shuffling_documents_keys_and_files_changes_nothing(case: Case, order: object) -> None:
    hand = case.hand
    with target_of(case) as one, target_of(case) as other:
        documents = [shuffled(document, hand) for document in case.documents]
        hand.shuffle(documents)
        other.declare(documents[::2], documents[1::2])
        assert without_places(one.plan().plan) == without_places(other.plan().plan)
        one.apply()
        other.apply()
        assert one.texts() == other.texts()


@given(case=cases())
@settings(max_examples=80, deadline=None)
def test_after_apply_the_plan_is_empty_and_another_apply_writes_nothing(case: Case) -> None:
    with target_of(case) as target:
        target.apply()
        assert target.plan().plan.changes == ()
        before = tree(target.state)
        assert target.apply().receipt is None
        assert tree(target.state) == before


@given(first=cases(), second=cases())
@settings(max_examples=80, deadline=None)
def test_after_a_changed_manifest_too_the_plan_is_empty(first: Case, second: Case) -> None:
    """Also when all kinds of things are declared no more: their removal leaves nothing to do."""
    known = [document for document in second.documents if document["metadata"]["name"] != "coder"]
    with target_of(first) as target:
        target.apply()
        target.declare(known)
        target.apply()
        assert target.plan().plan.changes == ()
        target.declare(first.documents)
        target.apply()
        assert target.plan().plan.changes == ()


@given(case=cases())
@settings(max_examples=40, deadline=None)
def test_what_openclaw_rewrites_in_its_own_hand_is_no_change(case: Case) -> None:
    """OpenClaw's own writer drops comments and orders as it likes; that is not drift."""
    with target_of(case) as target:
        target.apply()
        meaning = target.plan().snapshot.config.value
        target.config.write_text(
            written(shuffled(meaning, case.hand), case.hand), encoding="utf-8", newline=""
        )
        assert target.plan().plan.changes == ()


@given(case=cases())
@settings(max_examples=40, deadline=None)
def test_planning_leaves_the_target_as_it_is_to_the_inode(case: Case) -> None:
    with target_of(case) as target:
        before = tree(target.folder)
        target.plan()
        assert tree(target.folder) == before


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_no_command_that_reads_leaves_a_trace(tmp_path: Path, seed: int, applied: bool) -> None:
    case = _case(seed)
    world = World(tmp_path / "home")
    world.environ[VARIABLE] = KEY
    for name, text in case.files.items():
        world.write(f".openclaw/{name}", text)
    world.write("manifests/all.yaml", as_yaml(case.documents))
    if applied:
        applied_once = world.run("apply", "--yes", "--skip-health", "--severity", "unlisted-model=warning")
        assert applied_once.code == 0, applied_once
        world.write(".openclaw/openclaw.json", case.files["openclaw.json"])
    saved = world.run("plan", "-o", "plan.json", "--format", "json")
    assert saved.code == 0, saved
    before = tree(world.home)
    readers: list[tuple[str, ...]] = [
        (word, "--format", form) for word in ("plan", "drift", "health") for form in FORMATS
    ]
    readers += [("show", "plan.json", "--format", form) for form in FORMATS]
    readers += [("validate",), ("doctor",), ("history",), ("schema",), ("apply", "--help")]
    for arguments in readers:
        ran = world.run(*arguments)
        assert ran.code in (0, 1, 2, 5), ran
        assert tree(world.home) == before, ran


def _case(seed: int) -> Case:
    import random

    from tests.laws.generated import config, laid_out, manifests

    hand = random.Random(seed)
    meaning = config(hand, "list")
    return Case(laid_out(meaning, hand), meaning, manifests(hand, ["defaults", "coder"]), seed)


@given(case=cases())
@settings(max_examples=80, deadline=None)
def test_a_saved_plan_runs_as_reviewed_or_not_at_all(case: Case) -> None:
    """Somebody changes one value that the plan looked at: refused by name. Any other value: carried out around it."""
    with target_of(case) as target:
        saved = read_plan(render_plan(target.used().plan().plan).encode())
        moved = copy.deepcopy(target.plan().snapshot.config.value)
        address = _move(moved)
        if len(case.files) > 1:
            return
        target.config.write_text(written(moved, case.hand), encoding="utf-8", newline="")
        if address is None or not saved.changes:
            assert target.apply(saved).plan.changes == saved.changes
            return
        before = contents(target.state)
        with pytest.raises(MovedError) as refused:
            target.apply(saved)
        assert f"{address} changed in the live state" in str(refused.value)
        assert contents(target.state) == before


def _move(config: dict[str, object]) -> str | None:
    """Change the base URL where there is one; else something that nobody manages."""
    models = config.get("models")
    providers = models.get("providers", {}) if isinstance(models, dict) else {}
    if "siliconflow" in providers:
        providers["siliconflow"]["baseUrl"] = "https://moved.example/v1"
        return "provider/siliconflow"
    config["moved"] = True
    return None


@pytest.mark.parametrize("moment", ["confirm", "asking OpenClaw to validate the candidate"])
@given(case=cases())
@settings(max_examples=25, deadline=None)
def test_what_moves_while_apply_runs_is_never_overwritten(moment: str, case: Case) -> None:
    """A hand edit at either moment: the apply is refused, or it keeps the edit."""
    with target_of(case) as target:
        if not target.used().plan().plan.changes:
            return
        mark = "\n// edited meanwhile\n"

        def edit() -> None:
            text = target.config.read_bytes().decode()
            if mark not in text:
                target.config.write_bytes((text + mark).encode())

        def confirm(_: object) -> bool:
            if moment == "confirm":
                edit()
            return True

        def progress(message: str) -> None:
            if message == moment:
                edit()

        target.apply(confirm=confirm, progress=progress)
        assert mark in target.texts()["openclaw.json"]
        assert target.plan().plan.changes == ()
