"""`-` is a standard stream wherever a file is named, and what comes in is read once for everything that a command does."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.world import HERE, World

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = (HERE / "manifests" / "small.yaml").read_text("utf-8")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "home")
    world.environ["SILICONFLOW_API_KEY"] = "sk-good-0123456789abcdef"
    world.write_config('{ meta: { lastTouchedVersion: "2026.9.6" } }\n')
    return world


def test_manifests_that_are_piped_in_are_applied(world: World) -> None:
    assert world.run("apply", "-f", "-", "--yes", "--skip-health", stdin=MANIFEST).code == 0
    assert world.run("plan", "-f", "-", "--exit-code", stdin=MANIFEST).code == 0


def test_who_is_asked_sees_the_plan_wherever_the_result_goes(world: World) -> None:
    world.write("manifests/small.yaml", MANIFEST)
    ours, theirs = pty.openpty()
    os.write(ours, b"y\n")
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "apply", "--skip-health"],
        cwd=world.home,
        env=world.environ,
        stdin=theirs,
        capture_output=True,
        text=True,
        check=True,
    )
    os.close(ours)
    os.close(theirs)
    assert "+ provider/siliconflow" in done.stderr.partition("Apply these changes?")[0]
    assert "+ provider/siliconflow" in done.stdout.partition("Applied: 2 created")[0]


@pytest.mark.parametrize(("said", "code"), [(b"\x04", 1), (b"n\n", 1), (b"\x03", 130)])
def test_no_an_end_and_an_interrupt_write_nothing_and_say_so(world: World, said: bytes, code: int) -> None:
    world.write("manifests/small.yaml", MANIFEST)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "apply", "--skip-health"],
        cwd=world.home,
        env=world.environ,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=as_terminal,
    )
    assert process.stderr is not None
    asked = b""
    while not asked.endswith(b"[y/N]: "):
        asked += os.read(process.stderr.fileno(), 4096)
    os.write(ours, said)
    told = process.stderr.read()
    process.communicate()
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code
    assert b"othing was written" in told
    assert not (world.state / "reconciler").exists()


def as_terminal() -> None:
    """Take standard input as the terminal that Ctrl-C comes from."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_plan_goes_through_pipes(world: World) -> None:
    world.write("manifests/small.yaml", MANIFEST)
    saved = world.run("plan", "-o", "-").stdout
    assert saved == world.run("plan", "--format", "json").stdout
    shown = world.run("show", "-", stdin=saved).stdout
    assert shown == world.run("plan").stdout
    assert world.run("apply", "-", "--yes", "--skip-health", stdin=saved).code == 0
    assert not (world.home / "-").exists()


def test_the_gateway_is_chosen_or_refused_alike_by_every_command_that_reads_manifests(world: World) -> None:
    gateways = "".join(
        f"---\napiVersion: reconciler/v1\nkind: Gateway\nmetadata: {{name: {name}}}\nspec: {{}}\n"
        for name in ("attic", "desk")
    )
    world.write("manifests/small.yaml", MANIFEST + gateways)
    for command in ("plan", "health", "catalog", "drift", "explain", "history", "rollback"):
        ran = world.run(command)
        assert (ran.code, "choose one with --gateway: attic, desk" in ran.stderr) == (64, True), ran
        assert "declared" not in world.run(command, "--gateway", "desk").stderr
    for command in ("plan", "health", "catalog", "drift", "explain", "history", "rollback", "doctor"):
        assert world.run(command, "--gateway", "cellar").code == 64


def test_a_listing_can_be_piped_in(world: World) -> None:
    listing = '{"object": "list", "data": [{"id": "Qwen/Qwen3-8B"}]}'
    ran = world.run("catalog", "cn", "--listing", "-", stdin=listing)
    assert "+ Qwen/Qwen3-8B" in ran.said
