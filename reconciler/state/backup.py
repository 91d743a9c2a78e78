"""Backups without secrets: the bytes of a config with each key replaced by its fingerprint.

While an apply runs, its backup holds the file as it was, so that it can be put back. Once the result has been verified,
no key stays behind: a rollback reads keys from their sources again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.openclaw.redact import shown
from reconciler.values import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.json5 import Document, Path
    from reconciler.secret import Fingerprints


def without_secrets(document: Document, fingerprints: Fingerprints) -> bytes:
    """The document's bytes with every value that may be a secret replaced."""
    editor = document.edit()
    for path, value in _leaves((), document.value):
        masked = shown(tuple(step for step in path if isinstance(step, str)), value, fingerprints)
        if not same(masked, value):
            editor.set(path, masked)
    return editor.finish().data


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves((*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves((*path, index), item)
    elif isinstance(value, str):
        yield path, value
