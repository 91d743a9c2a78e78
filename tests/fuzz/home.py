"""A home with everything in it that the program reads, as bytes, and the command line run on a copy of it."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import re
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from reconciler.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-sentinel-0123456789abcdef"
MEMORY = "/dev/shm"
STATE = "home/.openclaw"
RELEASES = ("2026.4.15", "2026.6.11", "2026.9.6")
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
EXITS = {0, 1, 2, 3, 4, 5, 6, 64}
VICTIM = "victim"
UNTOUCHED = b"nobody writes here\n"

MANIFESTS = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: cn
  key: {env: SILICONFLOW_API_KEY}
  models: [{id: deepseek-ai/DeepSeek-V3.2, alias: deep, contextWindow: 64000}, {id: m/two, name: Two}]
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: second}
spec:
  site: global
  key: {profile: manual, from: {env: SILICONFLOW_API_KEY}}
  models: [{id: deepseek-ai/DeepSeek-V3.2}]
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: defaults}
spec: {model: {primary: siliconflow/deepseek-ai/DeepSeek-V3.2, fallbacks: [siliconflow/m/two]}}
"""
CONFIG = """\
// by hand
{
  "meta": {"lastTouchedVersion": "%s"},
  gateway: {mode: 'local'}, // trailing
  models: {mode: "merge", providers: {$include: "sf.json"}},
  agents: {defaults: {models: {"other/x": {alias: "x"}}}, list: [{id: "main", model: "other/x"}]},
  env: {vars: {OTHER: "1"}},
}
"""
INCLUDED = '{\n  "siliconflow": {"baseUrl": "https://api.siliconflow.com/v1", "models": [{"id": "m/old"}]},\n  "other": {}\n}\n'
PROFILES = {
    "version": 1,
    "profiles": {
        "second:manual": {"type": "api_key", "provider": "second", "key": "sk-old-0123456789abcdef"},
        "other:ref": {"type": "token", "provider": "other", "tokenRef": {"source": "env", "id": "A"}},
    },
}  # fmt: skip


def database(*statements: str, rows: tuple[tuple[str, tuple[object, ...]], ...] = ()) -> bytes:
    """The bytes of a database."""
    with _folder() as folder:
        path = os.path.join(folder, "x.sqlite")
        with contextlib.closing(sqlite3.connect(path)) as connection:
            for statement in statements:
                connection.execute(statement)
            for statement, values in rows:
                connection.execute(statement, values)
            connection.commit()
        return Path(path).read_bytes()


def agent_database(value: object = json.dumps(PROFILES)) -> bytes:
    """An agent's database, as 2026.6.11 makes it; ``value`` is what its one row holds."""
    return database(
        "CREATE TABLE auth_profile_store(store_key TEXT PRIMARY KEY, store_json, updated_at INTEGER)",
        "PRAGMA user_version = 1",
        rows=(("INSERT INTO auth_profile_store VALUES ('primary', ?, 1)", (value,)),),
    )


def state_database(value: object = json.dumps(PROFILES)) -> bytes:
    """The shared database, as 2026.9.6 makes it."""
    insert = "INSERT INTO config_machine_state VALUES (?, ?, 1)"
    return database(
        "CREATE TABLE config_machine_state(state_key TEXT PRIMARY KEY, value_json, updated_at_ms INTEGER)",
        "CREATE TABLE secret_store_entries(scope_kind TEXT, scope_id TEXT, name, value, kind TEXT, created_at_ms,"
        " updated_at_ms, updated_by, deleted_at_ms, PRIMARY KEY (scope_kind, scope_id, name))",
        "CREATE TABLE schema_meta(key, value, app_version)",
        "INSERT INTO secret_store_entries VALUES ('team', '', 'KEY', 'sk-old-0123456789abcdef', 'x', 1, 1, '', NULL)",
        "PRAGMA user_version = 18",
        rows=(
            (insert, ("auth.sharedStore", '{"location":"state-db"}')),
            (insert, ("authProfiles.store", value)),
        ),
    )


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str


class Home:
    """A home folder below ``folder``; ``victim`` beside the state folder stands for everything else on the disk."""

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        self.folder = folder
        self.state = folder / "home" / ".openclaw"
        for name, data in {VICTIM: UNTOUCHED, f"home/{VICTIM}": UNTOUCHED, **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def run(self, *arguments: str) -> Ended:
        """Run ``reconciler ARGUMENTS``, and require of it what holds whatever it reads.

        It ends with a code of the table and no report of a bug, prints nothing that a terminal obeys and no key, and
        leaves everything outside the state folder as it is; the state folder too, unless it applies.
        """
        before = self.contents()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setenv("HOME", str(self.folder / "home"))
            patch.setenv("PATH", "")
            patch.setenv("SILICONFLOW_API_KEY", KEY)
            ended = _run(arguments)
        said = ended.stdout + ended.stderr
        assert ended.code in EXITS, ended
        assert "a bug in reconciler" not in said, ended
        assert KEY not in said, ended
        assert not unprintable(said), (unprintable(said), ended)
        after = self.contents()
        names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        # SQLite's own, where a write-ahead log lies about without the index that only SQLite can make.
        changed = {name for name in names if not name.endswith((".sqlite-shm", ".sqlite-wal"))}
        allowed = f"{STATE}/" if arguments[0] == "apply" else "\0"
        assert all(name.startswith(allowed) for name in changed), (changed, ended)
        return ended

    def contents(self) -> dict[str, bytes | str]:
        """Every file below the folder: its bytes, or where it leads if it is a link."""
        found: dict[str, bytes | str] = {}
        for path in self.folder.rglob("*"):
            name = str(path.relative_to(self.folder))
            if path.is_symlink():
                found[name] = os.readlink(path)
            elif path.is_file():
                huge = path.stat().st_size > 1 << 24
                found[name] = "huge" if huge else path.read_bytes()
        return found


def _run(arguments: tuple[str, ...]) -> Ended:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        code = run(list(arguments))
    texts = []
    for stream in streams:
        stream.flush()
        stream.seek(0)
        texts.append(stream.read())
    return Ended(code, *texts)


def unprintable(text: str) -> set[str]:
    """Characters that command a terminal, or reorder or hide what it shows."""
    return set(UNSAFE.findall(text))


def _folder() -> tempfile.TemporaryDirectory[str]:
    """One in memory where there is such: thousands of commits to a disk take minutes."""
    return tempfile.TemporaryDirectory(prefix="fuzz-", dir=MEMORY if os.path.isdir(MEMORY) else None)


@contextlib.contextmanager
def home_of(files: dict[str, bytes]) -> Iterator[Home]:
    """A throw-away home."""
    with _folder() as folder:
        yield Home(Path(folder), files)


@functools.cache
def template(release: str) -> dict[str, bytes]:
    """A home that something has been applied to, with every file that the program looks at, and one change to come."""
    before = {
        "manifests/all.yaml": MANIFESTS.encode(),
        f"{STATE}/openclaw.json": (CONFIG % release).encode(),
        f"{STATE}/sf.json": INCLUDED.encode(),
        f"{STATE}/agents/main/agent/models.json": b'{"providers": {"siliconflow": {"baseUrl": "http://127.0.0.1/"}}}',
    }
    # Later releases refuse to start while the file of an earlier one lies about, and what a later one made tells of it.
    if release == "2026.4.15":
        before[f"{STATE}/agents/main/agent/auth-profiles.json"] = json.dumps(PROFILES).encode()
    else:
        before[f"{STATE}/agents/main/agent/openclaw-agent.sqlite"] = agent_database()
    if release == "2026.9.6":
        before[f"{STATE}/state/openclaw.sqlite"] = state_database()
    with home_of(before) as home:
        given_up = ("--discard-key", "auth-profile[second:manual].key")
        ended = home.run("apply", "--yes", "--skip-health", *given_up)
        assert ended.code == 0, ended
        found = home.contents()
    files = {name: data for name, data in found.items() if isinstance(data, bytes) and VICTIM not in name}
    return {**files, "manifests/all.yaml": MANIFESTS.replace("Two", "Second").encode()}
