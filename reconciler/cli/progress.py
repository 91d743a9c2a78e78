"""Progress on standard error: one line that rewrites itself on a terminal, plain lines elsewhere, nothing for what is quick."""

from __future__ import annotations

import threading
from typing import TextIO

PATIENCE_SECONDS = 0.4


class Progress:
    """Call it with what is being done; the line shows when that takes longer than a moment."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._timer: threading.Timer | None = None
        self._shown = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def __call__(self, message: str) -> None:
        """Say what is being done from now on."""
        self.clear()
        self._timer = threading.Timer(PATIENCE_SECONDS, self._show, (message,))
        self._timer.daemon = True
        self._timer.start()

    def clear(self) -> None:
        """Take the line away."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None
        if self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._stream.flush()
            self._shown = 0

    def _show(self, message: str) -> None:
        text = f"{message} …"
        self._stream.write(text if self._live else text + "\n")
        self._stream.flush()
        self._shown = len(text) if self._live else 0
