"""Which models an agent comes to use, and for what. Pure.

What an agent says itself takes the place of what `agents.defaults` says for the same use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.json5.path import Row
from reconciler.openclaw import ids
from reconciler.openclaw.references import ALIAS, FALLBACK, PRIMARY, references, target
from reconciler.openclaw.resolution import OWN_PRIMARY_ALONE, resolve_models
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.json5.path import Path
    from reconciler.openclaw.references import Reference
    from reconciler.openclaw.resolution import Resolution
    from reconciler.release import Release


class Use(msgspec.Struct, frozen=True):
    """One model, or one provider alone, that is used.

    Attributes:
        use: what for, in words.
        ref: ``provider/model`` behind an alias; the text itself where it is none.
        provider: as the config spells it.
        place: where that is said.
        alias: as written, where it is one.
    """

    use: str
    ref: str
    provider: str
    place: str
    alias: str = ""


def uses_of(config: Any, agent: str, release: Release, where: Callable[[Path], str]) -> tuple[Use, ...]:
    """What an agent uses besides its primary model.

    Args:
        agent: its id; empty for what belongs to no agent, such as hooks and channels.
        where: a place in words.
    """
    every = [one for one in references(config) if one.runs and one.use != ALIAS]
    chosen = (
        [one for one in every if one.agent == agent]
        if not agent
        else list(_of(config, every, agent, release))
    )
    resolution = resolve_models(config, release)
    return tuple(_use(config, one, resolution, release, where) for one in chosen if one.use != PRIMARY)


def primary_provider(config: Any, ref: str, release: Release) -> str:
    """The provider of a ref as the config spells it; empty where it names none."""
    model = ids.model_ref(ref, release)
    return ids.provider_key(config, model.provider, release) if model else ""


def _of(config: Any, every: list[Reference], agent: str, release: Release) -> Iterator[Reference]:
    own = [one for one in every if one.agent == agent]
    said = {_slot(one) for one in own}
    if _says_fallbacks(config, agent) or (
        OWN_PRIMARY_ALONE.covers(release) and PRIMARY in {one.use for one in own}
    ):
        said.add(FALLBACK)
    yield from own
    yield from (one for one in every if one.agent == ids.DEFAULTS and _slot(one) not in said)


def _slot(one: Reference) -> str:
    return one.use.removeprefix(f"{FALLBACK} of ")


def _says_fallbacks(config: Any, agent: str) -> bool:
    return any(
        lookup(one.value, ("model", "fallbacks")) is not MISSING
        for one in ids.agents_in(config)
        if one.id == agent
    )


def _use(
    config: Any, one: Reference, resolution: Resolution, release: Release, where: Callable[[Path], str]
) -> Use:
    model = target(one, config, resolution, release)
    name = model.provider if model else one.provider
    provider = ids.provider_key(config, name, release) if name else ""
    ref = f"{provider}/{model.model}" if model else one.text
    said = ids.model_ref(one.text, release)
    alias = one.text if model is not None and not one.provider and said != model else ""
    return Use(one.use, ref, provider, where(_shortened(one.place)), alias)


def _shortened(place: Path) -> Path:
    """Without the number of a fallback: the list is where it is said."""
    return place[:-1] if isinstance(place[-1], int) and not isinstance(place[-1], Row) else place
