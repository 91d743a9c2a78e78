"""An agent's ``models.json``: OpenClaw's own copy of the providers, in which an old address or key can outlive the config.

Up to 2026.4.15 OpenClaw writes it at every start and keeps what stands there; later releases leave it behind.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.errors import TargetError
from reconciler.files import read_regular
from reconciler.ids import provider_id
from reconciler.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.openclaw.paths import Paths

FILE = "models.json"
MAX_BYTES = 16 << 20
MOST_AGENTS = 200

# What OpenClaw itself puts in place of a key (models.json of 2026.3.13 and 4.15): a variable's name, or a word for a reference.
_MARKER = r"[A-Z][A-Z0-9_]*\Z|secretref\b|\$\{"


class CachedProvider(msgspec.Struct, frozen=True):
    """A provider's entry in a ``models.json``.

    Attributes:
        base_url: None where it says none.
        key: what stands under ``apiKey``: a key, or the name of a variable.
    """

    base_url: str | None
    key: Secret | None


class ModelsFile(msgspec.Struct, frozen=True):
    """One agent's file.

    Attributes:
        data: its bytes, for the repair.
        providers: the entries that were asked for.
    """

    path: str
    data: bytes
    mode: int
    providers: dict[str, CachedProvider]


def models_file(paths: Paths, agent: str) -> str:
    """Where an agent's file is."""
    return os.path.join(paths.agent_folder(agent), FILE)


def read_models_file(path: str, providers: Collection[str] | None = None) -> ModelsFile | None:
    """The file, or None where there is none.

    Args:
        providers: the ids of those whose entries are wanted; None for all.

    Raises:
        TargetError: it can't be read or understood.
    """
    try:
        data = read_regular(path, MAX_BYTES)
        mode = os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    if providers is not None and not any(_mentions(data, name) for name in providers):
        return ModelsFile(path, data, mode, {})
    entries = _document(path, data)["providers"]
    return ModelsFile(
        path,
        data,
        mode,
        {
            name: _cached(entry)
            for name, entry in entries.items()
            if isinstance(entry, dict) and (providers is None or provider_id(name) in providers)
        },
    )


def agent_folders(paths: Paths) -> tuple[str, ...]:
    """Every agent that has a folder, whether the config still knows it or not."""
    try:
        return tuple(sorted(os.listdir(os.path.join(paths.state_dir, "agents")))[:MOST_AGENTS])
    except OSError:
        return ()


def is_key(provider: str, found: Secret) -> bool:
    """Whether what stands under ``apiKey`` is a key, not OpenClaw's word for where it is, or the id of a profile."""
    text = found.reveal()
    owner, colon, _ = text.partition(":")
    is_profile = bool(colon) and provider_id(owner) == provider_id(provider)
    return bool(text) and not is_profile and re.match(_MARKER, text) is None


def without_entries(file: ModelsFile, providers: Collection[str]) -> bytes:
    """The file's bytes with the entries of some providers taken out and every other byte as it is.

    OpenClaw makes an entry anew from the config where it wants one (turns on 2026.4.15, 6.11 and 9.6), so nothing is lost with it.

    Raises:
        TargetError: the result doesn't mean what was intended.
    """
    from reconciler.edits import remove
    from reconciler.json5 import Document
    from reconciler.openclaw.meaning import require_meaning

    document = Document.parse(file.data)
    editor, intended = document.edit(), document.value
    for provider in providers:
        editor.delete(("providers", provider))
        intended = remove(intended, ("providers", provider))
    after = editor.finish()
    require_meaning(after, intended, file.path)
    return after.data


def _mentions(data: bytes, name: str) -> bool:
    """Whether the file may have an entry of that name; cheaper than reading a file of some hundred models."""
    data = data.lower()
    return json.dumps(name).encode() in data or json.dumps(name, ensure_ascii=False).encode() in data


def _document(path: str, data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise _unreadable(path, "it is no JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("providers", {}), dict):
        raise _unreadable(path, "it holds no map of providers")
    return {"providers": {}, **document}


def _cached(entry: dict[str, Any]) -> CachedProvider:
    url, key = entry.get("baseUrl"), entry.get("apiKey")
    return CachedProvider(
        url if isinstance(url, str) else None, Secret(key) if isinstance(key, str) and key else None
    )


def _unreadable(path: str, why: str) -> TargetError:
    return TargetError(
        f"an agent's models.json can't be understood: {why}",
        where=path,
        remedy="remove it: OpenClaw makes what it needs anew from the config",
    )
