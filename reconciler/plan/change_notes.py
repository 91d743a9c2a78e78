"""What a change of a plan says beside its values: when it takes effect, where it is said, what fills the gaps. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.openclaw.surfaces import surface_of
from reconciler.plan.model import Impact, Source

if TYPE_CHECKING:
    from reconciler.desired.model import Resource
    from reconciler.json5.path import Path
    from reconciler.manifest.bundle import Place


def impact_of(path: Path) -> Impact:
    """When a change takes effect (turns through running gateways, 2026.4.15 to 2026.9.6)."""
    if path[:2] == ("env", "vars"):
        return "restart"
    return "hot-reload" if surface_of(path)[0] == "config" else "next-turn"


def source_of(place: Place | None) -> Source | None:
    """The place in the manifests, as a plan names it."""
    if place is None:
        return None
    location = place.location()
    return Source(location.file, location.line)


def notes_of(resource: Resource) -> str:
    """Where the values that the manifest leaves out come from, each source once."""
    by_note: dict[str, dict[str, None]] = {}
    for field in resource.fields:
        if field.note and field.filled:
            name = field.path[0] if field.path else str(resource.path[-1])
            by_note.setdefault(field.note, {})[name] = None
    return "; ".join(f"{', '.join(names)} from {note}" for note, names in by_note.items())
