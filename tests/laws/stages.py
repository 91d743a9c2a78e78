"""Targets in the middle of their life, to interrupt an apply on, and what must hold after any interruption."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest

from reconciler.errors import VerificationError
from tests.laws.generated import BASE, KEY, VARIABLE, Documents, document
from tests.laws.target import Target
from tests.scenarios.world import contents

if TYPE_CHECKING:
    from pathlib import Path

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
CONFIRMING = """\
#!/bin/sh
[ "$1" = config ] && echo '{"valid": true}' || echo '%s'
"""


def manifests(*models: str, inline: bool = True, address: str = BASE) -> Documents:
    key = {"inline": VARIABLE} if inline else {"env": VARIABLE}
    rows = [{"id": model, "name": model, "alias": f"a {model}"} for model in models]
    return [
        document("Site", "here", {"baseUrl": address}),
        document("Provider", "siliconflow", {"site": "here", "key": key, "models": rows}),
        document("Agent", "defaults", {"model": {"primary": f"siliconflow/{models[0]}"}}),
    ]


class Stage(NamedTuple):
    """A target to be interrupted on, and what its config files are before and after an apply that is left alone.

    Attributes:
        denied: an ``openclaw`` is there that never confirms the result.
    """

    template: Path
    before: dict[str, bytes]
    after: dict[str, bytes]
    denied: bool = False


def staged(folder: Path, name: str, address: str = BASE) -> Stage:
    template = folder / "template"
    template.mkdir()
    files = {"openclaw.json": CONFIG % PROVIDERS.strip()}
    if name == "split":
        files = {"openclaw.json": CONFIG % '{"$include": "./p.json5"}', "p.json5": PROVIDERS}
    target = Target(template, {} if name == "fresh" else files, manifests("m/one", "m/two", address=address))
    if name == "again":
        target.apply()
        target.declare(manifests("m/two", "m/three", inline=False))
    if name == "adopting":
        target.apply()
        shutil.rmtree(target.state / "reconciler")
    before = config_files(template)
    if name == "put back":
        install(template, REFUSING)
    if name == "confirmed":
        install(template, CONFIRMING % json.dumps(truth("m/one", "m/two")))
    after = folder / "after"
    shutil.copytree(template, after, ignore=shutil.ignore_patterns("bin"))
    target_at(after).apply()
    return Stage(template, before, config_files(after), denied=name == "put back")


def install(folder: Path, text: str) -> None:
    """Put an ``openclaw`` on PATH."""
    (folder / "bin").mkdir()
    (folder / "bin" / "openclaw").write_text(text)
    (folder / "bin" / "openclaw").chmod(0o755)


def truth(*models: str) -> dict[str, object]:
    """What OpenClaw says of the models when all of them have been applied."""
    refs = [f"siliconflow/{model}" for model in models]
    aliases = {f"a {model}": ref for model, ref in zip(models, refs, strict=True)}
    return {"resolvedDefault": refs[0], "aliases": aliases, "allowed": refs}


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


def require_whole(folder: Path, stage: Stage) -> None:
    found = config_files(folder)
    for name in stage.before.keys() | stage.after.keys() | found.keys():
        assert found.get(name) in (stage.before.get(name), stage.after.get(name)), folder


def require_convergence(folder: Path, stage: Stage) -> None:
    target = target_at(folder)
    if stage.denied:
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
    assert litter == [], (folder, litter)
    for name, data in contents(target.state / "reconciler").items():
        assert KEY.encode() not in data, (folder, name)
