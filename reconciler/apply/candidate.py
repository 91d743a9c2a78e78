"""Builds the new bytes of each config file and store, and has an independent parser confirm what they mean.

Two ways lead to the intended meaning: the edits' effect on plain values, and the edited bytes read back by a parser that
shares no code with ours. Only when both agree is a candidate fit to be written.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.desired.model import SecretValue
from reconciler.edits import DELETE, Edit, condense, effect
from reconciler.errors import TargetError
from reconciler.files import PRIVATE
from reconciler.json5 import Document, Json5Error
from reconciler.openclaw import shapes
from reconciler.openclaw.meaning import require_meaning
from reconciler.openclaw.stores.place import read_place
from reconciler.openclaw.surfaces import Surface, surface_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.effective.exposed import ExposedFile
    from reconciler.openclaw.config import Config
    from reconciler.openclaw.paths import Paths
    from reconciler.openclaw.stores.contents import SecretStore, Stores
    from reconciler.secret import Secret
    from reconciler.targets.local import Snapshot

EMPTY_AUTH_STORE = b'{\n  "version": 1,\n  "profiles": {}\n}\n'


class Candidate(msgspec.Struct, frozen=True):
    """The new content of one place: a file, or a cell of a database (:mod:`reconciler.openclaw.stores.place`).

    Attributes:
        surface: what the place belongs to.
        before: None where there is nothing yet.
        after: None where nothing is to be left.
        cushion: blank lines at the end of ``after`` that go again, see :mod:`reconciler.apply.shrinking`.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int = PRIVATE
    uid: int = -1
    gid: int = -1
    surface: Surface = "config"
    cushion: int = 0

    def inverse(self) -> Candidate:
        """The replacement that undoes this one."""
        return msgspec.structs.replace(self, before=self.after, after=self.before, cushion=0)


def build(
    snapshot: Snapshot,
    stores: Stores | None,
    edits: tuple[Edit, ...],
    secret: Callable[[SecretValue], Secret],
) -> tuple[Candidate, ...]:
    """The files and cells as they should be after ``edits``, keys filled in.

    Raises:
        TargetError: no single file owns a place, or the result doesn't mean what was intended.
        KeySourceError: a key can't be read.
    """
    by_surface: dict[Surface, list[Edit]] = {}
    for edit in edits:
        surface, path = surface_of(edit.path)
        by_surface.setdefault(surface, []).append(Edit(path, _reveal(edit.value, secret)))
    # The stores come first: a config that refers to a key which isn't there yet would be tried by a running gateway.
    found: list[Candidate] = []
    if stores is not None:
        found.extend(_secrets(snapshot.paths, stores.secrets, by_surface.get("secret-store", [])))
        found.extend(_profiles(stores, by_surface.get("auth-store", [])))
    return (*found, *_files(snapshot.config, tuple(by_surface.get("config", []))))


def with_private(candidates: tuple[Candidate, ...], exposed: Sequence[ExposedFile]) -> tuple[Candidate, ...]:
    """The same candidates, private; and one for each file of which nothing else changes."""
    paths = {file.path for file in exposed}
    private = [msgspec.structs.replace(one, mode=PRIVATE) if one.path in paths else one for one in candidates]
    for file in exposed:
        if file.path not in {one.path for one in candidates}:
            data, status = read_place(file.path), os.stat(file.path)
            own = (status.st_uid, status.st_gid)
            private.append(Candidate(file.path, data, data, PRIVATE, *own, surface=file.surface))
    return tuple(private)


def _files(config: Config, edits: tuple[Edit, ...]) -> Iterator[Candidate]:
    by_file: dict[str, list[Edit]] = {}
    for edit in _widened(config.value, edits):
        path, inside = config.owner(edit.path)
        by_file.setdefault(path, []).append(Edit(inside, edit.value))
    for path in sorted(by_file):
        file = config.files.get(path)
        document = file.document if file else Document.parse(b"{}\n")
        after = _edited(document, tuple(by_file[path]), path)
        if file is None:
            yield Candidate(path, None, after)
        elif after != file.data:
            yield Candidate(path, file.data, after, file.mode, file.uid, file.gid)


def _profiles(stores: Stores, edits: list[Edit]) -> Iterator[Candidate]:
    """Profiles, and orders of them, which OpenClaw keeps in another document, or in an old store in the same one."""
    by_place: dict[str, tuple[bytes | None, list[Edit]]] = {}
    for edit in edits:
        store, path = stores.auth, edit.path
        if path[0] == "agents":
            store, path = stores.agents[str(path[1])], path[2:]
        ordering = path[0] == "order"
        place, data = (store.state.place, store.state.data) if ordering else (store.place, store.data)
        by_place.setdefault(place, (data, []))[1].append(Edit(path, edit.value))
    for place, (data, own) in by_place.items():
        after = _edited(Document.parse(data or EMPTY_AUTH_STORE), tuple(own), place)
        yield Candidate(place, data, after, surface="auth-store")


def _secrets(paths: Paths, store: SecretStore, edits: list[Edit]) -> Iterator[Candidate]:
    from reconciler.openclaw.stores.secrets import secret_cell

    for edit in edits:
        name = str(edit.path[0])
        before = store.entries.get(name)
        yield Candidate(
            secret_cell(paths, name).place,
            before.reveal().encode() if before is not None else None,
            None if edit.value is DELETE else edit.value.encode(),
            surface="secret-store",
        )


def _edited(document: Document, edits: tuple[Edit, ...], path: str) -> bytes:
    editor = document.edit()
    try:
        for edit in condense(document.value, edits):
            if edit.value is DELETE:
                editor.delete(edit.path)
            else:
                editor.set(edit.path, edit.value)
    except Json5Error as error:
        raise TargetError(
            f"the change can't be made: {error.message}",
            where=f"{path}:{error.line}:{error.column}",
            remedy=f"{error.what_to_do or 'make it by hand'}; nothing was changed",
        ) from error
    after = editor.finish()
    require_meaning(after, effect(document.value, edits), path)
    return after.data


def _widened(root: Any, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Where a model choice is written as a string, the object form comes first."""
    result: list[Edit] = []
    widened = set()
    for edit in edits:
        form = shapes.widened(root, edit.path)
        if form is not None and form[0] not in widened:
            widened.add(form[0])
            result.append(Edit(*form))
        result.append(edit)
    return tuple(result)


def _reveal(value: Any, secret: Callable[[SecretValue], Secret]) -> Any:
    if isinstance(value, dict):
        return {key: _reveal(item, secret) for key, item in value.items()}
    return secret(value).reveal() if isinstance(value, SecretValue) else value
