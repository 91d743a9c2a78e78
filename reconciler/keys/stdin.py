"""Keys from the reconciler's own standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reconciler.errors import KeySourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_BYTES = 64 << 10


def read_stdin(_: bool, environ: Mapping[str, str]) -> str:  # noqa: ARG001 - the readers' shape
    """The first line of standard input.

    Raises:
        KeySourceError: it is a terminal, closed, or no text.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise KeySourceError(
            "the key is to come from standard input, and nothing is piped in",
            remedy="pipe it in: `secret-tool … | reconciler apply --yes`",
        )
    try:
        return sys.stdin.buffer.readline(_MAX_BYTES).decode()
    except UnicodeDecodeError:
        raise KeySourceError(
            "what came in on standard input is no text", remedy="pipe in the key alone"
        ) from None
