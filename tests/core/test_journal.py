"""The order of applies in the journal is the order in which they were made, whatever the clock said at the time."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from reconciler.state.journal import KEPT_BACKUPS, JournalReader
from reconciler.state.who import new_id
from tests.scenarios.world import HERE, World

if TYPE_CHECKING:
    from pathlib import Path

FUTURE = "29991231T235959-ffffff"
MANIFEST = (HERE / "manifests" / "small.yaml").read_text("utf-8")


def test_ids_sort_in_the_order_in_which_they_were_made_behind_one_from_the_future(tmp_path: Path) -> None:
    ids = [FUTURE]
    while len(ids) < 20_002:
        ids.append(new_id(ids[-1]))
    assert sorted(ids) == ids
    for apply_id in ids[-3:]:
        (tmp_path / "receipts" / f"{apply_id}.json").parent.mkdir(exist_ok=True)
        (tmp_path / "receipts" / f"{apply_id}.json").touch()
        assert JournalReader(str(tmp_path)).newest_id() == apply_id


def test_the_newest_backups_are_kept_beside_twenty_from_the_future(tmp_path: Path) -> None:
    """Some have ids of this program, made when the clock was ahead; some have names that it doesn't give."""
    world = World(tmp_path / "home")
    first = _applied(world, 1)
    for number in range(KEPT_BACKUPS):
        _copied(world, first, f"29990101T0000{number:02d}-abcdef")
        _copied(world, first, f"29990101T0000{number:02d}-somebody")
    second, third = _applied(world, 2), _applied(world, 3)
    names = {path.name for path in (world.state / "reconciler" / "backups").iterdir()}
    assert {second, third} <= names
    assert first not in names
    assert len([name for name in names if not name.endswith("somebody")]) == KEPT_BACKUPS
    assert world.run("rollback", "--yes", "--skip-health").code == 0


def _applied(world: World, wish: int) -> str:
    """The id of an apply of another wish."""
    journal = JournalReader(str(world.state / "reconciler"))
    before = {receipt.id for receipt in journal.receipts()}
    world.write("manifests/siliconflow.yaml", MANIFEST.replace("64000", str(64000 + wish)))
    assert world.run("apply", "--yes", "--skip-health").code == 0
    (apply_id,) = {receipt.id for receipt in journal.receipts()} - before
    return apply_id


def _copied(world: World, apply_id: str, name: str) -> None:
    journal = world.state / "reconciler"
    shutil.copytree(journal / "backups" / apply_id, journal / "backups" / name)
    receipt = (journal / "receipts" / f"{apply_id}.json").read_text("utf-8")
    (journal / "receipts" / f"{name}.json").write_text(receipt.replace(apply_id, name), "utf-8")
