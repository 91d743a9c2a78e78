"""Whatever a server answers, the endpoint check and the catalogue end with a verdict that is safe to print."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.health.answer import Answer, Failure
from reconciler.health.findings import Findings
from reconciler.health.inquiry import listing
from reconciler.health.report import Endpoint, report
from reconciler.report import as_json, markdown, text
from reconciler.secret import Secret
from reconciler.standin.faults import FAULTS
from tests.fuzz.home import KEY, home_of, unprintable
from tests.fuzz.hostile import WORDS, damaged_json

LISTING = msgspec.json.encode(
    {"object": "list", "data": [{"id": "m/one", "object": "model", "created": 0, "owned_by": ""}]}
)
ERROR = b'{"code": 30001, "message": "no balance", "data": null, "error": {"code": "30001", "message": "no"}}'
BODIES = st.one_of(
    damaged_json(LISTING),
    damaged_json(ERROR),
    st.sampled_from([fault.body.encode() for fault in FAULTS.values()]),
    st.sampled_from(WORDS).map(lambda word: ("<html><title>" + word).encode("utf-8", "surrogatepass")),
    st.sampled_from([b"[" * 100_000, b'{"a":' * 100_000, b"9" * 100_000, KEY.encode(), b'"' + KEY.encode() + b'"']),
    st.binary(max_size=200),
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "x-siliconcloud-trace-id", "retry-after", "location"]),
    st.sampled_from([*WORDS, "text/html", KEY]),
)
ENDPOINT = Endpoint("siliconflow", "global", "http://127.0.0.1:9/v1", "/models", Secret(KEY), sibling="cn")
MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@MANY
@given(st.integers(100, 999), HEADERS, BODIES)
def test_any_answer_gets_a_verdict_that_is_safe_to_print(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    answer = Answer(status, headers, body)
    ids = listing(answer)
    assert ids is None or all(isinstance(model, str) for model in ids)
    found = report((Findings(ENDPOINT, (KEY,)).failure(answer, "127.0.0.1", "m/one"),))
    shown = [
        text.render_health(found, width=80, color=False),
        markdown.render_health(found),
        as_json.render_health(found),
    ]
    assert not any(unprintable(one) or KEY in one for one in shown)


@MANY
@given(st.sampled_from(WORDS))
def test_any_failure_on_the_way_is_safe_to_print(detail: str) -> None:
    found = report((Findings(ENDPOINT, (KEY,)).failure(Failure("network", detail), detail),))
    assert not unprintable(text.render_health(found, width=80, color=False))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged_json(LISTING), st.sampled_from(["text", "json"]), st.sampled_from([(), ("diff",)]))
def test_any_listing_ends_in_a_table_or_an_error(body: bytes, form: str, words: tuple[str, ...]) -> None:
    with home_of({"listing.json": body}) as home:
        home.run("catalog", *words, "cn", "--listing", "listing.json", "--format", form)
