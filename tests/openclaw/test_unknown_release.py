"""What is written while nothing tells the release has to be taken by each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenarios.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.openclaw.sandbox import Sandbox

pytestmark = pytest.mark.openclaw

CONFIG = '{gateway: {mode: "local"}}\n'
# Everything that is filled in or left out by release: compat keys, efforts, an alias, a policy, limits, a price.
MANIFEST = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: cn
  key: {env: SILICONFLOW_API_KEY}
  timeoutSeconds: 60
  models:
    - {id: Qwen/Qwen3-8B, alias: q}
    - {id: deepseek-ai/DeepSeek-V3.2, compat: {thinkingFormat: deepseek, supportsTools: true}}
    - {id: Pro/zai-org/GLM-5.1, params: {temperature: 0.5}}
    - {id: vendor/unheard-of, input: [text, video]}
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: defaults}
spec:
  model: {primary: siliconflow/Qwen/Qwen3-8B}
  modelPolicy: {allow: [siliconflow/*]}
"""


def test_what_is_written_for_an_unknown_release_is_valid_for_each(sandbox: Sandbox, tmp_path: Path) -> None:
    world = World(tmp_path / "unknown")
    world.write_config(CONFIG)
    world.write("manifests/all.yaml", MANIFEST)
    ran = world.run("apply", "--yes", "--skip-health")
    assert ran.code == 0, ran
    assert "[release-unknown]" in ran.said
    sandbox.write_config(world.config.read_text(encoding="utf-8"))
    judged = sandbox.validate({"SILICONFLOW_API_KEY": "sk-0123456789abcdef"})
    assert judged["valid"] is True, judged
