"""Values and addresses in reports: nothing can be taken for something else, nothing that matters is cut away."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.report import text
from reconciler.report.display import contrast, show
from reconciler.report.layout import cells, wrap
from reconciler.report.outline import place, sections
from tests.report.plans import MANY_MODELS, change, field, model, new_model, plan


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("deepseek-ai/DeepSeek-V3.2", "deepseek-ai/DeepSeek-V3.2"),
        ("${SILICONFLOW_API_KEY}", "${SILICONFLOW_API_KEY}"),
        ("(read at apply)", "(read at apply)"),
        ("DeepSeek V3.2", "DeepSeek V3.2"),
        ("true", '"true"'),
        (True, "true"),
        ("null", '"null"'),
        (None, "null"),
        ("60", '"60"'),
        (60, "60"),
        ("1e3", '"1e3"'),
        (0.27, "0.27"),
        ("", '""'),
        (" x ", '" x "'),
        ("[]", '"[]"'),
        ([], "[]"),
        ({}, "{}"),
        ("a -> b", '"a -> b"'),
        (["a", "b"], "[a, b]"),
        (["a, b"], '["a, b"]'),
        ({"a": "b: c", "d": {"e": 1}}, '{a: "b: c", d: {e: 1}}'),
        ('"quoted"', '"\\"quoted\\""'),
        ("a\nb\x1b[2J", "a\\nb\\x1b[2J"),
    ],
)
def test_a_value_can_be_taken_for_no_other(value: Any, shown: str) -> None:
    assert show(value) == shown


def test_long_values_are_shown_where_they_differ() -> None:
    before, after = contrast("x" * 1000 + "old", "x" * 1000 + "new", 100)
    assert before.endswith("xold")
    assert after.endswith("xnew")
    assert max(len(before), len(after)) <= 100


def test_a_value_that_nests_deep_is_cut() -> None:
    value: Any = 1
    for _ in range(2_000):
        value = [value]
    assert show(value).endswith("]")


@pytest.mark.parametrize(
    ("address", "path", "placed"),
    [
        (
            "provider/silicon.flow.baseUrl",
            ("models", "providers", "silicon.flow", "baseUrl"),
            ("provider/silicon.flow", "", "baseUrl"),
        ),
        ("provider/a.b", ("models", "providers", "a.b"), ("provider/a.b", "", "")),
        (
            "provider/a.models[Qwen/Qwen2.5-7B]",
            ("models", "providers", "a", "models", {"id": "Qwen/Qwen2.5-7B"}),
            ("provider/a", "models[Qwen/Qwen2.5-7B]", ""),
        ),
        (
            "provider/a.models[Qwen/Qwen2.5-7B].cost.input",
            ("models", "providers", "a", "models", {"id": "Qwen/Qwen2.5-7B"}, "cost", "input"),
            ("provider/a", "models[Qwen/Qwen2.5-7B]", "cost.input"),
        ),
        (
            "agent/defaults.models[a/Qwen2.5].alias",
            ("agents", "defaults", "models", "a/Qwen2.5", "alias"),
            ("agent/defaults", "models[a/Qwen2.5]", "alias"),
        ),
        ("env.vars[KEY]", ("env", "vars", "KEY"), ("env", "vars[KEY]", "")),
        ("gateway.mode", ("models", "mode"), ("gateway", "", "mode")),
    ],
)
def test_an_address_is_taken_apart_in_spite_of_dots(
    address: str, path: Any, placed: tuple[str, str, str]
) -> None:
    assert place(change(address, path, "update", 1, 2)) == placed


def test_rows_that_change_alike_are_told_once() -> None:
    alike = [
        model(f"m{number}", name, "create", None, True)
        for number in range(3)
        for name in ("compat.a", "compat.b")
    ]
    (section,) = sections(alike)
    (part,) = section.parts
    assert part.rows == ("models[m0]", "models[m1]", "models[m2]")
    assert [entry.name for entry in part.entries] == ["compat.a", "compat.b"]


def test_where_requests_go_is_shown_in_the_longest_plan() -> None:
    rendered = text.render_plan(MANY_MODELS, width=80, color=False)
    assert "https://elsewhere.example/v1" in rendered
    assert len(rendered.splitlines()) < 120


def test_verbose_leaves_nothing_out() -> None:
    rendered = text.render_plan(MANY_MODELS, width=200, color=False, verbose=True)
    assert "-v shows all" not in rendered
    assert all(f"models[vendor/Model-{number:03}]" in rendered for number in range(500))


def test_each_symbol_is_one_change() -> None:
    few = plan(
        field("api", "update", "a", "b"), new_model("a/b"), model("c/d", "maxTokens", "create", None, 1)
    )
    lines = text.render_plan(few, width=80, color=False).splitlines()
    assert [line.split()[0] for line in lines if line.split()[:1] in (["+"], ["~"], ["-"])] == ["~", "+", "+"]


def test_wide_characters_count_twice_and_combining_ones_not() -> None:
    assert cells("模型e\u0301x") == 6
    assert wrap("模型 模型 模型", 10, 0, 0) == ["模型 模型", "模型"]
