"""Which files are read, and what happens to those that can't be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.errors import ManifestError, ReconcilerError
from reconciler.manifest.limits import FILE_BYTES, PROBLEMS, TOTAL_BYTES
from reconciler.manifest.load import load_manifest

AGENT = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {{name: {}}}\nspec: {{}}\n"


def write(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(AGENT.format(name), encoding="utf-8")
    return path


def names(*paths: Path) -> list[str]:
    return [agent.name for agent in load_manifest([str(path) for path in paths]).agents]


def problem_codes(*paths: Path) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        load_manifest([str(path) for path in paths])
    return [problem.code for problem in caught.value.problems]


def test_a_folder_means_its_own_yaml_files_and_nothing_below_hidden_or_linked_from_outside(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "manifests"
    write(folder / "b.yaml", "b")
    write(folder / "a.yml", "a")
    write(folder / ".hidden.yaml", "hidden")
    write(folder / "notes.txt", "notes")
    write(folder / "examples" / "below.yaml", "below")
    write(folder / "folder.yaml" / "inner.yaml", "inner")
    (folder / "inside.yaml").symlink_to(folder / "b.yaml")
    (folder / "outside.yaml").symlink_to(write(tmp_path / "elsewhere.yaml", "outside"))
    manifest = load_manifest([str(folder)])
    assert [agent.name for agent in manifest.agents] == ["a", "b"]
    assert manifest.files == (str(folder / "a.yml"), str(folder / "b.yaml"))


def test_a_link_that_is_named_is_followed(tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(write(tmp_path / "real" / "a.yaml", "a"))
    assert names(link) == ["a"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", "a")
    assert names(file, tmp_path, tmp_path / "." / "a.yaml") == ["a"]


@pytest.mark.parametrize("missing", ["missing", "missing.yaml", "empty", "commented"])
def test_nothing_to_read_is_an_error_that_names_init(missing: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "commented").mkdir()
    (tmp_path / "commented" / "a.yaml").write_text("# nothing\n---\n# here\n", encoding="utf-8")
    with pytest.raises(ReconcilerError, match="no manifests") as caught:
        load_manifest([str(tmp_path / missing)])
    assert "reconciler init" in caught.value.remedy
    assert caught.value.exit_code == 1


def test_a_huge_file_is_refused_unread_and_the_others_are_still_checked(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    (tmp_path / "other.yaml").write_text("kind: Nonsense", encoding="utf-8")
    assert problem_codes(tmp_path) == ["too-large", "api-version", "unknown-kind"]


def test_many_files_are_bounded_together(tmp_path: Path) -> None:
    for index in range(TOTAL_BYTES // FILE_BYTES + 1):
        (tmp_path / f"{index}.yaml").write_text("#" * FILE_BYTES, encoding="utf-8")
    assert problem_codes(tmp_path) == ["too-large"]


def test_more_values_than_any_manifest_has_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    file.write_text("[" + "[]," * 600_000 + "]", encoding="utf-8")
    assert problem_codes(file) == ["too-large"]


def test_a_wrong_file_tells_a_bounded_number_of_problems(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("a: 1\n" * 10_000, encoding="utf-8")
    assert len(problem_codes(file)) <= PROBLEMS + 1
    assert "too-many-problems" in problem_codes(file)
    file.write_text("kind: Nonsense\n---\n" * 10_000, encoding="utf-8")
    assert len(problem_codes(file)) <= PROBLEMS + 2


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_without_a_crash(opening: str, tmp_path: Path) -> None:
    file = tmp_path / "deep.yaml"
    file.write_text(opening * 50_000, encoding="utf-8")
    assert problem_codes(file) in (["too-deep"], ["complex-key"])


def test_a_pipe_and_a_device_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert problem_codes(tmp_path) == ["not-a-file"]
    assert problem_codes(Path("/dev/zero")) == ["not-a-file"]


def test_an_encoding_other_than_utf8_is_refused_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("a: b\nc: \xe9".encode("latin-1"))
    assert problem_codes(file) == ["not-utf8"]
    file.write_bytes(AGENT.format("a").encode("utf-16"))
    assert problem_codes(file) == ["not-utf8"]


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + AGENT.format("a").replace("\n", "\r\n").encode())
    assert names(file) == ["a"]


def test_a_link_to_nowhere_is_a_problem_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "gone.yaml")
    assert problem_codes(tmp_path) == ["unreadable"]


def test_standard_input_is_read_as_a_file() -> None:
    code = "from reconciler.manifest.load import load_manifest; print(load_manifest(['-']).agents[0].name)"
    done = subprocess.run(
        [sys.executable, "-c", code], input=AGENT.format("piped"), capture_output=True, text=True, check=True
    )
    assert done.stdout == "piped\n"
