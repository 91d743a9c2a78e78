"""Settings that make OpenClaw send what a model doesn't take are found before the service finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.manifest.load import load_manifest

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {{name: siliconflow}}
spec:
  site: cn
  key: {{env: SILICONFLOW_API_KEY}}
  models: [{{id: {model}, compat: {compat}}}]
"""


@pytest.mark.parametrize(
    ("model", "compat", "said"),
    [
        ("deepseek-ai/DeepSeek-V3.2", "{thinkingFormat: qwen}", ""),
        ("deepseek-ai/DeepSeek-V3", "{thinkingFormat: qwen}", "has no enable_thinking"),
        ("deepseek-ai/DeepSeek-V3.2", "{supportsReasoningEffort: true}", "takes no reasoning_effort"),
        ("zai-org/GLM-5.3", "{supportsReasoningEffort: true}", ""),
        (
            "zai-org/GLM-5.2",
            "{supportedReasoningEfforts: [low, high]}",
            "takes high, max as reasoning_effort, not low",
        ),
        ("zai-org/GLM-5.3", "{supportedReasoningEfforts: [low, high]}", ""),
        ("moonshotai/Kimi-K2.7-Code", "{supportsReasoningEffort: true}", ""),
        ("moonshotai/Kimi-K2.7-Code", "{supportsStore: true}", "does not document store"),
        ("deepseek-ai/DeepSeek-V3", "{maxTokensField: max_completion_tokens}", "max_completion_tokens"),
        ("deepseek-ai/DeepSeek-V3", "{maxTokensField: max_tokens, supportsStore: false}", ""),
    ],
)
def test_what_a_model_does_not_take_is_told(model: str, compat: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "siliconflow.yaml"
    file.write_text(MANIFEST.format(model=model, compat=compat), encoding="utf-8")
    told = [problem.what for problem in load_manifest([str(file)]).warnings]
    assert len(told) == bool(said)
    assert all(said in what for what in told)
