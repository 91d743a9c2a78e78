"""Laws of loading: order has no meaning, no input gets past ManifestError, no word has two readings."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import ManifestError, ReconcilerError
from reconciler.manifest.load import load_manifest
from reconciler.manifest.scalars import Ambiguous, resolve

if TYPE_CHECKING:
    import random

    from reconciler.manifest.bundle import Manifest

MANIFESTS = Path(__file__).parents[2] / "manifests"
SETS = [MANIFESTS, *sorted(path for path in (MANIFESTS / "examples").iterdir() if path.is_dir())]
HOST = [path for path in SETS if path.name == "both-sites"]


def load_texts(texts: list[bytes]) -> Manifest:
    with tempfile.TemporaryDirectory() as folder:
        for index, text in enumerate(texts):
            (Path(folder) / f"{index}.yaml").write_bytes(text)
        return load_manifest([folder])


def documents_of(folder: Path) -> list[Any]:
    return [
        document
        for file in sorted(folder.glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    ]


def shuffled(value: Any, order: random.Random) -> Any:
    """Maps in another order of keys; lists keep theirs, which has a meaning."""
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(item, order) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("folder", SETS, ids=lambda path: path.name)
@given(order=st.randoms(use_true_random=False), files=st.integers(1, 3))
@settings(max_examples=15, deadline=None)
def test_the_order_of_documents_keys_and_files_means_nothing(
    folder: Path, order: random.Random, files: int
) -> None:
    documents = [shuffled(document, order) for document in documents_of(folder)]
    order.shuffle(documents)
    piles = [documents[index::files] for index in range(files)]
    texts = [yaml.safe_dump_all(pile, sort_keys=False, allow_unicode=True).encode() for pile in piles]
    again, original = load_texts(texts), load_manifest([str(folder)])
    assert again.digest == original.digest
    for kind in ("sites", "providers", "agents", "gateways"):
        assert [one.document for one in getattr(again, kind)] == [
            one.document for one in getattr(original, kind)
        ]


def test_meaning_alone_makes_the_digest() -> None:
    first = b"apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: a}\nspec: {protected: false}\n"
    same = b'# words\nspec:\n  protected: false\nkind: "Agent"\nmetadata:\n  name: a\napiVersion: reconciler/v1\n'
    assert load_texts([first]).digest == load_texts([same]).digest
    assert load_texts([first]).digest != load_texts([first.replace(b"name: a", b"name: b")]).digest


SEEDS = [file.read_bytes() for folder in SETS for file in folder.glob("*.yaml")] + [
    file.read_bytes() for file in (Path(__file__).parent / "bad").glob("*.yaml")
]
FRAGMENTS = [
    b"*",
    b"&a ",
    b"[",
    b"]",
    b"{",
    b"}",
    b"- ",
    b": ",
    b"\n",
    b"\t",
    b"? ",
    b"!",
    b"'",
    b'"',
    b"|\n",
    b"%",
]
FRAGMENTS += [
    b"---\n",
    b"...\n",
    b"~",
    b"<<: ",
    b"<<: *a",
    b"<<: [{}, {id: x}]\n",
    b"\x00",
    b"\xff",
    b"\xe2\x80\xa8",
    b"0x",
    b"#",
    b"spec",
    b"models:",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 12))
        text = text[:at] + draw(st.sampled_from(FRAGMENTS)) + text[at + cut :]
    return text


def only_manifest_errors(text: bytes) -> None:
    found: ReconcilerError | None = None
    try:
        load_texts([text])
    except ReconcilerError as error:
        found = error
    if isinstance(found, ManifestError):
        assert all(problem.remedy and problem.what for problem in found.problems)
    else:
        assert found is None or "no manifests" in found.what


@given(text=st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_random_bytes_give_nothing_but_a_manifest_error(text: bytes) -> None:
    only_manifest_errors(text)


@given(text=damaged())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_manifests_give_nothing_but_a_manifest_error(text: bytes) -> None:
    only_manifest_errors(text)


JSON = st.recursive(
    st.booleans()
    | st.integers(-5, 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for step, inner in steps for path in paths(inner, (*at, step)))]


@given(source=st.sampled_from(documents_of(HOST[0])), place=st.randoms(use_true_random=False), value=JSON)
@settings(max_examples=400, deadline=None)
def test_any_value_in_any_place_gives_nothing_but_a_manifest_error(
    source: Any, place: random.Random, value: Any
) -> None:
    path = place.choice(paths(source))
    document = shuffled(source, place)
    node = document
    for step in path[:-1]:
        node = node[step]
    if path:
        node[path[-1]] = value
    only_manifest_errors(yaml.safe_dump(document if path else value).encode())


WORDS = st.text(st.sampled_from("0123456789abcdefoxyns.eE+-_:~=<YNOTRUEFALSnuli"), min_size=1, max_size=9)


@given(
    word=WORDS | st.sampled_from(["y", "No", "on", "0o7", "1_0", "1e3", "22:22", "0.", "-.5", "0b1", "+0x1"])
)
@settings(max_examples=2000, deadline=None)
def test_a_word_that_is_taken_means_the_same_to_a_yaml_1_1_reader(word: str) -> None:
    value = resolve(word)
    if isinstance(value, Ambiguous):
        return
    try:
        listed = yaml.compose(f"- {word}")
    except yaml.YAMLError:
        return
    assert isinstance(listed, yaml.SequenceNode)
    (node,) = listed.value
    if not isinstance(node, yaml.ScalarNode) or node.value != word:
        return
    theirs = yaml.safe_load(f"- {word}")[0]
    if not isinstance(value, str):
        assert type(theirs) is type(value)
        assert theirs == value
    else:
        assert not isinstance(theirs, bool | int | float)
