"""Each folder or file in ``bad/`` and, beside it as ``.txt``, what its author is told.

``RECONCILER_UPDATE_GOLDEN=1`` writes the texts anew, to be read before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.errors import ManifestError
from reconciler.manifest.load import load_manifest

BAD = Path(__file__).parent / "bad"
CASES = sorted(path.name for path in BAD.iterdir() if path.suffix != ".txt")


def told(case: str, monkeypatch: pytest.MonkeyPatch) -> ManifestError:
    monkeypatch.chdir(BAD)
    with pytest.raises(ManifestError) as caught:
        load_manifest([case])
    return caught.value


@pytest.mark.parametrize("case", CASES)
def test_every_problem_is_told_at_once_with_its_place_and_a_remedy(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = told(case, monkeypatch)
    golden = (BAD / case).with_suffix(".txt")
    if os.environ.get("RECONCILER_UPDATE_GOLDEN"):
        golden.write_text(f"{error}\n", encoding="utf-8")
    assert f"{error}\n" == golden.read_text(encoding="utf-8")
    assert error.exit_code == 1


@pytest.mark.parametrize("case", CASES)
def test_no_message_shows_a_schema_or_a_secret_or_lacks_a_remedy(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = told(case, monkeypatch)
    text = str(error)
    assert "SENTINEL" not in text
    assert not any(
        word in text for word in ("$defs", "properties", "msgspec", "jsonschema", "Expected", "\x1b")
    )
    assert all(problem.remedy and problem.location.line for problem in error.problems)
