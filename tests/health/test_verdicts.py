"""Every error body that is known of the service, and what it is taken for."""

from __future__ import annotations

import pytest

from reconciler.health.body import parse_body
from reconciler.health.verdicts import FAILURES, RULES, judge

TOO_LONG = (
    "length of prompt_tokens (68957) must be less than max_seq_len (65536).",
    "max_total_tokens (33802) must be less than or equal to max_seq_len (32768)",
    "number of input tokens (300030) has exceeded max_prompt_tokens (98304) limit.",
    "max_tokens (8192) have exceeded max_seq_len (8192) limit.",
)
PARAMETERS = (
    "The parameter is invalid. Please check again.",
    "Value error, current model does not support parameter `enable_thinking`.",
    "Value error, The `required` option for tool_choice is not yet supported.",
    "Field required",
    "Details: TPM limit reached, prompt_tokens too many",
)


def coded(code: int, message: str) -> str:
    return f'{{"code":{code},"message":"{message}","data":null}}'


CASES = [
    (200, '{"object":"list","data":[]}', "ok", "ok"),
    (200, '{"code":20000,"message":"OK","status":true,"data":{}}', "ok", "ok"),
    (200, coded(30001, "Sorry, your account balance is insufficient"), "no-balance", "block"),
    (200, coded(99999, "Something new"), "request-refused", "block"),
    (200, "<!doctype html><title>Sign in</title>", "not-the-service", "block"),
    (302, "", "redirected", "block"),
    (308, '"moved"', "redirected", "block"),
    (400, coded(20012, "Model does not exist. Please check it carefully."), "model-missing", "block"),
    *((400, coded(20015, message), "limit-exceeded", "block") for message in TOO_LONG),
    *((400, coded(20015, message), "parameter-refused", "block") for message in PARAMETERS),
    (400, "", "request-refused", "block"),
    (401, '"Invalid token"', "key-refused", "block"),
    (401, '"Api key is invalid"', "key-refused", "block"),
    (401, coded(30014, "Token is invalid."), "key-refused", "block"),
    (401, "", "key-refused", "block"),
    (401, "<html><title>Login</title></html>", "not-the-service", "block"),
    (402, coded(30001, "Sorry, your account balance is insufficient"), "no-balance", "block"),
    (402, "", "no-balance", "block"),
    (403, coded(30001, "Sorry, your account balance is insufficient"), "no-balance", "block"),
    (403, '{"code":30003,"message":"Model disabled."}', "model-disabled", "block"),
    (403, '"Forbidden"', "forbidden", "block"),
    (403, coded(30002, "-"), "account-disabled", "block"),
    (403, coded(30005, "-"), "identity-unverified", "block"),
    (403, coded(30007, "-"), "tier-too-low", "block"),
    (403, coded(30011, "-"), "paid-balance-only", "block"),
    (403, coded(30013, "-"), "ip-refused", "block"),
    (403, "<html>blocked by policy</html>", "not-the-service", "block"),
    (404, "404 page not found", "wrong-path", "block"),
    (404, '"404 page not found"', "wrong-path", "block"),
    (404, "<html>nginx</html>", "wrong-path", "block"),
    (405, "", "wrong-path", "block"),
    (407, "", "proxy", "block"),
    (408, "", "service-timeout", "warn"),
    (410, coded(20092, "This endpoint is deprecated and is no longer available."), "endpoint-retired", "block"),
    (410, "", "endpoint-retired", "block"),
    (418, "", "request-refused", "block"),
    (429, '{"message":"Request was rejected due to rate limiting. Details: TPM limit reached.","data":null}', "rate-limited", "warn"),
    (429, "<html>slow down</html>", "rate-limited", "warn"),
    (451, coded(20021, "NSFW"), "content-refused", "block"),
    (451, "", "content-refused", "block"),
    (500, coded(50507, "-"), "service-error", "warn"),
    (500, coded(60000, "-"), "service-error", "warn"),
    (502, "<html>502 Bad Gateway</html>", "service-error", "warn"),
    (503, coded(50505, "Model service overloaded. Please try again later."), "service-busy", "warn"),
    (504, '"Gateway Timeout"', "service-timeout", "warn"),
    (511, "<html>Network Authentication Required</html>", "not-the-service", "block"),
    (200, coded(50505, "Model service overloaded. Please try again later."), "service-busy", "warn"),
    (200, coded(60000, "-"), "service-error", "warn"),
    (200, '{"message":"Request was rejected due to rate limiting. Details: TPM limit reached.","data":null}', "rate-limited", "warn"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "raw", "code", "level"), CASES)
def test_an_answer_gets_its_verdict(status: int, raw: str, code: str, level: str) -> None:
    rule = judge(status, parse_body(raw.encode()))
    assert (rule.code, rule.level) == (code, level)


def test_a_code_that_arrives_as_text_counts_too() -> None:
    assert (
        judge(403, parse_body(b'{"error":{"code":"30003","message":"Model disabled."}}')).code
        == "model-disabled"
    )


@pytest.mark.parametrize("rule", [*RULES, *FAILURES.values()], ids=lambda rule: rule.code)
def test_every_verdict_but_ok_says_what_to_do(rule: object) -> None:
    assert getattr(rule, "code", "") == "ok" or (getattr(rule, "cause", "") and getattr(rule, "remedy", ""))


def test_every_rule_is_reached_by_an_example() -> None:
    reached = {id(judge(status, parse_body(raw.encode()))) for status, raw, _, _ in CASES}
    reached.add(id(judge(400, parse_body(coded(30014, "-").encode()))))
    assert {rule.code for rule in RULES if id(rule) not in reached} == set()
