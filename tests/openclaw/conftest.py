"""Fixtures for tests on real OpenClaw; each test that asks for one runs once for every release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.openclaw.install import RELEASES, Release, install
from tests.openclaw.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(
    scope="session", params=[pytest.param(version, marks=pytest.mark.openclaw) for version in RELEASES]
)
def release(request: pytest.FixtureRequest) -> Release:
    """An installed release; the test fails where it can't be installed."""
    return install(request.param)


@pytest.fixture
def sandbox(release: Release, tmp_path: Path) -> Sandbox:
    """A fresh home for the release."""
    return Sandbox(release, tmp_path / "home")
