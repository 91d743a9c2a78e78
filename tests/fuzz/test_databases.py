"""Databases of any bytes, and any value in OpenClaw's own rows: read, or refused; never waited for, never written."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.home import STATE, agent_database, database, home_of, state_database, template
from tests.fuzz.hostile import damaged_bytes

PLACES = {
    "2026.6.11": (f"{STATE}/agents/main/agent/openclaw-agent.sqlite", agent_database),
    "2026.9.6": (f"{STATE}/state/openclaw.sqlite", state_database),
}
COMMANDS = (("plan",), ("doctor",), ("apply", "--yes", "--skip-health"))
VALUES = (
    None,
    10**12,
    -1,
    1.5,
    b"",
    b"\xff\xfe",
    b"{}",
    "",
    "{}",
    "[]",
    "[" * 100_000,
    "\x1b[2J",
    '{"profiles": []}',
)
DEEP = '{"profiles": {"second:manual": {"type": ' + "[" * 150 + "]" * 150 + "}}}"
LOOPS = database(
    "CREATE TABLE secret_store_entries(scope_kind, name, value, deleted_at_ms)",
    "CREATE VIEW config_machine_state AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n)"
    " SELECT 'auth.sharedStore' AS state_key, i AS value_json FROM n",
)


@pytest.mark.parametrize("release", PLACES)
@pytest.mark.parametrize("value", [*VALUES, DEEP], ids=lambda value: repr(value)[:20])
def test_any_value_in_the_row_ends_in_a_result_or_an_error(release: str, value: object) -> None:
    name, make = PLACES[release]
    for command in COMMANDS:
        with home_of({**template(release), name: make(value)}) as home:
            home.run(*command)


def test_a_view_that_never_ends_is_no_table() -> None:
    with home_of({**template("2026.9.6"), f"{STATE}/state/openclaw.sqlite": LOOPS}) as home:
        for command in COMMANDS:
            home.run(*command)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str, bytes]:
    release = draw(st.sampled_from(sorted(PLACES)))
    name, make = PLACES[release]
    suffix = draw(st.sampled_from(["", "", "", "-wal", "-journal", "-shm"]))
    good = make()
    data = draw(st.one_of(damaged_bytes(good), st.just(good[:4096]), st.binary(max_size=200)))
    return release, name + suffix, data


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged(), st.sampled_from(COMMANDS))
def test_a_damaged_database_ends_in_a_result_or_an_error(
    place: tuple[str, str, bytes], command: tuple[str, ...]
) -> None:
    release, name, data = place
    with home_of({**template(release), name: data}) as home:
        home.run(*command)
