"""A state folder of any content: every command ends with a code of the table, and nothing beside the folder is touched."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING

import json5
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.home import (
    CONFIG,
    PROFILES,
    RELEASES,
    STATE,
    VICTIM,
    Home,
    agent_database,
    home_of,
    state_database,
    template,
)
from tests.fuzz.hostile import damaged_bytes, damaged_json, damaged_value, deep_writing

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = (
    *(("plan", "--format", form) for form in ("text", "json", "markdown", "html")),
    *(("drift", "--format", form) for form in ("text", "json", "markdown")),
    *(
        (name, "--format", form)
        for name in ("doctor", "history", "validate", "explain")
        for form in ("text", "json")
    ),
    ("apply", "--yes", "--skip-health"),
    ("apply", "--yes", "--skip-health", "--allow-empty", "--allow-mass-delete"),
)
PENDING = b"""{"id": "x", "files": [{"path": "/victim", "before": null, "after": "0", "backup": null}], "owned": {}}"""
STORES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "2026.4.15": (f"{STATE}/agents/main/agent/auth-profiles.json", str.encode),
    "2026.6.11": (f"{STATE}/agents/main/agent/openclaw-agent.sqlite", agent_database),
    "2026.9.6": (f"{STATE}/state/openclaw.sqlite", state_database),
}
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def names(release: str) -> list[str]:
    """What lies in the home, stable from run to run."""
    return sorted(name for name in template(release) if not name.endswith("/lock"))


@st.composite
def damaged_homes(draw: st.DrawFn) -> dict[str, bytes]:
    files = dict(template(draw(st.sampled_from(RELEASES))))
    if draw(st.booleans()):
        files[f"{STATE}/reconciler/pending.json"] = PENDING
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(sorted(files)))
        strict = name.endswith(".json") and not name.endswith("openclaw.json")
        files[name] = draw((damaged_json if strict else damaged_bytes)(files[name]))
    return files


@FUZZ
@given(damaged_homes(), st.sampled_from(COMMANDS))
def test_damaged_files_end_in_a_result_or_an_error(files: dict[str, bytes], command: tuple[str, ...]) -> None:
    with home_of(files) as home:
        home.run(*command)


@st.composite
def strange_homes(draw: st.DrawFn) -> dict[str, bytes]:
    """Homes whose config and auth store can be read, and say what nobody expects there."""
    release = draw(st.sampled_from(RELEASES))
    config = draw(damaged_value(json5.loads(CONFIG % release)))
    profiles = draw(damaged_value(PROFILES))
    name, stored = STORES[release]
    with deep_writing():
        changed = {f"{STATE}/openclaw.json": json.dumps(config).encode(), name: stored(json.dumps(profiles))}
    return {**template(release), **changed}


@FUZZ
@given(strange_homes(), st.sampled_from(COMMANDS))
def test_values_that_nobody_expects_end_in_a_result_or_an_error(
    files: dict[str, bytes], command: tuple[str, ...]
) -> None:
    with home_of(files) as home:
        home.run(*command)


def _link(home: Home, name: str) -> None:
    (home.folder / name).symlink_to(home.folder / VICTIM)


def _dangling_link(home: Home, name: str) -> None:
    (home.folder / name).symlink_to(home.folder / "nowhere")


def _circle(home: Home, name: str) -> None:
    (home.folder / name).symlink_to(home.folder / name)


def _folder(home: Home, name: str) -> None:
    (home.folder / name).mkdir()


def _pipe(home: Home, name: str) -> None:
    os.mkfifo(home.folder / name)


def _socket(home: Home, name: str) -> None:
    here = os.getcwd()
    os.chdir((home.folder / name).parent)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind((home.folder / name).name)
    os.chdir(here)


def _huge(home: Home, name: str) -> None:
    with (home.folder / name).open("wb") as file:
        file.truncate(1 << 40)


STRANGE: dict[str, Callable[[Home, str], None]] = {
    "link": _link,
    "dangling": _dangling_link,
    "circle": _circle,
    "folder": _folder,
    "pipe": _pipe,
    "socket": _socket,
    "huge": _huge,
}


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("release", RELEASES)
def test_something_else_where_a_file_should_be_ends_in_a_result_or_an_error(release: str, kind: str) -> None:
    for name in names(release):
        with home_of(template(release)) as home:
            (home.folder / name).unlink()
            STRANGE[kind](home, name)
            for command in (("plan",), ("doctor",), ("history",), ("apply", "--yes", "--skip-health")):
                home.run(*command)


@pytest.mark.parametrize("folder", ["", "sets", "receipts", "backups"])
def test_a_journal_that_leads_elsewhere_is_not_written_through(folder: str) -> None:
    with home_of(template("2026.9.6")) as home:
        place = home.state / "reconciler" / folder
        place.rename(home.folder / "elsewhere")
        place.symlink_to(home.folder / "elsewhere")
        ended = home.run("apply", "--yes", "--skip-health")
        assert ended.code == 1
        assert "symbolic link" in ended.stderr


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/b", "..", ".", "", "a\nb", "é", "x" * 64])
def test_a_set_name_is_never_a_path(name: str) -> None:
    with home_of(template("2026.9.6")) as home:
        ended = home.run("apply", "--yes", "--skip-health", "--set", name)
        assert ended.code == (64 if name else 0)


@pytest.mark.parametrize("backup", [None, "victim"])
def test_a_record_of_an_unfinished_apply_reaches_no_other_file(backup: str | None) -> None:
    import hashlib
    import json

    with home_of(template("2026.9.6")) as home:
        victim = home.folder / VICTIM
        digest = hashlib.sha256(victim.read_bytes()).hexdigest()
        place = str(victim if backup is None else home.state / "openclaw.json")
        file = {"path": place, "before": digest, "after": digest, "backup": backup and str(victim)}
        record = {"id": "x", "files": [file], "owned": {}}
        (home.state / "reconciler" / "pending.json").write_text(json.dumps(record))
        ended = home.run("apply", "--yes", "--skip-health")
        assert ended.code == 1
        assert "pending.json" in ended.stderr
