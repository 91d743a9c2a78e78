"""The first apply shows a key's fingerprint as every later command does: it brings the target its fingerprint key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from reconciler.apply.run import Steps, apply
from reconciler.keys import Keyring
from reconciler.planning.request import Request
from tests.scenarios.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.plan.model import Plan

MANIFEST = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: global
  key: {inline: SILICONFLOW_API_KEY}
  models: []
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "home")
    world.environ["SILICONFLOW_API_KEY"] = "sk-first-0123456789abcdef"
    world.write_config('{ meta: { lastTouchedVersion: "2026.9.6" } }\n')
    world.write("manifests/provider.yaml", MANIFEST)
    return world


def test_what_the_first_apply_asks_about_is_what_is_recorded_and_shown_later(world: World) -> None:
    asked: list[Plan] = []

    def confirm(plan: Plan) -> bool:
        asked.append(plan)
        return True

    request = Request((str(world.home / "manifests"),), world.environ, Keyring(world.environ))
    apply(request, Steps(None, confirm, lambda _: None))
    (shown,) = set(re.findall(r"fp:[0-9a-f]{12}", repr(asked)))
    (receipt,) = (world.state / "reconciler" / "receipts").glob("*.json")
    assert set(re.findall(r"fp:[0-9a-f]{12}", receipt.read_text())) == {shown}
    rotated = world.run("plan", "--format", "json", env={"SILICONFLOW_API_KEY": "sk-second-0123456789abcdef"})
    (change,) = json.loads(rotated.stdout)["changes"]
    assert change["before"] == shown
    assert change["after"] != shown


def test_a_plan_saved_before_the_first_apply_is_carried_out_as_reviewed_or_refused(world: World) -> None:
    assert world.run("plan", "-o", "plan.json").code == 0
    moved = world.run(
        "apply", "plan.json", "--yes", "--skip-health", env={"SILICONFLOW_API_KEY": "sk-other-0123456789"}
    )
    assert moved.code == 4, moved
    assert world.run("apply", "plan.json", "--yes", "--skip-health").code == 0
    assert world.run("plan", "--exit-code").code == 0


def test_two_targets_share_no_fingerprint(world: World, tmp_path: Path) -> None:
    twin = world.copy(tmp_path / "twin")
    shown = [
        re.findall(r"fp:[0-9a-f]{12}", one.run("apply", "--yes", "--skip-health").stdout)[0]
        for one in (world, twin)
    ]
    assert len(set(shown)) == 2
