"""Rules about what the service serves: models that are gone, elsewhere, or not known at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.manifest.draft import models_of
from reconciler.manifest.rules.finding import Rule
from reconciler.manifest.rules.knowledge import catalogued, known_models
from reconciler.manifest.rules.models import provider_prefix
from reconciler.sites.purposes import NOT_CHAT, purpose
from reconciler.sites.whereabouts import whereabouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.manifest.draft import Draft
    from reconciler.manifest.model import Model, ProviderSpec
    from reconciler.manifest.rules.finding import Finding
    from reconciler.sites.whereabouts import Kind


def _is(kind: Kind, what: str, remedy: str) -> Callable[[Draft], Iterator[Finding]]:
    """A check for models of which one thing is known; the texts may name site, model, date and ``instead``."""

    def check(draft: Draft) -> Iterator[Finding]:
        for provider, site in catalogued(draft):
            for index, model in models_of(provider):
                where = whereabouts(site, model.id)
                if where.kind != kind:
                    continue
                words = {
                    "site": site,
                    "model": model.id,
                    "when": f" on {where.date}" if where.date else "",
                    "instead": where.instead,
                }
                location = provider.tree.at("spec", "models", index, "id")
                yield location, what.format(**words), remedy.format(**words)

    return check


_retired = _is(
    "retired",
    "the site {site} retired {model}{when}",
    "Choose a successor; `reconciler catalog {site}` lists what is served.",
)
_redirected = _is(
    "redirected",
    "the site {site} retired {model}{when}; {instead} answers, and is billed, in its place",
    "Write id: {instead}.",
)
_twin = _is(
    "twin",
    "the site {site} is not known to serve {model}, but serves {instead}",
    "Write id: {instead}; ids with and without Pro/ are billed differently.",
)
_other_site = _is(
    "other-site",
    "the site {site} is not known to serve {model}; the other site serves {instead}",
    "Choose a model that `reconciler catalog {site}` lists, or declare a Provider of the other site with a key of its own.",
)


def _deprecated(draft: Draft) -> Iterator[Finding]:
    for provider, index, model, known in known_models(draft):
        if known.status == "deprecated":
            remedy = "Choose a successor before the service retires it."
            yield (
                provider.tree.at("spec", "models", index, "id"),
                f"the service has deprecated {model.id}",
                remedy,
            )


def _not_chat(draft: Draft) -> Iterator[Finding]:
    for provider, _ in catalogued(draft):
        for index, model in models_of(provider):
            what = purpose(model.id)
            if what:
                yield (
                    provider.tree.at("spec", "models", index, "id"),
                    f"{model.id} is {what} by its name",
                    NOT_CHAT,
                )


def _limits_unknown(draft: Draft) -> Iterator[Finding]:
    for provider, site in catalogued(draft):
        spec = provider.document.spec
        for index, model in models_of(provider):
            missing = _missing(spec, model)
            # What is known under another name has a finding of its own.
            if (
                not missing
                or provider_prefix(provider.name, model.id)
                or purpose(model.id)
                or whereabouts(site, model.id).kind != "unknown"
            ):
                continue
            what = f"{' and '.join(missing)} of {model.id} {_are(missing)} not said, and the catalogue does not know the model"
            remedy = "Give them in tokens; without them OpenClaw assumes limits that the model may not have."
            yield provider.tree.at("spec", "models", index, "id"), what, remedy


def _are(things: list[str]) -> str:
    return "are" if len(things) > 1 else "is"


def _missing(spec: ProviderSpec, model: Model) -> list[str]:
    said = (
        ("contextWindow", model.context_window, spec.context_window),
        ("maxTokens", model.max_tokens, spec.max_tokens),
    )
    return [name for name, own, shared in said if own is UNSET and shared is UNSET]


RULES = (
    Rule("model-retired", _retired),
    Rule("model-redirected", _redirected, "warning"),
    Rule("model-deprecated", _deprecated, "warning"),
    Rule("model-pro-twin", _twin, "warning"),
    Rule("model-other-site", _other_site, "warning"),
    Rule("model-not-chat", _not_chat, "warning"),
    Rule("model-limits-unknown", _limits_unknown, "warning"),
)
