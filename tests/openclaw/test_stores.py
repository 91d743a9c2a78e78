"""A store that is damaged, held, half-migrated, newer or not writable: a clear refusal, and nothing is changed.

The stores are those that each release made itself.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.openclaw.sandbox import Sandbox
from tests.scenarios.world import contents

if TYPE_CHECKING:
    from tests.openclaw.install import Release

ROOT = Path(__file__).parents[2]
KEY, OTHER = "sk-the-sentinel-of-this-store", "sk-the-one-that-is-to-replace-it"
# Rights that root has beyond those of the files' owner.
BOUND = ("/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
MANIFEST = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: global
  key: {profile: work, from: {env: SF_KEY}}
  models: [{id: Qwen/Qwen3-8B}]
"""
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
CONFIG = '{ meta: { lastTouchedVersion: "%s" }, gateway: { mode: "local" } }\n'


class Home:
    """A home in which a profile has been applied, to be damaged in one way or another."""

    def __init__(self, folder: Path, release: str) -> None:
        self.folder, self.release = folder, release
        self.state = folder / ".openclaw"
        name = {"2026.4.15": "auth-profiles.json", "2026.6.11": "openclaw-agent.sqlite"}.get(release)
        self.store = self.state / "agents/main/agent" / name if name else self.state / "state/openclaw.sqlite"

    def run(
        self, *arguments: str, key: str = KEY, prefix: tuple[str, ...] = (), path: str = "/usr/bin:/bin"
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env={"HOME": str(self.folder), "PATH": path, "SF_KEY": key, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def rotate(self, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return self.run("apply", "--yes", "--skip-health", key=OTHER, prefix=prefix)


@pytest.fixture(scope="session")
def applied(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp(f"store-{release.version}")
    sandbox = Sandbox(release, folder / "home")
    sandbox.write_config(CONFIG % release.version)
    home = Home(sandbox.home, release.version)
    (sandbox.home / "manifests").mkdir()
    (sandbox.home / "manifests" / "provider.yaml").write_text(MANIFEST)
    path = f"{sandbox.openclaw_shim(folder / 'bin').parent}:{sandbox.environment()['PATH']}"
    done = home.run("apply", "--yes", "--skip-health", path=path)
    assert done.returncode == 0, done.stderr
    assert KEY.encode() in home.store.read_bytes() + _log(home.store)
    return home


@pytest.fixture
def home(applied: Home, tmp_path: Path) -> Home:
    return Home(shutil.copytree(applied.folder, tmp_path / "home", symlinks=True), applied.release)


def _log(store: Path) -> bytes:
    log = store.with_name(f"{store.name}-wal")
    return log.read_bytes() if log.exists() else b""


def require_refusal(home: Home, code: int, *words: str, prefix: tuple[str, ...] = ()) -> None:
    before = state(home)
    done = home.rotate(prefix)
    assert done.returncode == code, done.stdout + done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr
    assert KEY not in done.stdout + done.stderr
    assert OTHER not in done.stdout + done.stderr
    assert state(home) == before


def state(home: Home) -> dict[str, bytes]:
    """Every file but the journal's and ``-shm``, the index that every reader of a database with an open log touches."""
    files = contents(home.state).items()
    return {
        name: data for name, data in files if not name.startswith("reconciler") and not name.endswith("-shm")
    }


def test_what_is_no_store_is_refused(home: Home) -> None:
    home.store.write_bytes(b"\x00not a store at all" * 400)
    for log in ("-wal", "-shm"):
        home.store.with_name(f"{home.store.name}{log}").unlink(missing_ok=True)
    require_refusal(home, 1, str(home.store.name))
    assert home.run("plan").returncode == 1
    assert home.run("drift").returncode == 1


def test_a_store_of_another_form_is_refused(home: Home) -> None:
    write_document(home, '{"version": 1, "profiles": [1]}')
    require_refusal(home, 1, "can't be understood", "openclaw doctor --fix")


def test_a_store_that_is_being_written_is_left_alone(home: Home) -> None:
    if home.store.suffix == ".json":
        home.store.with_name("auth-profiles.json.lock").write_text(json.dumps({"pid": 1, "createdAt": "now"}))
        require_refusal(home, 4, "process 1")
        return
    # A process of its own: closing any descriptor of a file drops all locks that a process has on it.
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        require_refusal(home, 4, "has held its database")
        holder.communicate()


def test_a_store_without_write_permission_is_left_alone(home: Home) -> None:
    if not Path(BOUND[0]).exists():
        pytest.fail(f"{BOUND[0]} is needed to give up root's rights")
    home.store.chmod(0o400)
    home.store.parent.chmod(0o500)
    require_refusal(home, 1, "can't be written", str(home.store.parent), prefix=BOUND)


def test_a_newer_schema_is_read_and_not_written(home: Home) -> None:
    if home.store.suffix == ".json":
        # A file has no schema; OpenClaw takes any `version` in it, so it is written and the version stays.
        write_document(home, read_document(home).decode().replace('"version": 1', '"version": 99'))
        assert home.rotate().returncode == 0
        assert '"version": 99' in read_document(home).decode()
        return
    with contextlib.closing(sqlite3.connect(home.store, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert home.run("plan", "--exit-code").returncode == 0
    command = "openclaw models auth paste-api-key --provider siliconflow --profile-id siliconflow:work"
    require_refusal(home, 3, "schema 99", command)


def test_a_store_that_waits_for_its_migration_is_refused(home: Home) -> None:
    legacy = home.state / "agents/main/agent/auth-profiles.json"
    if home.release != "2026.9.6":
        # There the file is the store, or lies ignored beside the database: nothing has to be waited for.
        if not legacy.exists():
            legacy.write_text('{"version": 1, "profiles": {}}')
        assert home.rotate().returncode == 0
        assert OTHER in read_document(home).decode()
        return
    legacy.parent.mkdir(parents=True, exist_ok=True)
    legacy.write_text('{"version": 1, "profiles": {}}')
    require_refusal(home, 3, "waits to be moved", "openclaw doctor --fix")


def test_other_profiles_and_their_state_stay_byte_for_byte(home: Home) -> None:
    oauth = '"openai:me":{"type":"oauth","provider":"openai","access":"a","refresh":"r","expires":1e3}'
    text = read_document(home).decode()
    write_document(
        home,
        text.replace('"profiles":{', f'"profiles":{{{oauth},', 1).replace(
            '"profiles": {', f'"profiles": {{{oauth},', 1
        ),
    )
    assert home.rotate().returncode == 0
    after = read_document(home).decode()
    assert oauth in after
    assert OTHER in after
    assert KEY not in after


def read_document(home: Home) -> bytes:
    if home.store.suffix == ".json":
        return home.store.read_bytes()
    with contextlib.closing(sqlite3.connect(home.store)) as connection:
        return str(connection.execute(_select(home)).fetchone()[0]).encode()


def write_document(home: Home, text: str) -> None:
    if home.store.suffix == ".json":
        home.store.write_text(text)
        return
    with contextlib.closing(sqlite3.connect(home.store, isolation_level=None)) as connection:
        connection.execute(_update(home), (text,))


def _select(home: Home) -> str:
    if home.release == "2026.6.11":
        return "SELECT store_json FROM auth_profile_store WHERE store_key = 'primary'"
    return "SELECT value_json FROM config_machine_state WHERE state_key = 'authProfiles.store'"


def _update(home: Home) -> str:
    if home.release == "2026.6.11":
        return "UPDATE auth_profile_store SET store_json = ? WHERE store_key = 'primary'"
    return "UPDATE config_machine_state SET value_json = ? WHERE state_key = 'authProfiles.store'"
