"""A saved plan of any content is shown harmlessly, or refused; applying it writes nothing that wasn't planned."""

from __future__ import annotations

from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.home import home_of, template
from tests.fuzz.hostile import damaged_json

RELEASE = "2026.9.6"
COMMANDS = (
    *(("show", "plan.json", "--format", form) for form in ("text", "json", "markdown", "html")),
    ("apply", "plan.json", "--yes", "--skip-health"),
)


@cache
def saved_plan() -> bytes:
    """The plan of a home that has something to do."""
    with home_of(template(RELEASE)) as home:
        return home.run("plan", "--format", "json").stdout.encode()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(COMMANDS))
def test_a_damaged_plan_is_shown_harmlessly_or_refused(data: st.DataObject, command: tuple[str, ...]) -> None:
    plan = data.draw(st.one_of(damaged_json(saved_plan()), st.binary(max_size=100)))
    with home_of({**template(RELEASE), "plan.json": plan}) as home:
        home.run(*command)
