"""Rules about model refs: every model that an agent uses has to be one that OpenClaw will know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.brought import known_anywhere
from reconciler.ids import alias_key, model_key, model_ref
from reconciler.manifest.draft import models_of
from reconciler.manifest.rules.finding import Rule
from reconciler.manifest.rules.knowledge import known_model
from reconciler.manifest.similar import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.draft import Draft, Ref
    from reconciler.manifest.model import Modality
    from reconciler.manifest.rules.finding import Finding


def parts(draft: Draft) -> Iterator[tuple[Ref, str, str]]:
    """Each ref with the provider and model id that it means; malformed ones are left to their own rule."""
    for ref in draft.refs:
        text = draft.target(ref) if ref.use == "run" else ref.text
        named = model_ref(text)
        if named is not None:
            yield ref, named.provider, named.model


def _malformed_ref(draft: Draft) -> Iterator[Finding]:
    for ref in draft.refs:
        if model_ref(ref.text) is not None or (ref.use == "allow" and ref.text == "*"):
            continue
        full = draft.by_alias.get(alias_key(ref.text))
        if ref.use == "run" and (full or _may_be_an_alias(ref.text)):
            continue
        what = f"{ref.text[:80]!r} is no model ref"
        if full:
            remedy = f"An alias does not count here; write {full}."
        else:
            remedy = did_you_mean(ref.text, [alias.text for alias in draft.aliases])
        yield (
            ref.location,
            what,
            remedy or "Write provider/model-id, such as siliconflow/deepseek-ai/DeepSeek-V3.2.",
        )


def _may_be_an_alias(text: str) -> bool:
    return "/" not in text and bool(text.strip())


def _unknown_alias(draft: Draft) -> Iterator[Finding]:
    known = [alias.text for alias in draft.aliases]
    for ref in draft.refs:
        doubtful = draft.broken or not draft.whole
        if (
            ref.use == "run"
            and _may_be_an_alias(ref.text)
            and alias_key(ref.text) not in draft.by_alias
            and not doubtful
        ):
            what = f"{ref.text[:80]!r} is no alias that the manifests give"
            yield ref.location, what, did_you_mean(ref.text, known) or _ELSEWHERE


def _unknown_provider(draft: Draft) -> Iterator[Finding]:
    yield from _undeclared(draft, run=True)


def _foreign_ref(draft: Draft) -> Iterator[Finding]:
    yield from _undeclared(draft, run=False)


def _undeclared(draft: Draft, *, run: bool) -> Iterator[Finding]:
    for ref, provider, _ in parts(draft):
        if (ref.use == "run") is run and not _has(draft, provider):
            what = f"{ref.text[:80]!r} names the provider {provider[:60]}, which no manifest declares"
            yield ref.location, what, did_you_mean(provider, sorted(draft.models)) or _ELSEWHERE


def _has(draft: Draft, provider: str) -> bool:
    return draft.knows("Provider", provider, set(draft.models)) or provider.lower() in known_anywhere()


_ELSEWHERE = (
    "Fine when the gateway has it by other means: it can't be checked here, and `reconciler plan` checks it."
)


def _dangling_ref(draft: Draft) -> Iterator[Finding]:
    for ref, provider, model in parts(draft):
        models = draft.models.get(provider)
        if models is None or model in models or (ref.use == "allow" and model.endswith("*")):
            continue
        what = f"the provider {provider} declares no model {model[:80]}"
        remedy = did_you_mean(model, models) or f"Add it to the models of {provider}, or use {_some(models)}."
        yield ref.location, what, remedy


def _some(names: object) -> str:
    listed = sorted(names)[:4]  # type: ignore[call-overload]
    return " or ".join(listed) if listed else "another provider"


def _unchecked_ref(draft: Draft) -> Iterator[Finding]:
    for ref, provider, model in parts(draft):
        if ref.use == "run" and provider in draft.models and draft.models[provider] is None:
            what = f"whether {provider} has the model {model[:80]} can't be checked: it declares no models"
            yield ref.location, what, f"Add models: to the Provider {provider}."


def _policy_excludes(draft: Draft) -> Iterator[Finding]:
    policies = {agent.name: _allowed(draft, agent.name) for agent in draft.agents}
    for ref, provider, model in parts(draft):
        allow = policies[ref.agent.name] or policies.get("defaults") or ()
        full = f"{provider}/{model}"
        if ref.use != "allow" and allow and not any(_allows(entry, full) for entry in allow):
            yield ref.location, f"modelPolicy does not allow {full}", "Add it to modelPolicy.allow."
    for alias in draft.aliases:
        allow = policies.get("defaults") or ()
        if (
            isinstance(alias.path[-2], int)
            and allow
            and not any(_allows(entry, alias.ref) for entry in allow)
        ):
            what = f"modelPolicy of the defaults does not allow {alias.ref}, which has the alias {alias.text}"
            yield alias.location, what, "Add it to modelPolicy.allow, or remove the alias."
    every = [entry for allow in policies.values() for entry in allow]
    named = {f"{provider}/{model}" for _, provider, model in parts(draft)} | {
        alias.ref for alias in draft.aliases
    }
    for placed in draft.providers if policies.get("defaults") else ():
        for index, declared in models_of(placed):
            full = f"{placed.name}/{declared.id}"
            if full not in named and not any(_allows(entry, full) for entry in every):
                what = f"no modelPolicy allows {full}, which is declared"
                yield (
                    placed.tree.at("spec", "models", index, "id"),
                    what,
                    "Add it to modelPolicy.allow, or remove it.",
                )


def _allowed(draft: Draft, agent: str) -> tuple[str, ...]:
    return tuple(ref.text for ref in draft.refs if ref.use == "allow" and ref.agent.name == agent)


def _allows(entry: str, ref: str) -> bool:
    entry = model_key(entry)
    return ref.startswith(entry[:-1]) if entry.endswith("*") else ref == entry


# Ids of models that are made for images, such as Qwen3-VL, GLM-4.5V or DeepSeek-OCR.
_FOR_IMAGES = r"(?:^|[-_/])(?:VL|OCR|Vision|Omni)(?:[-_.]|$)|\dV(?:[-_]|$)"


def _input(
    draft: Draft, provider: str, name: str
) -> tuple[list[Modality] | tuple[Modality, ...], str] | None:
    """What a model takes, and who says so; None where nobody does."""
    declared = (draft.models.get(provider) or {}).get(name)
    if declared is not None and declared.input is not UNSET:
        return declared.input, "its input is"
    known = known_model(draft, provider, name)
    return (known.input, "the catalogue says its input is") if known else None


def _image_model_input(draft: Draft) -> Iterator[Finding]:
    for ref, provider, name in parts(draft):
        taken = _input(draft, provider, name)
        if taken is None or ref.path[1] != "imageModel" or "image" in taken[0]:
            continue
        what = f"{provider}/{name} takes no images: {taken[1]} {', '.join(taken[0]) or 'empty'}"
        yield ref.location, what, "Choose a vision model, or add image to the model's input if it is one."


def _vision_model_as_text(draft: Draft) -> Iterator[Finding]:
    for ref, provider, name in parts(draft):
        taken = _input(draft, provider, name)
        if ref.path[1] != "model" or taken is None:
            continue
        for_images = "image" in taken[0] and re.search(_FOR_IMAGES, name, re.IGNORECASE)
        if for_images or "text" not in taken[0]:
            what = f"{provider}/{name} is made for images, and here it would do all of the agent's work"
            yield ref.location, what, "Name it under imageModel, and a text model here."


RULES = (
    Rule("malformed-ref", _malformed_ref),
    Rule("unknown-alias", _unknown_alias, "warning"),
    Rule("unknown-provider", _unknown_provider, "warning"),
    Rule("foreign-ref", _foreign_ref, "warning"),
    Rule("dangling-ref", _dangling_ref),
    Rule("unchecked-ref", _unchecked_ref, "warning"),
    Rule("policy-excludes", _policy_excludes, "warning"),
    Rule("image-model-input", _image_model_input),
    Rule("vision-model-as-text", _vision_model_as_text, "warning"),
)
