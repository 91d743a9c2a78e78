"""Bad input: a clear message that says where and what to do, the right exit code, and nothing changed."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.core.desk import AGENT, CONFIG, PROVIDER, Desk

if TYPE_CHECKING:
    from collections.abc import Callable

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def _no_manifests(desk: Desk) -> None:
    shutil.rmtree(desk.manifests)


def _huge_manifest(desk: Desk) -> None:
    with (desk.manifests / "huge.yaml").open("wb") as file:
        file.truncate(50_000_000)


def _config_is_a_folder(desk: Desk) -> None:
    desk.config.unlink()
    desk.config.mkdir()


def _config_is_a_link(desk: Desk) -> None:
    real = desk.folder / "elsewhere.json"
    desk.config.rename(real)
    desk.config.symlink_to(real)


def _config_is_a_pipe(desk: Desk) -> None:
    desk.config.unlink()
    os.mkfifo(desk.config)


def _huge_config(desk: Desk) -> None:
    with desk.config.open("ab") as file:
        file.truncate(50_000_000)


def _no_openclaw(desk: Desk) -> None:
    shutil.rmtree(desk.state)


def declares(text: str, name: str = "more.yaml") -> Callable[[Desk], None]:
    return lambda desk: desk.declare(name, text)


def holds(text: str) -> Callable[[Desk], None]:
    return lambda desk: desk.write(text)


CASES: dict[str, tuple[Callable[[Desk], None], str, str]] = {
    "no manifests": (_no_manifests, "manifests", "reconciler init"),
    "tabs": (declares("a:\n\tb: 1\n"), "more.yaml:2:1", "tab"),
    "duplicate key": (
        declares(PROVIDER.replace("spec:", "spec:\n  site: cn"), "provider.yaml"),
        "provider.yaml:6:3",
        "line 5",
    ),
    "alias bomb": (declares(BOMB), "more.yaml", "alias"),
    "50 MB manifest": (_huge_manifest, "huge.yaml", "4 MiB"),
    "unknown field": (
        declares(PROVIDER.replace("site:", "sight:"), "provider.yaml"),
        "provider.yaml:5:3",
        "site",
    ),
    "two providers of one name": (declares(PROVIDER), "more.yaml:3", "provider.yaml:3"),
    "alias used twice": (
        declares(
            PROVIDER.replace("alias: deep}", "alias: deep}\n    - {id: x/y, alias: Deep}"), "provider.yaml"
        ),
        "provider.yaml:9",
        "alias",
    ),
    "fallback that nobody declares": (
        declares(AGENT.replace("fallbacks: []", "fallbacks: [siliconflow/no/such]"), "agent.yaml"),
        "agent.yaml:5",
        "no/such",
    ),
    "prefix in a model id": (
        declares(PROVIDER.replace("id: deepseek", "id: siliconflow/deepseek"), "provider.yaml"),
        "provider.yaml:8",
        "siliconflow/",
    ),
    "config that is not JSON5": (holds("{ a: 1,, }"), "openclaw.json:1:8", "JSON5"),
    "config that is a list": (holds("[]"), "openclaw.json", "object"),
    "text where providers belong": (
        holds('{ models: { providers: "" } }'),
        "openclaw.json:1:24",
        "models.providers is no place",
    ),
    "null where agents belong": (
        holds("{\n  agents: null }"),
        "openclaw.json:2:11",
        "an object belongs there",
    ),
    "an object where models belong": (
        holds("{ models: { providers: { siliconflow: { models: {} } } } }"),
        "openclaw.json:1:49",
        "a list belongs there",
    ),
    "include of a number": (holds("{ models: { $include: 7 } }"), "openclaw.json", "$include names no file"),
    "config that is a folder": (_config_is_a_folder, "openclaw.json", "folder"),
    "config that is a link": (_config_is_a_link, "openclaw.json", "--config"),
    "config that is a pipe": (_config_is_a_pipe, "openclaw.json", "regular file"),
    "50 MB config": (_huge_config, "openclaw.json", "bytes"),
    "no OpenClaw": (_no_openclaw, ".openclaw", "openclaw onboard"),
}


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes", "--skip-health")], ids=["plan", "apply"])
@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_told_with_its_place_and_changes_nothing(
    desk: Desk, case: str, command: tuple[str, ...]
) -> None:
    spoil, place, hint = CASES[case]
    spoil(desk)
    before = desk.tree()
    done = desk.run(*command)
    assert done.returncode == 1, done.stdout + done.stderr
    assert place in done.stderr
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert desk.tree() == before


# Root may read and write everything; without these capabilities it is bound by permissions like everybody.
BOUND = (
    ("/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
    if os.geteuid() == 0
    else ()
)


def test_an_unreadable_config_is_told(desk: Desk) -> None:
    desk.config.chmod(0o000)
    done = desk.run("plan", prefix=BOUND)
    assert done.returncode == 1
    assert "openclaw.json" in done.stderr
    assert "Permission denied" in done.stderr


def test_a_target_that_cannot_be_written_is_told_and_left(desk: Desk) -> None:
    desk.state.chmod(0o555)
    before = desk.tree()
    done = desk.run("apply", "--yes", "--skip-health", prefix=BOUND)
    assert done.returncode == 1, done.stdout + done.stderr
    assert str(desk.state) in done.stderr
    assert desk.tree() == before


def test_a_journal_that_can_be_written_beside_a_config_that_cannot_changes_nothing(desk: Desk) -> None:
    desk.apply()
    desk.write(CONFIG)
    desk.state.chmod(0o555)
    done = desk.run("apply", "--yes", "--skip-health", prefix=BOUND)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Permission denied" in done.stderr
    assert desk.read() == CONFIG


def test_a_full_disk_leaves_the_config_whole(desk: Desk) -> None:
    """A file-size limit stands in for the disk: every write beyond it fails with an error, as on a full disk."""
    desk.apply()
    desk.write(CONFIG + "// " + "x" * 40_000 + "\n")
    before = desk.read()
    limited = (
        "import resource, signal, os, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); os.execv(sys.argv[1], sys.argv[1:])"
    )
    done = desk.run(
        "apply",
        "--yes",
        "--skip-health",
        prefix=("/usr/bin/env", "python3", "-c", limited),
        PATH="/usr/bin:/bin",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "File too large" in done.stderr
    assert desk.read() == before
    desk.apply()
    assert desk.run("plan", "--exit-code").returncode == 0


def test_a_config_that_nix_owns_is_refused(desk: Desk) -> None:
    done = desk.run("apply", "--yes", "--skip-health", OPENCLAW_NIX_MODE="1")
    assert done.returncode == 3
    assert "Nix" in done.stderr
    assert desk.read() == CONFIG
    assert desk.run("plan", OPENCLAW_NIX_MODE="1").returncode == 0


def test_nobody_to_ask_is_a_usage_error(desk: Desk) -> None:
    done = desk.run("apply", "--skip-health")
    assert (done.returncode, desk.read()) == (64, CONFIG)
    assert "--yes" in done.stderr
