"""What is printed can't fail: in any encoding, on a full disk, with nobody reading; and what was done stays done and is said."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.world import BUGS, World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: cn
  key: {env: SILICONFLOW_API_KEY}
  models: [{id: Qwen/Qwen3-8B, alias: 千问}, {id: Qwen/Qwen3-32B, alias: Œuvre 😀}]
"""
PLAN = ("plan", "--format")
# Every command, on a home where one apply was made and the alias was edited since; and its exit code.
COMMANDS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("validate",), 0),
    (("validate", "--explain", "duplicate-alias"), 0),
    (("validate", "--format", "json"), 0),
    (("plan",), 0),
    ((*PLAN, "json"), 0),
    ((*PLAN, "markdown"), 0),
    ((*PLAN, "html"), 0),
    (("show", "plan.json"), 0),
    (("show", "plan.json", "--format", "json"), 0),
    (("drift",), 2),
    (("drift", "--format", "json"), 2),
    (("explain",), 0),
    (("explain", "--format", "json"), 0),
    (("history",), 0),
    (("history", "--format", "json"), 0),
    (("rollback", "--plan-only", "--format", "json"), 0),
    (("catalog", "cn"), 0),
    (("catalog", "cn", "--format", "json"), 0),
    (("doctor",), 0),
    (("doctor", "--format", "json"), 0),
    (("schema",), 0),
    (("init", "--site", "cn", "--out", "manifests/siliconflow.yaml"), 1),
    (("--help",), 0),
    (("plan", "--help"), 0),
    (("plan", "--gateway", "千问"), 64),
)
ENCODINGS: Mapping[str, Mapping[str, str]] = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
    "locale C": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
FULL = ("/bin/sh", "-c", 'exec "$@" >/dev/full', "sh")
BOTH_FULL = ("/bin/sh", "-c", 'exec "$@" >/dev/full 2>&1', "sh")
CLOSED = ("/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "home")
    world.environ["SILICONFLOW_API_KEY"] = "sk-good-0123456789abcdef"
    world.write_config('{ meta: { lastTouchedVersion: "2026.9.6" } }\n')
    world.write("manifests/siliconflow.yaml", MANIFEST)
    world.install_stub("2026.9.6", {})
    return world


@pytest.fixture
def applied(world: World) -> World:
    assert world.run("apply", "--yes", "--skip-health").code == 0
    world.write_config(world.config.read_text("utf-8").replace("千问", "千问二"))
    assert world.run("plan", "-o", "plan.json").code == 0
    return world


def printed(world: World, *arguments: str, env: Mapping[str, str]) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=world.home,
        env={**world.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert not any(bug.encode() in done.stdout + done.stderr for bug in BUGS), done
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "locale C"])
def test_every_command_prints_in_any_encoding_and_its_json_means_the_same(
    encoding: str, applied: World
) -> None:
    for arguments, code in COMMANDS:
        got, stdout, stderr = printed(applied, *arguments, env=ENCODINGS[encoding])
        assert got == code, (arguments, stderr)
        if arguments[-1] == "json":
            assert json.loads(stdout.decode()) == json.loads(applied.run(*arguments).stdout), arguments
    assert b"\\u5343\\u95ee" in printed(applied, "plan", env=ENCODINGS[encoding])[1]
    assert b"&#21315;&#38382;" in printed(applied, *PLAN, "html", env=ENCODINGS[encoding])[1]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_apply_ends_well_in_any_encoding(encoding: str, world: World) -> None:
    code, stdout, _ = printed(world, "apply", "--yes", "--skip-health", env=ENCODINGS[encoding])
    assert code == 0
    assert b"Applied: " in stdout
    assert_settled(world)


def assert_settled(world: World) -> None:
    """The changes are written and recorded, and no apply is left open."""
    assert "千问" in world.config.read_text("utf-8")
    assert len(list((world.state / "reconciler" / "receipts").iterdir())) == 1
    assert not (world.state / "reconciler" / "pending.json").exists()
    assert world.run("plan", "--exit-code").code == 0


@pytest.mark.parametrize("prefix", [FULL, BOTH_FULL, CLOSED], ids=["full", "both full", "closed"])
def test_an_apply_whose_report_is_lost_is_made_recorded_and_a_success(
    prefix: tuple[str, ...], world: World
) -> None:
    ran = world.run("apply", "--yes", "--skip-health", prefix=prefix)
    assert ran.code == 0
    assert_settled(world)
    if prefix is FULL:
        assert "the changes are applied, receipt 2026" in ran.stderr
        assert "the report can't be printed: No space left on device" in ran.stderr


def test_an_apply_whose_reader_has_gone_is_made_recorded_and_a_success(world: World) -> None:
    assert run_into_closed_pipe(world, "apply", "--yes", "--skip-health") == 0
    assert_settled(world)


def run_into_closed_pipe(world: World, *arguments: str) -> int:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=world.home,
            env=world.environ,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            check=False,
        ).returncode
    finally:
        os.close(writing)


def test_a_result_that_is_lost_is_an_error_unless_its_reader_has_gone(applied: World) -> None:
    for arguments in (("plan",), ("plan", "--format", "json"), ("history",), ("--help",), ("plan", "--help")):
        ran = applied.run(*arguments, prefix=FULL)
        assert (ran.code, ran.stderr) == (1, "error: the result can't be printed: No space left on device\n")
        assert run_into_closed_pipe(applied, *arguments) == 0
    assert applied.run("drift", prefix=FULL).code == 2
    assert run_into_closed_pipe(applied, "drift") == 2
    assert applied.run("plan", "--gateway", "none", prefix=BOTH_FULL).code == 64


def test_an_interrupt_while_the_report_waits_for_its_reader_says_what_was_done(world: World) -> None:
    reading, writing = os.pipe()
    size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", "apply", "--yes", "--skip-health", "--format", "json"],
        cwd=world.home,
        env=world.environ,
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
    ) as process:
        while process.poll() is None and waiting_in(reading) < size:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    os.close(reading)
    os.close(writing)
    assert process.returncode == 130
    assert b"interrupted; the changes are applied, receipt 2026" in said
    assert_settled(world)


def waiting_in(pipe: int) -> int:
    """Bytes that can be read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder)


def test_names_that_are_no_utf8_neither_stop_an_apply_after_its_write_nor_change_a_saved_plan(
    world: World,
) -> None:
    half = os.fsdecode(b"j\xff")
    (world.home / "manifests" / "siliconflow.yaml").rename(world.home / "manifests" / f"{half}.yaml")
    world.environ.update(LOGNAME=half, USER=half)
    assert world.run("plan", "-o", "plan.json").code == 0
    assert world.run("apply", "plan.json", "--yes", "--skip-health").code == 0
    assert_settled(world)
    assert "by j\\udcff@" in world.run("history").stdout


def test_a_target_whose_path_is_no_utf8_is_refused_before_anything_is_written(world: World) -> None:
    state = world.home / os.fsdecode(b"st\xff")
    state.mkdir(mode=0o700)
    ran = world.run("apply", "--yes", "--skip-health", "--state-dir", str(state))
    assert ran.code == 1
    assert "the path is not UTF-8" in ran.stderr
    assert list(state.iterdir()) == []
