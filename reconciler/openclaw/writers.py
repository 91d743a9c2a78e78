"""Who may have written the config last: file times, OpenClaw's own marks and its audit log. Hints, not proof."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from reconciler.values import lookup

if TYPE_CHECKING:
    from reconciler.openclaw.config import Config
    from reconciler.openclaw.paths import Paths

_TAIL_BYTES = 64 << 10


def suspects(paths: Paths, config: Config) -> tuple[str, ...]:
    """What is known about the last writes, a sentence each."""
    hints = []
    for path in sorted(config.files):
        written = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(os.stat(path).st_mtime))
        hints.append(f"{paths.display(path)} was last written {written}")
    release = lookup(config.value, ("meta", "lastTouchedVersion"))
    touched = lookup(config.value, ("meta", "lastTouchedAt"))
    if isinstance(release, str):
        when = f", {touched}" if isinstance(touched, str) else ""
        hints.append(f"OpenClaw's own last write was by release {release}{when}")
    # Up to 2026.7.1 OpenClaw keeps its audit events in this file, later in its state database.
    event = _last_event(os.path.join(paths.state_dir, "logs", "config-audit.jsonl"))
    if event:
        hints.append(f"OpenClaw's audit log ends with: {event}")
    return tuple(hints)


def _last_event(path: str) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            event = json.loads(file.read().splitlines()[-1])
    except (OSError, ValueError, IndexError):
        return ""
    if not isinstance(event, dict):
        return ""
    parts = (event.get("ts"), event.get("event"), event.get("source"))
    return " ".join(part[:80] for part in parts if isinstance(part, str))
