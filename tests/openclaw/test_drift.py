"""Drift on real OpenClaw releases: silent about what it rewrites in its own hand, and right about who changed what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.openclaw.test_laws import tree
from tests.openclaw.test_main_job import KEY, TEXT, Desk, desk, service

if TYPE_CHECKING:
    from typing import Any

__all__ = ["desk", "service"]

pytestmark = pytest.mark.openclaw


def drift(desk: Desk, code: int) -> Any:
    before = tree(desk.sandbox.state_dir)
    done = desk.run("drift", "--format", "json")
    assert done.returncode == code, done.stdout + done.stderr
    assert tree(desk.sandbox.state_dir) == before
    assert KEY not in done.stdout
    return json.loads(done.stdout)


def test_drift_names_openclaws_own_write_and_an_editors_and_a_rollback_ends_it(desk: Desk) -> None:
    sandbox, key = desk.sandbox, {"SILICONFLOW_API_KEY": KEY}
    assert desk.run("apply", "--yes").returncode == 0
    # Reformats the file, drops comments, adds `meta` and migration marks.
    assert sandbox.run("config", "set", "logging.level", "info", env=key).returncode == 0
    quiet = {"managed": True, "drifted": False, "drift": [], "suspects": [], "leaks": []}
    assert drift(desk, 0).items() >= quiet.items()

    url = "models.providers.siliconflow.baseUrl"
    assert sandbox.run("config", "set", url, "http://127.0.0.1:9/v1", env=key).returncode == 0
    found = drift(desk, 2)
    assert [(one["address"], one["cause"]) for one in found["drift"]] == [
        ("provider/siliconflow.baseUrl", "live")
    ]
    first = found["suspects"][0]
    assert first["what"].startswith("OpenClaw wrote it: `openclaw config set`, process ")
    assert first["addresses"] == ["provider/siliconflow.baseUrl"]
    assert "logging" not in json.dumps(found)

    text = sandbox.config_path.read_text(encoding="utf-8")
    sandbox.config_path.write_text(
        text.replace(f'"siliconflow/{TEXT}"', '"ollama/none"', 1), encoding="utf-8"
    )
    said = [suspect["what"] for suspect in drift(desk, 2)["suspects"]]
    assert (
        "the config was edited since OpenClaw's last recorded write, and OpenClaw's audit has no record of it"
        in said
    )

    receipt = json.loads(desk.run("history", "--format", "json").stdout)[0]["id"]
    done = desk.run("rollback", receipt, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert drift(desk, 0)["drift"] == []
    assert sandbox.models_status(key)["resolvedDefault"] == f"siliconflow/{TEXT}"
