"""The rules about accounts look at every key, an agent's own as well as a provider's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.manifest.load import load_manifest

if TYPE_CHECKING:
    from pathlib import Path

PROVIDERS = """\
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec: {site: cn, key: {profile: shared, from: {env: OURS}}}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow-global}
spec: {site: global, key: {profile: world, from: {env: THEIRS}}}
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: work}
spec: {keys: {siliconflow: {profile: own, from: {env: %s}}}}
"""


def found(folder: Path, variable: str) -> list[tuple[str, int, str]]:
    file = folder / "manifest.yaml"
    file.write_text(PROVIDERS % variable)
    return [
        (warning.code, warning.location.line, warning.what) for warning in load_manifest([str(file)]).warnings
    ]


def test_an_agents_key_that_is_named_like_one_of_the_other_site_is_told(tmp_path: Path) -> None:
    text = "SF_GLOBAL_KEY reads like a key of the other site; siliconflow uses the site cn"
    assert found(tmp_path, "SF_GLOBAL_KEY") == [("key-of-other-site", 14, text)]
    assert found(tmp_path, "SF_CN_KEY") == []


def test_an_agents_key_that_is_also_the_other_sites_is_told(tmp_path: Path) -> None:
    text = "THEIRS is also the key of siliconflow-global, which uses the site global"
    assert found(tmp_path, "THEIRS") == [("key-of-both-sites", 14, text)]
