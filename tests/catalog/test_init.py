"""`reconciler init`: a manifest that works, with the page's models where the site still has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.init import command
from reconciler.manifest.load import load_manifest
from reconciler.sites.catalog import load_catalog

FILE = "manifests/siliconflow.yaml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("site", "why"),
    [
        ("cn", "zai-org/GLM-4.6V, which OpenClaw's page names, was retired on 2026-05-15"),
        (
            "global",
            "zai-org/GLM-4.6V, which OpenClaw's page names, is not known to be served by this site",
        ),
    ],
)
def test_a_replaced_default_is_named_with_the_reason(site: str, why: str) -> None:
    done = CliRunner().invoke(command, ["--site", site])
    assert done.exit_code == 0
    assert f"{why}; Qwen/Qwen3-VL-32B-Instruct is here instead." in done.stderr
    assert f"# {why}" in Path(FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize("site", ["cn", "global"])
def test_what_it_writes_is_valid_without_a_warning_and_served(site: str) -> None:
    CliRunner().invoke(command, ["--site", site])
    manifest = load_manifest([FILE], strict=True)
    (provider,) = manifest.providers
    spec = provider.document.spec
    assert spec.site == site
    assert isinstance(spec.models, list)
    assert all(load_catalog("cn" if site == "cn" else "global").serves(model.id) for model in spec.models)
    assert "deepseek-ai/DeepSeek-V3.2" in [model.id for model in spec.models]


def test_it_asks_for_the_site() -> None:
    done = CliRunner().invoke(command, [], input="mars\ncn\n")
    assert done.exit_code == 0
    assert "site: cn" in Path(FILE).read_text(encoding="utf-8")


def test_it_never_overwrites() -> None:
    Path("manifests").mkdir()
    Path(FILE).write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(command, ["--site", "cn"])
    assert "there already" in str(done.exception)
    assert Path(FILE).read_text(encoding="utf-8") == "mine"
