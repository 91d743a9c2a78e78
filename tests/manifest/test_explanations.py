"""The explained problem codes: complete, and each example does what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ManifestError
from reconciler.manifest.explanations import Explanation, explanations
from reconciler.manifest.load import load_manifest
from reconciler.manifest.rules import RULES

if TYPE_CHECKING:
    from pathlib import Path

ALL = explanations()


def codes(path: Path, text: str) -> set[str]:
    file = path / "manifest.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load_manifest([str(file)], strict=True)
    except ManifestError as error:
        return {problem.code for problem in error.problems}
    return set()


@pytest.mark.parametrize("explanation", [one for one in ALL if one.bad], ids=lambda one: one.code)
def test_the_bad_example_has_the_problem_and_no_other(explanation: Explanation, tmp_path: Path) -> None:
    assert codes(tmp_path, explanation.bad) == {explanation.code}


@pytest.mark.parametrize("explanation", [one for one in ALL if one.good], ids=lambda one: one.code)
def test_the_good_example_has_no_problem_at_all(explanation: Explanation, tmp_path: Path) -> None:
    assert codes(tmp_path, explanation.good) == set()


def test_every_rule_is_explained_once_and_shown_both_ways() -> None:
    explained = {one.code: one for one in ALL}
    assert len(explained) == len(ALL)
    for rule in RULES:
        assert explained[rule.code].bad
        assert explained[rule.code].good
        assert explained[rule.code].severity == rule.severity
