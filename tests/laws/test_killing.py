"""Law 6: killed at any instruction, the config is whole, old or new, and the next run converges."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from reconciler.errors import VerificationError
from tests.laws.generated import BASE, KEY, VARIABLE, Documents, document
from tests.laws.target import MEMORY, Target
from tests.scenarios.world import ROOT, contents

if TYPE_CHECKING:
    from collections.abc import Iterator

# Strict JSON, because the second parser takes thirty times as long for JSON5.
CONFIG = """\
{
  "meta": {"lastTouchedVersion": "2026.9.6"},
  "gateway": {"mode": "local"},
  "models": {"providers": %s}
}
"""
PROVIDERS = """{
  "siliconflow": {"baseUrl": "http://127.0.0.1:8/v1", "models": []}
}
"""
REFUSING = """\
#!/bin/sh
[ "$1" = config ] && echo '{"valid": true}' || echo '{"resolvedDefault": "x/y", "aliases": {}, "allowed": []}'
"""


def manifests(*models: str, inline: bool = True) -> Documents:
    key = {"inline": VARIABLE} if inline else {"env": VARIABLE}
    rows = [{"id": model, "name": model, "alias": f"a {model}"} for model in models]
    return [
        document("Site", "here", {"baseUrl": BASE}),
        document("Provider", "siliconflow", {"site": "here", "key": key, "models": rows}),
        document("Agent", "defaults", {"model": {"primary": f"siliconflow/{models[0]}"}}),
    ]


class Stage(NamedTuple):
    """A target to be killed on, and what its config files are before and after an apply that is left alone."""

    template: Path
    before: dict[str, bytes]
    after: dict[str, bytes]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="killed-", dir=MEMORY if os.path.isdir(MEMORY) else None) as name:
        yield Path(name)


def staged(folder: Path, name: str) -> Stage:
    template = folder / "template"
    template.mkdir()
    files = {"openclaw.json": CONFIG % PROVIDERS.strip()}
    if name == "split":
        files = {"openclaw.json": CONFIG % '{"$include": "./p.json5"}', "p.json5": PROVIDERS}
    target = Target(template, {} if name == "fresh" else files, manifests("m/one", "m/two"))
    if name == "again":
        target.apply()
        target.declare(manifests("m/two", "m/three", inline=False))
    if name == "adopting":
        target.apply()
        shutil.rmtree(target.state / "reconciler")
    before = config_files(template)
    if name == "put back":
        (template / "bin").mkdir()
        (template / "bin" / "openclaw").write_text(REFUSING)
        (template / "bin" / "openclaw").chmod(0o755)
    after = folder / "after"
    shutil.copytree(template, after, ignore=shutil.ignore_patterns("bin"))
    target_at(after).apply()
    return Stage(template, before, config_files(after))


def target_at(folder: Path) -> Target:
    target = Target.__new__(Target)
    target.folder, target.state = folder, folder / ".openclaw"
    target.config, target.manifests = target.state / "openclaw.json", folder / "manifests"
    target.environ = {"HOME": str(folder), "PATH": str(folder / "bin"), VARIABLE: KEY}
    return target


def config_files(folder: Path) -> dict[str, bytes]:
    return {
        n: (folder / ".openclaw" / n).read_bytes()
        for n in ("openclaw.json", "p.json5")
        if (folder / ".openclaw" / n).exists()
    }


def killed(template: Path, work: Path) -> list[Path]:
    """Every different state that a kill leaves; the last one is that of an apply that came to its end."""
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.laws.killing"],
        cwd=ROOT,
        input=json.dumps({"template": str(template), "work": str(work)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Path(name) for name in json.loads(done.stdout)]


def require_whole(folder: Path, stage: Stage) -> None:
    found = config_files(folder)
    for name in stage.before.keys() | stage.after.keys() | found.keys():
        assert found.get(name) in (stage.before.get(name), stage.after.get(name)), folder


def require_convergence(folder: Path, stage: Stage) -> None:
    target = target_at(folder)
    if (folder / "bin").exists():
        with pytest.raises(VerificationError):
            target.apply()
        assert config_files(folder) == stage.before, folder
    else:
        target.apply()
        assert config_files(folder) == stage.after, folder
        assert target.plan().plan.changes == (), folder
        assert target.apply().receipt is None
    # A lock of a dead process may stay: OpenClaw and the next apply that writes take it for what it is.
    litter = [name for name in contents(target.state) if name.endswith(".tmp") or "candidate" in name]
    assert litter == [], folder
    for name, data in contents(target.state / "reconciler").items():
        assert KEY.encode() not in data, (folder, name)


@pytest.mark.parametrize("name", ["first", "split", "fresh", "again", "adopting", "put back"])
def test_a_killed_apply_leaves_whole_files_and_the_next_one_converges(folder: Path, name: str) -> None:
    stage = staged(folder, name)
    states = killed(stage.template, folder / "killed")
    assert len(states) > 3
    for state in states:
        require_whole(state, stage)
        require_convergence(state, stage)


@pytest.mark.parametrize("name", ["split", "put back"])
def test_a_recovery_that_is_killed_too_converges(folder: Path, name: str) -> None:
    stage = staged(folder, name)
    states = [
        s
        for s in killed(stage.template, folder / "killed")
        if (s / ".openclaw/reconciler/pending.json").exists()
    ]
    assert states
    for index, state in enumerate(states):
        for again in killed(state, folder / f"again-{index}"):
            require_whole(again, stage)
            require_convergence(again, stage)
