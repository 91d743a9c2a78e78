"""Whatever a server sends is read without a crash, and shown without harm."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.health.body import parse_body, safe
from reconciler.health.verdicts import judge
from reconciler.secret import MASK

SECRET = "sk-sentinel-0123456789abcdef"

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["code", "message", "error", "detail", "data"]), inner)
    ),
)


@pytest.mark.parametrize(
    ("raw", "content_type", "shape", "code", "message"),
    [
        (b'"Invalid token"', "application/json", "string", None, "Invalid token"),
        (
            b'{"code":30014,"data":null,"message":"Token is invalid."}',
            "",
            "object",
            30014,
            "Token is invalid.",
        ),
        (
            b'{"message":"Details: TPM limit reached.","data":null}',
            "",
            "object",
            None,
            "Details: TPM limit reached.",
        ),
        (b'{"error":{"message":"No","code":"30001"}}', "", "object", 30001, "No"),
        (b'{"error":{"message":"No","code":"invalid_api_key"}}', "", "object", None, "No"),
        (b'{"error":"Not found"}', "", "object", None, "Not found"),
        (b'{"detail":"Not Found"}', "", "object", None, "Not Found"),
        (b'{"code":true,"message":{"a":1}}', "", "object", None, ""),
        (b"404 page not found", "text/plain", "text", None, "404 page not found"),
        (b"<!DOCTYPE html><title>Sign in</title>", "text/html", "html", None, "Sign in"),
        (b"  <html><body>", "", "html", None, ""),
        (b"", "", "empty", None, ""),
        (b" \r\n", "application/json", "empty", None, ""),
        (b"[1, 2]", "", "array", None, ""),
        (b"12", "", "text", None, "12"),
        (b'{"object": "li', "application/json", "text", None, '{"object": "li'),
        (b"\xff\xfe", "", "text", None, "\ufffd\ufffd"),
    ],
)
def test_each_shape_of_a_body_is_read(
    raw: bytes, content_type: str, shape: str, code: int | None, message: str
) -> None:
    body = parse_body(raw, content_type)
    assert (body.shape, body.code, body.message) == (shape, code, message)


def test_deep_nesting_is_only_text() -> None:
    assert parse_body(b"[" * 200_000).shape == "text"


@given(st.binary(max_size=300), st.sampled_from(["", "text/html", "application/json"]), st.integers(100, 999))
def test_random_bytes_always_get_a_verdict(raw: bytes, content_type: str, status: int) -> None:
    assert judge(status, parse_body(raw, content_type)).level in {"ok", "warn", "block"}


@given(json_values, st.integers(100, 999))
def test_random_json_always_gets_a_verdict(value: object, status: int) -> None:
    rule = judge(status, parse_body(msgspec.json.encode(value)))
    assert rule.code == "ok" or rule.level != "ok"
    assert rule.code != "ok" or 200 <= status < 300


@given(st.text(), st.text())
def test_shown_text_is_one_short_line_without_the_secret(before: str, after: str) -> None:
    shown = safe(before + SECRET + after, [SECRET])
    assert SECRET not in shown
    assert shown.isprintable()
    assert len(shown) <= 200


@given(st.integers(1, len(SECRET) - 1), st.sampled_from(["\x00", "\u200b", "\x1b", "\u202e"]))
def test_a_secret_with_an_invisible_character_in_it_is_still_masked(cut: int, invisible: str) -> None:
    assert safe(f"key {SECRET[:cut]}{invisible}{SECRET[cut:]} refused", [SECRET]) == f"key {MASK} refused"


@given(st.integers(0, 4200))
def test_no_half_of_a_secret_is_left_where_text_is_cut(padding: int) -> None:
    assert SECRET[:8] not in safe(" " * padding + "x" * (padding % 211) + SECRET, [SECRET])


def test_escape_sequences_do_not_reach_a_terminal() -> None:
    assert safe("a\x1b[31mred\x07\r\nb\u202e") == "a[31mred b"
