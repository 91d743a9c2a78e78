"""The harness itself: real OpenClaw takes a good config, knows its model, and calls the stand-in with its key."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from reconciler.standin import StandIn
from tests.openclaw.install import OLDEST_NODE, InstallError, find_node, install, numbers
from tests.openclaw.sandbox import Sandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.openclaw

KEY = "sk-harness-0123456789abcdef"
MODEL = "deepseek-ai/DeepSeek-V3.2"
REF = f"siliconflow/{MODEL}"

GOOD_CONFIG = """\
// A person wrote this.
{
  gateway: { mode: "local" }, // never lost
  env: { vars: { SILICONFLOW_API_KEY: "%(key)s" } },
  models: {
    providers: {
      /* the stand-in */
      siliconflow: {
        baseUrl: "%(url)s",
        apiKey: "${SILICONFLOW_API_KEY}",
        api: "openai-completions",
        models: [
          { id: "%(model)s", name: "DeepSeek V3.2", contextWindow: 163840, maxTokens: 8192 }, // trailing comma
        ],
      },
    },
  },
  agents: { defaults: { skipBootstrap: true, heartbeat: { every: "0m" }, model: { primary: "siliconflow/%(model)s" } } },
}
"""


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(site="global", keys=[KEY]) as server:
        yield server


@pytest.fixture
def configured(sandbox: Sandbox, standin: StandIn) -> Sandbox:
    sandbox.write_config(GOOD_CONFIG % {"key": KEY, "url": standin.base_url, "model": MODEL})
    return sandbox


def chats(standin: StandIn) -> list[tuple[str | None, str]]:
    return [
        (seen.key, seen.body["model"]) for seen in standin.requests if seen.path == "/v1/chat/completions"
    ]


def test_the_node_of_the_wheel_starts_every_release() -> None:
    assert (
        numbers(subprocess.check_output([find_node().program, "-p", "process.versions.node"], text=True))
        >= OLDEST_NODE
    )


def test_an_impossible_install_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_TEST_CACHE", str(tmp_path))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(InstallError, match=r"(?s)openclaw@2026\.9\.6 .*ECONNREFUSED"):
        install("2026.9.6")
    assert [entry.name for entry in (tmp_path / "releases").iterdir()] == [".2026.9.6.lock"]


def test_a_release_says_its_own_version(sandbox: Sandbox) -> None:
    assert sandbox.release.version in sandbox.run("--version").stdout


def test_a_commented_config_is_accepted(configured: Sandbox) -> None:
    before = configured.config_path.read_bytes()
    assert configured.validate()["valid"] is True
    assert configured.config_path.read_bytes() == before


def test_a_bad_config_is_refused_with_its_path(sandbox: Sandbox) -> None:
    sandbox.write_config('{"models": {"providers": {"siliconflow": {"baseUrl": 1}}}}')
    answer = sandbox.validate()
    assert answer["valid"] is False
    assert any(issue["path"].startswith("models.providers.siliconflow") for issue in answer["issues"])


def test_the_model_is_listed(configured: Sandbox) -> None:
    assert REF in [model["key"] for model in configured.models_list()["models"]]


def test_an_agent_turn_brings_key_and_model_to_the_server(configured: Sandbox, standin: StandIn) -> None:
    turn = configured.agent_turn()
    assert turn.returncode == 0, turn
    assert chats(standin) == [(KEY, MODEL)]
    assert turn.reply == "pong"


def test_a_turn_through_the_gateway_brings_key_and_model_to_the_server(
    configured: Sandbox, standin: StandIn
) -> None:
    with configured.gateway() as port:
        turn = configured.turn_through_gateway()
        assert turn.returncode == 0, turn
        assert turn.reply == "pong"
    assert chats(standin) == [(KEY, MODEL)]
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_a_gateway_that_does_not_start_says_why(sandbox: Sandbox) -> None:
    sandbox.write_config('{"gateway": {"mode": "no such mode"}}')
    with pytest.raises(SandboxError, match="gateway"), sandbox.gateway():
        pass


def test_openclaw_is_found_on_path_as_npm_installs_it(sandbox: Sandbox, tmp_path: Path) -> None:
    command = sandbox.openclaw_shim(tmp_path / "bin")
    assert os.path.realpath(command) == os.path.realpath(sandbox.release.bin / "openclaw")
    shown = subprocess.check_output([command, "--version"], env=sandbox.environment(), text=True)
    assert sandbox.release.version in shown
