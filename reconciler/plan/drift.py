"""What moved since the last apply: the record of what was applied against the live state and the manifests. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from reconciler.openclaw import shapes
from reconciler.openclaw.redact import shown
from reconciler.plan.model import Drift, Source
from reconciler.state.ownership import Applied, OwnedField, OwnedResource, decode_path, encode_path
from reconciler.values import MISSING, lookup, same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.json5.path import Path
    from reconciler.plan.model import Change
    from reconciler.secret import Fingerprints


def providers_of(applied: Applied) -> frozenset[str]:
    """The providers that were applied."""
    named = (address.partition(".")[0].partition("/") for address in applied.resources)
    return frozenset(name for kind, _, name in named if kind == "provider")


def find_drift(applied: Applied, config: Any, fingerprints: Fingerprints) -> tuple[Drift, ...]:
    """Every difference between what was applied and what is live, by address; of the manifests nothing is said.

    Args:
        config: the merged live config, with a branch for each store.
    """
    return tuple(
        drift
        for resource in sorted(applied.resources.items())
        for drift in _of(*resource, config, fingerprints)
    )


def _of(address: str, resource: OwnedResource, config: Any, fingerprints: Fingerprints) -> list[Drift]:
    path = decode_path(resource.path)
    node = lookup(config, path)
    if node is MISSING and resource.whole:
        return [object_drift(address, resource)]
    found = (
        field_drift(address, path, field, shapes.read(node, field.path) if field.path else node, fingerprints)
        for field in resource.fields
    )
    return [drift for drift in found if drift is not None]


def object_drift(
    address: str, resource: OwnedResource, declared: Any = UNSET, source: Source | None = None
) -> Drift:
    """An object that is gone.

    Args:
        declared: what the manifests say of it, field by field; ``MISSING`` when they don't name it any more.
    """
    applied = {".".join(field.path): field.value for field in resource.fields}
    alike = declared is UNSET or (declared is not MISSING and same(applied, declared))
    return Drift(
        address,
        "live" if alike else "both",
        "gone",
        applied.get("", applied),
        None,
        _seen(declared.get("", declared) if isinstance(declared, dict) else declared),
        resource.path,
        source=source,
    )


def field_drift(
    address: str,
    path: Path,
    field: OwnedField,
    live: Any,
    fingerprints: Fingerprints,
    declared: Any = UNSET,
    source: Source | None = None,
) -> Drift | None:
    """A value that is gone or another one; None when it isn't.

    Args:
        path: of the object that the value belongs to.
        declared: the value that the manifests ask for, as it may be seen; ``MISSING`` when they ask for none.
    """
    where = (*path, *field.path)
    seen = MISSING if live is MISSING else shown(where, live, fingerprints)
    # A key that could not be read when it was recorded can't be compared.
    if field.value is None or (seen is not MISSING and _alike(where, seen, field.value)):
        return None
    alike = declared is UNSET or (declared is not MISSING and _alike(where, declared, field.value))
    return Drift(
        ".".join((address, *field.path)),
        "live" if alike else "both",
        "gone" if live is MISSING else "changed",
        field.value,
        _seen(seen),
        _seen(declared),
        encode_path(where),
        source=source,
    )


def from_manifests(changes: Sequence[Change], drift: Sequence[Drift], applied: Applied) -> tuple[Drift, ...]:
    """What a plan changes only because the manifests have changed."""
    moved = {one.address for one in drift}
    recorded = {
        ".".join((address, *field.path)): field.value
        for address, resource in applied.resources.items()
        for field in resource.fields
    }
    return tuple(
        Drift(
            change.address,
            "manifest",
            "unchanged",
            change.before if change.action == "delete" else recorded.get(change.address),
            change.before,
            change.after,
            change.place,
            change.file,
            change.source,
        )
        for change in changes
        if change.reason in ("manifest", "prune", "release", "catalog") and change.address not in moved
    )


def with_file(drift: Drift, file: str) -> Drift:
    """The same with the config file that holds the value."""
    return msgspec.structs.replace(drift, file=file)


def _alike(where: Path, left: Any, right: Any) -> bool:
    return same(left, right) or shapes.equal(where, left, right)


def _seen(value: Any) -> Any:
    return None if value is MISSING else value
