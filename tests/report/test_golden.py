"""What people see, as files that people can read. `REGENERATE=1 pytest tests/report` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.health.report import NOT_CHECKED
from reconciler.report import as_html, as_json, markdown, text
from tests.report.plans import DRIFTED, HEALTHY_REPORT, HINTS, PLANS, UNHEALTHY_REPORT

GOLDEN = Path(__file__).parent / "golden"
REPORTS = {"unhealthy": UNHEALTHY_REPORT, "healthy": HEALTHY_REPORT, "nothing": NOT_CHECKED}

WIDTHS = (80, 200)


def renderings() -> dict[str, str]:
    """Every golden file and what should stand in it."""
    found = {
        "drift.80.txt": text.render_drift(DRIFTED, HINTS, width=80, color=False),
        "drift.md": markdown.render_drift(DRIFTED, HINTS),
        "drift.html": as_html.render_drift(DRIFTED, HINTS),
        "drift.json": as_json.render_drift(DRIFTED, HINTS),
        "drift-none.80.txt": text.render_drift((), (), width=80, color=False),
        "health-unhealthy.json": as_json.render_health(UNHEALTHY_REPORT),
        "plan-update.html": as_html.render_plan(PLANS["update"]),
        "plan-update.colour.txt": text.render_plan(PLANS["update"], width=80, color=True),
    }
    for name, plan in PLANS.items():
        for width in WIDTHS:
            found[f"plan-{name}.{width}.txt"] = text.render_plan(plan, width=width, color=False)
        found[f"plan-{name}.md"] = markdown.render_plan(plan)
        if name != "many-models":
            found[f"plan-{name}.json"] = as_json.render_plan(plan)
    for name, report in REPORTS.items():
        for width in WIDTHS:
            found[f"health-{name}.{width}.txt"] = text.render_health(report, width=width, color=False)
        found[f"health-{name}.md"] = markdown.render_health(report)
    return found


RENDERINGS = renderings()


@pytest.mark.parametrize("name", RENDERINGS)
def test_a_report_looks_as_it_did(name: str) -> None:
    rendered = RENDERINGS[name]
    path = GOLDEN / name
    if os.environ.get("REGENERATE"):
        path.write_bytes(rendered.encode())
    assert rendered.encode() == path.read_bytes(), f"{name} differs; REGENERATE=1 writes it anew"


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(RENDERINGS)
