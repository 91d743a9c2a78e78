"""Laws 4, 5, 6 and 9 wherever an apply is stopped: at each system call that writes, syncs, renames, locks, starts or asks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest

from reconciler.standin import StandIn
from tests.laws.calls import Call, Sort
from tests.laws.generated import KEY
from tests.laws.others import THEIRS
from tests.laws.stages import (
    STAGES,
    TWO,
    confirmed,
    environment,
    first,
    require_convergence,
    require_whole,
    staged,
    state_of,
    target_at,
)
from tests.laws.stopping import WAYS, End, Job, Stopped
from tests.laws.target import MEMORY
from tests.laws.tracing import GO_ON, Verdict, traced
from tests.scenarios.world import ROOT, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.laws.stages import Stage

EXITS = {0, 1, 3, 4, 5, 6}
SHOWN = 10
ALONE = [way for way in WAYS if way != "raced"]
PENDING = ".openclaw/reconciler/pending.json"


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="stopped-", dir=MEMORY if os.path.isdir(MEMORY) else None
    ) as name:
        yield Path(name)


def stopped(stage: Stage, left: Path, ways: list[str], *, checked: bool = False, **limits: object) -> Stopped:
    """Every end of an apply, with the endpoint ``checked`` or not, that is stopped at one call after the other."""
    arguments = ["apply", "--yes", "--allow-mass-delete", "--allow-empty"]
    if not checked:
        arguments.append("--skip-health")
    job = msgspec.convert(
        {
            "template": str(stage.template),
            "home": str(stage.home),
            "left": str(left),
            "ways": ways,
            "environ": environment(stage.home),
            "arguments": arguments,
            **limits,
        },
        Job,
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.laws.stopping"],
        cwd=ROOT,
        input=msgspec.json.encode(job),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Stopped)


def require_message(end: End) -> None:
    """One that ends by itself says what happened, where and what to do next, and no key."""
    assert end.code in EXITS, end
    assert KEY not in end.said, end
    if end.code:
        lines = end.said[end.said.index("error:") :].splitlines() if "error:" in end.said else []
        assert any(line.startswith("    ") for line in lines[1:]), end
        assert not any(
            word in end.said for word in ("a bug in reconciler", "Traceback", "nothing more was done")
        ), end


def require_claim(end: End, stage: Stage) -> None:
    """What it says of the target is so."""
    state = state_of(stage.home)
    if end.code == 0:
        assert state == stage.after
        assert not stage.denied or "not verified" in end.said
    elif any(claim in end.said for claim in ("nothing was written", "it is as it was", "was put back")):
        assert state == stage.before


def require_laws(ends: list[End], stage: Stage) -> None:
    """What must hold of each end, in the very folder that the apply ran in; all that don't are told at once."""
    wrong = []
    for end in ends:
        try:
            if end.code is not None:
                require_message(end)
            if end.home:
                shutil.rmtree(stage.home)
                Path(end.home).rename(stage.home)
                require_whole(stage)
                require_claim(end, stage)
                require_convergence(stage, unverified=stage.denied and end.code == 0)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            place = traceback.extract_tb(error.__traceback__)[-1]
            wrong.append(
                f"{end.stop}: exit {end.code}\n{end.said}\n{place.name}:{place.lineno}: {type(error).__name__}: {error}"
            )
    assert not wrong, f"{len(wrong)} wrong ends\n\n" + "\n\n".join(wrong[:SHOWN])


def show(capsys: pytest.CaptureFixture[str], name: str, found: Stopped) -> None:
    """The counts are a result."""
    homes = sum(bool(end.home) for end in found.ends)
    ways = ", ".join(f"{way} {number}" for way, number in found.points.items())
    calls = ", ".join(f"{call} {number}" for call, number in Counter(found.calls).most_common())
    text = f"{name}: stopped at {sum(found.points.values())} points ({ways}; {calls}), {homes} different ends"
    with capsys.disabled():
        print(f"\n{text}")  # noqa: T201 - the count is a result


@pytest.mark.parametrize("name", STAGES)
def test_wherever_it_is_stopped_nothing_is_torn_and_the_next_apply_converges(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = staged(folder, STAGES[name].made)
    found = stopped(stage, folder / "left", ALONE, focus=STAGES[name].focus)
    show(capsys, name, found)
    require_laws(found.ends, stage)


@pytest.mark.parametrize(
    ("name", "other", "where"),
    [
        ("a config in two files", "edit_config", ".openclaw/"),
        ("a key that was rotated on a network volume", "add_profile", ".openclaw/state"),
    ],
)
def test_what_another_one_writes_between_two_calls_is_not_lost(
    folder: Path, name: str, other: str, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = staged(folder, STAGES[name].made)
    found = stopped(stage, folder / "left", ["raced"], focus=(where,), other=other)
    show(capsys, f"{name}, another writer", found)
    assert any("wrote" in end.stop for end in found.ends)
    for end in found.ends:
        require_message(end)
        if end.home:
            shutil.rmtree(stage.home)
            Path(end.home).rename(stage.home)
            wrote = "wrote" in end.stop
            assert wrote == (THEIRS in repr(state_of(stage.home))), end
            target_at(stage.home).apply()
            assert wrote == (THEIRS in repr(state_of(stage.home))), end
            assert target_at(stage.home).plan().plan.changes == (), end


def test_a_program_that_cannot_be_started_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = staged(folder, confirmed)
    found = stopped(stage, folder / "left", ["killed", "failed"], sorts=["start"])
    show(capsys, "confirmed by OpenClaw", found)
    require_laws(found.ends, stage)


def test_an_endpoint_that_fails_in_any_call_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with StandIn(keys=[KEY], models=list(TWO)) as service:
        stage = staged(folder, partial(first, address=service.base_url))
        found = stopped(stage, folder / "left", ["killed", "failed"], checked=True, sorts=["network"])
        assert service.requests
    show(capsys, "the endpoint is asked", found)
    require_laws(found.ends, stage)


@pytest.mark.parametrize("name", ["denied by OpenClaw", "a key that was rotated, denied by OpenClaw"])
def test_a_recovery_that_is_stopped_too_converges(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Up to the point where the intent of the first apply is gone; what follows is an apply like any other."""
    stage = staged(folder, STAGES[name].made)
    pending = [
        Path(end.home)
        for end in stopped(stage, folder / "left", ["killed"]).ends
        if end.home and (Path(end.home) / PENDING).exists()
    ]
    # Two of many that differ in how far the first apply came.
    for number, home in enumerate((pending[len(pending) // 3], pending[2 * len(pending) // 3])):
        again = stage._replace(template=home)
        found = stopped(again, folder / f"again-{number}", ["killed", "torn"], until=PENDING)
        show(capsys, f"recovery {number} of {name}", found)
        require_laws(found.ends, stage)


def test_a_clock_that_was_set_back_changes_nothing(folder: Path) -> None:
    """Receipts, backups and locks from the future are taken as they are."""
    stage = staged(folder, STAGES["a change with a removal"].made)
    shutil.rmtree(stage.home)
    shutil.copytree(stage.template, stage.home)
    journal = stage.home / ".openclaw" / "reconciler"
    for path in [*(journal / "receipts").iterdir(), *(journal / "backups").iterdir()]:
        path.rename(path.with_name("2999" + path.name[4:]))
    holder = {"pid": 2**22 + 1, "createdAt": "2999-01-01T00:00:00.000Z"}
    (stage.home / ".openclaw" / "openclaw.json.lock").write_text(json.dumps(holder))
    require_convergence(stage)
    assert len(list((journal / "receipts").iterdir())) == 2


def entries(home: Path) -> dict[str, Any]:
    """Everything below the home; without the time that changes too when another link to a file goes."""
    return {name: (*entry[:5], *entry[6:]) for name, entry in tree(home).items()}


@pytest.mark.parametrize("name", ["a config in two files", "a key in the shared database"])
def test_no_change_escapes_the_tracer(folder: Path, name: str) -> None:
    """Between one stop and the next nothing changes but what the call in between names: else one isn't in the table."""
    stage = staged(folder, STAGES[name].made)
    shutil.rmtree(stage.home)
    shutil.copytree(stage.template, stage.home)
    before, named, unexplained = entries(stage.home), set[str](), set[str]()

    def look(call: Call) -> Verdict:
        nonlocal before, named
        after = entries(stage.home)
        moved = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        # The index of a write-ahead log is written through memory.
        unexplained.update(path for path in moved - named if not path.endswith("-shm"))
        paths = [os.path.relpath(path, stage.home) for path in call.paths]
        folders = (f"{os.path.dirname(path)}/." for path in paths)
        before, named = after, {*paths, *folders, *map(os.path.dirname, paths)}
        return GO_ON

    traced(target_at(stage.home).apply, set(get_args(Sort)), look)
    assert unexplained == set()
    assert state_of(stage.home) == stage.after
