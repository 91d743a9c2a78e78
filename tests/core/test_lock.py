"""OpenClaw's lock is taken as OpenClaw takes it: a live holder is waited for, a dead one's lock is taken over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import MovedError
from reconciler.openclaw.lock import config_lock

if TYPE_CHECKING:
    from pathlib import Path


def test_the_lock_file_names_its_holder_and_goes_with_it(tmp_path: Path) -> None:
    config = tmp_path / "openclaw.json"
    lock = tmp_path / "openclaw.json.lock"
    with config_lock(str(config)):
        assert json.loads(lock.read_text())["pid"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_a_live_holder_is_named_and_not_robbed(tmp_path: Path) -> None:
    lock = tmp_path / "openclaw.json.lock"
    lock.write_text(json.dumps({"pid": os.getpid(), "createdAt": "2026-01-01T00:00:00.000Z"}))
    with (
        pytest.raises(MovedError, match=f"process {os.getpid()}"),
        config_lock(str(tmp_path / "openclaw.json"), patience=0.05),
    ):
        pass
    assert lock.exists()


def test_a_dead_holders_lock_is_taken_over(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lock = tmp_path / "openclaw.json.lock"
    lock.write_text(json.dumps({"pid": gone.pid, "createdAt": "2026-01-01T00:00:00.000Z"}))
    with config_lock(str(tmp_path / "openclaw.json"), patience=0.05):
        assert json.loads(lock.read_text())["pid"] == os.getpid()


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"pid": "x"}'])
def test_a_lock_that_tells_nothing_is_left_alone(tmp_path: Path, content: str) -> None:
    lock = tmp_path / "openclaw.json.lock"
    lock.write_text(content)
    with pytest.raises(MovedError), config_lock(str(tmp_path / "openclaw.json"), patience=0.05):
        pass
    assert lock.read_text() == content


def test_the_lock_goes_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError), config_lock(str(tmp_path / "openclaw.json")):
        raise KeyError
    assert not list(tmp_path.iterdir())
