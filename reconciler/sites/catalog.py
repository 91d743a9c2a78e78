"""What is known of each site's chat and vision models: limits, prices, thinking controls, retirements.

The service's own listing tells nothing but ids, so these figures come from dated third-party and first-party
sources; each row names its own. The live listing, not this catalogue, decides what exists today.
"""

from __future__ import annotations

import functools
import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CatalogName = Literal["cn", "global"]
Modality = Literal["text", "image", "video", "audio"]
Status = Literal["listed", "deprecated", "retired"]

DATA = os.path.join(os.path.dirname(__file__), "data")

# Output cap that the service's own adapter sets (dsh-llm-siliconflow 0.2.0-rc.3). The limits listed for many models
# equal the whole window, and the service answers 400 when prompt and output together exceed it.
_OUTPUT_CAP = 8192

_PRO = "Pro/"

CURRENCY: Mapping[CatalogName, str] = MappingProxyType({"cn": "CNY", "global": "USD"})
"""What each site bills in."""

OTHER: Mapping[CatalogName, CatalogName] = MappingProxyType({"cn": "global", "global": "cn"})
"""The other one of the two sites."""


class _Row(msgspec.Struct, frozen=True, rename="camel"):
    """Base of everything read from the data files."""


class Controls(_Row, frozen=True):
    """How a reasoning model's thinking is steered. Sending a control that a model lacks is an error 20015.

    Attributes:
        switch: ``enable_thinking`` is accepted, true and false.
        budget: smallest and largest ``thinking_budget`` in tokens.
        efforts: values of ``reasoning_effort``.
        off_for_tools: requests with tools are refused unless ``enable_thinking`` is false (pi-siliconflow 0.4.0,
            citing the CN documents).
    """

    switch: bool = False
    budget: tuple[int, int] | None = None
    efforts: tuple[str, ...] = ()
    off_for_tools: bool = False


class Price(_Row, frozen=True):
    """US dollars per million tokens."""

    input: float = 0.0
    output: float = 0.0
    cache_read: float = 0.0
    cache_write: float = 0.0


class TierCny(_Row, frozen=True):
    """What applies beyond a length of the input, in tokens."""

    input_tokens_above: int
    input: float
    output: float
    cache_read: float = 0.0


class PriceCny(_Row, frozen=True):
    """Chinese yuan per million tokens, and where that was read."""

    source: str
    input: float = 0.0
    output: float = 0.0
    cache_read: float = 0.0
    tiers: tuple[TierCny, ...] = ()


class Source(_Row, frozen=True):
    """Where rows come from, and its licence."""

    title: str
    licence: str


class KnownModel(_Row, frozen=True):
    """One model of one site.

    Attributes:
        reasoning_controls: ``None`` where nobody has said which controls the model takes.
        context_window: tokens; a measured or first-party figure where that is smaller than the listed one.
        max_tokens: the listed output limit in tokens, which may equal the whole window.
        cost: US dollars, as OpenClaw reads them; always ``None`` on CN, which bills in yuan by its own list.
        source: a key of :attr:`Catalog.sources`.
        date: day of that source.
        note: what differs from the source, and what else to know.
    """

    id: str
    context_window: int
    source: str
    date: str
    max_tokens: int | None = None
    reasoning: bool = False
    reasoning_controls: Controls | None = Controls()
    input: tuple[Modality, ...] = ("text",)
    tools: bool = True
    cost: Price | None = None
    cost_cny: PriceCny | None = None
    status: Status = "listed"
    note: str = ""

    @property
    def name(self) -> str:
        """A name for people, such as ``DeepSeek-V3.2`` or ``DeepSeek-V3.2 (Pro)``."""
        name = self.id.rpartition("/")[2]
        return f"{name} (Pro)" if self.id.startswith(_PRO) else name

    @property
    def price(self) -> tuple[float, float] | None:
        """Input and output per million tokens, in the currency of its site; None where it isn't known."""
        known = self.cost_cny or self.cost
        return (known.input, known.output) if known else None

    @property
    def vision(self) -> bool:
        """It takes images."""
        return "image" in self.input

    @property
    def suggested_max_tokens(self) -> int:
        """Output limit to give to OpenClaw, in tokens.

        The service counts ``max_tokens`` without the chain of thought and advises against setting it to the
        window's size; so this is the listed limit, capped at what the service's own adapter uses and at half the
        window, which matters for models as small as DeepSeek-OCR (8,192 in all).
        """
        return min(self.max_tokens or _OUTPUT_CAP, _OUTPUT_CAP, self.context_window // 2)


class Retirement(_Row, frozen=True):
    """The end of a model, from the site's release notes.

    Attributes:
        date: ``YYYY-MM-DD``, or ``None`` where only the redirection was announced.
        redirected_to: the model that answers, and is billed, in its place.
    """

    id: str
    date: str | None = None
    redirected_to: str | None = None


class _Models(_Row, frozen=True):
    site: CatalogName
    sources: dict[str, Source]
    models: tuple[KnownModel, ...]


class _Retired(_Row, frozen=True):
    source: str
    captured: str
    retired: tuple[Retirement, ...]


class Catalog:
    """The known models of one site; use :func:`load_catalog`.

    Attributes:
        retirement_source: where retirements were read, empty where nobody announces them.
        captured: the day of that; a retirement after it was only announced then.
    """

    __slots__ = ("_models", "_retired", "captured", "retirement_source", "site", "sources")

    def __init__(self, models: _Models, retired: _Retired | None) -> None:
        self.site = models.site
        self.sources: Mapping[str, Source] = models.sources
        self.retirement_source = retired.source if retired else ""
        self.captured = retired.captured if retired else ""
        self._models = {model.id: model for model in models.models}
        self._retired = {model.id: model for model in retired.retired} if retired else {}

    def get(self, model_id: str) -> KnownModel | None:
        """What is known of a model; ids are case-sensitive."""
        return self._models.get(model_id)

    def serves(self, model_id: str) -> bool:
        """Whether the site serves the model, as far as known."""
        known = self._models.get(model_id)
        return known is not None and known.status != "retired"

    def retirement(self, model_id: str) -> Retirement | None:
        """When the site retired or redirected a model. Known for CN only."""
        return self._retired.get(model_id)

    @property
    def retirements(self) -> tuple[Retirement, ...]:
        """Every retirement that the site announced."""
        return tuple(self._retired.values())

    def twin(self, model_id: str) -> str | None:
        """The same model with or without ``Pro/``, where this site serves that id. The id itself may be unknown."""
        other = model_id[len(_PRO) :] if model_id.startswith(_PRO) else _PRO + model_id
        return other if self.serves(other) else None

    def ids(self) -> tuple[str, ...]:
        """Ids that the site serves, as far as known; retired ones are left out."""
        return tuple(model.id for model in self)

    def __iter__(self) -> Iterator[KnownModel]:
        return (model for model in self._models.values() if model.status != "retired")


@functools.cache
def load_catalog(site: CatalogName) -> Catalog:
    """The catalogue of a site, read once."""
    models = msgspec.json.decode(_read(f"{site}.json"), type=_Models)
    retired = msgspec.json.decode(_read("retired-cn.json"), type=_Retired) if site == "cn" else None
    return Catalog(models, retired)


def _read(name: str) -> bytes:
    with open(os.path.join(DATA, name), "rb") as file:
        return file.read()
