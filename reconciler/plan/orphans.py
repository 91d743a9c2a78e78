"""References that others made to what a plan deletes: they stay, because nobody here owns them, and are named. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.edits import DELETE, effect
from reconciler.json5.path import Row
from reconciler.openclaw.surfaces import surface_of
from reconciler.plan.model import PlanWarning
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.edits import Edit
    from reconciler.json5.path import Path

_PROVIDERS = ("models", "providers")


def find_orphans(config: Any, edits: tuple[Edit, ...]) -> tuple[PlanWarning, ...]:
    """A warning for every place that still names a provider or model which ``edits`` take away.

    Args:
        config: the live config; edits of other surfaces don't count.
    """
    gone = {_reference(edit.path) for edit in edits if edit.value is DELETE} - {""}
    if not gone:
        return ()
    after = effect(config, tuple(edit for edit in edits if surface_of(edit.path)[0] == "config"))
    found = [
        PlanWarning(
            "dangling-reference",
            ".".join(place),
            f"still names {name}, which goes, and is not ours to change",
        )
        for root in ("agents", "auth")
        for place, name in _named((root,), lookup(after, (root,)))
        if _is_gone(name, gone) and not _is_there(after, name)
    ]
    return tuple(dict.fromkeys(found))


def _reference(path: Path) -> str:
    """The provider, or ``provider/model``, whose object stands at ``path``; empty for anything else."""
    if path[:2] != _PROVIDERS:
        return ""
    if len(path) == 3:
        return str(path[2])
    last = path[-1]
    return f"{path[2]}/{last.id}" if len(path) == 5 and isinstance(last, Row) else ""


def _is_gone(name: str, gone: set[str]) -> bool:
    return name in gone or name.partition("/")[0] in gone


def _is_there(config: Any, name: str) -> bool:
    provider, _, model = name.partition("/")
    path = (*_PROVIDERS, provider)
    return bool(lookup(config, (*path, "models", Row(model)) if model else path))


def _named(place: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every string below ``value``, map keys included, with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*place, key), key
            yield from _named((*place, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            name = item["id"] if isinstance(item, dict) and isinstance(item.get("id"), str) else str(index)
            yield from _named((*place, name), item)
    elif isinstance(value, str):
        yield place, value
