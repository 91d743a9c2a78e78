"""Whoever changed the config before the last apply didn't change it after: only what came later is a suspect."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.scenarios.world import HERE, World

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """{
  meta: { lastTouchedVersion: "2026.6.11", lastTouchedAt: "2026-11-01T00:00:00.000Z" },
  agents: { $include: "agents.json" },
}
"""
OTHER = "0" * 64


class Applied:
    """A home after an apply, and a drifted config."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.write_config(CONFIG)
        self.included = world.write(".openclaw/agents.json", "{}")
        world.write("manifests/all.yaml", (HERE / "manifests" / "small.yaml").read_bytes())
        old = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
        os.utime(self.included, (old, old))
        ran = world.run("apply", "--yes", "--skip-health")
        assert ran.code == 0, ran
        (path,) = (world.state / "reconciler" / "receipts").glob("*.json")
        self.receipt: dict[str, Any] = json.loads(path.read_bytes())
        self.ended = datetime.fromisoformat(self.receipt["time"])
        self.bytes = hashlib.sha256(world.config.read_bytes()).hexdigest()

    def edit(self) -> None:
        text = self.world.config.read_text(encoding="utf-8")
        self.world.config.write_text(text.replace("64000", "32000"), encoding="utf-8")

    def audit(self, *events: tuple[float, str, str, str]) -> None:
        """Write OpenClaw's log: seconds after the end of the apply, the command, and the bytes before and after."""
        lines = [
            json.dumps(
                {
                    "ts": (self.ended + timedelta(seconds=seconds))
                    .isoformat(timespec="milliseconds")
                    .replace("+00:00", "Z"),
                    "event": "config.write",
                    "result": "rename",
                    "configPath": str(self.world.config),
                    "argv": ["node", "openclaw.mjs", *command.split()],
                    "previousHash": before,
                    "nextHash": after,
                }
            )
            for seconds, command, before, after in events
        ]
        self.world.write(".openclaw/logs/config-audit.jsonl", "\n".join(lines))

    def suspects(self) -> list[dict[str, Any]]:
        ran = self.world.run("drift", "--format", "json")
        assert ran.code == 2, ran
        found: list[dict[str, Any]] = json.loads(ran.stdout)["suspects"]
        return found


@pytest.fixture
def applied(tmp_path: Path) -> Applied:
    return Applied(World(tmp_path / "home"))


def test_what_is_older_than_the_apply_is_no_suspect(applied: Applied) -> None:
    applied.edit()
    applied.audit((-3600, "config set", OTHER, OTHER), (-60, "doctor", OTHER, OTHER))
    old = applied.world.write(".openclaw/openclaw.json.clobbered.1", CONFIG)
    os.utime(old, (applied.ended.timestamp() - 60,) * 2)
    (edited, written) = applied.suspects()
    assert "the config was edited since the last apply" in edited["what"]
    assert written["what"] == "~/.openclaw/openclaw.json was last written"
    assert all(one["time"] >= applied.receipt["time"] for one in (edited, written))


def test_of_one_second_that_is_later_which_began_with_what_was_applied(applied: Applied) -> None:
    applied.edit()
    applied.audit(
        (0.1, "models set", OTHER, hashlib.sha256(CONFIG.encode()).hexdigest()),
        (0.2, "config set", applied.bytes, "1" * 64),
        (0.3, "config unset", "1" * 64, "2" * 64),
        (5, "doctor", "3" * 64, "4" * 64),
    )
    named = [one["what"] for one in applied.suspects() if "`openclaw" in one["what"]]
    assert len(named) == 3
    assert not any("models set" in what for what in named)


def test_an_older_file_in_its_place_is_told_apart(applied: Applied) -> None:
    applied.edit()
    os.utime(applied.world.config, (applied.ended.timestamp() - 60,) * 2)
    what = [one["what"] for one in applied.suspects()]
    assert "~/.openclaw/openclaw.json is another file than was applied, and older by its time" in what
    assert all(one["time"] == "" for one in applied.suspects())


def test_openclaws_own_write_after_the_apply_is_told(applied: Applied) -> None:
    applied.edit()
    text = applied.world.config.read_text(encoding="utf-8")
    late = (applied.ended + timedelta(seconds=9)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    applied.world.config.write_text(text.replace("2026-11-01T00:00:00.000Z", late), encoding="utf-8")
    assert "OpenClaw's own last write was by release 2026.6.11" in [one["what"] for one in applied.suspects()]
