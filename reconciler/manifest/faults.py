"""Everything that is wrong with the shape of one document, each fault with its place and a way out.

Only loaded when a document does not decode. No message shows a schema.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.errors import Problem
from reconciler.manifest.limits import PROBLEMS
from reconciler.manifest.model import API_VERSION
from reconciler.manifest.schema import KINDS, definitions, subschema
from reconciler.manifest.similar import did_you_mean
from reconciler.manifest.wording import describe, field_name, hide_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jsonschema_rs import Draft202012Validator

    from reconciler.manifest.schema import Schema
    from reconciler.manifest.yaml_nodes import Node, Step
    from reconciler.manifest.yaml_tree import Tree

Path = tuple["Step", ...]

# Every pattern of the model in words; a test holds the two together.
PATTERNS: Mapping[str, tuple[str, str]] = {
    r"^[A-Z][A-Z0-9_]{0,127}$": (
        "is no variable name",
        "Write the name of the variable, such as SILICONFLOW_API_KEY: capitals, digits and _. Never write the key"
        " itself; if that was one, withdraw it, for Git keeps it.",
    ),
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$": (
        "is no name",
        "Use up to 63 letters, digits, '.', '_' and '-', starting with a letter or digit.",
    ),
    r"^(?=.*\S)[^/\x00-\x1f\x7f]{1,200}$": (
        "is no provider's id",
        "Use up to 200 characters without / and control characters.",
    ),
    r"^(?=.*\S)[^\x00-\x1f\x7f]{1,200}$": (
        "is no agent's id",
        "Use up to 200 characters without control characters.",
    ),
    r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$": (
        "is no name of a profile",
        "Write the part behind the provider's name: default for siliconflow:default.",
    ),
    r"^https?://": (
        "is no http address",
        "Write the base URL in full, such as https://api.siliconflow.com/v1.",
    ),
}

# Fields of OpenClaw's config, or of other tools, that have another place here.
_ELSEWHERE = {
    "apikey": "Say where the key comes from with key: {env: NAME}; the key itself never stands in a manifest.",
    "baseurl": "The base URL belongs to a Site document; name that site here with site: NAME.",
    "providers": "Write one Provider document for each provider.",
    "agents": "Write an Agent document.",
    "vision": "Write input: [text, image].",
}

# What a text meant that stands where a map belongs: `key: NAME`, `model: provider/model-id`, `models: [model-id]`.
_SHORTHAND = frozenset(("env", "primary", "id"))

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
}


class Fault(msgspec.Struct, frozen=True):
    """One fault, and the value to leave out for the document to be whole without it."""

    path: Path
    problem: Problem


def find_faults(tree: Tree, message: str) -> Iterator[Fault]:
    """All faults of a document that did not decode.

    Args:
        tree: the document.
        message: what msgspec said; used where the schema finds nothing wrong.
    """
    kind = tree.value.get("kind") if isinstance(tree.value, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        yield from _no_kind(tree)
        return
    faults = list(islice(_schema_faults(tree, kind), PROBLEMS))
    yield from faults or [plain_fault(tree, message)]


def plain_fault(tree: Tree, message: str) -> Fault:
    """msgspec's own finding, where the schema has none: it minds `8192.0` for a whole number."""
    what, _, at = message.partition(" - at `$")
    steps = re.findall(r"\.([^.\[`]+)|\[(\d+)\]", at)
    path: Path = tuple(int(index) if index else name for name, index in steps)
    if "got `float`" in what:
        what = f"{field_name(path)} has to be a whole number, written without a point"
    return _fault(tree, path, "wrong-type", what.replace("`", ""), "Compare with `reconciler schema`.")


def cut_out(tree: Tree, paths: Iterable[Path]) -> None:
    """Remove the values at ``paths`` from ``tree.value``; for an item its whole list, as places count items."""
    for path in paths:
        while path and isinstance(path[-1], int):
            path = path[:-1]
        node = tree.value
        for step in path[:-1]:
            # What encloses it may be cut out already.
            node = node.get(step, {}) if isinstance(node, dict) else node[step]
        if path and isinstance(node, dict):
            node.pop(path[-1], None)


def _fault(tree: Tree, path: Path, code: str, what: str, remedy: str, *, at_key: bool = False) -> Fault:
    location = tree.key_at(*path) if at_key else tree.at(*path)
    return Fault(path, Problem(location, code, what, remedy))


def _no_kind(tree: Tree) -> Iterator[Fault]:
    kinds = ", ".join(KINDS)
    if not isinstance(tree.value, dict):
        what = f"a manifest is a map, but this is {describe(tree.value)}"
        yield _fault(tree, (), "wrong-type", what, "Start with apiVersion: reconciler/v1 and kind: Provider.")
        return
    version, kind = tree.value.get("apiVersion"), tree.value.get("kind")
    if version != API_VERSION:
        yield _api_version(tree, version)
    if kind is None:
        yield _fault(
            tree, (), "missing-field", "the document has no kind", f"Write kind: and one of {kinds}."
        )
        return
    hint = did_you_mean(kind, KINDS) if isinstance(kind, str) else ""
    what = f"kind is {describe(kind)}, which is none of the kinds"
    yield _fault(tree, ("kind",), "unknown-kind", what, hint or f"The kinds are {kinds}.")


def _api_version(tree: Tree, version: Node) -> Fault:
    what = "the document has no apiVersion" if version is None else f"the apiVersion is {describe(version)}"
    return _fault(tree, ("apiVersion",), "api-version", what, f"Write apiVersion: {API_VERSION}.")


@cache
def _validator(kind: str) -> tuple[Draft202012Validator, dict[str, Schema]]:
    import jsonschema_rs

    defs = definitions()
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": defs}), defs


def _schema_faults(tree: Tree, kind: str) -> Iterator[Fault]:
    validator, defs = _validator(kind)
    # One `required` and one `additionalProperties` error tells all names that are missing or too many.
    errors = {
        (tuple(error.instance_path), str(error.schema_path[-1])): None
        for error in validator.iter_errors(tree.value)
    }
    for path, keyword in errors:
        value = tree.value
        for step in path:
            value = value[step]
        if path == ("apiVersion",):
            yield _api_version(tree, value)
        else:
            yield from _FAULTS.get(keyword, _other)(tree, path, value, subschema(defs, kind, path))


def _unknown(tree: Tree, path: Path, value: Node, schema: Schema) -> Iterator[Fault]:
    known = schema.get("properties", {})
    for key in [key for key in value if key not in known]:
        what = f"{hide_secret(key)} is no field of {field_name(path)}"
        remedy = did_you_mean(key, known) or _ELSEWHERE.get(key.lower().replace("_", ""), "")
        remedy = remedy or "Remove it. The fields are " + ", ".join(sorted(known)) + "."
        yield _fault(tree, (*path, key), "unknown-field", what, remedy, at_key=True)


def _missing(tree: Tree, path: Path, value: Node, schema: Schema) -> Iterator[Fault]:
    for key in schema.get("required", ()):
        if key in value:
            continue
        if (*path, key) == ("apiVersion",):
            yield _api_version(tree, None)
            continue
        what = f"{field_name(path)} has no {key}"
        yield _fault(tree, path, "missing-field", what, f"Add {key}:{_example(key)}", at_key=True)


def _wrong_type(tree: Tree, path: Path, value: Node, schema: Schema) -> Iterator[Fault]:
    wanted = schema.get("type", "")
    what = (
        f"{field_name(path)} is {describe(value, path)}, but has to be {_TYPES.get(wanted, 'something else')}"
    )
    yield _fault(tree, path, "wrong-type", what, _retype(value, wanted, schema))


def _retype(value: Node, wanted: str, schema: Schema) -> str:
    if wanted == "string" and isinstance(value, bool | int | float):
        return "Put it in quotes."
    if wanted in ("integer", "number", "boolean") and isinstance(value, str):
        return f"Write {_TYPES[wanted]}, without quotes."
    if wanted == "array":
        return "Write it as a list: [item, item]."
    fields = sorted(schema.get("properties", ()))
    if wanted == "object" and isinstance(value, str):
        for field in _SHORTHAND.intersection(fields):
            return f"Write it as {field}: and the value."
    if wanted == "object" and fields:
        return "Write a map with " + ", ".join(fields) + "."
    return f"Write {_TYPES.get(wanted, 'it')}."


def _not_allowed(tree: Tree, path: Path, value: Node, schema: Schema) -> Iterator[Fault]:
    allowed = [str(item) for item in schema.get("enum", ())]
    hint = did_you_mean(value, allowed) if isinstance(value, str) else ""
    what = f"{field_name(path)} can't be {describe(value, path)}"
    yield _fault(tree, path, "not-allowed", what, hint or "Write one of " + ", ".join(allowed) + ".")


def _bad_form(tree: Tree, path: Path, value: Node, schema: Schema) -> Iterator[Fault]:
    what, remedy = PATTERNS[schema["pattern"]]
    yield _fault(
        tree, path, "bad-form", f"{field_name(path)} is {describe(value, path)}, which {what}", remedy
    )


def _empty(tree: Tree, path: Path, *_: object) -> Iterator[Fault]:
    remedy = "Leave the key out, or say something."
    yield _fault(tree, path, "empty-text", f"{field_name(path)} is empty", remedy)


def _out_of_range(tree: Tree, path: Path, value: Node, schema: Schema) -> Iterator[Fault]:
    bound = "more than 0" if "exclusiveMinimum" in schema else f"at least {schema.get('minimum')}"
    what = f"{field_name(path)} is {describe(value, path)}"
    yield _fault(tree, path, "out-of-range", what, f"Write a number that is {bound}.")


def _other(tree: Tree, path: Path, value: Node, *_: object) -> Iterator[Fault]:
    what = f"{field_name(path)} can't be {describe(value, path)}"
    yield _fault(tree, path, "not-allowed", what, "Compare with `reconciler schema`.")


_FAULTS: dict[str, Callable[[Tree, Path, Any, Schema], Iterator[Fault]]] = {
    "additionalProperties": _unknown,
    "required": _missing,
    "type": _wrong_type,
    "enum": _not_allowed,
    "pattern": _bad_form,
    "minLength": _empty,
    "exclusiveMinimum": _out_of_range,
    "minimum": _out_of_range,
}


def _example(key: str) -> str:
    examples = {
        "metadata": " {name: siliconflow}",
        "site": " global, cn, or the name of a Site declared here",
        "key": " {env: SILICONFLOW_API_KEY}",
        "id": " with the service's own model id",
        "baseUrl": " https://…/v1",
    }
    return examples.get(key, " with a value") + "."
