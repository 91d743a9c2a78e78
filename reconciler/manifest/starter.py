"""The manifest that ``init`` writes: a site's current defaults, as text with comments for a first reader. Pure.

OpenClaw's page on SiliconFlow names one model for text and one for images. Each is taken where the site still serves it; else
the first of those below that it serves, and the manifest says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.sites.catalog import load_catalog
from reconciler.sites.whereabouts import whereabouts

if TYPE_CHECKING:
    from reconciler.sites.catalog import CatalogName

# The page's model first, then what comes nearest to it, as both sites serve it.
_TEXT = ("deepseek-ai/DeepSeek-V3.2", "deepseek-ai/DeepSeek-V4-Flash")
_VISION = ("zai-org/GLM-4.6V", "Qwen/Qwen3-VL-32B-Instruct", "Qwen/Qwen3-VL-30B-A3B-Instruct")

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
{remarks}    - id: {text}
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


class Starter(msgspec.Struct, frozen=True):
    """A starter manifest, and what to know about its choices, a sentence each."""

    text: str
    remarks: tuple[str, ...]


def starter(site: CatalogName) -> Starter:
    """The starter manifest of a site."""
    choices = [_choose(site, candidates) for candidates in (_TEXT, _VISION)]
    (text, _), (vision, _) = choices
    remarks = tuple(remark for _, remark in choices if remark)
    manifest = _TEMPLATE.format(
        site=site,
        key_page=BUILTIN[site].key_page,
        remarks="".join(f"    # {remark}\n" for remark in remarks),
        text=text,
        text_alias=text.rpartition("/")[2],
        vision=vision,
        vision_alias=vision.rpartition("/")[2],
    )
    return Starter(manifest, remarks)


def _choose(site: CatalogName, candidates: tuple[str, ...]) -> tuple[str, str]:
    """The first model that the site serves, and why it isn't the page's."""
    catalog, wanted = load_catalog(site), candidates[0]
    chosen = next(model for model in candidates if catalog.serves(model))
    if chosen == wanted:
        return chosen, ""
    where = whereabouts(site, wanted)
    verb = "was" if where.kind in ("retired", "redirected") else "is"
    what = str(where) or "not known to be served by this site"
    return chosen, f"{wanted}, which OpenClaw's page names, {verb} {what}; {chosen} is here instead."
