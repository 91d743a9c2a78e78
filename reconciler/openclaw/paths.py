"""Where an OpenClaw keeps its state, by OpenClaw's own rules.

Source: behaviour of releases 2026.4.15 to 2026.9.6. The state folder is ``~/.openclaw``; ``OPENCLAW_HOME`` moves the home,
``OPENCLAW_PROFILE`` (or ``--profile``) makes it ``~/.openclaw-NAME``, ``OPENCLAW_STATE_DIR`` names the folder
itself and ``OPENCLAW_CONFIG_PATH`` the config file.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Paths(msgspec.Struct, frozen=True):
    """The places of one OpenClaw; absolute, not resolved through symlinks."""

    home: str
    state_dir: str
    config: str

    @property
    def journal(self) -> str:
        """The reconciler's own folder beside the target."""
        return os.path.join(self.state_dir, "reconciler")

    @property
    def state_database(self) -> str:
        """The shared state database; there from 2026.6.1 on, after any OpenClaw command."""
        return os.path.join(self.state_dir, "state", "openclaw.sqlite")

    def agent_folder(self, agent: str) -> str:
        """An agent's own folder: its models.json, its database, and up to 2026.6.1 its auth store."""
        return os.path.join(self.state_dir, "agents", agent, "agent")

    def display(self, path: str) -> str:
        """``path`` with the home folder as ``~``, so that plans read the same on every machine."""
        if path == self.home or path.startswith(self.home + os.sep):
            return "~" + path[len(self.home) :]
        return path


def find_paths(
    environ: Mapping[str, str], *, state_dir: str | None = None, config: str | None = None
) -> Paths:
    """Locate the OpenClaw that ``openclaw`` itself would use in ``environ``.

    Args:
        environ: the process environment.
        state_dir: overrides every variable.
        config: overrides ``OPENCLAW_CONFIG_PATH``.
    """
    home = os.path.abspath(os.path.expanduser(environ.get("OPENCLAW_HOME") or environ.get("HOME") or "~"))
    profile = environ.get("OPENCLAW_PROFILE", "")
    folder = f".openclaw-{profile}" if profile and profile != "default" else ".openclaw"
    state = state_dir or environ.get("OPENCLAW_STATE_DIR") or os.path.join(home, folder)
    state = _absolute(state, home)
    config = config or environ.get("OPENCLAW_CONFIG_PATH") or os.path.join(state, "openclaw.json")
    return Paths(home=home, state_dir=state, config=_absolute(config, home))


def _absolute(path: str, home: str) -> str:
    return os.path.abspath(home + path[1:] if path == "~" or path.startswith("~/") else path)
