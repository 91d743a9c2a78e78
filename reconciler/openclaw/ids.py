"""When OpenClaw takes two ids for one: its normalisation of agents, providers, model refs and aliases. Pure.

Read in the dist of 2026.3.13, 4.15, 5.20, 6.11, 7.1, 8.2, 9.1 and 9.6 (``normalizeAgentId``, ``normalizeProviderId``, ``modelKey``,
the alias index), and run on 2026.4.15, 6.11, 8.2 and 9.6. No other module may compare such ids as they are written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from reconciler.json5.path import Path, Row
from reconciler.openclaw.capabilities import Span
from reconciler.release import Release
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAIN: Final = "main"
DEFAULTS: Final = "defaults"

# What JavaScript's trim() takes away. Python's strip() takes other control characters too, and leaves the byte order mark.
_BLANK: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_LONGEST_AGENT: Final = 64
_AGENT = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{_LONGEST_AGENT - 1}}}", re.ASCII | re.IGNORECASE)
_FOREIGN_IN_AGENT = re.compile(r"[^a-z0-9_-]+")
_DATED = re.compile(r"[0-9]{8}(?:@|\Z)")
_QUANTISED = re.compile(r"(?:i?q[0-9]+(?:_[a-z0-9]+)*|[0-9]+bit)(?:@|\Z)", re.ASCII | re.IGNORECASE)

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


class ModelRef(msgspec.Struct, frozen=True):
    """A model as OpenClaw compares it: the provider normalised, the model's id as written."""

    provider: str
    model: str

    @property
    def key(self) -> str:
        """The two as one text; a provider that the id begins with isn't said twice."""
        if self.model.lower().startswith(f"{self.provider}/"):
            return self.model
        return f"{self.provider}/{self.model}"


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


def trimmed(text: str) -> str:
    """``text`` without the blanks that OpenClaw takes away at its ends."""
    return text.strip(_BLANK)


def agent_id(text: str) -> str:
    """An agent's id as OpenClaw takes it; what has nothing of a-z, 0-9, ``_`` and ``-`` in it (``老板``) is ``main``.

    The same in every release. An id that is fine but for its case keeps dashes at its end; one that isn't loses them.
    """
    text = trimmed(text)
    lowered = text.lower()
    if _AGENT.fullmatch(text):
        return lowered
    return _FOREIGN_IN_AGENT.sub("-", lowered).strip("-")[:_LONGEST_AGENT] or MAIN


def agent_name(text: str) -> str:
    """How a manifest's agent is called wherever it is addressed, however it is spelled there.

    ``defaults`` means ``agents.defaults``; an agent that has this id is told apart by a capital.
    """
    name = agent_id(text)
    return "Defaults" if name == DEFAULTS and text != DEFAULTS else name


def provider_id(text: str, release: Release | None = None) -> str:
    """A provider's id as OpenClaw compares it.

    Args:
        release: whose other names of providers count; None for what holds in every release.
    """
    name = trimmed(text).lower()
    if release is None:
        return name
    return next((names.get(name, name) for span, names in PROVIDER_NAMES if span.covers(release)), name)


def alias_key(text: str) -> str:
    """An alias as OpenClaw compares it; the same in every release."""
    return trimmed(text).lower()


def model_ref(text: str, release: Release | None = None) -> ModelRef | None:
    """What ``provider/model`` names; None where it isn't of this form: an alias, or a model without its provider."""
    provider, slash, model = trimmed(text).partition("/")
    provider, model = provider_id(provider, release), trimmed(model)
    return ModelRef(provider, model) if slash and provider and model else None


def model_key(text: str, release: Release | None = None) -> str:
    """:attr:`ModelRef.key` of ``text``; what is no ref stays as it is, but for blanks at its ends."""
    ref = model_ref(text, release)
    return trimmed(text) if ref is None else ref.key


def without_profile(text: str) -> str:
    """A ref or an alias without the auth profile that may follow it (``provider/model@profile``).

    An ``@`` before a date of eight digits or a quantisation (``@q4_k_m``, ``@8bit``) belongs to the model's id.
    """
    text = trimmed(text)
    at = text.find("@", text.rfind("/") + 1)
    for belongs in (_DATED, _QUANTISED):
        if at > 0 and belongs.match(text, at + 1):
            at = text.find("@", at + 1)
    if at <= 0 or not trimmed(text[at + 1 :]):
        return text
    return trimmed(text[:at]) or text


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
