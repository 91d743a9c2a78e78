"""The main job on real OpenClaw: manifests in, plan, health, apply, verify, drift; and the agent's turn that it is for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.openclaw.sandbox import Sandbox

pytestmark = pytest.mark.openclaw

ROOT = Path(__file__).parents[2]
KEY = "sk-main-job-0123456789abcdef"
TEXT, VISION = "deepseek-ai/DeepSeek-V3.2", "zai-org/GLM-4.6V"
CONFIG = """\
// A person wrote this, and wants to find it again.
{
  gateway: { mode: "local" }, // never lost
  models: {
    providers: {
      /* the box under the desk */
      ollama: { baseUrl: "http://127.0.0.1:9/v1", api: "openai-completions", models: [] }, // keep
    },
  },
  agents: { defaults: { skipBootstrap: true, model: "ollama/none" } },
}
"""
COMMENTS = ("// A person wrote this", "// never lost", "/* the box under the desk */", "}, // keep")
SITE = """\
apiVersion: reconciler/v1
kind: Site
metadata: {name: global}
spec: {baseUrl: "%s"}
"""


@pytest.fixture
def service() -> Iterator[StandIn]:
    with StandIn(site="global", keys=(KEY,), models=(TEXT, VISION)) as server:
        yield server


class Desk:
    """Where the operator sits: manifests, the release on PATH, and the key in the environment."""

    def __init__(self, sandbox: Sandbox, service: StandIn, folder: Path) -> None:
        self.sandbox = sandbox
        self.manifests = folder / "manifests"
        self.manifests.mkdir()
        example = (ROOT / "manifests" / "siliconflow.yaml").read_text(encoding="utf-8")
        (self.manifests / "siliconflow.yaml").write_text(example, encoding="utf-8")
        (self.manifests / "site.yaml").write_text(SITE % service.base_url, encoding="utf-8")
        sandbox.write_config(CONFIG)
        self.bin = folder / "bin"
        path = f"{sandbox.openclaw_shim(self.bin).parent}:{sandbox.environment()['PATH']}"
        self.environ = {
            **sandbox.environment({"SILICONFLOW_API_KEY": KEY}),
            "PATH": path,
            "PYTHONPATH": str(ROOT),
        }

    def declare_window(self, tokens: int) -> None:
        """Declare another context window for every model."""
        path = self.manifests / "siliconflow.yaml"
        text = path.read_text(encoding="utf-8").replace("contextWindow: 128000", f"contextWindow: {tokens}")
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run ``reconciler ARGUMENTS``."""
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.manifests.parent,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def desk(sandbox: Sandbox, service: StandIn, tmp_path: Path) -> Desk:
    return Desk(sandbox, service, tmp_path)


def turns(service: StandIn) -> list[tuple[str | None, str]]:
    return [
        (seen.key, seen.body["model"]) for seen in service.requests if seen.path == "/v1/chat/completions"
    ]


def test_what_the_page_says_works_and_stays_after_openclaws_own_write(desk: Desk, service: StandIn) -> None:
    sandbox = desk.sandbox
    applied = desk.run("apply", "--yes")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    text = sandbox.config_path.read_text(encoding="utf-8")
    assert all(comment in text for comment in COMMENTS)
    assert KEY not in text

    key = {"SILICONFLOW_API_KEY": KEY}
    assert sandbox.validate(key)["valid"] is True
    status = sandbox.models_status(key)
    assert status["resolvedDefault"] == f"siliconflow/{TEXT}"
    assert status["imageModel"] == f"siliconflow/{VISION}"
    assert status["aliases"] == {"DeepSeek V3.2": f"siliconflow/{TEXT}", "GLM-4.6V": f"siliconflow/{VISION}"}
    listed = {model["key"] for model in sandbox.models_list(key)["models"]}
    assert {f"siliconflow/{TEXT}", f"siliconflow/{VISION}"} <= listed
    assert "pong" in sandbox.agent_turn(env=key).reply
    assert turns(service)[-1] == (KEY, TEXT)

    assert sandbox.run("config", "set", "gateway.port", "18999", env=key).returncode == 0
    again = desk.run("plan", "--exit-code")
    assert again.returncode == 0, again.stdout
    assert desk.run("drift").returncode == 0


def test_a_refused_key_means_that_nothing_is_written(desk: Desk) -> None:
    done = desk.run("apply", "--yes", SILICONFLOW_API_KEY="sk-of-the-other-site-000")
    assert done.returncode == 5
    assert "belong" in done.stderr
    assert "sk-of-the-other-site-000" not in done.stdout + done.stderr
    assert desk.sandbox.config_path.read_text(encoding="utf-8") == CONFIG


def test_a_candidate_that_openclaw_rejects_is_never_written(desk: Desk) -> None:
    broken = CONFIG.replace("skipBootstrap: true", "skipBootstrap: true, noSuchKey: 1")
    desk.sandbox.write_config(broken)
    done = desk.run("apply", "--yes")
    assert done.returncode == 1
    assert "rejects the new config" in done.stderr
    assert desk.sandbox.config_path.read_text(encoding="utf-8") == broken


def test_a_result_that_openclaw_sees_differently_is_put_back(desk: Desk) -> None:
    command = Path(desk.environ["PATH"].partition(":")[0]) / "openclaw"
    real = command.resolve()
    command.unlink()
    # Somebody's wrapper, in whose eyes another model is the default.
    command.write_text(
        f'#!/bin/sh\n[ "$1 $2" = "models status" ] && echo \'{{"resolvedDefault": "x/y", "aliases": {{}}}}\' && exit 0\n'
        f'exec node {real} "$@"\n'
    )
    command.chmod(0o755)
    done = desk.run("apply", "--yes")
    assert done.returncode == 6, done.stdout + done.stderr
    assert "put back" in done.stderr
    assert desk.sandbox.config_path.read_text(encoding="utf-8") == CONFIG
    assert "put back" in desk.run("history").stdout


def test_openclaw_judges_a_split_config_with_all_its_changes(desk: Desk) -> None:
    folder = desk.sandbox.state_dir
    split = CONFIG.replace("providers: {", 'providers: { $include: "./providers.json5", ').replace(
        "ollama: {", "ollama: { injectNumCtxForOpenAICompat: false,"
    )
    (folder / "providers.json5").write_text("// providers\n{\n  // none yet\n}\n", encoding="utf-8")
    desk.sandbox.write_config(split)
    applied = desk.run("apply", "--yes")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "siliconflow" in (folder / "providers.json5").read_text(encoding="utf-8")
    assert desk.sandbox.validate({"SILICONFLOW_API_KEY": KEY})["valid"] is True
    assert desk.run("plan", "--exit-code").returncode == 0

    (folder / "providers.json5").write_text("{ broken: { baseUrl: 1 } }\n", encoding="utf-8")
    refused = desk.run("apply", "--yes")
    assert refused.returncode == 1
    assert "rejects the new config" in refused.stderr
    assert (folder / "providers.json5").read_text(encoding="utf-8") == "{ broken: { baseUrl: 1 } }\n"
