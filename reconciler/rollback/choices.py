"""A model choice goes back in the form that it had: a string, or an object. Pure.

``model: "a/b"`` holds a primary only; an apply that says fallbacks, or another primary, makes an object of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.openclaw import shapes
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Below = tuple[str, ...]


def spelled(found: Mapping[Below, Any], made: Collection[Below], node: Any) -> dict[Below, Any]:
    """What stood at places in an object, each model choice either as a whole or in its parts.

    A string goes back as one where nothing else has come beside its primary since; otherwise that stays, and the primary goes back.

    Args:
        found: what stood there, by place.
        made: places where there was nothing.
        node: the live object.
    """
    result = dict(found)
    for place, value in found.items():
        if not place or not shapes.is_choice(place):
            continue
        primary, live = (*place, "primary"), lookup(node, place)
        if isinstance(value, dict):
            del result[place]
            result |= {(*place, name): item for name, item in value.items()}
        elif isinstance(live, dict) and any((*place, name) not in {primary, *made} for name in live):
            del result[place]
            result[primary] = value
        else:
            result.pop(primary, None)
    return result


def in_parts(path: Below, found: Mapping[Below, Any]) -> bool:
    """Whether what stands at ``path`` goes back with the choice that it is part of."""
    return len(path) > 1 and shapes.is_choice(path[:-1]) and path[:-1] in found
