"""What the README shows is what the program does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from reconciler.cli.commands import COMMANDS
from reconciler.manifest.load import load_manifest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

LIVE = """\
{
  // switched by hand, one evening
  meta: { lastTouchedVersion: "2026.9.6" },
  gateway: { mode: "local" },
  models: {
    providers: {
      siliconflow: {
        baseUrl: "https://api.siliconflow.cn/v1", // the other site!
        apiKey: "${SILICONFLOW_API_KEY}",
        api: "openai-completions",
        models: [],
      },
    },
  },
}
"""


def fenced(language: str) -> str:
    """The first code block of that language."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_manifest_gives_the_plan_that_the_readme_prints(tmp_path: Path) -> None:
    manifests, state = tmp_path / "manifests", tmp_path / ".openclaw"
    manifests.mkdir()
    state.mkdir(mode=0o700)
    (manifests / "siliconflow.yaml").write_text(fenced("yaml"), encoding="utf-8")
    (state / "openclaw.json").write_text(LIVE, encoding="utf-8")
    (state / ".env").write_text("SILICONFLOW_API_KEY=sk-of-the-reader-0123456789\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "plan"],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "", "COLUMNS": "80", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert fenced("console") == f"$ reconciler plan\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for command in re.findall(r"`reconciler ([a-z]+)", text):
        assert command in COMMANDS
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_every_option_of_a_command_that_is_named_somewhere_is_its_own() -> None:
    texts = [*PAGES, *(ROOT / "reconciler").rglob("*.py"), *(ROOT / "reconciler").rglob("*.yaml")]
    named: set[tuple[str, str]] = set()
    for text in texts:
        for command, rest in re.findall(r"`reconciler ([a-z]+)([^`]*)`", text.read_text(encoding="utf-8")):
            named.update((command, option) for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest))
    known = {
        (name, option)
        for name in COMMANDS
        for parameter in import_module(f"reconciler.cli.{name}").command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert len(named) > 10
    assert named <= known


@pytest.mark.parametrize(
    "folder", ["manifests", *sorted(map(str, Path(ROOT / "manifests" / "examples").iterdir()))]
)
def test_every_example_loads_without_a_warning(folder: str) -> None:
    assert load_manifest([os.path.join(ROOT, folder)]).warnings == ()


def test_the_demo_tells_its_story_to_the_end(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "demo", "--keep", str(tmp_path / "demo")],
        env={"HOME": str(tmp_path), "PATH": "", "COLUMNS": "80", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No changes." in done.stdout
    assert "Drift: 1 value" in done.stdout
    assert "// The box under the desk." in (tmp_path / "demo" / ".openclaw" / "openclaw.json").read_text(
        encoding="utf-8"
    )
