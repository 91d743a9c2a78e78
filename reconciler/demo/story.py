"""What the demo does, as data: each step a sentence, and a command or a file change."""

from __future__ import annotations

import msgspec

KEY = "sk-demo-0000000000000000000000000000000000000000"

CONFIG = """\
// The gateway at home. Comments like this one survive every apply.
{
  meta: { lastTouchedVersion: "2026.9.6" },
  gateway: { mode: "local", port: 18789 }, // loopback only
  models: {
    providers: {
      // The box under the desk.
      ollama: {
        baseUrl: "http://127.0.0.1:11434/v1",
        api: "openai-completions",
        models: [],
      },
    },
  },
}
"""

# In the demo "global" is the stand-in on loopback; everything else of the site stays as built in.
SITE = """\
apiVersion: reconciler/v1
kind: Site
metadata:
  name: global
spec:
  baseUrl: {base_url}
"""


class Command(msgspec.Struct, frozen=True):
    """Run ``reconciler ARGUMENTS`` and expect an exit code."""

    why: str
    arguments: tuple[str, ...]
    code: int = 0


class HandEdit(msgspec.Struct, frozen=True):
    """Somebody changes the config by hand."""

    why: str
    before: str
    after: str


STEPS: tuple[Command | HandEdit, ...] = (
    Command("Write a starter manifest.", ("init", "--site", "global")),
    Command("See what would change. Nothing is written.", ("plan",)),
    Command("Check the endpoint, write, verify.", ("apply", "--yes")),
    Command("Once more: there is nothing to do.", ("plan", "--exit-code")),
    HandEdit("Somebody edits the config by hand.", "maxTokens: 8192", "maxTokens: 512"),
    Command("Drift says what moved.", ("drift",), code=2),
    Command("Apply puts the declared value back; comments and everything else stay.", ("apply", "--yes")),
    Command("And all is as declared.", ("plan", "--exit-code")),
)
