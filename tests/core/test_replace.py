"""A file is replaced only where it holds what was compared, also when somebody saves in the same moment."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from reconciler import files
from reconciler.files import replace_if

if TYPE_CHECKING:
    from pathlib import Path


def test_only_what_was_compared_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "openclaw.json"
    assert replace_if(str(path), None, b"one", mode=0o600)
    assert not replace_if(str(path), None, b"two", mode=0o600)
    assert replace_if(str(path), b"one", b"two", mode=0o640)
    assert not replace_if(str(path), b"one", b"three", mode=0o600)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["openclaw.json"]


def test_what_an_editor_saves_in_the_same_moment_stays(tmp_path: Path) -> None:
    path = tmp_path / "openclaw.json"
    path.write_bytes(b"0")
    saved = threading.Event()
    lost = []

    def save() -> None:
        """Saves without looking, a hundred times; each save must be there when the other writer has paused."""
        for number in range(1, 101):
            draft = tmp_path / "draft"
            draft.write_bytes(b"%d" % number)
            os.rename(draft, path)
            time.sleep(0.005)
            if not path.read_bytes().startswith(b"%d" % number):
                lost.append(number)
        saved.set()

    editor = threading.Thread(target=save)
    editor.start()
    kept = 0
    while not saved.is_set():
        before = path.read_bytes()
        kept += replace_if(str(path), before, before.partition(b" ")[0] + b" %d" % kept, mode=0o600)
    editor.join()
    assert lost == []
    assert kept > 0


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_what_is_saved_while_a_save_is_given_back_stays_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    path = tmp_path / "openclaw.json"
    path.write_bytes(b"0")
    left = list(range(1, writes + 1))
    exchange = files.exchange

    def save_and_exchange(one: str, other: str) -> bool:
        """Somebody saves in the moment before each of the first exchanges."""
        if left:
            (tmp_path / "draft").write_bytes(b"%d" % left.pop(0))
            os.rename(tmp_path / "draft", path)
        return exchange(one, other)

    monkeypatch.setattr(files, "exchange", save_and_exchange)
    assert not replace_if(str(path), b"0", b"ours", mode=0o600)
    assert path.read_bytes() == b"%d" % writes
    assert [entry.name for entry in tmp_path.iterdir()] == ["openclaw.json"]
