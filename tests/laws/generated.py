"""Hypothesis strategies: a target (config files, OpenClaw's release) and manifests that fit it."""

from __future__ import annotations

import copy
import random
from typing import Any, NamedTuple

import yaml
from hypothesis import strategies as st

from tests.laws.json5_texts import written

BASE = "http://127.0.0.1:9/v1"
KEY = "sk-SENTINEL-0123456789abcdef"
RELEASES = ("2026.1.30", "2026.2.9", "2026.4.15", "2026.6.11", "2026.7.1", "2026.8.1", "2026.9.6")
MODELS = ("m/one", "m/two", "deepseek-ai/DeepSeek-V3.2", "zai-org/GLM-4.6V")
FOREIGN = ("x/theirs", "m/old")
VARIABLE = "SILICONFLOW_API_KEY"

Documents = list[dict[str, Any]]


class Case(NamedTuple):
    """A target and manifests.

    Attributes:
        files: config files by name in the state folder.
        meaning: what they mean together.
        documents: the manifests.
        seed: for everything that a test shuffles.
    """

    files: dict[str, str]
    meaning: Any
    documents: Documents
    seed: int

    @property
    def hand(self) -> random.Random:
        """A source of chance that is this case's own."""
        return random.Random(self.seed)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any target and any manifests that may be applied to it."""
    seed = draw(st.integers(0, 2**32))
    hand = random.Random(seed)
    coder = hand.choice(["list", "entries", None])
    meaning = config(hand, coder)
    documents = manifests(hand, agents=["defaults", "coder"] if coder else ["defaults"])
    return Case(laid_out(meaning, hand), meaning, documents, seed)


def laid_out(meaning: Any, hand: random.Random) -> dict[str, str]:
    """The config as files: one, or with the providers in an included one."""
    providers = meaning.get("models", {}).get("providers")
    if providers is None or hand.random() < 0.8:
        return {"openclaw.json": written(meaning, hand)}
    root = copy.deepcopy(meaning)
    root["models"]["providers"] = {"$include": "./providers.json5"}
    return {"openclaw.json": written(root, hand), "providers.json5": written(providers, hand)}


def config(hand: random.Random, coder: str | None) -> dict[str, Any]:
    """A config that OpenClaw may have; every other one knows the managed provider already."""
    sections: dict[str, Any] = {
        "meta": {"lastTouchedVersion": hand.choice(RELEASES), "lastTouchedAt": "2026-01-02T03:04:05.000Z"},
        "gateway": {"mode": "local", "auth": {"token": "${GATEWAY_TOKEN}"}},
        "channels": {"note": "// no comment", "list": [1, {"id": "m/one", "deep": ["/*", None, True]}]},
    }
    if hand.random() < 0.5:
        sections["env"] = {"vars": {"OTHER": "stays", **some(hand, {VARIABLE: "sk-by-hand-0123456789"})}}
    if hand.random() < 0.8:
        sections["models"] = {**some(hand, {"mode": "merge"}), "providers": providers(hand)}
    agents = {**some(hand, {"defaults": defaults(hand)})}
    if coder == "list":
        agents["list"] = [{"id": "main"}, {"id": "coder", **some(hand, {"model": "other/model"})}]
    elif coder == "entries":
        agents["entries"] = {"main": {}, "coder": some(hand, {"model": {"primary": "other/model"}})}
    if agents:
        sections["agents"] = agents
    return dict(shuffled(sections, hand))


def providers(hand: random.Random) -> dict[str, Any]:
    """Providers of others, and perhaps one with the managed name."""
    found: dict[str, Any] = some(hand, {"ollama": {"baseUrl": "http://127.0.0.1:11434/v1", "models": []}})
    if hand.random() < 0.6:
        ids = hand.sample([*MODELS, *FOREIGN], hand.randint(0, 4))
        found["siliconflow"] = shuffled(
            {
                "baseUrl": hand.choice([BASE, BASE + "/", "https://api.siliconflow.cn/v1"]),
                **some(
                    hand,
                    {"apiKey": hand.choice([f"${{{VARIABLE}}}", "${OTHER}", "sk-literal-0123456789abc"])},
                ),
                **some(hand, {"api": "openai-completions"}),
                **some(hand, {"headers": {"x-mine": "1"}}),
                "models": [row(hand, model) for model in ids],
            },
            hand,
        )
    return found


def row(hand: random.Random, model: str) -> dict[str, Any]:
    """A model as somebody wrote it."""
    return {
        "id": model,
        "name": hand.choice(["One", "Somebody's"]),
        **some(hand, {"contextWindow": hand.choice([32000, 64000.0])}),
        **some(hand, {"cost": {"input": 1, "output": 2}}),
        **some(hand, {"compat": {"supportsStore": hand.choice([True, False])}}),
    }


def defaults(hand: random.Random) -> dict[str, Any]:
    """``agents.defaults`` as somebody wrote it."""
    entries = {"siliconflow/m/one": {"alias": "Theirs"}, "other/model": {}}
    return {
        **some(
            hand, {"model": hand.choice(["other/model", {"primary": "siliconflow/m/one", "fallbacks": []}])}
        ),
        **some(hand, {"imageModel": "other/vision"}),
        **some(hand, {"models": dict(hand.sample(sorted(entries.items()), hand.randint(0, 2)))}),
        **some(hand, {"modelPolicy": hand.choice([{}, {"allow": ["other/*"]}])}),
        "workspace": "~/work",
    }


def manifests(hand: random.Random, agents: list[str]) -> Documents:
    """Manifests without a mistake in them: a site, one or two providers, and agents that use their models."""
    site = {"baseUrl": BASE, **some(hand, {"catalog": "global"})}
    names = hand.choice([["siliconflow"], ["siliconflow", "second"]])
    specs = {name: provider(hand, name) for name in names}
    refs = [f"{name}/{model['id']}" for name, spec in specs.items() for model in spec.get("models", ())]
    documents = [document("Site", "here", site)]
    documents += [document("Provider", name, spec) for name, spec in specs.items()]
    if refs:
        documents += [document("Agent", name, agent(hand, refs)) for name in agents if hand.random() < 0.7]
    return documents


def provider(hand: random.Random, name: str) -> dict[str, Any]:
    """A Provider's spec; aliases carry the provider's name, because an alias means one model."""
    models = [model(hand, name, model_id) for model_id in hand.sample(MODELS, hand.randint(0, 3))]
    return {
        "site": "here",
        "key": hand.choice([{"env": VARIABLE}, {"inline": VARIABLE}]),
        "models": models,
        **some(hand, {"mode": "merge"}, 0.2),
        **some(hand, {"headers": {"X-Team": "platform"}}),
        **some(hand, {"timeoutSeconds": 60}, 0.2),
    }


def model(hand: random.Random, provider_name: str, model_id: str) -> dict[str, Any]:
    """A model of a manifest."""
    return {
        "id": model_id,
        **some(hand, {"alias": f"{provider_name} {model_id}"}),
        **some(hand, {"name": "One"}),
        **some(hand, {"contextWindow": hand.choice([64000, 128000])}),
        **some(hand, {"maxTokens": 8192}),
        **some(hand, {"reasoning": hand.choice([True, False])}),
        **some(hand, {"input": ["text", "image"]}),
        **some(hand, {"cost": {"input": 0.5, "output": 2.0}}),
        **some(hand, {"compat": {"supportsStore": False, **some(hand, {"supportsTools": True})}}),
        **some(hand, {"params": {"a": {"b": [1]}}}, 0.2),
    }


def agent(hand: random.Random, refs: list[str]) -> dict[str, Any]:
    """An Agent's spec."""
    return {
        "model": {
            "primary": hand.choice(refs),
            **some(hand, {"fallbacks": hand.sample(refs, hand.randint(0, 1))}),
        },
        **some(hand, {"modelPolicy": {"allow": refs}}, 0.2),
    }


def document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A whole document."""
    return {"apiVersion": "reconciler/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def some(hand: random.Random, fields: dict[str, Any], chance: float = 0.5) -> dict[str, Any]:
    """The fields, or none of them."""
    return fields if hand.random() < chance else {}


def shuffled(value: Any, hand: random.Random) -> Any:
    """Maps in another order of keys; lists keep theirs, which has a meaning."""
    if isinstance(value, dict):
        keys = list(value)
        hand.shuffle(keys)
        return {key: shuffled(value[key], hand) for key in keys}
    return [shuffled(item, hand) for item in value] if isinstance(value, list) else value


def as_yaml(documents: Documents) -> str:
    """The documents as one file."""
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
