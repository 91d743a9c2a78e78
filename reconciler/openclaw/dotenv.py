"""The ``.env`` files that OpenClaw reads at its start, for the few variables that somebody asks about."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from reconciler.files import read_regular
from reconciler.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reconciler.openclaw.paths import Paths

MAX_BYTES = 1 << 20

# Compiled when a file is there, because every plan imports this module.
_LINE = r"""^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=[ \t]*("(?:\\.|[^"\\])*"|'[^']*'|`[^`]*`|[^\n#]*)"""


def dotenv_files(paths: Paths) -> tuple[str, ...]:
    """The files by rank; the first that has a variable gives it.

    The ``.env`` of the folder that the gateway was started in comes before them; which one that is, nobody can tell from
    outside. Source: turns on 2026.4.15, 6.11 and 9.6. A state folder of its own leaves the last one out (their code).
    """
    own = os.path.join(paths.state_dir, ".env")
    if paths.state_dir != os.path.join(paths.home, ".openclaw"):
        return (own,)
    return own, os.path.join(paths.home, ".config", "openclaw", "gateway.env")


def read_dotenv(path: str, names: Collection[str] | None = None) -> Mapping[str, Secret]:
    """Those of ``names`` that the file sets, or all, the last line of each; empty where there is no file.

    Raises:
        OSError: it is there and can't be read, or is too large.
        ValueError: it is no text.
    """
    try:
        data = read_regular(path, MAX_BYTES)
    except FileNotFoundError:
        return {}
    found = re.findall(_LINE, data.decode("utf-8-sig").replace("\r\n", "\n"), re.MULTILINE)
    return {name: Secret(_value(value)) for name, value in found if names is None or name in names}


def _value(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'`":
        return text[1:-1]
    return text
