"""``just releases``: installs stable OpenClaw releases one by one, tries each stage on it, and prints a Markdown table.

``python -m tests.releases [--last-of-month] [VERSION...]``; without a version every stable one since 2026.3. What wasn't in the cache
before is removed again, so one or two releases (350 to 650 MB each) lie on the disk at a time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.openclaw.install import InstallError, Release, cache_folder, find_node, install, numbers
from tests.openclaw.sandbox import SandboxError
from tests.releases.home import WrongError
from tests.releases.stages import NOT_TRIED, SAID_NO, STAGES

OLDEST = (2026, 3)
HEADER = f"| release | {' | '.join(STAGES)} | remarks |"


def main() -> int:
    """Try and print; ends with 1 when a stage went wrong anywhere."""
    parser = argparse.ArgumentParser(prog="python -m tests.releases", description=__doc__)
    parser.add_argument("--last-of-month", action="store_true", help="only the last release of each month")
    parser.add_argument("versions", nargs="*", metavar="VERSION")
    asked = parser.parse_args()
    versions = sorted(asked.versions, key=numbers) or stable_versions()
    if asked.last_of_month:
        versions = list({numbers(version)[:2]: version for version in versions}.values())
    print(f"{HEADER}\n|{'---|' * (len(STAGES) + 2)}", flush=True)
    cached = {path.name for path in cache_folder().glob("2026.*")}
    previous = _newest_before(versions[0], cached)
    wrong = False
    for version in versions:
        try:
            release = install(version)
        except InstallError as error:
            print(f"| {version} |{' |' * len(STAGES)} not installed: {_line(error)} |", flush=True)
            wrong = True
            continue
        wrong = not _try(release, previous) or wrong
        if previous is not None and previous.version not in cached:
            shutil.rmtree(previous.folder)
        previous = release
    if previous is not None and previous.version not in cached:
        shutil.rmtree(previous.folder)
    return int(wrong)


def stable_versions() -> list[str]:
    """Every release since 2026.3 that npm lists and that is no preview, oldest first."""
    node = find_node()
    command: list[str | Path] = [node.program, node.npm_cli, "view", "openclaw", "versions", "--json"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    stable = [name for name in listed if name.replace(".", "").isdecimal() and numbers(name) >= OLDEST]
    return sorted(stable, key=numbers)


def _newest_before(version: str, cached: set[str]) -> Release | None:
    older = [name for name in cached if numbers(name) < numbers(version)]
    return install(max(older, key=numbers)) if older else None


def _try(release: Release, previous: Release | None) -> bool:
    """Try every stage and print the row; whether all went well."""
    cells, remarks = [], []
    for name, stage in STAGES.items():
        with tempfile.TemporaryDirectory(prefix="reconciler-releases-", ignore_cleanup_errors=True) as folder:
            try:
                said = stage(release, Path(folder), previous)
                whole = said in (SAID_NO, NOT_TRIED)
                cells.append(said if whole else "ok")
                remark = "" if whole else said
            except (WrongError, SandboxError) as error:
                cells.append("**wrong**")
                remark = _line(error)
        if remark:
            remarks.append(f"{name}: {remark}")
        print(f"{release.version} {name}: {cells[-1]} {remark}", file=sys.stderr, flush=True)
    if previous is not None:
        cells[-1] = f"{cells[-1]}, from {previous.version}"
    print(f"| {release.version} | {' | '.join(cells)} | {'; '.join(remarks)} |", flush=True)
    return not any("wrong" in cell for cell in cells)


def _line(error: Exception) -> str:
    """Its message in one line of a table."""
    return " ".join(str(error).split())[:400].replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
