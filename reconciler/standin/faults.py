"""What can go wrong, as data: every error answer known of the service, and what networks do to answers.

Bodies are those collected from the service's documents and from dated reports; their shape isn't uniform, which
is the point of having them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that the stand-in gives instead of its own.

    Attributes:
        delay_s: seconds before the answer starts.
        hang: never answer; the connection stays open until the stand-in closes.
        after_requests: answer once this many requests have arrived, to show that they run side by side.
        pad_to: length in bytes to which the body is filled with spaces.
        drip: send the head or the body byte by byte, ``pause_s`` apart.
        reset_after: reset the connection after this many bytes of the body.
    """

    status: int = 200
    body: str = ""
    encoding: str = "utf-8"
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}
    delay_s: float = 0.0
    hang: bool = False
    after_requests: int = 0
    pad_to: int = 0
    drip: Literal["head", "body"] | None = None
    pause_s: float = 0.01
    reset_after: int | None = None


def coded(status: int, code: int | None, message: str) -> Fault:
    """An error in the service's own envelope; rate limits come without a code."""
    body: dict[str, object] = {} if code is None else {"code": code}
    return Fault(status=status, body=msgspec.json.encode({**body, "message": message, "data": None}).decode())


def bare(status: int, message: str) -> Fault:
    """An error as a bare JSON string, the service's older shape."""
    return Fault(status=status, body=msgspec.json.encode(message).decode())


def redirect(location: str, status: int = 302) -> Fault:
    """A redirect, such as a captive portal or a moved mirror answers."""
    return Fault(status=status, headers={"Location": location}, content_type="text/html")


_PORTAL = "<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body>…</body></html>"

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "unknown-model": coded(400, 20012, "Model does not exist. Please check it carefully."),
        "parameter": coded(400, 20015, "The parameter is invalid. Please check again."),
        "no-thinking-switch": coded(
            400, 20015, "Value error, current model does not support parameter `enable_thinking`."
        ),
        "prompt-too-long": coded(
            400, 20015, "length of prompt_tokens (68957) must be less than max_seq_len (65536)."
        ),
        "total-too-long": coded(
            400, 20015, "max_total_tokens (33802) must be less than or equal to max_seq_len (32768)"
        ),
        "input-too-long": coded(
            400, 20015, "number of input tokens (300030) has exceeded max_prompt_tokens (98304) limit."
        ),
        "ill-formed-token": bare(401, "Invalid token"),
        "wrong-key": bare(401, "Api key is invalid"),
        "wrong-key-coded": coded(401, 30014, "Token is invalid."),
        "no-balance": coded(403, 30001, "Sorry, your account balance is insufficient"),
        "no-balance-402": coded(402, 30001, "Sorry, your account balance is insufficient"),
        "model-disabled": coded(403, 30003, "Model disabled."),
        "forbidden": bare(403, "Forbidden"),
        "account-disabled": coded(403, 30002, "User is disabled."),
        "identity-unverified": coded(403, 30005, "Real-name verification is required."),
        "tier": coded(403, 30007, "Your tier does not include this model."),
        "paid-balance-only": coded(403, 30011, "This model needs a charged balance."),
        "ip-refused": coded(403, 30013, "This IP address is not allowed."),
        "not-found": Fault(status=404, body="404 page not found", content_type="text/plain"),
        "not-found-bare": bare(404, "404 page not found"),
        "proxy-login": Fault(status=407, body="Proxy Authentication Required", content_type="text/plain"),
        "endpoint-retired": coded(410, 20092, "This endpoint is deprecated and is no longer available."),
        "rate-limited": coded(
            429, None, "Request was rejected due to rate limiting. Details: TPM limit reached."
        ),
        "content-refused": coded(451, 20021, "Prompt detected as NSFW."),
        "server-error": coded(500, 50507, "Unknown error."),
        "server-error-60000": coded(500, 60000, "Internal error."),
        "bad-gateway": Fault(
            status=502, body="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html"
        ),
        "overloaded": coded(503, 50505, "Model service overloaded. Please try again later."),
        "gateway-timeout": bare(504, "Gateway Timeout"),
        "code-in-200": coded(200, 30001, "Sorry, your account balance is insufficient"),
        "portal": Fault(body=_PORTAL, content_type="text/html; charset=utf-8"),
        "malformed": Fault(body='{"object": "list", "data": [{"id": "deepseek-ai/Dee'),
        "no-list": Fault(body='{"object": "list"}'),
        "huge": Fault(body='{"object": "list", "data": []', pad_to=64 * 1024 * 1024),
        "slow": Fault(body='{"object": "list", "data": []}', delay_s=0.2),
        "hang": Fault(hang=True),
        "dripping-head": Fault(body='{"object": "list", "data": []}', drip="head"),
        "dripping-body": Fault(body='{"object": "list", "data": []}', drip="body"),
        "reset": Fault(body='{"data": []}', reset_after=0),
        "reset-mid-body": Fault(body='{"object": "list", "data": [{"id": "deepseek-ai/De', reset_after=20),
    }
)
"""The known faults by name; use :func:`redirect` for those that need an address."""
