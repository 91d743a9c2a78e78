"""Changing `site` in one manifest line takes every agent to the other site, whatever was left behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.standin.server import StandIn
from tests.openclaw.stores import put_profiles
from tests.openclaw.test_keys import MODEL, VARIABLE, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.openclaw.sandbox import Sandbox

KEYS = {"cn": "sk-of-the-chinese-site-001", "global": "sk-of-the-global-site-0002"}
OTHER = {"cn": "global", "global": "cn"}
AGENTS = ("main", "coder")
CHAT = "/v1/chat/completions"
# A gateway asks the model by itself too, first at a moment that its device decides, anywhere in half an hour.
HEARTBEAT_OFF = {"every": "0m"}
COPIED = {"profile": "work", "from": {"env": VARIABLE}}


@pytest.fixture
def sites() -> Iterator[dict[str, StandIn]]:
    with (
        StandIn(site="cn", keys=(KEYS["cn"],), models=(MODEL,)) as cn,
        StandIn(site="global", keys=(KEYS["global"],), models=(MODEL,)) as world,
    ):
        yield {"cn": cn, "global": world}


def agents(release: str) -> dict[str, Any]:
    if release < "2026.8":
        return {"list": [{"id": "main", "default": True}, {"id": "coder"}]}
    return {"ownership": "explicit", "entries": {"main": {}, "coder": {}}}


class Switch:
    """A home with two agents, and manifests for one provider whose site changes."""

    def __init__(self, sandbox: Sandbox, sites: dict[str, StandIn], folder: Path) -> None:
        self.sandbox, self.sites = sandbox, sites
        self.desk = Desk(sandbox, sites["cn"], folder)
        release = sandbox.release.version
        config = {"meta": {"lastTouchedVersion": release}, "gateway": {"mode": "local"}}
        defaults = {"skipBootstrap": True, "heartbeat": HEARTBEAT_OFF}
        sandbox.write_config(json.dumps({**config, "agents": {"defaults": defaults, **agents(release)}}))
        (folder / "manifests" / "Site-here.yaml").unlink()
        for name, service in sites.items():
            self.desk.declare("Site", name, {"baseUrl": service.base_url})

    def declare(self, site: str, key: dict[str, Any]) -> None:
        """Say which site, and apply."""
        self.desk.rotate(KEYS[site])
        self.desk.declare("Provider", "siliconflow", {"site": site, "key": key, "models": [{"id": MODEL}]})
        self.desk.apply()

    def roll_back(self, site: str) -> None:
        """Undo the newest apply, with the key of the site that it came from; the endpoint is checked with it."""
        self.desk.rotate(KEYS[site])
        done = self.desk.run("rollback", "--yes", "--no-cache")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "accepts the key" in done.stdout

    def turn(self, agent: str, site: str) -> None:
        """A turn of one agent, through the gateway where one is running."""
        if self.sandbox.gateway_environment:
            self.sandbox.turn_through_gateway(agent=agent)
        else:
            self.sandbox.agent_turn(agent=agent, env={VARIABLE: KEYS[site]})

    def require(self, site: str) -> None:
        """Every agent uses this site with its key, and nobody the other."""
        for agent in AGENTS:
            self.turn(agent, site)
        used, unused = self.sites[site].requests, self.sites[OTHER[site]].requests
        assert [seen.key for seen in used if seen.path == CHAT] == [KEYS[site]] * len(AGENTS)
        assert [seen for seen in unused if seen.path == CHAT] == []
        used.clear()
        unused.clear()

    def leave_behind(self, profiles: dict[str, str]) -> None:
        """What an earlier set-up of the CN site may have left."""
        stale = {"siliconflow": {"baseUrl": self.sites["cn"].base_url, "apiKey": KEYS["cn"], "models": []}}
        for agent in AGENTS:
            path = self.models_json(agent)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"providers": stale}))
        known = {
            name: {"type": "api_key", "provider": "siliconflow", "key": key} for name, key in profiles.items()
        }
        put_profiles(self.sandbox, known, {})

    def models_json(self, agent: str) -> Path:
        return self.sandbox.state_dir / "agents" / agent / "agent" / "models.json"

    def require_no_traces(self) -> None:
        """Nothing of the CN site is left in the agents' own files."""
        for agent in AGENTS:
            text = self.models_json(agent).read_text()
            assert KEYS["cn"] not in text
            assert self.sites["cn"].base_url not in text


@pytest.fixture
def switch(sandbox: Sandbox, sites: dict[str, StandIn], tmp_path: Path) -> Switch:
    return Switch(sandbox, sites, tmp_path)


def test_every_agent_follows_the_site_whatever_was_left_behind(switch: Switch) -> None:
    switch.declare("cn", {"env": VARIABLE})
    switch.require("cn")
    switch.leave_behind({"siliconflow:left-behind": KEYS["cn"]})
    switch.declare("global", COPIED)
    switch.require("global")
    switch.require_no_traces()
    switch.declare("cn", COPIED)
    switch.require("cn")
    assert switch.desk.run("plan", "--exit-code").returncode == 0
    switch.roll_back("global")
    switch.require("global")
    # The other site's profile is still in the store, and with `env` nothing but `auth: api-key` keeps it from being sent.
    switch.declare("global", {"env": VARIABLE})
    switch.require("global")


def test_every_agent_of_a_running_gateway_follows_the_site(switch: Switch) -> None:
    switch.leave_behind({"siliconflow:left-behind": KEYS["cn"]})
    switch.declare("cn", COPIED)
    with switch.sandbox.gateway():
        switch.require("cn")
        switch.declare("global", COPIED)
        switch.require("global")
        switch.declare("cn", COPIED)
        switch.require("cn")
        assert switch.desk.run("plan", "--exit-code").returncode == 0
