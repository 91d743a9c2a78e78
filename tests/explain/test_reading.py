"""What may beat the config is read as OpenClaw keeps it; what is taken out of a models.json leaves the rest as it was."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.desired.model import Desired, Field, Resource
from reconciler.effective.facts import agent_names
from reconciler.effective.stale_models import find_stale
from reconciler.errors import TargetError
from reconciler.openclaw.dotenv import dotenv_files, read_dotenv
from reconciler.openclaw.models_json import is_key, read_models_file, without_entries
from reconciler.openclaw.paths import find_paths
from reconciler.openclaw.sessions import read_pins
from reconciler.openclaw.stores.state import read_state
from reconciler.secret import Secret
from reconciler.targets.local import LocalReader

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.openclaw.paths import Paths

KEY = "sk-cached-0123456789abcdef"
MODELS = """\
{
    "providers": {
        "other": {"baseUrl": "https://other.example/v1",   "apiKey": "OTHER_API_KEY"},
        "acme": {
            "baseUrl": "https://old.example/v1",
            "apiKey": "%s"
        }
    }
}
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / ".openclaw" / "agents" / "main" / "agent").mkdir(parents=True)
    return find_paths({"HOME": str(tmp_path)})


def database(paths: Paths, table: str, row: tuple[Any, ...]) -> None:
    with contextlib.closing(
        sqlite3.connect(paths.agent_folder("main") + "/openclaw-agent.sqlite")
    ) as connection:
        connection.execute(table)
        connection.execute(f"INSERT INTO {table.split()[2]} VALUES ({', '.join('?' * len(row))})", row)
        connection.commit()


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=plain", "plain"),
        ("  export KEY = spaced  # why", "spaced"),
        ('KEY="quoted # not a comment"', "quoted # not a comment"),
        ("KEY='single'\r", "single"),
        ("KEY=first\nKEY=last", "last"),
        ("# KEY=commented\nOTHER_KEY=x", None),
        ("KEY=", ""),
    ],
)
def test_a_dotenv_line_is_read_as_openclaw_reads_it(tmp_path: Path, line: str, value: str | None) -> None:
    (tmp_path / ".env").write_text(line + "\n", encoding="utf-8", newline="")
    found = read_dotenv(str(tmp_path / ".env"), {"KEY"})
    assert (found["KEY"].reveal() if found else None) == value


def test_a_state_folder_of_its_own_leaves_the_gateway_env_out(tmp_path: Path) -> None:
    assert len(dotenv_files(find_paths({"HOME": str(tmp_path)}))) == 2
    assert dotenv_files(find_paths({"HOME": "/h", "OPENCLAW_STATE_DIR": "/s"})) == ("/s/.env",)


def test_taking_an_entry_out_leaves_every_other_byte(paths: Paths) -> None:
    path = paths.agent_folder("main") + "/models.json"
    with open(path, "w", encoding="utf-8") as file:
        file.write(MODELS % KEY)
    found = read_models_file(path)
    assert found is not None
    left = without_entries(found, ["acme"]).decode()
    assert '        "other": {"baseUrl": "https://other.example/v1",   "apiKey": "OTHER_API_KEY"}\n' in left
    assert list(json.loads(left)["providers"]) == ["other"]


@pytest.mark.parametrize("text", ["SILICONFLOW_API_KEY", "secretref-managed", "acme:manual", "${KEY}"])
def test_a_word_for_a_key_is_none(text: str) -> None:
    assert not is_key("acme", Secret(text))


@pytest.mark.parametrize(
    ("release", "url", "held", "known", "stale"),
    [
        ("2026.9.6", "https://old.example/v1", KEY, None, True),
        ("2026.9.6", "https://old.example/v1", "ACME_API_KEY", None, False),
        ("2026.9.6", "https://new.example/v1", "ACME_API_KEY", None, True),
        ("2026.4.15", "https://old.example/v1", KEY, None, False),
        ("2026.4.15", "https://old.example/v1", KEY, KEY, False),
        ("2026.4.15", "https://old.example/v1", KEY, "sk-rotated", True),
        ("2026.6.11", "https://old.example/v1", KEY, KEY, False),
        ("2026.6.11", "https://old.example/v1", KEY, "sk-rotated", True),
        ("2026.9.6", "https://old.example/v1", KEY, KEY, True),
    ],
)
def test_only_what_is_out_of_date_is_taken_out(
    paths: Paths, release: str, url: str, held: str, known: str | None, stale: bool
) -> None:
    with open(paths.agent_folder("main") + "/models.json", "w", encoding="utf-8") as file:
        file.write(MODELS % held)
    snapshot = LocalReader(paths, {}, release).snapshot()
    field = Field(("baseUrl",), url, None)
    desired = Desired(
        (Resource("provider/acme", "provider", ("models", "providers", "acme"), (field,), None),)
    )
    found = find_stale(snapshot, desired, {"acme": [Secret(known) if known else None]})
    assert bool(found) == stale
    assert all(KEY not in repr(file.reasons) for file in found)


def test_the_order_in_a_store_is_found_in_each_of_its_places(paths: Paths) -> None:
    state = {"order": {"acme": ["acme:b", "acme:a"]}, "usageStats": {"acme:a": {"lastUsed": 7}}}
    with open(paths.agent_folder("main") + "/auth-profiles.json", "w", encoding="utf-8") as file:
        json.dump({"profiles": {}, **state}, file)
    table = "CREATE TABLE auth_profile_state (state_key TEXT, state_json TEXT, updated_at INTEGER)"
    database(paths, table, ("primary", json.dumps(state), 1))
    for shape in ("json", "agent-database", "shared-database"):
        found = read_state(paths, shape, "main")
        assert (found.order, found.last_used) == ({"acme": ("acme:b", "acme:a")}, {"acme:a": 7})


def test_pinned_sessions_are_found_in_file_and_database(paths: Paths, tmp_path: Path) -> None:
    folder = tmp_path / ".openclaw" / "agents" / "main" / "sessions"
    folder.mkdir()
    entry = {"providerOverride": "acme", "modelOverride": "m/old"}
    (folder / "sessions.json").write_text(json.dumps({"agent:main:a": entry, "agent:main:b": {}}), "utf-8")
    table = "CREATE TABLE session_nodes (session_key TEXT, entry_json TEXT)"
    database(paths, table, ("agent:main:c", json.dumps(entry)))
    found = read_pins(paths, "main")
    assert [(pin.session, pin.model) for pin in found] == [
        ("agent:main:a", "acme/m/old"),
        ("agent:main:c", "acme/m/old"),
    ]


def test_a_file_that_is_no_database_is_an_error_that_names_it(paths: Paths) -> None:
    path = paths.agent_folder("main") + "/openclaw-agent.sqlite"
    with open(path, "w", encoding="utf-8") as file:
        file.write("no database at all" * 100)
    with pytest.raises(TargetError) as error:
        read_pins(paths, "main")
    assert error.value.where == path


@pytest.mark.parametrize(
    ("agents", "names"),
    [
        ({}, ("main",)),
        ({"list": [{"id": "Main"}, {"id": "b c"}, {"id": 1}, "x"]}, ("main", "b-c")),
        ({"entries": {"b": {}, "c": {}}}, ("b", "c")),
        ({"list": "broken"}, ("main",)),
    ],
)
def test_agents_are_found_in_each_shape(agents: object, names: tuple[str, ...]) -> None:
    assert agent_names({"agents": agents}) == names
