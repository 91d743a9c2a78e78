"""Laws 4, 5, 6 and 9 when any single act of an apply fails, or everything from it on: disk full, read-only, no permission."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.standin import StandIn
from tests.laws.generated import KEY
from tests.laws.stages import require_convergence, require_whole, staged
from tests.laws.target import MEMORY
from tests.scenarios.world import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="failed-", dir=MEMORY if os.path.isdir(MEMORY) else None) as name:
        yield Path(name)


def failed(template: Path, work: Path, *, checked: bool) -> tuple[int, list[str], list[Path]]:
    """The number of faults, what came of them that is no message to a user, and every different state that is left."""
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.laws.failing"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(work.parent)},
        input=json.dumps({"template": str(template), "work": str(work), "checked": checked}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["points"], found["wrong"], [Path(name) for name in found["left"]]


@pytest.mark.parametrize("name", ["split", "fresh", "again", "adopting", "confirmed", "put back", "checked"])
def test_whatever_fails_is_told_and_the_next_apply_converges(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with StandIn(keys=[KEY], models=["m/one", "m/two"]) as service:
        stage = staged(folder, name, service.base_url)
        points, wrong, states = failed(stage.template, folder / "failed", checked=name == "checked")
        assert bool(service.requests) == (name == "checked")
    with capsys.disabled():
        print(f"\n{points} faults in an apply ({name}), {len(states)} different ends")  # noqa: T201 - the count is a result
    assert not wrong, "\n".join(wrong)
    for state in states:
        require_whole(state, stage)
        require_convergence(state, stage)
