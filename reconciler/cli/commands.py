"""The commands by name, with a line on each, and the help that lists them.

Kept apart from click, so that ``reconciler --help`` answers without importing it.
"""

from __future__ import annotations

COMMANDS: dict[str, str] = {
    "init": "Write a starter manifest for a site.",
    "validate": "Check the manifests, offline.",
    "plan": "Show what would change, without network or key.",
    "show": "Render a saved plan.",
    "apply": "Check the endpoint, make the changes, verify them.",
    "drift": "Show what changed outside the manifests since the last apply.",
    "explain": "Show which base URL, key and model win, and what they beat.",
    "history": "Show earlier applies.",
    "rollback": "Undo the newest apply, or return to an earlier one.",
    "health": "Check endpoint, key and models.",
    "catalog": "Show the models of a site, or what moved there.",
    "doctor": "Show what was found here, and what to mend.",
    "schema": "Print the JSON Schema of the manifests, or of the plan.",
    "completion": "Print what makes bash, zsh or fish complete all this.",
    "demo": "Run the whole loop in a throw-away sandbox.",
}

_HELP = """\
Usage: reconciler [OPTIONS] COMMAND [ARGS]...

  Keep the model configuration of OpenClaw gateways in Git: declare, plan,
  apply, watch for drift.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
{commands}

Exit codes:
  0 done, 1 error, 2 changes or drift, 3 refused by a safety rule,
  4 live state moved, 5 endpoint unhealthy, 6 verification failed, 64 usage,
  130 interrupted
"""


def help_text() -> str:
    """What ``reconciler --help`` prints; fits 80 columns."""
    longest = max(map(len, COMMANDS))
    return _HELP.format(commands="\n".join(f"  {name:<{longest}}  {text}" for name, text in COMMANDS.items()))
