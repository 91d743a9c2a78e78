"""`reconciler init`: a manifest that works, with the page's models where the site still has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import UNSET

from reconciler.cli.init import command
from reconciler.errors import UsageError
from reconciler.manifest.load import load_manifest
from reconciler.sites.catalog import load_catalog

FILE = "manifests/siliconflow.yaml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


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


LIVE = """\
{
  models: {
    providers: {
      "my-sf": { baseUrl: "https://api.siliconflow.cn/v1", apiKey: "${MY_KEY}", models: [] },
      other: { baseUrl: "https://example.com/v1" },
    },
  },
  agents: { defaults: { model: "openai/gpt-5" } },
}
"""


def live(text: str) -> None:
    Path(".openclaw").mkdir()
    Path(".openclaw/openclaw.json").write_text(text, encoding="utf-8")


def test_it_goes_on_with_the_site_provider_variable_and_model_of_a_live_openclaw() -> None:
    live(LIVE)
    done = CliRunner().invoke(command, ["-o", "-"])
    assert done.exit_code == 0
    assert "~/.openclaw/openclaw.json:4 uses the site cn already" in done.stderr
    assert not Path("-").exists()
    Path("made.yaml").write_text(done.stdout, encoding="utf-8")
    manifest = load_manifest(["made.yaml"])
    (provider,), (agent,) = manifest.providers, manifest.agents
    assert provider.name == "my-sf"
    assert provider.document.spec.site == "cn"
    assert provider.document.spec.key.env == "MY_KEY"
    assert agent.document.spec.model is UNSET
    assert "It is openai/gpt-5 now, and stays" in done.stdout


def test_another_site_than_the_live_one_is_said_to_be_a_switch_and_has_to_be_asked_for() -> None:
    live(LIVE)
    done = CliRunner().invoke(command, ["--site", "global", "-o", "-"])
    assert done.exit_code == 0
    assert "uses the site cn, and this manifest says global" in done.stderr
    assert "# another than at ~/.openclaw/openclaw.json:4: applying this switches my-sf over" in done.stdout
    assert "MY_KEY" not in done.stdout
    unasked = CliRunner().invoke(command, ["-o", "-"], env={"RECONCILER_SITE": "global"})
    assert "RECONCILER_SITE says global, and the OpenClaw here uses cn" in str(unasked.exception)
    assert unasked.stdout == ""


def test_where_both_sites_are_live_it_wants_to_be_told_which() -> None:
    live(LIVE.replace("https://example.com/v1", "https://api.siliconflow.com/v1"))
    done = CliRunner().invoke(command, [])
    assert isinstance(done.exception, UsageError)
    assert "--site" in done.exception.remedy
    done = CliRunner().invoke(command, ["--site", "global", "-o", "-"])
    assert "  name: other #" in done.stdout


@pytest.mark.parametrize(
    "text", ["{", "[]", "{models: 5}", "{models: {providers: {a: {baseUrl: 'http://['}}}}"]
)
def test_a_live_config_of_any_shape_stands_in_nobodys_way(text: str) -> None:
    live(text)
    done = CliRunner().invoke(command, ["--site", "cn"])
    assert done.exit_code == 0
    assert load_manifest([FILE]).providers[0].name == "siliconflow"


@pytest.mark.parametrize("said", ["", "mars\n", "\n\n"])
def test_where_nobody_answers_it_says_what_to_pass(said: str) -> None:
    done = CliRunner().invoke(command, [], input=said)
    assert isinstance(done.exception, UsageError)
    assert "--site global or --site cn" in done.exception.remedy
    assert not Path(FILE).exists()


def test_what_it_says_to_run_next_reads_what_it_wrote() -> None:
    assert "`reconciler plan`" in CliRunner().invoke(command, ["--site", "cn"]).stdout
    assert (
        "`reconciler plan -f 'my own.yaml'`"
        in CliRunner().invoke(command, ["--site", "cn", "-o", "my own.yaml"]).stdout
    )
