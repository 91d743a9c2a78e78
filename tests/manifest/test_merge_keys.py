"""YAML's merge key: a map takes over what it doesn't say itself, from the nearest that does; bounded, and each value keeps its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import Location
from reconciler.manifest import limits
from reconciler.manifest.yaml_tree import Tree, read_trees

if TYPE_CHECKING:
    from reconciler.errors import Problem

KEYS = st.sampled_from("abcd")
MAPS = st.dictionaries(KEYS, st.integers(0, 9), max_size=3)


def read(text: str) -> tuple[Tree, list[Problem]]:
    problems: list[Problem] = []
    (tree,) = read_trees(text.encode(), "file", problems)
    return tree, problems


@given(
    st.lists(st.tuples(MAPS, st.lists(st.integers(0, 99), max_size=3), st.booleans()), min_size=1, max_size=6)
)
@settings(max_examples=300, deadline=None)
def test_own_keys_win_then_the_earlier_of_what_is_merged(
    maps: list[tuple[dict[str, int], list[int], bool]],
) -> None:
    lines: list[str] = []
    expected: list[dict[str, int]] = []
    for index, (own, wanted, first) in enumerate(maps):
        sources = [source % index for source in wanted] if index else []
        said = [f"{key}: {value}" for key, value in own.items()]
        names = ", ".join(f"*m{source}" for source in sources)
        merge = [f"<<: {names}" if len(sources) == 1 else f"<<: [{names}]"] if sources else []
        lines.append(f"- &m{index} {{{', '.join(merge + said if first else said + merge)}}}")
        taken: dict[str, int] = {}
        for source in reversed(sources):
            taken.update(expected[source])
        expected.append({**taken, **own})
    tree, problems = read("\n".join(lines))
    assert problems == []
    assert tree.value == expected
    for index, values in enumerate(expected):
        for key, value in values.items():
            place = tree.at(index, key)
            assert lines[place.line - 1][place.column - 1 :].startswith(str(value))


def test_a_value_that_was_taken_over_stands_where_it_was_written() -> None:
    tree, problems = read("a: &a\n  x: {deep: 1}\nb:\n  <<: [*a, {z: 2}]\n  own: 3\n")
    assert problems == []
    assert tree.at("b", "x", "deep") == Location("file", 2, 13)
    assert tree.key_at("b", "z") == Location("file", 4, 13)
    assert tree.key_at("b", "own") == Location("file", 5, 3)


def found(text: str) -> list[str]:
    return [f"{problem.location} {problem.code}" for problem in read(text)[1]]


def test_what_can_not_be_merged_is_told() -> None:
    assert found("a: {<<: 1}") == ["file:1:9 bad-merge"]
    assert found("a: {<<: [{}, []]}") == ["file:1:9 bad-merge"]
    assert found("a: {<<: {x: 1}, <<: {z: 2}}") == ["file:1:17 duplicate-key"]
    assert found("a: [<<]") == ["file:1:5 ambiguous-word"]
    assert found('a: {"<<": {x: 1}}') == []


def test_a_bomb_of_merges_is_stopped_within_the_bound() -> None:
    width = 300
    lines = ["- &m0 {" + ", ".join(f"k{index}: 1" for index in range(width)) + "}"]
    lines += [f"- &m{index} {{<<: [{', '.join([f'*m{index - 1}'] * 9)}]}}" for index in range(1, 12)]
    problems: list[Problem] = []
    assert read_trees("\n".join(lines).encode(), "file", problems) == []
    assert [problem.code for problem in problems] == ["alias-bomb"]
    assert width * 9 < limits.ALIASED_VALUES


def test_a_shared_map_makes_two_models(tmp_path: Any) -> None:
    from reconciler.manifest.load import load_manifest

    path = tmp_path / "all.yaml"
    path.write_text(
        "apiVersion: reconciler/v1\nkind: Provider\nmetadata: {name: siliconflow}\nspec:\n  site: cn\n"
        "  key: {env: SILICONFLOW_API_KEY}\n  models:\n"
        "    - &limits {id: acme/one, contextWindow: 64000, maxTokens: 4000}\n"
        "    - {<<: *limits, id: acme/two, maxTokens: 8000}\n",
        encoding="utf-8",
    )
    (provider,) = load_manifest([str(path)], severities={"unknown-model": "off"}).providers
    models = provider.document.spec.models
    assert isinstance(models, list)
    assert [(model.id, model.context_window, model.max_tokens) for model in models] == [
        ("acme/one", 64000, 4000),
        ("acme/two", 64000, 8000),
    ]
