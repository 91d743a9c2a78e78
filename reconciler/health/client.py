"""The one place that speaks HTTP: bounded in time and size, sparing with retries, never following a redirect.

httpx bounds each read but not the whole exchange, so a watchdog cuts the connection when the time is up; a server
that sends a byte a second is otherwise waited for without end.
"""

from __future__ import annotations

import contextlib
import random as _random
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from reconciler import __version__
from reconciler.health.answer import Answer, Failure
from reconciler.health.failures import explain
from reconciler.health.hosts import Destination
from reconciler.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self


_MIB = 1024 * 1024


class Policy(msgspec.Struct, frozen=True):
    """Bounds of an exchange; times in seconds, sizes in bytes.

    Attributes:
        total_s: for all attempts and the waits between them.
        read_s: for each piece of an answer to a GET; a POST has all of ``total_s``.
        retries: further attempts after a network error, 429 or 5xx; nothing else can improve by itself.
        backoff_s: upper end of the first wait, doubled each time; the wait is drawn from zero to there.
        longest_wait_s: a server that asks for a longer wait with Retry-After is not asked again.
    """

    connect_s: float = 10.0
    read_s: float = 10.0
    total_s: float = 30.0
    retries: int = 2
    backoff_s: float = 0.5
    longest_wait_s: float = 10.0
    largest_body: int = 4 * _MIB


class Request(msgspec.Struct, frozen=True):
    """What to ask, and how much of the answer is enough.

    Attributes:
        headers: besides the key; they can't replace it.
        content: a JSON body to POST; ``None``: a GET.
        enough: told the body so far, says when the rest isn't needed.
    """

    to: Destination
    key: Secret
    headers: Mapping[str, str] = {}
    content: bytes | None = None
    enough: Callable[[bytes], bool] | None = None


class Client:
    """A context manager for exchanges that may run side by side.

    Args:
        sleep, random, clock, now: seams for tests: waiting, a number from 0 to 1, a steady and a calendar clock.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        random: Callable[[], float] = _random.random,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._policy = policy or Policy()
        self._sleep, self._random, self._clock, self._now = sleep, random, clock, now
        self._lock = threading.Lock()
        self._clients: dict[bool, httpx.Client] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            client.close()

    def send(self, request: Request) -> Answer | Failure:
        """Asks, and asks again where that can help. Raises nothing that a network can cause."""
        deadline = self._clock() + self._policy.total_s
        attempt = 1
        while True:
            result = msgspec.structs.replace(self._attempt(request, deadline), attempts=attempt)
            pause = self._pause(request, result) if attempt <= self._policy.retries else None
            if pause is None or self._clock() + pause >= deadline:
                return result
            self._sleep(pause)
            attempt += 1

    def _pause(self, request: Request, result: Answer | Failure) -> float | None:
        """Seconds to wait before the next attempt; ``None`` where another won't help."""
        policy = self._policy
        if not _may_improve(request, result):
            return None
        asked = retry_after(result.headers, self._now()) if isinstance(result, Answer) else None
        if asked is not None:
            return asked if asked <= policy.longest_wait_s else None
        return self._random() * min(policy.backoff_s * 2.0 ** (result.attempts - 1), policy.longest_wait_s)

    def _attempt(self, request: Request, deadline: float) -> Answer | Failure:
        left = max(deadline - self._clock(), 0.001)
        line = _Line()
        watchdog = threading.Timer(left, line.cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            result = self._exchange(request, left, line)
        except (httpx.HTTPError, httpx.InvalidURL, ImportError, OSError, ValueError) as error:
            result = explain(error, proxied=line.host not in {"", request.to.host.strip("[]")})
        finally:
            watchdog.cancel()
        if line.was_cut:
            return Failure("timeout", f"not done after {self._policy.total_s:g} s in all", retry=False)
        return result

    def _exchange(self, request: Request, left: float, line: _Line) -> Answer | Failure:
        policy = self._policy
        # A model that thinks before it speaks may take as long as the whole exchange.
        read = policy.read_s if request.content is None else policy.total_s
        timeout = httpx.Timeout(min(read, left), connect=min(policy.connect_s, left))
        with self._client(request.to.loopback).stream(
            "GET" if request.content is None else "POST",
            request.to.url,
            headers=_headers(request),
            content=request.content,
            timeout=timeout,
            follow_redirects=False,
            extensions={"trace": line.trace},
        ) as response:
            body = _bounded(response, policy.largest_body, request.enough)
            if body is None:
                return Failure("too-large", f"more than {policy.largest_body // 1024} KiB")
            return Answer(response.status_code, dict(response.headers), body)

    def _client(self, loopback: bool) -> httpx.Client:
        """Clients keep no connections open. The one for loopback knows no proxy: it would be shown the key."""
        with self._lock:
            if loopback not in self._clients:
                limits = httpx.Limits(max_keepalive_connections=0)
                transport = httpx.HTTPTransport(trust_env=True, limits=limits) if loopback else None
                self._clients[loopback] = httpx.Client(transport=transport, limits=limits)
            return self._clients[loopback]


class _Line:
    """The connection of one attempt: whom it goes to, and a way to cut it from another thread."""

    def __init__(self) -> None:
        self.host = ""
        self.was_cut = False
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Takes httpcore's trace events (an httpx extension)."""
        if event.endswith("connect_tcp.started"):
            self.host = info["host"]
        elif event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.was_cut:
                self.cut()

    def cut(self) -> None:
        """Ends the connection; whoever waits on it gets an error or an end of file."""
        self.was_cut = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it would pull the TLS state away from under the reading thread.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _may_improve(request: Request, result: Answer | Failure) -> bool:
    if isinstance(result, Failure):
        # What was posted is being worked on, and paid for, though its answer is slow.
        return result.retry and (request.content is None or result.code != "timeout")
    return result.status == 429 or result.status >= 500


def _headers(request: Request) -> list[tuple[str, str]]:
    own = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Authorization": f"Bearer {request.key.reveal()}",
        "User-Agent": f"openclaw-reconciler/{__version__}",
    }
    if request.content is not None:
        own["Content-Type"] = "application/json"
    taken = {name.lower() for name in own}
    return [
        *((name, value) for name, value in request.headers.items() if name.lower() not in taken),
        *own.items(),
    ]


def _bounded(response: httpx.Response, limit: int, enough: Callable[[bytes], bool] | None) -> bytes | None:
    """The body, or ``None`` when it is longer than ``limit`` bytes."""
    body = bytearray()
    for chunk in _decoded(response, limit):
        body += chunk
        if len(body) > limit:
            return None
        if enough is not None and enough(bytes(body)):
            break
    return bytes(body)


def _decoded(response: httpx.Response, limit: int) -> Iterator[bytes]:
    """The body's bytes. httpx would inflate a compressed chunk whole, whatever comes out; this stops at ``limit``."""
    if response.headers.get("content-encoding", "").lower() not in {"gzip", "x-gzip", "deflate"}:
        yield from response.iter_raw()
        return
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    for chunk in response.iter_raw():
        try:
            yield inflate.decompress(chunk, limit + 1)
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a server asks to wait: a number or a date in ``Retry-After``; ``None`` without a sane one.

    Args:
        headers: with lower-case names.
        now: seconds since the epoch.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
