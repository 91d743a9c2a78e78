"""Entry point of the console script and of ``python -m reconciler``."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

from reconciler.cli.streams import show, steady, take_loss, tell


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    # Short-lived and allocation-heavy: the cyclic collector costs up to two thirds of the YAML time and frees nothing.
    gc.disable()
    try:
        steady()
        code = _told(_run())
    except KeyboardInterrupt:
        code = 130
    # Taking thousands of objects apart one by one is a tenth of a plan; the system takes them at once.
    os._exit(code)


def _run() -> int:
    if sys.argv[1:] in ([], ["--help"], ["-h"]) and "_RECONCILER_COMPLETE" not in os.environ:
        return _help()
    from reconciler.cli.main import run

    return run()


def _help() -> int:
    """Half of all calls of a new user; click alone would take three times as long as the interpreter."""
    from reconciler.cli.commands import help_text

    show(help_text())
    return 0


def _told(code: int) -> int:
    """The exit code of a command that ended with ``code``: no success when its result is lost."""
    why = take_loss()
    if why:
        tell(f"error: the result can't be printed: {why}")
    return code or int(bool(why))


if __name__ == "__main__":
    main()
