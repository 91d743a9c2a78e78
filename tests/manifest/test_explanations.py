"""The explained problem codes: complete, and each example does what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.desired.compile import Context, compile_manifest
from reconciler.edits import Edit, put
from reconciler.errors import ManifestError
from reconciler.manifest.explanations import Explanation, explanations
from reconciler.manifest.load import load_manifest
from reconciler.manifest.rules import RULES
from reconciler.openclaw.capabilities import capabilities_of
from reconciler.plan.consequences import find_consequences
from reconciler.plan.listing import keep_meaning
from reconciler.planning.request import sites_of
from reconciler.release import Release
from reconciler.report.lint import render_explanation, render_page
from reconciler.sites.suggest import suggest
from reconciler.state.ownership import Applied

if TYPE_CHECKING:
    from reconciler.desired.model import Resource

ROOT = Path(__file__).parents[2]
ALL = explanations()


def codes(path: Path, text: str, release: str) -> set[str]:
    """The codes of everything that loading finds, or planning for a release."""
    file = path / "manifest.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        manifest = load_manifest([str(file)], strict=True)
    except ManifestError as error:
        return {problem.code for problem in error.problems}
    if not release:
        return set()
    capabilities = capabilities_of(Release.parse(release))
    desired = compile_manifest(manifest, Context(sites_of(manifest), capabilities, {}, suggest))
    desired = keep_meaning(desired, {}, Applied(), capabilities.release)
    edits = tuple(Edit(one.path, _value(one)) for one in desired.resources)
    found = find_consequences(desired, {}, edits, capabilities.release)
    return {note.code for note in desired.warnings} | {warning.code for warning in found}


def _value(resource: Resource) -> Any:
    """An object with every value that is asked for."""
    value: Any = {}
    for field in resource.fields:
        value = put(value, field.path, field.value)
    return value


@pytest.mark.parametrize("explanation", [one for one in ALL if one.bad], ids=lambda one: one.code)
def test_the_bad_example_has_the_problem_and_no_other(explanation: Explanation, tmp_path: Path) -> None:
    assert codes(tmp_path, explanation.bad, explanation.release) == {explanation.code}


@pytest.mark.parametrize("explanation", [one for one in ALL if one.good], ids=lambda one: one.code)
def test_the_good_example_has_no_problem_at_all(explanation: Explanation, tmp_path: Path) -> None:
    assert codes(tmp_path, explanation.good, explanation.release) == set()


@pytest.mark.parametrize("explanation", ALL, ids=lambda one: one.code)
def test_every_code_can_be_explained_at_80_columns(explanation: Explanation) -> None:
    shown = render_explanation(explanation, width=80, color=False)
    assert shown.startswith(explanation.code)
    assert max(map(len, shown.splitlines())) <= 80


def test_the_page_of_all_codes_is_current() -> None:
    assert render_page() == (ROOT / "docs" / "lint.md").read_text(encoding="utf-8"), (
        "python -m reconciler.report.lint > docs/lint.md"
    )


def test_every_rule_is_explained_once_and_shown_both_ways() -> None:
    explained = {one.code: one for one in ALL}
    assert len(explained) == len(ALL)
    for rule in RULES:
        assert explained[rule.code].bad
        assert explained[rule.code].good
        assert (explained[rule.code].severity, explained[rule.code].fixed) == (rule.severity, rule.fixed)
