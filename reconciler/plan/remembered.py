"""What stays although nothing says it now: values that a catalogue filled in that knew the model, and those of an unsure release. Pure.

Both rest on the record of what was applied. A catalogue that knows nothing of a model doesn't know better than the one that did; and
a field that the release may or may not take was written when that was known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.desired.model import Desired, Field, Note, Resource
from reconciler.openclaw import shapes
from reconciler.state.ownership import nested
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from typing import Any

    from reconciler.plan.model import Reason
    from reconciler.state.ownership import Applied, OwnedField, OwnedResource

_WHENCE = "an earlier catalogue; the one of this site does not know the model"


def with_remembered(desired: Desired, applied: Applied, live: Any) -> Desired:
    """``desired`` with the recorded values that stay, and a note for each model that is no longer known.

    Args:
        live: the live state; what isn't there any more isn't brought back into a release that may not take it.
    """
    notes: list[Note] = []
    resources = []
    for resource in desired.resources:
        before = applied.resources.get(resource.address)
        if before is not None and (resource.stays or resource.left_out):
            resource = _with_stays(_with_left_out(resource, before, live), before, notes)
        resources.append(resource)
    return msgspec.structs.replace(desired, resources=tuple(resources), warnings=(*desired.warnings, *notes))


def _with_stays(resource: Resource, before: OwnedResource, notes: list[Note]) -> Resource:
    if not any(field.filled for field in before.fields):
        return resource
    said = {field.path: field for field in resource.fields}
    declared = [path for path, field in said.items() if field.strength == "declared"]
    kept = {
        field.path: Field(field.path, field.value, resource.source, "suggested", _WHENCE)
        for field in before.fields
        if field.filled
        and field.path[0] in resource.stays
        and _yields(said.get(field.path))
        # A map that is said as a whole, even an empty one, is all of it.
        and not any(nested(field.path, path) for path in declared)
    }
    names = dict.fromkeys(path[0] for path in kept if path not in said)
    if names:
        message = f"{', '.join(names)} stay as they were filled in, because this site's catalogue doesn't know the model: declare them, or the id that it serves"
        notes.append(Note("kept-unlisted", resource.address, message))
    return msgspec.structs.replace(resource, fields=tuple({**said, **kept}.values()))


def _yields(field: Field | None) -> bool:
    return field is None or field.strength in ("guessed", "initial")


def _with_left_out(resource: Resource, before: OwnedResource, live: Any) -> Resource:
    unsure = {one.path for one in resource.left_out if not one.certain}
    recorded = [field for field in before.fields if field.path in unsure]
    if not recorded:
        return resource
    node = lookup(live, resource.path)
    kept = [
        Field(
            field.path,
            field.value,
            resource.source,
            "suggested" if field.filled else "declared",
            origin=field.origin,
        )
        for field in recorded
        if shapes.read(node, field.path) is not MISSING
    ]
    return msgspec.structs.replace(resource, fields=(*resource.fields, *kept)) if kept else resource


def why_dropped(field: OwnedField, resource: Resource | None) -> Reason:
    """Why a recorded field goes.

    Args:
        resource: the object that is asked for; None where no manifest asks for it.
    """
    if resource is not None and any(one.path == field.path for one in resource.left_out):
        return "release"
    return "catalog" if field.filled and resource is not None and resource.kind == "model" else "prune"
