"""Which shapes an OpenClaw release takes: one table, a source for each row.

OpenClaw's schema is strict: one key that a release doesn't know makes it reject the whole config. So what isn't in
a release is left out, and what is in all of them needs no row. ``SCHEMA`` rows were read from the JSON Schema that
each release prints (``openclaw config schema``; 2026.4.15, 5.20, 6.1, 6.5, 6.11, 6.35, 7.1, 8.1, 8.2, 9.1, 9.6), ``RUN`` rows by
running releases before that command existed (2026.1.30, 2.9, 3.13).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from reconciler.release import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

AuthStore = Literal["json", "agent-database", "shared-database"]

SCHEMA: Final = "the JSON Schema that the release prints"
RUN: Final = "run against the release"

OLDEST: Final = Release(2026, 1, 30)
NEWEST: Final = Release(2026, 9, 6)

# What makes a release certain.
NAME_IT: Final = "say `release:` in a Gateway manifest, or run where `openclaw` is on the PATH"


class Span(msgspec.Struct, frozen=True):
    """Releases from ``since`` up to, not including, ``until``; None is open.

    ``since`` is the first checked release that has the feature, so a release between two checked ones may have it
    earlier: leaving a key out is safe, sending one too early is not. ``gap`` are those in between that lack it, the first of them and
    the one after the last.
    """

    since: Release | None
    until: Release | None
    source: str
    gap: tuple[Release, Release] | None = None

    def covers(self, release: Release) -> bool:
        """Whether ``release`` has the feature."""
        return self.covers_all(release, release)

    def covers_all(self, oldest: Release, newest: Release) -> bool:
        """Whether every release between these two, and they too, have it."""
        return (
            (self.since is None or self.since <= oldest)
            and (self.until is None or newest < self.until)
            and (self.gap is None or newest < self.gap[0] or self.gap[1] <= oldest)
        )

    def covers_any(self, oldest: Release, newest: Release) -> bool:
        """Whether one of them has it."""
        return (
            (self.since is None or self.since <= newest)
            and (self.until is None or oldest < self.until)
            and (self.gap is None or oldest < self.gap[0] or self.gap[1] <= newest)
        )


def _since(month: int, patch: int, source: str = SCHEMA, gap: tuple[Release, Release] | None = None) -> Span:
    return Span(Release(2026, month, patch), None, source, gap)


def _until(month: int, patch: int, source: str = SCHEMA) -> Span:
    return Span(None, Release(2026, month, patch), source)


# No release has it.
NEVER: Final = Span(None, Release(2000, 1, 1), SCHEMA)

# Ordering by number is right for the maintenance lines 2026.6.33+ and 2026.7.33+ too: they have what 6.11 and 7.1 have.
FIELDS: Final[Mapping[str, Span]] = {
    "agent.defaults.imageModel.timeoutMs": _since(5, 20),
    "agent.defaults.pdfModel.timeoutMs": _since(5, 20),
    "agent.defaults.pdfModel": _since(3, 13, RUN),
    "agent.defaults.utilityModel": _since(7, 1),
    "agent.imageModel": NEVER,
    "agent.pdfModel": NEVER,
    "agent.utilityModel": _since(8, 2),
    "agent.models": _since(5, 20),
    "agent.modelPolicy": _since(8, 2),
    "entry.streaming": _since(2, 9, RUN),
    "agent.defaults.modelPolicy": _since(8, 1),
    "entry.codeMode": _since(8, 1),
    "model.baseUrl": _since(5, 20),
    "model.contextTokens": _since(4, 15),
    "model.params": _since(5, 20),
    "model.mediaInput": _since(6, 1),
    "model.thinkingLevelMap": _since(6, 5),
    "model.cost.tieredPricing": _since(5, 20),
    "model.compat.supportsUsageInStreaming": _since(3, 13, RUN),
    "model.compat.supportsStrictMode": _since(3, 13, RUN),
    "model.compat.thinkingFormat": _since(3, 13, RUN),
    "model.compat.supportsPromptCacheKey": _since(4, 15),
    "model.compat.supportsTools": _since(3, 13, RUN),
    "model.compat.requiresStringContent": _since(4, 15),
    "model.compat.requiresToolResultName": _since(3, 13, RUN),
    "model.compat.requiresAssistantAfterToolResult": _since(3, 13, RUN),
    "model.compat.requiresThinkingAsText": _since(3, 13, RUN),
    "model.compat.toolSchemaProfile": _since(4, 15),
    "model.compat.unsupportedToolSchemaKeywords": _since(4, 15),
    "model.compat.toolCallArgumentsEncoding": _since(4, 15),
    "model.compat.requiresOpenAiAnthropicToolPayload": _since(3, 13, RUN),
    "model.compat.nativeWebSearchTool": Span(Release(2026, 4, 15), Release(2026, 8, 1), SCHEMA),
    "model.compat.requiresMistralToolIds": Span(Release(2026, 3, 13), Release(2026, 8, 1), SCHEMA),
    "model.compat.supportedReasoningEfforts": _since(5, 20),
    "model.compat.reasoningEffortMap": _since(5, 20),
    "model.compat.strictMessageKeys": _since(5, 20),
    "model.compat.visibleReasoningDetailTypes": _since(5, 20),
    "model.compat.requiresReasoningContentOnAssistantMessages": _since(6, 5),
    "model.compat.supportsTemperature": _since(7, 1),
    "model.compat.cacheControlFormat": _since(8, 1),
    "model.compat.codeMode": _since(8, 1),
    "model.compat.openRouterRouting": _since(8, 1),
    "model.compat.sendSessionAffinityHeaders": _since(8, 1),
    "model.compat.sendSessionIdHeader": _since(8, 1),
    "model.compat.supportsEagerToolInputStreaming": _since(8, 1),
    "model.compat.supportsInstructions": _since(8, 1),
    "model.compat.supportsJsonSchemaResponseFormat": _since(8, 1),
    "model.compat.supportsLongCacheRetention": _since(8, 1),
    "model.compat.vercelGatewayRouting": _since(8, 1),
    "model.compat.zaiToolStream": _since(8, 1),
    "model.compat.supportsResponsesContinuation": _since(9, 6),
    "provider.injectNumCtxForOpenAICompat": _since(3, 13, RUN),
    "provider.timeoutSeconds": _since(5, 20),
    "provider.maxTokens": _since(5, 20),
    "provider.params": _since(5, 20),
    "provider.region": _since(6, 1),
    "provider.contextWindow": Span(Release(2026, 5, 20), Release(2026, 8, 1), SCHEMA),
    "provider.contextTokens": Span(Release(2026, 5, 20), Release(2026, 8, 1), SCHEMA),
}

_APIS: Final[tuple[tuple[str, Span], ...]] = (
    ("ollama", _since(3, 13, RUN)),
    ("azure-openai-responses", _since(4, 15)),
    ("openai-codex-responses", _until(6, 1)),
    ("openai-chatgpt-responses", _since(6, 1)),
    ("google-vertex", _since(6, 1)),
    ("pi-messages", _since(9, 6)),
)

# Found by running 2026.4.29; the schemas in the packages of 2026.3.22 to 5.12 say from where to where (2026-11-25).
_NO_QWEN: Final = (Release(2026, 4, 26), Release(2026, 5, 12))

VALUES: Final[Mapping[tuple[str, str], Span]] = {
    ("model.compat.thinkingFormat", "deepseek"): _since(5, 20),
    ("model.compat.thinkingFormat", "together"): _since(5, 20),
    ("model.compat.thinkingFormat", "openrouter"): _since(4, 15),
    ("model.compat.thinkingFormat", "qwen-chat-template"): _since(4, 15, gap=_NO_QWEN),
    ("model.compat.thinkingFormat", "qwen"): _since(3, 13, gap=_NO_QWEN),
    ("model.input", "audio"): _since(5, 20),
    ("model.input", "video"): _since(5, 20),
    **{(f"{kind}.api", name): span for kind in ("provider", "model") for name, span in _APIS},
}

SECRET_REFS: Final = _since(2, 26, "dist; 2026.2.9 rejects, 2026.3.2 accepts")
STORE_REFS: Final = _since(8, 1, RUN)
MODEL_POLICY: Final = FIELDS["agent.defaults.modelPolicy"]
AGENT_ENTRIES: Final = _since(8, 1)
CONFIG_VALIDATE: Final = _since(3, 2, "dist; 2026.3.1 has no such command")
WRITES_KEYS: Final = _until(
    5, 20, "run: 2026.1.30 to 4.15 leave resolved keys in models.json, 5.20 and later none"
)
KEEPS_KEYS: Final = _until(
    8,
    1,
    "run: up to 4.15 see above; a gateway of 5.20 at its start, one of 6.11 also at every reload; 8.2 and 9.6 never",
)
STORES: Final[tuple[tuple[Span, AuthStore], ...]] = (
    (_since(8, 1, RUN), "shared-database"),
    (Span(Release(2026, 6, 5), Release(2026, 8, 1), RUN), "agent-database"),
    (_until(6, 5, RUN), "json"),
)


class Obstacle(msgspec.Struct, frozen=True):
    """Why a value isn't written.

    Attributes:
        certain: the release doesn't take it; otherwise it isn't known whether it does.
    """

    what: str
    certain: bool


class Capabilities(msgspec.Struct, frozen=True):
    """What every release takes that this OpenClaw may be: the release is often known only from what it left behind.

    Attributes:
        release: the likeliest one, which answers where only one can: whose order of keys is explained, say.
        oldest: it is that or a later one.
        newest: it is that or an earlier one; equal to ``oldest`` where the release is certain.
        doubt: why the answers may not fit, or what they leave out; empty when they do.
        store_found: the auth store that holds profiles here, where the release doesn't tell which one it is.
    """

    release: Release
    oldest: Release
    newest: Release
    doubt: str = ""
    store_found: AuthStore | None = None

    @property
    def certain(self) -> bool:
        """Whether the release is known."""
        return self.oldest == self.newest

    @property
    def named(self) -> str:
        """The release in words."""
        return f"OpenClaw {self.oldest}" if self.certain else f"OpenClaw {self.oldest} or newer"

    def every(self, span: Span) -> bool:
        """Whether each possible release has the feature: what is written has to be taken by all of them."""
        return span.covers_all(self.oldest, self.newest)

    def some(self, span: Span) -> bool:
        """Whether a possible release has the feature: what is guarded against need not be certain."""
        return span.covers_any(self.oldest, self.newest)

    @property
    def secret_refs(self) -> bool:
        """Whether ``apiKey`` may be a SecretRef object."""
        return self.every(SECRET_REFS)

    @property
    def store_refs(self) -> bool:
        """Whether OpenClaw has a secret store, and a SecretRef may name an entry of it."""
        return self.every(STORE_REFS)

    @property
    def model_policy(self) -> bool:
        """Whether allowed models are told apart from aliases (``modelPolicy``); false where that isn't certain."""
        return self.every(MODEL_POLICY)

    @property
    def agent_entries(self) -> bool:
        """Whether agents are kept as a map by id (``agents.entries``)."""
        return self.every(AGENT_ENTRIES)

    @property
    def config_validate(self) -> bool:
        """Whether ``openclaw config validate`` exists."""
        return self.every(CONFIG_VALIDATE)

    @property
    def writes_keys(self) -> bool:
        """Whether looking at models may make OpenClaw write the resolved key into its state folder."""
        return self.some(WRITES_KEYS)

    @property
    def keeps_keys(self) -> bool:
        """Whether OpenClaw itself may keep keys behind ``${VAR}`` and those of profiles in agents' ``models.json``."""
        return self.some(KEEPS_KEYS)

    @property
    def auth_store(self) -> AuthStore:
        """Which of the three auth stores the release uses; where it may be several, the one that holds profiles."""
        likely = next(store for span, store in STORES if span.covers(self.release))
        return likely if self._stores == 1 else self.store_found or likely

    @property
    def auth_store_known(self) -> bool:
        """Whether :attr:`auth_store` may be written: a profile in another one is not used, or blocks a migration."""
        return self._stores == 1 or self.store_found is not None

    @property
    def _stores(self) -> int:
        return sum(self.some(span) for span, _ in STORES)

    def obstacle(self, kind: str, path: tuple[str, ...], value: Any) -> Obstacle | None:
        """Why not every possible release takes ``value`` at ``path`` of a ``kind`` of object; None when each does."""
        for name, span in _bounded(kind, path):
            if not self.every(span):
                return self._obstacle(name, span)
        if not isinstance(value, (str, list)):
            return None
        name = ".".join((kind, *path))
        for item in value if isinstance(value, list) else (value,):
            bound = VALUES.get((name, item)) if isinstance(item, str) else None
            if bound is not None and not self.every(bound):
                return self._obstacle(f"{name} {item!r}", bound)
        return None

    def _obstacle(self, what: str, span: Span) -> Obstacle:
        lack = self.lack(what, span)
        return (
            Obstacle(f"{lack}; {NAME_IT}", certain=False) if self.some(span) else Obstacle(lack, certain=True)
        )

    def lack(self, what: str, span: Span) -> str:
        """The sentence that says so."""
        if span is NEVER:
            return f"no OpenClaw release has {what}"
        if span.gap and span.gap[0] <= self.newest and self.oldest < span.gap[1]:
            verb = "may not have" if self.some(span) else "has no"
            return f"{self.named} {verb} {what} (missing from {span.gap[0]} to before {span.gap[1]})"
        begins, ended = f"known from {span.since}", f"gone by {span.until}"
        if not self.some(span):
            late = span.since is not None and self.newest < span.since
            return (
                f"{self.named} has no {what} ({begins})"
                if late
                else f"{self.named} has no {what} any more ({ended})"
            )
        when = " and ".join((begins,) * (span.since is not None) + (ended,) * (span.until is not None))
        return f"{self.named} may not have {what} ({when})"


@functools.cache
def _bounded(kind: str, path: tuple[str, ...]) -> tuple[tuple[str, Span], ...]:
    """What of ``path``, from the outside in, isn't in every release."""
    names = (".".join((kind, *path[:length])) for length in range(1, len(path) + 1))
    return tuple((name, FIELDS[name]) for name in names if name in FIELDS)


def capabilities_of(
    release: Release | None, *, certain: bool = True, store_found: AuthStore | None = None
) -> Capabilities:
    """What may be written for ``release``.

    Args:
        release: None where nothing tells it: then only what every checked release takes.
        certain: it is that one; otherwise that or a later one, as what OpenClaw leaves behind tells.
        store_found: see :class:`Capabilities`.
    """
    if release is None:
        doubt = f"nothing here tells the OpenClaw release, so only what each from {OLDEST} to {NEWEST} takes is written; {NAME_IT}"
        return Capabilities(NEWEST, OLDEST, NEWEST, doubt, store_found)
    doubt = ""
    if release > NEWEST:
        doubt = f"OpenClaw {release} is newer than any release checked; treated as {NEWEST}"
    elif release < OLDEST:
        doubt = f"OpenClaw {release} is older than any release checked ({OLDEST})"
    newest = release if certain else max(release, NEWEST)
    return Capabilities(release, release, newest, doubt, store_found)
