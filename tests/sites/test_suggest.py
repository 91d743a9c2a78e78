"""What a model gets without saying it: right for the model, for the release, and beaten by what a manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.desired.compile import Context, compile_manifest
from reconciler.manifest.load import load_manifest
from reconciler.openclaw.capabilities import capabilities_of
from reconciler.planning.request import sites_of
from reconciler.release import Release
from reconciler.sites.catalog import load_catalog
from reconciler.sites.suggest import suggest

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.sites.catalog import CatalogName

MANIFEST = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {{name: siliconflow}}
spec:
  site: {site}
  key: {{env: SILICONFLOW_API_KEY}}
  models: [{{id: {model}{more}}}]
"""

PORTABLE = {"maxTokensField": "max_tokens", "supportsDeveloperRole": False, "supportsStore": False}
NEWER = {"supportsStrictMode": False, "supportsUsageInStreaming": True}
PLAIN = {**PORTABLE, **NEWER, "supportsReasoningEffort": False}
SWITCHED = {**PLAIN, "thinkingFormat": "qwen"}
OFF = dict.fromkeys(("minimal", "low", "medium", "high", "xhigh", "max"), "none")


def efforts(*values: str) -> dict[str, Any]:
    return {
        **PLAIN,
        "supportsReasoningEffort": True,
        "supportedReasoningEfforts": list(values),
        "thinkingFormat": "openai",
    }


def row(folder: Path, release: str, site: str, model: str, more: str = "") -> dict[str, Any]:
    """The model's row as it would be written, from nothing but its id."""
    file = folder / "siliconflow.yaml"
    file.write_text(MANIFEST.format(site=site, model=model, more=more), encoding="utf-8")
    manifest = load_manifest([str(file)])
    context = Context(sites_of(manifest), capabilities_of(Release.parse(release)), {}, suggest)
    (found,) = (one for one in compile_manifest(manifest, context).resources if one.kind == "model")
    value: dict[str, Any] = {}
    for field in found.fields:
        inner = value
        for step in field.path[:-1]:
            inner = inner.setdefault(step, {})
        inner[field.path[-1]] = field.value
    return value


@pytest.mark.parametrize(
    ("release", "site", "model", "reasoning", "compat"),
    [
        pytest.param(
            "2026.2.9",
            "cn",
            "deepseek-ai/DeepSeek-V3.2",
            True,
            {**PORTABLE, "supportsReasoningEffort": False},
            id="an old release gets only what it takes",
        ),
        pytest.param("2026.4.15", "cn", "deepseek-ai/DeepSeek-V3.2", True, SWITCHED, id="a switch"),
        pytest.param("2026.9.6", "global", "Qwen/Qwen3-8B", True, SWITCHED, id="a switch beside a budget"),
        pytest.param("2026.9.6", "cn", "deepseek-ai/DeepSeek-R1", True, PLAIN, id="a budget alone"),
        pytest.param("2026.9.6", "cn", "Pro/moonshotai/Kimi-K2.6", True, PLAIN, id="always on"),
        pytest.param("2026.9.6", "cn", "moonshotai/Kimi-K2.7-Code", True, PLAIN, id="controls unknown"),
        pytest.param("2026.9.6", "cn", "deepseek-ai/DeepSeek-V3", False, PLAIN, id="no thinking"),
        pytest.param(
            "2026.9.6",
            "cn",
            "deepseek-ai/DeepSeek-OCR",
            False,
            {**PLAIN, "supportsTools": False},
            id="no tools",
        ),
        pytest.param(
            "2026.4.15",
            "cn",
            "zai-org/GLM-5.3",
            True,
            {**PLAIN, "thinkingFormat": "openai"},
            id="no efforts where the release would send its own",
        ),
        pytest.param("2026.5.20", "cn", "zai-org/GLM-5.3", True, efforts("low", "high", "max"), id="efforts"),
        pytest.param(
            "2026.9.6", "cn", "deepseek-ai/DeepSeek-V4-Flash", True, efforts("high", "max"), id="two efforts"
        ),
        pytest.param(
            "2026.9.1",
            "cn",
            "deepseek-ai/DeepSeek-V3.1-Terminus",
            False,
            PLAIN,
            id="thinking that can't be kept off is not asked for",
        ),
        pytest.param(
            "2026.9.6",
            "cn",
            "deepseek-ai/DeepSeek-V3.1-Terminus",
            True,
            {**SWITCHED, "reasoningEffortMap": OFF},
            id="thinking that tools forbid is kept off",
        ),
    ],
)
def test_a_model_gets_the_words_that_it_and_the_release_take(
    release: str, site: str, model: str, reasoning: bool, compat: dict[str, Any], tmp_path: Path
) -> None:
    written = row(tmp_path, release, site, model)
    assert written["reasoning"] is reasoning
    assert written["compat"] == compat


def test_each_suggestion_can_be_overridden_alone(tmp_path: Path) -> None:
    more = ", compat: {supportsReasoningEffort: false, reasoningEffortMap: {max: high}}, maxTokens: 100"
    written = row(tmp_path, "2026.9.6", "cn", "zai-org/GLM-5.3", more)
    assert written["compat"] == {
        **efforts("low", "high", "max"),
        "supportsReasoningEffort": False,
        "reasoningEffortMap": {"max": "high"},
    }
    assert written["maxTokens"] == 100


def test_a_map_that_is_said_is_said_as_a_whole(tmp_path: Path) -> None:
    written = row(
        tmp_path, "2026.9.6", "global", "deepseek-ai/DeepSeek-V3.1", ", compat: {}, cost: {input: 1}"
    )
    assert written["compat"] == {}
    assert written["cost"]["input"] == 1


def test_a_model_that_nobody_knows_gets_the_service_words_alone(tmp_path: Path) -> None:
    written = row(tmp_path, "2026.9.6", "cn", "acme/unheard-of")
    assert written == {"name": "unheard-of", "compat": PLAIN}


@pytest.mark.parametrize("site", ["cn", "global"])
def test_every_compat_value_says_why_it_is_there(site: CatalogName) -> None:
    for model in load_catalog(site):
        for suggestion in suggest(site, model.id):
            assert suggestion.note
            assert suggestion.why or suggestion.path[0] != "compat"
