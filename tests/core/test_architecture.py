"""The rooms stand on one another as docs/architecture.md says; the contracts are in pyproject.toml."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from importlinter import cli

from reconciler.openclaw.commands import PURPOSES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
# Words that every room shares, and the doors of the package.
SHARED = {
    "brought",
    "edits",
    "errors",
    "files",
    "ids",
    "printable",
    "release",
    "secret",
    "values",
    "__init__",
    "__main__",
}
# What OpenClaw's command line has besides, and words of commands that may be said without its name.
OTHER_COMMANDS = {"agent", "channels", "devices", "models", "plugins", "setup", "status", "update"}
PAIRS = (
    r"\bmodels (auth|status|list)\b",
    r"\bsecrets (reload|store|apply)\b",
    r"\bdoctor --fix\b",
    r"\bagents add\b",
)


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


def test_no_message_spells_a_command_of_openclaw_by_hand() -> None:
    """They come from ``openclaw/commands.py``, whose table is held against the releases."""
    table = ROOT / "reconciler" / "openclaw" / "commands.py"
    first = {way.words[0] for purpose in PURPOSES.values() for way in purpose.ways} | OTHER_COMMANDS
    spelled = re.compile(rf"\bopenclaw ({'|'.join(map(re.escape, first))})\b|{'|'.join(PAIRS)}")
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / "reconciler").rglob("*.py"))
        if path != table
        for line, text in _texts(path)
        if spelled.search(text)
    ]
    assert found == []


def test_the_pages_name_no_other_command_of_openclaw() -> None:
    known = [re.sub(r" --.*| [A-Z]+.*", "", " ".join(way.words)) for p in PURPOSES.values() for way in p.ways]
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for command in re.findall(r"`openclaw ([a-z][^`]*)`", page.read_text("utf-8")):
            assert any(command.startswith(name) for name in known if name), f"{page.name}: openclaw {command}"


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text in a module that isn't documentation."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value
