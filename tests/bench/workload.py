"""Configs and manifests of a given size for the benchmark: commented JSON5 as people keep it, applied once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.apply.run import Steps, apply
from reconciler.keys import Keyring
from reconciler.planning.request import Request

if TYPE_CHECKING:
    from pathlib import Path

# A site of its own: nothing is filled in, so a config's size follows from its number of models.
_HEAD = """\
apiVersion: reconciler/v1
kind: Site
metadata: {name: bench}
spec: {baseUrl: "http://127.0.0.1:9/v1", catalog: none}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: bench
  key: {env: SILICONFLOW_API_KEY}
  models:
"""
_MODEL = """\
    - id: bench/model-{index}
      name: Model {index}
      reasoning: false
      input: [text]
      contextWindow: {window}
      maxTokens: 8192
"""
_CONFIG = """\
// Written by hand, kept by hand.
{
  meta: { lastTouchedVersion: "2026.9.6" },
  gateway: { mode: "local", port: 18789 }, // loopback only
  models: {
    providers: {
      // What other people put here.
      other: {
        baseUrl: "http://127.0.0.1:11434/v1",
        api: "openai-completions",
        models: [
%s        ],
      },
    },
  },
}
"""
_FILLER = """\
          // entry {index}, reviewed in spring
          {{ id: "other/model-{index}", name: "Other {index}", reasoning: false, input: ["text"], contextWindow: 32768 }},
"""


@dataclass(frozen=True)
class Workload:
    """A home with an applied config, the manifest that it matches, and one that changes every model."""

    config: Path
    manifests: Path
    changed: Path
    environ: dict[str, str]


def build(folder: Path, kilobytes: int, models: int) -> Workload:
    """A config of about ``kilobytes`` that holds ``models`` managed models, the rest foreign ones with comments."""
    state = folder / ".openclaw"
    state.mkdir(parents=True, mode=0o700)
    config, manifests, changed = state / "openclaw.json", folder / "manifest.yaml", folder / "changed.yaml"
    manifests.write_text(_HEAD + "".join(_MODEL.format(index=i, window=64000) for i in range(models)))
    changed.write_text(_HEAD + "".join(_MODEL.format(index=i, window=128000) for i in range(models)))
    environ = {"HOME": str(folder), "PATH": os.path.join(folder, "bin")}
    managed = 225 * models
    fillers = max(0, kilobytes * 1000 - managed) // len(_FILLER.format(index=100))
    config.write_text(_CONFIG % "".join(_FILLER.format(index=i) for i in range(fillers)))
    config.chmod(0o600)
    apply(Request((str(manifests),), environ, Keyring(environ)), Steps(None, lambda _: True, lambda _: None))
    return Workload(config, manifests, changed, environ)
