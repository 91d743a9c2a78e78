"""A JSON5 document: its bytes, what they mean, and where in them each value stands.

The value is read the quick way where there is one; spans are then found only when an edit or a location asks for them.
"""

from typing import TYPE_CHECKING, Final

from .errors import Json5Error, position
from .path import Path, Row, describe
from .quick import plain_value, strict_value
from .values import Json, row_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .edit import Editor
    from .parse import Container, Member

MAX_BYTES: Final = 16 * 1024 * 1024


class Document:
    """An unchangeable document; `parse` makes one and `edit` leads to the next.

    `value` is plain Python and must not be changed. `is_strict_json` is true when the text, save for a byte
    order mark, is strict JSON; editing keeps it so.
    """

    __slots__ = ("_places", "_root", "is_strict_json", "text", "value")

    def __init__(self, text: str) -> None:
        """Read a text; raises `Json5Error`. Bytes, as files have them, go to `parse`."""
        self.text = text
        self._root: Member | None = None
        self._places: dict[int, dict[str, int]] = {}
        try:
            self.value: Json = strict_value(text)
            self.is_strict_json = True
        except (ValueError, RecursionError):
            self.value = self._json5_value()
            self.is_strict_json = False

    @classmethod
    def parse(cls, data: bytes) -> "Document":
        """Read the bytes of a file: UTF-8, with or without a byte order mark, lines ended in any way.

        Raises `Json5Error` where they are not UTF-8 or not JSON5, where they nest deeper than 100 levels,
        and for more than 16 MiB.
        """
        if len(data) > MAX_BYTES:
            message = f"the file has {len(data)} bytes; {MAX_BYTES} is the limit for a configuration"
            raise Json5Error(message, offset=0, line=1, column=1)
        try:
            return cls(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8")
            wrong = Json5Error.at(before, len(before), "the file is not UTF-8 text", "save it as UTF-8")
            wrong.offset = error.start
            raise wrong from None

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return self.text.encode("utf-8")

    def _json5_value(self) -> Json:
        try:
            return plain_value(self.text)
        except (ValueError, RecursionError):
            return self.root().value

    def root(self) -> "Member":
        """The tree of spans."""
        if self._root is None:
            from .parse import parse

            self._root = parse(self.text)
        return self._root

    def get(self, path: Path, default: Json = None) -> Json:
        """The value at `path`, or `default` where nothing stands."""
        value = self.value
        for step in path:
            if isinstance(step, str):
                if not isinstance(value, dict) or step not in value:
                    return default
                value = value[step]
            elif (index := self._index(value, step)) is not None:
                value = value[index]
            else:
                return default
        return value

    def location(self, path: Path) -> tuple[int, int]:
        """Line and column, from 1, of the value at `path`. Raises `KeyError` where nothing stands."""
        member = self.root()
        for step in path:
            inner = member.inner
            index = None
            if inner and inner.is_object and isinstance(step, str):
                index = self._member_index(inner).get(step)
            elif inner and not isinstance(step, str):
                index = self._index(member.value, step)
            if inner is None or index is None:
                raise KeyError(describe(path))
            member = inner.members[index]
        return position(self.text, member.value_start)

    def duplicate_keys(self) -> list[Path]:
        """The paths whose key stands more than once in its object."""
        return list(_duplicates(self.root(), ()))

    def edit(self) -> "Editor":
        """An editor for this document, which itself stays as it is."""
        from .edit import Editor

        return Editor(self)

    def _member_index(self, inner: "Container") -> dict[str, int]:
        """Which member of an object counts for each key."""
        places = self._places.get(id(inner))
        if places is None:
            places = {member.key: index for index, member in enumerate(inner.members)}
            self._places[id(inner)] = places
        return places

    def _index(self, value: Json, step: int | Row) -> int | None:
        """Where in the array `value` a step leads."""
        if not isinstance(value, list):
            return None
        if isinstance(step, int):
            return step if 0 <= step < len(value) else None
        places = self._places.get(id(value))
        if places is None:
            places = self._places[id(value)] = {}
            for index, element in enumerate(value):
                if (found := row_id(element)) is not None:
                    places.setdefault(found, index)
        return places.get(step.id)


def _duplicates(member: "Member", path: Path) -> "Iterator[Path]":
    if member.inner is None:
        return
    seen: dict[str, int] = {}
    for index, child in enumerate(member.inner.members):
        step = child.key if member.inner.is_object else index
        if member.inner.is_object:
            seen[child.key] = seen.get(child.key, 0) + 1
            if seen[child.key] == 2:
                yield (*path, step)
        yield from _duplicates(child, (*path, step))
