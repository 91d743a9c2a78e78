"""docs/releases.md says of every release how it is tried."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.openclaw.capabilities import NEWEST, OLDEST
from tests.openclaw.install import RELEASES
from tests.releases.__main__ import HEADER
from tests.releases.stages import STAGES

PAGE = (Path(__file__).parents[2] / "docs" / "releases.md").read_text("utf-8")


def test_the_page_names_the_releases_of_the_test_command_and_both_ends() -> None:
    (row,) = re.findall(r"^\| ([^|]+) \| the test command:", PAGE, re.MULTILINE)
    assert tuple(row.split(", ")) == RELEASES
    assert str(OLDEST) in PAGE
    assert str(NEWEST) in PAGE


def test_the_page_carries_the_table_that_the_recipe_prints() -> None:
    assert HEADER in PAGE
    rows = re.findall(r"^\| (2026\.\d+\.\d+) \|(.+)\|$", PAGE.partition(HEADER)[2], re.MULTILINE)
    assert rows
    assert all(len(cells.split(" | ")) == len(STAGES) + 1 for _, cells in rows)
