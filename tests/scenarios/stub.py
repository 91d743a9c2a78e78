"""A stand-in for the ``openclaw`` command: answers what apply asks, from the config that it is pointed to.

Beside it lie ``manners.json``, how to behave, and ``calls.jsonl``, where each call is taken down. Manners: ``rejects``
(an issue for `config validate`), ``restores`` (puts its backup over the config when asked for the models), ``mute`` (answers
nothing), ``resolves=REF`` (another default model than the configured one).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import json5

HERE = Path(__file__).parent


def main() -> int:
    """Answer one call."""
    manners = json.loads((HERE / "manners.json").read_text())
    with (HERE / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps({"argv": sys.argv[1:], "config": os.environ["OPENCLAW_CONFIG_PATH"]}) + "\n")
    path = Path(os.environ["OPENCLAW_CONFIG_PATH"])
    if sys.argv[1:3] == ["config", "validate"]:
        return _print(_verdict(manners), 1 if "rejects" in manners else 0)
    if "mute" in manners:
        return 1
    if "restores" in manners:
        path.write_bytes(path.with_suffix(".json.bak").read_bytes())
    return _print(_status(json5.loads(path.read_text("utf-8-sig")), manners), 0)


def _print(value: Any, code: int) -> int:
    sys.stdout.write(json.dumps(value))
    return code


def _verdict(manners: dict[str, str]) -> dict[str, Any]:
    if "rejects" in manners:
        return {"valid": False, "issues": [{"path": "models.providers", "message": manners["rejects"]}]}
    return {"valid": True, "warnings": []}


def _status(config: Any, manners: dict[str, str]) -> dict[str, Any]:
    defaults = config.get("agents", {}).get("defaults", {})
    model = defaults.get("model", {})
    primary = model if isinstance(model, str) else model.get("primary")
    entries = defaults.get("models", {})
    aliases = {entry["alias"]: ref for ref, entry in entries.items() if "alias" in entry}
    allowed = [] if "modelPolicy" in defaults else list(entries)
    resolved = manners.get("resolves", aliases.get(primary, primary))
    return {"resolvedDefault": resolved, "aliases": aliases, "allowed": allowed}


if __name__ == "__main__":
    sys.exit(main())
