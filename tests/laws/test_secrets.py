"""Law 7: no secret byte appears in any output, log, error, plan, journal or process argument.

A key is planted in every place that holds one, each told apart by its name; then every command runs in every format,
through success and failure, and everything printed, started or left behind is searched.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from reconciler.report.as_json import render_plan
from reconciler.standin import Fault, StandIn
from tests.laws.databases import agent_database, shared_database
from tests.laws.generated import VARIABLE, Case, as_yaml, cases, config, manifests
from tests.laws.json5_texts import written
from tests.laws.target import HELD, Target, target_of
from tests.scenarios.world import ROOT, World, contents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SENTINEL = "SENTINEL-0123456789abcdef"
SITE = {"apiVersion": "reconciler/v1", "kind": "Site", "metadata": {"name": "here"}}
YES = {"plan": (), "apply": ("--yes", "--skip-health")}
SEED = 0  # of a world whose manifests choose a default model, so that OpenClaw can deny it
PLANTED = ("openclaw.json", ".env", "manifests/", "bin/manners.json")
# Takes down what every process of the command line starts; Python imports it by itself.
WATCH = """\
import sys
def heard(event, arguments):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        with open({log!r}, "a") as log:
            log.write(repr(arguments[:2]) + "\\n")
sys.addaudithook(heard)
"""


def key(name: str) -> str:
    """A key that says where it was planted."""
    return f"sk-{name}-{SENTINEL}"


def with_keys(meaning: Any) -> Any:
    """The config with a key at every place where people have put one."""
    meaning["gateway"] = {"mode": "local", "auth": {"token": key("token"), "password": key("password")}}
    meaning["env"] = {"vars": {VARIABLE: key("inline"), "OTHER": key("other")}, "SHORT": key("short")}
    known = meaning.setdefault("models", {}).setdefault("providers", {})
    for name in ("siliconflow", "theirs"):
        provider = known.setdefault(name, {"baseUrl": "http://127.0.0.1:8/v1", "models": []})
        provider["apiKey"] = key(f"literal-of-{name}")
        provider["headers"] = {
            "Authorization": f"Bearer {key('header')}",
            "X-Api-Key": f"{SENTINEL}-header",
            "Cookie": f"session={SENTINEL}",
        }
    known["theirs"]["baseUrl"] = f"https://me:{SENTINEL}@example.com/v1"
    return meaning


def world_of(seed: int, folder: Path, address: str) -> World:
    """A generated world with keys everywhere, and an ``openclaw`` that takes down how it was called."""
    hand = random.Random(seed)
    world = World(folder / "home")
    world.write_config(written(with_keys(config(hand, "list")), hand))
    documents = manifests(hand, ["defaults", "coder"])
    documents[0]["spec"]["baseUrl"] = address
    world.write("manifests/all.yaml", as_yaml(documents))
    world.install_stub("2026.9.6", {})
    world.write(".openclaw/.env", f"{VARIABLE}={key('dotenv')}\n")
    world.write(".openclaw/agents/main/agent/models.json", json.dumps({"note": "no key here"}))
    world.write("watch/sitecustomize.py", WATCH.format(log=str(world.home / "started.log")))
    (world.home / "tmp").mkdir()
    world.environ[VARIABLE] = key("env")
    world.environ["RECONCILER_DISCARD_KEY"] = " ".join(HELD)
    # The `.env` file above has another key under the name of an inline one.
    world.environ["RECONCILER_ACCEPT_SHADOW"] = "provider/siliconflow.apiKey provider/second.apiKey"
    world.environ["PYTHONPATH"] = f"{world.home / 'watch'}:{ROOT}"
    world.environ["TMPDIR"] = str(world.home / "tmp")
    return world


def stored_world(folder: Path, release: str, address: str, declared: dict[str, Any]) -> World:
    """A world with every store that the release has, and one provider whose key is ``declared``."""
    world = World(folder / "home")
    world.write_config(f'{{ meta: {{ lastTouchedVersion: "{release}" }}, gateway: {{ mode: "local" }} }}\n')
    agent = world.home / ".openclaw/agents/main/agent"
    theirs = {"type": "api_key", "provider": "theirs", "key": key("theirs")}
    if release == "2026.4.15":
        document = json.dumps({"version": 1, "profiles": {"theirs:a": theirs}})
        world.write(".openclaw/agents/main/agent/auth-profiles.json", document)
    elif release == "2026.6.11":
        agent_database(agent / "openclaw-agent.sqlite")
    else:
        shared_database(world.home / ".openclaw/state/openclaw.sqlite")
    world.write("secret/key", f"{key('env')}\n")
    world.environ[VARIABLE] = key("env")
    model = {"id": "m/one", "name": "One", "contextWindow": 64000, "maxTokens": 4096}
    provider = {"site": "here", "key": declared, "models": [model]}
    documents = [
        SITE | {"spec": {"baseUrl": address}},
        {**SITE, "kind": "Provider", "metadata": {"name": "siliconflow"}, "spec": provider},
    ]
    world.write("manifests/all.yaml", as_yaml(documents))
    world.write("watch/sitecustomize.py", WATCH.format(log=str(world.home / "started.log")))
    (world.home / "tmp").mkdir()
    world.environ["PYTHONPATH"] = f"{world.home / 'watch'}:{ROOT}"
    world.environ["TMPDIR"] = str(world.home / "tmp")
    return world


def require_secrecy(
    world: World,
    *arguments: str,
    planted: tuple[str, ...] = PLANTED,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run a command and search what it printed, started and left but in the places that are ``planted``."""
    ran = world.run(*arguments, env=env)
    assert SENTINEL not in ran.stdout + ran.stderr, ran
    assert list((world.home / "tmp").iterdir()) == [], ran
    for name, data in contents(world.home).items():
        if not name.removeprefix(".openclaw/").startswith(planted) and not name.startswith(planted):
            assert SENTINEL.encode() not in data, (name, ran)
    return ran.code


READERS = {
    "plan": ("text", "json", "markdown", "html"),
    "drift": ("text", "json", "markdown"),
    "health": ("text", "json", "markdown"),
    "validate": ("text", "json"),
    "doctor": ("text", "json"),
    "history": ("text", "json"),
}


def read_everything(world: World) -> None:
    """Every command that only reads, in every format, with all that it can say."""
    for word, forms in READERS.items():
        for form in forms:
            require_secrecy(world, word, "-v", "--format", form)
    require_secrecy(world, "plan", "--health", "--no-cache", "-o", "plan.json")
    for form in ("text", "json", "markdown", "html"):
        require_secrecy(world, "show", "-v", "plan.json", "--format", form)


@pytest.mark.parametrize("seed", range(2))
def test_no_command_shows_keeps_or_passes_on_a_key(tmp_path: Path, seed: int) -> None:
    """Before, during and after applies, one of them with other keys than the one before."""
    with StandIn(keys=[key("env"), key("next")]) as service:
        world = world_of(seed, tmp_path, service.base_url)
        require_secrecy(world, "plan", "-v")
        assert require_secrecy(world, "apply", "--yes", "--skip-health", "-v") == 0
        world.config.write_text(world.config.read_text("utf-8").replace("sk-", "sk-moved-"), "utf-8")
        read_everything(world)
        require_secrecy(
            world, "apply", "-v", "--yes", "--skip-health", "--format", "json", env={VARIABLE: key("next")}
        )
        require_secrecy(world, "catalog", "--live", "-v")
    calls = (world.home / "started.log").read_text()
    assert "models" in calls, "the watch heard nothing"


SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "file": ("2026.9.6", {"file": "~/secret/key"}),
    "exec": ("2026.9.6", {"exec": ["/bin/cat", "secret/key"]}),
    "store": ("2026.9.6", {"store": VARIABLE}),
    "profile-json": ("2026.4.15", {"profile": "work", "from": {"file": "~/secret/key"}}),
    "profile-agent": ("2026.6.11", {"profile": "work", "from": {"exec": ["/bin/cat", "secret/key"]}}),
    "profile-shared": ("2026.9.6", {"profile": "work", "from": {"env": VARIABLE}}),
    "profile-ref": ("2026.9.6", {"profile": "work", "file": "~/secret/key"}),
}
# Where the key, or somebody's own one, belongs.
HOLDERS = ("secret/", ".openclaw/state/openclaw.sqlite", ".openclaw/agents/main/agent/")


@pytest.mark.parametrize("source", SOURCES)
def test_no_source_of_a_key_shows_keeps_or_passes_on_one(tmp_path: Path, source: str) -> None:
    """Written, explained, rotated, rolled back and taken out again, with a second key lying open in every place that had one."""
    release, declared = SOURCES[source]
    with StandIn(keys=[key("env"), key("next")]) as service:
        world = stored_world(tmp_path, release, service.base_url, declared)

        def require(*words: str) -> int:
            return require_secrecy(world, *words, planted=(*PLANTED, *HOLDERS))

        for word in ("plan", "apply"):
            assert require(word, *YES[word], "-v", "--allow-exec") == 0
        world.write("secret/key", f"{key('next')}\n")
        world.environ[VARIABLE] = key("next")
        for word in ("plan", "drift", "explain", "doctor", "history", "health"):
            for form in ("text", "json", "markdown"):
                if form != "markdown" or word != "doctor":
                    require(
                        word,
                        "-v",
                        *(["--allow-exec"] if word in ("plan", "health") else ()),
                        "--format",
                        form,
                    )
        for words in (("apply", *YES["apply"]), ("rollback", "--yes")):
            assert require(*words, "-v", "--allow-exec") == 0
        world.write("manifests/all.yaml", as_yaml([SITE | {"spec": {"baseUrl": service.base_url}}]))
        assert require("apply", *YES["apply"], "--allow-empty", "--allow-mass-delete", "-v") == 0
        require("drift", "-v")
    journal = contents(world.home / ".openclaw" / "reconciler")
    assert [name for name, data in journal.items() if SENTINEL.encode() in data] == []


ECHO = Fault(
    status=401, body=json.dumps({"code": 30014, "message": f"{key('env')} is no token", "data": None})
)


@pytest.mark.parametrize(
    "failure",
    [
        "echoed",
        "put back",
        "rejected",
        "mute",
        "broken config",
        "broken manifest",
        "key in manifest",
        "moved",
    ],
)
def test_no_failure_shows_keeps_or_passes_on_a_key(tmp_path: Path, failure: str) -> None:
    faults = [ECHO] * 8 if failure == "echoed" else []
    with StandIn(keys=[key("env")], faults=faults) as service:
        world = world_of(SEED, tmp_path, service.base_url)
        wanted, extra = FAILURES[failure](world)
        for form in ("text", "json", "markdown"):
            code = require_secrecy(world, "apply", *extra, "--yes", "-v", "--no-cache", "--format", form)
            assert code == wanted
        require_secrecy(world, "plan", "-v", "--health", "--no-cache")
        require_secrecy(world, "history", "-v")
        require_secrecy(world, "doctor", "-v")


Failure = tuple[int, tuple[str, ...]]
UNASKED = ("--skip-health",)


def _echoed(world: World) -> Failure:
    return 5, ()


def _put_back(world: World) -> Failure:
    world.install_stub("2026.9.6", {"resolves": "x/y"})
    return 6, UNASKED


def _rejected(world: World) -> Failure:
    world.install_stub("2026.9.6", {"rejects": f"Invalid input: {key('inline')}"})
    return 1, UNASKED


def _mute(world: World) -> Failure:
    world.install_stub("2026.9.6", {"mute": ""})
    return 6, UNASKED


def _broken_config(world: World) -> Failure:
    world.write_config(f'{{ env: {{ vars: {{ A: "{key("inline")}" "{key("other")}" }} }} }}')
    return 1, UNASKED


def _broken_manifest(world: World) -> Failure:
    world.write(
        "manifests/more.yaml", f"apiVersion: reconciler/v1\nkind: Provider\nspec: {{key: {key('yaml')}: ["
    )
    return 1, UNASKED


def _key_in_manifest(world: World) -> Failure:
    text = as_yaml(
        [
            {
                "apiVersion": "reconciler/v1",
                "kind": "Provider",
                "metadata": {"name": "third"},
                "spec": {
                    "site": "here",
                    "key": {"env": key("name")},
                    "apiKey": key("field"),
                    "headers": {"Authorization": f"Bearer {key('header')}", "X-Api-Key": key("header")},
                },
            }
        ]
    )
    world.write("manifests/more.yaml", text)
    return 1, UNASKED


def _moved(world: World) -> Failure:
    assert require_secrecy(world, "plan", "-o", "saved.json") == 0
    world.config.write_text(world.config.read_text("utf-8").replace("sk-", "sk-moved-"), "utf-8")
    return 4, (*UNASKED, "saved.json")


FAILURES = {
    "echoed": _echoed,
    "put back": _put_back,
    "rejected": _rejected,
    "mute": _mute,
    "broken config": _broken_config,
    "broken manifest": _broken_manifest,
    "key in manifest": _key_in_manifest,
    "moved": _moved,
}


@given(case=cases())
@settings(max_examples=40, deadline=None)
def test_no_plan_and_no_journal_holds_a_key(case: Case) -> None:
    """The same through the Python API over many more worlds; also what a value says of itself."""
    text = written(with_keys(case.meaning), case.hand)
    with target_of(case._replace(files={"openclaw.json": text})) as target:
        target.environ[VARIABLE] = key("env")
        _require_silence(target)
        target.apply()
        _require_silence(target)


def _require_silence(target: Target) -> None:
    plan = target.plan().plan
    assert SENTINEL not in render_plan(plan) + repr(plan)
    for name, data in contents(target.state / "reconciler").items():
        assert SENTINEL.encode() not in data, name
