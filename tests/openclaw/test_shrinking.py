"""A config that loses most of its bytes stays as this program made it: the real OpenClaw puts no backup of its own over it."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from reconciler.standin.server import StandIn
from tests.openclaw.test_keys import OLD, VARIABLE, Desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.openclaw.sandbox import Sandbox

# As many as make the rest less than half of the file.
MODELS = tuple(f"made-up/model-number-{n}" for n in range(12))
SWITCHES = ("--yes", "--skip-health", "--allow-empty", "--allow-mass-delete")


@pytest.fixture
def desk(sandbox: Sandbox, tmp_path: Path) -> Desk:
    with StandIn(site="global", keys=(OLD,), models=MODELS) as service:
        desk = Desk(sandbox, service, tmp_path)
    desk.declare("Agent", "defaults", {"model": {"primary": f"siliconflow/{MODELS[0]}"}})
    models = [{"id": model, "contextWindow": 64000} for model in MODELS]
    desk.declare("Provider", "siliconflow", {"site": "here", "key": {"env": VARIABLE}, "models": models})
    with sandbox.gateway():  # one of 2026.4.15 writes settings of its own when it first starts
        pass
    # The second write makes OpenClaw's backup of the first: older than what stands there.
    for level in ("off", "low"):
        assert sandbox.run("config", "set", "agents.defaults.thinkingDefault", level).returncode == 0
    return desk


@pytest.mark.parametrize("way", ["removed", "rolled back", "removed beside a gateway"])
def test_a_config_from_which_most_is_taken_stays_so_when_openclaw_and_its_gateway_read_it(
    desk: Desk, sandbox: Sandbox, way: str
) -> None:
    before = sandbox.config_path.read_bytes()
    assert json.loads(before)["agents"]["defaults"]["thinkingDefault"] == "low"
    assert sandbox.config_path.with_name("openclaw.json.bak").exists()
    with sandbox.gateway({VARIABLE: OLD}) if "gateway" in way else nullcontext():
        applied = desk.run("apply", *SWITCHES)
        assert applied.returncode == 0, applied.stdout + applied.stderr
        sandbox.models_status({VARIABLE: OLD})
        assert len(sandbox.config_path.read_bytes()) > 2 * len(before)
        if way == "rolled back":
            gone = desk.run("rollback", *SWITCHES)
        else:
            (desk.folder / "manifests" / "Provider-siliconflow.yaml").unlink()
            (desk.folder / "manifests" / "Agent-defaults.yaml").unlink()
            gone = desk.run("apply", *SWITCHES)
        assert gone.returncode == 0, gone.stdout + gone.stderr
        assert sandbox.config_path.read_bytes() == before
        sandbox.models_status()
    with sandbox.gateway():
        sandbox.models_status()
    assert sandbox.config_path.read_bytes() == before
    assert not list(sandbox.state_dir.glob("openclaw.json.clobbered*"))


def test_a_config_that_grew_and_is_put_back_stays_so_too(desk: Desk, sandbox: Sandbox) -> None:
    before = sandbox.config_path.read_bytes()
    command = desk.bin / "openclaw"
    real = command.resolve()
    command.unlink()
    # Looks at the bigger config, and once sees another model in it.
    command.write_text(
        f'#!/bin/sh\nif [ "$1 $2" = "models status" ] && [ ! -e {command}.once ]; then\n'
        f'touch {command}.once; node {real} "$@" > /dev/null; echo \'{{"resolvedDefault": "x/y", "aliases": {{}}}}\'\n'
        f'else exec node {real} "$@"; fi\n'
    )
    command.chmod(0o755)
    done = desk.run("apply", *SWITCHES)
    assert done.returncode == 6, done.stdout + done.stderr
    assert sandbox.config_path.read_bytes() == before
    sandbox.models_status()
    with sandbox.gateway():
        sandbox.models_status()
    assert sandbox.config_path.read_bytes() == before
    assert not list(sandbox.state_dir.glob("openclaw.json.clobbered*"))
