"""Ctrl-C says what it left, and what it left is settled by the next apply."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.scenarios.world import World

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec: {site: cn, key: {env: SILICONFLOW_API_KEY}, models: [{id: m/one, contextWindow: 64000}]}
"""
# A shell starts what it puts into the background with SIGINT ignored, and the tests may be there.
TO_BE_INTERRUPTED = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])",
)


def test_after_the_write_it_says_so_and_plan_does_until_it_is_settled(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    world.environ["SILICONFLOW_API_KEY"] = "sk-good-0123456789abcdef"
    world.write_config(b'{ meta: { lastTouchedVersion: "2026.9.6" } }\n')
    world.write("manifests/siliconflow.yaml", MANIFEST)
    world.install_stub("2026.9.6", {"kills": "SIGINT"})
    stopped = world.run("apply", "--yes", "--skip-health", prefix=TO_BE_INTERRUPTED)
    assert stopped.code == 130
    assert "not verified: run `reconciler apply` again" in stopped.said
    assert "[unfinished-apply]" in world.run("plan").said
    world.install_stub("2026.9.6", {})
    assert world.run("apply", "--yes", "--skip-health").code == 0
    assert "unfinished" not in world.run("plan", "--exit-code").said
