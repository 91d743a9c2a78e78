"""The manifests' JSON Schema, made from the same structs that decode them."""

from __future__ import annotations

from typing import Any

import msgspec

from reconciler.manifest.model import Agent, Gateway, Provider, Site

Schema = dict[str, Any]

KINDS = {"Site": Site, "Provider": Provider, "Agent": Agent, "Gateway": Gateway}


# What an editor shows for a field whose struct says nothing more; `Struct.field` beats `field`.
_NOTES = {
    "apiVersion": "The format of this document.",
    "kind": "What this document declares.",
    "metadata": "Name and labels.",
    "spec": "What is declared. A field left out is not touched in OpenClaw.",
    "labels": "Free words to select documents by.",
    "Metadata.name": "Provider: the id in OpenClaw. Agent: `defaults` or the agent's id. Site, Gateway: any name.",
    "keyPage": "Where keys are made; shown to people who need one.",
    "key": "Where the key comes from.",
    "models": "The models, all of them: others are removed once this program has created them. [] means none.",
    "protected": "Never delete this, whatever the manifests say later.",
    "api": "OpenClaw's wire protocol; SiliconFlow speaks openai-completions.",
    "auth": "How OpenClaw treats the credential.",
    "authHeader": "Send the key in the Authorization header.",
    "headers": "HTTP headers of every request. A secret goes in as ${NAME}.",
    "timeoutSeconds": "Time limit of one request, in seconds.",
    "maxTokens": "Longest answer, in tokens; on SiliconFlow without the chain of thought.",
    "contextWindow": "What prompt and answer may fill together, in tokens; OpenClaw wants 16000 or more.",
    "contextTokens": "How much of the window OpenClaw uses, in tokens.",
    "params": "Request parameters, sent as they are.",
    "region": "Region of the service.",
    "injectNumCtxForOpenAICompat": "Send num_ctx; for Ollama-like servers.",
    "name": "Name for people.",
    "Model.baseUrl": "Another address for this model alone.",
    "reasoning": "The model thinks before it answers.",
    "Model.input": "What the model takes: text, image, video, audio.",
    "cost": "Prices; 0 leaves the model out of the accounts.",
    "Cost.input": "US dollars per million tokens of prompt.",
    "Cost.output": "US dollars per million tokens of answer.",
    "cacheRead": "US dollars per million tokens read from the cache.",
    "cacheWrite": "US dollars per million tokens written to the cache.",
    "tieredPricing": "Prices by length of the prompt, as OpenClaw has them.",
    "thinkingLevelMap": "OpenClaw's thinking levels in the model's words.",
    "compat": "How OpenClaw words its requests to this model.",
    "mediaInput": "Limits of images and other media, as OpenClaw has them.",
    "model": "The model for text.",
    "imageModel": "The model for pictures.",
    "pdfModel": "The model for documents.",
    "utilityModel": "The model for small side tasks.",
    "modelPolicy": "Which models may be switched to.",
    "primary": "The model to use: `provider/model-id`, or an alias.",
    "fallbacks": "Models to try next, in this order. [] means none.",
    "timeoutMs": "Time limit, in milliseconds.",
    "ModelEntry.alias": "Short name of the model.",
    "streaming": "Stream answers.",
    "codeMode": "OpenClaw's code mode for this model.",
    "allow": "Refs such as `siliconflow/deepseek-ai/DeepSeek-V3.2`, or `siliconflow/*`. [] allows all.",
    "stateDir": "OpenClaw's state folder. Left out: as OpenClaw finds it.",
    "config": "OpenClaw's config file. Left out: as OpenClaw finds it.",
}


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
        "$defs": {name: _described(name, schema) for name, schema in definitions().items()},
    }


def _described(struct: str, schema: Schema) -> Schema:
    fields = {
        name: {"description": note} | field
        if (note := _NOTES.get(f"{struct}.{name}") or _NOTES.get(name))
        else field
        for name, field in schema["properties"].items()
    }
    return schema | {"properties": fields, "description": schema.get("description", "").replace("``", "`")}


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
