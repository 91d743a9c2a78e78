"""Only applies that follow one another without end are slowed down."""

from __future__ import annotations

import pytest

from reconciler.apply.pacing import BURST, GAP_SECONDS, pause_before

NOON = 1795608000.0  # 2026-11-25T12:00:00Z


def every(seconds: int, count: int, last: int = 0) -> list[str]:
    """Ids of so many applies up to ``last`` seconds before noon."""
    begun = (12 * 3600 - last - seconds * (count - 1 - index) for index in range(count))
    return [f"20261125T{at // 3600:02}{at // 60 % 60:02}{at % 60:02}-abc{at % 1000:03}" for at in begun]


@pytest.mark.parametrize(
    ("applies", "pause"),
    [
        ([], 0),
        (every(1, BURST - 1), 0),
        (every(1, BURST), GAP_SECONDS),
        (every(1, 100), GAP_SECONDS),
        (every(1, BURST, last=2), GAP_SECONDS - 2),
        (every(1, BURST, last=6), 0),
        (every(60, 100), 0),
        (every(1, 100, last=-30), 0),
        (["20269999T999999-abc123"] * BURST, 0),
    ],
)
def test_a_pause_follows_a_burst(applies: list[str], pause: float) -> None:
    assert pause_before(applies, NOON) == pause
