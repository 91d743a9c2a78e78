"""OpenClaw is waited for as long as it works, however long that takes, and no longer."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from reconciler.openclaw import waiting
from reconciler.openclaw.waiting import BLIND_SECONDS, MOST_SECONDS, gives_up, is_working, output_of

if TYPE_CHECKING:
    import pytest


def looks(*used: float | None, every: float = 10.0) -> list[tuple[float, float | None]]:
    return [(index * every, seconds) for index, seconds in enumerate(used)]


def test_slow_is_not_silent() -> None:
    """A hundredth of a processor is what a busy machine may leave to it."""
    assert not gives_up(looks(*(index * 0.2 for index in range(60))))


def test_what_does_nothing_for_a_minute_is_given_up() -> None:
    assert not gives_up(looks(0, 3, 3, 3, 3, 3, 3))
    assert gives_up(looks(0, 3, 3, 3, 3, 3, 3, 3))
    assert not gives_up(looks(0, 3, 3, 3, 3, 3, 3, 4))


def test_there_is_an_end_also_to_work() -> None:
    assert gives_up([(0.0, 0.0), (MOST_SECONDS - 10, MOST_SECONDS - 10), (MOST_SECONDS, MOST_SECONDS)])


def test_where_nothing_tells_what_it_uses_there_is_a_bound() -> None:
    assert not gives_up([(0.0, 0.0), (BLIND_SECONDS - 1, None)])
    assert gives_up([(0.0, 0.0), (BLIND_SECONDS, None)])


def test_an_idle_gateway_is_told_from_one_at_work() -> None:
    idle, busy = [(float(at), at * 0.002) for at in range(60)], [(float(at), at * 0.3) for at in range(60)]
    assert not is_working(idle, within=10)
    assert is_working(busy, within=10)


def test_both_outputs_come_whole_and_what_does_nothing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert output_of(
        _python("import sys; print(sys.stdin.read() * 2); print('!', file=sys.stderr)"), b"ab"
    ) == (
        b"abab\n",
        b"!\n",
    )
    # Every look takes it for stalled.
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(waiting, "gives_up", lambda looks: True)
    process = _python("import time; time.sleep(3600)")
    assert output_of(process, b"") is None
    assert process.returncode is not None


def _python(program: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", program], stdin=pipe, stdout=pipe, stderr=pipe, process_group=0
    )
