"""A saved plan that somebody edited is not what was reviewed: nothing is written, and what differs is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.world import HERE, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG = '{ meta: { lastTouchedVersion: "2026.6.11" }, agents: {defaults: {}} }\n'


def change_twice(plan: dict[str, Any]) -> None:
    plan["changes"].append(plan["changes"][0])
    plan["summary"]["create"] += 1


EDITS: dict[str, tuple[Callable[[dict[str, Any]], object], str, int]] = {
    "a warning less": (lambda plan: plan["warnings"].pop(0), "warnings: implicit-allow-list", 4),
    "another warning": (
        lambda plan: plan["warnings"][0].update(message="all is well"),
        "warnings: implicit-allow-list agent/defaults.models says something else",
        4,
    ),
    "another order": (lambda plan: plan["changes"].reverse(), "changes: the order is another one", 4),
    "another count": (
        lambda plan: plan["summary"].update(unchanged=7),
        "summary.unchanged is 7 in the plan and 0 now",
        4,
    ),
    "a change twice": (change_twice, "changes: there are", 4),
    "counts of other changes": (
        lambda plan: plan["summary"].update(create=0),
        "does not count its changes",
        1,
    ),
    "another gateway": (
        lambda plan: plan["gateway"].update(name="test"),
        'gateway.name is "test" in the plan',
        4,
    ),
    "another source": (
        lambda plan: plan["changes"][0]["source"].update(line=1),
        "says something else",
        4,
    ),
    "another auth store": (
        lambda plan: plan["gateway"].update(auth_store="me"),
        "gateway.auth_store",
        4,
    ),
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "home")
    world.write_config(CONFIG)
    world.write("manifests/all.yaml", (HERE / "manifests" / "aliases.yaml").read_bytes())
    assert world.run("plan", "-o", "plan.json").code == 0
    return world


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_plan_is_refused_and_what_differs_is_named(world: World, name: str) -> None:
    edit, said, code = EDITS[name]
    path = world.home / "plan.json"
    plan = json.loads(path.read_bytes())
    edit(plan)
    path.write_text(json.dumps(plan), encoding="utf-8")
    ran = world.run("apply", "plan.json", "-f", "manifests", "--yes", "--skip-health")
    assert ran.code == code, ran
    assert said in ran.said
    assert world.config.read_text(encoding="utf-8") == CONFIG


def test_other_health_evidence_is_not_another_plan(world: World) -> None:
    path = world.home / "plan.json"
    plan = json.loads(path.read_bytes())
    plan["health"]["status"] = "ok"
    path.write_text(json.dumps(plan), encoding="utf-8")
    assert world.run("apply", "plan.json", "-f", "manifests", "--yes", "--skip-health").code == 0
