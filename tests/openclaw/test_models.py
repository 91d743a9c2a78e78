"""Catalogue models on real OpenClaw: every row is accepted, and a turn of each kind suits a service that takes nothing undocumented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sites.catalog import load_catalog
from reconciler.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.sites.catalog import CatalogName
    from tests.openclaw.sandbox import Sandbox

pytestmark = pytest.mark.openclaw

ROOT = Path(__file__).parents[2]
KEYS: dict[CatalogName, str] = {"cn": "sk-cn-0123456789abcdef", "global": "sk-global-0123456789abcdef"}
PROVIDERS: dict[CatalogName, str] = {"cn": "siliconflow", "global": "siliconflow-global"}
VARIABLES = {"CN_KEY": KEYS["cn"], "GLOBAL_KEY": KEYS["global"]}
CONFIG = """\
{
  meta: { lastTouchedVersion: "%s" },
  gateway: { mode: "local" },
  agents: { defaults: { skipBootstrap: true%s } },
}
"""
SITE = """\
apiVersion: reconciler/v1
kind: Site
metadata: {{name: {site}}}
spec: {{baseUrl: "{url}"}}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {{name: {provider}}}
spec:
  site: {site}
  key: {{env: {variable}}}
  models: [{models}]
---
"""
AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {{name: defaults}}
spec: {{model: {{primary: {primary}}}}}
---
"""


class Services:
    """Both sites as stand-ins that refuse what the service doesn't document."""

    def __init__(self, cn: StandIn, other: StandIn) -> None:
        self.sites: dict[CatalogName, StandIn] = {"cn": cn, "global": other}

    def manifests(self, models: dict[CatalogName, list[str]], primary: str) -> str:
        """A provider for each site, with nothing said of a model but its id, and the agents' model."""
        return AGENT.format(primary=primary) + "".join(
            SITE.format(
                site=site,
                url=self.sites[site].base_url,
                provider=PROVIDERS[site],
                variable=f"{site.upper()}_KEY",
                models=", ".join(f"{{id: {model}}}" for model in ids),
            )
            for site, ids in models.items()
        )

    def chats(self, site: CatalogName) -> list[tuple[str | None, int, Any]]:
        """Key, answer and body of every chat request that a site got."""
        return [
            (seen.key, seen.status, seen.body)
            for seen in self.sites[site].requests
            if seen.path == "/v1/chat/completions"
        ]


@pytest.fixture
def services() -> Iterator[Services]:
    with (
        StandIn("cn", [KEYS["cn"]], strict=True) as cn,
        StandIn("global", [KEYS["global"]], strict=True) as other,
    ):
        yield Services(cn, other)


def configure(sandbox: Sandbox, manifests: str, defaults: str = "") -> None:
    """Apply ``manifests`` with the release read from the config, so that OpenClaw runs only where a test asks it to.

    Args:
        defaults: more fields of ``agents.defaults``.
    """
    sandbox.write_config(CONFIG % (sandbox.release.version, defaults))
    file = sandbox.home / "siliconflow.yaml"
    file.write_text(manifests, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "apply", "--yes", "--skip-health", "-f", str(file)],
        env={"HOME": str(sandbox.home), "PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_model_of_both_sites_is_accepted(sandbox: Sandbox, services: Services) -> None:
    everything = {site: list(load_catalog(site).ids()) for site in PROVIDERS}
    configure(sandbox, services.manifests(everything, "siliconflow/deepseek-ai/DeepSeek-V3.2"))
    answer = sandbox.validate(VARIABLES)
    assert answer["valid"] is True, answer


@pytest.mark.parametrize(
    ("site", "model", "controls"),
    [
        pytest.param("cn", "deepseek-ai/DeepSeek-V3.2", {"enable_thinking"}, id="switch"),
        pytest.param("cn", "deepseek-ai/DeepSeek-R1", set(), id="budget"),
        pytest.param("cn", "Pro/moonshotai/Kimi-K2.6", set(), id="always-on"),
        pytest.param("cn", "deepseek-ai/DeepSeek-V4-Flash", {"reasoning_effort"}, id="efforts"),
        pytest.param("global", "deepseek-ai/DeepSeek-V3", set(), id="plain"),
        pytest.param("global", "Qwen/Qwen3-VL-32B-Instruct", set(), id="vision"),
        pytest.param("global", "deepseek-ai/DeepSeek-V3.1", {"enable_thinking"}, id="no-thinking-with-tools"),
    ],
)
def test_a_turn_of_each_kind_sends_only_what_the_model_takes(
    site: CatalogName, model: str, controls: set[str], sandbox: Sandbox, services: Services
) -> None:
    configure(sandbox, services.manifests({site: [model]}, f"{PROVIDERS[site]}/{model}"))
    turn = sandbox.agent_turn(env=VARIABLES)
    ((key, status, body),) = services.chats(site)
    assert (key, status, body["model"]) == (KEYS[site], 200, model), turn
    assert turn.reply == "pong"
    # A release that can't be told how to steer a model leaves it alone.
    assert {"enable_thinking", "reasoning_effort", "thinking_budget", "thinking"} & body.keys() <= controls


def test_a_pro_model_with_thinking_off_is_answered_under_any_provider_id(
    sandbox: Sandbox, services: Services
) -> None:
    """OpenClaw mends `thinking: "off"` for these under the id siliconflow only; as they are written here, none is ever sent."""
    model = "Pro/deepseek-ai/DeepSeek-V3.2"
    manifests = services.manifests({"cn": [model]}, f"china/{model}")
    named = manifests.replace("{name: siliconflow}", "{name: china}")
    assert named != manifests
    configure(sandbox, named, ', thinkingDefault: "off"')
    turn = sandbox.agent_turn(env=VARIABLES)
    ((_, status, body),) = services.chats("cn")
    assert (status, turn.reply) == (200, "pong"), turn
    assert "thinking" not in body


def test_both_sites_live_in_one_gateway_each_with_its_key(sandbox: Sandbox, services: Services) -> None:
    model = "deepseek-ai/DeepSeek-V3.2"
    for site, provider in PROVIDERS.items():
        configure(sandbox, services.manifests({"cn": [model], "global": [model]}, f"{provider}/{model}"))
        assert sandbox.agent_turn(env=VARIABLES).reply == "pong"
        assert [(key, status) for key, status, _ in services.chats(site)] == [(KEYS[site], 200)]
