"""Leaves OpenClaw's own writer a gap when one apply follows the other.

`config set` takes 2 to 4 s from reading to writing, and fails when the config has changed meanwhile: a write of ours every 0.8 s starves
it, with some seconds in between both get through (2026.9.6). Pure.
"""

from __future__ import annotations

import calendar
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BURST = 10
WINDOW_SECONDS = 60.0
GAP_SECONDS = 5.0


def pause_before(applies: Sequence[str], now: float) -> float:
    """Seconds to wait before the next write; none for a single apply, nor for a handful of them.

    Args:
        applies: ids of the latest ones, oldest first; each begins with its time.
        now: seconds since 1970.
    """
    if len(applies) < BURST:
        return 0.0
    try:
        ages = [now - _time(one) for one in applies[-BURST:]]
    except ValueError:  # digits that are no time
        return 0.0
    if not 0 <= ages[-1] <= ages[0] <= WINDOW_SECONDS:
        return 0.0
    return max(0.0, GAP_SECONDS - ages[-1])


def _time(apply_id: str) -> float:
    return calendar.timegm(time.strptime(apply_id[:15], "%Y%m%dT%H%M%S"))
