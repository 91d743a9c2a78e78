"""A home that may move from one release to the next, two sites on loopback, and manifests for one provider."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.standin.server import StandIn
from tests.openclaw.sandbox import Sandbox

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from tests.openclaw.install import Release

ROOT = Path(__file__).parents[2]
VARIABLE = "SILICONFLOW_API_KEY"
KEYS = {"cn": "sk-of-the-chinese-site-001", "global": "sk-of-the-global-site-0002"}
TEXT, OTHER = "deepseek-ai/DeepSeek-V3.2", "Qwen/Qwen3-8B"
CHAT = "/v1/chat/completions"


class WrongError(AssertionError):
    """A stage that didn't go as promised; the message is one line."""


class Home:
    """Files of one user, and the release that is installed there now; a context manager while its sites serve.

    Args:
        folder: an empty folder.
        key: whose key stands in the variable.
    """

    def __init__(self, release: Release, folder: Path, key: str = "cn") -> None:
        self.folder, self.key = folder, key
        self.sandbox = Sandbox(release, folder / "home")
        self.sites = {site: StandIn(site, (KEYS[site],), models=(TEXT, OTHER)) for site in ("cn", "global")}
        (folder / "manifests").mkdir()
        for site, service in self.sites.items():
            self.declare("Site", site, {"baseUrl": service.base_url})

    def __enter__(self) -> Self:
        for service in self.sites.values():
            service.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for service in self.sites.values():
            service.__exit__(kind, error, trace)

    def upgrade(self, release: Release) -> str:
        """Install another release in this home, and have its doctor migrate what it finds; gives a remark.

        From 2026.6.11 to 9.6 the first run ends with 1, "uses schema version 1", and the second does the rest.
        """
        self.sandbox.release = release
        for remark in ("", "`doctor --fix` had to run twice"):
            if self.sandbox.run("doctor", "--fix", "--non-interactive", env=self.variables).returncode == 0:
                return remark
        return "`doctor --fix` ended with an error twice"

    @property
    def variables(self) -> dict[str, str]:
        """What the user's shell has."""
        return {VARIABLE: KEYS[self.key]}

    def declare(self, kind: str, name: str, spec: dict[str, Any]) -> None:
        """Write one manifest."""
        document = {"apiVersion": "reconciler/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        (self.folder / "manifests" / f"{kind}-{name}.yaml").write_text(json.dumps(document))

    def reconcile(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``reconciler ARGUMENTS`` with the release on PATH."""
        shims = self.folder / f"bin-{self.sandbox.release.version}"
        if not shims.exists():
            self.sandbox.openclaw_shim(shims)
        environ = self.sandbox.environment({**self.variables, "PYTHONPATH": str(ROOT)})
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env={**environ, "PATH": f"{shims}:{environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def require(self, code: int, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``reconciler ARGUMENTS``, which has to end with ``code``.

        Raises:
            WrongError: it ended otherwise.
        """
        done = self.reconcile(*arguments)
        if done.returncode != code:
            raise WrongError(f"`reconciler {arguments[0]}` exits {done.returncode}: {_said(done)}")
        return done

    def require_turn(self, site: str, model: str = TEXT) -> None:
        """A turn of agent `main` has to reach this site with its key, ask for this model, and reach no other.

        Raises:
            WrongError: it did something else.
        """
        turn = self.sandbox.agent_turn(env=self.variables)
        owners = {key: name for name, key in KEYS.items()}
        seen = {
            (name, owners.get(one.key or "", "no"), one.body["model"])
            for name, service in self.sites.items()
            for one in service.requests
            if one.path == CHAT
        }
        for service in self.sites.values():
            service.requests.clear()
        if seen != {(site, site, model)}:
            sent = "; ".join(f"{where} got the {key} key for {asked}" for where, key, asked in sorted(seen))
            raise WrongError(f"in a turn {sent or _last(turn.stderr or turn.stdout)}")


def _said(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    shown = " / ".join(line for line in lines if not line.startswith(("asking", "checking", "verifying")))
    return shown[:300]


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return f"no request was sent: {lines[-1][:200] if lines else 'nothing was said'}"
