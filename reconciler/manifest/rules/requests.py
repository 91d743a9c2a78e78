"""Rules about how OpenClaw would word its requests: a control that a model lacks is an error 20015 at the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.manifest.rules.finding import Rule
from reconciler.manifest.rules.knowledge import known_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.draft import Draft
    from reconciler.manifest.model import Compat
    from reconciler.manifest.rules.finding import Finding
    from reconciler.sites.catalog import KnownModel

# What the CN site's API reference of 2026-10-01 doesn't list.
_UNDOCUMENTED = (
    ("maxTokensField", "max_tokens_field", "max_completion_tokens", "max_completion_tokens"),
    ("supportsStore", "supports_store", True, "store"),
    ("supportsDeveloperRole", "supports_developer_role", True, "the developer role"),
    ("supportsStrictMode", "supports_strict_mode", True, "strict for tools"),
)


def _refused(compat: Compat, known: KnownModel) -> Iterator[tuple[str, str]]:
    """Fields of ``compat`` that make OpenClaw send what isn't taken, and what that is."""
    for name, attribute, value, sent in _UNDOCUMENTED:
        if getattr(compat, attribute) == value:
            yield name, f"the service does not document {sent}"
    controls = known.reasoning_controls
    if controls is None:
        return
    if compat.thinking_format == "qwen" and not controls.switch:
        yield "thinkingFormat", "has no enable_thinking to switch"
    if compat.supports_reasoning_effort is True and not controls.efforts:
        yield "supportsReasoningEffort", "takes no reasoning_effort"
    wanted = compat.supported_reasoning_efforts
    unknown = sorted(set(wanted) - set(controls.efforts)) if wanted is not UNSET and controls.efforts else []
    if unknown:
        efforts = ", ".join(controls.efforts)
        yield "supportedReasoningEfforts", f"takes {efforts} as reasoning_effort, not {', '.join(unknown)}"


def _compat_refused(draft: Draft) -> Iterator[Finding]:
    for provider, index, model, known in known_models(draft):
        for name, what in _refused(model.compat, known) if model.compat is not UNSET else ():
            told = what if what.startswith("the service") else f"{model.id} {what}"
            remedy = "Leave it out; what suits model and release is filled in."
            yield provider.tree.at("spec", "models", index, "compat", name), told, remedy


RULES = (Rule("compat-refused", _compat_refused, "warning"),)
