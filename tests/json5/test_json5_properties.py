"""What holds for every document and every edit, checked against two independent parsers."""

import re
from typing import Any

import json5 as independent
import pyjson5 as another
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from json5_documents import SCALARS, VALUES, edits, expected, lookup, perform, places, texts

from reconciler.json5 import Document, Json5Error, Path
from reconciler.json5.parse import Member
from reconciler.json5.values import same

# A text of a few hundred characters takes the independent parser tens of milliseconds.
bounded = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def meaning(text: str) -> Any:
    """What the independent parsers read; they agree."""
    text = text.removeprefix("\ufeff")
    value = independent.loads(text)
    assert same(another.decode(text), value)
    return value


def members(stands: Member, path: Path = ()) -> list[tuple[Path, Member]]:
    """Every value that stands in the text, with its path; not what a duplicate key hides."""
    found = [(path, stands)]
    if stands.inner:
        last = {member.key: member for member in stands.inner.members}
        for index, member in enumerate(stands.inner.members):
            if not stands.inner.is_object:
                found += members(member, (*path, index))
            elif last[member.key] is member:
                found += members(member, (*path, member.key))
    return found


@bounded
@given(texts())
def test_a_second_parser_reads_the_same(text: str) -> None:
    assert same(Document.parse(text.encode()).value, meaning(text))


@bounded
@given(texts())
def test_a_span_holds_its_value_and_nothing_else(text: str) -> None:
    document = Document(text)
    for path, member in members(document.root()):
        assert same(meaning(text[member.value_start : member.value_end]), member.value)
        assert same(document.get(path), member.value)
        line, column = document.location(path)
        rest = re.split("\r\n|\n|\r", text.removeprefix("\ufeff"))[line - 1][column - 1 :]
        assert rest.startswith(re.split("[\r\n]", text[member.value_start : member.value_end])[0])


@bounded
@given(texts(), st.data())
def test_edits_mean_exactly_what_was_asked(text: str, data: st.DataObject) -> None:
    document = Document(text)
    editor, value = document.edit(), document.value
    for _ in range(data.draw(st.integers(1, 5), "number of edits")):
        edit = data.draw(edits(value), "edit")
        perform(editor, edit)
        value = expected(value, edit)
    after = editor.finish()
    assert same(after.value, value)
    assert same(meaning(after.text), value)
    assert after.is_strict_json or not document.is_strict_json
    assert Document.parse(after.data).text == after.text


@bounded
@given(texts(), st.data())
def test_a_replaced_scalar_changes_no_byte_beside_it(text: str, data: st.DataObject) -> None:
    document = Document(text)
    scalars = [(path, member) for path, member in members(document.root()) if not member.inner]
    assume(scalars)
    path, member = data.draw(st.sampled_from(scalars))
    editor = document.edit()
    editor.set(path, data.draw(VALUES))
    after = editor.finish().text
    end = len(text) - member.value_end
    assert after[: member.value_start] == text[: member.value_start]
    assert after[len(after) - end :] == text[member.value_end :]


@bounded
@given(texts(), st.data())
def test_a_new_member_changes_no_byte_before_the_last_or_behind_the_bracket(
    text: str, data: st.DataObject
) -> None:
    document = Document(text)
    containers = [(path, member) for path, member in members(document.root()) if member.inner]
    path, container = data.draw(st.sampled_from(containers))
    assert container.inner
    step = "fresh" if container.inner.is_object else len(container.inner.members)
    editor = document.edit()
    editor.set((*path, step), data.draw(VALUES))
    after = editor.finish().text
    start = container.inner.members[-1].value_end if container.inner.members else container.value_start + 1
    end = len(text) - container.value_end + 1
    assert after[:start] == text[:start]
    assert after[len(after) - end :] == text[len(text) - end :]
    for comment in re.findall(r"c\d+!", text):
        assert after.count(comment) == text.count(comment)


@bounded
@given(texts(), st.data())
def test_new_members_only_add_to_the_text(text: str, data: st.DataObject) -> None:
    document = Document(text)
    filled = [path for path, member in members(document.root()) if member.inner and member.inner.members]
    assume(filled)
    editor = document.edit()
    for turn in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(filled))
        container = lookup(document.value, path)
        is_object = isinstance(container, dict)
        step = f"fresh{turn}" if is_object else data.draw(st.integers(0, len(container)))
        edit = ("set" if is_object else "insert", (*path, step), data.draw(VALUES))
        perform(editor, edit)
        # An insertion moves the elements behind it, and the paths that go through them.
        filled = [path] if not is_object else filled
    added = iter(editor.finish().text)
    assert all(char in added for char in text)


@bounded
@given(texts(), st.data())
def test_a_deletion_changes_no_byte_beyond_the_neighbours(text: str, data: st.DataObject) -> None:
    document = Document(text)
    containers = [
        (path, member) for path, member in members(document.root()) if member.inner and member.inner.members
    ]
    assume(containers)
    path, container = data.draw(st.sampled_from(containers))
    assert container.inner
    siblings = container.inner.members
    index = data.draw(st.integers(0, len(siblings) - 1))
    assume(len({member.key for member in siblings}) == len(siblings) or not container.inner.is_object)
    editor = document.edit()
    assert editor.delete((*path, siblings[index].key if container.inner.is_object else index))
    after = editor.finish().text
    start = siblings[index - 1].value_end if index else container.value_start + 1
    end = len(text) - (siblings[index + 1].start if index + 1 < len(siblings) else container.value_end - 1)
    assert after[:start] == text[:start]
    assert after[len(after) - end :] == text[len(text) - end :]


@bounded
@given(texts(), st.data())
def test_an_equal_value_changes_nothing(text: str, data: st.DataObject) -> None:
    document = Document(text)
    editor = document.edit()
    for path in data.draw(st.lists(st.sampled_from(places(document.value)), max_size=3)):
        stands = lookup(document.value, path)
        if isinstance(stands, float) and stands.is_integer():
            stands = int(stands)
        editor.set(path, stands)
    assert editor.finish() is document


@bounded
@given(texts(), SCALARS, st.data())
def test_a_new_member_that_goes_again_leaves_the_text_as_it_was(
    text: str, value: Any, data: st.DataObject
) -> None:
    document = Document(text)
    filled = [
        (path, member) for path, member in members(document.root()) if member.inner and member.inner.members
    ]
    assume(filled)
    path, container = data.draw(st.sampled_from(filled))
    assert container.inner
    step = "fresh" if container.inner.is_object else len(container.inner.members)
    editor = document.edit()
    editor.set((*path, step), value)
    again = editor.finish().edit()
    again.delete((*path, step))
    assert again.finish().text == text


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The bytes of a document with some of them missing or in the wrong place."""
    data = draw(texts()).encode()
    start, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
    return (
        data[:start]
        + draw(st.sampled_from([b"", b"/*", b"\\", b'"', b"}", b"\xff", data[end:]]))
        + data[end:]
    )


SIGNS = st.text(st.sampled_from("{}[]:,\"'\\/*\n\r \u2028\ufeff01xaeEn.+-utrI"), max_size=40)


@bounded
@given(st.one_of(st.binary(max_size=60), SIGNS.map(str.encode), damaged()))
def test_no_bytes_lead_to_anything_but_a_document_or_its_error(data: bytes) -> None:
    document, error = read(data)
    if document:
        assert document.data == data
        document.root()
        document.duplicate_keys()
    if error:
        assert error.line > 0
        assert error.column > 0
        assert 0 <= error.offset <= len(data)


def read(data: bytes) -> tuple[Document | None, Json5Error | None]:
    try:
        return Document.parse(data), None
    except Json5Error as error:
        return None, error
