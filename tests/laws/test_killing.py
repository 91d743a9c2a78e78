"""Law 6: killed at any instruction, the config is whole, old or new, and the next run converges."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.laws.killing import signature
from tests.laws.stages import require_convergence, require_whole, staged
from tests.laws.target import MEMORY
from tests.scenarios.world import ROOT, contents

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="killed-", dir=MEMORY if os.path.isdir(MEMORY) else None) as name:
        yield Path(name)


def killed(template: Path, work: Path) -> list[Path]:
    """Every different state that a kill leaves; the last one is that of an apply that came to its end."""
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.laws.killing"],
        cwd=ROOT,
        input=json.dumps({"template": str(template), "work": str(work)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Path(name) for name in json.loads(done.stdout)]


@pytest.mark.parametrize("name", ["first", "split", "fresh", "again", "adopting", "put back"])
def test_a_killed_apply_leaves_whole_files_and_the_next_one_converges(folder: Path, name: str) -> None:
    stage = staged(folder, name)
    states = killed(stage.template, folder / "killed")
    assert len(states) > 3
    for state in states:
        require_whole(state, stage)
        require_convergence(state, stage)


@pytest.mark.parametrize("name", ["split", "put back"])
def test_a_recovery_that_is_killed_too_converges(folder: Path, name: str) -> None:
    stage = staged(folder, name)
    states = [
        s
        for s in killed(stage.template, folder / "killed")
        if (s / ".openclaw/reconciler/pending.json").exists()
    ]
    assert states
    seen = set()
    for index, state in enumerate(states):
        for again in killed(state, folder / f"again-{index}"):
            require_whole(again, stage)
            if (found := signature(again)) not in seen:
                seen.add(found)
                require_convergence(again, stage)


@pytest.mark.parametrize("name", ["split", "again"])
def test_a_power_cut_before_the_folder_is_synced_converges(folder: Path, name: str) -> None:
    """The config has its old entry again, whatever the intent in the journal says by then."""
    stage = staged(folder, name)
    for state in killed(stage.template, folder / "killed"):
        journal = state / ".openclaw" / "reconciler"
        settled = contents(journal / "sets") != contents(stage.template / ".openclaw/reconciler/sets")
        if settled or not (journal / "pending.json").exists():
            continue  # long after the sync
        for file, data in stage.before.items():
            (state / ".openclaw" / file).write_bytes(data)
        require_convergence(state, stage)


def test_a_clock_that_was_set_back_changes_nothing(folder: Path) -> None:
    """Receipts, backups and locks from the future are taken as they are."""
    stage = staged(folder, "again")
    journal = stage.template / ".openclaw" / "reconciler"
    for path in [*(journal / "receipts").iterdir(), *(journal / "backups").iterdir()]:
        path.rename(path.with_name("2999" + path.name[4:]))
    holder = {"pid": 2**22 + 1, "createdAt": "2999-01-01T00:00:00.000Z"}
    (stage.template / ".openclaw" / "openclaw.json.lock").write_text(json.dumps(holder))
    require_convergence(stage.template, stage)
    assert len(list((journal / "receipts").iterdir())) == 2
