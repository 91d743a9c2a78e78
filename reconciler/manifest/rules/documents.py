"""Rules about documents as such: their names, what they must not hold, the gateways that pick them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.ids import model_key, provider_id
from reconciler.manifest.draft import models_of
from reconciler.manifest.model import called
from reconciler.manifest.rules.finding import Rule
from reconciler.manifest.similar import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.errors import Location
    from reconciler.manifest.draft import Draft, Placed
    from reconciler.manifest.model import Gateway, Provider
    from reconciler.manifest.rules.finding import Finding


def _duplicate_document(draft: Draft) -> Iterator[Finding]:
    first: dict[tuple[str, str], Location] = {}
    for placed in draft.documents:
        kind = type(placed.document).__name__
        here = placed.tree.at("metadata", "name")
        there = first.setdefault((kind, placed.name), here)
        if there != here:
            what = f"the {kind} {placed.name} is already declared at {there}"
            yield here, what, "Keep one of the two, or give one another name."


def _same_id(draft: Draft) -> Iterator[Finding]:
    """Two names in one map of an agent that are one to OpenClaw; the text alike is YAML's to refuse."""
    for agent in draft.agents:
        spec = agent.document.spec
        for field, names, compared in (
            ("models", spec.models, model_key),
            ("keys", spec.keys, provider_id),
        ):
            first: dict[str, str] = {}
            for name in () if names is UNSET else names:
                other = first.setdefault(compared(name), name)
                if other != name:
                    here = agent.tree.key_at("spec", field, name)
                    yield here, f"{name!r} and {other!r} are one to OpenClaw", "Merge the two into one."


_CREDENTIAL_HEADERS = frozenset(("authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"))
_KEY = r"\bsk-[A-Za-z0-9_-]{16,}"


def _key_in_manifest(draft: Draft) -> Iterator[Finding]:
    for placed in draft.providers:
        for path, name, value in _headers(placed):
            if re.search(_KEY, value) or (name.lower() in _CREDENTIAL_HEADERS and "${" not in value):
                yield (
                    placed.tree.at(*path),
                    f"the header {name} holds a secret in clear",
                    "Write it as ${NAME}, a variable of the gateway's environment, and withdraw the one that stood here.",
                )


def _headers(placed: Placed[Provider]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    spec = placed.document.spec
    for name, value in {} if spec.headers is UNSET else spec.headers.items():
        yield ("spec", "headers", name), name, value
    for index, model in models_of(placed):
        for name, value in {} if model.headers is UNSET else model.headers.items():
            yield ("spec", "models", index, "headers", name), name, value


def _mode_conflict(draft: Draft) -> Iterator[Finding]:
    said = [placed for placed in draft.providers if placed.document.spec.mode is not UNSET]
    for placed in said[1:]:
        first, mode = said[0], placed.document.spec.mode
        if mode != first.document.spec.mode:
            what = (
                f"mode is {mode} here and {first.document.spec.mode} in the Provider {first.name};"
                " a gateway has one for all its providers"
            )
            yield placed.tree.at("spec", "mode"), what, "Say it once, or the same everywhere."


def _gateway_release(draft: Draft) -> Iterator[Finding]:
    from reconciler.release import Release

    for placed in draft.gateways:
        release = placed.document.spec.release
        if release is UNSET:
            continue
        try:
            Release.parse(release)
        except ValueError:
            what = f"{release[:40]!r} is no OpenClaw release"
            yield (
                placed.tree.at("spec", "release"),
                what,
                "Write what OpenClaw says of itself (`--version`), such as 2026.9.6.",
            )


def _gateway_member(draft: Draft) -> Iterator[Finding]:
    for placed in draft.gateways:
        yield from _unknown(draft, placed, "Provider", {provider.name for provider in draft.providers})
        yield from _unknown(draft, placed, "Agent", {agent.name for agent in draft.agents})


def _unknown(draft: Draft, placed: Placed[Gateway], kind: str, known: set[str]) -> Iterator[Finding]:
    spec = placed.document.spec
    names, field = (spec.providers, "providers") if kind == "Provider" else (spec.agents, "agents")
    for index, name in enumerate(() if names is UNSET else names):
        if not draft.knows(kind, called(kind, name), known):
            remedy = did_you_mean(name, known) or f"Declare it, or remove it from {field}."
            yield placed.tree.at("spec", field, index), f"no {kind} {name} is declared", remedy


RULES = (
    Rule("duplicate-document", _duplicate_document, fixed=True),
    Rule("same-id", _same_id, fixed=True),
    Rule("key-in-manifest", _key_in_manifest, fixed=True),
    Rule("mode-conflict", _mode_conflict, fixed=True),
    Rule("gateway-release", _gateway_release, fixed=True),
    Rule("gateway-member", _gateway_member, fixed=True),
)
