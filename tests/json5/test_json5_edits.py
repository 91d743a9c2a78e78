"""Edits as data: `edits/*.txt` hold texts before, the edits, and the texts or refusals after.

Every scenario also runs with the other line ends, and with a byte order mark.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reconciler.json5 import Document, Json5Error, Row


class Scenario(NamedTuple):
    promise: str
    before: str
    edits: list[str]
    after: str


def scenarios() -> list[Scenario]:
    found = []
    for file in sorted((Path(__file__).parent / "edits").glob("*.txt")):
        for block in file.read_text("utf-8").removeprefix("## ").split("\n## "):
            lines = block.strip("\n").split("\n")
            edits = [index for index, line in enumerate(lines) if line.startswith(">>> ")]
            before, after = lines[1 : edits[0]], lines[edits[-1] + 1 :]
            found.append(
                Scenario(
                    promise=f"{file.stem}: {lines[0]}",
                    before="\n".join([*before, ""]),
                    edits=[lines[index].removeprefix(">>> ") for index in edits],
                    after="\n".join([*after, ""]),
                )
            )
    return found


def edited(text: str, edits: list[str]) -> Document:
    editor = Document.parse(text.encode("utf-8")).edit()
    for line in edits:
        command, arguments = line.split(" ", 1)
        decoder = json.JSONDecoder()
        steps, end = decoder.raw_decode(arguments)
        path = tuple(Row(step["id"]) if isinstance(step, dict) else step for step in steps)
        value: list[Any] = [json.loads(arguments[end:])] if command != "delete" else []
        getattr(editor, command)(path, *value)
    return editor.finish()


SCENARIOS = scenarios()


@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "BOM"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.promise for scenario in SCENARIOS])
def test_an_edit_changes_what_it_should_and_nothing_else(scenario: Scenario, newline: str, bom: str) -> None:
    before = bom + scenario.before.replace("\n", newline)
    if scenario.after.startswith("!!! "):
        with pytest.raises(Json5Error) as refused:
            edited(before, scenario.edits)
        assert f"!!! {refused.value}\n" == scenario.after
    else:
        assert edited(before, scenario.edits).text == bom + scenario.after.replace("\n", newline)


def test_new_lines_end_as_most_lines_of_the_file_do() -> None:
    before = "{\r\n  a: 1,\r\n  b: {\n    c: 2,\r\n  },\r}"
    edits = ['set ["b", "d"] 3', 'set ["e"] {"f": 4}']
    after = "{\r\n  a: 1,\r\n  b: {\n    c: 2,\r\n    d: 3,\r\n  },\r\n  e: {\r\n    f: 4,\r\n  },\r}"
    assert edited(before, edits).text == after


def test_the_values_that_were_given_stay_as_they_are() -> None:
    given: Any = {"b": [{"id": "x"}]}
    editor = Document("{}").edit()
    editor.set(("a",), given)
    editor.set(("a", "b", Row("x"), "n"), 1)
    editor.delete(("a", "b", 0, "id"))
    assert editor.finish().value == {"a": {"b": [{"n": 1}]}}
    assert given == {"b": [{"id": "x"}]}
