"""A real bash, zsh and fish complete commands, options and their values, as README.md says how."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 300.0  # a shell that hangs; nothing waits that long
# Answers a shell as the program does; what is run is taken down instead.
PROGRAM = f"""\
#!{sys.executable}
import json, os, sys
if "_RECONCILER_COMPLETE" in os.environ or sys.argv[1:2] == ["completion"]:
    from reconciler.__main__ import main
    main()
with open(os.path.join(os.environ["HOME"], "ran"), "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
"""
GATEWAYS = """\
apiVersion: reconciler/v1
kind: Gateway
metadata: {name: attic}
spec: {}
---
apiVersion: reconciler/v1
kind: Gateway
metadata: {name: desk}
spec: {}
"""
# What is typed, and what is run.
TYPED = (
    ("reconciler val\t--exp\tduplicate-al\t", ["validate", "--explain", "duplicate-alias"]),
    ("reconciler plan --form\tmark\t", ["plan", "--format", "markdown"]),
    ("reconciler plan --gateway de\t", ["plan", "--gateway", "desk"]),
    ("reconciler catalog diff gl\t", ["catalog", "diff", "global"]),
    ("reconciler apply pl\t--ye\t", ["apply", "plan.json", "--yes"]),
)
START = {
    "bash": (["--noprofile", "--norc", "-i"], 'eval "$(reconciler completion bash)"'),
    "zsh": (["-f", "-i"], 'autoload -U compinit; compinit -u; eval "$(reconciler completion zsh)"'),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in (("bin/reconciler", PROGRAM), ("manifests/all.yaml", GATEWAYS), ("plan.json", "")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "bin" / "reconciler").chmod(0o755)
    return tmp_path


def installed(shell: str) -> str:
    path = shutil.which(shell)
    assert path, f"{shell} is not installed, so its completion can't be tested: apt-get install {shell}"
    return path


def environ(home: Path) -> dict[str, str]:
    path = os.pathsep.join([str(home / "bin"), "/usr/bin", "/bin"])
    return {"HOME": str(home), "PATH": path, "PYTHONPATH": str(ROOT), "TERM": "xterm", "LANG": "C.UTF-8"}


class Terminal:
    """An interactive shell on a terminal of its own."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.home = home
        self.ours, theirs = pty.openpty()
        termios.tcsetwinsize(self.ours, (50, 200))
        self.shown = b""
        self.process = subprocess.Popen(
            command,
            cwd=home,
            env=environ(home),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def type(self, text: str, lines: int) -> None:
        """Type a line, and wait until that many commands have been taken down."""
        os.write(self.ours, text.encode() + b"\r")
        end = time.monotonic() + SECONDS
        while len(self.ran()) < lines:
            assert time.monotonic() < end, self.shown.decode(errors="replace")
            if select.select([self.ours], [], [], 0.05)[0]:
                self.shown += os.read(self.ours, 4096)

    def ran(self) -> list[list[str]]:
        """The arguments of every command that was run."""
        taken = self.home / "ran"
        return [json.loads(line) for line in taken.read_text().splitlines()] if taken.exists() else []

    def close(self) -> None:
        os.close(self.ours)
        self.process.kill()
        self.process.wait()


@pytest.mark.parametrize("shell", START)
def test_typing_and_tab_runs_the_whole_command(shell: str, home: Path) -> None:
    options, line = START[shell]
    terminal = Terminal([installed(shell), *options], home)
    try:
        terminal.type(f"{line}; reconciler ready", 1)
        for count, (typed, _) in enumerate(TYPED, 2):
            terminal.type(typed, count)
    finally:
        terminal.close()
    assert terminal.ran()[1:] == [run for _, run in TYPED]


def test_fish_offers_what_can_follow(home: Path) -> None:
    script = "reconciler completion fish | source; for typed in $argv; complete -C $typed; echo END; end"
    asked = [typed.split("\t")[0] for typed, _ in TYPED]
    done = subprocess.run(
        [installed("fish"), "--no-config", "-c", script, *asked],
        cwd=home,
        env=environ(home),
        capture_output=True,
        text=True,
        check=True,
    )
    offered = [[line.partition("\t")[0] for line in part.splitlines()] for part in done.stdout.split("END\n")]
    assert offered[:4] == [["validate"], ["--format"], ["desk"], ["global"]]
    assert "plan.json" in offered[4]


def test_the_variable_that_click_documents_works_too(home: Path) -> None:
    for shell in ("bash", "zsh", "fish"):
        done = subprocess.run(
            [str(home / "bin" / "reconciler")],
            env={**environ(home), "_RECONCILER_COMPLETE": f"{shell}_source"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "_reconciler_completion" in done.stdout
        assert "Usage" not in done.stdout
