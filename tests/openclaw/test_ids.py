"""Ids on real OpenClaw: what is declared lands on what OpenClaw itself takes for it, and an alias means what is said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.openclaw import ids
from reconciler.release import Release

if TYPE_CHECKING:
    from tests.openclaw.sandbox import Sandbox

pytestmark = pytest.mark.openclaw

ROOT = Path(__file__).parents[2]
MANIFESTS = """\
apiVersion: reconciler/v1
kind: Site
metadata: {name: here}
spec: {baseUrl: "http://127.0.0.1:9/v1"}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: here
  key: {env: SILICONFLOW_API_KEY}
  models: [{id: Qwen/Qwen3-8B, alias: Fast}]
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: work_bot}
spec: {model: {primary: siliconflow/Qwen/Qwen3-8B}}
"""


def provider(model: str) -> dict[str, Any]:
    row = {"id": model, "name": model}
    return {
        "baseUrl": "http://127.0.0.1:9/old",
        "apiKey": "k",
        "api": "openai-completions",
        "models": [row],
    }


def apply(sandbox: Sandbox, *options: str) -> subprocess.CompletedProcess[str]:
    """Apply with the release read from the config; that OpenClaw itself agrees is what the test asks it."""
    file = sandbox.home / "all.yaml"
    file.write_text(MANIFESTS, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "reconciler", "apply", "--yes", "--skip-health", "-f", str(file), *options],
        env={"HOME": str(sandbox.home), "PATH": "", "PYTHONPATH": str(ROOT), "SILICONFLOW_API_KEY": "sk-x"},
        capture_output=True,
        text=True,
        check=False,
    )


def listed(sandbox: Sandbox) -> dict[str, Any]:
    """OpenClaw's agents, by id; 2026.4.15 and 6.11 print a bare list."""
    text = sandbox.run("agents", "list", "--json").stdout
    start = min(at for at in (text.find("[\n"), text.find("{\n")) if at >= 0)
    rows = json.JSONDecoder().raw_decode(text, start)[0]
    rows = rows["agents"] if isinstance(rows, dict) else rows
    return {row["id"]: row.get("model") for row in rows}


def test_what_is_declared_is_what_openclaw_takes_for_it(sandbox: Sandbox) -> None:
    release = Release.parse(sandbox.release.version)
    keyed = release >= Release(2026, 8, 1)
    names = ["Work_Bot", "MAIN"] if keyed else ["Work_Bot", "老板", "-a.b-", "x" * 70]
    rows: dict[str, dict[str, Any]] = {name: {"model": "nv/step"} for name in names}
    agents = (
        {"entries": rows, "ownership": "explicit"}
        if keyed
        else {"list": [{"id": name, **row} for name, row in rows.items()]}
    )
    config = {
        "meta": {"lastTouchedVersion": sandbox.release.version},
        "gateway": {"mode": "local"},
        "models": {"providers": {"SiliconFlow": provider("old"), "nv": provider("step")}},
        "agents": {"defaults": {"model": "fast", "models": {"nv/step": {"alias": "fast"}}}, **agents},
    }
    sandbox.write_config(json.dumps(config, ensure_ascii=False))
    assert listed(sandbox) == dict.fromkeys(map(ids.agent_id, names), "nv/step")

    refused = apply(sandbox)
    assert refused.returncode == 3, refused
    assert "alias-taken" in refused.stderr
    assert json.loads(sandbox.config_path.read_text("utf-8")) == config

    done = apply(sandbox, "--take-alias", "fast")
    assert done.returncode == 0, done
    written = json.loads(sandbox.config_path.read_text("utf-8"))
    assert list(written["models"]["providers"]) == ["SiliconFlow", "nv"]
    assert sandbox.validate({"SILICONFLOW_API_KEY": "sk-x"})["valid"] is True
    assert listed(sandbox)["work_bot"] == "siliconflow/Qwen/Qwen3-8B"
    asked = ("--agent", "main") if keyed else ()
    status = sandbox.run("models", "status", "--json", *asked, env={"SILICONFLOW_API_KEY": "sk-x"}).json
    # Why the first apply was refused: the later of two entries with one alias counts, and the default model moved with it.
    assert status["resolvedDefault"] == ("nv/step" if asked else "siliconflow/Qwen/Qwen3-8B")
    assert {ids.alias_key(name): ref for name, ref in status["aliases"].items()}["fast"] == (
        "siliconflow/Qwen/Qwen3-8B"
    )
