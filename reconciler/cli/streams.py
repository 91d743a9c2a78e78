"""The standard streams of this program: writing to them never fails, whatever their encoding and whoever reads them.

What is printed tells of the work and isn't the work: a full disk, a reader that has gone or a letter that the encoding lacks
must not end an apply halfway. What couldn't be written is asked for afterwards, with `take_loss`.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ESCAPE = "reconciler-escape"
# Readers of these forms expect UTF-8, so what isn't ASCII is spelled out where the stream says something else.
_SPELLED_OUT = {"json": _ESCAPE, "html": "xmlcharrefreplace"}


class _Steady(io.FileIO):
    """A file descriptor that takes everything; after a failure nothing more is written."""

    failure: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        size = memoryview(data).nbytes
        if self.failure is not None:
            return size
        try:
            written = super().write(data)
            while written is None:
                # Somebody at the other end made the pipe non-blocking, as Node does.
                self._wait()
                written = super().write(data)
        except OSError as error:
            self.failure = error
            return size
        return written

    def _wait(self) -> None:
        from select import select

        select([], [self], [])


def steady() -> None:
    """Put streams that never fail in place of the standard ones; one that the caller has closed is as good as /dev/null."""
    codecs.register_error(_ESCAPE, _escaped)
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        stream: io.TextIOWrapper | None = getattr(sys, name)
        if stream is None:
            # The lowest free descriptor is this one: those below are open by now.
            os.open(os.devnull, os.O_RDWR)
        encoding = stream.encoding if stream else "utf-8"
        if descriptor == 0:
            sys.stdin = stream or open(0, encoding=encoding, closefd=False)  # noqa: SIM115 - lives as long as the process
            continue
        buffer = io.BufferedWriter(_Steady(descriptor, "wb", closefd=False))
        lines = descriptor == 2 or buffer.isatty()
        setattr(sys, name, io.TextIOWrapper(buffer, encoding, _ESCAPE, line_buffering=lines))


def show(text: str, form: str = "text") -> None:
    """Print a result to standard output, with one line end at its end.

    Args:
        form: ``text``, ``markdown``, ``json`` or ``html``.
    """
    if form in _SPELLED_OUT and not _is_utf8(sys.stdout):
        text = text.encode("ascii", _SPELLED_OUT[form]).decode()
    sys.stdout.write(text.rstrip("\n") + "\n")
    sys.stdout.flush()


def tell(text: str) -> None:
    """Print what isn't the result to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def ask(question: str) -> str | None:
    """Put a question on standard error; gives the line that comes in, and None at the end of the input."""
    sys.stderr.write(question)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        tell("")
    return answer.strip() if answer else None


def loss(stream: TextIO) -> OSError | None:
    """What kept something that was printed to ``stream`` from being written."""
    raw = _raw(stream)
    return raw.failure if raw else None


def take_loss() -> str:
    """Why the result on standard output is not complete; empty when it is, when nobody waits for the rest, and when asked again."""
    raw = _raw(sys.stdout)
    failure = raw.failure if raw else None
    if raw is None or failure is None or failure.errno == errno.EPIPE:
        return ""
    raw.failure = OSError(errno.EPIPE, "already told")
    return failure.strerror or str(failure)


def _is_utf8(stream: TextIO) -> bool:
    return codecs.lookup(stream.encoding or "utf-8").name == "utf-8"


def _raw(stream: TextIO) -> _Steady | None:
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, _Steady) else None


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """The escapes of what an encoding lacks, as JSON has them: they are right in JSON, and readable elsewhere."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs), error.end
