"""Every command that this program runs or advises is one that the release has, word for word and option for option."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from reconciler.openclaw.commands import PURPOSES
from reconciler.release import Release

if TYPE_CHECKING:
    from tests.openclaw.sandbox import Sandbox

pytestmark = pytest.mark.openclaw


class Help:
    """What a release prints for ``--help``. An installed release never changes, so its answers are kept beside it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.kept = sandbox.release.folder / "help.json"
        self.texts: dict[str, str] = json.loads(self.kept.read_text()) if self.kept.exists() else {}

    def of(self, path: tuple[str, ...]) -> str:
        """The help of a command, such as ``models auth``; that of the nearest one above it where there is none."""
        name = " ".join(path)
        if name not in self.texts:
            self.texts[name] = self.sandbox.run(*path, "--help").stdout
            aside = self.kept.with_name(f"help-{self.sandbox.home.parent.name}.json")
            aside.write_text(json.dumps(self.texts))
            aside.replace(self.kept)
        return self.texts[name]

    def has(self, path: tuple[str, ...]) -> bool:
        """Whether there is a command of that name."""
        return (
            re.search(rf"^Usage: {' '.join(('openclaw', *path))} ?[\\[<]", self.of(path), re.MULTILINE)
            is not None
        )


def test_what_is_advised_is_what_the_release_has(sandbox: Sandbox) -> None:
    helps, release = Help(sandbox), Release.parse(sandbox.release.version)
    for name, purpose in PURPOSES.items():
        words = purpose.words(release)
        if words is None:
            assert purpose.instead, name
            assert not any(helps.has(_path(way.words)) for way in purpose.ways), f"{name}: the release has it"
            continue
        path = _path(words)
        assert path == () or helps.has(path), f"{name}: openclaw {' '.join(words)}"
        above = "".join(helps.of(path[:depth]) for depth in range(len(path) + 1))
        for option in (word for word in words if word.startswith("--")):
            assert re.search(rf"{option}\b", above), f"{name}: no {option}"
        places = _places(words)
        usage = helps.of(path).partition("Usage:")[2].partition("\n")[0]
        assert len(re.findall(r"[<\[](?!options|command)", usage)) >= places, f"{name}: {usage}"


def _path(words: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the commands, without options, their values, and places."""
    plain = [w for before, w in pairwise(("", *words)) if not _is_value(before, w)]
    return tuple(word for word in plain if not word.startswith("--"))


def _is_value(before: str, word: str) -> bool:
    return word.isupper() or (before == "--kind" and word == "secret")


def _places(words: tuple[str, ...]) -> int:
    """How many words stand for themselves, after no option."""
    return sum(word.isupper() and not before.startswith("--") for before, word in pairwise(words))
