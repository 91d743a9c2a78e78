"""Reading the body of an answer, whatever it is, and making a server's words safe to show. Pure.

The service's errors have no uniform shape: bare JSON strings, ``{code, message, data}`` with or without a code, plain
text; proxies and portals add ``{error: {…}}`` and HTML.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from reconciler.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable

Shape = Literal["empty", "string", "object", "array", "html", "text"]

_TITLE = re.compile(r"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_LOOKED_AT = 4096  # characters of a message that are considered at all
_SHOWN = 200  # characters of a message that are shown
_SHORTEST_SECRET = 6  # masking shorter ones would only garble messages


class Body(msgspec.Struct, frozen=True):
    """What an answer says.

    Attributes:
        code: the service's own error code.
        message: the server's words as they came; pass through :func:`safe` before showing.
        value: the decoded JSON, ``None`` for other shapes.
    """

    shape: Shape
    code: int | None = None
    message: str = ""
    value: Any = None


def parse_body(raw: bytes, content_type: str = "") -> Body:
    """Reads a body; never fails."""
    if not raw.strip():
        return Body("empty")
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _text(raw.decode("utf-8", "replace"), content_type)
    if isinstance(value, str):
        return Body("string", None, value, value)
    if isinstance(value, dict):
        return Body("object", _code(value), _message(value), value)
    if isinstance(value, list):
        return Body("array", None, "", value)
    return Body("text", None, str(value))


def _text(text: str, content_type: str) -> Body:
    if "html" in content_type.lower() or text.lstrip()[:5].lower() in {"<html", "<!doc"}:
        title = _TITLE.search(text, 0, 65536)
        return Body("html", None, title[1] if title else "")
    return Body("text", None, text)


def _code(value: dict[Any, Any]) -> int | None:
    error = value.get("error")
    candidates = [value.get("code"), error.get("code") if isinstance(error, dict) else None]
    for code in candidates:
        if isinstance(code, int) and not isinstance(code, bool):
            return code
        if isinstance(code, str) and re.fullmatch(r"[0-9]{1,9}", code):
            return int(code)
    return None


def _message(value: dict[Any, Any]) -> str:
    error = value.get("error")
    nested = error.get("message") if isinstance(error, dict) else error
    for message in (value.get("message"), nested, value.get("detail")):
        if isinstance(message, str) and message:
            return message
    return ""


def safe(text: str, secrets: Iterable[str] = (), limit: int = _SHOWN) -> str:
    """A server's words, fit for a terminal and a log: one line, no control characters, no secret, not long."""
    hidden = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]
    # Masked before shortening, so that no half of a secret is left over, and again when what hid inside it is gone.
    text = _mask(text, hidden)[:_LOOKED_AT]
    text = "".join(" " if char.isspace() else char for char in text if char.isprintable() or char.isspace())
    text = _mask(" ".join(text.split()), hidden)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _mask(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
