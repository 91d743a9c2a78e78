"""The codes of findings, explained: one for a terminal, all of them as the page ``docs/lint.md``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from reconciler.manifest.explanations import ROOMS, explanations_of
from reconciler.report.layout import BLANK, Line, line, paint, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.explanations import Explanation
    from reconciler.report.layout import Style

_HEAD = """\
# What validate and plan find

Made from the program's own explanations by `python -m reconciler.report.lint > docs/lint.md`. `reconciler validate --explain CODE`
shows one of them.

Each code has a severity: an error stops every command, a warning does not. A project raises and lowers them with `--severity
CODE=error`, `=warning` or `=off` (repeatable), or in the variable `RECONCILER_SEVERITY`, such as
`RECONCILER_SEVERITY="model-redirected=error cost-in-yuan=off"`. What the program relies on, and what keeps a key safe, can't be
changed and is marked *fixed*.
"""


def render_explanation(entry: Explanation, *, width: int, color: bool) -> str:
    """One code as text."""
    style: Style = "fail" if entry.severity == "error" else "warn"
    lines: list[Line] = [(("head", entry.code), ("", " "), (style, f"({_severity(entry)})")), BLANK]
    lines += paragraph("", entry.about, width, 0)
    for title, example in (("Wrong", entry.bad), ("Right", entry.good)):
        if example:
            lines += [BLANK, line("head", f"{title}{_planned_for(entry)}:")]
            lines += [line("", f"    {text}".rstrip()) for text in example.splitlines()]
    if not entry.fixed:
        lines += [BLANK, *paragraph("dim", f"Change it: --severity {entry.code}=error|warning|off", width, 0)]
    return paint(lines, color)


def _severity(entry: Explanation) -> str:
    return f"{entry.severity}, fixed" if entry.fixed else entry.severity


def _planned_for(entry: Explanation) -> str:
    return f", for OpenClaw {entry.release}" if entry.release else ""


def explanation_json(entry: Explanation) -> str:
    """One code as JSON."""
    return msgspec.json.format(msgspec.json.encode(entry), indent=2).decode()


def render_page() -> str:
    """Every code as Markdown."""
    return "\n".join([_HEAD, *(part for room in ROOMS for part in _room(room))])


def _room(room: str) -> Iterator[str]:
    yield f"## {ROOMS[room]}\n"
    for entry in explanations_of(room):
        yield f"### {entry.code}\n\n*{_severity(entry)}.* {' '.join(entry.about.split())}\n"
        for title, example in (("Wrong", entry.bad), ("Right", entry.good)):
            if example:
                yield f"{title}{_planned_for(entry)}:\n\n```yaml\n{example.rstrip()}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(render_page())
