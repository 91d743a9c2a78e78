"""A scenario as text: a promise, then steps, each ``=== NAME ARGUMENTS`` with what belongs to it below.

config [crlf] [bom]     the config before; a body without `=== config` at all means that there is none
file PATH               any other file, relative to the home; one that starts with ``#!`` becomes executable,
                        one in a folder `secret` is for its owner alone
link PATH TARGET        a symbolic link; both relative to the home
uses NAME               a manifest of `manifests/` beside this file, as manifests/siliconflow.yaml
env NAME=VALUE …        variables of every command from here on
edit [OLD NEW]          somebody changes the config by hand; longer texts stand below, parted by ---
openclaw RELEASE …      a stand-in `openclaw` on PATH, see `stub.py`; further arguments are its manners
standin NAME=VALUE …    a stand-in service; its address replaces {standin} everywhere
run ARGUMENTS           a command; below it lines `exit N`, `says TEXT`, `never TEXT`
stdout                  exactly what the last command printed
config is [crlf] [bom]  exactly the config now
file is PATH            exactly that file now
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

MARK = "=== "


class Step(NamedTuple):
    """One step: its name, the rest of its line, and the lines below it."""

    name: str
    arguments: str
    body: str


class Script(NamedTuple):
    """A promise and the steps that show it."""

    promise: str
    steps: tuple[Step, ...]


NAMES = (
    "config is",
    "file is",
    "config",
    "file",
    "link",
    "uses",
    "env",
    "edit",
    "openclaw",
    "standin",
    "run",
    "stdout",
)


def read(path: Path) -> Script:
    """Read a script; line ends in it are as written, so a body can hold tabs but no carriage return."""
    promise, *blocks = ("\n" + path.read_text("utf-8")).split(f"\n{MARK}")
    return Script(promise.strip(), tuple(map(_step, blocks)))


def _step(block: str) -> Step:
    line, _, body = block.partition("\n")
    for name in NAMES:
        if line == name or line.startswith(f"{name} "):
            return Step(name, line[len(name) :].strip(), _ended(body))
    raise ValueError(f"no such step: {line}")


def _ended(body: str) -> str:
    """The body with exactly one line end at its end; blank lines before the next step are for readers."""
    text = body.strip("\n") if not body.strip() else body.rstrip("\n")
    return f"{text}\n" if text else ""


def write(path: Path, script: Script) -> None:
    """Write a script, with a blank line before every step."""
    blocks = [f"{MARK}{step.name} {step.arguments}".rstrip() + f"\n{step.body}" for step in script.steps]
    path.write_text("\n".join([script.promise + "\n", *blocks]), encoding="utf-8")
