"""Saved plans: what is written is read back, and nothing else is taken for a plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.errors import PlanFileError
from reconciler.plan.sameness import differences
from reconciler.report.as_json import MAX_BYTES, MAX_DEPTH, read_plan, render_plan
from tests.report.plans import PLANS, UPDATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.plan.model import Plan


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """A good plan file after ``change``."""
    fields = json.loads(render_plan(UPDATE))
    change(fields)
    return json.dumps(fields).encode()


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_a_saved_plan_is_read_back_unchanged(plan: Plan) -> None:
    assert read_plan(render_plan(plan).encode()) == plan


def test_a_plan_file_has_the_order_of_the_design() -> None:
    assert list(json.loads(render_plan(UPDATE))) == [
        "format_version",
        "tool",
        "gateway",
        "base",
        "applyable",
        "complete",
        "errored",
        "changes",
        "drift",
        "shadows",
        "refusals",
        "health",
        "warnings",
        "summary",
    ]


def test_what_a_newer_minor_format_adds_is_passed_over() -> None:
    def newer(fields: dict[str, Any]) -> None:
        fields["format_version"] = "1.7"
        fields["cost"] = {"tokens": 0}
        fields["changes"][0]["ticket"] = "OPS-1"

    plan = read_plan(changed(newer))
    assert plan.format_version == "1.7"
    assert plan.changes == UPDATE.changes


def test_another_major_format_is_refused_naming_both() -> None:
    with pytest.raises(PlanFileError, match=r"format 2\.0, this version of reconciler reads format 1\.0"):
        read_plan(changed(lambda fields: fields.update(format_version="2.0")))


def test_a_word_that_only_a_newer_format_knows_is_refused_naming_both() -> None:
    def newer(fields: dict[str, Any]) -> None:
        fields["format_version"] = "1.7"
        fields["changes"][0]["reason"] = "whim"

    with pytest.raises(PlanFileError, match=r"it has format 1\.7, this version of reconciler knows 1\.0"):
        read_plan(changed(newer))


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


DAMAGED: dict[str, bytes] = {
    "empty": b"",
    "not JSON": b"changes: []",
    "not UTF-8": b'{"format_version": "1.0\xff"}',
    "a list": b"[]",
    "cut off": render_plan(UPDATE).encode()[:-20],
    "no version": changed(lambda fields: fields.pop("format_version")),
    "a version of another type": changed(lambda fields: fields.update(format_version=1.0)),
    "a hostile version": changed(lambda fields: fields.update(format_version="1.\x1b[2J")),
    "a missing part": changed(lambda fields: fields.pop("gateway")),
    "a part of another type": changed(lambda fields: fields.update(changes={})),
    "a change without an action": changed(lambda fields: fields["changes"][0].update(actions=[])),
    "an unknown action": changed(lambda fields: fields["changes"][0].update(actions=["run"])),
    "a change left out": changed(lambda fields: fields["changes"].pop()),
    "a summary that plays it down": changed(lambda fields: fields["summary"].update(delete=0)),
    "a value that nests too deep": changed(
        lambda fields: fields["changes"][0].update(after=nested(MAX_DEPTH))
    ),
    "a value that nests absurdly deep": b'{"format_version": "1.0", "changes": ' + b"[" * 200_000,
    "unknown parts that nest too deep": changed(lambda fields: fields.update(new=nested(MAX_DEPTH))),
    "too large": b" " * (MAX_BYTES + 1),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_plan_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(PlanFileError) as refused:
        read_plan(data)
    assert refused.value.remedy
    assert str(refused.value).replace("\n", "").isprintable()


def edits(value: Any) -> Iterator[Any]:
    """Every value that one edit makes of ``value``."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield {name: other for name, other in value.items() if name != key}
            yield from ({**value, key: edited} for edited in edits(item))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            rest = value[index + 1 :]
            yield [*value[:index], *rest]
            yield [*value[: index + 1], item, *rest]
            yield [*value[:index], *rest, item]
            yield from ([*value[:index], edited, *rest] for edited in edits(item))
    elif isinstance(value, bool):
        yield from (not value, int(value))
    elif isinstance(value, int | float):
        yield from (value + 1, str(value))
    else:
        yield from ("", f"{value}x", 0) if isinstance(value, str) else ("x", 0)


# What a reviewer does not review: the endpoint at one moment, and which version wrote the plan.
UNREVIEWED = ("health", "tool", "format_version")
# A review has no key and no gateway: they say what the place has where the plan was made.
OF_THE_PLACE = {"key-unread", "variable-unset", "variable-differs"}
RELEASE_KNOWN_FROM = {"release_evidence": "", "release_certain": True}


def reviewed(text: str) -> str:
    plan = {name: value for name, value in json.loads(text).items() if name not in UNREVIEWED}
    plan["warnings"] = [one for one in plan["warnings"] if one["code"] not in OF_THE_PLACE]
    plan["gateway"] |= RELEASE_KNOWN_FROM
    kept = [one for one in plan["refusals"] if one["rule"] != "last-copy"]
    if kept != plan["refusals"]:
        plan |= {"refusals": kept, "applyable": not kept}
    return json.dumps(plan)


@pytest.mark.parametrize("name", [name for name in PLANS if name != "many-models"])
def test_one_edit_of_anything_that_a_saved_plan_shows_is_noticed(name: str) -> None:
    plan = PLANS[name]
    text = render_plan(plan)
    noticed = 0
    for edited in edits(json.loads(text)):
        try:
            read = read_plan(json.dumps(edited).encode())
        except PlanFileError:
            continue
        found = differences(read, plan)
        assert bool(found) is (reviewed(render_plan(read)) != reviewed(text)), (edited, found)
        noticed += bool(found)
    assert noticed > 20
