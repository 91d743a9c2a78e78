"""Compares what is desired with what is live, field by field, and with what was last applied. Pure.

The third side, the record of the last apply, decides what no two sides can: whether a difference is somebody's
edit or a new wish, and whether a value that nobody declares any more is this program's to delete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.desired.model import ABSENT, Desired, Field, Resource, SecretValue
from reconciler.edits import DELETE, Edit, put, remove
from reconciler.json5.path import Path, Row
from reconciler.openclaw import shapes
from reconciler.openclaw.redact import is_sensitive, shown
from reconciler.openclaw.surfaces import surface_of
from reconciler.plan.change_notes import impact_of, notes_of, source_of
from reconciler.plan.containers import container_of, made
from reconciler.plan.drift import field_drift, object_drift
from reconciler.plan.model import Change, Drift, Reason
from reconciler.plan.remembered import why_dropped
from reconciler.secret import Fingerprints, Secret
from reconciler.state.ownership import (
    Applied,
    OwnedField,
    OwnedResource,
    decode_path,
    emptied_parent,
    encode_path,
    nested,
    parts,
    standing,
)
from reconciler.values import MISSING, lookup, same

if TYPE_CHECKING:
    from reconciler.manifest.bundle import Place

UNREAD = "(read at apply)"
REDACTED = "__OPENCLAW_REDACTED__"


class Live(msgspec.Struct, frozen=True):
    """The live side of a comparison.

    Attributes:
        config: the merged config, ``${VAR}`` as written, and a branch for each store (:mod:`reconciler.openclaw.surfaces`).
        wanted: fingerprint of each key to write, by the resource's address and the field's path; None where the key can't be
            read here. Of a key that is read elsewhere, see :attr:`reconciler.desired.model.Field.read_elsewhere`, too.
    """

    config: Any
    fingerprints: Fingerprints
    wanted: Mapping[tuple[str, tuple[str, ...]], str | None]


class Difference(msgspec.Struct, frozen=True):
    """What has to change, and what is owned when it has.

    Attributes:
        changes: each with the edit that makes it, in the order in which they are made.
        owned: the ownership record as it is after the changes.
        unchanged: number of owned values that are right already.
        observed: everything looked at, by address.
        drift: what became another value in the live state since the last apply.
        left: objects of ours that nobody declares any more and that stay, because somebody else put something into them.
    """

    changes: tuple[tuple[Change, Edit], ...]
    owned: dict[str, OwnedResource]
    unchanged: int
    observed: dict[str, Any]
    drift: tuple[Drift, ...]
    left: tuple[str, ...] = ()


def diff(
    desired: Desired,
    live: Live,
    applied: Applied,
    held: Collection[str] = (),
    containers: Collection[Path] = (),
) -> Difference:
    """All changes that make the owned fields of ``live`` equal to ``desired``.

    Args:
        held: addresses that other manifest sets own too; they are let go, never deleted.
        containers: those that this program made (:mod:`reconciler.plan.containers`).
    """
    comparison = _Comparison(live, applied, held, containers)
    for resource in desired.resources:
        comparison.compare(resource)
    addresses = {resource.address for resource in desired.resources}
    for address, owned in applied.resources.items():
        if address not in addresses:
            comparison.prune(address, owned)
    return comparison.result()


class _Comparison:
    """Walks resources in order, gathering changes, ownership and what was looked at."""

    def __init__(
        self, live: Live, applied: Applied, held: Collection[str], containers: Collection[Path]
    ) -> None:
        self._live = live
        self._held = held
        self._containers = containers
        self._applied = applied
        self._changes: list[tuple[Change, Edit]] = []
        self._owned: dict[str, OwnedResource] = {}
        self._observed: dict[str, Any] = {}
        self._unchanged = 0
        self._drift: list[Drift] = []
        self._left: list[str] = []
        self._rows: dict[Path, dict[str, Any]] = {}
        self._made_around: dict[Path, int] = {}

    def result(self) -> Difference:
        drift = tuple(sorted(self._drift, key=lambda one: one.address))
        left = tuple(self._left)
        return Difference(tuple(self._changes), self._owned, self._unchanged, self._observed, drift, left)

    def compare(self, resource: Resource) -> None:
        before = self._applied.resources.get(resource.address)
        node = self._object(resource.path)
        if node is MISSING and resource.whole:
            fields = self._create(resource)
            if before is not None:
                declared = {".".join(field.path): field.value for field in fields}
                self._drift.append(
                    object_drift(resource.address, before, declared, source_of(resource.source))
                )
        else:
            self._observed[resource.address] = []
            known = {field.path: field for field in before.fields} if before else {}
            fields = [
                owned
                for field in resource.fields
                if (owned := self._field(resource, field, node, known.get(field.path) or parts(known, field)))
                is not None
            ]
            if before is not None:
                kept = {field.path for field in resource.fields}
                self._drop_fields(resource.address, resource.path, before, kept, resource)
        created = node is MISSING if before is None else before.created or node is MISSING
        self._owned[resource.address] = OwnedResource(
            resource.kind,
            encode_path(resource.path),
            resource.whole,
            created and resource.whole,
            resource.protected,
            tuple(fields),
            self._made(resource) if fields or resource.whole else 0,
        )

    def _made(self, resource: Resource) -> int:
        container = container_of(resource.path, whole=resource.whole)
        if container not in self._made_around:
            self._made_around[container] = made(self._live.config, container, self._containers)
        return self._made_around[container]

    def prune(self, address: str, owned: OwnedResource) -> None:
        """Delete what this program created and nobody declares any more; what it adopted is let go."""
        path = decode_path(owned.path)
        node = self._object(path)
        if node is MISSING and owned.whole:
            self._drift.append(object_drift(address, owned, MISSING))
            return
        if not (owned.whole and owned.created):
            self._drop_fields(address, path, owned, frozenset())
            return
        for field in owned.fields:
            self._note_drift(address, path, field, shapes.read(node, field.path) if field.path else node)
        if address in self._held:
            return
        if self._only_owned(node, owned):
            change = self._change(address, path, "delete", "prune", node, None, None)
            self._changes.append((change, Edit(path, DELETE)))
        else:
            # Whole, for those who put something into it: OpenClaw takes no provider without a base URL.
            self._left.append(address)

    def _object(self, path: Path) -> Any:
        """The live object at ``path``; rows of a list are indexed once, so that many models stay linear."""
        last = path[-1]
        if not isinstance(last, Row):
            return lookup(self._live.config, path)
        rows = self._rows.get(path[:-1])
        if rows is None:
            rows = {}
            items = lookup(self._live.config, path[:-1])
            for item in items if isinstance(items, list) else ():
                name = item.get("id") if isinstance(item, dict) else item
                if isinstance(name, str):
                    rows.setdefault(name, item)
            self._rows[path[:-1]] = rows
        return rows.get(last.id, MISSING)

    def _create(self, resource: Resource) -> list[OwnedField]:
        value: Any = {"id": resource.path[-1].id} if isinstance(resource.path[-1], Row) else {}
        fields = [field for field in resource.fields if field.value is not ABSENT]
        for field in fields:
            value = put(value, field.path, field.value)
        displayed = shown(resource.path, value, self._live.fingerprints)
        for field in fields:
            if isinstance(field.value, SecretValue):
                displayed = put(displayed, field.path, self._displayed(resource, field) or UNREAD)
        self._observed[resource.address] = None
        change = self._change(
            resource.address,
            resource.path,
            "create",
            "manifest",
            MISSING,
            displayed,
            resource.source,
            notes_of(resource),
        )
        self._changes.append((change, Edit(resource.path, value)))
        return [
            OwnedField(
                field.path,
                self._displayed(resource, field),
                created=True,
                origin=field.key_origin,
                behind=self._behind(resource, field),
                filled=field.filled,
            )
            for field in fields
            if field.strength != "initial"
        ]

    def _displayed(self, resource: Resource, field: Field) -> Any:
        if isinstance(field.value, SecretValue):
            return self._live.wanted.get((resource.address, field.path))
        return shown((*resource.path, *field.path), field.value, self._live.fingerprints)

    def _field(
        self, resource: Resource, field: Field, node: Any, known: OwnedField | None
    ) -> OwnedField | None:
        live = shapes.read(node, field.path) if field.path else node
        if field.strength == "initial":
            if known is not None:
                self._note_drift(resource.address, resource.path, known, live)
            return None
        if (
            known is not None
            and same(live, field.value)
            and same(live, known.value)
            and known.origin == field.origin
            and known.filled == field.filled
        ):
            # What was recorded is fit to be seen, so this is too; nearly every field of a plan ends here.
            self._observed[resource.address].append(live)
            if field.read_elsewhere:
                return self._rotated(resource, field, live, known)
            self._unchanged += 1
            return known
        path = (*resource.path, *field.path)
        live_shown = None if live is MISSING else shown(path, live, self._live.fingerprints)
        self._observed[resource.address].append(live_shown)
        if field.value is ABSENT:
            self._remove(resource, field, path, live)
            return None
        if known is not None:
            said = self._displayed(resource, field)
            said = known.value if said is None else said
            self._note_drift(resource.address, resource.path, known, live, said, field.source)
        owned = OwnedField(
            field.path,
            None,
            live is MISSING if known is None else known.created,
            standing(node, field.path) if known is None else known.found,
            field.key_origin,
            self._behind(resource, field),
            field.filled,
        )
        if self._equal(resource, field, path, live):
            self._unchanged += 1
            spelled_alike = isinstance(field.value, SecretValue) or same(live, field.value)
            value = live_shown if spelled_alike else self._displayed(resource, field)
            if isinstance(field.value, SecretValue) and self._displayed(resource, field) is None:
                # Nothing shows that the source gives this key: what was said of its origin before stays said.
                origin = known.origin if known is not None and same(known.value, value) else None
                owned = msgspec.structs.replace(owned, origin=origin)
            return msgspec.structs.replace(owned, value=value)
        if field.filled and live is not MISSING and known is None:
            return None
        wanted = self._displayed(resource, field)
        self._put(resource, field, path, live, wanted, known)
        return msgspec.structs.replace(owned, value=wanted)

    def _put(
        self, resource: Resource, field: Field, path: Path, live: Any, wanted: Any, known: OwnedField | None
    ) -> None:
        """Note the change of one value; ``wanted`` is what may be seen of it."""
        declared: Reason = "shadow" if resource.kind == "order" else "manifest"
        reason: Reason = "drift" if known and same(known.value, wanted) else declared
        after = UNREAD if wanted is None and isinstance(field.value, SecretValue) else wanted
        address, action = _join(resource.address, field.path), "create" if live is MISSING else "update"
        change = self._change(address, path, action, reason, live, after, field.source, field.note)
        form = shapes.widened(self._live.config, path)
        if form is not None:
            said = shown(path, form[1]["primary"], self._live.fingerprints)
            change = msgspec.structs.replace(change, widened=said)
        self._changes.append((change, Edit(path, field.value)))

    def _behind(self, resource: Resource, field: Field) -> str:
        """Fingerprint of the key that OpenClaw reads elsewhere; empty where there is none, or it can't be read here."""
        return (self._live.wanted.get((resource.address, field.path)) or "") if field.read_elsewhere else ""

    def _rotated(self, resource: Resource, field: Field, live: Any, known: OwnedField) -> OwnedField:
        """The reference stays; where the key behind it is another one, a running gateway has to read it again."""
        behind = self._behind(resource, field) or known.behind
        if not known.behind or behind == known.behind:
            self._unchanged += 1
        else:
            path = (*resource.path, *field.path)
            address = _join(resource.address, field.path)
            change = self._change(address, path, "update", "rotation", known.behind, behind, field.source)
            self._changes.append((msgspec.structs.replace(change, before=known.behind), Edit(path, live)))
        return msgspec.structs.replace(known, behind=behind)

    def _remove(self, resource: Resource, field: Field, path: Path, live: Any) -> None:
        """What must not be there is deleted, whoever put it there: the manifest says so."""
        if live is MISSING:
            return
        address = _join(resource.address, field.path)
        change = self._change(address, path, "delete", "manifest", live, None, field.source, field.note)
        self._changes.append((change, Edit(path, DELETE)))

    def _equal(self, resource: Resource, field: Field, path: Path, live: Any) -> bool:
        if live is MISSING:
            return False
        if not isinstance(field.value, SecretValue):
            return shapes.equal(path, live, field.value)
        secret = Secret(live) if isinstance(live, str) else live
        if not isinstance(secret, Secret) or not secret or secret == Secret(REDACTED):
            return False
        wanted = self._live.wanted.get((resource.address, field.path))
        return wanted is None or self._live.fingerprints.of(secret) == wanted

    def _drop_fields(
        self,
        address: str,
        path: Path,
        owned: OwnedResource,
        kept: Collection[tuple[str, ...]],
        resource: Resource | None = None,
    ) -> None:
        node = self._object(path)
        dropped = []
        for field in owned.fields:
            if field.path in kept:
                continue
            live = shapes.read(node, field.path) if field.path else node
            self._note_drift(address, path, field, live)
            # A map that was said as a whole and is now said key by key (or the reverse) is still said.
            if any(nested(field.path, other) for other in kept):
                continue
            if live is not MISSING and field.created and _join(address, field.path) not in self._held:
                where = (*path, *field.path)
                reason = why_dropped(field, resource)
                change = self._change(_join(address, field.path), where, "delete", reason, live, None, None)
                dropped.append((change, field))
        emptied = node
        for _, field in dropped:
            emptied = remove(emptied, field.path) if field.path else emptied
        for change, field in dropped:
            self._changes.append((change, Edit((*path, *emptied_parent(emptied, field, kept)), DELETE)))

    def _note_drift(
        self,
        address: str,
        path: Path,
        field: OwnedField,
        live: Any,
        declared: Any = MISSING,
        source: Place | None = None,
    ) -> None:
        found = field_drift(address, path, field, live, self._live.fingerprints, declared)
        if found is not None:
            self._drift.append(msgspec.structs.replace(found, source=source_of(source)))

    def _only_owned(self, node: Any, owned: OwnedResource) -> bool:
        """Whether nothing in the object is somebody else's: rows and values that this program didn't write."""
        if not isinstance(node, dict) or owned.kind != "provider":
            return True
        rows = node.get("models")
        mine = {path[-1]["id"] for path in self._owned_rows(owned)}
        return all(isinstance(item, dict) and item.get("id") in mine for item in rows) if rows else True

    def _owned_rows(self, provider: OwnedResource) -> Iterator[Any]:
        depth = len(provider.path)
        for other in self._applied.resources.values():
            if other.kind == "model" and other.path[:depth] == provider.path:
                yield other.path

    def _change(
        self,
        address: str,
        path: Path,
        action: Any,
        reason: Reason,
        before: Any,
        after: Any,
        source: Place | None,
        note: str = "",
    ) -> Change:
        surface, inside = surface_of(path)
        return Change(
            address=address,
            surface=surface,
            path=encode_path(inside),
            actions=(action,),
            reason=reason,
            impact=impact_of(path),
            sensitive=is_sensitive(path),
            before=None if before is MISSING else shown(path, before, self._live.fingerprints),
            after=after,
            source=source_of(source),
            note=note,
        )


def _join(address: str, path: tuple[str, ...]) -> str:
    return ".".join((address, *path))
