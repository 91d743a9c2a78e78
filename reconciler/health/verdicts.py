"""From an HTTP status and a body, or from a failure on the way, to a verdict. A table; pure.

The HTTP status is looked at first and the service's code second, because the codes are not always there. Sources: the
service's error-code page and API reference (October 2026), dated reports for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Container
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from reconciler.health.report import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.health.body import Body

_ALL = range(100, 1000)
_OK = range(200, 300)
_CLIENT = range(200, 500)
_SERVER = range(500, 1000)


class Rule(msgspec.Struct, frozen=True):
    """One kind of answer.

    Attributes:
        code: of the check, kebab-case.
        cause: what it means; a template that may name ``{site}``, ``{host}``, ``{model}``, ``{other}``.
        remedy: what to do; the same, and ``{key_page}``, ``{base_url}``.
        statuses: HTTP statuses that it covers.
        codes: the service's codes that it covers; ``None``: any or none.
        html: covers only HTML pages.
        message: what the message must match.
    """

    code: str
    level: Level
    cause: str
    remedy: str = ""
    statuses: Container[int] = _ALL
    codes: frozenset[int] | None = None
    html: bool = False
    message: re.Pattern[str] | None = None


_TOO_LONG = re.compile(
    r"^(?!.*\b[RTI]P[MHD]\b).*(prompt_tokens|max_seq_len|max_total_tokens|input tokens)",
    re.IGNORECASE | re.DOTALL,
)
_LIMITED = re.compile(r"\brate limit", re.IGNORECASE)
_WEB_PAGE = (
    "{host} answered with a web page instead of the API: a network portal, a proxy or a wrong base URL"
)
_LOG_IN = "Log in to the network, or correct the base URL (now {base_url}; it ends in /v1)."
_LATER = "The check is incomplete, which does not stop an apply; run `reconciler health` again later."
_KEY_REMEDY = (
    "Compare the key with the one on {key_page}. Keys of the two sites are not interchangeable: "
    "`reconciler health --try-other-site` shows the key to site {other} too, to find out."
)


def _coded(code: str, number: int, cause: str, remedy: str) -> Rule:
    return Rule(code, "block", cause, remedy, _CLIENT, frozenset({number}))


RULES: tuple[Rule, ...] = (
    Rule("rate-limited", "warn", "{site} limits this account's requests", _LATER, {429}),
    Rule("service-busy", "warn", "{site} is overloaded", _LATER, {503}),
    Rule("service-timeout", "warn", "{site} took too long inside", _LATER, {408, 504}),
    Rule("not-the-service", "block", _WEB_PAGE, _LOG_IN, {511}),
    Rule("service-error", "warn", "{site} failed inside", _LATER, _SERVER),
    Rule("service-busy", "warn", "{site} is overloaded", _LATER, _CLIENT, frozenset({50505})),
    Rule("service-error", "warn", "{site} failed inside", _LATER, _CLIENT, frozenset({50507, 60000})),
    Rule("rate-limited", "warn", "{site} limits this account's requests", _LATER, _OK, message=_LIMITED),
    Rule(
        "redirected",
        "block",
        "{host} redirects elsewhere; the key was not sent there",
        "If the new address is the service's, put it into the site's base URL; a portal or proxy needs its login first.",
        range(300, 400),
    ),
    Rule(
        "not-the-service",
        "block",
        _WEB_PAGE,
        _LOG_IN,
        {*_OK, 401, 403},
        html=True,
    ),
    Rule(
        "key-refused",
        "block",
        "the key is invalid, or belongs to the other site ({other})",
        _KEY_REMEDY,
        {401},
    ),
    _coded("key-refused", 30014, "the key is invalid, or belongs to the other site ({other})", _KEY_REMEDY),
    _coded(
        "no-balance",
        30001,
        "the key is right, but the account has no balance",
        "Top it up in the console of {site}; to apply before that, use --skip-health.",
    ),
    _coded("account-disabled", 30002, "{site} has disabled the account", "Ask the service's support."),
    _coded(
        "model-disabled",
        30003,
        "{site} has taken {model} offline",
        "Choose another model; `reconciler catalog` lists them.",
    ),
    _coded(
        "identity-unverified",
        30005,
        "the account's owner has not been verified by real name",
        "Complete the verification in the console of {site}.",
    ),
    _coded(
        "tier-too-low",
        30007,
        "the account's tier does not include {model}",
        "Raise the tier, or choose another.",
    ),
    _coded(
        "paid-balance-only",
        30011,
        "{model} is paid from charged balance only, not from vouchers",
        "Top up the account, or use the model without Pro/.",
    ),
    _coded(
        "ip-refused",
        30013,
        "this machine's address is not on the key's list",
        "Add it on {key_page}, or run elsewhere.",
    ),
    _coded(
        "model-missing",
        20012,
        "{site} does not know {model}",
        "Check the spelling and the site; `reconciler catalog` lists its models.",
    ),
    Rule(
        "limit-exceeded",
        "block",
        "the request is longer than {model} takes",
        "Lower contextWindow or maxTokens to the limit in the message.",
        _CLIENT,
        frozenset({20015}),
        message=_TOO_LONG,
    ),
    _coded(
        "parameter-refused",
        20015,
        "{model} does not take a parameter that was sent",
        "Correct the model's compat or params; the message names the parameter.",
    ),
    _coded(
        "endpoint-retired",
        20092,
        "{site} has retired this address",
        "Update the site's base URL and listing.",
    ),
    _coded("content-refused", 20021, "{site} refused the content", "Try the request by hand."),
    Rule(
        "no-balance",
        "block",
        "the account has no balance",
        "Top it up in the console of {site}; to apply before that, use --skip-health.",
        {402},
    ),
    Rule(
        "forbidden",
        "block",
        "{site} refuses this account",
        "Check its permissions, verification and tier in the console of {site}.",
        {403},
    ),
    Rule(
        "wrong-path",
        "block",
        "there is no such path on {host}",
        "Correct the base URL (now {base_url}): it ends in /v1, once, without /chat/completions.",
        {404, 405},
    ),
    Rule("proxy", "block", "the proxy wants a login", "Put user and password into HTTPS_PROXY.", {407}),
    Rule(
        "endpoint-retired", "block", "{host} has retired this address", "Update the site's base URL.", {410}
    ),
    Rule("content-refused", "block", "{site} refused the content", "Try the request by hand.", {451}),
    Rule("ok", "ok", "", "", _OK, frozenset({0, 200, 20000})),
    Rule("request-refused", "block", "{site} refused the request", "See the message.", range(100, 500)),
)
"""First match wins. An answer with status 2xx and no code is fine and is not looked up here."""


def judge(status: int, body: Body) -> Rule:
    """The rule for an answer; ``ok`` for a success without an error code in it."""
    return next(rule for rule in RULES if _covers(rule, status, body))


def _covers(rule: Rule, status: int, body: Body) -> bool:
    if status not in rule.statuses:
        return False
    if rule.codes is not None:
        code = 0 if body.code is None and rule.code == "ok" else body.code
        if code not in rule.codes:
            return False
    if rule.html and body.shape != "html":
        return False
    return rule.message is None or rule.message.search(body.message) is not None


FAILURES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            Rule(
                "tls-expired",
                "block",
                "{host} shows a certificate that has expired, or this machine's clock is wrong",
                "Check the clock with `date`; if it is right, wait until the certificate is renewed.",
            ),
            Rule(
                "tls",
                "block",
                "no trusted connection to {host}",
                "Behind an inspecting proxy, point SSL_CERT_FILE at a file with its root certificate; else check the host.",
            ),
            Rule(
                "dns",
                "block",
                "the name {host} can't be resolved",
                "Check the spelling, the network and the name server; behind a proxy set HTTPS_PROXY.",
            ),
            Rule(
                "proxy",
                "block",
                "the proxy from the environment can't be used",
                "Check HTTPS_PROXY and ALL_PROXY, or except {host} in NO_PROXY.",
            ),
            Rule(
                "network",
                "block",
                "the connection to {host} could not be made, or broke",
                "Check network, firewall and, where there is one, HTTPS_PROXY.",
            ),
            Rule("timeout", "warn", "{host} accepted the connection, but did not answer in time", _LATER),
            Rule(
                "too-large",
                "block",
                "{host} answered with more than the API ever does",
                "Check the base URL (now {base_url}).",
            ),
            Rule(
                "unexpected-answer",
                "block",
                "{host} did not answer as the API does",
                "Check that the base URL (now {base_url}) and the listing path are those of a SiliconFlow site.",
            ),
        )
    }
)
"""What can go wrong before there is an answer to judge, by code."""
