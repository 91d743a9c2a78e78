"""Rules about the models of a provider and about their aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.ids import alias_key
from reconciler.manifest.draft import models_of
from reconciler.manifest.rules.finding import Rule
from reconciler.manifest.rules.knowledge import known_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.draft import Alias, Draft
    from reconciler.manifest.rules.finding import Finding

# OpenClaw's own minimum, in tokens; below it agents fail or compact without end.
SMALLEST_WINDOW = 16_000


def _duplicate_model(draft: Draft) -> Iterator[Finding]:
    for placed in draft.providers:
        first: dict[str, int] = {}
        for index, model in models_of(placed):
            if first.setdefault(model.id, index) != index:
                there = placed.tree.at("spec", "models", first[model.id], "id")
                what = f"the model {model.id} is already declared at {there}"
                yield placed.tree.at("spec", "models", index, "id"), what, "Merge the two into one."


def _prefixed_model_id(draft: Draft) -> Iterator[Finding]:
    for placed in draft.providers:
        for index, model in models_of(placed):
            prefix = provider_prefix(placed.name, model.id)
            if prefix and known_model(draft, placed.name, model.id) is None:
                what = f"the model id {model.id} begins with the provider's name"
                remedy = f"Write id: {model.id[len(prefix) :]}; the name goes in front only where agents refer to the model."
                yield placed.tree.at("spec", "models", index, "id"), what, remedy


def provider_prefix(provider: str, model_id: str) -> str:
    """What of a model id is the provider's name, slash included; empty when it is the service's own id."""
    head, slash, _ = model_id.partition("/")
    return (
        head + slash if slash and (head.lower() == provider or head.lower().startswith("siliconflow")) else ""
    )


def _stray_space(draft: Draft) -> Iterator[Finding]:
    remedy = "Remove the spaces at its ends."
    for placed in draft.providers:
        for index, model in models_of(placed):
            if model.id != model.id.strip():
                what = f"the model id {model.id!r} begins or ends with a space"
                yield placed.tree.at("spec", "models", index, "id"), what, remedy
    for alias in draft.aliases:
        if alias.text != alias.text.strip():
            yield alias.location, f"the alias {alias.text!r} begins or ends with a space", remedy
    for ref in draft.refs:
        if ref.text != ref.text.strip():
            yield ref.location, f"the model ref {ref.text!r} begins or ends with a space", remedy


def _duplicate_alias(draft: Draft) -> Iterator[Finding]:
    first: dict[str, Alias] = {}
    for alias in draft.aliases:
        other = first.setdefault(alias_key(alias.text), alias)
        if other.ref != alias.ref:
            yield (
                alias.location,
                f"the alias {alias.text} already means {other.ref}, at {other.location}",
                "Choose another; OpenClaw compares aliases without case and takes one of the two silently.",
            )


def _conflicting_alias(draft: Draft) -> Iterator[Finding]:
    first: dict[str, Alias] = {}
    for alias in draft.aliases:
        other = first.setdefault(alias.ref, alias)
        if other.text != alias.text:
            what = f"{alias.ref} has the alias {alias.text} here and {other.text} at {other.location}"
            yield alias.location, what, "Keep one; a model has one alias."


def _context_window_small(draft: Draft) -> Iterator[Finding]:
    remedy = f"Give the model's real window; OpenClaw wants at least {SMALLEST_WINDOW} tokens."
    for placed in draft.providers:
        window = placed.document.spec.context_window
        if window is not UNSET and window < SMALLEST_WINDOW:
            yield (
                placed.tree.at("spec", "contextWindow"),
                f"a context window of {window} tokens is very small",
                remedy,
            )
        for index, model in models_of(placed):
            window = model.context_window
            if window is not UNSET and window < SMALLEST_WINDOW:
                what = f"a context window of {window} tokens is very small"
                yield placed.tree.at("spec", "models", index, "contextWindow"), what, remedy


def _max_tokens_over_window(draft: Draft) -> Iterator[Finding]:
    for placed in draft.providers:
        spec = placed.document.spec
        for index, model in models_of(placed):
            window = spec.context_window if model.context_window is UNSET else model.context_window
            if model.max_tokens is not UNSET and window is not UNSET and model.max_tokens > window:
                yield (
                    placed.tree.at("spec", "models", index, "maxTokens"),
                    f"maxTokens {model.max_tokens} is more than the whole context window of {window}",
                    "Leave room for the prompt: lower maxTokens, or raise contextWindow.",
                )


RULES = (
    Rule("duplicate-model", _duplicate_model, fixed=True),
    Rule("prefixed-model-id", _prefixed_model_id),
    Rule("stray-space", _stray_space),
    Rule("duplicate-alias", _duplicate_alias),
    Rule("conflicting-alias", _conflicting_alias),
    Rule("context-window-small", _context_window_small, "warning"),
    Rule("max-tokens-over-window", _max_tokens_over_window, "warning"),
)
