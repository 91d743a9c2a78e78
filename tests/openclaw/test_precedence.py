"""The precedence that `explain` embodies is what each release does: a turn for each provider, and the key that arrives."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.openclaw.paths import find_paths
from reconciler.secret import Secret
from reconciler.standin import StandIn
from reconciler.targets.local import LocalReader
from tests.explain.measured import CASES, REFUSED, filled, key, profile, provider_config, variable, winner
from tests.openclaw.stores import put_profiles

if TYPE_CHECKING:
    from reconciler.secret import Fingerprints
    from tests.explain.measured import Case
    from tests.openclaw.sandbox import Sandbox

pytestmark = pytest.mark.openclaw

ROOT = Path(__file__).parents[2]
REAL = {f"p{index}": case for index, case in enumerate(CASES) if case.real}
SOURCES = ("process", "dotenv", "vars", "literal", "file", "cached", "a", "b", "t", "both")
MODEL = "m/one"


class Stage:
    """A home in which every provider has its own contest, and two servers: the config's, and the one of old."""

    def __init__(self, sandbox: Sandbox, new: StandIn, old: StandIn) -> None:
        self.sandbox, self.new, self.old = sandbox, new, old
        self.env = {variable(p): key(p, "process") for p, case in REAL.items() if "process" in case.sets}
        sandbox.openclaw_shim(sandbox.home / "bin")
        self._choose("p2")
        self._write(".env", "".join(f"{variable(p)}={key(p, 'dotenv')}\n" for p in self._setting("dotenv")))
        cached = {p: self._cached(p) for p, case in REAL.items() if case.cached}
        self._write("agents/main/agent/models.json", json.dumps({"providers": cached}))
        for provider in REAL:
            self._write(f"{provider}.key", key(provider, "file"))
        profiles = {f"{p}:{name}": profile(p, name) for p, case in REAL.items() for name in case.profiles}
        stored = {p: [filled(name, p) for name in case.stored] for p, case in REAL.items() if case.stored}
        put_profiles(sandbox, profiles, stored)

    def _setting(self, kind: str) -> list[str]:
        return [provider for provider, case in REAL.items() if kind in case.sets]

    def _choose(self, provider: str) -> None:
        """Make the provider's model the primary one; 2026.4.15 can't be told a model for one turn."""
        self.sandbox.write_config(json.dumps(self._config(provider), indent=2))

    def _config(self, chosen: str) -> dict[str, Any]:
        files = {
            f"{p}-key": {
                "source": "file",
                "path": str(self.sandbox.state_dir / f"{p}.key"),
                "mode": "singleValue",
            }
            for p in REAL
        }
        return {
            "gateway": {"mode": "local"},
            "env": {"vars": {variable(p): key(p, "vars") for p in self._setting("vars")}},
            "secrets": {"providers": files},
            "auth": {
                "order": {p: [filled(n, p) for n in case.order] for p, case in REAL.items() if case.order}
            },
            "models": {
                "providers": {p: provider_config(case, p, self.new.base_url) for p, case in REAL.items()}
            },
            "agents": {"defaults": {"skipBootstrap": True, "model": f"{chosen}/{MODEL}"}},
        }

    def _cached(self, provider: str) -> dict[str, Any]:
        entry = provider_config(REAL[provider], provider, self.old.base_url)
        zero = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}
        rows = [{**row, "reasoning": False, "input": ["text"], "cost": zero} for row in entry["models"]]
        return {**entry, "apiKey": key(provider, "cached"), "models": rows}

    def _write(self, name: str, text: str) -> None:
        path = self.sandbox.state_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    def arrived(self, provider: str) -> list[str | None]:
        """The keys that come with a turn on the provider's model."""
        before = len(self.new.requests)
        self._choose(provider)
        self.sandbox.agent_turn(env=self.env)
        return [seen.key for seen in self.new.requests[before:] if seen.path == "/v1/chat/completions"]

    def explained(self) -> tuple[dict[str, dict[str, Any]], Fingerprints]:
        """Each provider's chains by what they are of, as `explain` prints them, and what makes its fingerprints."""
        environ = self.sandbox.environment({**self.env, "PYTHONPATH": str(ROOT)})
        environ["PATH"] = f"{self.sandbox.home / 'bin'}:{environ['PATH']}"
        arguments = ["explain", *REAL, "--state-dir", str(self.sandbox.state_dir), "--format", "json"]
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.sandbox.home,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "sk-" not in done.stdout
        (agent,) = json.loads(done.stdout)["agents"]
        chains: dict[str, dict[str, Any]] = {provider: {} for provider in REAL}
        for chain in agent["chains"]:
            chains[chain["provider"]][chain["what"]] = chain["candidates"]
        paths = find_paths({"HOME": str(self.sandbox.home)})
        return chains, LocalReader(paths, environ).snapshot().fingerprints


@pytest.fixture
def stage(sandbox: Sandbox) -> Any:
    keys = [key(provider, source) for provider in REAL for source in SOURCES]
    with ExitStack() as stack:
        new, old = (stack.enter_context(StandIn(keys=keys, models=(MODEL,))) for _ in range(2))
        yield Stage(sandbox, new, old)


def test_the_key_that_arrives_is_the_one_that_explain_names(stage: Stage) -> None:
    release = stage.sandbox.release.version
    chains, prints = stage.explained()
    wrong = []
    for provider, case in REAL.items():
        expected = _expected(case, provider, release)
        arrived = stage.arrived(provider)
        named = chains[provider]["key"][0]["value"]
        if set(arrived) != expected or (expected and named != prints.of(Secret(arrived[0] or ""))):
            wrong.append((case.name, arrived, named))
    assert not wrong, wrong
    assert not [seen for seen in stage.old.requests if seen.path == "/v1/chat/completions"]


def _expected(case: Case, provider: str, release: str) -> set[str | None]:
    source = winner(case, release)
    return set() if source == REFUSED else {key(provider, source)}
