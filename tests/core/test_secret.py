"""A secret shows itself nowhere but where it is revealed."""

from __future__ import annotations

import copy
import json
import pickle

import msgspec
import pytest

from reconciler.json5 import Document
from reconciler.openclaw.redact import shown
from reconciler.secret import Fingerprints, Secret
from reconciler.state.backup import without_secrets

KEY = "sk-sentinel-4711"


def test_a_secret_prints_as_a_mask() -> None:
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {secret:>40} {[secret]} {{'k': {secret}}}"
    assert secret.reveal() == KEY


def test_a_secret_cannot_be_pickled_copied_or_serialised() -> None:
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode):
        with pytest.raises(TypeError):
            attempt(Secret(KEY))


def test_fingerprints_tell_equal_from_changed_and_depend_on_their_key() -> None:
    one = Fingerprints(b"one")
    assert one.of(Secret(KEY)) == one.of(Secret(KEY)) != one.of(Secret(KEY + "x"))
    assert one.of(Secret(KEY)) != Fingerprints(b"two").of(Secret(KEY))


def test_half_a_character_as_json_can_hold_it_compares_like_any_other() -> None:
    one, other = Secret("\ud800"), Secret("\ud801")
    assert one == Secret("\ud800")
    assert one != other
    assert Fingerprints(b"one").of(one) != Fingerprints(b"one").of(other)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("env", "vars", "ANY"), KEY),
        (("models", "providers", "x", "apiKey"), KEY),
        (("models", "providers", "x", "headers", "X-Api-Key"), "plain"),
        (("models", "providers", "x", "headers", "Authorization"), "Bearer plain"),
        (("models", "providers", "x", "baseUrl"), "https://user:plain@host/v1"),
        (("models", "providers", "x", "baseUrl"), "https://host/v1?a=b&api_key=plain&c=d"),
        (("models", "providers", "x", "baseUrl"), "https://host/v1?access_token=plain#top"),
        (("anything",), f"text with {KEY} in it"),
    ],
)
def test_what_may_be_a_secret_is_shown_as_a_fingerprint(path: tuple[str, ...], value: str) -> None:
    seen = str(shown(path, value, Fingerprints(b"key")))
    assert "plain" not in seen
    assert KEY not in seen
    assert "fp:" in seen


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("apiKey",), "${SILICONFLOW_API_KEY}"),
        (("apiKey",), {"source": "env", "id": "X"}),
        (("maxTokensField",), "max_tokens"),
    ],
)
def test_references_and_plain_words_are_shown_as_they_are(path: tuple[str, ...], value: object) -> None:
    assert shown(path, value, Fingerprints(b"key")) == value


def test_a_backup_keeps_every_comment_and_no_key() -> None:
    text = b'{ // mine\n  env: { vars: { K: "sk-sentinel-4711" } },\n  a: 1,\n}\n'
    kept = without_secrets(Document.parse(text), Fingerprints(b"key"))
    assert KEY.encode() not in kept
    assert b"// mine" in kept
