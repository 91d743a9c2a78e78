"""What a manifest may leave out about a model, because the catalogue or the service's documents say it.

A suggestion fills a gap; anything that a manifest says beats it, and so does a value that somebody set by hand.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from reconciler.release import Release
from reconciler.sites.catalog import KnownModel, load_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

# Sources: the CN site's chat-completions reference of 2026-10-01, and the requests that OpenClaw 2026.4.15, 6.11 and
# 9.6 were seen to send. Usage in streams is undocumented, but the service's own adapter always asks for it.
_SERVICE_COMPAT: tuple[tuple[str, Any, str], ...] = (
    (
        "maxTokensField",
        "max_tokens",
        "the service documents max_tokens only; OpenClaw's own choice is max_completion_tokens",
    ),
    (
        "supportsDeveloperRole",
        False,
        "the service documents no developer role, which OpenClaw up to 2026.4.15 would use",
    ),
    ("supportsStore", False, "the service documents no store, which OpenClaw up to 2026.4.15 would send"),
    ("supportsStrictMode", False, "the service documents no strict for tools"),
    (
        "supportsUsageInStreaming",
        True,
        "the service's own adapter asks for usage in streams; without it tokens aren't counted",
    ),
)
_SERVICE_NOTE = "the service's documented request fields"

# The first checked release that takes the list of a model's efforts. Before, OpenClaw sends its own levels, such as
# `minimal`, which the service doesn't know.
_EFFORTS_LISTED = Release(2026, 5, 20)
# The first checked release that lets the map of efforts decide about thinking; 2026.6.11 to 9.1 accept and ignore it.
_EFFORT_MAP_DECIDES = Release(2026, 9, 6)
_LEVELS = ("minimal", "low", "medium", "high", "xhigh", "max")


class Suggestion(msgspec.Struct, frozen=True):
    """One value for one field of a model row. Of several for one field, the first that fits the release counts.

    Attributes:
        note: where it comes from.
        why: what goes wrong without it; empty where the value speaks for itself.
        since: the release that it needs; None for all.
        rests_on: what is known: the model, the service, or nothing, so that it is the safe choice.
    """

    path: tuple[str, ...]
    value: Any
    note: str
    why: str = ""
    since: Release | None = None
    rests_on: Literal["model", "service", "nothing"] = "model"


# What is so of a model on whatever site it is served; its price is not.
OF_THE_MODEL: Final = frozenset({"name", "reasoning", "input", "contextWindow", "maxTokens", "compat"})


@functools.cache
def suggest(catalog: str, model_id: str) -> tuple[Suggestion, ...]:
    """What is known of a model.

    Args:
        catalog: ``cn``, ``global``, or anything else for a site whose models nobody knows.
    """
    if catalog not in ("cn", "global"):
        return ()
    known = load_catalog("cn" if catalog == "cn" else "global").get(model_id)
    return (*_row(known), *_service(known), *_thinking(known)) if known else _of_unlisted()


@functools.cache
def _of_unlisted() -> tuple[Suggestion, ...]:
    """What holds of any model of the service, and the safe choice for how it thinks."""
    nothing = (msgspec.structs.replace(one, rests_on="nothing") for one in _thinking(None))
    return (*_service(None), *nothing)


def _row(known: KnownModel) -> Iterator[Suggestion]:
    note = f"the catalogue ({known.source}, {known.date})"
    yield Suggestion(("name",), known.name, note)
    yield from _reasoning(known, note)
    # OpenClaw reads text and image on every release; video and audio only on some, and no chat turn carries them.
    yield Suggestion(("input",), [kind for kind in known.input if kind in ("text", "image")], note)
    if known.cost is not None:
        for name, price in msgspec.to_builtins(known.cost).items():
            yield Suggestion(("cost", name), int(price) if price.is_integer() else price, note)
    why = known.note if known.note.startswith("window:") else ""
    yield Suggestion(("contextWindow",), known.context_window, note, why)
    yield _output_limit(known, note)


def _output_limit(known: KnownModel, note: str) -> Suggestion:
    limit = known.suggested_max_tokens
    if limit == known.max_tokens:
        return Suggestion(("maxTokens",), limit, note)
    note = (
        "half of the window" if limit == known.context_window // 2 else "what the service's own adapter uses"
    )
    why = "the service counts it without the thoughts and advises against the whole window"
    return Suggestion(("maxTokens",), limit, note, why)


def _reasoning(known: KnownModel, note: str) -> Iterator[Suggestion]:
    controls = known.reasoning_controls
    if controls is not None and controls.off_for_tools:
        why = "with tools, which agents always have, the service refuses this model's thinking"
        yield Suggestion(
            ("reasoning",), True, note, f"{why}; the effort map keeps it off", _EFFORT_MAP_DECIDES
        )
        yield Suggestion(("reasoning",), False, note, f"{why}; so OpenClaw leaves it alone")
    else:
        yield Suggestion(("reasoning",), known.reasoning, note)


def _service(known: KnownModel | None) -> Iterator[Suggestion]:
    for name, value, why in _SERVICE_COMPAT:
        yield msgspec.structs.replace(_compat(name, value, why), rests_on="service")
    if known is not None and not known.tools:
        yield _compat("supportsTools", False, "the model calls no tools; agents would offer it some")


def _thinking(known: KnownModel | None) -> Iterator[Suggestion]:
    """How the model's thinking is steered; a control that a model lacks is an error 20015."""
    controls = known.reasoning_controls if known and known.reasoning else None
    if controls is not None and controls.efforts:
        yield from _efforts(controls.efforts)
        return
    why = "the model takes no reasoning_effort" if known else "not known to be taken by the model"
    yield _compat("supportsReasoningEffort", False, why)
    if controls is not None and controls.off_for_tools:
        why = "with tools the service requires enable_thinking: false"
        yield _compat("thinkingFormat", "qwen", why, _EFFORT_MAP_DECIDES)
        why = "keeps enable_thinking false at every level"
        for level in _LEVELS:
            path = ("compat", "reasoningEffortMap", level)
            yield Suggestion(path, "none", _SERVICE_NOTE, why, _EFFORT_MAP_DECIDES)
    elif controls is not None and controls.switch:
        yield _compat("thinkingFormat", "qwen", "the model's thinking is switched by enable_thinking")


def _efforts(efforts: tuple[str, ...]) -> Iterator[Suggestion]:
    yield _compat("supportsReasoningEffort", True, "the model takes reasoning_effort", _EFFORTS_LISTED)
    yield _compat(
        "supportsReasoningEffort",
        False,
        "this release can't be told which efforts the model takes, and would send others",
    )
    yield _compat("supportedReasoningEfforts", list(efforts), "the efforts that the model takes")
    # Without it OpenClaw tells DeepSeek-V4 by its id and adds DeepSeek's own `thinking` (2026.6.11 and 9.6, as run).
    yield _compat(
        "thinkingFormat", "openai", "no thinking parameter beside the effort: the service documents none"
    )


def _compat(name: str, value: Any, why: str, since: Release | None = None) -> Suggestion:
    return Suggestion(("compat", name), value, _SERVICE_NOTE, why, since)
