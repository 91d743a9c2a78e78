"""The manifest that ``init`` writes: a site's current defaults, as text with comments for a first reader. Pure.

The onboarding page that users know names DeepSeek-V3.2 and GLM-4.6V. GLM-4.6V was retired on the CN site on 2026-05-15 and is
not in the known list of the Global site, so each site gets a vision model that it serves.
"""

from __future__ import annotations

TEXT_MODEL = "deepseek-ai/DeepSeek-V3.2"
VISION_MODELS = {"global": "Qwen/Qwen3-VL-32B-Instruct", "cn": "Qwen/Qwen3-VL-32B-Instruct"}
KEY_PAGES = {
    "global": "https://cloud.siliconflow.com/account/ak",
    "cn": "https://cloud.siliconflow.cn/account/ak",
}

_TEMPLATE = """\
# What OpenClaw should know of SiliconFlow. Check it with `reconciler validate`, see what would change with
# `reconciler plan`, make it so with `reconciler apply`.
apiVersion: reconciler/v1
kind: Provider
metadata:
  name: siliconflow # the id under models.providers
spec:
  site: {site} # cn and global have separate accounts: a key of one is refused by the other
  key:
    env: SILICONFLOW_API_KEY # OpenClaw reads it at run time; made at {key_page}
  models: # limits and prices come from the catalogue; what is said here beats it
    - id: {text}
      alias: {text_alias}
    - id: {vision}
      alias: {vision_alias}
---
apiVersion: reconciler/v1
kind: Agent
metadata:
  name: defaults # agents.defaults; another name is one agent's id
spec:
  model:
    primary: siliconflow/{text}
  imageModel:
    primary: siliconflow/{vision}
"""


def starter_manifest(site: str) -> str:
    """The starter manifest of ``global`` or ``cn``."""
    vision = VISION_MODELS[site]
    return _TEMPLATE.format(
        site=site,
        key_page=KEY_PAGES[site],
        text=TEXT_MODEL,
        text_alias=TEXT_MODEL.rpartition("/")[2],
        vision=vision,
        vision_alias=vision.rpartition("/")[2],
    )
