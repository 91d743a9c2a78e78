"""What the rules about models find, and what they let be, in one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ManifestError
from reconciler.manifest.load import load_manifest

if TYPE_CHECKING:
    from pathlib import Path

MANIFESTS = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: %s}
spec: {site: cn, key: {env: KEY}, models: [%s]}
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: defaults}
spec: %s
"""
KNOWN, OTHER = "{id: deepseek-ai/DeepSeek-V3.2}", "{id: zai-org/GLM-5.2}"
ALLOW = "{modelPolicy: {allow: [siliconflow/deepseek-ai/*]}}"


@pytest.mark.parametrize(
    ("provider", "models", "agent", "codes"),
    [
        pytest.param(
            "siliconflow", f"{KNOWN}, {OTHER}", ALLOW, {"policy-excludes"}, id="declared, not allowed"
        ),
        pytest.param("siliconflow", KNOWN, ALLOW, set(), id="declared and allowed"),
        pytest.param("deepseek-ai", KNOWN, "{}", set(), id="a provider named like a maker of models"),
        pytest.param(
            "siliconflow",
            "{id: siliconflow-cn/deepseek-ai/DeepSeek-V3.2, contextWindow: 64000}",
            "{}",
            {"prefixed-model-id"},
            id="the prefix of another provider of the service",
        ),
    ],
)
def test_a_rule_finds_what_it_says_and_nothing_else(
    provider: str, models: str, agent: str, codes: set[str], tmp_path: Path
) -> None:
    file = tmp_path / "all.yaml"
    file.write_text(MANIFESTS % (provider, models, agent))
    try:
        found = load_manifest([str(file)]).warnings
    except ManifestError as error:
        found = error.problems
    assert {problem.code for problem in found} == codes
