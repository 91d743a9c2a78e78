"""What is said about a declared model that the listing lacks, and how loudly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.errors import Location
from reconciler.health.models import compare, weightiest
from reconciler.health.report import Endpoint, ModelUse
from reconciler.sites.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.health.report import Role
    from reconciler.sites.catalog import CatalogName


def endpoint(site: CatalogName | None, *uses: ModelUse) -> Endpoint:
    name = site or "mirror"
    sibling = "cn" if site == "global" else "global"
    return Endpoint("siliconflow", name, "", "", None, models=uses, sibling=sibling, catalog=site)


def found(
    site: CatalogName | None, model_id: str, role: Role, listed: Collection[str] | None
) -> list[tuple[str, str]]:
    return [(f.code, f.level) for f in compare(endpoint(site, ModelUse(model_id, role)), listed)]


@pytest.mark.parametrize(
    ("site", "model_id", "role", "code", "level"),
    [
        ("cn", "zai-org/GLM-4.6V", "image", "model-retired", "block"),
        ("cn", "zai-org/GLM-4.6V", "declared", "model-retired", "block"),
        ("cn", "Pro/zai-org/GLM-5", "primary", "model-redirected", "warn"),
        ("cn", "deepseek-ai/DeepSeek-V3.2-Exp", "primary", "model-redirected", "warn"),
        ("cn", "zai-org/GLM-5.1", "primary", "model-pro-twin", "block"),
        ("global", "Pro/zai-org/GLM-5.1", "declared", "model-pro-twin", "block"),
        ("cn", "openai/gpt-oss-120b", "fallback", "model-other-site", "block"),
        ("global", "tencent/Hunyuan-MT-7B", "fallback", "model-missing", "warn"),
        ("global", "zai-org/GLM-4.5V", "image", "model-other-site", "block"),
        ("cn", "ft:LoRA/Qwen/Qwen2.5-7B-Instruct:mine:x:y", "primary", "model-unlisted", "warn"),
        ("cn", "LoRA/Qwen/Qwen2.5-7B-Instruct", "primary", "model-unlisted", "warn"),
        ("cn", "siliconflow/deepseek-ai/DeepSeek-V3.2", "primary", "model-prefixed", "block"),
        ("cn", "deepseek-ai/deepseek-v3.2", "declared", "model-misspelled", "block"),
        ("cn", "GLM-5.2", "declared", "model-misspelled", "block"),
        ("cn", "BAAI/bge-m3", "declared", "model-not-chat", "warn"),
        ("cn", "black-forest-labs/FLUX.1-schnell", "primary", "model-not-chat", "block"),
        ("cn", "made/up", "primary", "model-missing", "block"),
        ("cn", "made/up", "image", "model-missing", "warn"),
        ("cn", "made/up", "fallback", "model-missing", "warn"),
        ("cn", "made/up", "declared", "model-missing", "warn"),
        (None, "zai-org/GLM-4.6V", "primary", "model-missing", "block"),
    ],
)
def test_a_missing_model_is_explained(
    site: CatalogName | None, model_id: str, role: Role, code: str, level: str
) -> None:
    assert found(site, model_id, role, load_catalog(site or "cn").ids()) == [(code, level)]


def test_a_listed_model_is_fine_whatever_the_catalogue_thinks() -> None:
    assert found("cn", "zai-org/GLM-4.6V", "primary", {"zai-org/GLM-4.6V"}) == []


def test_a_model_of_both_sites_that_this_key_cannot_see_is_just_missing() -> None:
    assert found("global", "deepseek-ai/DeepSeek-V3.2", "primary", ()) == [("model-missing", "block")]


def test_without_a_listing_only_the_release_notes_speak() -> None:
    assert found("cn", "zai-org/GLM-4.6V", "declared", None) == [("model-retired", "block")]
    assert found("cn", "made/up", "primary", None) == []


def test_the_day_of_a_retirement_and_the_successor_are_named() -> None:
    uses = [ModelUse("zai-org/GLM-4.6V", "declared"), ModelUse("Pro/zai-org/GLM-5", "declared")]
    messages = [finding.message for finding in compare(endpoint("cn", *uses), ())]
    assert "2026-06-11" in messages[0]
    assert "Pro/zai-org/GLM-5.1" in messages[0]
    assert "2026-05-15" in messages[1]


def test_each_model_is_judged_once_in_its_weightiest_role() -> None:
    there = Location("a.yaml", 3, 1)
    uses = [
        ModelUse("b", "declared"),
        ModelUse("c", "image"),
        ModelUse("a", "declared"),
        ModelUse("b", "primary", there),
    ]
    assert weightiest(uses) == (
        ModelUse("b", "primary", there),
        ModelUse("c", "image"),
        ModelUse("a", "declared"),
    )
    assert weightiest(uses[::-1]) == weightiest(uses)
