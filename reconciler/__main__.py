"""Entry point of the console script and of ``python -m reconciler``."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line; gives the exit code."""
    # Short-lived and allocation-heavy: the cyclic collector costs up to two thirds of the YAML time and frees nothing.
    gc.disable()
    if sys.argv[1:] in ([], ["--help"], ["-h"]):
        # Half of all calls of a new user; click alone would take three times as long as the interpreter.
        from reconciler.cli.commands import help_text

        sys.stdout.write(help_text())
        return 0
    from reconciler.cli.main import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
