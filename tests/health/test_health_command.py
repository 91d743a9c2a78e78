"""`reconciler health` ends with the code that tells a job whether apply would write."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.standin import FAULTS, StandIn

KEY = "sk-health-0123456789abcdef"
MANIFEST = """\
apiVersion: reconciler/v1
kind: Site
metadata: {name: global}
spec: {baseUrl: "%s"}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: global
  key: {env: HEALTH_KEY}
  models: [{id: deepseek-ai/DeepSeek-V3.2}]
"""


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        ("code-in-200", 5, "no balance"),
        ("wrong-key", 5, "belongs to the other site"),
        ("gateway-timeout", 0, "took too long"),
        ("overloaded", 0, "is overloaded"),
    ],
)
def test_what_blocks_ends_with_5_and_what_passes_by_itself_with_0(
    fault: str,
    code: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HEALTH_KEY", KEY)
    with StandIn("global", [KEY]) as standin:
        standin.fail_next(FAULTS[fault], times=3)
        Path("manifests").mkdir()
        Path("manifests/siliconflow.yaml").write_text(MANIFEST % standin.base_url, encoding="utf-8")
        assert run(["health"]) == code
    shown = capsys.readouterr()
    assert says in " ".join(shown.out.split())
    assert "trace" in shown.out
    assert KEY not in shown.out + shown.err
