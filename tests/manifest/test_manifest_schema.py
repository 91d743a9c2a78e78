"""The JSON Schema says to editors what loading says to everyone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from reconciler.manifest.faults import PATTERNS
from reconciler.manifest.schema import definitions, manifest_schema

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "manifests").rglob("*.yaml"))
SCHEMA = manifest_schema()


def documents(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def fields() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (struct, name, field)
        for struct, schema in SCHEMA["$defs"].items()
        for name, field in schema["properties"].items()
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_is_valid(example: Path) -> None:
    validator = jsonschema_rs.Draft202012Validator(SCHEMA)
    assert [
        error.message for document in documents(example) for error in validator.iter_errors(document)
    ] == []


@pytest.mark.parametrize("case", ["shape", "heads", "model-as-text"])
def test_what_loading_finds_wrong_with_a_shape_the_schema_finds_too(case: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(SCHEMA)
    for document in documents(Path(__file__).parent / "bad" / f"{case}.yaml"):
        assert not validator.is_valid(document)


def test_an_editor_names_the_wrong_field_and_not_the_whole_document() -> None:
    validator = jsonschema_rs.Draft202012Validator(SCHEMA)
    (document,) = documents(Path(__file__).parent / "bad" / "shape.yaml")
    paths = [tuple(error.instance_path) for error in validator.iter_errors(document)]
    assert ("spec", "models", 0, "contextWindow") not in paths
    assert ("spec", "models", 0, "maxTokens") in paths


@pytest.mark.parametrize("struct", sorted(set(definitions()) - {"Compat"}))
def test_every_field_is_described(struct: str) -> None:
    # Compat's names are OpenClaw's own and say what they are.
    assert [name for owner, name, field in fields() if owner == struct and not field.get("description")] == []


def test_every_pattern_is_explained_in_words() -> None:
    assert {field["pattern"] for _, _, field in fields() if "pattern" in field} == set(PATTERNS)
