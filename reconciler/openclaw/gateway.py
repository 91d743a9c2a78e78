"""The gateway that is running for a state folder: found without starting OpenClaw, and asked what it runs.

A gateway holds a lock file as long as it runs, with its process and, from 2026.8.2 on, its port. It is asked over its WebSocket, which
takes a tenth of a second; where that lets nobody in who has only the token (before 2026.5.20, or a token that can't be
read here), by OpenClaw's own command line, which has a paired device and takes 3 to 30 seconds a call.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from reconciler.openclaw.cli import OpenClaw
from reconciler.openclaw.commands import CALL_GATEWAY
from reconciler.openclaw.process import find_lock
from reconciler.openclaw.rpc import CallError, Credential, call
from reconciler.openclaw.shapes import variable_of
from reconciler.printable import printable
from reconciler.secret import Secret
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.openclaw.paths import Paths

DEFAULT_PORT = 18789
_FIELDS: Final[tuple[tuple[Literal["token", "password"], str], ...]] = (
    ("token", "OPENCLAW_GATEWAY_TOKEN"),
    ("password", "OPENCLAW_GATEWAY_PASSWORD"),
)


class Silence(msgspec.Struct, frozen=True):
    """No answer, and why; ``passing`` when asking again may help."""

    reason: str
    passing: bool


class Running(msgspec.Struct, frozen=True):
    """What a running gateway answered.

    Attributes:
        valid: it would accept the config file as it now is.
        issues: what it has against it.
        file: marks the file's bytes, and ``revision`` its meaning; opaque, good for comparing answers of one gateway.
        applied: mark of the meaning that it runs; None before 2026.8.2, where only ``models`` tells what runs.
        config: the file's meaning, keys redacted by the gateway.
        models: primary model of each agent that it runs.
    """

    valid: bool
    issues: tuple[str, ...]
    file: str | None
    revision: str | None
    applied: str | None
    config: dict[str, Any]
    models: dict[str, str]


class Gateway(msgspec.Struct, frozen=True):
    """A running gateway.

    Attributes:
        pid: its process.
        since: when it took its lock; changes when it restarts, also within one process.
        port: None when it isn't known.
        credentials: what may let us in, likeliest first.
        openclaw: the command line, where it is installed.
    """

    pid: int
    since: str
    port: int | None
    credentials: tuple[Credential, ...]
    openclaw: OpenClaw | None

    def __str__(self) -> str:
        return f"process {self.pid}" + (f", port {self.port}" if self.port else "")

    def running_config(self) -> Running | Silence:
        """What it runs; within 12 seconds over the WebSocket."""
        answers = self._call(("config.get", "agents.list"), ("operator.read",))
        return answers if isinstance(answers, Silence) else _running(*answers)

    def reload_secrets(self) -> Silence | None:
        """Have it read auth stores, secret store and key files again (from 2026.2.26 on); None when it has."""
        answers = self._call(("secrets.reload",), ("operator.admin",))
        return answers if isinstance(answers, Silence) else None

    def _call(self, methods: tuple[str, ...], scopes: tuple[str, ...]) -> tuple[Any, ...] | Silence:
        silence = Silence("its port is not known", passing=False)
        for credential in (self.credentials or (None,)) if self.port is not None else ():
            try:
                return call(self.port or 0, credential, methods, scopes)
            except CallError as error:
                silence = Silence(error.reason, error.passing)
                if error.passing:
                    return silence
        if self.openclaw is None:
            return silence
        return self._ask_by_command(self.openclaw, methods)

    def _ask_by_command(self, openclaw: OpenClaw, methods: tuple[str, ...]) -> tuple[Any, ...] | Silence:
        payloads = []
        for method in methods:
            answer = openclaw.run(*CALL_GATEWAY.typed(method=method, params="{}"), port=self.port)
            if answer.code != 0 or not isinstance(answer.value, dict):
                return Silence(answer.error or f"{method}: no answer", passing=answer.code != 0)
            payloads.append(answer.value)
        return tuple(payloads)


def find_gateway(
    paths: Paths, config: Mapping[str, Any], environ: Mapping[str, str], openclaw: OpenClaw | None = None
) -> Gateway | None:
    """The gateway that runs for ``paths`` on this machine, None when no live one holds a lock.

    Args:
        config: the merged config, for port and credentials.
        environ: for the port, the credentials and the folder of temporary files.
    """
    lock = find_lock(paths, environ)
    if lock is None:
        return None
    pid = int(lock["pid"])
    credentials = tuple(_credentials(config, environ))
    return Gateway(pid, str(lock.get("createdAt")), _port(lock, pid, config, environ), credentials, openclaw)


def _port(
    lock: Mapping[str, Any], pid: int, config: Mapping[str, Any], environ: Mapping[str, str]
) -> int | None:
    """The gateway's port. A token must not go to somebody else's, so it has to be one that the process listens on."""
    listening = _listening(pid)
    declared = (lock.get("port"), environ.get("OPENCLAW_GATEWAY_PORT"), lookup(config, ("gateway", "port")))
    for port in (*(int(str(port)) for port in declared if str(port).isdecimal()), DEFAULT_PORT):
        if listening is None or port in listening:
            return port
    return next(iter(listening)) if listening is not None and len(listening) == 1 else None


def _listening(pid: int) -> set[int] | None:
    """TCP ports that a process listens on; None where that can't be told."""
    sockets = {}
    try:
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file.readlines()[1:]]
            sockets.update({row[9]: int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"})
        opened = [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
    except (OSError, ValueError, IndexError):
        return None
    links = (_link(path) for path in opened)
    return {sockets[inode] for link in links if (inode := link[8:-1]) in sockets}


def _link(path: str) -> str:
    """What an open file is, such as ``socket:[123]``; nothing when it has been closed meanwhile."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _credentials(config: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[Credential]:
    """The config's and the environment's: either may be what the gateway was started with."""
    for field, variable in _FIELDS:
        declared = _said(lookup(config, ("gateway", "auth", field)), config, environ)
        for value in (declared, environ.get(variable)):
            if value:
                yield Credential(field, Secret(value))


def _said(declared: Any, config: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """The text itself, or what the variable that it refers to says; other references only OpenClaw can follow."""
    name = variable_of(declared)
    if name is None:
        return declared if isinstance(declared, str) else None
    named = environ.get(name) or lookup(config, ("env", "vars", name))
    return named if isinstance(named, str) else None


def _running(snapshot: Any, agents: Any) -> Running:
    told: dict[str, Any] = snapshot if isinstance(snapshot, dict) else {}
    config = told.get("config")
    rows = lookup(agents, ("agents",))
    return Running(
        valid=told.get("valid") is True,
        issues=tuple(_issues(told.get("issues"))),
        file=_text(told.get("hash")),
        revision=_text(told.get("configRevisionHash")),
        applied=_text(told.get("appliedConfigHash")),
        config=config if isinstance(config, dict) else {},
        models={
            row["id"]: model
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and isinstance(row.get("id"), str)
            if (model := primary_of(row.get("model"))) is not None
        },
    )


def primary_of(model: Any) -> str | None:
    """The primary model of a choice, written as a string or as an object."""
    primary = lookup(model, ("primary",)) if isinstance(model, dict) else model
    return primary if isinstance(primary, str) else None


def _issues(issues: Any) -> Iterator[str]:
    for issue in issues[:10] if isinstance(issues, list) else ():
        if isinstance(issue, dict):
            yield printable(f"{issue.get('path', '')}: {issue.get('message', '')}")[:300]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
