"""A stand-in for the ``openclaw`` command: answers what apply asks, from the config that it is pointed to.

Beside it lie ``manners.json``, how to behave, and ``calls.jsonl``, where each call is taken down. Manners: ``rejects``
(an issue for `config validate`), ``kills=SIGNAL`` (its caller, when it has looked at the config), ``kills-asking=SIGNAL`` (its caller, when it shall validate), ``restores`` (puts its backup over the config when asked for the models), ``mute`` (answers
nothing), ``vanishes`` (can't be started any more once it has validated), ``resolves=REF`` (another default model than the configured one), ``meanwhile=N`` (while it validates, up to N times in
all, some other program counts `writes: 0` in the live config up; what it wrote stands in ``meanwhile`` beside this, too).
Like the real one it remembers in ``seen`` how big the config was, and puts its backup over one that has lost more than half.
"""

from __future__ import annotations

import json
import os
import re
import signal
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
        if "vanishes" in manners:
            (HERE / "openclaw").write_text("#!/no/such/node\n")
        if "kills-asking" in manners:
            os.kill(os.getppid(), signal.Signals[manners["kills-asking"]])
        _write_meanwhile(int(manners.get("meanwhile", 0)))
        return _print(_verdict(manners), 1 if "rejects" in manners else 0)
    if "mute" in manners:
        return 1
    if "restores" in manners:
        path.write_bytes(path.with_suffix(".json.bak").read_bytes())
    _distrust(path)
    if "kills" in manners:
        os.kill(os.getppid(), signal.Signals[manners["kills"]])
    return _print(_status(json5.loads(path.read_text("utf-8-sig")), manners), 0)


def _distrust(config: Path) -> None:
    seen, backup = HERE / "seen", config.with_suffix(".json.bak")
    last, size = int(seen.read_text()) if seen.exists() else 0, config.stat().st_size
    if last >= 512 and size < last // 2 and backup.exists():
        config.with_suffix(".json.clobbered.2026-11-23T00-00-00-000Z").write_bytes(config.read_bytes())
        config.write_bytes(backup.read_bytes())
    seen.write_text(str(config.stat().st_size))


def _write_meanwhile(most: int) -> None:
    live = HERE.parent / ".openclaw" / "openclaw.json"
    found = re.search(r"(?<=writes: )\d+", live.read_text("utf-8")) if most else None
    if found and int(found[0]) < most:
        text = f"{found.string[: found.start()]}{int(found[0]) + 1}{found.string[found.end() :]}"
        live.write_text(text, "utf-8")
        (HERE / "meanwhile").write_text(text, "utf-8")


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
