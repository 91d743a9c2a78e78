"""An apply while a gateway runs: the next turn through it uses what was applied, or everything goes back."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from reconciler.openclaw.cli import OpenClaw
from reconciler.openclaw.gateway import Gateway, Running, Silence, find_gateway
from reconciler.openclaw.install import find_install
from reconciler.openclaw.paths import find_paths
from reconciler.standin import StandIn
from tests.openclaw.install import install
from tests.openclaw.test_main_job import KEY, TEXT, VISION, Desk, desk, service, turns

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["desk", "service"]

pytestmark = pytest.mark.openclaw

OTHER_KEY = "sk-the-other-variable-0123456789"
# Another release, and a declaration that its command line accepts and a gateway of this one rejects: somebody installed it
# and restarted nothing. What 2026.9.6 writes beside aliases needs no declaration.
OTHER_RELEASE = {
    "2026.4.15": ("2026.6.11", "  site: global", "  site: global\n  timeoutSeconds: 60"),
    "2026.6.11": ("2026.9.6", "  site: global", "  site: global"),
    "2026.9.6": (
        "2026.6.11",
        "supportsStore: false",
        "supportsStore: false\n        nativeWebSearchTool: false",
    ),
}


@pytest.fixture
def elsewhere() -> Iterator[StandIn]:
    with StandIn(site="global", keys=(KEY, OTHER_KEY), models=(TEXT, VISION)) as server:
        yield server


def edit(desk: Desk, name: str, old: str, new: str) -> None:
    path = desk.manifests / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def apply(desk: Desk) -> str:
    """Apply beside the running gateway; gives what the receipt has to show."""
    done = desk.run("apply", "--yes", **desk.sandbox.gateway_environment, OTHER_KEY=OTHER_KEY)
    assert done.returncode == 0, done.stdout + done.stderr
    receipts = sorted((desk.sandbox.state_dir / "reconciler" / "receipts").iterdir())
    return receipts[-1].read_text(encoding="utf-8")


def found(desk: Desk) -> Gateway | None:
    environ = {**desk.environ, **desk.sandbox.gateway_environment}
    paths = find_paths(environ)
    return find_gateway(paths, {}, environ, OpenClaw(find_install(paths, environ, tuple), paths, environ))


def answer(gateway: Gateway) -> Running:
    """What it runs, once it has started."""
    while isinstance(said := gateway.running_config(), Silence):
        assert said.passing, said
        time.sleep(0.5)
    return said


def test_the_next_turn_through_the_gateway_uses_what_was_applied(
    desk: Desk, service: StandIn, elsewhere: StandIn
) -> None:
    sandbox = desk.sandbox
    assert desk.run("apply", "--yes").returncode == 0
    assert found(desk) is None
    with sandbox.gateway({"SILICONFLOW_API_KEY": KEY, "OTHER_KEY": OTHER_KEY}) as port:
        gateway = found(desk)
        assert gateway is not None
        assert gateway.port == port
        running = answer(gateway)
        assert running.valid
        assert running.models == {"main": f"siliconflow/{TEXT}"}
        assert gateway.reload_secrets() is None

        edit(desk, "siliconflow.yaml", f"primary: siliconflow/{TEXT}", f"primary: siliconflow/{VISION}")
        shown = apply(desk)
        assert f"runs main with siliconflow/{VISION}" in shown
        sandbox.turn_through_gateway()
        assert turns(service)[-1] == (KEY, VISION)

        edit(desk, "siliconflow.yaml", "env: SILICONFLOW_API_KEY", "env: KEY_OF_NO_GATEWAY")
        before = sandbox.config_path.read_bytes()
        done = desk.run("apply", "--yes", **sandbox.gateway_environment, KEY_OF_NO_GATEWAY=KEY)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "the running gateway has no KEY_OF_NO_GATEWAY: add the line" in done.stderr
        assert sandbox.config_path.read_bytes() == before
        edit(desk, "siliconflow.yaml", "env: KEY_OF_NO_GATEWAY", "env: SILICONFLOW_API_KEY")
        done = desk.run("plan", **sandbox.gateway_environment, SILICONFLOW_API_KEY=OTHER_KEY)
        assert "variable-differs" in done.stdout

        edit(desk, "site.yaml", service.base_url, elsewhere.base_url)
        edit(desk, "siliconflow.yaml", "env: SILICONFLOW_API_KEY", "env: OTHER_KEY")
        assert "the running gateway" in apply(desk)
        sandbox.turn_through_gateway()
        assert turns(elsewhere) == [(OTHER_KEY, VISION)]
        assert KEY not in shown
        assert OTHER_KEY not in shown
    assert found(desk) is None


def test_a_gateway_of_another_release_that_rejects_the_config_gets_the_old_one_back(desk: Desk) -> None:
    sandbox = desk.sandbox
    with sandbox.gateway({"SILICONFLOW_API_KEY": KEY}):
        before = sandbox.config_path.read_bytes()
        other, old, new = OTHER_RELEASE[sandbox.release.version]
        command = desk.bin / "openclaw"
        command.unlink()
        # The gateway's own client speaks to the gateway: 2026.4.15 answers no newer one.
        command.write_text(
            f'#!/bin/sh\n[ "$1" = gateway ] && exec node {sandbox.release.entry} "$@"\nexec node {install(other).entry} "$@"\n'
        )
        command.chmod(0o755)
        edit(desk, "siliconflow.yaml", old, new)
        done = desk.run("apply", "--yes", **sandbox.gateway_environment)
        assert done.returncode == 6, done.stdout + done.stderr
        assert "the running gateway" in done.stderr
        # The client of 2026.4.15 reads the config too, and gives up on it before it asks the gateway.
        assert "rejects the config" in done.stderr or "gives no answer" in done.stderr
        assert sandbox.config_path.read_bytes() == before
        assert "put back" in desk.run("history").stdout


def test_a_gateway_that_no_longer_answers_gets_the_old_config_back(desk: Desk) -> None:
    sandbox = desk.sandbox
    with sandbox.gateway({"SILICONFLOW_API_KEY": KEY}):
        before = sandbox.config_path.read_bytes()
        gateway = found(desk)
        assert gateway is not None
        command = desk.bin / "openclaw"
        real = command.resolve()
        command.unlink()
        # Stops the gateway dead once its config is being judged.
        command.write_text(
            f'#!/bin/sh\n[ "$1 $2" = "models status" ] && kill -STOP {gateway.pid}\nexec node {real} "$@"\n'
        )
        command.chmod(0o755)
        try:
            done = desk.run("apply", "--yes", **sandbox.gateway_environment)
        finally:
            os.kill(gateway.pid, signal.SIGCONT)
        assert done.returncode == 6, done.stdout + done.stderr
        assert "gives no answer" in done.stderr
        assert sandbox.config_path.read_bytes() == before


def test_a_gateway_that_lets_nobody_in_is_said_not_to_have_been_asked(desk: Desk) -> None:
    """Its token is nowhere to be found: nothing is wrong with what was applied, and nothing is claimed."""
    with desk.sandbox.gateway({"SILICONFLOW_API_KEY": KEY}):
        done = desk.run("apply", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        receipts = list((desk.sandbox.state_dir / "reconciler" / "receipts").iterdir())
        assert "couldn't be asked what it runs" in receipts[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("auth", ["token", "password"])
def test_a_gateway_is_asked_with_what_its_config_refers_to(desk: Desk, auth: str) -> None:
    assert desk.run("apply", "--yes").returncode == 0
    with desk.sandbox.gateway({"SILICONFLOW_API_KEY": KEY}, auth):
        secret = desk.sandbox.gateway_environment[f"OPENCLAW_GATEWAY_{auth.upper()}"]
        port = desk.sandbox.gateway_environment["OPENCLAW_GATEWAY_PORT"]
        environ = {**desk.environ, "OPENCLAW_GATEWAY_PORT": port, "THEIRS": secret}
        paths = find_paths(environ)
        for said in ("${THEIRS}", {"source": "env", "provider": "default", "id": "THEIRS"}, secret):
            gateway = find_gateway(paths, {"gateway": {"auth": {auth: said}}}, environ)
            assert gateway is not None
            assert secret not in repr(gateway)
            assert is_let_in(gateway)
        stranger = find_gateway(paths, {"gateway": {"auth": {auth: "another"}}}, environ)
        assert stranger is not None
        assert not is_let_in(stranger)


def is_let_in(gateway: Gateway) -> bool:
    """Once it has started; 2026.4.15 lets a client in, and then tells it nothing."""
    while isinstance(said := gateway.running_config(), Silence):
        if not said.passing:
            return "missing scope" in said.reason
        time.sleep(0.5)
    return said.valid
