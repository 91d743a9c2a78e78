"""Models that agents use and that a plan, by listing others, would no longer let them use. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.edits import DELETE
from reconciler.plan.model import PlanWarning
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.edits import Edit
    from reconciler.json5.path import Path

_MAP = ("agents", "defaults", "models")


def find_unlisted(config: Any, edits: tuple[Edit, ...]) -> tuple[PlanWarning, ...]:
    """A warning for every model choice that stays, and isn't in the map of models that ``edits`` begin.

    Where the map's keys are the models that agents may use, OpenClaw silently runs another one in place of such a choice
    (run: 2026.6.11). A map that somebody began without them is theirs to explain.

    Args:
        config: the live config of a release that takes the map for that list.
    """
    listed = {
        edit.path[3]
        for edit in edits
        if edit.path[:3] == _MAP and len(edit.path) > 3 and edit.value is not DELETE
    }
    if not listed or lookup(config, _MAP):
        return ()
    replaced = {edit.path for edit in edits}
    return tuple(
        PlanWarning(
            "unlisted-model",
            ".".join(map(str, place)),
            f"{ref} is in use and would not be allowed any more: OpenClaw silently runs another model in its place once "
            f"agents.defaults.models has entries; list it there (an Agent defaults with models: {{{ref}: {{}}}})",
        )
        for place, ref in _choices(config)
        if "/" in ref
        and ref not in listed
        and not any(place[:length] in replaced for length in range(1, len(place) + 1))
    )


def _choices(config: Any) -> Iterator[tuple[Path, str]]:
    """Every model that an agent of the config names, and where."""
    agents = lookup(config, ("agents",))
    agents = agents if isinstance(agents, dict) else {}
    named, rows = agents.get("entries"), agents.get("list")
    every: list[tuple[Path, Any]] = [(("agents", "defaults"), agents.get("defaults"))]
    every += (
        [(("agents", "entries", name), said) for name, said in named.items()]
        if isinstance(named, dict)
        else []
    )
    every += (
        [(("agents", "list", str(index)), said) for index, said in enumerate(rows)]
        if isinstance(rows, list)
        else []
    )
    for place, agent in every:
        for name in ("model", "imageModel", "pdfModel") if isinstance(agent, dict) else ():
            choice = agent.get(name)
            choice = {"primary": choice} if isinstance(choice, str) else choice
            if not isinstance(choice, dict):
                continue
            if isinstance(choice.get("primary"), str):
                yield (*place, name, "primary"), choice["primary"]
            fallbacks = choice.get("fallbacks")
            for ref in fallbacks if isinstance(fallbacks, list) else ():
                if isinstance(ref, str):
                    yield (*place, name, "fallbacks"), ref
