"""What was put in and taken out again leaves nothing behind: what this program made to hold it goes, what stood there stays."""

from __future__ import annotations

import json
import random
from typing import Any

import json5
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws.generated import VARIABLE, Case, agent, document, model, some
from tests.laws.json5_texts import written
from tests.laws.target import target_of

# Where managed objects are put, and what somebody else may have put there.
HOLDERS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("env", "vars"), {"OTHER": "stays"}),
    (("secrets", "providers"), {"theirs": {"source": "env"}}),
    (("models", "providers"), {"ollama": {"baseUrl": "http://127.0.0.1:11434/v1", "models": []}}),
    (("agents", "defaults", "models"), {"other/model": {}}),
    (("auth", "profiles"), {"other:main": {"provider": "other", "mode": "api_key"}}),
    (("auth", "order"), {"other": ["other:main"]}),
    (("agents", "defaults", "modelPolicy"), {}),
)
SITE = document("Site", "here", {"baseUrl": "http://127.0.0.1:9/v1"})
FROM = {"env": VARIABLE}
KEYS = (FROM, {"inline": VARIABLE}, {"file": "/nowhere/key"}, {"profile": "main", "from": FROM})
# From 2026.8.1 on a policy stands beside aliases; the auth store is a database then, which OpenClaw has to make.
OLDER, NEWER = "2026.4.15", "2026.9.6"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A config in which nothing managed stands yet, and manifests that put something into most of its places."""
    seed = draw(st.integers(0, 2**32))
    hand = random.Random(seed)
    release = hand.choice([OLDER, NEWER])
    meaning: dict[str, Any] = {"meta": {"lastTouchedVersion": release}, "gateway": {"mode": "local"}}
    for path, foreign in HOLDERS if release == NEWER else HOLDERS[:-1]:
        _stand(meaning, path[: hand.randint(0, len(path))], foreign if hand.random() < 0.3 else {})
    models = [
        model(hand, "siliconflow", name) for name in hand.sample(["m/one", "m/two"], hand.randint(0, 2))
    ]
    spec = {
        "site": "here",
        "key": hand.choice(KEYS if release == OLDER else KEYS[:-1]),
        "models": models,
        **some(hand, {"mode": "merge"}),
    }
    documents = [
        SITE,
        document("Gateway", "local", {"release": release}),
        document("Provider", "siliconflow", spec),
    ]
    refs = [f"siliconflow/{row['id']}" for row in models]
    documents += [document("Agent", "defaults", agent(hand, refs))] if refs and hand.random() < 0.5 else []
    return Case({"openclaw.json": written(meaning, hand)}, meaning, documents, seed)


def _stand(meaning: dict[str, Any], path: tuple[str, ...], inside: Any) -> None:
    node = meaning
    for step in path:
        node = node.setdefault(step, {})
    if len(path) > 1:
        node.update(inside)


@given(case=cases(), indent=st.sampled_from([2, 4, "\t"]))
@settings(max_examples=60, deadline=None)
def test_applied_and_taken_out_again_the_config_has_the_bytes_that_it_had(
    case: Case, indent: int | str
) -> None:
    text = json.dumps(case.meaning, indent=indent) + "\n"
    assert _and_back(case._replace(files={"openclaw.json": text})) == text


@given(case=cases())
@settings(max_examples=60, deadline=None)
def test_applied_and_taken_out_again_the_config_means_what_it_meant(case: Case) -> None:
    """In any hand; an empty object that somebody wrote with a space in it may lose the space."""
    assert json5.loads(_and_back(case)) == case.meaning


def _and_back(case: Case) -> str:
    """The config after everything was applied and then declared no more, the agents first."""
    with target_of(case) as target:
        (target.state / "agents" / "main" / "agent").mkdir(parents=True)
        target.apply()
        assert target.texts() != case.files
        for left in ([one for one in case.documents if one["kind"] != "Agent"], [SITE]):
            target.declare(left)
            target.apply()
            assert target.plan().plan.changes == ()
        return target.texts()["openclaw.json"].removeprefix("\ufeff")
