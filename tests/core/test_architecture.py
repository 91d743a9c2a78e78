"""The rooms stand on one another as docs/architecture.md says; the contracts are in pyproject.toml."""

from __future__ import annotations

import re
from pathlib import Path

from importlinter import cli

ROOT = Path(__file__).parents[2]
# Words that every room shares, and the doors of the package.
SHARED = {"edits", "errors", "files", "printable", "release", "secret", "values", "__init__", "__main__"}


def test_rooms_stand_on_one_another_one_way_and_what_decides_touches_nothing() -> None:
    assert cli.lint_imports(str(ROOT / "pyproject.toml")) == cli.EXIT_STATUS_SUCCESS


def test_the_map_names_every_room_and_no_other() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)
    named = {name.strip("/").removesuffix(".py") for row in table for name in re.findall(r"`(.+?)`", row)}
    rooms = {path.stem for path in (ROOT / "reconciler").iterdir() if path.suffix in ("", ".py")} - {
        "__pycache__"
    }
    assert {name for name in named if "/" not in name} == rooms - SHARED
