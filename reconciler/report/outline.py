"""The changes of a plan in the order in which people read them: by object, what is alike said once. Pure.

An address names an object and a field of it; which part is which is told by the path, because names may contain dots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.plan.model import Change, Shadow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SYMBOLS = {"create": "+", "update": "~", "delete": "-"}
MANY = 20
"""Objects of one kind that are shown before the rest is counted."""
FEW = 5
"""The same for what is named only as an example, or would fill the screen."""

# Where requests and keys go: never left out of a report, however long it is.
_ALWAYS_SHOWN = frozenset({"baseUrl", "apiKey", "headers"})


class Entry(msgspec.Struct, frozen=True):
    """A change under the name that it has below its heading."""

    name: str
    change: Change


class Part(msgspec.Struct, frozen=True):
    """Changes inside existing rows of a section, such as a model of a provider; no rows: the object itself.

    Attributes:
        rows: every row that changes in exactly this way.
        entries: the changes of the first of them.
    """

    rows: tuple[str, ...]
    entries: tuple[Entry, ...]


class Section(msgspec.Struct, frozen=True):
    """All that changes in one object.

    Attributes:
        head: set when the object itself is created.
        fields: its own fields.
        singles: rows of which one value changes.
        rows: rows created in it, as wholes.
        parts: rows of which several values change, or several rows that change alike.
    """

    title: str
    head: Change | None
    fields: tuple[Entry, ...]
    singles: tuple[Entry, ...]
    rows: tuple[Entry, ...]
    parts: tuple[Part, ...]

    def file(self) -> str:
        """The manifest that the first of its changes comes from."""
        inner = (entry for part in self.parts for entry in part.entries)
        changes = (self.head, *(entry.change for entry in (*self.fields, *self.singles, *self.rows, *inner)))
        return next((change.source.file for change in changes if change and change.source), "")


def place(change: Change) -> tuple[str, str, str]:
    """The object that a change belongs to, the row in it, and the field: ``provider/x``, ``models[y]``, ``cost.input``.

    Row or field are empty where the change is one of the whole object or row.
    """
    address, name = change.address, ""
    for step in reversed(change.path):
        longer = f"{step}.{name}" if name else step
        if not isinstance(longer, str) or not isinstance(step, str) or not address.endswith(f".{longer}"):
            break
        name = longer
    whole = address[: -len(name) - 1] if name else address
    head, bracket, _ = whole.partition("[")
    root = head.rpartition(".")[0] if bracket else ""
    return (root, whole[len(root) + 1 :], name) if root else (whole, "", name)


def sections(changes: Iterable[Change]) -> tuple[Section, ...]:
    """Creations and updates by object, in the plan's order; deletions are not among them."""
    found: dict[str, list[tuple[str, str, Change]]] = {}
    for change in changes:
        if change.action != "delete":
            root, row, name = place(change)
            found.setdefault(root, []).append((row, name, change))
    return tuple(_section(title, placed) for title, placed in found.items())


def _section(title: str, placed: Sequence[tuple[str, str, Change]]) -> Section:
    head = None
    fields: list[Entry] = []
    rows: list[Entry] = []
    parts: dict[str, list[Entry]] = {}
    for row, name, change in placed:
        if not row and not name and head is None and change.action == "create":
            head = change
        elif not row:
            fields.append(Entry(name or title, change))
        elif not name:
            rows.append(Entry(row, change))
        else:
            parts.setdefault(row, []).append(Entry(name, change))
    alike = _alike(parts)
    singles = tuple(
        Entry(f"{part.rows[0]}.{part.entries[0].name}", part.entries[0].change)
        for part in alike
        if _is_single(part)
    )
    several = tuple(part for part in alike if not _is_single(part))
    return Section(title, head, tuple(fields), singles, tuple(rows), several)


def _is_single(part: Part) -> bool:
    return len(part.rows) == len(part.entries) == 1


def _alike(parts: dict[str, list[Entry]]) -> tuple[Part, ...]:
    """Rows that change in the same way become one part; where in the manifests they stand makes no difference."""
    gathered: dict[str, list[str]] = {}
    for row, entries in parts.items():
        told = [
            (e.name, e.change.actions, e.change.before, e.change.after, e.change.reason, e.change.note)
            for e in entries
        ]
        gathered.setdefault(repr(told), []).append(row)
    return tuple(Part(tuple(rows), tuple(parts[rows[0]])) for rows in gathered.values())


def bounded(rows: Sequence[Entry], limit: int | None) -> tuple[list[Entry], list[Change]]:
    """Rows to show, and the changes left out; what says where requests go is never left out."""
    if limit is None:
        return list(rows), []
    kept = [row for index, row in enumerate(rows) if index < limit or _routes(row)]
    return kept, [row.change for index, row in enumerate(rows) if index >= limit and not _routes(row)]


def bounded_parts(parts: Sequence[Part], limit: int | None) -> tuple[list[Part], list[Change]]:
    """The same for rows with several changes."""
    if limit is None:
        return list(parts), []
    kept: list[Part] = []
    hidden: list[Change] = []
    for index, part in enumerate(parts):
        if index < limit or any(map(_routes, part.entries)):
            kept.append(part)
        else:
            hidden += [entry.change for entry in part.entries for _ in part.rows]
    return kept, hidden


def left_out(changes: Sequence[Change]) -> str:
    """What is not shown, by what would be done: ``480 more to create, 2 more to update``."""
    actions = [change.action for change in changes]
    return ", ".join(f"{actions.count(name)} more to {name}" for name in SYMBOLS if name in actions)


def origins(entries: Iterable[Entry]) -> str:
    """Where values come from that no manifest says, each source once with the fields that it fills."""
    filled: dict[str, dict[str, None]] = {}
    for entry in entries:
        if entry.change.note:
            field = place(entry.change)[2] or entry.name
            filled.setdefault(entry.change.note, {})[field.partition(".")[0]] = None
    return "; ".join(f"{', '.join(names)} {_from(note)}" for note, names in filled.items())


def _from(note: str) -> str:
    """A source as a phrase, anything else as an aside."""
    return f"from {note}" if note.startswith("the ") else f"({note})"


def reroutes(changes: Iterable[Change]) -> list[Change]:
    """Updates after which requests or keys go elsewhere."""
    return [
        change
        for change in changes
        if change.action == "update" and not _ALWAYS_SHOWN.isdisjoint(place(change)[2].split("."))
    ]


def restarts(changes: Iterable[Change]) -> int:
    """How many changes take effect only when the gateway restarts."""
    return sum(change.impact == "restart" for change in changes)


_WHY = {
    "rotation": "the key was rotated where OpenClaw reads it; a running gateway is told to read it again",
    "leak": "everybody on this machine can read the key in it",
    "drift": "changed outside the manifests since the last apply",
    "release": "this release of OpenClaw does not take it",
    "catalog": "filled in before, and the catalogue fills it in no more",
    "retired": "the service retired it",
    "stale-copy": "an old copy that lies about; no turn uses it",
    "shadow": "it shadows what the manifests declare",
    "prune": "no manifest declares this any more",
}


def why(change: Change) -> str:
    """The reason in words; empty when it is simply what the manifests say."""
    return _WHY.get(change.reason, "")


def beaten(shadow: Shadow) -> str:
    """What a shadow does, in a sentence."""
    return f"agent {shadow.agent} uses {shadow.what} {shadow.wins}, not {shadow.beats} ({shadow.address})"


def remarks(change: Change) -> list[str]:
    """What is special about a change: why it comes, where it lands, what it does to the gateway."""
    return [
        *(["restarts the gateway"] if change.impact == "restart" else []),
        *([why(change)] if why(change) else []),
        *([f"lands in {change.file}"] if change.file else []),
        *([f"lands in the {change.surface}"] if change.surface != "config" and not change.file else []),
    ]


def _routes(entry: Entry) -> bool:
    """Whether a change touches where requests or keys go."""
    value = entry.change.after
    names = {*entry.name.split("."), *(value if isinstance(value, dict) else ())}
    return not _ALWAYS_SHOWN.isdisjoint(names)
