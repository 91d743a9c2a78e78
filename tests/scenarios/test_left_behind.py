"""What OpenClaw is given to look at lies in the journal, where the next apply sweeps up after one that was killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenarios.world import World

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: global
  key: {env: SILICONFLOW_API_KEY}
  models: [{id: Qwen/Qwen3-8B}]
"""
APPLY = ("apply", "--yes", "--skip-health")


@pytest.mark.parametrize("moment", ["kills-asking", "kills"])
def test_a_killed_apply_leaves_nothing_behind_once_the_next_has_run(tmp_path: Path, moment: str) -> None:
    world = World(tmp_path / "home")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    world.environ["TMPDIR"] = str(temporary)
    world.write_config('{ meta: { lastTouchedVersion: "2026.4.15" } }\n')
    world.write("manifests/provider.yaml", MANIFEST)
    # This release is given a folder of its own to look at the models, too.
    world.install_stub("2026.4.15", {moment: "SIGKILL"})
    assert world.run(*APPLY).code == -9
    assert _scratch(world)
    world.install_stub("2026.4.15", {})
    assert world.run(*APPLY).code == 0
    assert _scratch(world) == []
    assert list(temporary.iterdir()) == []


def _scratch(world: World) -> list[str]:
    return [path.name for path in (world.state / "reconciler").glob("candidate-*")]
