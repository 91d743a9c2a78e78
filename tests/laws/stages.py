"""Targets in the middle of their life, to stop an apply on, and what must hold however it was stopped."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from reconciler.errors import MovedError, VerificationError
from reconciler.state.journal import JournalReader
from tests.laws.databases import agent_database, rows_of, shared_database
from tests.laws.generated import BASE, KEY, VARIABLE, Documents, document
from tests.laws.target import Target
from tests.scenarios.world import contents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.plan.model import Plan

OLD_KEY = "sk-OLD-SENTINEL-0123456789"
# Strict JSON, because the second parser takes thirty times as long for JSON5.
CONFIG = """\
{
  "meta": {"lastTouchedVersion": "%s"},
  "gateway": {"mode": "local"},
  "models": {"providers": %s}
}
"""
PROVIDERS = """{
  "siliconflow": {"baseUrl": "http://127.0.0.1:8/v1", "models": []}
}
"""
PROFILES = (
    '{"version": 1, "profiles": {"openai:me": {"type": "token", "provider": "openai", "token": "theirs"}}}\n'
)
CACHED = """\
{
  "providers": {
    "theirs": {"baseUrl": "https://theirs.example/v1",   "apiKey": "THEIR_KEY"},
    "siliconflow": {"baseUrl": "https://old.example/v1", "apiKey": "sk-cached-0123456789", "models": []}
  }
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
# What a running apply has beside the files, and what SQLite has beside a database.
PASSING = re.compile(
    r"\..+\.reconciler-\d+\.tmp|.+\.lock(\.stale)?(\.\d+)?|.+\.sqlite-(wal|shm|journal)|candidate-\d+"
)

AGENT = "agents/main/agent"


class Stage(NamedTuple):
    """A target to be stopped on.

    Attributes:
        template: what ``home`` is made from for each apply.
        before, after: what its files hold before and after an apply that is let be.
        plan: what was reviewed before.
        denied: an ``openclaw`` is there that never confirms the result.
    """

    template: Path
    home: Path
    before: dict[str, Any]
    after: dict[str, Any]
    plan: Plan
    denied: bool


def manifests(*models: str, key: dict[str, Any] | None = None, address: str = BASE) -> Documents:
    """Manifests with these models, each with an alias, the first one as primary."""
    rows = [{"id": model, "name": model, "alias": f"a {model}"} for model in models]
    spec = {"site": "here", "key": key or {"inline": VARIABLE}, "models": rows}
    return [
        document("Site", "here", {"baseUrl": address}),
        document("Provider", "siliconflow", spec),
        document("Agent", "defaults", {"model": {"primary": f"siliconflow/{models[0]}"}}),
    ]


TWO = ("m/one", "m/two")
PROFILE = {"profile": "work", "from": {"env": VARIABLE}}
STORED = {"store": "SF_STORED", "from": {"env": VARIABLE}}


def _config(release: str = "2026.9.6", providers: str = PROVIDERS.strip()) -> dict[str, str]:
    return {"openclaw.json": CONFIG % (release, providers)}


def first(folder: Path, address: str = BASE) -> Target:
    """A config with a provider of an older address, and manifests that nobody has applied."""
    return Target(folder, _config(), manifests(*TWO, address=address))


def _split(folder: Path) -> Target:
    files = {**_config(providers='{"$include": "./p.json5"}'), "p.json5": PROVIDERS}
    return Target(folder, files, manifests(*TWO))


def _fresh(folder: Path) -> Target:
    return Target(folder, {}, manifests(*TWO))


def _again(folder: Path) -> Target:
    target = first(folder)
    target.apply()
    target.declare(manifests("m/two", "m/three", key={"env": VARIABLE}))
    return target


def _adopting(folder: Path) -> Target:
    target = first(folder)
    target.apply()
    shutil.rmtree(target.state / "reconciler")
    return target


def confirmed(folder: Path) -> Target:
    """The same, and an ``openclaw`` that says of the result what is true."""
    target = first(folder)
    _confirm(folder, *TWO)
    return target


def _shrinking(folder: Path) -> Target:
    """One that loses most of its models, with a backup of OpenClaw's own beside it."""
    models = [f"m/{number}" for number in range(12)]
    target = Target(folder, _config(), manifests(*models))
    target.apply()
    _confirm(folder, models[0])
    (target.state / "openclaw.json.bak").write_text(_config()["openclaw.json"])
    target.declare(manifests(models[0]))
    return target


def _put_back(folder: Path) -> Target:
    target = _split(folder)
    _install(folder, REFUSING)
    return target


def _in_file(folder: Path) -> Target:
    target = Target(folder, _config("2026.4.15"), manifests(*TWO, key=PROFILE))
    _written(target.state / AGENT / "auth-profiles.json", PROFILES)
    return target


def _in_agent_database(folder: Path) -> Target:
    target = Target(folder, _config("2026.6.11"), manifests(*TWO, key=PROFILE))
    agent_database(target.state / AGENT / "openclaw-agent.sqlite")
    return target


def _shared(folder: Path, key: dict[str, Any], journal: str = "DELETE") -> Target:
    """The shared database, on a network volume unless ``journal`` is the write-ahead log that it has elsewhere."""
    target = Target(folder, _config(), manifests(*TWO, key=key))
    shared_database(target.state / "state" / "openclaw.sqlite", journal)
    return target


def _in_shared_database(folder: Path) -> Target:
    return _shared(folder, PROFILE, "WAL")


def _in_secret_store(folder: Path) -> Target:
    return _shared(folder, STORED)


def _rotated(folder: Path) -> Target:
    return _with_another_key(_shared(folder, PROFILE))


def _rotated_and_denied(folder: Path) -> Target:
    target = _rotated(folder)
    _install(folder, REFUSING)
    return target


def _rotated_in_file(folder: Path) -> Target:
    return _with_another_key(_in_file(folder))


def _with_another_key(target: Target) -> Target:
    target.environ[VARIABLE] = OLD_KEY
    target.apply()
    target.environ[VARIABLE] = KEY
    return target


def _key_removed(folder: Path) -> Target:
    target = _in_secret_store(folder)
    target.apply()
    target.declare(manifests(*TWO, key={"env": VARIABLE}))
    return target


def _cached(folder: Path) -> Target:
    target = first(folder)
    _written(target.state / AGENT / "models.json", CACHED)
    return target


class Setting(NamedTuple):
    """How a stage is made, and where calls fail on it: what the others do with the journal they do alike."""

    made: Callable[[Path], Target]
    focus: tuple[str, ...] = ()


_CONFIG = (".openclaw/openclaw.json", ".openclaw/.openclaw.json")
_AGENT = (f".openclaw/{AGENT}",)
_SHARED = (".openclaw/state",)
STAGES = {
    "a config in two files": Setting(_split),
    "no config yet": Setting(_fresh, _CONFIG),
    "a change with a removal": Setting(_again, _CONFIG),
    "adopting what is there": Setting(_adopting),
    "a config that loses most of it": Setting(_shrinking, _CONFIG),
    "denied by OpenClaw": Setting(_put_back, (*_CONFIG, ".openclaw/p.json5", ".openclaw/.p.json5")),
    "a key in auth-profiles.json": Setting(_in_file, _AGENT),
    "a key in the agent database": Setting(_in_agent_database, _AGENT),
    "a key in the shared database": Setting(_in_shared_database, _SHARED),
    "a key in the secret store": Setting(_in_secret_store, _SHARED),
    "a key that was rotated in a file": Setting(_rotated_in_file, _AGENT),
    "a key that was rotated on a network volume": Setting(_rotated, _SHARED),
    "a key that was rotated, denied by OpenClaw": Setting(_rotated_and_denied, _SHARED),
    "a key removed from the secret store": Setting(_key_removed, _SHARED),
    "an entry of models.json that is out of date": Setting(_cached, _AGENT),
}


def staged(folder: Path, made: Callable[[Path], Target]) -> Stage:
    """The stage on a target that ``made`` makes; all of it below ``folder``."""
    home, template = folder / "home", folder / "template"
    home.mkdir()
    target = made(home)
    (home / "tmp").mkdir()
    denied = (home / "bin").exists() and "x/y" in (home / "bin" / "openclaw").read_text()
    shutil.copytree(home, template, symlinks=True)
    before, plan = state_of(home), target.plan().plan
    if denied:
        shutil.rmtree(home / "bin")
    target.apply()
    return Stage(template, home, before, state_of(home), plan, denied)


def _confirm(folder: Path, *models: str) -> None:
    """Put one there that says what these models, each with its alias, come to."""
    refs = [f"siliconflow/{model}" for model in models]
    aliases = {f"a {model}": ref for model, ref in zip(models, refs, strict=True)}
    _install(
        folder, CONFIRMING % json.dumps({"resolvedDefault": refs[0], "aliases": aliases, "allowed": refs})
    )


def _install(folder: Path, text: str) -> None:
    """Put an ``openclaw`` on PATH."""
    _written(folder / "bin" / "openclaw", text)
    (folder / "bin" / "openclaw").chmod(0o755)


def _written(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(text)
    path.chmod(0o600)


def state_of(home: Path) -> dict[str, Any]:
    """What every file of the target holds, whoever owns it: its bytes, of a database the rows.

    Without the journal, and without blank lines at the end of the config: where OpenClaw hasn't seen it shrink, they are there for it.
    """
    found: dict[str, Any] = {}
    for path in sorted((home / ".openclaw").rglob("*")):
        name = str(path.relative_to(home / ".openclaw"))
        if path.is_file() and not name.startswith("reconciler/") and not PASSING.fullmatch(path.name):
            found[name] = rows_of(path) if path.suffix == ".sqlite" else path.read_bytes()
    if "openclaw.json" in found:
        found["openclaw.json"] = re.sub(rb"\n+\Z", b"\n", found["openclaw.json"])
    return found


def target_at(home: Path) -> Target:
    """The target that is there already."""
    target = Target.__new__(Target)
    target.folder, target.state = home, home / ".openclaw"
    target.config, target.manifests = target.state / "openclaw.json", home / "manifests"
    target.environ = environment(home)
    return target


def environment(home: Path) -> dict[str, str]:
    """All that an apply sees of its environment."""
    return {"HOME": str(home), "PATH": str(home / "bin"), "TMPDIR": str(home / "tmp"), VARIABLE: KEY}


def require_whole(stage: Stage) -> None:
    """Laws 4 and 6: each file is the old one or the new one, and nothing of anybody else's is lost."""
    found = state_of(stage.home)
    for name in stage.before.keys() | stage.after.keys() | found.keys():
        assert found.get(name) in (stage.before.get(name), stage.after.get(name)), name
    journal, earlier = (
        JournalReader(str(home / ".openclaw" / "reconciler")) for home in (stage.home, stage.template)
    )
    recorded = journal.pending() is not None or len(journal.receipts()) > len(earlier.receipts())
    assert found == stage.before or recorded, "written without a record of it"


def require_convergence(stage: Stage, *, unverified: bool = False) -> None:
    """Laws 2, 5, 6 and 9: the next apply finishes or undoes what was begun, or refuses a plan that isn't true any more.

    Args:
        unverified: the apply came to its end, because OpenClaw could not be asked.
    """
    target = target_at(stage.home)
    if stage.denied and not unverified:
        with pytest.raises(VerificationError):
            target.apply()
        assert state_of(stage.home) == stage.before
    else:
        _apply_reviewed(stage, target)
        assert state_of(stage.home) == stage.after
        planned = target.plan()
        assert planned.plan.changes == ()
        assert planned.owned == planned.applied
    assert JournalReader(str(target.state / "reconciler")).pending() is None
    # A lock of a dead process may stay: OpenClaw and the next apply that writes take it for what it is.
    litter = [name for name in contents(target.state) if name.endswith(".tmp") or "candidate" in name]
    assert litter == []
    for name, data in contents(target.state / "reconciler").items():
        assert KEY.encode() not in data, name
        assert OLD_KEY.encode() not in data, name


def _apply_reviewed(stage: Stage, target: Target) -> None:
    """What was reviewed is what runs; where the stopped apply came too far for that, it is refused and nothing written."""
    unsettled = JournalReader(str(target.state / "reconciler")).pending() is not None
    before = state_of(stage.home)
    refusal = None
    try:
        target.apply(stage.plan)
    except MovedError as error:
        refusal = error
    if refusal is not None:
        assert "\n  - " in str(refusal), refusal
        assert unsettled or state_of(stage.home) == before, refusal
        target.apply()
