"""A config that loses most of its bytes stays as it was made: OpenClaw puts its older backup over one that shrinks at once."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.world import Ran, World

if TYPE_CHECKING:
    from pathlib import Path

OLDER = b'{ "meta": { "lastTouchedVersion": "2026.9.6" }, "gateway": { "mode": "local" } }\n'
CONFIG = (
    b'{\n  meta: { lastTouchedVersion: "2026.9.6" }, // ours\n  gateway: { mode: "local", port: 19001 },\n}\n'
)
SITE = 'apiVersion: reconciler/v1\nkind: Site\nmetadata: {name: here}\nspec: {baseUrl: "http://127.0.0.1:9/v1"}\n'
MODELS = "".join(f"    - {{id: m/number-{n}, contextWindow: 64000}}\n" for n in range(20))
PROVIDER = f"""---
apiVersion: reconciler/v1
kind: Provider
metadata: {{name: siliconflow}}
spec:
  site: here
  key: {{inline: SILICONFLOW_API_KEY}}
  models:
{MODELS}"""
REMOVING = ("--yes", "--skip-health", "--allow-empty", "--allow-mass-delete")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "home")
    world.environ["SILICONFLOW_API_KEY"] = "sk-good-0123456789abcdef"
    world.write_config(CONFIG)
    world.write(".openclaw/openclaw.json.bak", OLDER)
    world.write("manifests/siliconflow.yaml", SITE + PROVIDER)
    return world


def look(world: World) -> None:
    """OpenClaw reads the config, as it does on any of its own commands."""
    environ = {**world.environ, "OPENCLAW_CONFIG_PATH": str(world.config)}
    subprocess.run([world.bin / "openclaw", "models", "status"], env=environ, check=True, capture_output=True)


def grown(world: World, manners: dict[str, str] | None = None) -> None:
    world.install_stub("2026.9.6", manners or {})
    ran = world.run("apply", "--yes", "--skip-health")
    assert ran.code == 0, ran
    assert len(world.config.read_bytes()) > 4 * len(CONFIG)


def remove(world: World) -> Ran:
    world.write("manifests/siliconflow.yaml", SITE)
    return world.run("apply", *REMOVING)


@pytest.mark.parametrize("way", ["removal", "rollback"])
def test_a_config_that_loses_most_of_its_bytes_shrinks_in_steps_that_openclaw_trusts(
    world: World, way: str
) -> None:
    grown(world)
    ran = remove(world) if way == "removal" else world.run("rollback", *REMOVING)
    assert ran.code == 0, ran
    assert "was made smaller step by step" in ran.said
    look(world)
    assert world.config.read_bytes() == CONFIG
    assert (world.state / "openclaw.json.bak").read_bytes() == OLDER
    assert not list(world.state.glob("*.clobbered*"))
    again = world.run("plan", "--exit-code", "--allow-empty")
    assert again.code == (0 if way == "removal" else 2), again


def test_without_openclaw_blank_lines_stay_and_are_named(world: World) -> None:
    grown(world)
    (world.bin / "openclaw").rename(world.bin / "elsewhere")
    ran = remove(world)
    assert ran.code == 0, ran
    data = world.config.read_bytes()
    assert data.rstrip() == CONFIG.rstrip()
    assert len(data) > 2 * len(CONFIG)
    assert "ends in blank lines still" in ran.said
    (world.bin / "elsewhere").rename(world.bin / "openclaw")
    look(world)
    assert world.config.read_bytes() == data


def test_without_a_backup_of_openclaws_nothing_is_to_be_feared(world: World) -> None:
    (world.state / "openclaw.json.bak").unlink()
    grown(world)
    ran = remove(world)
    assert ran.code == 0, ran
    assert world.config.read_bytes() == CONFIG
    assert "smaller" not in ran.said


def test_a_small_config_that_is_put_back_stays(world: World) -> None:
    world.install_stub("2026.9.6", {"resolves": "somebody/else"})
    agent = "---\napiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: defaults}\nspec: {model: {primary: siliconflow/m/number-1}}\n"
    world.write("manifests/siliconflow.yaml", SITE + PROVIDER + agent)
    ran = world.run("apply", "--yes", "--skip-health")
    assert ran.code == 6, ran
    look(world)
    assert world.config.read_bytes() == CONFIG


def test_what_openclaw_puts_over_a_config_that_it_distrusts_is_undone(world: World) -> None:
    grown(world)
    before = world.config.read_bytes()
    (world.bin / "seen").write_text(json.dumps(100 * len(before)))
    ran = remove(world)
    assert ran.code == 6, ran
    assert "OpenClaw distrusts it" in ran.said
    assert "left to them" not in ran.said
    assert world.config.read_bytes() == before


def test_a_small_config_stays_that_the_next_apply_puts_back_for_a_killed_one(world: World) -> None:
    world.install_stub("2026.9.6", {"kills": "SIGKILL"})
    assert world.run("apply", "--yes", "--skip-health").code == -signal.SIGKILL
    assert len(world.config.read_bytes()) > 4 * len(CONFIG)
    world.install_stub("2026.9.6", {})
    ran = remove(world)
    assert ran.code == 0, ran
    look(world)
    assert world.config.read_bytes().rstrip() == CONFIG.rstrip()
    assert not list(world.state.glob("*.clobbered*"))
