"""An editor that knows no lock: it changes one value of a config, and saves by putting a new file in the old one's place.

A program of its own; it ends when standard input is closed, and prints what it did. A careful one: when somebody else saved
while it was writing, it notices and starts again from what they saved. So a change that gets lost is not its doing.
"""

from __future__ import annotations

import json
import os
import re
import select
import sys

from reconciler.files import exchange

COLOUR = re.compile(rb'seamColor"?: "#([0-9]{6})"')
PAUSE_SECONDS = 1.7


def main() -> None:
    """Edit the config that is named on the command line."""
    path = sys.argv[1]
    counts = {"edits": 0, "edits begun anew": 0}
    wrong: list[str] = []
    last = b"000000"
    while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
        before = _read(path)
        found = COLOUR.search(before)
        if found is None or found[1] != last:
            wrong.append(f"the edit {last!r} is lost: {found and found[1]!r}")
            break
        wanted = f"{counts['edits'] + 1:06d}".encode()
        if _save(path, before, before[: found.start(1)] + wanted + before[found.end(1) :]):
            counts["edits"] += 1
            last = wanted
        else:
            counts["edits begun anew"] += 1
    if not wrong and last not in _read(path):
        wrong.append(f"the last edit {last!r} is lost")
    json.dump({"counts": counts, "wrong": wrong}, sys.stdout)


def _save(path: str, before: bytes, after: bytes) -> bool:
    draft = f"{path}.draft"
    with open(draft, "wb") as file:
        file.write(after)
    os.chmod(draft, 0o600)
    try:
        if _read(path) != before:
            return False
        assert exchange(draft, path)
        if _read(draft) == before:
            return True
        assert exchange(draft, path)
        return False
    finally:
        os.unlink(draft)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    main()
