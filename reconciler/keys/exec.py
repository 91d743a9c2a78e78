"""Keys that a program prints, such as a password store's command line; no shell is involved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import KeySourceError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

TIME_LIMIT = 30.0  # seconds
OUTPUT_LIMIT = 64 << 10  # bytes


def read_exec(command: Sequence[str], environ: Mapping[str, str], *, time_limit: float = TIME_LIMIT) -> str:
    """What ``command`` prints. Its standard error is dropped: it may repeat the key.

    Args:
        time_limit: seconds until it is ended, with all that it started.

    Raises:
        KeySourceError: it can't be started, takes too long, prints too much or no text, or fails.
    """
    import subprocess

    try:
        process = subprocess.Popen(  # noqa: S603 - named by the manifest, allowed by the operator, no shell
            list(command),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a program's name has no such characters"
        raise _failed(command, f"can't be started: {reason}") from None
    with process:
        try:
            data = _output(process, time_limit)
        finally:
            _end(process)
    if data is None:
        raise _failed(command, f"gave no answer in {time_limit:.0f} seconds")
    if len(data) > OUTPUT_LIMIT:
        raise _failed(command, f"printed more than {OUTPUT_LIMIT} bytes")
    if process.returncode != 0:
        raise _failed(command, f"ended with {process.returncode}")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _failed(command, "printed something that is no text") from None


def _output(process: subprocess.Popen[bytes], time_limit: float) -> bytes | None:
    """All that the program prints until it ends, or one byte more than is allowed; None when time is up."""
    import os
    import select
    import subprocess
    import time

    assert process.stdout is not None  # noqa: S101 - for mypy: it was started with a pipe
    pipe = process.stdout.fileno()
    deadline = time.monotonic() + time_limit
    data = b""
    while len(data) <= OUTPUT_LIMIT:
        if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return None
        chunk = os.read(pipe, OUTPUT_LIMIT + 1 - len(data))
        if not chunk:
            break
        data += chunk
    else:
        return data
    try:
        process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None
    return data


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started, if any of it still runs: they are one process group."""
    import contextlib
    import os
    import signal

    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _failed(command: Sequence[str], what: str) -> KeySourceError:
    return KeySourceError(
        f"the program that gives the key {what}",
        where=command[0],
        remedy="run it by hand as the same user; it must print the key and nothing else",
    )
