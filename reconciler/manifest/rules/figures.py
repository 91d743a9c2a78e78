"""Rules about the figures of models: what the gateway really has, and in which currency it bills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.manifest.draft import models_of
from reconciler.manifest.rules.finding import Rule
from reconciler.manifest.rules.knowledge import known_model, known_models
from reconciler.manifest.rules.models import SMALLEST_WINDOW
from reconciler.manifest.rules.refs import parts
from reconciler.sites.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.draft import Draft
    from reconciler.manifest.model import Cost
    from reconciler.manifest.rules.finding import Finding
    from reconciler.sites.catalog import PriceCny


def _window_over_limit(draft: Draft) -> Iterator[Finding]:
    for provider, index, model, known in known_models(draft):
        if model.context_window is not UNSET and model.context_window > known.context_window:
            what = f"{model.id} is known to have a context window of {known.context_window} tokens, not {model.context_window}"
            remedy = "Lower it, or leave it out: a longer prompt is an error at the service."
            yield provider.tree.at("spec", "models", index, "contextWindow"), what, remedy


def _max_tokens_over_limit(draft: Draft) -> Iterator[Finding]:
    for provider, index, model, known in known_models(draft):
        limit = known.max_tokens
        if limit is not None and model.max_tokens is not UNSET and model.max_tokens > limit:
            what = f"{model.id} is known to answer with at most {limit} tokens, not {model.max_tokens}"
            remedy = "Lower it, or leave it out: asking for more is an error at the service."
            yield provider.tree.at("spec", "models", index, "maxTokens"), what, remedy


def _agent_window_small(draft: Draft) -> Iterator[Finding]:
    """A window that no manifest says but the catalogue knows; a declared one has its own rule."""
    for ref, provider, name in parts(draft):
        if ref.path[1] != "model":
            continue
        declared = (draft.models.get(provider) or {}).get(name)
        known = known_model(draft, provider, name)
        said = declared is not None and declared.context_window is not UNSET
        if known is not None and not said and known.context_window < SMALLEST_WINDOW:
            what = (
                f"{name} has a context window of {known.context_window} tokens; agents need {SMALLEST_WINDOW}"
            )
            yield ref.location, what, "Choose a model with a longer window for agents."


def _cost_in_yuan(draft: Draft) -> Iterator[Finding]:
    for provider in draft.providers:
        for index, model in models_of(provider):
            known = load_catalog("cn").get(model.id)
            price = known.cost_cny if known else None
            if price is not None and model.cost is not UNSET and _same(model.cost, price):
                what = f"the cost of {model.id} is the CN site's price in yuan; OpenClaw counts in US dollars"
                remedy = "Give it in US dollars per million tokens, or leave cost out."
                yield provider.tree.at("spec", "models", index, "cost"), what, remedy


def _same(cost: Cost, price: PriceCny) -> bool:
    pairs = [(price.input, price.output), *((tier.input, tier.output) for tier in price.tiers)]
    return (cost.input, cost.output) in pairs


RULES = (
    Rule("context-window-over-limit", _window_over_limit, "warning"),
    Rule("max-tokens-over-limit", _max_tokens_over_limit, "warning"),
    Rule("agent-window-small", _agent_window_small, "warning"),
    Rule("cost-in-yuan", _cost_in_yuan, "warning"),
)
