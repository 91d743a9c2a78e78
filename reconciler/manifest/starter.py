"""The manifest that ``init`` writes: a site's current defaults, as text with comments for a first reader. Pure.

OpenClaw's page on SiliconFlow names one model for text and one for images. Each is taken where the site still serves it; else
the first of those below that it serves, and the manifest says so. What a live OpenClaw has already is gone on with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.manifest.scalars import resolve
from reconciler.printable import printable
from reconciler.sites.catalog import CatalogName, load_catalog
from reconciler.sites.whereabouts import whereabouts

if TYPE_CHECKING:
    from collections.abc import Iterator

# The page's model first, then what comes nearest to it, as both sites serve it.
_TEXT = ("deepseek-ai/DeepSeek-V3.2", "deepseek-ai/DeepSeek-V4-Flash")
_VISION = ("zai-org/GLM-4.6V", "Qwen/Qwen3-VL-32B-Instruct", "Qwen/Qwen3-VL-30B-A3B-Instruct")
_VARIABLE = "SILICONFLOW_API_KEY"

_TEMPLATE = """\
# What OpenClaw should know of SiliconFlow. Check it with `reconciler validate`, see what would change with
# `reconciler plan`, make it so with `reconciler apply`.
apiVersion: reconciler/v1
kind: Provider
metadata:
  name: {provider} # the id under models.providers
spec:
  site: {site} # {about_site}
  key:
    {key} # {about_key}; made at {key_page}
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
spec:{choices}
"""


class Found(msgspec.Struct, frozen=True):
    """A provider of a live OpenClaw that uses a site of the service.

    Attributes:
        provider: its id under ``models.providers``.
        place: file and line of its address, for people.
        variable: the one that its ``apiKey`` names; empty where that is something else.
        inline: the config itself sets the variable.
        keyed: it has an ``apiKey``, of whatever kind.
        model: what ``agents.defaults`` has as its model already; empty where there is none.
        image_model: the same for images.
        aliases: by ref the aliases that ``agents.defaults`` has; agents may name a model by them.
    """

    site: CatalogName
    provider: str
    place: str
    variable: str = ""
    inline: bool = False
    keyed: bool = True
    model: str = ""
    image_model: str = ""
    aliases: Mapping[str, str] = {}


class Starter(msgspec.Struct, frozen=True):
    """A starter manifest, and what to know about its choices, a sentence each."""

    text: str
    remarks: tuple[str, ...]


def starter(site: CatalogName, found: Found | None = None) -> Starter:
    """The starter manifest of a site.

    Args:
        found: what a live OpenClaw has; its provider is gone on with, and its models stay the default.
    """
    choices = [_choose(site, candidates) for candidates in (_TEXT, _VISION)]
    (text, _), (vision, _) = choices
    remarks = tuple(remark for _, remark in choices if remark)
    provider = found.provider if found else "siliconflow"
    variable = found.variable if found and found.site == site and found.variable else _VARIABLE
    inline = found is not None and found.site == site and found.inline
    about_site = "cn and global have separate accounts: a key of one is refused by the other"
    if found and found.site != site:
        about_site = f"another than at {printable(found.place)}: applying this switches {printable(found.provider)} over"
    manifest = _TEMPLATE.format(
        provider=_word(provider),
        site=site,
        about_site=about_site,
        key=f"{'inline' if inline else 'env'}: {variable}",
        about_key="the config holds it, under env.vars" if inline else "OpenClaw reads it at run time",
        key_page=BUILTIN[site].key_page,
        remarks="".join(f"    # {remark}\n" for remark in remarks),
        text=text,
        text_alias=_alias(found, text),
        vision=vision,
        vision_alias=_alias(found, vision),
        choices=_choices(found, provider, text, vision),
    )
    return Starter(manifest, (*remarks, *_taken_over(site, found)))


def _alias(found: Found | None, model: str) -> str:
    """The alias that the model has already, else its name."""
    has = found.aliases.get(f"{found.provider}/{model}") if found else None
    return _word(has or model.rpartition("/")[2])


def _choices(found: Found | None, provider: str, text: str, vision: str) -> str:
    """The agents' models: those that OpenClaw has already aren't touched."""
    lines = []
    for name, model, live in (
        ("model", text, found.model if found else ""),
        ("imageModel", vision, found.image_model if found else ""),
    ):
        mark = "# " if live else ""
        lines += [f"  # It is {printable(live)} now, and stays; this would change it:"] if live else []
        ref = (
            _word(f"{provider}/{model}")
            if provider[:1] != '"'
            else _word(f"{found.provider}/{model}" if found else model)
        )
        lines += [f"  {mark}{name}:", f"  {mark}  primary: {ref}"]
    empty = " {}" if found and found.model and found.image_model else ""
    return "\n".join([empty, *lines])


def _taken_over(site: CatalogName, found: Found | None) -> Iterator[str]:
    if found is None:
        return
    if found.site != site:
        yield (
            f"{found.place} uses the site {found.site}, and this manifest says {site}: applying it switches the provider "
            f"{found.provider} over, which takes a key of the other account. To stay: --site {found.site}."
        )
        return
    yield f"{found.place} uses the site {site} already; this manifest goes on with its provider {found.provider}."
    if not found.variable:
        what = (
            "holds its key in another form"
            if found.keyed
            else "has no apiKey, so its key is elsewhere, perhaps in a profile"
        )
        yield f"The provider {what}; `key:` in this manifest says {_VARIABLE}, and applying it makes that the only source."


def _word(text: str) -> str:
    """``text`` as YAML reads it again."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9._/-]*", text) and resolve(text) == text
    return text if plain else msgspec.json.encode(text).decode()


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
