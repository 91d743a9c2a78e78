"""An apply changes what OpenClaw resolves (allowed models, default model, aliases, agents' models) only where a manifest says so."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.openclaw.capabilities import MODEL_POLICY
from reconciler.openclaw.ids import model_key
from reconciler.openclaw.resolution import choices_in
from reconciler.release import Release
from reconciler.state.ownership import decode_path
from tests.laws.generated import Documents, document, some
from tests.laws.imagined import Imagined

if TYPE_CHECKING:
    from reconciler.openclaw.resolution import Allowed, Resolution

OLDER = ("2026.3.13", "2026.4.15", "2026.5.20", "2026.6.11", "2026.7.1")
NEWER = ("2026.8.2", "2026.9.1", "2026.9.6")
OURS = ("siliconflow/m/one", "siliconflow/m/two", "siliconflow/plain")
THEIRS = ("openai/gpt-5", "acme/a/b", "Acme/c", "siliconflow/m/old")
# Ids that OpenClaw spells in another way; each means an agent of its own.
AGENTS = ("coder", "Boss", "Work Bot")


class Case(NamedTuple):
    """A config that OpenClaw may have, and manifests for it."""

    release: str
    config: dict[str, Any]
    documents: Documents


@st.composite
def cases(draw: st.DrawFn, releases: tuple[str, ...] = (*OLDER, *NEWER)) -> Case:
    """Allow-lists, policies, aliases and agents of every kind; no alias is given twice, that is another rule's."""
    hand = random.Random(draw(st.integers(0, 2**32)))
    release = hand.choice(releases)
    policies = MODEL_POLICY.covers(Release.parse(release))
    names = hand.sample(AGENTS, hand.randint(0, 2))
    defaults = {
        **some(hand, {"model": choice(hand)}, 0.7),
        **some(hand, {"imageModel": hand.choice(THEIRS)}, 0.3),
        **some(hand, {"models": entries(hand)}, 0.6),
        **(some(hand, {"modelPolicy": policy(hand)}) if policies else {}),
    }
    holders = {name: agent(hand, policies) for name in names}
    meta: dict[str, Any] = {"lastTouchedVersion": release}
    if policies and hand.random() < 0.4:
        meta["migrations"] = {"modelPolicyAllowlist": True}
    config = {
        "meta": meta,
        "gateway": {"mode": "local"},
        "models": {"providers": {"acme": {"baseUrl": "http://127.0.0.1:1/v1", "models": []}}},
        "agents": {"defaults": defaults, **roster(holders, policies and hand.random() < 0.7)},
        "hooks": {"gmail": {"model": hand.choice(THEIRS)}},
    }
    return Case(release, config, manifests(hand))


def roster(holders: dict[str, Any], keyed: bool) -> dict[str, Any]:
    """The agents, in either shape; none where there are none."""
    if not holders:
        return {}
    every = {"main": {}, **holders}
    return {"entries": every} if keyed else {"list": [{"id": name, **said} for name, said in every.items()]}


def choice(hand: random.Random) -> Any:
    """A model choice of somebody's own."""
    primary = hand.choice((*THEIRS, "theirs", "Other"))
    return hand.choice([primary, {"primary": primary, **some(hand, {"fallbacks": [hand.choice(THEIRS)]})}])


def entries(hand: random.Random) -> dict[str, Any]:
    """A map of models of somebody's own."""
    found = {
        "openai/gpt-5": {"alias": "theirs"},
        "acme/a/b": {"alias": " OTHER "},
        "Acme/c": {},
        "acme/*": {},
        "siliconflow/m/one": {},
    }
    return dict(hand.sample(sorted(found.items()), hand.randint(0, 3)))


def policy(hand: random.Random) -> dict[str, Any]:
    """A policy of somebody's own."""
    listed = hand.sample(("openai/gpt-5", "acme/*", "acme/a/*", OURS[0]), hand.randint(1, 2))
    return hand.choice([{}, {"allow": []}, {"allow": listed}])


def agent(hand: random.Random, policies: bool) -> dict[str, Any]:
    """An agent of somebody's own."""
    return {
        **some(hand, {"model": choice(hand)}),
        **(some(hand, {"modelPolicy": policy(hand)}, 0.3) if policies else {}),
        **(some(hand, {"models": {"acme/z": {"alias": "own"}}}, 0.3) if policies else {}),
    }


def manifests(hand: random.Random) -> Documents:
    """A provider with aliases or without, and perhaps what the defaults use."""
    ids = [ref.partition("/")[2] for ref in hand.sample(OURS, hand.randint(1, 3))]
    models = [{"id": one, **some(hand, {"alias": f"our {one}"}, 0.6)} for one in ids]
    refs = [f"siliconflow/{one}" for one in ids]
    spec = {
        **some(hand, {"model": {"primary": hand.choice(refs), **some(hand, {"fallbacks": [refs[-1]]})}}, 0.7),
        **some(hand, {"modelPolicy": {"allow": ["siliconflow/*"]}}, 0.15),
    }
    return [
        document(
            "Provider", "siliconflow", {"site": "cn", "key": {"env": "SILICONFLOW_API_KEY"}, "models": models}
        ),
        *([document("Agent", "defaults", spec)] if spec else []),
    ]


def specs(documents: Documents) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The models that a case declares, and what it says of the defaults."""
    defaults: dict[str, Any] = next((one["spec"] for one in documents if one["kind"] == "Agent"), {})
    return documents[0]["spec"]["models"], defaults


def expected_aliases(before: dict[str, str], models: list[dict[str, Any]]) -> dict[str, str]:
    """The aliases that stood, and those that are declared."""
    return {**before, **{m["alias"]: f"siliconflow/{m['id']}" for m in models if "alias" in m}}


@given(case=cases())
@settings(max_examples=300, deadline=None)
def test_only_what_a_manifest_says_becomes_another(case: Case) -> None:
    home = Imagined(case.config, case.release)
    before, models, said = home.resolution, *specs(case.documents)
    step = home.apply(case.documents)
    after = home.resolution
    assert after.defaults.aliases == expected_aliases(dict(before.defaults.aliases), models)
    assert after.defaults.image == before.defaults.image
    assert after.defaults.primary == said.get("model", {}).get("primary", before.defaults.primary)
    for name, was in before.agents.items():
        inherits = was.primary == before.defaults.primary and "model" not in _agent(case.config, name)
        assert after.agents[name].primary == (after.defaults.primary if inherits else was.primary)
        if was.allowed.path[:2] != ("agents", "defaults"):
            assert after.agents[name].allowed in (was.allowed, after.defaults.allowed)
    _require_used(before, after, step.codes)
    _require_allowed(case, before.defaults.allowed, after.defaults.allowed, step.codes)


def _agent(config: Any, name: str) -> dict[str, Any]:
    agents = config["agents"]
    rows = agents.get("entries", {}) or {row["id"]: row for row in agents.get("list", ())}
    return next(said for key, said in rows.items() if key.lower().replace(" ", "-") == name)


def _require_used(before: Resolution, after: Resolution, codes: frozenset[str]) -> None:
    """No model is silently replaced by another because of an apply."""
    was = before.choices()
    for name, choice in after.choices().items():
        if not choice.used and was[name].used:
            assert "unlisted-model" in codes


def _require_allowed(case: Case, was: Allowed, now: Allowed, codes: frozenset[str]) -> None:
    models, said = specs(case.documents)
    release = Release.parse(case.release)
    policies = MODEL_POLICY.covers(release)
    if policies and "modelPolicy" in said:
        assert now.refs == frozenset({"siliconflow/*"})
        return
    chosen = {said["model"]["primary"], *said["model"].get("fallbacks", ())} if "model" in said else set()
    ours = {f"siliconflow/{model['id']}" for model in models} | chosen
    if was.refs is None:
        begun = not policies and any("alias" in model for model in models)
        assert (now.refs is not None) == begun == ("implicit-allow-list" in codes)
        assert now.refs is None or ours <= now.refs
    else:
        assert now.refs is not None
        assert was.refs <= now.refs <= was.refs | ours
        assert "implicit-allow-list" not in codes


@given(case=cases(), seed=st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_what_openclaw_or_a_person_adds_since_makes_no_plan_and_nobody_is_blamed(
    case: Case, seed: int
) -> None:
    """OpenClaw's write, an upgrade, and an alias that somebody adds by hand leave allowed models and plan as they are."""
    hand = random.Random(seed)
    home = Imagined(case.config, case.release)
    home.apply(case.documents)
    assert home.plan(case.documents).changes == ()
    was = home.resolution.defaults.allowed
    home.openclaw_writes()
    assert home.resolution.defaults.allowed.refs == was.refs
    step = home.plan(case.documents)
    assert (step.changes, step.drift) == ((), ())
    if hand.random() < 0.5:
        home.apply(case.documents)
    defaults = home.config["agents"]["defaults"]
    defaults.setdefault("models", {})["acme/by-hand"] = {"alias": "by hand"}
    was = home.resolution.defaults.allowed
    step = home.plan(case.documents)
    assert not [change for change in step.changes if change.action == "delete"]
    assert step.drift == ()
    home.apply(case.documents)
    _require_allowed(case, was, home.resolution.defaults.allowed, frozenset())
    assert home.plan(case.documents).changes == ()


@given(case=cases(OLDER), newer=st.sampled_from(NEWER))
@settings(max_examples=150, deadline=None)
def test_after_an_upgrade_nothing_is_planned_and_a_new_primary_is_used(case: Case, newer: str) -> None:
    """`openclaw doctor --fix` turns the map into a policy; what manifests choose later is put into it."""
    home = Imagined(case.config, case.release)
    home.apply(case.documents)
    home.openclaw_writes(newer)
    if home.plan(case.documents).changes:
        # A policy that the older release lacked is said now.
        assert "modelPolicy" in specs(case.documents)[1]
    home.apply(case.documents)
    models, _ = specs(case.documents)
    models.append({"id": "new/three"})
    primary = {"model": {"primary": "siliconflow/new/three"}}
    documents = [case.documents[0], document("Agent", "defaults", primary)]
    was = home.resolution.defaults.allowed.refs
    step = home.apply(documents)
    now = home.resolution.defaults
    assert (now.primary, now.used) == ("siliconflow/new/three", True)
    assert "unlisted-model" not in step.codes
    if was is not None and "modelPolicy" not in specs(case.documents)[1]:
        # A model of our own provider that nobody declares is listed only as long as somebody uses it.
        assert was - {"siliconflow/m/old"} <= (now.allowed.refs or set())
    assert home.plan(documents).changes == ()


@given(case=cases(), seed=st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_taken_out_again_what_agents_may_use_is_what_they_might_before(case: Case, seed: int) -> None:
    """Also what somebody put beside it meanwhile."""
    hand = random.Random(seed)
    home = Imagined(case.config, case.release)
    was = home.resolution.defaults.allowed
    home.apply(case.documents)
    if hand.random() < 0.5:
        home.openclaw_writes()
    by_hand = hand.random() < 0.5
    if by_hand:
        home.config["agents"]["defaults"].setdefault("models", {})["acme/by-hand"] = {"alias": "by hand"}
    with_ours = home.resolution.defaults.allowed
    for documents in ([case.documents[0]], [NOTHING]):
        home.apply(documents)
        assert home.plan(documents).changes == ()
    now = home.resolution.defaults.allowed
    if "modelPolicy" in specs(case.documents)[1]:
        # What a manifest puts in the place of something stays when it says no more, as with every value.
        return
    if with_ours.refs is None:
        assert now.refs is None
    elif was.refs is not None:
        assert now.refs is not None
        assert was.refs <= now.refs
    # What is left lists models of others, or in use, in a list of theirs.
    steps = (decode_path(r.path)[-1] for r in home.applied.resources.values() if r.created)
    left = {getattr(step, "id", step) for step in steps}
    in_use = (text for _, text in choices_in(home.config))
    assert left <= {model_key(ref) for ref in (*THEIRS, *in_use)}


NOTHING = document("Site", "here", {"baseUrl": "http://127.0.0.1:9/v1"})
LISTED: dict[str, Any] = {"agents": {"defaults": {"models": {"acme/x": {}}}}}


@pytest.mark.parametrize("release", [*OLDER, *NEWER])
def test_a_list_of_somebodys_own_stays_one_with_our_models_in_it(release: str) -> None:
    home = Imagined(LISTED, release)
    home.apply(manifests(random.Random(1)))
    assert {"acme/x"} < (home.resolution.defaults.allowed.refs or set())
    assert "modelPolicy" not in home.config["agents"]["defaults"]


def test_keys_are_compared_as_openclaw_does() -> None:
    assert model_key("SiliconFlow/m/One") == "siliconflow/m/One"
