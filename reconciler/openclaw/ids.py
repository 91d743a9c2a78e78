"""Ids as a release compares them, and where a config holds what they mean: :mod:`reconciler.ids`, and what differs. Pure."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import msgspec

from reconciler import ids
from reconciler.ids import (
    DEFAULTS,
    MAIN,
    ModelRef,
    agent_id,
    agent_name,
    alias_key,
    trimmed,
    without_profile,
)
from reconciler.json5.path import Path, Row
from reconciler.openclaw.capabilities import Span
from reconciler.release import Release
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = (
    "DEFAULTS",
    "MAIN",
    "ModelRef",
    "agent_id",
    "agent_name",
    "alias_key",
    "trimmed",
    "without_profile",
)

_SAME_BEFORE_4_15: Final = {
    "z.ai": "zai",
    "z-ai": "zai",
    "opencode-zen": "opencode",
    "opencode-go-auth": "opencode-go",
    "qwen": "qwen-portal",
    "kimi-code": "kimi-coding",
    "bedrock": "amazon-bedrock",
    "aws-bedrock": "amazon-bedrock",
    "bytedance": "volcengine",
    "doubao": "volcengine",
}
_SAME_IN_4_15: Final = {
    "modelstudio": "qwen",
    "qwencloud": "qwen",
    "z.ai": "zai",
    "z-ai": "zai",
    "opencode-zen": "opencode",
    "opencode-go-auth": "opencode-go",
    "kimi-code": "kimi",
    "kimi-coding": "kimi",
    "bedrock": "amazon-bedrock",
    "aws-bedrock": "amazon-bedrock",
    "bytedance": "volcengine",
    "doubao": "volcengine",
}
_SAME_IN_5_20: Final = {
    **_SAME_IN_4_15,
    "anthropic-cli": "claude-cli",
    "moonshotai": "moonshot",
    "moonshot-ai": "moonshot",
}

# Other names of a provider that a release folds into one; none from 2026.6.11 on. A release between two checked ones keeps
# the table of the older.
PROVIDER_NAMES: Final[tuple[tuple[Span, Mapping[str, str]], ...]] = (
    (Span(None, Release(2026, 4, 15), "dist of 2026.3.13"), _SAME_BEFORE_4_15),
    (Span(Release(2026, 4, 15), Release(2026, 5, 20), "dist of 2026.4.15"), _SAME_IN_4_15),
    (Span(Release(2026, 5, 20), Release(2026, 6, 11), "dist of 2026.5.20"), _SAME_IN_5_20),
)


class AgentEntry(msgspec.Struct, frozen=True):
    """An agent in a config.

    Attributes:
        id: as OpenClaw calls it, and its folder.
        spelling: the id as the config has it.
    """

    id: str
    spelling: str
    path: Path
    value: dict[str, Any]


@functools.lru_cache(512)
def provider_id(text: str, release: Release | None = None) -> str:
    """A provider's id as OpenClaw compares it.

    Args:
        release: whose other names of providers count; None for what holds in every release.
    """
    name = ids.provider_id(text)
    if release is None:
        return name
    return next((names.get(name, name) for span, names in PROVIDER_NAMES if span.covers(release)), name)


def model_ref(text: str, release: Release | None = None) -> ModelRef | None:
    """What ``provider/model`` names; None where it isn't of this form: an alias, or a model without its provider."""
    ref = ids.model_ref(text)
    return ref and ModelRef(provider_id(ref.provider, release), ref.model)


def model_key(text: str, release: Release | None = None) -> str:
    """:attr:`ModelRef.key` of ``text``; what is no ref stays as it is, but for blanks at its ends."""
    ref = model_ref(text, release)
    return trimmed(text) if ref is None else ref.key


def agents_in(config: Any) -> tuple[AgentEntry, ...]:
    """Every agent of the map or list that a config has; the first of one id is the one that OpenClaw uses.

    No release takes a config with both a map and a list, and those with the map reject two keys of one id.
    """
    return tuple(_agents(lookup(config, ("agents",))))


def _agents(agents: Any) -> Iterator[AgentEntry]:
    entries, rows = lookup(agents, ("entries",)), lookup(agents, ("list",))
    if isinstance(entries, dict):
        for name, value in entries.items():
            if isinstance(value, dict):
                yield AgentEntry(agent_id(name), name, ("agents", "entries", name), value)
    elif isinstance(rows, list):
        for value in rows:
            name = value.get("id") if isinstance(value, dict) else None
            if isinstance(name, str):
                yield AgentEntry(agent_id(name), name, ("agents", "list", Row(name)), value)


def spellings(keys: Any, name: str, release: Release | None = None) -> tuple[str, ...]:
    """The keys of a map by provider (``models.providers``, ``auth.order``) that mean the provider ``name``, in their order.

    Args:
        keys: the map; anything else has none.
    """
    wanted = provider_id(name, release)
    return tuple(key for key in keys if provider_id(key, release) == wanted) if isinstance(keys, dict) else ()


def provider_key(config: Any, name: str, release: Release | None = None) -> str:
    """The key under ``models.providers`` that serves the provider ``name``; ``name`` itself where there is none.

    Of several OpenClaw uses the one that is written as it would write it, else the first.
    """
    found = spellings(lookup(config, ("models", "providers")), name, release)
    wanted = provider_id(name, release)
    return wanted if wanted in found else next(iter(found), name)
