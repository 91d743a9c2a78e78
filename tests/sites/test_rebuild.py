"""The recipe makes the catalogue from its sources, and shows what changed before it writes anything."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner

from reconciler.errors import ReconcilerError
from reconciler.sites.catalog import DATA, load_catalog
from tools.catalog.rebuild import CORRECTIONS, build, main, read_source, text_of

if TYPE_CHECKING:
    from reconciler.sites.catalog import CatalogName

SMALL = Path(__file__).parent / "rebuild"
DAY = "2026-12-02"


def built(site: CatalogName) -> dict[str, Any]:
    api, corrections, retired = (
        json.loads((SMALL / f"{name}.json").read_bytes()) for name in ("api", "corrections", "retired-cn")
    )
    return build(site, api, corrections, retired, DAY)


def row(site: CatalogName, model_id: str) -> dict[str, Any]:
    (found,) = (row for row in built(site)["models"] if row["id"] == model_id)
    return dict(found)


def test_a_row_says_what_models_dev_says() -> None:
    assert row("global", "acme/thinker") == {
        "id": "acme/thinker",
        "reasoning": True,
        "reasoningControls": {"switch": True, "budget": [128, 32768], "efforts": ["low", "high"]},
        "input": ["text", "image"],
        "contextWindow": 131072,
        "maxTokens": 8192,
        "cost": {"input": 0.5, "output": 2, "cacheRead": 0.1},
        "source": "models.dev",
        "date": DAY,
    }


def test_corrections_beat_it_and_dollars_are_no_prices_of_the_cn_site() -> None:
    assert row("cn", "acme/reader") == {
        "id": "acme/reader",
        "input": ["text", "image"],
        "tools": False,
        "contextWindow": 49152,
        "maxTokens": 8192,
        "costCny": {"input": 4, "output": 6, "source": "price list"},
        "source": "models.dev",
        "date": DAY,
        "status": "deprecated",
        "note": "window: measured",
    }


def test_rows_that_models_dev_lacks_are_added_and_corrections_of_nothing_are_not() -> None:
    ids = [row["id"] for row in built("cn")["models"]]
    assert ids == ["acme/gone", "acme/reader", "acme/unlisted"]


def test_what_the_site_retired_is_marked_so() -> None:
    assert row("cn", "acme/gone")["status"] == "retired"


def test_models_that_do_not_chat_are_left_out() -> None:
    assert [row["id"] for row in built("global")["models"]] == ["acme/thinker"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the catalogue's files."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    return folder


def rebuild(data: Path, *options: str) -> list[str]:
    sources = ["--models-dev", str(SMALL / "api.json"), "--corrections", str(SMALL / "corrections.json")]
    arguments = [*sources, "--date", DAY, "--data", str(data), *options]
    return CliRunner().invoke(main, arguments, catch_exceptions=False).stdout.splitlines()


def test_changes_are_shown_and_nothing_is_written_until_told_to(data: Path) -> None:
    before = (data / "cn.json").read_bytes()
    told = rebuild(data, "--retired", str(SMALL / "retired-cn.json"))
    assert "  + acme/reader" in told
    assert "  - deepseek-ai/DeepSeek-V3.2" in told
    assert (data / "cn.json").read_bytes() == before


def test_what_it_writes_is_a_catalogue_and_writing_again_changes_nothing(data: Path) -> None:
    retired = ("--retired", str(SMALL / "retired-cn.json"))
    rebuild(data, *retired, "--write")
    assert [line for line in rebuild(data, *retired) if "0 changes" not in line] == []
    (moved,) = (line for line in rebuild(data, *retired) if line.startswith("cn"))
    assert moved == "cn: 3 models, 0 changes"
    gone = json.loads((data / "retired-cn.json").read_bytes())
    assert [one["id"] for one in gone["retired"]] == ["acme/earlier", "acme/gone"]


def test_a_changed_figure_is_told_with_both_values(data: Path) -> None:
    rebuild(data, "--write")
    api = json.loads((SMALL / "api.json").read_bytes())
    api["siliconflow"]["models"]["acme/thinker"]["limit"]["context"] = 262144
    (data / "api.json").write_text(json.dumps(api))
    told = rebuild(data, "--models-dev", str(data / "api.json"))
    assert "  ~ acme/thinker contextWindow: 131072 -> 262144" in told


@pytest.mark.parametrize("site", ["cn", "global"])
def test_the_packages_own_files_are_as_the_recipe_writes_them(site: CatalogName) -> None:
    text = (Path(DATA) / f"{site}.json").read_text(encoding="utf-8")
    assert text_of(json.loads(text), "models") == text


@pytest.mark.parametrize("site", ["cn", "global"])
def test_the_packages_corrections_are_in_its_files(site: CatalogName) -> None:
    corrections = json.loads(Path(CORRECTIONS).read_bytes())[site]
    rows = {row["id"]: row for row in json.loads((Path(DATA) / f"{site}.json").read_bytes())["models"]}
    for correction in corrections["models"]:
        assert correction.items() <= rows[correction["id"]].items()
    assert corrections["sources"] == msgspec.to_builtins(load_catalog(site).sources)


def test_a_source_that_is_not_there_or_no_json_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    for source, said in ((tmp_path / "none.json", "can't be read"), (tmp_path / "bad.json", "no JSON")):
        with pytest.raises(ReconcilerError, match=said):
            read_source(str(source))
