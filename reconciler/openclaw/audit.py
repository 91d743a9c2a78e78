"""OpenClaw's own record of writes to its config: who wrote when, and from which bytes to which.

Measured on 2026.4.15, 2026.6.11 and 2026.9.6. Up to 2026.7.1 the events are lines of ``logs/config-audit.jsonl``, from
2026.8.1 on rows of the state database (``diagnostic_events``, scope ``config-audit``). All name the SHA-256 of the file
before and after, and the command line; only the later ones name the changed paths, and have a ``config.external`` for
what OpenClaw finds to have been edited by others.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.errors import TargetError
from reconciler.openclaw.database import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.openclaw.paths import Paths

_TAIL_BYTES = 256 << 10
_EVENTS = 200
_MAX_DATABASE = 256 << 20
_WORD = re.compile(r"[a-z][a-z-]{0,30}")
_PATH = re.compile(r"[A-Za-z0-9_.\[\]/@:-]{1,300}")


class Event(msgspec.Struct, frozen=True):
    """One write, or one edit by others that OpenClaw noticed.

    Attributes:
        time: ISO 8601, UTC.
        external: OpenClaw noticed it, and did not do it.
        before: SHA-256 of the config before; empty when not said. ``after`` likewise.
        command: its first words, such as ``config set``: never a value, which might be a key.
        paths: what changed, in OpenClaw's notation; empty when the release doesn't say.
    """

    time: str
    external: bool
    before: str
    after: str
    command: str
    pid: int | None
    paths: tuple[str, ...]


def events(paths: Paths, since: str) -> tuple[Event, ...]:
    """What OpenClaw recorded of this config after ``since`` (ISO 8601), oldest first; nothing where it can't be read."""
    rows = [
        *_lines(os.path.join(paths.state_dir, "logs", "config-audit.jsonl")),
        *_rows(paths.state_database),
    ]
    found = (_event(row, paths.config) for row in rows)
    return tuple(
        sorted((event for event in found if event and event.time >= since), key=lambda one: one.time)
    )


def _lines(path: str) -> Iterator[Any]:
    if not os.path.isfile(path):
        return
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            lines = file.read().splitlines()[-_EVENTS:]
    except OSError:
        return
    yield from _parsed(lines)


def _rows(database: str) -> Iterator[Any]:
    """The events of the state database."""
    if not os.path.isfile(database) or os.path.getsize(database) > _MAX_DATABASE:
        return
    try:
        with reading(database) as connection:
            rows = connection.execute(
                "SELECT payload_json FROM diagnostic_events WHERE scope = 'config-audit'"
                " ORDER BY created_at DESC, rowid DESC LIMIT ?",
                (_EVENTS,),
            ).fetchall()
    except TargetError:
        return
    yield from _parsed(row[0].encode() for row in rows if isinstance(row[0], str))


def _parsed(texts: Iterable[bytes]) -> Iterator[Any]:
    for text in texts:
        try:
            yield json.loads(text)
        except (ValueError, RecursionError):
            continue


def _event(row: Any, config: str) -> Event | None:
    if not isinstance(row, dict) or row.get("configPath") != config:
        return None
    kind, time = row.get("event"), row.get("ts")
    if kind not in ("config.write", "config.external") or not isinstance(time, str):
        return None
    if kind == "config.write" and row.get("result") not in ("rename", "copy-fallback"):
        return None
    pid = row.get("pid")
    changed = row.get("changedPaths")
    command, path = _command(row.get("argv"))
    named = (
        [one for one in changed if isinstance(one, str)]
        if isinstance(changed, list)
        else [path]
        if path
        else []
    )
    return Event(
        time,
        kind == "config.external",
        _text(row.get("previousHash")),
        _text(row.get("nextHash")),
        command,
        pid if isinstance(pid, int) else None,
        tuple(named),
    )


def _command(argv: Any) -> tuple[str, str]:
    """The subcommand of an OpenClaw command line, and the path that a ``config set`` or ``unset`` names."""
    words = [word for word in argv if isinstance(word, str)] if isinstance(argv, list) else []
    start = next((i + 1 for i, word in enumerate(words) if "openclaw" in os.path.basename(word)), len(words))
    names: list[str] = []
    for word in words[start : start + 2]:
        if not _WORD.fullmatch(word):
            break
        names.append(word)
    path = (
        words[start + 2]
        if names in (["config", "set"], ["config", "unset"]) and len(words) > start + 2
        else ""
    )
    return " ".join(names), path if _PATH.fullmatch(path) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
