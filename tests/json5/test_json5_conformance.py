"""The documents of `data/json5-cases.json` mean here what Node's json5 2.2.3, which OpenClaw uses, makes of them."""

import json
import struct
from math import isinf, isnan
from pathlib import Path
from typing import Any

import pytest

from reconciler.json5 import Document, Json5Error

CASES = json.loads((Path(__file__).parent.parent / "data" / "json5-cases.json").read_text("utf-8"))["cases"]

# Node reads these; here nesting is bounded, so that no reader of the value can exhaust its stack.
TOO_DEEP = {"deep:arr-500", "deep:arr-1000", "deep:arr-10000", "deep:arr-100000", "deep:obj-10000"}

# The two that the file describes instead of holding them.
RECIPES = {
    "num:bignum-5000-digits": "1" * 5000,
    "deep:arr-10000": "[" * 10_000 + "]" * 10_000,
    "deep:arr-100000": "[" * 100_000 + "]" * 100_000,
    "deep:obj-10000": "{a:" * 10_000 + "1" + "}" * 10_000,
}


def tagged(value: Any) -> list[Any]:
    """A value in the notation of the cases."""
    match value:
        case None:
            return ["null"]
        case bool():
            return ["b", value]
        case int() | float():
            return ["n", number(float(value))]
        case str():
            units = struct.iter_unpack("<H", value.encode("utf-16-le", "surrogatepass"))
            return ["s", ",".join(str(unit) for (unit,) in units)]
        case list():
            return ["a", [tagged(item) for item in value]]
        case _:
            return ["o", sorted([key, tagged(item)] for key, item in value.items())]


def number(value: float) -> str:
    if isnan(value):
        return "nan"
    if isinf(value):
        return "inf" if value > 0 else "-inf"
    return "-0" if value == 0 and str(value)[0] == "-" else struct.pack(">d", value).hex()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_text_means_what_node_makes_of_it(case: dict[str, Any]) -> None:
    text = case.get("text") or RECIPES.get(case["name"], "")
    data = text.encode("utf-8")
    if case["valid"] and case["name"] not in TOO_DEEP:
        assert tagged(Document.parse(data).value) == case["value"]
    else:
        with pytest.raises(Json5Error):
            Document.parse(data)
