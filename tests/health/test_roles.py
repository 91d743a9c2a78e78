"""What a model is used for decides what its check means, by whichever of its names it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.health.endpoints import endpoints_of
from reconciler.manifest.load import load_manifest
from reconciler.planning.request import sites_of
from reconciler.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

MANIFESTS = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec: {site: cn, key: {env: KEY}, models: [{id: m/one, contextWindow: 64000, alias: uno}]}
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: defaults}
spec:
  models: {siliconflow/m/one: {alias: Fast}}
  model: {primary: "%s"}
"""


@pytest.mark.parametrize("name", ["siliconflow/m/one", "fast", "Fast"])
def test_a_primary_is_one_by_ref_and_by_alias(name: str, tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    file.write_text((MANIFESTS % name).replace(", alias: uno", ""))
    manifest = load_manifest([str(file)])
    (endpoint,) = endpoints_of(manifest, sites_of(manifest), lambda key: Secret("sk-x"))
    assert [(use.id, use.role) for use in endpoint.models] == [("m/one", "primary")]
