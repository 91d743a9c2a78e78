"""A candidate is written only when an independent parser reads in it what was intended."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from reconciler.errors import TargetError
from reconciler.json5 import Document
from reconciler.openclaw.meaning import require_meaning
from reconciler.values import MISSING, same

KEY = "sk-sentinel-987654321"


@pytest.mark.parametrize("text", ['{"a": {"b": 1}, "key": "K"}', "{a: {b: 1}, key: 'K', /* c */}"])
def test_the_intended_meaning_passes(text: str) -> None:
    require_meaning(Document.parse(text.encode()), {"a": {"b": 1}, "key": "K"}, "openclaw.json")


@pytest.mark.parametrize("text", ['{"a": {"b": 1}, "key": "%s"}', "{a: {b: 1}, key: '%s'}"])
def test_any_other_meaning_is_refused_by_place_and_not_by_value(text: str) -> None:
    document = Document.parse((text % KEY).encode())
    for intended in (
        {"a": {"b": 2}, "key": KEY},
        {"a": {"b": True}, "key": KEY},
        {"a": {"b": 1}, "key": KEY + "x"},
        {"a": {"b": 1}},
    ):
        with pytest.raises(TargetError, match=r"at root\['(a'\]\['b|key)'\]") as told:
            require_meaning(document, intended, "openclaw.json")
        assert KEY not in str(told.value)


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        (nan, nan, True),
        ([{"a": nan}], [{"a": nan}], True),
        (nan, None, False),
        (nan, 0, False),
        (inf, inf, True),
        (inf, -inf, False),
        (inf, 10**400, True),
        (-inf, 10**400, False),
        (-0.0, 0, True),
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (2**63 + 1, 2**63 + 2, False),
        ("1", 1, False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        (MISSING, None, False),
    ],
)
def test_values_are_the_same_when_a_reader_of_json5_would_say_so(left: Any, right: Any, alike: bool) -> None:
    assert same(left, right) is alike
    assert same(right, left) is alike


def test_numbers_that_json_lacks_are_read_as_intended() -> None:
    text = b"{a: NaN, b: -NaN, c: Infinity, d: -0, e: " + b"9" * 400 + b"}"
    intended = {"a": nan, "b": nan, "c": inf, "d": 0, "e": inf}
    require_meaning(Document.parse(text), intended, "openclaw.json")
    with pytest.raises(TargetError, match=r"at root\['c'\]"):
        require_meaning(Document.parse(text), {**intended, "c": nan}, "openclaw.json")
