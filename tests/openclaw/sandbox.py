"""A throw-away home in which one installed OpenClaw release runs, and what it answers there.

Nothing of the caller's environment gets in, and every process is ended by its id: the gateway and whatever it
started are one process group of their own.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.openclaw.install import Release

# Only what hangs takes so long: `models list` of 2026.4.15 takes 17 s on an idle machine with two cores.
COMMAND_SECONDS = 1200.0
GATEWAY_START_SECONDS = 600.0
GATEWAY_STOP_SECONDS = 10.0
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class SandboxError(AssertionError):
    """OpenClaw did not do what any test needs of it: answer in time, in JSON, or open its port."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A finished command."""

    command: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The JSON object that was printed.

        2026.4.15 prints `[secrets]` lines before it, and that of `agent --local` on stderr. Raises SandboxError
        with both outputs when there is none.
        """
        for text in (self.stdout, self.stderr):
            for start in (0, text.find("\n{") + 1):
                try:
                    return json.JSONDecoder().raw_decode(text, start)[0]
                except ValueError:
                    continue
        raise SandboxError(f"no JSON from {self}")

    @property
    def reply(self) -> str:
        """What the agent said in a turn, with or without a gateway."""
        document = self.json
        return "\n".join(payload["text"] for payload in document.get("result", document)["payloads"])

    def __str__(self) -> str:
        shown = " ".join(self.command)
        return f"openclaw {shown} (exit {self.returncode})\nstdout: {self.stdout[-2000:]}\nstderr: {self.stderr[-2000:]}"


class Sandbox:
    """A home folder and the release that runs in it.

    Args:
        home: an empty or missing folder; becomes `HOME`.
    """

    def __init__(self, release: Release, home: Path) -> None:
        self.release = release
        self.home = home
        self.state_dir = home / ".openclaw"
        self.config_path = self.state_dir / "openclaw.json"
        self._gateway: dict[str, str] = {}
        home.mkdir(parents=True, exist_ok=True)
        self.state_dir.mkdir(mode=0o700)

    def write_config(self, text: str) -> None:
        """Makes `text` the config, with the mode that OpenClaw gives it."""
        self.config_path.write_text(text, encoding="utf-8", newline="")
        self.config_path.chmod(0o600)

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of every process in here: made from nothing, the release's Node first on PATH."""
        few = self.release.few_plugins
        return {
            "PATH": f"{self.release.node.folder}:{SYSTEM_PATH}",
            "HOME": str(self.home),
            "TMPDIR": str(self.release.scratch),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            **({"OPENCLAW_BUNDLED_PLUGINS_DIR": str(few)} if few.is_dir() else {}),
            **(extra or {}),
        }

    def openclaw_shim(self, folder: Path) -> Path:
        """Puts `openclaw` into `folder` the way npm does: as a symlink to the package's script.

        The script asks `env` for `node`, so PATH must lead to one; `environment()` does.
        """
        folder.mkdir(parents=True, exist_ok=True)
        command = folder / "openclaw"
        command.symlink_to(self.release.entry)
        return command

    def run(
        self, *args: str, env: Mapping[str, str] | None = None, timeout: float = COMMAND_SECONDS
    ) -> Completed:
        """Runs `openclaw ARGS` to its end; `timeout` in seconds.

        Raises SandboxError when it takes longer; it and what it started are then killed.
        """
        process = self._start(args, self.environment({**self._gateway, **(env or {})}))
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise SandboxError(
                f"openclaw {' '.join(args)} was still running after {timeout:.0f} s"
            ) from error
        finally:
            _kill_group(process)
        return Completed(args, process.returncode, stdout, stderr)

    def validate(self, env: Mapping[str, str] | None = None) -> Any:
        """`config validate --json`: `{"valid": …, "issues": […]}`."""
        return self.run("config", "validate", "--json", env=env).json

    def models_list(self, env: Mapping[str, str] | None = None) -> Any:
        """`models list --json`: `{"models": [{"key", "name", "tags", …}]}`."""
        return self.run("models", "list", "--json", env=env).json

    def models_status(self, env: Mapping[str, str] | None = None) -> Any:
        """`models status --json`: default and image model, fallbacks, aliases, auth."""
        return self.run("models", "status", "--json", env=env).json

    def agent_turn(
        self,
        message: str = "ping",
        model: str | None = None,
        agent: str = "main",
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """One turn of an agent without a gateway.

        2026.4.15 ends with 0 even when the provider refused: look at what the provider received.
        """
        return self._turn(("--local",), message, model, agent, env)

    @contextmanager
    def gateway(self, env: Mapping[str, str] | None = None, auth: str = "token") -> Iterator[int]:
        """Runs the gateway on a free loopback port, which it gives; commands in here then find it.

        Port and token, or password as `auth` says, come from the environment, so the config under test stays as it is. It must have
        `gateway.mode: "local"`. Raises SandboxError with the end of its log when the port stays closed.
        """
        port = free_port()
        secret = f"OPENCLAW_GATEWAY_{auth.upper()}"
        self._gateway = {"OPENCLAW_GATEWAY_PORT": str(port), secret: secrets.token_hex(16)}
        args = ("gateway", "run", "--port", str(port), "--bind", "loopback", "--auth", auth)
        log_path = self.home / "gateway.log"
        try:
            with log_path.open("w") as log:
                process = self._start(args, self.environment({**self._gateway, **(env or {})}), log)
            try:
                _wait_for_port(process, port, log_path)
                yield port
            finally:
                _stop_group(process)
        finally:
            self._gateway = {}

    @property
    def gateway_environment(self) -> dict[str, str]:
        """What a program beside the running gateway needs to find it."""
        return dict(self._gateway)

    def turn_through_gateway(
        self, message: str = "ping", model: str | None = None, agent: str = "main"
    ) -> Completed:
        """One turn of an agent of the running gateway."""
        return self._turn((), message, model, agent, None)

    def _turn(
        self,
        where: tuple[str, ...],
        message: str,
        model: str | None,
        agent: str,
        env: Mapping[str, str] | None,
    ) -> Completed:
        session = f"test-{secrets.token_hex(4)}"
        chosen = ("--model", model) if model else ()
        return self.run(
            "agent",
            *where,
            "--agent",
            agent,
            "--session-id",
            session,
            "--message",
            message,
            "--json",
            *chosen,
            env=env,
        )

    def _start(
        self, args: tuple[str, ...], environment: dict[str, str], log: IO[str] | None = None
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.release.node.program, self.release.entry, *args],
            cwd=self.home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log or subprocess.PIPE,
            stderr=log or subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_port(process: subprocess.Popen[str], port: int, log: Path) -> None:
    deadline = time.monotonic() + GATEWAY_START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    state = "is running" if process.returncode is None else f"ended with {process.returncode}"
    raise SandboxError(
        f"the gateway opened no port {port} and {state}; its log ends:\n{log.read_text()[-3000:]}"
    )


def _stop_group(process: subprocess.Popen[str]) -> None:
    """Asks the process to end, then kills what is left of its group."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(GATEWAY_STOP_SECONDS)
    _kill_group(process)


def _kill_group(process: subprocess.Popen[str]) -> None:
    """Kills what is left of the group that the process leads; waits for the process itself."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
