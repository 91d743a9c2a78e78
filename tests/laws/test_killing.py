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

from tests.laws.stages import require_convergence, require_whole, staged
from tests.laws.target import MEMORY
from tests.scenarios.world import ROOT

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
    for index, state in enumerate(states):
        for again in killed(state, folder / f"again-{index}"):
            require_whole(again, stage)
            require_convergence(again, stage)
