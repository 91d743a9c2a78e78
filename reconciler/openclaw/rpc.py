"""Calls of a running gateway over its WebSocket, on loopback.

The frames are JSON: the gateway sends a challenge, the client asks to ``connect``, then each request gets one response. A client
with a token and no paired device gets its scopes from 2026.5.20 on; before, it is let in without any (runs of 2026.3.13 to 9.6).
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from reconciler import __version__
from reconciler.printable import printable

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

    from reconciler.secret import Secret

MAX_MESSAGE_BYTES = 16 << 20
_PROTOCOLS = (3, 4)
# The only client id that every release checked takes from a program that is none of its own.
_CLIENT = {"id": "gateway-client", "version": __version__, "platform": "python", "mode": "backend"}


class CallError(Exception):
    """A call that gave no result.

    Args:
        passing: worth asking again, because the gateway is busy, starting or restarting.
    """

    def __init__(self, reason: str, *, passing: bool) -> None:
        super().__init__(reason)
        self.reason = printable(reason)[:300]
        self.passing = passing


class Credential(NamedTuple):
    """What lets a client in.

    Attributes:
        field: what the protocol calls it.
    """

    field: Literal["token", "password"]
    value: Secret


def call(
    port: int,
    credential: Credential | None,
    methods: tuple[str, ...],
    scopes: tuple[str, ...],
    seconds: float = 10.0,
) -> tuple[Any, ...]:
    """Connect to the gateway on ``port`` and call ``methods``, which take no parameters; gives a payload for each.

    Raises:
        CallError: no connection, refused, or no answer within ``seconds``.
    """
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    deadline = time.monotonic() + seconds
    try:
        with connect(
            f"ws://127.0.0.1:{port}",
            open_timeout=seconds,
            close_timeout=1.0,
            max_size=MAX_MESSAGE_BYTES,
            proxy=None,
        ) as socket:
            _receive(socket, deadline)
            _request(socket, "connect", _greeting(credential, scopes), deadline)
            return tuple(_request(socket, method, {}, deadline) for method in methods)
    except (OSError, WebSocketException, ValueError) as error:
        raise CallError(f"{type(error).__name__}: {error}", passing=True) from error


def _greeting(credential: Credential | None, scopes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "minProtocol": _PROTOCOLS[0],
        "maxProtocol": _PROTOCOLS[1],
        "client": _CLIENT,
        "role": "operator",
        "scopes": list(scopes),
        "caps": [],
        "auth": {credential.field: credential.value.reveal()} if credential is not None else {},
    }


def _request(socket: ClientConnection, method: str, parameters: dict[str, Any], deadline: float) -> Any:
    socket.send(json.dumps({"type": "req", "id": method, "method": method, "params": parameters}))
    while True:
        frame = _receive(socket, deadline)
        if frame.get("type") == "res" and frame.get("id") == method:
            break
    if frame.get("ok") is True:
        return frame.get("payload")
    error = frame.get("error")
    told: dict[str, Any] = error if isinstance(error, dict) else {}
    raise CallError(
        f"{method}: {told.get('message', 'refused')}",
        passing=told.get("retryable") is True or told.get("code") == "UNAVAILABLE",
    )


def _receive(socket: ClientConnection, deadline: float) -> dict[str, Any]:
    """The next frame; the time is up at ``deadline`` however many events come before it."""
    frame = json.loads(socket.recv(timeout=max(0.0, deadline - time.monotonic())))
    return frame if isinstance(frame, dict) else {}
