"""The whole check against a stand-in: what an operator reads, and what never leaves."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from reconciler.errors import KeySourceError, Location
from reconciler.health.check import check_endpoints
from reconciler.health.client import Client, Policy
from reconciler.health.report import NOT_CHECKED, Check, Endpoint, HealthReport, ModelUse
from reconciler.secret import Secret
from reconciler.standin import FAULTS, Fault, StandIn, redirect

KEY = "sk-sentinel-0123456789abcdef"
PRIMARY = ModelUse("deepseek-ai/DeepSeek-V3.2", "primary", Location("manifests/a.yaml", 9, 7))
HASTY = Policy(connect_s=0.3, read_s=0.3, total_s=1.0)


def patient() -> Client:
    return Client(sleep=lambda _: None)


def hasty() -> Client:
    """For servers that never end; anything else might just be slow on a busy machine."""
    return Client(HASTY, sleep=lambda _: None)


def endpoint(standin: StandIn, key: str | None = KEY, **changes: object) -> Endpoint:
    made = Endpoint(
        provider="siliconflow",
        site="global",
        base_url=standin.base_url,
        listing="/models?sub_type=chat",
        key=None if key is None else Secret(key),
        models=(PRIMARY,),
        sibling="cn",
        key_page="https://cloud.siliconflow.com/account/ak",
        catalog="global",
    )
    return msgspec.structs.replace(made, **changes)


def check(
    standin: StandIn, key: str | None = KEY, *, try_other_site: bool = False, **changes: object
) -> HealthReport:
    return check_endpoints(
        [endpoint(standin, key, **changes)], try_other_site=try_other_site, make_client=patient
    )


def codes(report: HealthReport) -> list[str]:
    return [found.code for found in report.checks]


def test_a_good_key_and_a_served_model_are_ok() -> None:
    with StandIn(keys=[KEY]) as standin:
        report = check(standin)
        (request,) = standin.requests
    (found,) = report.checks
    assert (report.status, found.code, found.status, found.trace_id) == ("ok", "ok", 200, "ti_standin000001")
    assert "lists 57 chat models, the declared one" in found.message
    assert (request.key, request.path, request.query) == (KEY, "/v1/models", "sub_type=chat")


def test_findings_on_models_carry_their_place_in_the_manifests() -> None:
    with StandIn(keys=[KEY], models=["other/model"]) as standin:
        report = check(standin)
    assert (report.status, codes(report)) == ("block", ["ok", "model-missing"])
    assert report.checks[1].subject == PRIMARY.id
    assert report.checks[1].source == PRIMARY.source


EXPECTED = {
    "unknown-model": ("model-missing", "block"),
    "parameter": ("parameter-refused", "block"),
    "no-thinking-switch": ("parameter-refused", "block"),
    "prompt-too-long": ("limit-exceeded", "block"),
    "total-too-long": ("limit-exceeded", "block"),
    "input-too-long": ("limit-exceeded", "block"),
    "ill-formed-token": ("key-refused", "block"),
    "wrong-key": ("key-refused", "block"),
    "wrong-key-coded": ("key-refused", "block"),
    "no-balance": ("no-balance", "block"),
    "no-balance-402": ("no-balance", "block"),
    "model-disabled": ("model-disabled", "block"),
    "forbidden": ("forbidden", "block"),
    "account-disabled": ("account-disabled", "block"),
    "identity-unverified": ("identity-unverified", "block"),
    "tier": ("tier-too-low", "block"),
    "paid-balance-only": ("paid-balance-only", "block"),
    "ip-refused": ("ip-refused", "block"),
    "not-found": ("wrong-path", "block"),
    "not-found-bare": ("wrong-path", "block"),
    "proxy-login": ("proxy", "block"),
    "endpoint-retired": ("endpoint-retired", "block"),
    "rate-limited": ("rate-limited", "warn"),
    "content-refused": ("content-refused", "block"),
    "server-error": ("service-error", "warn"),
    "server-error-60000": ("service-error", "warn"),
    "bad-gateway": ("service-error", "warn"),
    "overloaded": ("service-busy", "warn"),
    "gateway-timeout": ("service-timeout", "warn"),
    "code-in-200": ("no-balance", "block"),
    "portal": ("not-the-service", "block"),
    "malformed": ("unexpected-answer", "block"),
    "no-list": ("unexpected-answer", "block"),
    "huge": ("too-large", "block"),
    "hang": ("timeout", "warn"),
    "dripping-head": ("timeout", "warn"),
    "reset": ("network", "block"),
    "reset-mid-body": ("network", "block"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_fault_is_named_for_what_it_is(name: str) -> None:
    with StandIn(keys=[KEY]) as standin:
        standin.fail_next(FAULTS[name], times=3)
        make_client = hasty if EXPECTED[name][0] == "timeout" else patient
        report = check_endpoints([endpoint(standin)], make_client=make_client)
    (found,) = report.checks
    assert (found.code, found.verdict, report.status) == (*EXPECTED[name], EXPECTED[name][1])
    assert found.remedy
    assert len(found.message) < 500
    assert found.message.isprintable()


def test_every_fault_of_the_stand_in_is_expected_here() -> None:
    assert FAULTS.keys() - EXPECTED.keys() == {"slow", "dripping-body"}  # these only take long


@pytest.mark.parametrize("name", ["slow", "dripping-body"])
def test_slow_is_not_broken(name: str) -> None:
    with StandIn(keys=[KEY], faults=[FAULTS[name]]) as standin:
        assert codes(check(standin, models=())) == ["ok"]


def test_a_refused_key_may_belong_to_the_other_site_which_is_not_asked() -> None:
    with StandIn("cn", [KEY]) as other, StandIn(keys=["sk-else"]) as standin:
        report = check(standin, sibling_base_url=other.base_url)
        assert other.requests == []
    assert codes(report) == ["key-refused"]
    assert "belongs to the other site (cn)" in report.checks[0].message
    assert "--try-other-site" in report.checks[0].remedy


@pytest.mark.parametrize(
    ("accepted", "code", "words"),
    [
        (KEY, "key-other-site", "site cn accepts it"),
        ("sk-third", "key-refused", "neither site global nor site cn"),
    ],
)
def test_on_request_the_other_site_is_asked(accepted: str, code: str, words: str) -> None:
    with StandIn("cn", [accepted]) as other, StandIn(keys=["sk-else"]) as standin:
        report = check(standin, try_other_site=True, sibling_base_url=other.base_url)
        assert [request.key for request in other.requests] == [KEY]
    assert (codes(report), report.status) == ([code], "block")
    assert words in report.checks[0].message


def test_an_other_site_that_cannot_tell_is_said_so() -> None:
    with StandIn("cn", [KEY]) as other, StandIn(keys=["sk-else"]) as standin:
        other.fail_next(FAULTS["overloaded"], times=3)
        report = check(standin, try_other_site=True, sibling_base_url=other.base_url)
    assert codes(report) == ["key-refused"]
    assert "could not be told: HTTP 503" in report.checks[0].message


def test_the_other_site_must_be_an_allowed_host_as_well() -> None:
    with StandIn(keys=["sk-else"]) as standin:
        report = check(standin, try_other_site=True, sibling_base_url="https://evil.example/v1")
    assert "was not asked" in report.checks[0].message
    assert "--allow-host evil.example" in report.checks[0].remedy


def test_a_redirect_never_carries_the_key() -> None:
    with StandIn(keys=[KEY]) as elsewhere, StandIn(keys=[KEY]) as standin:
        standin.fail_next(redirect(f"{elsewhere.base_url}/models?key={KEY}"))
        report = check(standin)
        assert elsewhere.requests == []
    assert codes(report) == ["redirected"]
    assert f"to {elsewhere.base_url}" in report.checks[0].message
    assert KEY not in repr(report)


@pytest.mark.parametrize(
    "base_url", ["https://evil.example/v1", "http://api.siliconflow.com/v1", "https://a@b/v1"]
)
def test_a_host_that_nobody_allowed_gets_no_request(base_url: str) -> None:
    with StandIn(keys=[KEY]) as standin:
        report = check(standin, base_url=base_url)
    assert report.status == "block"
    assert report.checks[0].code in {"host-not-allowed", "not-https", "bad-url"}


def test_without_a_key_the_reason_is_given_and_retired_models_are_still_named() -> None:
    retired = ModelUse("zai-org/GLM-4.6V", "image")
    with StandIn("cn") as standin:
        report = check(
            standin,
            None,
            key_problem=KeySourceError("SILICONFLOW_API_KEY is not set"),
            catalog="cn",
            models=(retired,),
        )
        assert standin.requests == []
    assert codes(report) == ["key-missing", "model-retired"]
    assert "SILICONFLOW_API_KEY is not set" in report.checks[0].message


@pytest.mark.parametrize("key", ["sk-a b", "sk-ä", "sk-a\r\nX-Evil: 1", "sk-\x00"])
def test_a_key_that_no_header_can_carry_is_not_sent(key: str) -> None:
    with StandIn() as standin:
        report = check(standin, key)
        assert standin.requests == []
    assert codes(report) == ["key-malformed"]
    assert key not in repr(report)


@pytest.mark.parametrize("padding", ["\n", "\r\n", " \t"])
def test_white_space_around_a_key_is_left_out_and_warned_about(padding: str) -> None:
    with StandIn(keys=[KEY]) as standin:
        report = check(standin, padding + KEY + padding)
        assert standin.requests[0].key == KEY
    assert (codes(report), report.status) == (["key-padded", "ok"], "warn")


@pytest.mark.parametrize("body", ['{{"code":30014,"message":"Bad key {key}"}}', "no {key}", '"{key}"'])
def test_a_server_that_echoes_the_key_is_masked(body: str) -> None:
    echo = Fault(status=401, body=body.format(key=KEY), headers={"x-request-id": KEY, "Retry-After": KEY})
    with StandIn(keys=[KEY], faults=[echo]) as standin:
        report = check(standin)
    assert report.checks[0].code == "key-refused"
    assert KEY not in repr(report)
    assert KEY.encode() not in msgspec.json.encode(report)


def test_declared_headers_go_along_and_their_values_are_masked() -> None:
    headers = {
        "X-Team": "team-token-0123",
        "X-Late": "${VAR}",
        "Bad Name": "x",
        "Host": "evil.example",
        "X-Cr": "a\r\nb",
    }
    echo = Fault(status=400, body='"unknown team-token-0123"')
    with StandIn(keys=[KEY], faults=[echo]) as standin:
        report = check(standin, headers=headers)
        sent = standin.requests[0].headers
    assert sent["x-team"] == "team-token-0123"
    assert {"x-late", "bad name", "x-cr"}.isdisjoint(sent)
    assert sent["host"].startswith("127.0.0.1")
    assert "team-token-0123" not in repr(report)


def test_endpoints_are_asked_side_by_side_and_told_in_order() -> None:
    gate = Fault(body='{"data": []}', after_requests=4)
    with StandIn(keys=[KEY], faults=[gate] * 4) as standin:
        endpoints = [endpoint(standin, provider=name, models=()) for name in ("d", "b", "a", "c")]
        report = check_endpoints(endpoints, make_client=patient)
    assert [found.provider for found in report.checks] == ["a", "b", "c", "d"]
    assert report.status == "ok"


def test_the_worst_finding_decides() -> None:
    with StandIn(keys=[KEY]) as standin:
        good, bad = endpoint(standin, provider="a"), endpoint(standin, "sk-wrong-key", provider="b")
        assert check_endpoints([good, bad], make_client=patient).status == "block"


def test_no_endpoints_means_not_checked() -> None:
    assert check_endpoints([]) == NOT_CHECKED
    assert NOT_CHECKED.status == "skipped"


def test_a_report_survives_being_saved() -> None:
    report = HealthReport("warn", (Check("p", "m", "c", "warn", "x", source=Location("a", 1, 2)),))
    assert msgspec.json.decode(msgspec.json.encode(report), type=HealthReport) == report


def test_naming_a_report_loads_no_network_library() -> None:
    program = "import sys, reconciler.health.check, reconciler.health.report; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"httpx", "ssl", "socket", "http", "concurrent.futures"}.isdisjoint(loaded)
