"""What somebody else changed since the last apply: the live state against the record of what was applied. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from reconciler.openclaw import shapes
from reconciler.ownership import Applied, decode_path
from reconciler.redact import shown
from reconciler.values import MISSING, lookup, same

if TYPE_CHECKING:
    from reconciler.secret import Fingerprints


class Drift(msgspec.Struct, frozen=True, order=True):
    """One owned value that is not what was applied; values as they may be seen.

    Attributes:
        kind: ``gone`` when there is no value any more.
    """

    address: str
    kind: Literal["changed", "gone"]
    applied: Any
    live: Any


def providers_of(applied: Applied) -> frozenset[str]:
    """The providers that were applied."""
    named = (address.partition(".")[0].partition("/") for address in applied.resources)
    return frozenset(name for kind, _, name in named if kind == "provider")


def find_drift(applied: Applied, config: Any, fingerprints: Fingerprints) -> tuple[Drift, ...]:
    """Every difference between what was applied and what is live, by address.

    Args:
        config: the merged live config.
    """
    return tuple(
        drift
        for resource in sorted(applied.resources.items())
        for drift in _of(*resource, config, fingerprints)
    )


def _of(address: str, resource: Any, config: Any, fingerprints: Fingerprints) -> list[Drift]:
    path = decode_path(resource.path)
    node = lookup(config, path)
    if node is MISSING and resource.whole:
        values = {".".join(field.path): field.value for field in resource.fields}
        return [Drift(address, "gone", values.get("", values), None)]
    found = []
    for field in resource.fields:
        where = (*path, *field.path)
        live = shapes.read(node, field.path) if field.path else node
        seen = None if live is MISSING else shown(where, live, fingerprints)
        if live is MISSING:
            found.append(Drift(".".join((address, *field.path)), "gone", field.value, None))
        elif not same(seen, field.value) and not shapes.equal(where, seen, field.value):
            found.append(Drift(".".join((address, *field.path)), "changed", field.value, seen))
    return found
