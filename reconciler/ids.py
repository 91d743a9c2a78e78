"""When OpenClaw takes two texts for one id, in every release: agents, providers, refs and aliases. Pure.

Read in the dist of 2026.3.13, 4.15, 5.20, 6.11, 7.1, 8.2, 9.1 and 9.6 (``normalizeAgentId``, ``normalizeProviderId``,
``modelKey``, the alias index), and run on 2026.3.13, 4.15, 6.11, 7.1, 8.2 and 9.6. No other module may compare such ids as they are written.
What differs from release to release, and what a config holds, is asked of :mod:`reconciler.openclaw.ids`.
"""

from __future__ import annotations

import functools
import re
from typing import Final

import msgspec

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


@functools.lru_cache(512)
def provider_id(text: str) -> str:
    """A provider's id as every release compares it; older ones know more names of some."""
    return trimmed(text).lower()


def alias_key(text: str) -> str:
    """An alias as OpenClaw compares it; the same in every release."""
    return trimmed(text).lower()


def model_ref(text: str) -> ModelRef | None:
    """What ``provider/model`` names; None where it isn't of this form: an alias, or a model without its provider."""
    provider, slash, model = trimmed(text).partition("/")
    provider, model = provider_id(provider), trimmed(model)
    return ModelRef(provider, model) if slash and provider and model else None


def model_key(text: str) -> str:
    """:attr:`ModelRef.key` of ``text``; what is no ref stays as it is, but for blanks at its ends."""
    ref = model_ref(text)
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
