"""Providers that OpenClaw knows by itself: agents may use them though no config declares them. Pure.

Read from each release as it is installed: the plugins that it brings (``openclaw.plugin.json``: providers, command-line backends and
other names of either), the model table of its library up to 2026.5.20, and its catalogue of official plugins that can be installed
beside it. Checked: 2026.3.13, 4.15, 5.20, 6.11, 7.1, 8.2, 9.1, 9.6; ``tests/openclaw/test_references.py`` holds it against three.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from reconciler.release import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

    _Releases = tuple[Release | None, Release | None]


def _from(since: tuple[int, int] | None = None, until: tuple[int, int] | None = None) -> _Releases:
    return Release(2026, *since) if since else None, Release(2026, *until) if until else None


BROUGHT: Final[Mapping[_Releases, str]] = {
    _from(): "anthropic azure-openai-responses copilot-proxy github-copilot google google-gemini-cli google-vertex huggingface"
    " minimax minimax-cn minimax-portal ollama openai opencode-go openrouter sglang vllm xai",
    _from(until=(8, 2)): "mistral opencode",
    _from(until=(6, 11)): "amazon-bedrock cerebras groq kimi-coding openai-codex vercel-ai-gateway zai",
    _from(until=(5, 20)): "google-antigravity",
    _from(until=(4, 15)): "qwen-portal",
    _from((4, 15)): "claude-cli fal litellm lmstudio microsoft-foundry nvidia together",
    _from((4, 15), (8, 2)): "byteplus byteplus-plan comfy synthetic volcengine volcengine-plan vydra xiaomi",
    _from(
        (4, 15), (6, 11)
    ): "arcee chutes cloudflare-ai-gateway deepseek fireworks kilocode kimi moonshot qianfan qwen stepfun"
    " stepfun-plan venice",
    _from((4, 15), (5, 20)): "amazon-bedrock-mantle anthropic-vertex codex codex-cli",
    _from((5, 20)): "minimax-portal-cn",
    _from(
        (5, 20), (6, 11)
    ): "cloudflare-workers-ai dashscope deepinfra modelstudio moonshot-ai moonshotai moonshotai-cn qwencloud"
    " tencent-tokenhub xiaomi-token-plan-ams xiaomi-token-plan-cn xiaomi-token-plan-sgp",
    _from((6, 11)): "ollama-cloud",
    _from((6, 11), (8, 2)): "cohere novita novita-ai novitaai xiaomi-token-plan",
    _from((7, 1)): "clawrouter",
    _from((7, 1), (8, 2)): "meta",
    _from((8, 2)): "x-ai",
    _from((9, 6)): "apple-fm",
}
"""Ids of providers, parted by blanks, by the first release that brings them and the first that doesn't any more."""

PLUGINS: Final = "bailian-token-plan baseten featherless gmi longcat pixverse qwen-oauth qwen-token-plan radius tencent-tokenplan voyage"
"""Providers that come with an official plugin only."""


@functools.cache
def brought_by(release: Release) -> frozenset[str]:
    """Ids of the providers that a release brings, as OpenClaw compares them."""
    return frozenset(
        name
        for (since, until), names in BROUGHT.items()
        if (since is None or since <= release) and (until is None or release < until)
        for name in names.split()
    )


@functools.cache
def known_anywhere() -> frozenset[str]:
    """Ids of the providers that some release brings, or that an official plugin adds to one."""
    return frozenset(" ".join((PLUGINS, *BROUGHT.values())).split())
