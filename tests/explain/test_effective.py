"""What `explain` says wins is what was measured; the same table is held against real OpenClaw in ``tests/openclaw``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.effective import chains
from reconciler.effective.chains import NOT_SET, World
from reconciler.effective.facts import AgentFacts, Facts, Variable
from reconciler.openclaw.models_json import CachedProvider, ModelsFile
from reconciler.openclaw.stores.contents import StoreContents, StoreState, masked
from reconciler.release import Release
from reconciler.secret import Fingerprints, Secret
from tests.explain.measured import (
    CASES,
    REFUSED,
    Case,
    filled,
    key,
    profile,
    provider_config,
    variable,
    winner,
)

if TYPE_CHECKING:
    from reconciler.openclaw.precedence import VariableKind

PRINTS = Fingerprints(b"test")
URL, OLD_URL = "https://api.example/v1", "https://old.example/v1"
P = "acme"
KINDS: tuple[tuple[VariableKind, str], ...] = (("process", "process"), ("dotenv", "dotenv"), ("vars", "vars"))


def facts_of(case: Case) -> Facts:
    cached = {P: CachedProvider(OLD_URL, Secret(key(P, "cached")))} if case.cached else {}
    order = {P: tuple(filled(name, P) for name in case.stored)} if case.stored else {}
    agent = AgentFacts(
        "main",
        ModelsFile("/s/models.json", b"", 0o600, cached),
        StoreContents("/s/store", b"", {f"{P}:{name}": masked(profile(P, name)) for name in case.profiles}),
        StoreState("/s/state", b"", order, {}),
        (),
    )
    places = tuple(
        Variable(kind, source, Secret(key(P, source))) for kind, source in KINDS if source in case.sets
    )
    return Facts((agent,), agent, {variable(P): places}, {f"{P}-key": Secret(key(P, "file"))}, ())


def world_of(case: Case, release: str) -> World:
    config: dict[str, Any] = {"models": {"providers": {P: provider_config(case, P, URL)}}}
    if case.order is not None:
        config["auth"] = {"order": {P: [filled(name, P) for name in case.order]}}
    return World(
        config,
        facts_of(case),
        Release.parse(release),
        PRINTS,
        lambda path: ".".join(map(str, path)),
        lambda path: path,
    )


@pytest.mark.parametrize("release", ["2026.4.15", "2026.6.11", "2026.8.2", "2026.9.6"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_key_that_wins_is_the_one_that_was_measured(case: Case, release: str) -> None:
    world = world_of(case, release)
    chain = chains.key(world, P, world.facts.agents[0])
    expected = winner(case, release)
    if expected == "":
        assert chain.winner is None
        return
    assert chain.winner is not None
    assert chain.winner.value == (NOT_SET if expected == REFUSED else PRINTS.of(Secret(key(P, expected))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_chain_holds_fingerprints_and_no_key(case: Case) -> None:
    world = world_of(case, "2026.9.6")
    chain = chains.key(world, P, world.facts.agents[0])
    assert chain.candidates
    assert "sk-" not in repr(chain)


def test_the_address_is_the_configs_whatever_a_models_json_says() -> None:
    case = next(case for case in CASES if case.cached)
    world = world_of(case, "2026.4.15")
    chain = chains.base_url(world, P, world.facts.agents[0])
    assert chain.winner is not None
    assert chain.winner.value == URL
    assert [candidate.value for candidate in chain.beaten] == [OLD_URL]


def test_an_agents_own_profiles_come_before_the_inherited_ones() -> None:
    case = next(case for case in CASES if case.name == "first-profile")
    world = world_of(case, "2026.6.11")
    own = StoreContents("/s/b", b"", {f"{P}:z": masked(profile(P, "z"))})
    agent = AgentFacts("b", None, own, StoreState(), ())
    names = [candidate.name for candidate in chains.key(world, P, agent).candidates]
    assert names == [f"{P}:z", f"{P}:b", f"{P}:a"]


def test_of_equal_profiles_the_one_unused_for_longest_comes_first() -> None:
    case = next(case for case in CASES if case.name == "first-profile")
    world = world_of(case, "2026.6.11")
    main = world.facts.agents[0]
    used = AgentFacts(main.name, None, main.store, StoreState(last_used={f"{P}:b": 5}), ())
    assert chains.key(world, P, used).candidates[0].name == f"{P}:a"


@pytest.mark.parametrize(
    ("model", "ref"),
    [
        ("acme/m", "acme/m"),
        ({"primary": "acme/m", "fallbacks": []}, "acme/m"),
        ("Short", "acme/long"),
        ({"primary": " short "}, "acme/long"),
    ],
)
def test_a_model_is_found_in_each_of_its_spellings(model: object, ref: str) -> None:
    world = world_of(CASES[0], "2026.9.6")
    world.config["agents"] = {"defaults": {"model": model, "models": {"acme/long": {"alias": "short"}}}}
    chain = chains.model(world, "main")
    assert chain.winner is not None
    assert chain.winner.value == ref


@pytest.mark.parametrize("shape", ["list", "entries"])
def test_an_agents_own_model_beats_the_default(shape: str) -> None:
    world = world_of(CASES[0], "2026.9.6")
    own = {"model": "other/own"}
    agents = [{"id": "b", **own}] if shape == "list" else {"b": own}
    world.config["agents"] = {"defaults": {"model": "acme/default"}, shape: agents}
    chain = chains.model(world, "b")
    assert [candidate.value for candidate in chain.candidates] == ["other/own", "acme/default"]
    assert chains.model(world, "main").candidates[0].value == "acme/default"
