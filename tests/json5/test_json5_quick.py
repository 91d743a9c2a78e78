"""The quick way to a value agrees with the parser, or leaves the text to it."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from json5_documents import texts

from reconciler.json5 import Document, Json5Error
from reconciler.json5.parse import parse
from reconciler.json5.quick import plain_value
from reconciler.json5.values import MAX_DEPTH

CASES = json.loads((Path(__file__).parent.parent / "data" / "json5-cases.json").read_text("utf-8"))["cases"]
PLAIN = """\
\ufeff// The head, with "quotes" and 'quotes'.
{
  $schema: "https://example.com/a // b", /* not
  a: "*/ "b" : { c : [ 1, -0, 1.5e3, 1e400, 12345678901234567890, true, null, ], }, // last ]
  "": "\\" \\\\ \\/ \\b\\f\\n\\r\\t /* it's */ é日\u2028", e: [ ], f: {}, g: [[[],],], true: false, __proto__: {},
  b: "again", h // between key and colon
  : "h",
}
"""
WORDS = [
    *"{}[]:,\"'\\/*-+.01aExn$_ \n\r\t\v\x00\u2028\ufeff\u00a0é",
    "//",
    "/*",
    "*/",
    "\r\n",
    "1.",
    ".5",
    "01",
    "0x1",
    "1e5",
    "-0",
    "true",
    "null",
    "NaN",
    "Infinity",
    '"a"',
    "'a'",
    '"a":',
    "a:",
    "[,]",
    "{,}",
    ",]",
    ",}",
    "\\u0061",
    '"\\x41 /* "',
    '"\\\n"',
]
bounded = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A document with words put in, taken out and replaced."""
    text = draw(st.one_of(texts(), st.just(PLAIN), st.just('{"a": [1, {b: "c"}], d: 1.5}')))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.sampled_from([start, start, start + 1, start + 1, len(text)]))
        text = text[:start] + draw(st.sampled_from(["", *WORDS])) + text[end:]
    return text


def is_taken(text: str) -> bool:
    """Whether the quick way reads a text; what it reads must be what the parser reads."""
    try:
        value = plain_value(text)
    except (ValueError, RecursionError):
        return False
    # `repr` tells 1 from 1.0, 0.0 from -0.0, and one order of keys from another.
    assert repr(value) == repr(parse(text).value)
    return True


@bounded
@given(texts())
def test_a_document_that_is_taken_means_what_the_parser_reads(text: str) -> None:
    is_taken(text)


@bounded
@given(st.one_of(damaged(), st.lists(st.sampled_from(WORDS), max_size=14).map("".join)))
@example("[1, 2 /**/ 3]")
@example("{a: tr/**/ue}")
@example('["a /* \\x41 */ b"]')
@example('["a // \n"]')
@example("{a: [,]}")
@example("{a: [/**/,]}")
@example("{a: 1 2b: 3}")
def test_a_damaged_document_is_never_taken_for_another(text: str) -> None:
    is_taken(text)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_node_and_the_quick_way_never_disagree(case: dict[str, str]) -> None:
    is_taken(case.get("text", ""))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_comments_bare_keys_and_last_commas_are_read_quickly(newline: str) -> None:
    assert is_taken(PLAIN.replace("\n", newline))


@pytest.mark.parametrize(
    "text",
    [
        "{a: 'b'}",
        '{a: "\\x41"}',
        '{a: "\\u0041"}',
        '{a: "b\\\nc"}',
        '{a: "tab\t"}',
        "{a: 0x10}",
        "{a: +1}",
        "{a: .5}",
        "{a: 5.}",
        "{a: Infinity}",
        "{a: -Infinity}",
        "{a: NaN}",
        "{ä: 1}",
        "{\\u0061: 1}",
        "{a:\u00a01}",
        "{a: 1, // b\u2028}",
        "{a: 1 , }",
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(text: str) -> None:
    assert not is_taken(text)
    assert repr(Document(text).value) == repr(parse(text).value)


def test_depth_is_bounded_on_the_quick_way_too() -> None:
    deepest = "[" * MAX_DEPTH + "1, // c\n" + "]" * MAX_DEPTH
    assert is_taken(deepest)
    with pytest.raises(Json5Error, match="100 levels deep"):
        Document(f"[{deepest}]")
    with pytest.raises(Json5Error, match="100 levels deep"):
        Document("[" * 100_000 + "1, // c\n" + "]" * 100_000)
