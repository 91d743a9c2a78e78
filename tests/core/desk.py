"""A folder with manifests and an OpenClaw home, and the program run on it as a user runs it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

KEY = "sk-sentinel-00112233445566778899"

PROVIDER = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: global
  key: {env: SILICONFLOW_API_KEY}
  models:
    - {id: deepseek-ai/DeepSeek-V3.2, alias: deep}
"""
AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: defaults}
spec:
  model: {primary: siliconflow/deepseek-ai/DeepSeek-V3.2, fallbacks: []}
"""
CONFIG = """\
// by hand
{
  meta: { lastTouchedVersion: "2026.9.6" }, // whose
  gateway: { mode: "local" },
  models: {
    providers: {
      other: { baseUrl: "http://127.0.0.1:9/v1", models: [] }, // theirs
    },
  },
}
"""


class Desk:
    """Files before, a command line, files after."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "home" / ".openclaw"
        self.config = self.state / "openclaw.json"
        self.manifests = folder / "manifests"
        self.state.mkdir(parents=True, mode=0o700)
        self.manifests.mkdir()
        self.declare("provider.yaml", PROVIDER)
        self.declare("agent.yaml", AGENT)
        self.write(CONFIG)

    def declare(self, name: str, text: str) -> None:
        """Write a manifest."""
        (self.manifests / name).write_text(text, encoding="utf-8")

    def write(self, text: str) -> None:
        """Write the live config."""
        self.config.write_text(text, encoding="utf-8", newline="")
        self.config.chmod(0o600)

    def read(self) -> str:
        """The live config."""
        return self.config.read_bytes().decode()

    def run(
        self, *arguments: str, prefix: tuple[str, ...] = (), **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``reconciler ARGUMENTS``; no openclaw is on its PATH."""
        return subprocess.run(
            [*prefix, sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env={
                "HOME": str(self.folder / "home"),
                "PATH": str(self.folder / "bin"),
                "PYTHONPATH": os.pathsep.join((str(ROOT), *filter(None, sys.path))),
                "SILICONFLOW_API_KEY": KEY,
                **environ,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def apply(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Apply without asking and without an endpoint; must succeed."""
        done = self.run("apply", "--yes", "--skip-health", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def tree(self) -> dict[str, tuple[int, int, str]]:
        """Every file of the target with mode, time and digest."""
        found = {}
        for path in sorted(self.state.rglob("*")):
            status = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path)] = (status.st_mode, status.st_mtime_ns, hashlib.sha256(content).hexdigest())
        return found
