"""What a manifest may leave out about a model, because the catalogue or the service's documents say it.

A suggestion fills a gap; anything that a manifest says beats it, and so does a value that somebody set by hand.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.sites.catalog import KnownModel, load_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

# Only documented request fields are safe. OpenClaw's defaults for an unknown host differ: up to 2026.4.15 it sends
# `store`, the `developer` role and `max_completion_tokens`, later releases the last of these. Sources: the CN site's
# chat-completions reference of 2026-10-01, and the defaults of OpenClaw 2026.4.15 and 2026.9.6 as run. Usage in
# streams is undocumented, but the service's own adapter always asks for it.
_SERVICE_COMPAT: tuple[tuple[str, Any], ...] = (
    ("maxTokensField", "max_tokens"),
    ("supportsDeveloperRole", False),
    ("supportsStore", False),
    ("supportsStrictMode", False),
    ("supportsUsageInStreaming", True),
)
_SERVICE_NOTE = "the service's documented request fields"


class Suggestion(msgspec.Struct, frozen=True):
    """One value for one field of a model row, and where it comes from."""

    path: tuple[str, ...]
    value: Any
    note: str


@functools.cache
def suggest(catalog: str, model_id: str) -> tuple[Suggestion, ...]:
    """What is known of a model.

    Args:
        catalog: ``cn``, ``global``, or anything else for a site whose models nobody knows.
    """
    if catalog not in ("cn", "global"):
        return ()
    known = load_catalog("cn" if catalog == "cn" else "global").get(model_id)
    return tuple(_of(known)) if known else tuple(_compat(None, _SERVICE_NOTE))


def _of(known: KnownModel) -> Iterator[Suggestion]:
    note = f"the catalogue ({known.source}, {known.date})"
    yield Suggestion(("name",), known.name, note)
    yield Suggestion(("reasoning",), known.reasoning, note)
    # OpenClaw reads text and image on every release; video and audio only on some, and no chat turn carries them.
    yield Suggestion(("input",), [kind for kind in known.input if kind in ("text", "image")], note)
    if known.cost is not None:
        for name, price in msgspec.to_builtins(known.cost).items():
            yield Suggestion(("cost", name), int(price) if price.is_integer() else price, note)
    yield Suggestion(("contextWindow",), known.context_window, note)
    yield Suggestion(("maxTokens",), known.suggested_max_tokens, note)
    yield from _compat(known, _SERVICE_NOTE)


def _compat(known: KnownModel | None, note: str) -> Iterator[Suggestion]:
    for name, value in _SERVICE_COMPAT:
        yield Suggestion(("compat", name), value, note)
    controls = known.reasoning_controls if known and known.reasoning else None
    efforts = controls is not None and bool(controls.efforts)
    yield Suggestion(("compat", "supportsReasoningEffort"), efforts, note)
    if controls is not None and controls.efforts:
        yield Suggestion(("compat", "supportedReasoningEfforts"), list(controls.efforts), note)
    elif controls is not None and controls.switch:
        # With "qwen" OpenClaw always sends enable_thinking, which the service refuses (20015) on models without
        # the switch; beside efforts it would suppress them.
        yield Suggestion(("compat", "thinkingFormat"), "qwen", note)
