"""``python -m tests.fuzz SECONDS``: every fuzz and property test again and again with new seeds, until the time is up."""

from __future__ import annotations

import random
import resource
import sys
import time
from pathlib import Path

import pytest

SUITES = ("fuzz", "json5", "manifest/test_manifest_properties.py", "report/test_properties.py")
MEMORY = 4 << 30  # bytes; whatever needs more is a finding


def main(seconds: float) -> int:
    """Run rounds; gives the exit code of the first that fails, else 0."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    tests = Path(__file__).parents[1]
    deadline, rounds, code = time.monotonic() + seconds, 0, 0
    while time.monotonic() < deadline and not code:
        seed = random.SystemRandom().randrange(2**32)
        code = pytest.main(
            ["-q", "-x", f"--hypothesis-seed={seed}", *(str(tests / suite) for suite in SUITES)]
        )
        rounds += 1
    sys.stdout.write(f"{rounds} rounds\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
