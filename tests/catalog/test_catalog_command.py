"""`reconciler catalog`: what is known of a site's models, what is declared, what the key can see, what moved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.cli.main import run
from reconciler.standin import FAULTS, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk-catalog-0123456789abcdef"
MANIFEST = """\
apiVersion: reconciler/v1
kind: Site
metadata: {name: cn}
spec: {baseUrl: "%s"}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: cn
  key: {env: CATALOG_KEY}
  models: [{id: deepseek-ai/DeepSeek-V3.2}, {id: acme/own-model, contextWindow: 32000, maxTokens: 4000}]
"""

Run = tuple[int, str, str]


@pytest.fixture
def catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Run]:
    """Runs ``reconciler catalog ARGUMENTS`` in an empty folder, 80 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("CATALOG_KEY", KEY)

    def call(*arguments: str) -> Run:
        code = run(["catalog", *arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def declare(base_url: str = "http://127.0.0.1:9/v1") -> None:
    Path("manifests").mkdir()
    Path("manifests/siliconflow.yaml").write_text(MANIFEST % base_url, encoding="utf-8")


def models(text: str) -> list[dict[str, Any]]:
    return [model for site in json.loads(text) for model in site["models"]]


def test_it_needs_neither_manifests_nor_network(catalog: Callable[..., Run]) -> None:
    code, out, err = catalog()
    assert (code, err) == (0, "")
    assert "cn: 44 known models" in out
    assert "global: 57 known models" in out


@pytest.mark.parametrize("options", [(), ("-v",)])
def test_it_is_readable_at_80_columns(options: tuple[str, ...], catalog: Callable[..., Run]) -> None:
    declare()
    _, out, _ = catalog(*options)
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "there", "not_there"),
    [
        (("--capability", "vision"), "Qwen/Qwen3-VL-32B-Instruct", "deepseek-ai/DeepSeek-V3.2"),
        (
            ("--capability", "vision", "--capability", "reasoning"),
            "Qwen/Qwen3.5-9B",
            "Qwen/Qwen3-VL-32B-Instruct",
        ),
        (("--capability", "tools"), "deepseek-ai/DeepSeek-V3.2", "deepseek-ai/DeepSeek-OCR"),
        (("--min-window", "1000000"), "zai-org/GLM-5.3", "zai-org/GLM-4.5-Air"),
        (("--max-price", "6"), "deepseek-ai/DeepSeek-V3.2", "deepseek-ai/DeepSeek-V4-Flash"),
        (("--max-price", "6"), "deepseek-ai/DeepSeek-V3.2", "Qwen/Qwen3-VL-32B-Instruct"),
    ],
)
def test_models_are_chosen_by_what_they_can_and_cost(
    options: tuple[str, ...], there: str, not_there: str, catalog: Callable[..., Run]
) -> None:
    _, out, _ = catalog("cn", "--format", "json", *options)
    ids = {model["id"] for model in models(out)}
    assert there in ids
    assert not_there not in ids


def test_everything_known_of_a_model_is_in_the_json(catalog: Callable[..., Run]) -> None:
    _, out, _ = catalog("cn", "--format", "json")
    (site,) = json.loads(out)
    (model,) = (one for one in site["models"] if one["id"] == "Pro/moonshotai/Kimi-K2.6")
    assert model["name"] == "Kimi-K2.6 (Pro)"
    assert model["price"] == {"input": 6.5, "output": 27}
    assert model["otherSite"] == "moonshotai/Kimi-K2.6"
    assert site["currency"] == "CNY"
    assert site["sources"][model["source"]]["licence"].startswith("MIT")
    assert {"id": "zai-org/GLM-4.6V", "date": "2026-05-15", "redirectedTo": None} in site["retired"]


def test_what_the_manifests_declare_is_marked(catalog: Callable[..., Run]) -> None:
    declare()
    _, out, _ = catalog()
    assert "\n*   deepseek-ai/DeepSeek-V3.2 " in out
    assert "\n    Pro/deepseek-ai/DeepSeek-V3.2 " in out
    assert "*!  acme/own-model: declared by siliconflow; not in the catalogue" in out
    assert "global:" not in out


def test_a_declared_model_that_was_retired_stands_in_nobodys_way(catalog: Callable[..., Run]) -> None:
    declare()
    file = Path("manifests/siliconflow.yaml")
    file.write_text(file.read_text().replace("acme/own-model", "zai-org/GLM-4.6V"), encoding="utf-8")
    code, out, err = catalog("cn")
    assert (code, err) == (0, "")
    assert "zai-org/GLM-4.6V: declared by siliconflow" in out


def test_what_the_key_can_see_is_marked(catalog: Callable[..., Run]) -> None:
    with StandIn("cn", [KEY], models=["deepseek-ai/DeepSeek-V3.2", "acme/new-model"]) as site:
        declare(site.base_url)
        code, out, _ = catalog("--live")
        assert [(seen.path, seen.query, seen.key) for seen in site.requests] == [
            ("/v1/models", "sub_type=chat", KEY)
        ]
    assert code == 0
    assert "*+  deepseek-ai/DeepSeek-V3.2 " in out
    assert "    deepseek-ai/DeepSeek-V3 " in out
    assert "The key can see 1 model more" in out
    assert KEY not in out


def test_a_variable_can_be_named_where_no_manifest_names_one(catalog: Callable[..., Run]) -> None:
    code, _, err = catalog("cn", "--live")
    assert code == 64
    assert "--key-env" in err
    code, _, err = catalog("cn", "--live", "--key-env", "NOT_SET")
    assert code == 5
    assert "there is no key" in err


def test_a_site_that_refuses_the_key_is_said_so(catalog: Callable[..., Run]) -> None:
    with StandIn("cn", [KEY], faults=[FAULTS["wrong-key-coded"]]) as site:
        declare(site.base_url)
        code, out, err = catalog("--live")
    assert (code, out) == (5, "")
    assert "the key is invalid, or belongs to the other site" in err
    assert KEY not in err


def test_diff_names_what_is_new_gone_and_about_to_go(catalog: Callable[..., Run]) -> None:
    declare()
    listed = [
        "zai-org/GLM-4.5V",
        "deepseek-ai/DeepSeek-V3",
        "acme/new-model",
        "LoRA/Qwen/Qwen3-8B",
        "zai-org/GLM-4.6V",
    ]
    Path("listing.json").write_text(json.dumps({"object": "list", "data": [{"id": one} for one in listed]}))
    code, out, _ = catalog("diff", "cn", "--listing", "listing.json")
    lines = out.splitlines()
    assert code == 0
    assert "  + acme/new-model: new" in lines
    assert "  + zai-org/GLM-4.6V: new; retired on 2026-05-15" in lines
    assert "  - deepseek-ai/DeepSeek-V3.2: gone; declared by siliconflow" in lines
    assert "  ! zai-org/GLM-4.5V: about to go; deprecated by the service" in lines
    assert not any(" deepseek-ai/DeepSeek-V3:" in line or "LoRA" in line for line in lines)
    (movement,) = json.loads(catalog("diff", "cn", "--listing", "listing.json", "--format", "json")[1])
    assert [one["id"] for one in movement["new"]] == ["acme/new-model", "zai-org/GLM-4.6V"]


def test_diff_says_when_nothing_moved(catalog: Callable[..., Run]) -> None:
    with StandIn("global", [KEY]) as site:
        declare(site.base_url)
        Path("manifests/siliconflow.yaml").write_text(
            (MANIFEST % site.base_url).replace("cn", "global"), encoding="utf-8"
        )
        _, out, _ = catalog("diff", "--live")
    assert "The listing is what the catalogue says." in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("mars",), 64, "no catalogue of 'mars'"),
        (("diff", "cn"), 64, "--live"),
        (("--listing", "not-a-listing.json"), 64, "a listing is of one site"),
        (("cn", "--listing", "not-a-listing.json"), 1, "this is no listing of models"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(
    arguments: tuple[str, ...], code: int, said: str, catalog: Callable[..., Run]
) -> None:
    Path("not-a-listing.json").write_text('{"code": 20000}')
    found, out, err = catalog(*arguments)
    assert (found, out) == (code, "")
    assert said in err
