"""The design's laws on real OpenClaw releases; tests/laws holds the same as properties on generated input."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.openclaw.test_main_job import COMMENTS, CONFIG, KEY, Desk, desk, service

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["desk", "service"]

pytestmark = pytest.mark.openclaw


def tree(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Every file below ``folder`` with mode, time and digest."""
    return {
        str(path): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            hashlib.sha256(path.read_bytes() if path.is_file() else b"").hexdigest(),
        )
        for path in sorted(folder.rglob("*"))
    }


def test_looking_is_repeatable_leaves_no_trace_and_shows_no_key(desk: Desk) -> None:
    """Laws 1, 3 and 7, before and after an apply."""
    said = []
    for _ in range(2):
        before = tree(desk.sandbox.state_dir)
        plans = [desk.run("plan", "--format", "json", "-o", "saved.json").stdout for _ in range(2)]
        assert plans[0] == plans[1]
        assert json.loads(plans[0])["gateway"]["release"] == desk.sandbox.release.version
        for command in (
            ("plan",),
            ("show", "saved.json"),
            ("drift",),
            ("validate",),
            ("health",),
            ("doctor",),
            ("history",),
        ):
            done = desk.run(*command)
            said += [done.stdout, done.stderr]
        assert tree(desk.sandbox.state_dir) == before
        applied = desk.run("apply", "--yes")
        said += [*plans, applied.stdout, applied.stderr]
    assert KEY not in "".join(said)
    assert "Traceback" not in "".join(said)
    held = [
        path
        for path in desk.sandbox.state_dir.rglob("*")
        if path.is_file() and KEY.encode() in path.read_bytes()
    ]
    assert held == []


def test_a_plan_that_openclaws_own_writer_overtook_is_refused_and_names_what_moved(desk: Desk) -> None:
    """Law 5."""
    assert desk.run("apply", "--yes").returncode == 0
    desk.declare_window(96_000)
    assert desk.run("plan", "-o", "saved.json").returncode == 0
    changed = desk.sandbox.run(
        "config",
        "set",
        "agents.defaults.model.primary",
        "siliconflow/zai-org/GLM-4.6V",
        env={"SILICONFLOW_API_KEY": KEY},
    )
    assert changed.returncode == 0, str(changed)
    before = desk.sandbox.config_path.read_bytes()
    done = desk.run("apply", "saved.json", "--yes")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "agent/defaults" in done.stderr
    assert desk.sandbox.config_path.read_bytes() == before


def test_killed_in_the_middle_the_file_is_whole_and_the_next_run_converges(desk: Desk) -> None:
    """Law 6: killed between the write and the end of verification."""
    pending = desk.sandbox.state_dir / "reconciler" / "pending.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "apply", "--yes"],
        cwd=desk.manifests.parent,
        env=desk.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not (
        pending.exists() and desk.sandbox.config_path.read_text() != CONFIG
    ):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert pending.exists()
    assert all(comment in desk.sandbox.config_path.read_text(encoding="utf-8") for comment in COMMENTS)
    assert desk.sandbox.validate({"SILICONFLOW_API_KEY": KEY})["valid"] is True
    assert desk.run("apply", "--yes").returncode == 0
    assert not pending.exists()
    assert desk.run("plan", "--exit-code").returncode == 0
