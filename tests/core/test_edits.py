"""Edits mean the same on values and on bytes, however they are condensed."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.edits import DELETE, Edit, condense, effect
from reconciler.json5 import Document, Row

_KEYS = st.sampled_from(["a", "b", "c"])
_SCALARS = st.integers(0, 3) | st.sampled_from(["x", ""])
_VALUES = st.recursive(_SCALARS, lambda inner: st.dictionaries(_KEYS, inner, max_size=3), max_leaves=5)
_ROOTS = st.dictionaries(
    _KEYS, st.dictionaries(_KEYS, st.dictionaries(_KEYS, _SCALARS, max_size=2), max_size=3), max_size=3
)
_PATHS = st.lists(_KEYS, min_size=3, max_size=3).map(tuple)


@given(_ROOTS, st.lists(st.tuples(_PATHS, _SCALARS), max_size=6))
def test_condensed_edits_have_the_effect_of_the_edits(
    root: Any, writes: list[tuple[tuple[str, ...], Any]]
) -> None:
    edits = tuple(Edit(path, value) for path, value in dict(writes).items())
    assert effect(root, condense(root, edits)) == effect(root, edits)


@given(_ROOTS, st.lists(st.tuples(_PATHS, _SCALARS), max_size=6))
def test_the_document_means_what_the_edits_mean(root: Any, writes: list[tuple[tuple[str, ...], Any]]) -> None:
    document = Document.parse(str(root).replace("'", '"').encode())
    edits = condense(root, tuple(Edit(path, value) for path, value in dict(writes).items()))
    editor = document.edit()
    for edit in edits:
        editor.set(edit.path, edit.value)
    assert editor.finish().value == effect(root, edits)


def test_what_is_missing_is_created_as_one_value() -> None:
    edits = (
        Edit(("models", "providers", "x"), {"baseUrl": "u"}),
        Edit(("models", "providers", "x", "models", Row("m")), {"id": "m", "name": "M"}),
        Edit(("models", "providers", "x", "models", Row("n"), "name"), "N"),
    )
    whole = {
        "providers": {"x": {"baseUrl": "u", "models": [{"id": "m", "name": "M"}, {"id": "n", "name": "N"}]}}
    }
    assert condense({}, edits) == (Edit(("models",), whole),)


def test_a_delete_below_a_delete_is_said_once() -> None:
    root = {"a": {"b": {"c": 1}}}
    assert condense(root, (Edit(("a", "b"), DELETE), Edit(("a", "b", "c"), DELETE))) == (
        Edit(("a", "b"), DELETE),
    )
