"""Manifests that say anything anywhere: applied, or refused with every problem's place; no name ever becomes a path."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.home import MANIFESTS, home_of, template
from tests.fuzz.hostile import WORDS, damaged_bytes, damaged_value, deep_writing

RELEASE = "2026.9.6"
COMMANDS = (
    *(("validate", "--format", form) for form in ("text", "json")),
    *(("plan", "--format", form) for form in ("text", "json", "markdown", "html")),
    ("health",),
    ("catalog", "cn"),
    ("apply", "--yes", "--skip-health"),
)
DOCUMENTS = [
    *yaml.safe_load_all(MANIFESTS),
    {
        "apiVersion": "reconciler/v1",
        "kind": "Gateway",
        "metadata": {"name": "here", "labels": {"a": "b"}},
        "spec": {"release": "2026.9.6", "providers": ["siliconflow", "second"]},
    },
    {
        "apiVersion": "reconciler/v1",
        "kind": "Site",
        "metadata": {"name": "cn"},
        "spec": {"baseUrl": "http://127.0.0.1:1/v1"},
    },
]
NAMES = (*WORDS, ".", "..", "a/../../b", "/victim", "C:\\victim", "-rf", "a b", "sets/x", "x\ty")


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(COMMANDS))
def test_any_value_in_any_place_ends_in_a_result_or_an_error(
    data: st.DataObject, command: tuple[str, ...]
) -> None:
    said = data.draw(damaged_value(DOCUMENTS))
    with deep_writing():
        text = yaml.safe_dump_all(said if isinstance(said, list) else [said], allow_unicode=True)
    manifest = text.encode("utf-8", "surrogatepass")
    if data.draw(st.booleans()):
        manifest = data.draw(damaged_bytes(manifest))
    with home_of({**template(RELEASE), "manifests/all.yaml": manifest}) as home:
        home.run(*command)


@pytest.mark.parametrize("kind", ["Provider", "Agent", "Gateway", "Site"])
@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:20])
def test_no_name_is_a_path(kind: str, name: str) -> None:
    documents = [dict(document) for document in DOCUMENTS]
    for document in documents:
        if document["kind"] == kind:
            document["metadata"] = {"name": name}
    text = yaml.safe_dump_all(documents, allow_unicode=True).encode("utf-8", "surrogatepass")
    with home_of({**template(RELEASE), "manifests/all.yaml": text}) as home:
        home.run("apply", "--yes", "--skip-health")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:20])
def test_no_model_id_is_a_path_or_an_order_to_a_terminal(name: str) -> None:
    text = yaml.safe_dump_all(DOCUMENTS, allow_unicode=True).replace("m/two", repr(name)).encode()
    with home_of({**template(RELEASE), "manifests/all.yaml": text}) as home:
        for command in COMMANDS[:-1]:
            home.run(*command)
        home.run(*COMMANDS[-1])
