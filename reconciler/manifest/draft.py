"""What the rules look at: the documents that decoded, and what is known to be missing beside them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import msgspec
from msgspec import UNSET

from reconciler.ids import alias_key, model_key, provider_id
from reconciler.manifest.model import Agent, Document, Gateway, Key, Provider, Site
from reconciler.manifest.yaml_tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.errors import Location
    from reconciler.manifest.model import MediaModelChoice, Model, ModelChoice

D = TypeVar("D", bound=Document)

Path = tuple[str | int, ...]


class Placed(msgspec.Struct, Generic[D], frozen=True):
    """A document with the tree that it was decoded from."""

    document: D
    tree: Tree

    @property
    def name(self) -> str:
        """What it is called, see :func:`reconciler.manifest.model.called`."""
        return self.document.name


class Ref(msgspec.Struct, frozen=True):
    """A place where an agent names a model, by ``provider/model-id`` or by alias.

    Attributes:
        agent: the document.
        path: the place in it.
        text: the name as written.
        use: ``run`` when the agent runs the model, ``entry`` for a key of ``models``, ``allow`` for the policy.
    """

    agent: Placed[Agent]
    path: Path
    text: str
    use: str

    @property
    def location(self) -> Location:
        """Where the name stands."""
        tree = self.agent.tree
        return tree.key_at(*self.path) if self.use == "entry" else tree.at(*self.path)


class Alias(msgspec.Struct, frozen=True):
    """A short name for the model ``ref`` (its :func:`reconciler.ids.model_key`), and where it is given."""

    text: str
    ref: str
    tree: Tree
    path: Path

    @property
    def location(self) -> Location:
        """Where the name stands."""
        return self.tree.at(*self.path)


class PlacedKey(msgspec.Struct, frozen=True):
    """A declared key, a provider's or an agent's own for a provider, and where it stands.

    Attributes:
        provider: name of the provider that it opens.
        whose: for people.
    """

    key: Key
    placed: Placed[Provider] | Placed[Agent]
    path: Path
    provider: str
    whose: str

    def at(self, *path: str | int) -> Location:
        """Location of the value at ``path`` below the key."""
        return self.placed.tree.at(*self.path, *path)

    def key_at(self, *path: str | int) -> Location:
        """Location of the name of the value at ``path`` below the key."""
        return self.placed.tree.key_at(*self.path, *path)


class Draft:
    """The documents of all files before they are known to fit together.

    Args:
        documents: in the order of kind, name and place.
        broken: kind and name of the documents that did not decode, or only without their faulty fields.
        whole: no document is of unknown kind or name, so that one that isn't here is nowhere.
    """

    def __init__(
        self,
        documents: tuple[Placed[Document], ...],
        broken: set[tuple[str, str]],
        whole: bool,
    ) -> None:
        self.documents = documents
        self.broken = broken
        self.whole = whole
        self.sites: list[Placed[Site]] = _of(documents, Site)
        self.providers: list[Placed[Provider]] = _of(documents, Provider)
        self.agents: list[Placed[Agent]] = _of(documents, Agent)
        self.gateways: list[Placed[Gateway]] = _of(documents, Gateway)

    @cached_property
    def models(self) -> Mapping[str, Mapping[str, Model] | None]:
        """By provider: its models by id, or None for a provider that leaves its models alone."""
        return {
            placed.name: None
            if placed.document.spec.models is UNSET
            else {model.id: model for model in placed.document.spec.models}
            for placed in self.providers
        }

    @cached_property
    def keys(self) -> list[PlacedKey]:
        """Every key that is declared in a document without faults."""
        return list(_keys(self))

    @cached_property
    def aliases(self) -> list[Alias]:
        """Every alias that the manifests give."""
        return list(_aliases(self))

    @cached_property
    def refs(self) -> list[Ref]:
        """Every place where an agent names a model."""
        return [ref for placed in self.agents for ref in _refs(placed)]

    @cached_property
    def by_alias(self) -> Mapping[str, str]:
        """Ref by folded alias."""
        return {alias_key(alias.text): alias.ref for alias in self.aliases}

    def target(self, ref: Ref) -> str:
        """The ``provider/model-id`` that a ref means; its own text when it is no alias."""
        return self.by_alias.get(alias_key(ref.text), ref.text)

    def knows(self, kind: str, name: str, known: set[str]) -> bool:
        """A document of that kind and name exists, or may be one of those that did not decode."""
        return name in known or not self.whole or (kind, name) in self.broken


def _of(documents: tuple[Placed[Document], ...], kind: type[D]) -> list[Placed[D]]:
    return [cast("Placed[D]", placed) for placed in documents if type(placed.document) is kind]


def models_of(placed: Placed[Provider]) -> Iterator[tuple[int, Model]]:
    """The models that a provider declares, with their index."""
    models = placed.document.spec.models
    return iter(()) if models is UNSET else enumerate(models)


def _keys(draft: Draft) -> Iterator[PlacedKey]:
    for provider in draft.providers:
        if ("Provider", provider.name) not in draft.broken:
            yield PlacedKey(
                provider.document.spec.key, provider, ("spec", "key"), provider.name, provider.name
            )
    for agent in draft.agents:
        keys = agent.document.spec.keys
        if keys is not UNSET and ("Agent", agent.name) not in draft.broken:
            for name, key in keys.items():
                whose = f"{name} for the agent {agent.name}"
                yield PlacedKey(key, agent, ("spec", "keys", name), provider_id(name), whose)


def _aliases(draft: Draft) -> Iterator[Alias]:
    for provider in draft.providers:
        for index, model in models_of(provider):
            if model.alias is not UNSET:
                path = ("spec", "models", index, "alias")
                yield Alias(model.alias, model_key(f"{provider.name}/{model.id}"), provider.tree, path)
    for agent in draft.agents:
        entries = agent.document.spec.models
        for ref, entry in {} if entries is UNSET else entries.items():
            if entry.alias is not UNSET:
                yield Alias(entry.alias, model_key(ref), agent.tree, ("spec", "models", ref, "alias"))


def _refs(agent: Placed[Agent]) -> Iterator[Ref]:
    spec = agent.document.spec
    for name, choice in (
        ("model", spec.model),
        ("imageModel", spec.image_model),
        ("pdfModel", spec.pdf_model),
    ):
        if choice is not UNSET:
            yield from _choice(agent, name, choice)
    if spec.utility_model is not UNSET:
        yield Ref(agent, ("spec", "utilityModel"), spec.utility_model, "run")
    if spec.models is not UNSET:
        for ref in spec.models:
            yield Ref(agent, ("spec", "models", ref), ref, "entry")
    if spec.model_policy is not UNSET and spec.model_policy.allow is not UNSET:
        for index, ref in enumerate(spec.model_policy.allow):
            yield Ref(agent, ("spec", "modelPolicy", "allow", index), ref, "allow")


def _choice(agent: Placed[Agent], name: str, choice: ModelChoice | MediaModelChoice) -> Iterator[Ref]:
    if choice.primary is not UNSET:
        yield Ref(agent, ("spec", name, "primary"), choice.primary, "run")
    if choice.fallbacks is not UNSET:
        for index, fallback in enumerate(choice.fallbacks):
            yield Ref(agent, ("spec", name, "fallbacks", index), fallback, "run")
