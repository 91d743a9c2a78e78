"""Calls of OpenClaw's own command line, for ``apply`` and ``doctor`` only: one takes 1 to 5 seconds."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.errors import TargetError
from reconciler.openclaw import commands
from reconciler.openclaw.redact import without_keys
from reconciler.openclaw.waiting import output_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.openclaw.install import Install
    from reconciler.openclaw.paths import Paths

_OUTPUT_LIMIT = 8 << 20


class Answer(msgspec.Struct, frozen=True):
    """What a call gave.

    Attributes:
        value: standard output where it was JSON.
        error: the last of standard error, or why there is no answer.
        came: there is one; it could be started, and didn't have to be ended because it did nothing any more.
    """

    code: int
    value: Any
    error: str
    came: bool = True


class OpenClaw:
    """The installed ``openclaw`` of one target."""

    def __init__(self, install: Install, paths: Paths, environ: Mapping[str, str]) -> None:
        if install.command is None:
            raise ValueError("there is no openclaw command")
        self._command = install.command
        self._paths = paths
        self._environ = environ

    def validate(self, config: str, state_dir: str) -> tuple[str, ...]:
        """What OpenClaw has against the config at ``config``; empty when it accepts it.

        Args:
            state_dir: a throw-away folder: up to 2026.6.11 validating writes into it.

        Raises:
            TargetError: it gave no answer.
        """
        answer = self.run(*commands.VALIDATE.typed(), config=config, state_dir=state_dir)
        if not answer.came:
            raise TargetError(
                f"OpenClaw couldn't be asked whether it accepts the new config: {answer.error}",
                where=self._command,
                remedy=f"nothing was changed; run again when `{commands.VALIDATE.command()}` answers there",
            )
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

    def model_status(self, *, state_dir: str | None = None, agent: str | None = None) -> Answer:
        """What OpenClaw itself says of default model, aliases and allowed models.

        Args:
            state_dir: a throw-away state folder to ask with. Up to 2026.4.15 OpenClaw writes the resolved key in plain text
                into the models.json of its state folder when it looks at the models.
            agent: whose view; left out, the defaults'.
        """
        return self.run(*commands.MODELS.typed(agent=agent or ""), state_dir=state_dir)

    def run(
        self,
        *arguments: str,
        config: str | None = None,
        state_dir: str | None = None,
        given: str = "",
        port: int | None = None,
    ) -> Answer:
        """Run one command, and wait for it as long as it works.

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
            process = subprocess.Popen(  # noqa: S603 - the operator's own openclaw, fixed arguments, no shell
                [self._command, *arguments],
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
            )
        except OSError as error:
            return Answer(-1, None, f"{self._command} can't be started: {error.strerror}", came=False)
        printed = output_of(process, given.encode())
        if printed is None:
            return Answer(-1, None, "it did nothing any more, and was ended", came=False)
        stdout, stderr = printed
        return Answer(process.returncode, _json_in(stdout[:_OUTPUT_LIMIT]), _tail(stderr))


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
