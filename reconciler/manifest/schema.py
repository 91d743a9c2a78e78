"""The manifests' JSON Schema, made from the same structs that decode them."""

from __future__ import annotations

from typing import Any

import msgspec

from reconciler.manifest.model import Agent, Gateway, Provider, Site

Schema = dict[str, Any]

KINDS = {"Site": Site, "Provider": Provider, "Agent": Agent, "Gateway": Gateway}


def definitions() -> dict[str, Schema]:
    """Every struct's schema by its name; they refer to each other as ``#/$defs/NAME``."""
    return msgspec.json.schema_components(tuple(KINDS.values()), ref_template="#/$defs/{name}")[1]


def manifest_schema() -> Schema:
    """JSON Schema (2020-12) of one manifest document, for editors and for `reconciler schema`.

    The kinds are told apart by if/then instead of oneOf, so that an editor names the field that is wrong and not
    "no branch matches".
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "reconciler manifest",
        "description": "One document of an OpenClaw configuration kept by reconciler.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"const": "reconciler/v1"},
            "kind": {"enum": list(KINDS), "description": "What this document declares."},
        },
        "allOf": [
            {
                "if": {"required": ["kind"], "properties": {"kind": {"const": kind}}},
                "then": {"$ref": f"#/$defs/{kind}"},
            }
            for kind in KINDS
        ],
        "$defs": definitions(),
    }


def subschema(defs: dict[str, Schema], kind: str, path: tuple[str | int, ...]) -> Schema:
    """The schema that the value at ``path`` of a document of ``kind`` has to meet; ``{}`` where anything goes."""
    schema: Any = defs[kind]
    for step in path:
        if isinstance(step, int):
            schema = schema.get("items", {})
        else:
            schema = schema.get("properties", {}).get(step) or schema.get("additionalProperties", {})
        while isinstance(schema, dict) and "$ref" in schema:
            schema = defs[schema["$ref"].rpartition("/")[2]]
    return schema if isinstance(schema, dict) else {}
