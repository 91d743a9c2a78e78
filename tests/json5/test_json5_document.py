"""Reading a document: what it means, where things stand, what is refused and how the refusal reads."""

import contextlib
import sys
from types import FrameType
from typing import Any

import pytest

from reconciler.json5 import Document, Json5Error, Path, Row
from reconciler.json5.values import MAX_DEPTH

TEXT = """\
// head
{
  models: [
    { id: 'a', n: 1 },
    { id: "b", n: 2 },  { id: "b" },
  ],
  "key": 0x10, key: /* 日本 */ 'last',
}
"""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("models", 1, "n"), 2),
        (("models", Row("b"), "n"), 2),
        (("models", Row("b")), {"id": "b", "n": 2}),
        (("key",), "last"),
        (("none",), "missing"),
        (("models", 3), "missing"),
        (("models", -1), "missing"),
        (("models", "id"), "missing"),
        (("models", Row("c")), "missing"),
        ((0,), "missing"),
        (("key", Row("a")), "missing"),
        (("models", Row("a"), "n", "x"), "missing"),
    ],
)
def test_a_path_leads_to_a_value(path: Path, value: Any) -> None:
    assert Document(TEXT).get(path, "missing") == value


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (2, 1)),
        (("models",), (3, 11)),
        (("models", 0), (4, 5)),
        (("models", Row("b"), "id"), (5, 11)),
        (("models", 2), (5, 25)),
        (("key",), (7, 30)),
    ],
)
def test_a_value_is_located_by_line_and_column(
    path: Path, place: tuple[int, int], newline: str, bom: str
) -> None:
    assert Document(bom + TEXT.replace("\n", newline)).location(path) == place


def test_a_byte_order_mark_takes_no_column() -> None:
    assert Document.parse(b"\xef\xbb\xbf[1]").location((0,)) == (1, 2)


@pytest.mark.parametrize(
    "path", [("none",), ("models", 9), ("models", "a"), ("key", "x"), (0,), ("models", Row("z"))]
)
def test_what_is_not_there_has_no_location(path: Path) -> None:
    with pytest.raises(KeyError):
        Document(TEXT).location(path)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [{"b": 1, "b": 2, "b": 3}], "c": 1, "a\\u0020": 1, "a ": 2}',
        "{a: [{b: 1, 'b': 2, b: 3}], c: 1, 'a\\x20': 1, 'a ': 2}",
    ],
)
def test_duplicate_keys_are_told(text: str) -> None:
    assert Document(text).duplicate_keys() == [("a", 0, "b"), ("a ",)]


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        ('{"a": [1, -0, 1e5, "\\ud800", "\u2028"]}', True),
        ('\ufeff{"a": 1}', True),
        ('{"a": 1,}', False),
        ('{"a": NaN}', False),
        ('{"a": -Infinity}', False),
        ('{"a": 1} // c', False),
        ("{'a': 1}", False),
        ('{"a": "tab\there"}', False),
        ('\u00a0{"a": 1}', False),
    ],
)
def test_strict_json_is_told_from_json5(text: str, strict: bool) -> None:
    assert Document(text).is_strict_json is strict


@pytest.mark.parametrize("comment", ["", "// JSON5\n"])
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("-0", -0.0),
        ("9007199254740993", 9007199254740993),
        ("1" * 308, int("1" * 308)),
        ("1" * 309, float("1" * 309)),
        ("9" * 5000, float("inf")),
        ("-" + "9" * 5000, float("-inf")),
        ("1e400", float("inf")),
        ('"\\ud83d\\ude00"', "😀"),
        ('"\\ud83d"', "\ud83d"),
    ],
)
def test_strict_json_and_json5_mean_the_same(written: str, value: Any, comment: str) -> None:
    found = Document(comment + written).value
    assert repr(found) == repr(value)


def test_hexadecimal_numbers_may_be_long() -> None:
    assert Document("[0xff, -0x0, 0x" + "f" * 300 + ", -0x" + "0" * 300 + "1]").value == [
        255,
        0,
        float("inf"),
        -1,
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1: the file ends where a value was expected"),
        (
            "{\n  a: 1\n  b: 2\n}",
            "line 3, column 3: found b where a comma or } was expected (each value but the last needs a comma behind it)",
        ),
        ("{ a 1 }", "line 1, column 5: found 1 where a colon was expected"),
        (
            "{ a-b: 1 }",
            "line 1, column 4: found - where a colon was expected (quote a key that is more than letters, digits, _ and $)",
        ),
        (
            "{ 1a: 1 }",
            "line 1, column 3: found 1 where a key was expected (quote a key that is more than letters, digits, _ and $)",
        ),
        (
            "[1, 2",
            "line 1, column 6: the file ends where a comma or ] was expected (each value but the last needs a comma behind it)",
        ),
        (
            "[1}",
            "line 1, column 3: found } where a comma or ] was expected (each value but the last needs a comma behind it)",
        ),
        ("# c\n1", "line 1, column 1: found # where a value was expected (comments begin with //)"),
        ("{ # c\n}", "line 1, column 3: found # where a key was expected (comments begin with //)"),
        ("[`a`]", "line 1, column 2: found ` where a value was expected (quote with ' or \")"),
        ("[\u201ca\u201d]", "line 1, column 2: found \u201c where a value was expected (quote with ' or \")"),
        ("\n[\x00]", "line 2, column 2: found U+0000 where a value was expected"),
        ("['a\n']", "line 1, column 2: this string is never closed (end it with ' on its line)"),
        ("['\\1']", "line 1, column 3: this escape is not JSON5 (write \\xNN or \\uNNNN)"),
        ("['\\xZ']", "line 1, column 3: \\x needs two hexadecimal digits"),
        ("/* c\n *", "line 1, column 1: this comment is never closed (end it with */)"),
        (
            "{} {}",
            "line 1, column 4: found { where the end of the file was expected (a file holds one value)",
        ),
        ("]", "line 1, column 1: found ] where a value was expected"),
        (
            "{\\u0030: 1}",
            "line 1, column 2: this escape is not a letter that a bare key may have (quote the key)",
        ),
        (
            "[True]",
            "line 1, column 2: found T where a value was expected (text needs quotes; true, false and null are lower case)",
        ),
    ],
)
def test_a_mistake_is_located_and_explained(text: str, message: str) -> None:
    with pytest.raises(Json5Error) as refused:
        Document.parse(text.encode())
    assert str(refused.value) == message


def test_text_that_is_not_utf_8_is_located() -> None:
    with pytest.raises(Json5Error) as refused:
        Document.parse(b'{\n  "\xc3\xa9": "\xff"\n}')
    assert (refused.value.offset, refused.value.line, refused.value.column) == (11, 2, 9)
    assert refused.value.what_to_do == "save it as UTF-8"


@pytest.mark.parametrize("comment", ["", "// JSON5\n"])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_bounded(opening: str, closing: str, comment: str) -> None:
    def nested(depth: int) -> str:
        return comment + opening * depth + "1" + closing * depth

    deepest = Document(nested(MAX_DEPTH))
    editor = deepest.edit()
    step: Any = "a" if opening == '{"a":' else 0
    editor.set((step,) * MAX_DEPTH, 2)
    assert editor.finish().text == deepest.text.replace("1", "2")
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(Json5Error, match=f"more than {MAX_DEPTH} levels deep"):
            Document(nested(depth))


def test_size_is_bounded() -> None:
    with pytest.raises(Json5Error, match="16777216 is the limit"):
        Document.parse(b" " * 16_777_217)


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 200_000,
        "//" + "/*" * 200_000,
        "[" + "/**/" * 100_000,
        '"' + "\\n" * 200_000,
        '"' + '\\"' * 200_000,
        "'\"" * 200_000,
        "{" + "a" * 400_000,
        "[" + "1" * 400_000,
        "[" + "1," * 200_000,
        "-" * 400_000,
        "\u2028" * 300_000,
    ],
    ids=lambda text: text[:4].strip(),
)
def test_long_nonsense_is_refused_in_one_pass(text: str) -> None:
    with pytest.raises(Json5Error):
        Document.parse(text.encode())


@pytest.mark.parametrize("value", [object(), {1: 2}, (1, 2), {"a": {3}}, b"x"])
def test_what_no_json5_can_hold_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        Document("{}").edit().set(("a",), value)


@pytest.mark.parametrize("value", [10**308, float("nan"), float("-inf"), [[float("inf")]]])
def test_what_this_document_cannot_hold_is_refused_before_anything_changes(value: Any) -> None:
    document = Document('{"a": 1}')
    editor = document.edit()
    with pytest.raises(Json5Error):
        editor.set(("b", "c"), value)
    assert editor.finish() is document


def test_a_value_that_nests_too_deep_is_refused() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH + 1):
        value = [value]
    with pytest.raises(Json5Error, match="levels deep"):
        Document("{}").edit().set(("a",), value)


def test_a_row_must_be_an_object() -> None:
    with pytest.raises(TypeError, match="the row x must be an object"):
        Document("[]").edit().set((Row("x"),), 1)


def test_the_root_cannot_be_deleted() -> None:
    with pytest.raises(ValueError, match="root"):
        Document("{}").edit().delete(())


@pytest.mark.parametrize(
    "text", ["{{{}", "{{{}-x: 1}}", "{{a: {}: 1}}", "{{é{}: 1}}", "{{a: 1, {} b: 2}}", "[{}", "{}"]
)
def test_a_word_as_long_as_a_file_takes_no_more_steps_than_a_short_one(text: str) -> None:
    assert _calls(text.format("a" * 100_000)) == _calls(text.format("a" * 10))


def _calls(text: str) -> int:
    """How often a function, of Python or of C, was called or left to read the text."""
    count = 0

    def note(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1

    with contextlib.suppress(Json5Error):
        Document(text)
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        Document(text)
    except Json5Error:
        pass
    finally:
        sys.setprofile(before)
    return count
