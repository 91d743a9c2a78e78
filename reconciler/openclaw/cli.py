"""Calls of OpenClaw's own command line, for ``apply`` and ``doctor`` only: one takes 1 to 5 seconds."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.openclaw import commands
from reconciler.openclaw.redact import without_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.openclaw.install import Install
    from reconciler.openclaw.paths import Paths

TIMEOUT_SECONDS = 120.0
_OUTPUT_LIMIT = 8 << 20


class Answer(msgspec.Struct, frozen=True):
    """What a call gave: parsed standard output where it was JSON, else None, and the last of standard error."""

    code: int
    value: Any
    error: str


class OpenClaw:
    """The installed ``openclaw`` of one target."""

    def __init__(self, install: Install, paths: Paths, environ: Mapping[str, str]) -> None:
        if install.command is None:
            raise ValueError("there is no openclaw command")
        self._command = install.command
        self._paths = paths
        self._environ = environ

    def validate(self, config: str) -> tuple[str, ...]:
        """What OpenClaw has against the config at ``config``; empty when it accepts it."""
        import tempfile

        # Up to 2026.6.11 validating writes into the state folder, so it gets one of its own (mode 0700).
        with tempfile.TemporaryDirectory(prefix="reconciler-validate-") as state:
            answer = self.run(*commands.VALIDATE.typed(), config=config, state_dir=state)
        report = answer.value if isinstance(answer.value, dict) else {}
        if report.get("valid") is True:
            return ()
        issues = report.get("issues")
        if isinstance(issues, list) and issues:
            return tuple(
                without_keys(f"{issue.get('path', '')}: {issue.get('message', '')}")
                for issue in issues
                if isinstance(issue, dict)
            )
        return (answer.error or f"it gives no reason, and ends with {answer.code}",)

    def model_status(self, *, aside: bool, agent: str | None = None) -> dict[str, Any] | None:
        """What OpenClaw itself says of default model, aliases and allowed models; None when it gave no answer.

        Args:
            aside: ask with a throw-away state folder. Up to 2026.4.15 OpenClaw writes the resolved key in plain text
                into the models.json of its state folder when it looks at the models.
            agent: whose view; left out, the defaults'.
        """
        command = commands.MODELS.typed(agent=agent or "")
        if aside:
            import tempfile

            with tempfile.TemporaryDirectory(prefix="reconciler-status-") as state:
                answer = self.run(*command, state_dir=state)
        else:
            answer = self.run(*command)
        return answer.value if answer.code == 0 and isinstance(answer.value, dict) else None

    def run(
        self,
        *arguments: str,
        config: str | None = None,
        state_dir: str | None = None,
        given: str = "",
        port: int | None = None,
    ) -> Answer:
        """Run one command; that it can't be started is an answer too.

        Args:
            given: what it reads from standard input.
            port: where the gateway listens, when the config doesn't say.
        """
        import subprocess

        environ = {
            **self._environ,
            "NO_COLOR": "1",
            "OPENCLAW_STATE_DIR": state_dir or self._paths.state_dir,
            "OPENCLAW_CONFIG_PATH": config or self._paths.config,
            **({"OPENCLAW_GATEWAY_PORT": str(port)} if port is not None else {}),
        }
        # `openclaw` starts with `#!/usr/bin/env node`; a Node beside it is the one it was installed with.
        environ["PATH"] = os.pathsep.join((os.path.dirname(self._command), environ.get("PATH", "")))
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own openclaw, fixed arguments, no shell
                [self._command, *arguments],
                env=environ,
                input=given.encode(),
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Answer(
                -1, None, f"openclaw {' '.join(arguments)} gave no answer in {TIMEOUT_SECONDS:.0f} s"
            )
        except OSError as error:
            return Answer(-1, None, f"{self._command} can't be started: {error.strerror}")
        return Answer(done.returncode, _json_in(done.stdout[:_OUTPUT_LIMIT]), _tail(done.stderr))


def _json_in(output: bytes) -> Any:
    """The JSON object on standard output; 2026.4.15 prints a ``[secrets]`` line before it."""
    text = output.decode("utf-8", "replace")
    for start in (0, text.find("\n{") + 1):
        try:
            return json.loads(text[start:])
        except ValueError:
            continue
    return None


def _tail(error: bytes) -> str:
    lines = error.decode("utf-8", "replace").strip().splitlines()
    said = " ".join("".join(char for char in line if char.isprintable()) for line in lines[-3:])
    return without_keys(said)[:500]
