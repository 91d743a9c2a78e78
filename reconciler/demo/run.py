"""Runs the demo's story, each command in a process of its own, as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from reconciler.demo.story import CONFIG, KEY, SITE, STEPS, Command, HandEdit
from reconciler.errors import ReconcilerError
from reconciler.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable


def run_demo(say: Callable[[str], None], *, keep: str | None = None, width: int, color: bool) -> None:
    """Tell the story.

    Args:
        say: prints a line.
        keep: a folder to leave everything in; otherwise it is thrown away.

    Raises:
        ReconcilerError: a step did not end as it should.
    """
    with StandIn(site="global", keys=(KEY,)) as service:
        if keep is not None:
            _tell(os.path.abspath(keep), service.base_url, say, width=width, color=color)
            return
        with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder:
            _tell(folder, service.base_url, say, width=width, color=color)


def _tell(folder: str, base_url: str, say: Callable[[str], None], *, width: int, color: bool) -> None:
    config = os.path.join(folder, ".openclaw", "openclaw.json")
    os.makedirs(os.path.dirname(config), mode=0o700, exist_ok=True)
    os.makedirs(os.path.join(folder, "manifests"), exist_ok=True)
    _write(config, CONFIG, 0o600)
    _write(os.path.join(folder, "manifests", "site.yaml"), SITE.format(base_url=base_url), 0o644)
    say(f"A stand-in SiliconFlow answers on {base_url}, an OpenClaw home is in {folder}.")
    for step in STEPS:
        say(f"\n# {step.why}")
        if isinstance(step, HandEdit):
            say(f"$ sed -i 's/{step.before}/{step.after}/' ~/.openclaw/openclaw.json")
            _edit(config, step)
        else:
            _run(step, folder, say, width=width, color=color)
    say("\n# The config now:")
    with open(config, encoding="utf-8") as file:
        say(file.read().rstrip("\n"))


def _run(step: Command, folder: str, say: Callable[[str], None], *, width: int, color: bool) -> None:
    say(f"$ reconciler {' '.join(step.arguments)}")
    environ = {
        # No openclaw is on this path: the demo shows this program, on any machine, in seconds.
        "PATH": os.path.join(folder, "bin"),
        "HOME": folder,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "SILICONFLOW_API_KEY": KEY,
        "COLUMNS": str(width),
        **({"CLICOLOR_FORCE": "1"} if color else {"NO_COLOR": "1"}),
    }
    done = subprocess.run(  # noqa: S603 - this very program, fixed arguments, no shell
        [sys.executable, "-m", "reconciler", *step.arguments],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    say(done.stdout.decode("utf-8", "replace").rstrip("\n"))
    if done.returncode != step.code:
        raise ReconcilerError(
            f"`reconciler {' '.join(step.arguments)}` ended with {done.returncode} instead of {step.code}",
            remedy="please report this, with what is printed above",
        )


def _edit(config: str, step: HandEdit) -> None:
    with open(config, encoding="utf-8") as file:
        text = file.read()
    _write(config, text.replace(step.before, step.after, 1), 0o600)


def _write(path: str, text: str, mode: int) -> None:
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
