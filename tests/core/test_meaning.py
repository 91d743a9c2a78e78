"""A candidate is written only when an independent parser reads in it what was intended."""

from __future__ import annotations

import pytest

from reconciler.errors import TargetError
from reconciler.json5 import Document
from reconciler.openclaw.meaning import require_meaning

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
