"""Every key source on real OpenClaw: a turn reaches the service with exactly that key, and after a rotation with the new one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.openclaw.capabilities import STORE_REFS
from reconciler.release import Release
from reconciler.standin.server import StandIn
from tests.openclaw.stores import put_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.openclaw.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
MODEL = "Qwen/Qwen3-8B"
OLD, NEW = "sk-the-old-sentinel-0001", "sk-the-new-sentinel-0002"
OWN, OWN_NEW = "sk-the-own-sentinel-0003", "sk-the-own-sentinel-0004"
VARIABLE, OWN_VARIABLE = "SF_KEY", "WORK_KEY"
AGENT_DATABASE = Release(2026, 6, 5)
CONFIG = """\
{
  // kept
  meta: { lastTouchedVersion: "%s" },
  gateway: { mode: "local" },
  agents: { defaults: { skipBootstrap: true }%s },
}
"""
TWO_AGENTS = {
    "2026.4.15": ', list: [{ id: "main", default: true }, { id: "work" }]',
    "2026.6.11": ', list: [{ id: "main", default: true }, { id: "work" }]',
    "2026.9.6": ', entries: { main: {}, work: {} }, ownership: "explicit"',
}


class Desk:
    """Manifests for one provider, a key that can be changed, and where each source finds it."""

    def __init__(self, sandbox: Sandbox, service: StandIn, folder: Path) -> None:
        self.sandbox, self.service, self.folder = sandbox, service, folder
        self.bin = sandbox.openclaw_shim(folder / "bin").parent
        self.key_file = folder / "key"
        self.program = folder / "print-key"
        self.program.write_text(f"#!/bin/sh\ncat '{self.key_file}'\n")
        self.program.chmod(0o700)
        (folder / "manifests").mkdir()
        sandbox.write_config(CONFIG % (sandbox.release.version, ""))
        self.declare("Site", "here", {"baseUrl": service.base_url})
        self.declare("Agent", "defaults", {"model": {"primary": f"siliconflow/{MODEL}"}})
        self.own_key = OWN
        self.rotate(OLD)

    def declare(self, kind: str, name: str, spec: dict[str, Any]) -> None:
        document = {"apiVersion": "reconciler/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        (self.folder / "manifests" / f"{kind}-{name}.yaml").write_text(json.dumps(document))

    def declare_key(self, source: str) -> None:
        self.declared = source
        file, program = {"file": str(self.key_file)}, {"exec": [str(self.program)]}
        copied = {"from": {"env": VARIABLE}}
        keys: dict[str, dict[str, Any]] = {
            "env": {"env": VARIABLE},
            "inline": {"inline": "SF_INLINE", **copied},
            "file": file,
            "exec": program,
            "store": {"store": "SF_STORED", **copied},
            "profile": {"profile": "work", **copied},
            "profile to a variable": {"profile": "work", "env": VARIABLE},
            "profile to a file": {"profile": "work", **file},
        }
        spec = {"site": "here", "key": keys[source], "models": [{"id": MODEL, "alias": "Q"}]}
        self.declare("Provider", "siliconflow", spec)

    def rotate(self, key: str) -> None:
        self.key = key
        self.key_file.write_text(f"{key}\n")
        self.key_file.chmod(0o600)

    def run(self, *arguments: str, asking_openclaw: bool = True) -> subprocess.CompletedProcess[str]:
        beside = self.sandbox.gateway_environment
        keys = {VARIABLE: self.key, OWN_VARIABLE: self.own_key}
        environ = self.sandbox.environment({**beside, **keys, "PYTHONPATH": str(ROOT)})
        if asking_openclaw:
            environ["PATH"] = f"{self.bin}:{environ['PATH']}"
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not [key for key in (OLD, NEW, OWN, OWN_NEW) if key in done.stdout + done.stderr]
        return done

    def apply(self, *, asking_openclaw: bool = True) -> None:
        done = self.run("apply", "--yes", "--allow-exec", asking_openclaw=asking_openclaw)
        assert done.returncode == 0, done.stdout + done.stderr

    def key_of_a_turn(self, agent: str = "main") -> str | None:
        if self.sandbox.gateway_environment:
            turn = self.sandbox.turn_through_gateway(agent=agent)
        else:
            turn = self.sandbox.agent_turn(agent=agent, env={VARIABLE: self.key})
        sent = [seen for seen in self.service.requests if seen.path == "/v1/chat/completions"]
        assert sent, turn
        return sent[-1].key


@pytest.fixture
def service() -> Iterator[StandIn]:
    with StandIn(site="global", keys=(OLD, NEW, OWN, OWN_NEW), models=(MODEL,)) as server:
        yield server


@pytest.fixture
def desk(sandbox: Sandbox, service: StandIn, tmp_path: Path) -> Desk:
    return Desk(sandbox, service, tmp_path)


@pytest.mark.parametrize(
    "source",
    ["inline", "file", "exec", "store", "profile", "profile to a variable", "profile to a file"],
)
def test_a_turn_carries_the_declared_key_and_after_a_rotation_the_new_one(desk: Desk, source: str) -> None:
    desk.declare_key(source)
    release = Release.parse(desk.sandbox.release.version)
    if source == "store" and not STORE_REFS.covers(release):
        done = desk.run("apply", "--yes")
        assert done.returncode == 1
        assert f"OpenClaw {release} has no key: {{store: …}}" in done.stderr
        return
    desk.apply()
    assert desk.key_of_a_turn() == OLD
    desk.rotate(NEW)
    desk.apply(asking_openclaw=False)
    assert desk.key_of_a_turn() == NEW
    assert desk.run("plan", "--exit-code", "--allow-exec").returncode == 0
    assert desk.run("drift").returncode == 0
    kept = [path for path in (desk.sandbox.state_dir / "reconciler").rglob("*") if path.is_file()]
    assert [
        path for path in kept if OLD.encode() in path.read_bytes() or NEW.encode() in path.read_bytes()
    ] == []
    assert "// kept" in desk.sandbox.config_path.read_text()


@pytest.mark.parametrize("source", ["file", "exec", "profile", "store"])
def test_a_rotation_reaches_a_running_gateway(desk: Desk, source: str) -> None:
    release = Release.parse(desk.sandbox.release.version)
    if source == "store" and not STORE_REFS.covers(release):
        desk.declare_key(source)
        assert desk.run("plan").returncode == 1
        return
    desk.declare_key(source)
    desk.apply()
    with desk.sandbox.gateway({VARIABLE: OLD}):
        assert desk.key_of_a_turn() == OLD
        desk.rotate(NEW)
        desk.apply()
        if release < AGENT_DATABASE:
            # 2026.4.15 gives a client with a token alone no right to have secrets reloaded: its next turn still has the old one.
            desk.key_of_a_turn()
        assert desk.key_of_a_turn() == NEW


def test_one_agent_can_have_a_key_of_its_own(desk: Desk) -> None:
    release = desk.sandbox.release.version
    desk.sandbox.write_config(CONFIG % (release, TWO_AGENTS[release]))
    desk.declare_key("profile")
    desk.declare(
        "Agent", "work", {"keys": {"siliconflow": {"profile": "own", "from": {"env": OWN_VARIABLE}}}}
    )
    desk.apply()
    assert [desk.key_of_a_turn(agent) for agent in ("main", "work")] == [OLD, OWN]
    desk.own_key = OWN_NEW
    desk.apply(asking_openclaw=False)
    assert [desk.key_of_a_turn(agent) for agent in ("main", "work")] == [OLD, OWN_NEW]
    assert desk.run("plan", "--exit-code").returncode == 0
    desk.declare("Agent", "work", {})
    desk.apply()
    assert [desk.key_of_a_turn(agent) for agent in ("main", "work")] == [OLD, OLD]
    assert desk.run("plan", "--exit-code").returncode == 0


def test_an_order_that_a_store_holds_is_made_to_name_the_declared_profile(desk: Desk) -> None:
    desk.declare_key("profile")
    stale = {"type": "api_key", "provider": "siliconflow", "key": OWN}
    put_profiles(desk.sandbox, {"siliconflow:stale": stale}, {"siliconflow": ["siliconflow:stale"]})
    desk.apply()
    assert desk.key_of_a_turn() == OLD
    assert desk.run("plan", "--exit-code").returncode == 0


def test_declared_no_more_the_config_has_its_old_bytes_and_openclaw_takes_them(desk: Desk) -> None:
    """Nothing empty stays behind of what was made to hold the key, neither when its source changes nor at the end.

    Every apply asks OpenClaw what it has against the result; looking at the models is where it would restore a backup.
    """
    config = desk.sandbox.config_path
    (desk.folder / "manifests" / "Agent-defaults.yaml").unlink()
    before = config.read_text("utf-8")
    for source in ("inline", "file"):
        desk.declare_key(source)
        desk.apply()
        assert ("env:" in config.read_text("utf-8")) is (source == "inline")
    (desk.folder / "manifests" / "Provider-siliconflow.yaml").unlink()
    assert desk.run("apply", "--yes", "--allow-empty").returncode == 0
    desk.sandbox.models_status()
    assert config.read_text("utf-8") == before
