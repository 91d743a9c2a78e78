"""From an exception of the network stack to what failed: name, certificate, proxy, connection or time."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpx

from reconciler.health.answer import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

# OpenSSL's X509_V_ERR_* numbers, see openssl-verification-options(1).
_NOT_YET_VALID, _EXPIRED = 9, 10
_WRONG_NAME = frozenset({62, 64})  # a name, an address
_UNTRUSTED = frozenset({18, 19, 20, 21})


def explain(error: BaseException, *, proxied: bool) -> Failure:
    """What an exception of httpx, or below it, means.

    Args:
        proxied: the connection went, or was to go, to a proxy.
    """
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause)
        if isinstance(cause, ssl.SSLError):
            return Failure("tls", f"TLS: {cause.reason or cause}")
        if isinstance(cause, socket.gaierror):
            again = cause.errno == socket.EAI_AGAIN
            return Failure("proxy" if proxied else "dns", f"name look-up: {cause.strerror}", retry=again)
    return _transport(error, proxied) if isinstance(error, httpx.HTTPError) else _set_up(error)


def _transport(error: httpx.HTTPError, proxied: bool) -> Failure:
    if isinstance(error, httpx.ProxyError):
        return Failure("proxy", str(error))
    if isinstance(error, httpx.ConnectTimeout):
        return Failure(
            "proxy" if proxied else "network", "the connection attempt was not answered", retry=True
        )
    if isinstance(error, httpx.ConnectError):
        return Failure("proxy" if proxied else "network", str(error), retry=True)
    if isinstance(error, httpx.TimeoutException):
        return Failure("timeout", "no data for longer than allowed", retry=True)
    if isinstance(error, httpx.DecodingError):
        return Failure("unexpected-answer", f"damaged compression: {error}")
    return Failure("network", str(error) or type(error).__name__, retry=True)


def _set_up(error: BaseException) -> Failure:
    """Before any connection httpx reads certificates and proxies from the environment."""
    if isinstance(error, OSError):
        return Failure(
            "tls", f"certificates named by SSL_CERT_FILE or SSL_CERT_DIR: {error.strerror or error}"
        )
    if isinstance(error, ImportError):
        return Failure("proxy", "a SOCKS proxy needs the package socksio")
    return Failure("proxy", "its address is not a usable one")


def _certificate(error: ssl.SSLCertVerificationError) -> Failure:
    number = error.verify_code
    said = f"certificate: {error.verify_message}"
    if number == _EXPIRED:
        return Failure("tls-expired", said)
    if number == _NOT_YET_VALID:
        return Failure("tls", f"{said}; is this machine's clock right?")
    if number in _WRONG_NAME:
        return Failure("tls", f"{said} (made out to another host: wrong address, or something in between)")
    if number in _UNTRUSTED:
        return Failure("tls", f"{said} (signed by nobody this machine trusts)")
    return Failure("tls", said)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
