"""Two spellings are one id exactly where OpenClaw takes them for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.json5.path import Row
from reconciler.openclaw import ids
from reconciler.release import Release

OLD, FOUR, SIX, NINE = (Release(2026, *rest) for rest in ((3, 13), (4, 15), (6, 11), (9, 6)))

# `openclaw agents list --json` of 2026.4.15 and 2026.6.11, with these ids in agents.list (2026-11-25).
MEASURED_AGENTS = {
    "Boss": "boss",
    "Work Bot": "work-bot",
    "老板": "main",
    "-lead-": "lead",
    "trail--": "trail--",
    "x" * 80: "x" * 64,
    "MAIN": "main",
    "a.b": "a-b",
    "café": "caf",
}


@pytest.mark.parametrize(("written", "id_"), MEASURED_AGENTS.items())
def test_an_agents_id_is_what_openclaw_lists(written: str, id_: str) -> None:
    assert ids.agent_id(written) == id_


@given(st.text(max_size=90))
def test_an_id_that_openclaw_made_stays_as_it_is(text: str) -> None:
    once = ids.agent_id(text)
    assert once
    assert len(once) <= 64
    # Cut at 64 letters, an id may end in a dash, and is fine as it is.
    assert ids.agent_id(once) == once
    assert ids.provider_id(ids.provider_id(text)) == ids.provider_id(text)


def test_the_defaults_are_no_agent() -> None:
    assert ids.agent_name("defaults") == "defaults"
    assert ids.agent_name("DEFAULTS") == ids.agent_name("Defaults") == "Defaults"
    assert ids.agent_name("Work Bot") == "work-bot"


@pytest.mark.parametrize(
    ("written", "release", "id_"),
    [
        (" SiliconFlow\ufeff", None, "siliconflow"),
        ("siliconflow\x1f", None, "siliconflow\x1f"),
        ("Z.ai", OLD, "zai"),
        ("Z.ai", FOUR, "zai"),
        ("Z.ai", SIX, "z.ai"),
        ("Z.ai", None, "z.ai"),
        ("qwen", OLD, "qwen-portal"),
        ("qwencloud", FOUR, "qwen"),
        ("moonshotai", FOUR, "moonshotai"),
        ("moonshotai", Release(2026, 5, 20), "moonshot"),
        ("moonshotai", NINE, "moonshotai"),
    ],
)
def test_a_providers_id_is_compared_without_case_and_by_the_releases_other_names(
    written: str, release: Release | None, id_: str
) -> None:
    assert ids.provider_id(written, release) == id_


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (" SiliconFlow / Qwen/Qwen3-8B ", "siliconflow/Qwen/Qwen3-8B"),
        ("siliconflow/SiliconFlow/x", "SiliconFlow/x"),
        ("fast ", "fast"),
        ("/x", "/x"),
    ],
)
def test_a_ref_keeps_its_models_letters_and_not_its_providers(written: str, key: str) -> None:
    assert ids.model_key(written) == key


@pytest.mark.parametrize(
    ("written", "without"),
    [
        ("siliconflow/Qwen/Qwen3-8B@work", "siliconflow/Qwen/Qwen3-8B"),
        ("fast@work", "fast"),
        ("vertex/claude@20250929", "vertex/claude@20250929"),
        ("vertex/claude@20250929@work", "vertex/claude@20250929"),
        ("ollama/x@q4_K_M", "ollama/x@q4_K_M"),
        ("a@b/c", "a@b/c"),
        ("@x", "@x"),
        ("x@ ", "x@"),
    ],
)
def test_a_profile_behind_a_ref_is_not_part_of_it(written: str, without: str) -> None:
    assert ids.without_profile(written) == without


def test_agents_are_found_in_either_shape_in_their_order() -> None:
    rows = [{"id": "Boss", "model": "a/b"}, {"id": "boss"}, {"id": 3}, "x"]
    assert [(agent.id, agent.path) for agent in ids.agents_in({"agents": {"list": rows}})] == [
        ("boss", ("agents", "list", Row("Boss"))),
        ("boss", ("agents", "list", Row("boss"))),
    ]
    entries = {"Boss": {"model": "a/b"}, "bad": 1}
    (agent,) = ids.agents_in({"agents": {"entries": entries}})
    assert (agent.id, agent.spelling, agent.path) == ("boss", "Boss", ("agents", "entries", "Boss"))
    assert ids.agents_in({}) == ids.agents_in({"agents": []}) == ()


def test_of_two_spellings_the_plain_one_serves_else_the_first() -> None:
    one: dict[str, dict[str, dict[str, object]]] = {
        "models": {"providers": {"SiliconFlow": {}, "SILICONFLOW": {}}}
    }
    assert ids.provider_key(one, "siliconflow") == "SiliconFlow"
    two: dict[str, dict[str, dict[str, object]]] = {
        "models": {"providers": {"SiliconFlow": {}, "siliconflow": {}}}
    }
    assert ids.provider_key(two, "SILICONFLOW") == "siliconflow"
    assert ids.provider_key({}, "Zai") == "Zai"
    assert ids.spellings(two["models"]["providers"], "siliconflow") == ("SiliconFlow", "siliconflow")
