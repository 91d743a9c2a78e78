"""The variables that OpenClaw needs at run time for what the manifests ask of it: in keys, headers and programs' environments. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.model import Desired, Field, Resource

_REFERENCE = r"\$\{([A-Z][A-Z0-9_]{0,127})\}"
_KINDS = frozenset({"provider", "profile", "secret-provider"})


def variables_of(desired: Desired) -> dict[str, tuple[str, ...]]:
    """By variable the addresses of the values that need it, in order."""
    found: dict[str, list[str]] = {}
    for resource in desired.resources:
        for field in resource.fields if resource.kind in _KINDS else _headers(resource):
            for name in _named(resource, field):
                found.setdefault(name, []).append(".".join((resource.address, *field.path)))
    return {name: tuple(dict.fromkeys(addresses)) for name, addresses in found.items()}


def _named(resource: Resource, field: Field) -> Iterator[str]:
    if resource.kind == "secret-provider" and field.path == ("passEnv",):
        yield from map(str, field.value)
    else:
        yield from references(field.value)


def _headers(resource: Resource) -> tuple[Field, ...]:
    """A model has variables in its headers alone."""
    if resource.kind != "model":
        return ()
    return tuple(field for field in resource.fields if field.path[0] == "headers")


def references(value: Any) -> Iterator[str]:
    """Every variable that a value of the config refers to: each ``${NAME}`` in it, and each SecretRef to one."""
    if isinstance(value, str):
        if "${" in value:
            yield from re.findall(_REFERENCE, value)
    elif isinstance(value, dict):
        if value.get("source") == "env" and isinstance(value.get("id"), str):
            yield value["id"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
