"""Builds the new bytes of each config file, and has an independent parser confirm what they mean.

Two ways lead to the intended meaning: the edits' effect on plain values, and the edited bytes read back by a parser that
shares no code with ours. Only when both agree is a candidate fit to be written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.desired import SecretValue
from reconciler.edits import DELETE, Edit, condense, effect
from reconciler.errors import TargetError
from reconciler.json5 import Document
from reconciler.openclaw import shapes
from reconciler.values import same

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.openclaw.config import Config
    from reconciler.secret import Secret

NEW_FILE_MODE = 0o600


class Candidate(msgspec.Struct, frozen=True):
    """The new content of one file; ``before`` is None for a file that is created."""

    path: str
    before: bytes | None
    after: bytes
    mode: int
    uid: int
    gid: int


def build(
    config: Config, edits: tuple[Edit, ...], secret: Callable[[SecretValue], Secret]
) -> tuple[Candidate, ...]:
    """The files as they should be after ``edits``, keys filled in.

    Raises:
        TargetError: no single file owns a place, or the result doesn't mean what was intended.
        KeySourceError: a key can't be read.
    """
    by_file: dict[str, list[Edit]] = {}
    for edit in _widened(config.value, edits):
        file, path = config.owner(edit.path)
        by_file.setdefault(file, []).append(Edit(path, _reveal(edit.value, secret)))
    return tuple(_candidate(config, path, tuple(by_file[path])) for path in sorted(by_file))


def _candidate(config: Config, path: str, edits: tuple[Edit, ...]) -> Candidate:
    file = config.files.get(path)
    document = file.document if file else Document.parse(b"{}\n")
    editor = document.edit()
    for edit in condense(document.value, edits):
        if edit.value is DELETE:
            editor.delete(edit.path)
        else:
            editor.set(edit.path, edit.value)
    after = editor.finish()
    require_meaning(after, effect(document.value, edits), path)
    if file is None:
        return Candidate(path, None, after.data, NEW_FILE_MODE, -1, -1)
    return Candidate(path, file.data, after.data, file.mode, file.uid, file.gid)


def require_meaning(document: Document, intended: Any, path: str) -> None:
    """Have a second parser read ``document`` and compare.

    Raises:
        TargetError: it doesn't read it, or reads something else.
    """
    text = document.data.decode("utf-8-sig")
    try:
        if document.is_strict_json:
            meaning = json.loads(text)
        else:
            import json5

            meaning = json5.loads(text)
    except (ValueError, RecursionError) as error:
        raise TargetError(
            "a second JSON5 parser can't read the new config; nothing was changed",
            where=path,
            remedy="report this with the config (keys removed); until then make the change by hand",
        ) from error
    if not same(meaning, intended):
        raise TargetError(
            "a second JSON5 parser reads something else in the new config than what was intended, at "
            f"{', '.join(_differing(intended, meaning))}; nothing was changed",
            where=path,
            remedy="report this with the config (keys removed); until then make the change by hand",
        )


def _differing(intended: Any, meaning: Any) -> list[str]:
    """The first few places where two values differ, without the values: they may be keys."""
    from deepdiff import DeepDiff

    tree = DeepDiff(intended, meaning, view="tree", threshold_to_diff_deeper=0, verbose_level=0)
    return sorted({level.path() for levels in tree.values() for level in levels})[:5] or [
        "the type of a value"
    ]


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
    return secret(value).reveal() if isinstance(value, SecretValue) else value
