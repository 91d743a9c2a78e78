"""Sixty applies among other writers of the same config on the newest release: nobody's change is lost, and no file is invalid.

OpenClaw's command line, an editor that takes no lock, a second manifest set and a running gateway go on all the time. Each foreign
writer owns one value and looks whether it still is what it wrote last. Most applies see no OpenClaw installed and reach the state
folder by another path, so that they don't wait for the gateway; the others ask both.
"""

from __future__ import annotations

import collections
import json
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import json5
import pytest

from reconciler.apply.run import Steps, apply
from reconciler.errors import MovedError, VerificationError
from reconciler.keys import Keyring
from reconciler.planning.making import make_plan
from reconciler.planning.request import Request
from tests.openclaw.install import install
from tests.openclaw.sandbox import Sandbox
from tests.openclaw.test_main_job import KEY, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.openclaw

RELEASE = "2026.9.6"
APPLIES, FOLLOWED_EVERY, INSTALLED_EVERY = 60, 10, 20
BURST = 25
CONFIG = """\
{
  meta: { lastTouchedVersion: "2026.9.6" },
  gateway: { mode: "local" },
  messages: { responsePrefix: "cli-0" },
  ui: { seamColor: "#000000" },
  agents: { defaults: { skipBootstrap: true } },
}
"""
# One value of each writer.
_OWN_VALUES = re.compile(r'cli-\d+-\d+|#\d{6}|[12]\d{5}(?=,|\s)|lastTouchedAt\W+[^"\']+')
MANIFEST = """\
apiVersion: reconciler/v1
kind: Gateway
metadata: {name: local}
spec: {release: %s}
---
apiVersion: reconciler/v1
kind: Site
metadata: {name: stand}
spec: {baseUrl: "http://127.0.0.1:9/v1"}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: %s}
spec:
  site: stand
  key: {env: SILICONFLOW_API_KEY}
  models: [{id: a/b, name: B, contextWindow: %d, maxTokens: 4096}]
"""


class Race:
    """The config, and what came of everybody's writes.

    Attributes:
        counts: how many of what happened.
        wrong: what must not happen.
        seen: every different config that was seen, as who wrote what last.
    """

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.config = sandbox.config_path
        self.folder = folder
        self.counts: collections.Counter[str] = collections.Counter()
        self.wrong: list[str] = []
        self.seen: list[str] = []
        self.over = threading.Event()
        self.bin = sandbox.openclaw_shim(folder / "bin").parent
        self.aside = folder / "aside"
        self.aside.symlink_to(sandbox.state_dir)

    def declare(self, name: str, window: int) -> Path:
        """Writes the manifests of one set."""
        manifests = self.folder / name
        manifests.mkdir(exist_ok=True)
        (manifests / "all.yaml").write_text(MANIFEST % (RELEASE, name, window), encoding="utf-8")
        return manifests

    def environ(self, *, installed: bool) -> dict[str, str]:
        """Of an apply; without `installed` there is no openclaw to ask."""
        base = self.sandbox.environment({"SILICONFLOW_API_KEY": KEY, **self.sandbox.gateway_environment})
        return {**base, "PATH": f"{self.bin}:{base['PATH']}" if installed else str(self.folder)}

    def request(self, number: int) -> Request:
        """The one of an apply that declares something new each time."""
        followed = number % FOLLOWED_EVERY == 0
        environ = self.environ(installed=number % INSTALLED_EVERY == 0)
        return Request(
            (str(self.declare("first", 100_000 + number)),),
            environ,
            Keyring(environ),
            state_dir=str(self.sandbox.state_dir if followed else self.aside),
        )

    def apply(self, number: int) -> None:
        """One apply; another writer may have it give up, but not put anything back."""
        try:
            outcome = apply(self.request(number), Steps(None, lambda _: True, lambda _: None))
        except MovedError as error:
            self.counts["applies given up (exit 4)"] += 1
            self.counts[error.what.splitlines()[0][:60]] += 1
        except VerificationError as error:
            if "hasn't taken the config over" in str(error):
                # On a busy machine the gateway may need longer than apply waits: then everything is put back.
                self.counts["applies put back (exit 6), the gateway was too slow"] += 1
            else:
                self.wrong.append(f"apply {number}: {error}")
        else:
            self.counts["applies that wrote"] += outcome.receipt is not None
            evidence = " ".join(outcome.receipt.evidence) if outcome.receipt else ""
            self.counts["applies confirmed by the gateway"] += "has applied the config" in evidence
            self.counts["applies with a foreign write before the end"] += "by somebody since" in evidence

    def set_by_command(self) -> None:
        """`openclaw config set` of a foreign key, again and again."""
        last = "cli-0"
        while not self.over.is_set():
            wanted = f"cli-{self.counts['config set']}-{self.counts['config set refused']}"
            self._require(f'"{last}"'.encode(), "config set")
            done = self.sandbox.run("config", "set", "messages.responsePrefix", wanted)
            if done.returncode == 0:
                last = wanted
                self.counts["config set"] += 1
            else:
                # It says so when the config moved meanwhile; mostly before it writes, but also when it notices only afterwards.
                self.counts["config set refused"] += 1
                if wanted.encode() in self.config.read_bytes():
                    last = wanted
                    self.counts["config set refused, though written"] += 1
        self._require(f'"{last}"'.encode(), "config set")

    def leave_time(self) -> None:
        """OpenClaw's own writer takes seconds, and gives up when the file moves meanwhile: let one through."""
        known = self.counts["config set"]
        while self.counts["config set"] == known and not self.wrong:
            time.sleep(0.1)

    def edit_by_hand(self) -> None:
        """The editor, in a process of its own like every editor."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.openclaw.editor", str(self.config)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.over.wait()
        said, _ = process.communicate()
        report = json.loads(said)
        self.counts.update(report["counts"])
        self.wrong.extend(report["wrong"])

    def apply_another_set(self) -> None:
        """A second reconciler, with manifests of its own."""
        number = 0
        while not self.over.is_set():
            number += 1
            manifests = self.declare("second", 200_000 + number)
            command = [sys.executable, "-m", "reconciler", "apply", "--yes", "--skip-health"]
            where = ["-f", str(manifests), "--set", "second", "--state-dir", str(self.aside)]
            done = subprocess.run(
                [*command, *where],
                env={**self.environ(installed=False), "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
            )
            self.counts[f"applies of the second set, exit {done.returncode}"] += 1
            if done.returncode not in (0, 4):
                self.wrong.append(done.stderr)
            if done.returncode == 0:
                self._require(str(200_000 + number).encode(), "second set")
            time.sleep(2.0)

    def watch(self) -> None:
        """Reads and parses the config all the time."""
        seen = b""
        while not self.over.is_set():
            try:
                data = self.config.read_bytes()
                if data != seen:
                    json5.loads(data.decode()) if b"//" in data or b"'" in data else _parsed(data)
                    self.counts["different files seen, all valid"] += 1
                    self.seen.append(f"{time.time():.3f} " + " ".join(_OWN_VALUES.findall(data.decode())))
                seen = data
            except (OSError, ValueError) as error:
                self.wrong.append(f"the config was unreadable: {error!r}")
            time.sleep(0.002)

    def _at_work(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (AssertionError, OSError, ValueError) as error:
            self.wrong.append(f"{work.__name__} ended with {error!r}")

    def _require(self, value: bytes, whose: str) -> None:
        if value not in self.config.read_bytes():
            self.wrong.append(f"the last {whose} ({value!r}) is lost")

    @contextmanager
    def others(self) -> Iterator[None]:
        """Everybody else at work."""
        works: tuple[Callable[[], None], ...] = (
            self.set_by_command,
            self.edit_by_hand,
            self.apply_another_set,
            self.watch,
        )
        threads = [threading.Thread(target=self._at_work, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()


def _parsed(data: bytes) -> None:
    try:
        json.loads(data)
    except ValueError:
        json5.loads(data.decode())


def test_sixty_applies_among_other_writers_lose_nothing(tmp_path: Path) -> None:
    sandbox = Sandbox(install(RELEASE), tmp_path / "home")
    sandbox.write_config(CONFIG)
    race = Race(sandbox, tmp_path)
    with sandbox.gateway({"SILICONFLOW_API_KEY": KEY}):
        race.apply(1)
        with race.others():
            for number in range(2, APPLIES + 1):
                race.apply(number)
                if number % BURST == 0:
                    race.leave_time()
        for number in range(APPLIES + 1, APPLIES + 5):
            race.apply(number)
        plan = make_plan(race.request(APPLIES + 4)).plan
    print("\n", *(f"{count:5d} {what}\n" for what, count in sorted(race.counts.items())))  # noqa: T201
    assert race.wrong == [], "\n".join(race.seen)
    assert plan.changes == ()
    assert not list(sandbox.state_dir.glob("openclaw.json.clobbered*"))
    assert not list(sandbox.state_dir.glob("openclaw.json.rejected*"))
    assert race.counts["applies that wrote"] > APPLIES // 2
    assert race.counts["applies confirmed by the gateway"] > 0
    assert race.counts["config set"] > 1
    assert race.counts["edits"] > 20
