"""What the catalogue promises to those who fill manifests from it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.sites.catalog import load_catalog
from reconciler.sites.hosts import BUILTIN_HOSTS

if TYPE_CHECKING:
    from reconciler.sites.catalog import Catalog, CatalogName

SITES: tuple[CatalogName, ...] = ("cn", "global")


@pytest.fixture(params=SITES)
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return load_catalog(request.param)


def test_both_sites_have_their_models() -> None:
    assert len(load_catalog("cn").ids()) == 44
    assert len(load_catalog("global").ids()) == 57


def test_every_row_names_a_source_with_a_licence_and_a_day(catalog: Catalog) -> None:
    for model in catalog:
        assert catalog.sources[model.source].licence
        assert re.fullmatch(r"2026-\d\d-\d\d", model.date)


def test_a_suggested_output_limit_leaves_room_for_the_prompt(catalog: Catalog) -> None:
    for model in catalog:
        assert 0 < model.suggested_max_tokens <= min(8192, model.context_window // 2)
        assert model.max_tokens is None or model.suggested_max_tokens <= model.max_tokens


def test_no_model_costs_dollars_on_the_site_that_bills_yuan() -> None:
    assert [model.id for model in load_catalog("cn") if model.cost is not None] == []
    priced = load_catalog("cn").get("deepseek-ai/DeepSeek-V3.2")
    assert priced is not None
    assert priced.cost_cny is not None
    assert (priced.cost_cny.input, priced.cost_cny.output) == (4, 6)


def test_every_global_model_has_a_dollar_price() -> None:
    assert [model.id for model in load_catalog("global") if model.cost is None or model.cost_cny] == []


def test_a_tiered_price_keeps_its_tiers() -> None:
    model = load_catalog("cn").get("Pro/zai-org/GLM-5.1")
    assert model is not None
    assert model.cost_cny is not None
    assert [(tier.input_tokens_above, tier.output) for tier in model.cost_cny.tiers] == [(32000, 28)]


def test_a_measured_window_beats_the_listed_one() -> None:
    measured, listed = (load_catalog(site).get("zai-org/GLM-4.5-Air") for site in SITES)
    assert measured is not None
    assert listed is not None
    assert (measured.context_window, listed.context_window) == (98304, 131000)
    assert "measured 2026-09-23" in measured.note


@pytest.mark.parametrize(
    ("site", "model_id", "switch", "budget", "efforts"),
    [
        ("global", "deepseek-ai/DeepSeek-V3.2", True, (128, 32768), ()),
        ("global", "zai-org/GLM-5.3", False, None, ("low", "high", "max")),
        ("global", "deepseek-ai/DeepSeek-R1", False, (128, 32768), ()),
        ("global", "deepseek-ai/DeepSeek-V3", False, None, ()),
        ("cn", "deepseek-ai/DeepSeek-V3.2", True, None, ()),
        ("cn", "deepseek-ai/DeepSeek-V4-Flash", False, (128, 32768), ("high", "max")),
        ("cn", "Qwen/Qwen3.5-4B", True, None, ()),
    ],
)
def test_thinking_controls_are_told_apart(
    site: CatalogName, model_id: str, switch: bool, budget: tuple[int, int] | None, efforts: tuple[str, ...]
) -> None:
    model = load_catalog(site).get(model_id)
    assert model is not None
    assert model.reasoning_controls is not None
    controls = model.reasoning_controls
    assert (controls.switch, controls.budget, controls.efforts) == (switch, budget, efforts)


def test_unknown_controls_are_not_taken_for_none() -> None:
    model = load_catalog("cn").get("moonshotai/Kimi-K2.7-Code")
    assert model is not None
    assert model.reasoning_controls is None


def test_a_retired_model_is_known_by_its_day_and_no_longer_served() -> None:
    cn = load_catalog("cn")
    retirement = cn.retirement("zai-org/GLM-4.6V")
    assert retirement is not None
    assert (retirement.date, retirement.redirected_to) == ("2026-05-15", None)
    assert [model_id for model_id in cn.ids() if cn.retirement(model_id)] == []


def test_a_redirected_model_names_who_answers_in_its_place() -> None:
    cn = load_catalog("cn")
    dated, undated = cn.retirement("Pro/zai-org/GLM-5"), cn.retirement("deepseek-ai/DeepSeek-V3.2-Exp")
    assert dated is not None
    assert undated is not None
    assert (dated.date, dated.redirected_to) == ("2026-06-11", "Pro/zai-org/GLM-5.1")
    assert (undated.date, undated.redirected_to) == (None, "deepseek-ai/DeepSeek-V3.2")


def test_retirements_of_one_site_say_nothing_about_the_other() -> None:
    assert load_catalog("global").retirement("Qwen/Qwen3.5-397B-A17B") is None
    assert load_catalog("global").get("Qwen/Qwen3.5-397B-A17B") is not None


@pytest.mark.parametrize(
    ("site", "model_id", "twin"),
    [
        ("cn", "zai-org/GLM-5.1", "Pro/zai-org/GLM-5.1"),
        ("cn", "Pro/deepseek-ai/DeepSeek-V3.2", "deepseek-ai/DeepSeek-V3.2"),
        ("global", "Pro/zai-org/GLM-5.1", "zai-org/GLM-5.1"),
        ("global", "zai-org/GLM-5.1", None),
        ("cn", "zai-org/GLM-5", None),  # its Pro/ twin is retired
    ],
)
def test_a_pro_twin_is_found_on_its_site_only(site: CatalogName, model_id: str, twin: str | None) -> None:
    assert load_catalog(site).twin(model_id) == twin


def test_names_are_short_and_tell_a_pro_twin_apart() -> None:
    plain, pro = (load_catalog("cn").get(f"{prefix}deepseek-ai/DeepSeek-V3.2") for prefix in ("", "Pro/"))
    assert plain is not None
    assert pro is not None
    assert (plain.name, pro.name) == ("DeepSeek-V3.2", "DeepSeek-V3.2 (Pro)")


def test_names_are_unique_on_a_site(catalog: Catalog) -> None:
    names = [model.name for model in catalog]
    assert len(names) == len(set(names))


def test_the_built_in_sites_point_at_each_other() -> None:
    for name, site in BUILTIN.items():
        assert isinstance(site.sibling, str)
        assert BUILTIN[site.sibling].sibling == name
        assert site.base_url.split("/")[2] in BUILTIN_HOSTS


def test_importing_the_sites_loads_no_network_library() -> None:
    program = "import sys, reconciler.manifest.builtin_sites, reconciler.sites.catalog as c; c.load_catalog('cn'); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"httpx", "ssl", "http", "importlib.resources"}.isdisjoint(loaded)
