"""OpenClaw's several spellings of one meaning, in one place for compare and apply.

Most false differences come from comparing with one idea of equality and writing with another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.ids import alias_key, model_ref
from reconciler.values import MISSING, lookup, same

if TYPE_CHECKING:
    from reconciler.json5.path import Path

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]{0,127})\}\Z")
_CHOICES = frozenset({"model", "imageModel", "pdfModel"})


def variable_of(value: object) -> str | None:
    """The variable that an ``apiKey`` names: ``"${NAME}"`` or the env SecretRef object that OpenClaw makes of it.

    ``"$NAME"`` and a bare name are literals to OpenClaw (2026.9.6 sends them as they stand).
    """
    if isinstance(value, str):
        match = _VARIABLE.match(value)
        return match.group(1) if match else None
    if isinstance(value, dict) and value.get("source") == "env" and value.get("provider") == "default":
        name = value.get("id")
        return name if isinstance(name, str) else None
    return None


def is_reference(value: object) -> bool:
    """Whether a key-like value points elsewhere instead of being the key."""
    return isinstance(value, dict) or variable_of(value) is not None


def equal(path: Path, live: Any, desired: Any) -> bool:
    """Whether OpenClaw would do the same with both values at ``path``."""
    if same(live, desired):
        return True
    match path[-1]:
        case "apiKey":
            return variable_of(live) is not None and variable_of(live) == variable_of(desired)
        case "baseUrl":
            return (
                isinstance(live, str) and isinstance(desired, str) and live.rstrip("/") == desired.rstrip("/")
            )
        case "input":
            return isinstance(live, list) and isinstance(desired, list) and _as_set(live) == _as_set(desired)
        case "primary" | "utilityModel":
            return _names_one_model(live, desired)
        case "fallbacks":
            return (
                isinstance(live, list)
                and isinstance(desired, list)
                and len(live) == len(desired)
                and all(map(_names_one_model, live, desired))
            )
    return False


def _names_one_model(live: Any, desired: Any) -> bool:
    """Whether two refs, or two aliases, are one to OpenClaw."""
    if not (isinstance(live, str) and isinstance(desired, str)):
        return False
    refs = model_ref(live), model_ref(desired)
    return refs[0] == refs[1] if any(refs) else alias_key(live) == alias_key(desired)


def _as_set(items: list[Any]) -> frozenset[str]:
    return frozenset(map(str, items))


def is_choice(path: Path) -> bool:
    """Whether a model choice stands at ``path``: a string, or an object with a primary and fallbacks."""
    return path[-1] in _CHOICES


def read(root: Any, path: Path) -> Any:
    """:func:`lookup` that sees a model choice written as a string as ``{primary: …}``."""
    value = lookup(root, path)
    if value is MISSING and len(path) >= 2 and path[-2] in _CHOICES and path[-1] == "primary":
        choice = lookup(root, path[:-1])
        return choice if isinstance(choice, str) else MISSING
    return value


def widened(root: Any, path: Path) -> tuple[Path, Any] | None:
    """For a write below a model choice that is a string: the choice's path and its object form.

    ``model: "a/b"`` holds a primary only; OpenClaw has no fallbacks for such a choice.
    """
    if len(path) >= 2 and path[-2] in _CHOICES:
        choice = lookup(root, path[:-1])
        if isinstance(choice, str):
            return path[:-1], {"primary": choice}
    return None
