"""Where the reconciler reads a key: each source gives the key alone, or says why not and never what."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET

from reconciler.errors import KeySourceError
from reconciler.keys import Keyring, describe, key_origin
from reconciler.keys.exec import read_exec
from reconciler.manifest.model import Key, KeyOrigin, KeyringItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.secret import Secret

KEY = "sk-sentinel-aabbccddeeff001122"


def prints(code: str) -> KeyOrigin:
    """An origin whose program runs ``code``."""
    return KeyOrigin(exec=[sys.executable, "-I", "-c", code])


def read_key(origin: KeyOrigin, environ: Mapping[str, str] | None = None) -> Secret:
    """The key, by an operator who lets programs run."""
    return Keyring(environ or {}, allow_exec=True).read(origin)


def refused(origin: KeyOrigin, *, allow_exec: bool = True) -> str:
    """What is said when the key can't be read."""
    with pytest.raises(KeySourceError) as caught:
        Keyring({}, allow_exec=allow_exec).read(origin)
    told = str(caught.value)
    assert caught.value.remedy
    assert KEY not in told + repr(caught.value.__cause__)
    return told


def key_file(folder: Path, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_text(f"{KEY}\n", encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_variable_gives_its_value_without_the_newline() -> None:
    assert read_key(KeyOrigin(env="A"), {"A": f" {KEY}\n"}).reveal() == KEY


def test_a_private_file_gives_the_key(tmp_path: Path) -> None:
    assert read_key(KeyOrigin(file=str(key_file(tmp_path)))).reveal() == KEY


def test_a_file_below_the_home_folder_is_found(tmp_path: Path) -> None:
    key_file(tmp_path)
    assert read_key(KeyOrigin(file="~/key"), {"HOME": str(tmp_path)}).reveal() == KEY


def test_a_file_open_to_others_is_refused_with_the_command_that_closes_it(tmp_path: Path) -> None:
    assert "chmod 600" in refused(KeyOrigin(file=str(key_file(tmp_path, 0o640))))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    os.chown(path, 12345, -1)
    assert "12345" in refused(KeyOrigin(file=str(path)))


@pytest.mark.parametrize("kind", ["folder", "fifo", "missing", "huge", "bytes"])
def test_what_is_no_key_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir(mode=0o700)
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    elif kind != "missing":
        path.write_bytes(b"x" * 70_000 if kind == "huge" else b"\xff\xfe")
        path.chmod(0o600)
    refused(KeyOrigin(file=str(path)))


def test_a_program_gives_what_it_prints() -> None:
    assert read_key(prints(f"print('{KEY}')")).reveal() == KEY


def test_no_program_runs_unless_the_operator_allows_it(tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    told = refused(prints(f"open({str(proof)!r}, 'w')"), allow_exec=False)
    assert "--allow-exec" in told
    assert not proof.exists()


def test_a_command_reads_each_source_once_and_all_that_ask_get_that_key(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    origin = prints(f"file = open({str(runs)!r}, 'a'); file.write('x'); print('sk-', file.tell(), sep='')")
    keyring = Keyring({}, allow_exec=True)
    assert {keyring.read(origin).reveal() for _ in range(3)} == {"sk-1"}
    failing = prints(f"open({str(runs)!r}, 'a').write('x')")
    for _ in range(2):
        with pytest.raises(KeySourceError, match="no key"):
            keyring.read(failing)
    assert runs.read_text() == "xx"


def test_no_shell_sees_the_arguments(tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    origin = KeyOrigin(
        exec=[sys.executable, "-I", "-c", "import sys; print(len(sys.argv[1]))", f"$(touch {proof})"]
    )
    assert read_key(origin).reveal() == str(len(f"$(touch {proof})"))
    assert not proof.exists()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (f"import sys; sys.stderr.write('{KEY}'); sys.exit(3)", "ended with 3"),
        (f"print('{KEY}' * 9999)", "more than"),
        ("import os; os.write(1, bytes([255]))", "no text"),
        ("pass", "no key"),
        (f"print('{KEY} and more')", "spaces"),
    ],
)
def test_a_program_that_fails_is_told_without_its_output(code: str, says: str) -> None:
    assert says in refused(prints(code))


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    child = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {child!r}])"
    with pytest.raises(KeySourceError, match="no answer"):
        read_exec([sys.executable, "-I", "-c", code], {}, time_limit=1.5)
    if pid_file.exists() and pid_file.read_text():
        status = Path("/proc", pid_file.read_text(), "stat")
        deadline = time.monotonic() + 20
        while status.exists() and status.read_text().split()[2] != "Z" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not status.exists() or status.read_text().split()[2] == "Z"


def test_a_missing_program_is_named() -> None:
    assert "/no/such/program" in refused(KeyOrigin(exec=["/no/such/program"]))


def test_a_keyring_that_has_nothing_is_told() -> None:
    told = refused(KeyOrigin(keyring=KeyringItem(service="siliconflow", username="ops")))
    assert "keyring" in told


def test_every_source_can_be_named_without_its_value() -> None:
    origins: list[KeyOrigin] = [
        KeyOrigin(env="A"),
        KeyOrigin(file="/k"),
        KeyOrigin(exec=["/bin/p", KEY]),
        KeyOrigin(keyring=KeyringItem(service="s", username="u")),
        KeyOrigin(stdin=True),
    ]
    assert all(describe(origin) and KEY not in describe(origin) for origin in origins)


@pytest.mark.parametrize(
    ("said", "origin"),
    [
        ({"env": "A"}, KeyOrigin(env="A")),
        ({"inline": "A"}, KeyOrigin(env="A")),
        ({"store": "A"}, KeyOrigin(env="A")),
        ({"file": "/k"}, KeyOrigin(file="/k")),
        ({"exec": ["/p"]}, KeyOrigin(exec=["/p"])),
        ({"profile": "default", "env": "A"}, KeyOrigin(env="A")),
        ({"profile": "default"}, KeyOrigin(env=UNSET)),
        ({"env": "A", "from_": KeyOrigin(file="/k")}, KeyOrigin(file="/k")),
    ],
)
def test_a_key_is_read_where_openclaw_reads_it_unless_said_otherwise(
    said: dict[str, Any], origin: KeyOrigin
) -> None:
    assert key_origin(Key(**said)) == origin
