"""``just bench``: what a command costs, as ratios within one run.

Machines drift and differ, so no figure stands alone: every command is run in turn with a bare interpreter
(``python -I -c pass``), and one big config also with OpenClaw's own ``openclaw config validate``. Prints a Markdown table:
the median of the pairwise ratios, wall time, and the largest resident memory of the process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.workload import Workload, build
from tests.openclaw.install import RELEASES, Release, install

if TYPE_CHECKING:
    import resource

ROUNDS = 15
# Size of the config in KB, and models in it and in the manifest.
SIZES = ((2, 10), (50, 100), (200, 500), (1000, 2000), (1800, 5000))


@dataclass(frozen=True)
class Run:
    """One finished process."""

    seconds: float
    peak_mb: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="counted runs of each command")
    rounds = parser.parse_args().rounds
    release = install(RELEASES[-1])
    bare = [sys.executable, "-I", "-c", "pass"]
    reconciler = [str(Path(sys.executable).with_name("reconciler"))]
    print(f"| command | config | models | x bare interpreter | wall ms | peak MB |\n|{'---|' * 6}")
    row("`--help`", "", "", bare, [*reconciler, "--help"], {}, rounds)
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        for kilobytes, models in SIZES:
            load = build(Path(folder) / f"{kilobytes}-{models}", kilobytes, models)
            size, count = f"{load.config.stat().st_size / 1000:.0f} KB", f"{models:,}"
            plan = [*reconciler, "plan", "-f", str(load.manifests)]
            quiet = row("plan, no change", size, count, bare, plan, load.environ, rounds)
            row(
                "plan, every model changed",
                size,
                count,
                bare,
                [*plan[:-1], str(load.changed)],
                load.environ,
                rounds,
            )
            if kilobytes == 200:
                against_openclaw(load, release, plan, quiet, rounds)


def against_openclaw(load: Workload, release: Release, plan: list[str], quiet: float, rounds: int) -> None:
    """One row for OpenClaw's own validation of the same file, paired with our plan of it."""
    validate = [str(release.node.program), str(release.entry), "config", "validate", "--json"]
    pairs = [
        (measure(plan, load.environ), measure(validate, load.environ)) for _ in range(max(3, rounds // 5))
    ]
    ratio = statistics.median(theirs.seconds / ours.seconds for ours, theirs in pairs)
    wall = statistics.median(theirs.seconds for _, theirs in pairs) * 1000
    peak = max(theirs.peak_mb for _, theirs in pairs)
    bare = quiet * ratio
    print(
        f"| `openclaw config validate` ({ratio:.0f}x that plan) | same | same | {bare:.0f} | {wall:.0f} | {peak:.0f} |"
    )


def row(
    name: str,
    size: str,
    models: str,
    bare: list[str],
    command: list[str],
    environ: dict[str, str],
    rounds: int,
) -> float:
    """Measure one command against the bare interpreter, print its row, give the ratio."""
    measure(command, environ)
    pairs = [(measure(bare, {}), measure(command, environ)) for _ in range(rounds)]
    ratio = statistics.median(own.seconds / base.seconds for base, own in pairs)
    wall = statistics.median(own.seconds for _, own in pairs) * 1000
    peak = max(own.peak_mb for _, own in pairs)
    print(f"| {name} | {size} | {models} | {ratio:.1f} | {wall:.0f} | {peak:.0f} |", flush=True)
    return ratio


def measure(command: list[str], environ: dict[str, str]) -> Run:
    """Run a command to its end, its output thrown away."""
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, {**environ, "LANG": "C.UTF-8"}, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    os.close(null)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return Run(seconds, _peak(usage))


def _peak(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / 1000


if __name__ == "__main__":
    main()
