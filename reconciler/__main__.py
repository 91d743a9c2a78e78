"""Entry point of the console script and of ``python -m reconciler``."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    # Short-lived and allocation-heavy: the cyclic collector costs up to two thirds of the YAML time and frees nothing.
    gc.disable()
    try:
        code = _run()
        sys.stderr.flush()
    except KeyboardInterrupt:
        code = 130
    # Taking thousands of objects apart one by one is a tenth of a plan; the system takes them at once.
    os._exit(code)


def _run() -> int:
    # A stream that the caller has closed is None.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - lives as long as the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    if sys.argv[1:] in ([], ["--help"], ["-h"]):
        return _help()
    from reconciler.cli.main import run

    return run()


def _help() -> int:
    """Half of all calls of a new user; click alone would take three times as long as the interpreter."""
    from reconciler.cli.commands import help_text

    try:
        sys.stdout.write(help_text())
        sys.stdout.flush()
    except OSError as error:
        sys.stderr.write(f"error: the help can't be printed: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    main()
