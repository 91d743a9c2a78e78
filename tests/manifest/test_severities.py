"""Findings get the severity that a project wants, except those that the rest of the program relies on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ManifestError, UsageError
from reconciler.keys import Keyring
from reconciler.manifest.explanations import explanations
from reconciler.manifest.load import load_manifest
from reconciler.manifest.severities import parse_severities
from reconciler.planning.making import make_plan
from reconciler.planning.request import Request

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = {one.code: one for one in explanations()}
CHANGEABLE = [one for one in EXAMPLES.values() if not one.fixed and one.bad and not one.release]
FIXED = [one.code for one in EXAMPLES.values() if one.fixed]


def write(folder: Path, code: str) -> list[str]:
    file = folder / "manifest.yaml"
    file.write_text(EXAMPLES[code].bad, encoding="utf-8")
    return [str(file)]


@pytest.mark.parametrize("code", [one.code for one in CHANGEABLE])
def test_a_finding_is_an_error_a_warning_or_nothing_as_the_project_wants(code: str, tmp_path: Path) -> None:
    files = write(tmp_path, code)
    with pytest.raises(ManifestError):
        load_manifest(files, severities=parse_severities([f"{code}=error"]))
    (warning,) = load_manifest(files, severities=parse_severities([f"{code}=warning"])).warnings
    assert (warning.code, warning.severity) == (code, "warning")
    assert load_manifest(files, severities=parse_severities([f"{code}=off"])).warnings == ()


@pytest.mark.parametrize("code", FIXED)
def test_what_the_program_relies_on_can_not_be_lowered(code: str) -> None:
    with pytest.raises(UsageError, match="can't be changed"):
        parse_severities([f"{code}=off"])


@pytest.mark.parametrize("text", ["cost-in-yuan", "cost-in-yuan=loud", "cost-in-yuann=off", "=off"])
def test_a_severity_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_severities([text])


def test_several_severities_fit_in_one_variable() -> None:
    assert parse_severities(["cost-in-yuan=off, model-retired=warning", "cost-in-yuan=error"]) == {
        "cost-in-yuan": "error",
        "model-retired": "warning",
    }


def test_a_warning_of_a_plan_that_was_made_an_error_stops_it(tmp_path: Path) -> None:
    (tmp_path / ".openclaw").mkdir()
    (tmp_path / ".openclaw" / "openclaw.json").write_text(
        '{"meta": {"lastTouchedVersion": "2026.6.11"}}', encoding="utf-8"
    )
    files = tuple(write(tmp_path, "implicit-allow-list"))
    environ = {"HOME": str(tmp_path), "PATH": ""}
    request = Request(files, environ, Keyring(environ))
    assert "implicit-allow-list" in {warning.code for warning in make_plan(request).plan.warnings}
    for wish, warned, refused in (("error", False, True), ("off", False, False)):
        severities = parse_severities([f"implicit-allow-list={wish}"])
        plan = make_plan(Request(files, environ, request.keyring, severities=severities)).plan
        assert ("implicit-allow-list" in {warning.code for warning in plan.warnings}) is warned
        assert ("implicit-allow-list" in {refusal.rule for refusal in plan.refusals}) is refused
        assert plan.applyable is not refused
