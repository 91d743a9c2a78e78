"""What will stand where after the edits: a tree that opens only along the paths that are edited.

A `Slot` is the place of one value: as it stands in the text, or a new plain value, or a `Branch` of further
slots. An edit inside a new value opens it like an old one, so edits at one place compose in the order in which
they came.
"""

from typing import TYPE_CHECKING, Final

from .path import Step
from .values import CONTAINERS, Json, row_id, same

if TYPE_CHECKING:
    from .parse import Member

AS_IS: Final = object()


class Slot:
    """The place of one value.

    `member` is where it stands in the text, None for a new one. `content` is `AS_IS`, a `Branch`, or the new
    plain value. A removed member stays as a slot that is not `present`.
    """

    __slots__ = ("content", "key", "member", "present")

    def __init__(self, key: str, member: "Member | None", content: Json) -> None:
        self.key = key
        self.member = member
        self.content = content
        self.present = True

    @property
    def changed(self) -> bool:
        """Whether the text has to change for this slot."""
        if self.member is None or not self.present:
            return self.present or self.member is not None
        if isinstance(self.content, Branch):
            return self.content.member is None or self.content.changed
        return self.content is not AS_IS

    def value(self) -> Json:
        """The value after the edits so far."""
        if isinstance(self.content, Branch):
            return self.content.value()
        return self.member.value if self.member and self.content is AS_IS else self.content

    def open(self) -> "Branch | None":
        """The branch of the object or array here; None for a scalar."""
        content = self.content
        if self.member and self.member.inner and content is AS_IS:
            inner = self.member.inner
            slots = [Slot(member.key, member, AS_IS) for member in inner.members]
            self.content = Branch(slots, inner.is_object, self.member)
        elif isinstance(content, dict):
            self.content = Branch([Slot(key, None, value) for key, value in content.items()], True)
        elif isinstance(content, list):
            self.content = Branch([Slot("", None, value) for value in content], False)
        return self.content if isinstance(self.content, Branch) else None

    def put(self, value: Json) -> None:
        """Make the value here equal to `value` by the smallest change of text that does it."""
        branch = self.open() if isinstance(value, CONTAINERS) else None
        if branch and isinstance(value, dict) and branch.is_object:
            branch.merge_object(value)
        elif branch and isinstance(value, list) and not branch.is_object:
            branch.merge_array(value)
        elif self.member and same(self.member.value, value):
            self.content = AS_IS
        else:
            self.content = value

    def row_id(self) -> str | None:
        """The id by which a `Row` step selects this element."""
        if not isinstance(self.content, Branch):
            return row_id(self.value())
        slot = self.content.find("id") if self.content.is_object else None
        return row_id({"id": slot.value()}) if slot else None


class Branch:
    """An object or array that is being edited; `member` is where it stands in the text, None for a new one."""

    __slots__ = ("_by_id", "_by_key", "_live", "is_object", "member", "slots")

    def __init__(self, slots: list[Slot], is_object: bool, member: "Member | None" = None) -> None:
        self.slots = slots
        self.is_object = is_object
        self.member = member
        self._live: list[Slot] | None = None
        self._by_id: dict[str | None, list[Slot]] | None = None
        self._by_key: dict[str, list[Slot]] = {}
        if is_object:
            for slot in slots:
                self._by_key.setdefault(slot.key, []).append(slot)

    @property
    def changed(self) -> bool:
        """Whether the text has to change for any slot."""
        return any(slot.changed for slot in self.slots)

    @property
    def live(self) -> list[Slot]:
        """The slots that will be written, in order."""
        if self._live is None:
            self._live = [slot for slot in self.slots if slot.present]
        return self._live

    def value(self) -> Json:
        """The value after the edits so far."""
        if self.is_object:
            return {slot.key: slot.value() for slot in self.live}
        return [slot.value() for slot in self.live]

    def takes(self, step: Step) -> bool:
        """Whether this is the kind of container that the step goes into."""
        return isinstance(step, str) == self.is_object

    def find(self, step: Step) -> Slot | None:
        """The slot that a step leads to; of a key that stands twice, the last, which is the one that counts."""
        if isinstance(step, str):
            slots = self._by_key.get(step)
            return slots[-1] if slots and slots[-1].present else None
        if isinstance(step, int):
            return self.live[step] if 0 <= step < len(self.live) else None
        if self._by_id is None:
            self._by_id = {}
            for slot in self.live:
                self._by_id.setdefault(slot.row_id(), []).append(slot)
        return next((slot for slot in self._by_id.get(step.id, ()) if slot.present), None)

    def add(self, step: Step, value: Json) -> None:
        """Put a value where `find` finds nothing: under a new key, or behind the last element."""
        key = step if isinstance(step, str) else ""
        removed = self._by_key.get(key)
        if removed:
            removed[-1].present = True
            removed[-1].put(value)
            self._live = None
            return
        self._insert(Slot(key, None, value), None)

    def insert(self, index: int, value: Json) -> None:
        """Put a value before the element at `index`, or behind the last one."""
        self._insert(Slot("", None, value), self.find(index))

    def remove(self, slot: Slot) -> None:
        """Take a slot out, and with it whatever stands under the same key."""
        for same_key in self._by_key.get(slot.key, ()) if self.is_object else (slot,):
            same_key.present = False
        self._live = None

    def renamed(self) -> None:
        """Forget the ids of the elements, one of which has changed."""
        self._by_id = None

    def merge_object(self, value: dict[str, Json]) -> None:
        """Make this object equal to `value`, member by member."""
        for surplus in [slot for slot in self.live if slot.key not in value]:
            self.remove(surplus)
        for key, item in value.items():
            if slot := self.find(key):
                slot.put(item)
            else:
                self.add(key, item)

    def merge_array(self, value: list[Json]) -> None:
        """Make this array equal to `value`: what is equal at both ends stays, as do rows under their id."""
        old, start, end = self.live, 0, 0
        shorter = min(len(old), len(value))
        while start < shorter and same(old[start].value(), value[start]):
            start += 1
        while end < shorter - start and same(old[-1 - end].value(), value[-1 - end]):
            end += 1
        following = old[len(old) - end] if end else None
        middle, fresh = old[start : len(old) - end], value[start : len(value) - end]
        kept = 0
        while kept < min(len(middle), len(fresh)) and middle[kept].row_id() == row_id(fresh[kept]):
            middle[kept].put(fresh[kept])
            kept += 1
        for slot in middle[kept:]:
            self.remove(slot)
        for item in fresh[kept:]:
            self._insert(Slot("", None, item), following)

    def _insert(self, slot: Slot, following: Slot | None) -> None:
        if self.is_object:
            self._by_key.setdefault(slot.key, []).append(slot)
        if following:
            self.slots.insert(self.slots.index(following), slot)
            self._by_id = None
        else:
            self.slots.append(slot)
            if self._by_id is not None:
                self._by_id.setdefault(slot.row_id(), []).append(slot)
        self._live = None
