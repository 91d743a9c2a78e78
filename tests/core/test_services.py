"""A service that starts a gateway says which variables it gives it, wherever systemd or launchd let that be said."""

from __future__ import annotations

import hashlib
import json
import os
import plistlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.openclaw.environment import find_hosts
from reconciler.openclaw.paths import find_paths
from reconciler.openclaw.services import find_services

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.openclaw.services import Service

KEY, VALUE = "SF_KEY", "sk-of-a-service-0123456789"
PLAIN = "ExecStart=/usr/bin/node /usr/lib/node_modules/openclaw/dist/index.js gateway --port 18789"
USER, SYSTEM = ".config/systemd/user", "etc/systemd/system"
UNIT = "openclaw-gateway.service"


class Home:
    """A home, and the folder below which the system's own services lie."""

    def __init__(self, folder: Path) -> None:
        self.home, self.system = folder / "home", folder / "system"
        (self.home / ".openclaw").mkdir(parents=True)
        self.environ = {"HOME": str(self.home)}
        self.paths = find_paths(self.environ)

    def write(self, name: str, *lines: str, system: bool = False) -> Path:
        path = (self.system if system else self.home) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines).replace("{home}", str(self.home)) + "\n")
        return path

    def services(self) -> tuple[Service, ...]:
        return find_services(self.paths, self.environ, {KEY}, str(self.system))

    def said(self) -> str | None:
        """The variable as the one service sets it."""
        (service,) = self.services()
        return service.sets[KEY].value.reveal() if KEY in service.sets else None


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ((), None),
        ((f"Environment={KEY}={VALUE}",), VALUE),
        ((f'Environment=A=1 "{KEY}={VALUE}" B=2',), VALUE),
        (("Environment=A=1 \\", f"  {KEY}={VALUE}"), VALUE),
        ((f"Environment={KEY}={VALUE}", "Environment="), None),
        ((f"Environment={KEY}={VALUE}", f"UnsetEnvironment={KEY}"), None),
        ((f"Environment={KEY}=%h/50%%",), "{home}/50%"),
        ((f"#Environment={KEY}={VALUE}", f";Environment={KEY}={VALUE}"), None),
        (("[Install]", f"Environment={KEY}={VALUE}"), None),
        ((f"Environment={KEY}=older", "EnvironmentFile=-%h/keys.env"), VALUE),
        (("EnvironmentFile=%h/*.env",), VALUE),
        (("EnvironmentFile=-%h/gone.env",), None),
        (("EnvironmentFile=%h/keys.env", "EnvironmentFile="), None),
    ],
)
def test_a_unit_is_read_as_systemd_reads_it(home: Home, lines: tuple[str, ...], value: str | None) -> None:
    home.write("keys.env", f"{KEY}={VALUE}")
    home.write(f"{USER}/{UNIT}", "[Service]", PLAIN, *lines)
    assert home.said() == (value and value.replace("{home}", str(home.home)))


def test_drop_ins_of_every_folder_count_by_name(home: Home) -> None:
    home.write(f"{USER}/{UNIT}", "[Service]", PLAIN)
    home.write(f"etc/systemd/user/{UNIT}.d/20.conf", "[Service]", f"Environment={KEY}=second", system=True)
    home.write(f"{USER}/{UNIT}.d/10.conf", "[Service]", f"Environment={KEY}=first")
    assert home.said() == "second"
    home.write(f"{USER}/{UNIT}.d/20.conf", "[Service]")
    assert home.said() == "first"


def test_every_service_of_a_user_gets_what_environment_d_says(home: Home) -> None:
    home.write(f"{USER}/{UNIT}", "[Service]", PLAIN)
    home.write(".config/environment.d/10-keys.conf", f"{KEY}={VALUE}")
    assert home.said() == VALUE


def test_a_unit_of_the_system_is_ours_where_its_gateway_reads_our_config(home: Home) -> None:
    theirs = ("[Service]", PLAIN, f"Environment={KEY}={VALUE}")
    home.write(f"{SYSTEM}/my-openclaw.service", *theirs, system=True)
    assert home.services() == ()
    home.write(f"{SYSTEM}/my-openclaw.service", *theirs, "Environment=HOME={home}", system=True)
    assert home.said() == VALUE
    home.write(
        f"{SYSTEM}/my-openclaw.service",
        *theirs,
        "Environment=OPENCLAW_STATE_DIR={home}/.openclaw",
        system=True,
    )
    assert home.said() == VALUE
    home.write(
        f"{SYSTEM}/my-openclaw.service", *theirs, "Environment=HOME={home} OPENCLAW_PROFILE=work", system=True
    )
    assert home.services() == ()


@pytest.mark.parametrize(
    ("lines", "complete"),
    [
        ((PLAIN,), True),
        (("ExecStart=/home/ann/start-gateway.sh",), False),
        (("ExecStart=/usr/bin/op run -- openclaw gateway",), False),
        ((PLAIN, f"PassEnvironment={KEY}"), False),
        ((PLAIN, "EnvironmentFile=%h/a-folder"), False),
    ],
)
def test_what_may_come_from_elsewhere_is_not_taken_to_be_missing(
    home: Home, lines: tuple[str, ...], complete: bool
) -> None:
    (home.home / "a-folder").mkdir()
    home.write(f"{USER}/{UNIT}", "[Service]", *lines)
    (service,) = home.services()
    assert service.complete is complete


@pytest.mark.parametrize("wrapped", [False, True], ids=["inline", "in a file of the state folder"])
def test_a_launchd_job_is_read_as_openclaw_writes_it(home: Home, wrapped: bool) -> None:
    folder = home.home / ".openclaw" / "service-env"
    name = "ai.openclaw.gateway"
    program = ["/usr/local/bin/node", "/usr/local/lib/node_modules/openclaw/dist/index.js", "gateway"]
    job: dict[str, object] = {"Label": name, "RunAtLoad": True, "ProgramArguments": program}
    if wrapped:
        home.write(f".openclaw/service-env/{name}.env", "# Generated by OpenClaw.", f"export {KEY}='{VALUE}'")
        wrapper, file = str(folder / f"{name}-env-wrapper.sh"), str(folder / f"{name}.env")
        job["ProgramArguments"] = ["/bin/sh", wrapper, file, *program]
    else:
        job["EnvironmentVariables"] = {KEY: VALUE}
    home.write(f"Library/LaunchAgents/{name}.plist", plistlib.dumps(job).decode())
    assert home.said() == VALUE
    assert home.services()[0].complete


def test_what_is_no_service_is_passed_over(home: Home) -> None:
    home.write("Library/LaunchAgents/ai.openclaw.gateway.plist", "<plist><dict>")
    home.write("Library/LaunchAgents/ai.openclaw.other.plist", plistlib.dumps([]).decode())
    (home.home / USER / UNIT).mkdir(parents=True)
    assert home.services() == ()


def test_a_running_gateway_comes_first_with_what_it_was_started_with(home: Home) -> None:
    home.write(f"{USER}/{UNIT}", "[Service]", PLAIN)
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "print('up', flush=True); input()"],
        env={KEY: VALUE, "INVOCATION_ID": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with sleeper:
        assert sleeper.stdout is not None
        assert sleeper.stdout.readline() == b"up\n"
        name = f"gateway.{hashlib.sha256(home.paths.config.encode()).hexdigest()[:8]}.lock"
        lock = {"pid": sleeper.pid, "createdAt": "2026-11-25T08:00:00.000Z", "configPath": home.paths.config}
        home.write(f".openclaw/tmp/openclaw-{os.getuid()}/{name}", json.dumps(lock))
        running, installed = find_hosts(home.paths, home.environ, {KEY}, str(home.system))
        assert (running.kind, installed.kind) == ("running", "installed")
        assert running.sets[KEY].value.reveal() == VALUE
        assert (running.complete, running.supervised, running.since) == (True, True, 1795593600.0)
        assert installed.sets == {}
        assert VALUE not in repr(running)
        sleeper.communicate(b"\n")
