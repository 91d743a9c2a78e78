"""Entry point of the console script and of ``python -m reconciler``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; gives the exit code."""
    from reconciler.cli.main import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
