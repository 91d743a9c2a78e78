"""The model of what OpenClaw resolves, held against real releases; and that an apply keeps what agents may use."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.openclaw.capabilities import MODEL_POLICY
from reconciler.openclaw.ids import alias_key, model_key
from reconciler.openclaw.resolution import resolve_models, wildcard
from reconciler.release import Release
from reconciler.standin import StandIn
from tests.openclaw.install import install

if TYPE_CHECKING:
    from tests.openclaw.sandbox import Sandbox

pytestmark = pytest.mark.openclaw

ROOT = Path(__file__).parents[2]
KEY = "sk-resolution-0123456789abcdef"
ONE, TWO, PLAIN, OTHER = "mine/a/one", "mine/b/two", "mine/plain", "other/a/x"
EVERY = (ONE, TWO, PLAIN, OTHER)

# What the defaults say: models behind aliases, lists of every kind, a primary in a list and outside of it.
MAPS: list[dict[str, Any]] = [
    {"model": "Q", "models": {ONE: {"alias": "q"}, TWO: {"alias": " Q "}}},
    {"model": {"primary": "c/d"}, "models": {ONE: {"alias": "c/d"}, "Mine/plain": {}}},
    {"model": TWO, "models": {}},
    {"model": ONE, "models": {"mine/*": {}, OTHER: {"alias": "x"}}},
    {"model": "plain", "models": {PLAIN: {"alias": "one"}}},
]
POLICIES: list[dict[str, Any]] = [
    {"model": ONE, "models": {TWO: {"alias": "q"}}, "modelPolicy": {}},
    {"model": ONE, "models": {TWO: {"alias": "q"}}, "modelPolicy": {"allow": ["q", "mine/a/*"]}},
    {"model": ONE, "models": {TWO: {"alias": "q"}}, "modelPolicy": {"allow": []}},
]
MARKED = {"migrations": {"modelPolicyAllowlist": True}}


def config(url: str, defaults: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    """A config with two providers, all of whose models one service serves."""
    rows: dict[str, list[dict[str, str]]] = {}
    for ref in EVERY:
        provider, _, name = ref.partition("/")
        rows.setdefault(provider, []).append({"id": name, "name": name})
    providers = {
        name: {"baseUrl": url, "apiKey": KEY, "api": "openai-completions", "models": models}
        for name, models in rows.items()
    }
    return {
        "meta": meta,
        "gateway": {"mode": "local"},
        "models": {"providers": providers},
        "agents": {"defaults": {"skipBootstrap": True, **defaults}},
    }


def drawn(hand: random.Random) -> dict[str, Any]:
    """Defaults as they come: some models with aliases or without, any of them the primary."""
    names = hand.sample(EVERY, hand.randint(1, 3))
    entries = {name: hand.choice([{}, {"alias": f"alias of {name}"}]) for name in names}
    return {"model": {"primary": hand.choice(EVERY), "fallbacks": [hand.choice(EVERY)]}, "models": entries}


def listed(allowed: list[str], ref: str, release: Release) -> bool:
    """Whether OpenClaw's own answer lists a model; without any it lists all. Some releases answer with wildcards as written."""
    keys = [model_key(name) for name in allowed]
    heads = tuple(key[:-1] for key in keys if wildcard(key, release))
    return not keys or ref in keys or ref.startswith(heads)


def test_openclaw_resolves_what_the_model_says(sandbox: Sandbox) -> None:
    release = Release.parse(sandbox.release.version)
    hand = random.Random(sandbox.release.version)
    meta: dict[str, Any] = {"lastTouchedVersion": str(release)}
    cases = [(defaults, meta) for defaults in (*MAPS, drawn(hand), drawn(hand))]
    if MODEL_POLICY.covers(release):
        cases += [(defaults, meta) for defaults in POLICIES]
        cases.append(({"model": ONE, "models": {TWO: {"alias": "q"}}}, {**meta, **MARKED}))
    with StandIn("global", [KEY]) as service:
        for defaults, said in cases:
            document = config(service.base_url, defaults, said)
            sandbox.write_config(json.dumps(document))
            status = sandbox.models_status()
            choice = resolve_models(document, release).defaults
            assert status["resolvedDefault"] == choice.primary, defaults
            aliases = {alias_key(alias): ref for alias, ref in status["aliases"].items()}
            assert aliases == choice.aliases, defaults
            assert status["fallbacks"] == list(choice.fallbacks), defaults
            for ref in EVERY:
                mine = ref in choice.allowed or (ref == choice.primary and choice.used)
                theirs = listed(status["allowed"], ref, release) or (ref == choice.primary and choice.used)
                assert theirs == mine, (ref, defaults, status["allowed"])
        # A primary that the list leaves out, with a slash in its id.
        document = config(service.base_url, {"model": ONE, "models": {TWO: {}}}, meta)
        sandbox.write_config(json.dumps(document))
        turn = sandbox.agent_turn()
        used = next(seen.body["model"] for seen in service.requests if seen.path.endswith("/completions"))
    assert (used == "a/one") == resolve_models(document, release).defaults.used, turn


MANIFEST = """\
apiVersion: reconciler/v1
kind: Site
metadata: {{name: here}}
spec: {{baseUrl: "{url}", catalog: none}}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {{name: siliconflow}}
spec: {{site: here, key: {{env: SILICONFLOW_API_KEY}}, models: [{models}]}}
"""
CHOSEN = """\
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: defaults}
spec: {model: {primary: siliconflow/new/three}}
"""
FIRST = "{id: m/one, name: One, contextWindow: 64000, maxTokens: 8192, alias: uno}"
THIRD = "{id: new/three, name: Three, contextWindow: 64000, maxTokens: 8192}"
VARIABLES = {"SILICONFLOW_API_KEY": KEY}


class Desk:
    """An operator beside a home."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox, self.url = sandbox, url
        self.manifest = sandbox.home / "all.yaml"
        self.declare(FIRST)

    def declare(self, models: str, more: str = "") -> None:
        """Say this instead."""
        self.manifest.write_text(MANIFEST.format(url=self.url, models=models) + more, encoding="utf-8")

    def run(self, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
        """Run ``reconciler``; without a ``path`` the release is read from the config, and OpenClaw isn't started."""
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments, "-f", str(self.manifest)],
            env={**self.sandbox.environment(VARIABLES), "PATH": path, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    def apply(self, path: str = "") -> None:
        """Apply, successfully, so that nothing is left to do."""
        done = self.run("apply", "--yes", "--skip-health", "--allow-host", "127.0.0.1", path=path)
        assert done.returncode == 0, done.stdout + done.stderr
        self.require_nothing_to_do(path)

    def require_nothing_to_do(self, path: str = "") -> None:
        """No changes, and nobody is blamed."""
        planned = self.run("plan", "--exit-code", path=path)
        assert planned.returncode == 0, planned.stdout + planned.stderr

    @property
    def allowed(self) -> set[str]:
        """The models that OpenClaw lets agents use; none where it lets them use any."""
        status = self.sandbox.models_status(VARIABLES)
        return {ref for ref in status["allowed"] if ref.partition("/")[0] in ("siliconflow", "acme")}

    def edit(self, change: dict[str, Any]) -> None:
        """Somebody adds entries to the map of models by hand."""
        document = json.loads(self.sandbox.config_path.read_text(encoding="utf-8"))
        document["agents"]["defaults"].setdefault("models", {}).update(change)
        self.sandbox.write_config(json.dumps(document, indent=2))


def home(sandbox: Sandbox, models: dict[str, Any] | None = None) -> str:
    """A config that uses another provider, with a list of models or without."""
    acme = {
        "baseUrl": "http://127.0.0.1:9/v1",
        "api": "openai-completions",
        "models": [{"id": "x", "name": "x"}],
    }
    return json.dumps(
        {
            "meta": {"lastTouchedVersion": sandbox.release.version},
            "gateway": {"mode": "local"},
            "models": {"providers": {"acme": acme}},
            "agents": {
                "defaults": {
                    "skipBootstrap": True,
                    "model": "acme/x",
                    **({"models": models} if models else {}),
                }
            },
        },
        indent=2,
    )


def test_what_agents_may_use_stays_as_it_was(sandbox: Sandbox) -> None:
    policies = MODEL_POLICY.covers(Release.parse(sandbox.release.version))
    desk = Desk(sandbox, "http://127.0.0.1:9/v1")
    sandbox.write_config(home(sandbox, {"acme/x": {}}))
    desk.apply()
    assert desk.allowed == {"acme/x", "siliconflow/m/one"}

    sandbox.write_config(home(sandbox))
    desk.apply()
    assert desk.allowed == (set() if policies else {"acme/x", "siliconflow/m/one"})
    desk.edit({"acme/y": {"alias": "gpt"}})
    desk.require_nothing_to_do()
    assert sandbox.run("config", "set", "gateway.port", "18999", env=VARIABLES).returncode == 0
    desk.require_nothing_to_do()
    assert desk.allowed == (set() if policies else {"acme/x", "acme/y", "siliconflow/m/one"})


def test_after_an_upgrade_a_new_primary_is_applied_and_used(tmp_path: Path) -> None:
    """`doctor --fix` makes a policy of the aliases; a model that the manifests choose later is put into it."""
    from tests.openclaw.sandbox import Sandbox as Home

    sandbox = Home(install("2026.6.11"), tmp_path / "home")
    with StandIn("global", [KEY], models=("m/one", "new/three")) as service:
        desk = Desk(sandbox, service.base_url)
        sandbox.write_config(home(sandbox))
        desk.apply()
        sandbox.release = install("2026.9.6")
        fixed = sandbox.run("doctor", "--fix", "--non-interactive", env=VARIABLES)
        defaults = json.loads(sandbox.config_path.read_text(encoding="utf-8"))["agents"]["defaults"]
        assert set(defaults["modelPolicy"]["allow"]) == {"acme/x", "siliconflow/m/one"}, fixed
        path = f"{sandbox.openclaw_shim(tmp_path / 'bin').parent}:{sandbox.environment()['PATH']}"
        desk.require_nothing_to_do(path)
        desk.declare(f"{FIRST}, {THIRD}", CHOSEN)
        desk.apply(path)
        assert desk.allowed == {"acme/x", "siliconflow/m/one", "siliconflow/new/three"}
        turn = sandbox.agent_turn(env=VARIABLES)
        used = [seen.body["model"] for seen in service.requests if seen.path.endswith("/completions")]
    assert used[:1] == ["new/three"], turn
