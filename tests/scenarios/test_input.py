"""`-` is a standard stream wherever a file is named, and what comes in is read once for everything that a command does."""

from __future__ import annotations

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


def test_a_plan_goes_through_pipes(world: World) -> None:
    world.write("manifests/small.yaml", MANIFEST)
    saved = world.run("plan", "-o", "-").stdout
    assert saved == world.run("plan", "--format", "json").stdout
    shown = world.run("show", "-", stdin=saved).stdout
    assert shown == world.run("plan").stdout
    assert world.run("apply", "-", "--yes", "--skip-health", stdin=saved).code == 0
    assert not (world.home / "-").exists()
