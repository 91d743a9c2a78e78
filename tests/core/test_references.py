"""The walker over a config: every place that names a model, a provider, an address or a key, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.brought import brought_by, known_anywhere
from reconciler.openclaw.references import Reference, endpoints, named, references, target
from reconciler.openclaw.resolution import resolve_models
from reconciler.release import Release
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from reconciler.openclaw.ids import ModelRef

REF = "acme/big"


RELEASE = Release(2026, 9, 6)


def meant(config: Any, one: Reference) -> ModelRef | None:
    return target(one, config, resolve_models(config, RELEASE), RELEASE)


def at(path: str, value: Any) -> dict[str, Any]:
    """A config that says ``value`` at ``path``; ``[]`` is a list, ``[x]`` its row of the id x."""
    for step in reversed(path.split(".")):
        if step == "[]":
            value = [value]
        elif step.startswith("["):
            value = [{"id": step[1:-1], **value}]
        else:
            value = {step: value}
    return value  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "use", "agent"),
    [
        ("agents.defaults.model", "primary model", "defaults"),
        ("agents.defaults.model.primary", "primary model", "defaults"),
        ("agents.list.[Work Bot].model", "primary model", "work-bot"),
        ("agents.entries.Boss.model.fallbacks.[]", "fallback", "boss"),
        ("agents.defaults.imageModel", "image model", "defaults"),
        ("agents.defaults.pdfModel.fallbacks.[]", "fallback of PDF model", "defaults"),
        ("agents.entries.b.utilityModel", "utility model", "b"),
        ("agents.defaults.imageGenerationModel.primary", "image generation", "defaults"),
        ("agents.defaults.mediaModels.video", "video generation", "defaults"),
        ("agents.list.[b].heartbeat.model", "heartbeat", "b"),
        ("agents.defaults.subagents.model.primary", "subagents", "defaults"),
        ("agents.defaults.compaction.memoryFlush.model", "compaction", "defaults"),
        ("agents.entries.b.tools.exec.reviewer.model", "command reviewer", "b"),
        ("agents.defaults.modelPolicy.allow.[]", "list of allowed models", "defaults"),
        ("hooks.gmail.model", "hook", ""),
        ("hooks.mappings.[].model", "hook", ""),
        ("channels.modelByChannel.discord.general", "channel", ""),
        ("channels.clickclack.accounts.a.model", "channel", ""),
        ("channels.discord.voice.tts.summaryModel", "text to speech", ""),
        ("messages.tts.summaryModel", "text to speech", ""),
        ("tools.media.audio.preferredModel", "media tool", ""),
        ("plugins.entries.active-memory.config.modelFallback", "plugin", ""),
        ("plugins.entries.x.llm.allowedModels.[]", "list of allowed models", ""),
    ],
)
def test_every_place_of_the_schemas_is_found_with_its_use_and_its_agent(
    path: str, use: str, agent: str
) -> None:
    config = at(path, REF)
    (found,) = references(config)
    assert (found.use, found.agent, found.text) == (use, agent, REF)
    assert lookup(config, found.place) == REF


def test_an_entry_is_an_alias_only_where_it_gives_one() -> None:
    config = {"agents": {"defaults": {"models": {"a/x": {"alias": "one"}, "a/y": {}}}}}
    assert [(one.text, one.use, one.runs) for one in references(config)] == [
        ("a/x", "alias", True),
        ("a/y", "model entry", False),
    ]


def test_a_models_own_id_belongs_to_the_provider_that_stands_beside_it() -> None:
    config = {
        "agents": {"defaults": {"memorySearch": {"provider": "Acme", "model": "BAAI/bge-m3"}}},
        "tools": {"media": {"models": [{"provider": "acme", "model": "acme/ear"}]}},
        "talk": {"provider": "acme"},
    }
    found = list(references(config))
    assert [(one.provider, meant(config, one)) for one in found if not one.alone] == [
        ("Acme", found[0].model()),
        ("acme", found[1].model()),
    ]
    assert [getattr(one.model(), "key", None) for one in found] == ["acme/BAAI/bge-m3", "acme/ear", None]
    assert [one.alone for one in found] == [False, False, True]


def test_what_defines_models_or_reads_like_one_is_no_reference() -> None:
    config = {
        "models": {"providers": {"acme": {"models": [{"id": "model", "model": REF}]}}},
        "agents": {"defaults": {"systemPrompt": f"Use {REF} sparingly."}},
        "env": {"vars": {"model": REF}},
        "acp": {"fallbacks": [REF]},
    }
    assert list(references(config)) == []


def test_a_providers_models_are_found_under_names_that_no_schema_has() -> None:
    config = at("plugins.entries.x.config.summariser", "Acme/big")
    assert list(references(config)) == []
    (found,) = references(config, ["acme"])
    assert (named(found.place), found.text) == ("plugins.entries.x.config.summariser", "Acme/big")


def test_an_alias_is_resolved_as_openclaw_does_the_agents_own_one_first() -> None:
    config = {
        "agents": {
            "defaults": {"model": "Fast", "models": {"a/x": {"alias": "fast"}, "a/y": {"alias": "FAST "}}},
            "entries": {"b": {"model": "fast", "models": {"a/z": {"alias": "fast"}}}},
        }
    }
    chosen = {one.agent: meant(config, one) for one in references(config) if one.use == "primary model"}
    assert {agent: model and model.key for agent, model in chosen.items()} == {"defaults": "a/y", "b": "a/z"}


def test_a_key_belongs_to_the_innermost_address_around_it() -> None:
    config = {
        "memorySearch": {
            "remote": {"baseUrl": "https://a.example/v1", "headers": {"Authorization": "Bearer ${A}"}},
            "apiKey": {"source": "env", "provider": "default", "id": "B"},
        },
        "env": {"vars": {"C_URL": "http://c.example", "C": "sk-not-used-here"}},
    }
    found = [
        (named(one.place), [url for _, url in one.urls], [key for _, key in one.keys])
        for one in endpoints(config)
    ]
    assert found == [
        ("memorySearch.remote", ["https://a.example/v1"], ["Bearer ${A}"]),
        ("env.vars", ["http://c.example"], []),
        ("", [], [{"source": "env", "provider": "default", "id": "B"}]),
    ]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(REF),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "agents",
                    "defaults",
                    "list",
                    "entries",
                    "id",
                    "model",
                    "models",
                    "primary",
                    "fallbacks",
                    "heartbeat",
                    "provider",
                    "memorySearch",
                    "allow",
                    "tts",
                    "auth",
                    "order",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(json)
def test_a_config_of_any_shape_is_walked_and_each_place_leads_to_what_it_says(config: Any) -> None:
    for one in references(config, ["acme"]):
        held = lookup(config, one.place)
        assert held == one.text or (
            held is not MISSING and str(getattr(one.place[-1], "id", one.place[-1])) == one.text
        )
        meant(config, one)
    for endpoint in endpoints(config):
        assert all(lookup(config, place) is not MISSING for place, _ in (*endpoint.urls, *endpoint.keys))


def test_a_release_brings_the_providers_that_it_had_and_no_others() -> None:
    assert {"openai", "anthropic", "google"} <= brought_by(Release(2026, 1, 30)) & brought_by(
        Release(2026, 9, 6)
    )
    assert "groq" in brought_by(Release(2026, 5, 20))
    assert "groq" not in brought_by(Release(2026, 9, 6))
    assert "groq" in known_anywhere()
    assert "siliconflow" not in known_anywhere()
