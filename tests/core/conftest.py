"""Fixtures of the core tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.core.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with a good config and good manifests."""
    return Desk(tmp_path)
