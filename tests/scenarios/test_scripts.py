"""Each script in ``scripts/`` keeps its promise; see ``script.py`` for how they are written.

What holds for all of them: what only reads leaves the target as it is, down to times and inodes; what fails
changes no file, and leaves what another program writes meanwhile; nothing temporary stays; no key is printed;
and after the last apply there is nothing to do.
``RECONCILER_UPDATE_GOLDEN=1`` writes expected files and outputs anew, to be read before they are committed.
"""

from __future__ import annotations

import os
import shlex
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from reconciler.standin import StandIn
from reconciler.standin.faults import FAULTS
from tests.scenarios import script
from tests.scenarios.world import HERE, LOCK, Ran, World, contents, tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCRIPTS = sorted((HERE / "scripts").glob("*.txt"))
UPDATE = bool(os.environ.get("RECONCILER_UPDATE_GOLDEN"))
WRITERS = ("apply", "init", "rollback")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_scenario_ends_as_written(path: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        play = _Play(World(tmp_path / "home"), stack)
        read = script.read(path)
        steps = [play.perform(step) for step in read.steps]
        play.require_rest()
    if UPDATE:
        script.write(path, read._replace(steps=tuple(steps)))


class _Play:
    """Performs the steps of one script."""

    def __init__(self, world: World, stack: ExitStack) -> None:
        self.world = world
        self.stack = stack
        self.address = "{standin}"
        self.last: Ran | None = None
        self.applied: tuple[str, ...] = ()

    def perform(self, step: script.Step) -> script.Step:
        """Do a step; gives it back, with new contents where goldens are written anew."""
        performed: Callable[[script.Step], script.Step | None] = getattr(
            self, "_" + step.name.replace(" ", "_")
        )
        return performed(step) or step

    def require_rest(self) -> None:
        """After the last apply a plan has nothing to do."""
        if self.applied:
            ran = self._checked(("plan", "--exit-code", *self.applied))
            assert ran.code == 0, ran
            assert "No changes." in ran.stdout, ran

    def _filled(self, text: str) -> str:
        return text.replace("{standin}", self.address).replace("{home}", str(self.world.home))

    def _masked(self, text: str) -> str:
        return text.replace(self.address, "{standin}").replace(str(self.world.home), "{home}")

    def _config(self, step: script.Step) -> None:
        self.world.write_config(_encoded(self._filled(step.body), step.arguments))

    def _file(self, step: script.Step) -> None:
        self.world.write(step.arguments, self._filled(step.body))

    def _link(self, step: script.Step) -> None:
        path, target = (self.world.home / name for name in step.arguments.split())
        path.symlink_to(target)

    def _uses(self, step: script.Step) -> None:
        text = (HERE / "manifests" / f"{step.arguments}.yaml").read_text("utf-8")
        self.world.write("manifests/siliconflow.yaml", self._filled(text))

    def _env(self, step: script.Step) -> None:
        self.world.environ.update(_pairs(self._filled(step.arguments)))

    def _edit(self, step: script.Step) -> None:
        old, new = (
            shlex.split(step.arguments)
            if step.arguments
            else step.body.removesuffix("\n").partition("\n---")[::2]
        )
        text = self.world.config.read_bytes().decode()
        assert text.count(old) == 1, text
        self.world.config.write_text(text.replace(old, new), "utf-8", newline="")

    def _openclaw(self, step: script.Step) -> None:
        release, *manners = shlex.split(step.arguments)
        self.world.install_stub(release, {**dict.fromkeys(manners, ""), **_pairs(shlex.join(manners))})

    def _standin(self, step: script.Step) -> None:
        said = _pairs(step.arguments)
        keys = said.get("keys", "sk-good-0123456789abcdef").split(",")
        faults = [FAULTS[name] for name in said.get("faults", "").split(",") if name]
        models = said["models"].split(",") if "models" in said else None
        served = self.stack.enter_context(StandIn(keys=keys, faults=faults, models=models))
        self.address = served.base_url

    def _run(self, step: script.Step) -> None:
        self.last = self._checked(tuple(shlex.split(self._filled(step.arguments))))
        said = self._masked(self.last.said)
        code = 0
        for line in step.body.splitlines():
            word, _, text = line.partition(" ")
            match word:
                case "exit":
                    code = int(text)
                case "says":
                    assert text in said, f"{text}\n\nnot in\n\n{self.last}"
                case "never":
                    assert text not in said, f"{text}\n\nin\n\n{self.last}"
                case _:
                    raise ValueError(line)
        assert self.last.code == code, self.last
        if self.last.arguments[0] == "apply" and code == 0:
            self.applied = _plan_arguments(self.last.arguments[1:])

    def _checked(self, arguments: tuple[str, ...]) -> Ran:
        before, files = tree(self.world.state), contents(self.world.state)
        ran = self.world.run(*arguments)
        if arguments[0] not in WRITERS:
            assert tree(self.world.state) == before, ran
        elif ran.code != 0:
            files.update(self.world.meanwhile())
            after = contents(self.world.state)
            changed = {name for name in files.keys() | after.keys() if files.get(name) != after.get(name)}
            kept = {LOCK} if ran.code != 6 else {name for name in changed if name.startswith("reconciler/")}
            assert changed <= kept, (changed, ran)
        left = [
            name
            for name in contents(self.world.state)
            if name.endswith((".tmp", ".lock")) or "candidate" in name
        ]
        assert not left, (left, ran)
        for value in self.world.environ.values():
            assert not (value.startswith("sk-") and value in ran.stdout + ran.stderr), ran
        return ran

    def _stdout(self, step: script.Step) -> script.Step:
        assert self.last is not None
        return self._same(step, self._masked(self.last.stdout))

    def _config_is(self, step: script.Step) -> script.Step:
        data = self.world.config.read_bytes()
        written = self._masked(_decoded(data, step.arguments))
        assert UPDATE or _encoded(self._filled(step.body), step.arguments).decode() == data.decode()
        return self._same(step, written)

    def _file_is(self, step: script.Step) -> script.Step:
        return self._same(step, self._masked((self.world.home / step.arguments).read_text("utf-8")))

    def _same(self, step: script.Step, text: str) -> script.Step:
        if UPDATE:
            return step._replace(body=text)
        assert text == step.body
        return step


def _encoded(text: str, how: str) -> bytes:
    text = text.replace("\n", "\r\n") if "crlf" in how.split() else text
    return (("\ufeff" if "bom" in how.split() else "") + text).encode()


def _decoded(data: bytes, how: str) -> str:
    text = data.decode()
    if "bom" in how.split():
        text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n") if "crlf" in how.split() else text


def _pairs(text: str) -> dict[str, str]:
    words = (word.partition("=") for word in shlex.split(text))
    return {name: value for name, equals, value in words if equals}


def _plan_arguments(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Those of an apply that a plan understands too; a saved plan is none of them."""
    skip = {"--yes", "-y", "--skip-health"}
    return tuple(word for word in arguments if word not in skip and not word.endswith(".json"))
