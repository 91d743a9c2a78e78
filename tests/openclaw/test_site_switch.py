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


def test_every_agent_follows_the_site_whatever_was_left_behind(
    sandbox: Sandbox, sites: dict[str, StandIn], tmp_path: Path
) -> None:
    desk = Desk(sandbox, sites["cn"], tmp_path)
    release = sandbox.release.version
    config = {"meta": {"lastTouchedVersion": release}, "gateway": {"mode": "local"}}
    sandbox.write_config(
        json.dumps({**config, "agents": {"defaults": {"skipBootstrap": True}, **agents(release)}})
    )
    (tmp_path / "manifests" / "Site-here.yaml").unlink()
    for name, service in sites.items():
        desk.declare("Site", name, {"baseUrl": service.base_url})

    def declare(site: str, key: dict[str, Any]) -> None:
        desk.rotate(KEYS[site])
        spec = {"site": site, "key": key, "models": [{"id": MODEL}]}
        desk.declare("Provider", "siliconflow", spec)
        desk.apply()

    def require(site: str) -> None:
        for agent in ("main", "coder"):
            sandbox.agent_turn(agent=agent, env={VARIABLE: KEYS[site]})
        used, unused = sites[site].requests, sites[OTHER[site]].requests
        assert [seen.key for seen in used if seen.path == "/v1/chat/completions"] == [KEYS[site]] * 2
        assert [seen for seen in unused if seen.path == "/v1/chat/completions"] == []
        used.clear()
        unused.clear()

    declare("cn", {"env": VARIABLE})
    require("cn")
    stale = {"siliconflow": {"baseUrl": sites["cn"].base_url, "apiKey": KEYS["cn"], "models": []}}
    for agent in ("main", "coder"):
        folder = sandbox.state_dir / "agents" / agent / "agent"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "models.json").write_text(json.dumps({"providers": stale}))
    profile = {"type": "api_key", "provider": "siliconflow", "key": KEYS["cn"]}
    put_profiles(sandbox, {"siliconflow:left-behind": profile}, {})

    copied = {"profile": "work", "from": {"env": VARIABLE}}
    declare("global", copied)
    require("global")
    for agent in ("main", "coder"):
        text = (sandbox.state_dir / "agents" / agent / "agent" / "models.json").read_text()
        assert KEYS["cn"] not in text
        assert sites["cn"].base_url not in text
    declare("cn", copied)
    require("cn")
    assert desk.run("plan", "--exit-code").returncode == 0
