"""What a rollback returns to, from receipts and the record of what was owned: as objects, like manifests ask for. Pure.

A place is an object's address and a path below it. Undoing an apply puts every place that it changed back to what stood
there before; returning to an apply makes everything owned since as that apply left it. Keys are not kept: where one
stood, it is read from its source again, or the place is lost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.desired.model import ABSENT, Desired, Field, Resource, SecretValue
from reconciler.json5.path import Path, Row
from reconciler.manifest.model import KeyOrigin
from reconciler.openclaw import shapes
from reconciler.openclaw.redact import shown
from reconciler.plan.model import Change
from reconciler.rollback.choices import Below, in_parts, spelled
from reconciler.state.journal import Kept
from reconciler.state.ownership import Applied, OwnedField, OwnedResource, decode_path
from reconciler.values import MISSING, lookup, same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.secret import Fingerprints

_FINGERPRINT = re.compile(r"fp:[0-9a-f]{12}")


class Undone(msgspec.Struct, frozen=True):
    """An apply that is undone: what it changed, and what was owned before and after."""

    id: str
    changes: tuple[Change, ...]
    kept: Kept


class Goal(msgspec.Struct, frozen=True):
    """The state to return to.

    Attributes:
        record: what is owned then.
        made: places where there was nothing then; with () the object as a whole.
        found: values that stood at places then, owned or not.
        known: every object that the undone applies knew.
    """

    record: Applied
    made: Mapping[str, frozenset[Below]]
    found: Mapping[str, Mapping[Below, Any]]
    known: Mapping[str, OwnedResource]

    def kinds(self) -> set[str]:
        """Every kind of object that it is about."""
        return self.record.kinds() | {resource.kind for resource in self.known.values()}


def before(undone: Undone) -> Goal:
    """The state before an apply, hand-made edits that it overwrote included."""
    made, found = _first_changes([undone])
    resources = {
        address: _as_found(resource, made.get(address, frozenset()), found.get(address, {}))
        for address, resource in undone.kept.before.resources.items()
        if () not in made.get(address, frozenset())
    }
    record = msgspec.structs.replace(undone.kept.before, resources=resources)
    return Goal(record, made, found, _known([undone]))


def after(record: Applied, undone: Sequence[Undone]) -> Goal:
    """The state in which ``record`` was true, with the applies that came later, oldest first, undone."""
    return Goal(record, *_first_changes(undone), _known(undone))


def _known(undone: Sequence[Undone]) -> dict[str, OwnedResource]:
    kept = [record for one in reversed(undone) for record in (one.kept.after, one.kept.before)]
    return {address: resource for record in kept for address, resource in record.resources.items()}


def _as_found(resource: OwnedResource, made: frozenset[Below], found: Mapping[Below, Any]) -> OwnedResource:
    """A record of an object, without the fields that were made, and with the values that were found."""
    whole = found.get((), MISSING)
    fields = []
    for field in resource.fields:
        value = found.get(field.path, MISSING)
        if value is MISSING and isinstance(whole, dict):
            value = shapes.read(whole, field.path)
        if field.path not in made:
            fields.append(field if value is MISSING else _with_found(field, value))
    return msgspec.structs.replace(resource, fields=tuple(fields))


def _with_found(field: OwnedField, value: Any) -> OwnedField:
    """A field with what stood there; where that is another value than the recorded one, the field's source doesn't give it."""
    return msgspec.structs.replace(
        field, value=value, origin=field.origin if same(value, field.value) else None
    )


def _first_changes(
    undone: Sequence[Undone],
) -> tuple[dict[str, frozenset[Below]], dict[str, dict[Below, Any]]]:
    """Of the first change at each place: where it made something, and elsewhere what it found."""
    made: dict[str, set[Below]] = {}
    found: dict[str, dict[Below, Any]] = {}
    for address, below, stood in (step for one in undone for step in _steps(one)):
        mine, theirs = made.setdefault(address, set()), found.setdefault(address, {})
        if _is_told(below, mine, theirs):
            continue
        if stood is MISSING:
            mine.add(below)
            continue
        within = any(place[: len(below)] == below for place in (*mine, *theirs))
        # Of an object in which something was changed before, only the rest stood there then.
        for place, value in _leaves(below, stood) if below and within else ((below, stood),):
            if not _is_told(place, mine, theirs):
                theirs[place] = value
    return (
        {address: frozenset(paths) for address, paths in made.items() if paths},
        {address: values for address, values in found.items() if values},
    )


def _is_told(place: Below, made: Collection[Below], found: Mapping[Below, Any]) -> bool:
    """Whether it is known how ``place`` was: by itself, or because what it lies in was made or found as a whole.

    A model choice that was found as a string is no such whole: its parts are told beside it.
    """
    return any(
        place[:length] in made
        or (place[:length] in found and (length == len(place) or not isinstance(found[place[:length]], str)))
        for length in range(len(place) + 1)
    )


def _steps(one: Undone) -> Iterator[tuple[str, Below, Any]]:
    """Each changed place of an apply and what stood there; a list of models that was replaced, row by row."""
    resources = one.kept.before.resources | one.kept.after.resources
    by_path = {repr(resource.path): address for address, resource in resources.items()}
    for change in one.changes:
        place = _place(change.place, by_path)
        # A key that was rotated where OpenClaw reads it is none of ours to bring back; the reference to it stood all the time.
        if place is None or change.reason == "rotation":
            continue
        address, below = place
        if below == ("models",) and isinstance(change.before, list):
            for row in change.before:
                if isinstance(row, dict) and "id" in row:
                    yield f"{address}.models[{row['id']}]", (), row
        else:
            if change.widened is not msgspec.UNSET:
                yield address, below[:-1], change.widened
            yield address, below, MISSING if change.action == "create" else change.before


def _place(path: tuple[str | dict[str, str], ...], by_path: Mapping[str, str]) -> tuple[str, Below] | None:
    """The innermost object that ``path`` lies in, and the path below it."""
    for length in range(len(path), 0, -1):
        address = by_path.get(repr(path[:length]))
        if address is not None:
            return address, tuple(step for step in path[length:] if isinstance(step, str))
    return None


class Keys(msgspec.Struct, frozen=True):
    """Where keys that nobody kept in the journal come from.

    Attributes:
        sources: by fingerprint.
        given_up: addresses of those that may stay away.
    """

    sources: Mapping[str, KeyOrigin] = {}
    given_up: Collection[str] = ()


def desired_of(
    goal: Goal, live: Any, fingerprints: Fingerprints, keys: Keys
) -> tuple[Desired, tuple[str, ...]]:
    """What the goal asks of the ``live`` state, and the places whose values are lost because they held keys."""
    builder = _Builder(goal, live, fingerprints, keys)
    resources = [builder.owned(address, resource) for address, resource in goal.record.resources.items()]
    resources += builder.others()
    return Desired(tuple(resources)), tuple(dict.fromkeys(builder.lost))


class _Builder:
    """Turns records into objects that are asked for, gathering what is lost."""

    def __init__(self, goal: Goal, live: Any, fingerprints: Fingerprints, keys: Keys) -> None:
        self._keys = keys
        self._goal = goal
        self._live = live
        self._fingerprints = fingerprints
        self.lost: list[str] = []

    def owned(self, address: str, resource: OwnedResource) -> Resource:
        """An object of the record, with whatever else stood in it then."""
        path = decode_path(resource.path)
        node = lookup(self._live, path)
        found = self._found(address, node)
        fields = [
            self._owned_field(address, path, node, field)
            for field in resource.fields
            if not in_parts(field.path, found)
        ]
        said = {field.path for field in resource.fields}
        fields += self._found_fields(address, path, node, found, said)
        if resource.whole:
            fields += self._rest(address, resource, path, found.get((), MISSING), fields)
        return Resource(address, resource.kind, path, _kept(fields), None, resource.whole, resource.protected)

    def others(self) -> Iterator[Resource]:
        """Objects that were not owned then: what was changed in them goes back where they still stand.

        One that went as a whole, as a model does with the list that it stood in, is made anew.
        """
        for address, found in self._goal.found.items():
            resource = self._goal.known.get(address) or self._row(address, found)
            if resource is None or address in self._goal.record.resources:
                continue
            path = decode_path(resource.path)
            node = lookup(self._live, path)
            whole = isinstance(found.get(()), dict)
            if node is MISSING and resource.whole and not whole:
                continue
            fields = self._found_fields(address, path, node, self._found(address, node), set())
            fields += self._rest(address, resource, path, found[()], fields) if whole else ()
            yield Resource(address, resource.kind, path, _kept(fields), None, whole)

    def _found(self, address: str, node: Any) -> dict[Below, Any]:
        made = self._goal.made.get(address, frozenset())
        return spelled(self._goal.found.get(address, {}), made, node)

    def _row(self, address: str, found: Mapping[Below, Any]) -> OwnedResource | None:
        """A model that nobody here ever owned, found in a provider that somebody did."""
        provider = self._goal.known.get(address.partition(".models[")[0])
        if provider is None or not isinstance(found.get(()), dict):
            return None
        path = (*provider.path, "models", {"id": str(found[()]["id"])})
        return OwnedResource("model", path, whole=True, created=False, protected=False, fields=())

    def _owned_field(self, address: str, path: Path, node: Any, field: OwnedField) -> Field:
        if field.origin is not None and _holds_key(field.value):
            return Field(field.path, SecretValue(field.origin), None)
        value = self._value(address, path, node, field.path, field.value)
        return Field(field.path, value, None, origin=field.origin)

    def _found_fields(
        self, address: str, path: Path, node: Any, found: Mapping[Below, Any], said: set[Below]
    ) -> list[Field]:
        return [
            Field(below, self._value(address, path, node, below, value), None)
            for below, value in found.items()
            if below not in said and (below or not isinstance(value, dict))
        ]

    def _rest(
        self, address: str, resource: OwnedResource, path: Path, whole: Any, fields: Sequence[Field]
    ) -> Iterator[Field]:
        """What else belongs to an object: what stood in it when it went, and what OpenClaw insists on in a new one."""
        said = {field.path for field in fields}
        elsewhere = {(), ("id",), ("models",)}
        without = said | self._goal.made.get(address, frozenset())
        for below, value in _leaves((), whole) if isinstance(whole, dict) else ():
            if below not in elsewhere and not any(below[: len(one)] == one for one in without):
                yield Field(below, self._value(address, path, MISSING, below, value), None)
                said.add(below)
        last = path[-1]
        if resource.kind == "provider":
            yield Field(("models",), [], None, "initial")
        elif resource.kind == "model" and isinstance(last, Row) and ("name",) not in said:
            yield Field(("name",), last.id.rpartition("/")[2], None, "initial")

    def _value(self, address: str, path: Path, node: Any, below: Below, value: Any) -> Any:
        """``value``; where it isn't kept, the live one if that is it, else what a source gives, else nothing."""
        if not _holds_key(value):
            return value
        live = shapes.read(node, below) if below else node
        if live is not MISSING and same(shown((*path, *below), live, self._fingerprints), value):
            return live
        if isinstance(value, str) and value in self._keys.sources:
            return SecretValue(self._keys.sources[value])
        place = ".".join((address, *below))
        if place in self._keys.given_up:
            return ABSENT
        self.lost.append(place)
        return MISSING


def _kept(fields: Sequence[Field]) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.value is not MISSING)


def _holds_key(value: Any) -> bool:
    """Whether a recorded value stands for something that was not kept."""
    if isinstance(value, dict):
        return any(map(_holds_key, value.values()))
    if isinstance(value, list):
        return any(map(_holds_key, value))
    return isinstance(value, str) and _FINGERPRINT.search(value) is not None


def _leaves(path: Below, value: Any) -> Iterator[tuple[Below, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves((*path, key), item)
    else:
        yield path, value


def settled(record: Applied, owned: Mapping[str, OwnedResource]) -> Applied:
    """``record`` with the values that ``owned`` has after the changes: keys may be others than then."""
    return msgspec.structs.replace(
        record,
        resources={
            address: msgspec.structs.replace(
                resource, fields=tuple(_settled(field, owned.get(address)) for field in resource.fields)
            )
            for address, resource in record.resources.items()
        },
    )


def _settled(field: OwnedField, owned: OwnedResource | None) -> OwnedField:
    now = owned.field(field.path) if owned else None
    return field if now is None else msgspec.structs.replace(field, value=now.value)
