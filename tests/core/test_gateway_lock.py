"""A gateway is found by the lock that it holds, as long as its process lives and serves this config."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.openclaw.gateway import Silence, find_gateway
from reconciler.openclaw.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "state").mkdir()
    return Paths(str(tmp_path), str(tmp_path / "state"), str(tmp_path / "state" / "openclaw.json"))


def lock(folder: Path, paths: Paths, **said: object) -> None:
    """Write a gateway's lock below ``folder``."""
    name = f"gateway.{hashlib.sha256(paths.config.encode()).hexdigest()[:8]}.lock"
    place = folder / f"openclaw-{os.getuid()}" / name
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps({"pid": os.getpid(), "createdAt": "now", "configPath": paths.config, **said}))


def test_it_is_found_in_the_state_folder_or_the_folder_of_temporary_files(
    paths: Paths, tmp_path: Path
) -> None:
    assert find_gateway(paths, {}, {}) is None
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        lock(tmp_path / "temporary", paths)
        found = find_gateway(paths, {"gateway": {"port": port}}, {"TMPDIR": str(tmp_path / "temporary")})
        assert found is not None
        assert (found.pid, found.port) == (os.getpid(), port)
        lock(tmp_path / "state" / "tmp", paths, port=port, startTime=None)
        assert find_gateway(paths, {}, {}) is not None


def test_a_dead_or_recycled_process_and_another_config_are_no_gateway(paths: Paths, tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lies: tuple[dict[str, object], ...] = (
        {"pid": gone.pid},
        {"startTime": 1},
        {"configPath": "/other"},
        {"pid": "x"},
    )
    for number, said in enumerate(lies):
        folder = tmp_path / str(number)
        lock(folder, paths, **said)
        assert find_gateway(paths, {}, {"TMPDIR": str(folder)}) is None


def test_a_port_of_somebody_else_gets_no_token(paths: Paths, tmp_path: Path) -> None:
    listener = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import socket;s=socket.create_server(('127.0.0.1',0));print(s.getsockname()[1],flush=1);input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert listener.stdout is not None
    port = int(listener.stdout.readline())
    lock(tmp_path / "state" / "tmp", paths, port=port)
    config = {"gateway": {"port": port, "auth": {"token": "a-token-of-ours"}}}
    found = find_gateway(paths, config, {})
    assert found is not None
    assert found.port is None
    assert found.running_config() == Silence("its port is not known", passing=False)
    assert "a-token-of-ours" not in repr(found)
    listener.communicate()
