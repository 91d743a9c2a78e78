"""How values and their places read in a message. Text that may be a secret is never shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.manifest.yaml_nodes import Node, Step

_HIDDEN = "some text (hidden: it may be a key)"
# Left to re's own cache: only messages need it.
_SUSPECT = r"(?i)\b(?:sk|key|bearer|basic|token)[-_ ]|(?=\S*\d)[A-Za-z0-9+=_-]{28,}"
_HOLDS_SECRETS = frozenset(("key", "headers", "params"))


def describe(value: Node, path: tuple[Step, ...] = ()) -> str:
    """A value as a message may show it; text is hidden when its place or its look says that it can be a secret."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return _HIDDEN if _HOLDS_SECRETS.intersection(path) or _suspect(value) else shorten(value)
    return "a list" if isinstance(value, list) else "a map"


def hide_secret(text: str) -> str:
    """A key or name as a message may show it."""
    return _HIDDEN if _suspect(text) else shorten(text)[1:-1]


def _suspect(text: str) -> bool:
    # No more is shown, and the search takes quadratic time.
    return re.search(_SUSPECT, text[:200]) is not None


def shorten(text: str) -> str:
    """Text fit for one line of a message: quoted, without control characters, at most some 60 long."""
    return repr(text if len(text) <= 60 else text[:59] + "…")


def field_name(path: tuple[Step, ...]) -> str:
    """A path as its author thinks of it, such as ``spec.models[0].cost``."""
    text = ""
    for step in path:
        text += (
            f"[{step}]" if isinstance(step, int) else f".{hide_secret(step)}" if text else hide_secret(step)
        )
    return text or "the document"
