"""The stand-in's HTTP side: a threaded server on 127.0.0.1 that answers, records, and fails when told to."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec

from reconciler.sites.catalog import load_catalog
from reconciler.standin.chat import Reply, Served, admit, chunks, completion
from reconciler.standin.faults import FAULTS, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from reconciler.sites.catalog import CatalogName

DEMO_KEY = "sk-standin-demo-key"

# Unfiltered, the listing mixes everything; only chat models have windows and prices worth knowing.
_OTHER_MODELS = (
    ("BAAI/bge-m3", "text", "embedding"),
    ("BAAI/bge-reranker-v2-m3", "text", "reranker"),
    ("Kwai-Kolors/Kolors", "image", "text-to-image"),
    ("FunAudioLLM/SenseVoiceSmall", "audio", "speech-to-text"),
    ("Wan-AI/Wan2.2-T2V-A14B", "video", "text-to-video"),
)
_LONGEST_REQUEST = 64 * 1024 * 1024  # bytes
_LONGEST_STREAM = 1_000_000  # events, where a caller never goes away
_LINGER_ZERO = struct.pack("ii", 1, 0)  # closing then resets the connection


class Recorded(msgspec.Struct):
    """One request as it arrived.

    Attributes:
        path: without the query.
        key: the bearer key, ``None`` without a well-formed Authorization header.
        headers: by lower-case name.
        body: the decoded JSON, or ``None``.
        status: what was answered, 0 before that.
        cancelled: the caller went away before the answer was complete.
    """

    method: str
    path: str
    query: str
    key: str | None
    headers: dict[str, str]
    body: Any
    status: int = 0
    cancelled: bool = False


class StandIn:
    """A stand-in SiliconFlow site; a context manager that serves while it is open.

    Args:
        site: whose catalogue it serves.
        keys: bearer keys that it accepts.
        models: chat model ids; left out, the catalogue's.
        strict: refuse what the service doesn't document, see :func:`reconciler.standin.chat.admit`.
        refusal: shape of the answer to a wrong key: ``coded`` (30014) or ``bare`` (older).
        faults: answered first, in this order, as by :meth:`fail_next`.
        port: 0 picks a free one.
    """

    def __init__(
        self,
        site: CatalogName = "global",
        keys: Iterable[str] = (DEMO_KEY,),
        *,
        models: Iterable[str] | None = None,
        strict: bool = False,
        refusal: Literal["coded", "bare"] = "coded",
        faults: Sequence[Fault] = (),
        port: int = 0,
    ) -> None:
        self.catalog = load_catalog(site)
        self.keys = frozenset(keys)
        self.models = list(self.catalog.ids() if models is None else models)
        self.strict = strict
        self.refusal = FAULTS["wrong-key-coded" if refusal == "coded" else "wrong-key"]
        self.requests: list[Recorded] = []
        self._faults: deque[Fault] = deque(faults)
        self._replies: deque[Reply] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="standin")

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        """The base URL, such as ``http://127.0.0.1:40123/v1``."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()

    def fail_next(self, fault: Fault, times: int = 1) -> None:
        """Answers the next ``times`` requests, whatever they ask, with ``fault``."""
        with self._changed:
            self._faults.extend([fault] * times)

    def reply_next(self, reply: Reply) -> None:
        """Has the model say ``reply`` to the next accepted chat request instead of ``pong``."""
        with self._changed:
            self._replies.append(reply)

    def record(self, request: Recorded) -> tuple[Fault | None, int]:
        """Takes down a request; gives the fault to answer with, and the request's number from 1."""
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            return (self._faults.popleft() if self._faults else None), len(self.requests)

    def next_reply(self) -> Reply:
        """What the model says now."""
        with self._changed:
            return self._replies.popleft() if self._replies else Reply()

    def wait(self, seconds: float | None) -> None:
        """Waits, or until the stand-in closes; ``None`` waits for the close alone."""
        self._closing.wait(seconds)

    def wait_for_requests(self, count: int) -> None:
        """Waits until ``count`` requests have arrived, or the stand-in closes."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.requests) >= count or self._closing.is_set())

    def listing(self, query: str) -> dict[str, Any] | Fault:
        """The answer to ``GET /models``; filters work alone or together."""
        wanted = parse_qs(query)
        kind, sub_kind = wanted.get("type", [""])[0], wanted.get("sub_type", [""])[0]
        rows = [*((model, "text", "chat") for model in self.models), *_OTHER_MODELS]
        ids = [row[0] for row in rows if kind in {"", row[1]} and sub_kind in {"", row[2]}]
        data = [{"id": model, "object": "model", "created": 0, "owned_by": ""} for model in ids]
        return {"object": "list", "data": data}


class _Server(ThreadingHTTPServer):
    """Joins its threads on close, and can hang up on those that wait for a caller."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, standin: StandIn, port: int) -> None:
        self.standin = standin
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Binds without the reverse name look-up of the base class, which can take seconds."""
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection before its thread starts, so that none escapes :meth:`hang_up`."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets the connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends every open connection."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Server

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Keeps quiet: requests are recorded, not logged."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        standin = self.server.standin
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.recorded = Recorded(self.command, url.path, url.query, _bearer(headers), headers, self._body())
        fault, number = standin.record(self.recorded)
        self.trace = headers.get("x-trace-id") or f"ti_standin{number:06d}"
        try:
            self._send(fault or self._route(url.path, url.query))
        except OSError:
            self.recorded.cancelled = True
            self.close_connection = True

    def _body(self) -> Any:
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isdecimal() else 0
        try:
            return msgspec.json.decode(self.rfile.read(min(size, _LONGEST_REQUEST)))
        except msgspec.DecodeError:
            return None

    def _route(self, path: str, query: str) -> Fault | dict[str, Any] | tuple[Served, Reply]:
        standin = self.server.standin
        if path == "/v1/user/info":
            return FAULTS["endpoint-retired"]
        if (self.command, path) not in {("GET", "/v1/models"), ("POST", "/v1/chat/completions")}:
            return FAULTS["not-found"]
        if self.recorded.key is None:
            return FAULTS["ill-formed-token"]
        if self.recorded.key not in standin.keys:
            return standin.refusal
        if path == "/v1/models":
            return standin.listing(query)
        served = admit(self.recorded.body, standin.catalog, standin.models, strict=standin.strict)
        return served if isinstance(served, Fault) else (served, standin.next_reply())

    def _send(self, answer: Fault | dict[str, Any] | tuple[Served, Reply]) -> None:
        if isinstance(answer, Fault):
            self._send_fault(answer)
        elif isinstance(answer, dict):
            self._send_json(answer)
        elif self.recorded.body.get("stream") is True:
            self._send_stream(*answer)
        else:
            self._send_json(completion(*answer, int(time.time())))

    def _send_json(self, value: Any) -> None:
        self._send_bytes(200, msgspec.json.encode(value), "application/json; charset=utf-8", {})

    def _send_fault(self, fault: Fault) -> None:
        standin = self.server.standin
        if fault.hang:
            standin.wait(None)
            self.close_connection = True
            return
        if fault.after_requests:
            standin.wait_for_requests(fault.after_requests)
        if fault.delay_s:
            standin.wait(fault.delay_s)
        body = fault.body.encode(fault.encoding).ljust(fault.pad_to)
        if fault.drip is None and fault.reset_after is None:
            self._send_bytes(fault.status, body, fault.content_type, fault.headers)
        else:
            self._send_badly(fault, body)

    def _send_badly(self, fault: Fault, body: bytes) -> None:
        head = self._head(fault.status, len(body), fault.content_type, fault.headers)
        slow, fast = (head, body) if fault.drip == "head" else (body, b"")
        if fault.drip != "head":
            self.wfile.write(head)
        for byte in slow[: fault.reset_after]:
            self.wfile.write(bytes([byte]))
            if fault.drip:
                self.server.standin.wait(fault.pause_s)
        self.wfile.write(fast)
        self.close_connection = True
        if fault.reset_after is not None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            socket.close(self.connection.detach())

    def _send_bytes(self, status: int, body: bytes, content_type: str, headers: Mapping[str, str]) -> None:
        self.wfile.write(self._head(status, len(body), content_type, headers) + body)

    def _head(self, status: int, length: int | None, content_type: str, headers: Mapping[str, str]) -> bytes:
        self.recorded.status = status
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"Content-Type: {content_type}",
            f"x-siliconcloud-trace-id: {self.trace}",
            *(f"{name}: {value}" for name, value in headers.items()),
            framing,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _send_stream(self, served: Served, reply: Reply) -> None:
        options = self.recorded.body.get("stream_options")
        usage = isinstance(options, dict) and options.get("include_usage") is True
        self.wfile.write(self._head(200, None, "text/event-stream", {}))
        events = chunks(served, reply, int(time.time()), usage=usage)
        for _, event in zip(range(_LONGEST_STREAM), events, strict=False):
            self._send_event(msgspec.json.encode(event))
        self._send_event(b"[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _send_event(self, event: bytes) -> None:
        data = b"data: " + event + b"\n\n"
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))


def _bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key if scheme == "Bearer" and " " not in key else None
