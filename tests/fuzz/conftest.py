"""No example may hang: after ten minutes, thousands of times what one takes on a busy machine, the test ends with where it stood."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SECONDS = 600


class HangError(AssertionError):
    """Something didn't end."""


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Ends a test that hangs."""

    def give_up(signum: int, frame: FrameType | None) -> None:
        raise HangError(f"still running after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
