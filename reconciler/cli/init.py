"""``reconciler init``."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from reconciler.cli.options import DEFAULT_MANIFESTS, option, place_options
from reconciler.cli.streams import ask, show, tell
from reconciler.errors import ReconcilerError, UsageError
from reconciler.manifest.starter import starter
from reconciler.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.manifest.starter import Found
    from reconciler.sites.catalog import CatalogName

SITES: tuple[CatalogName, ...] = ("global", "cn")
_SAY = "say --site global or --site cn"


@click.command("init")
@option(
    "--site",
    type=click.Choice(SITES),
    help="Which of the two sites; left out, the one that OpenClaw uses, else asked for.",
)
@option(
    "-o",
    "--out",
    type=click.Path(),
    default="manifests/siliconflow.yaml",
    show_default=True,
    help="File to write; - prints it.",
)
@place_options
@click.pass_context
def command(ctx: click.Context, /, site: CatalogName | None, out: str, **settings: Any) -> int:
    """Write a starter manifest for a site. Never overwrites.

    Where there is a live OpenClaw that uses one of the sites, the manifest goes on with its provider, key variable and default
    models. Another --site than that is a switch, which is said.
    """
    from reconciler.starting import find_live

    live, unread = find_live(os.environ, settings["state_dir"], settings["config"])
    if unread:
        tell(printable(f"{unread}; nothing is taken over from there"))
    if site is None:
        site = _site_of(live) or _asked()
    found = next((one for one in live if one.site == site), live[0] if live else None)
    if found and found.site != site and ctx.get_parameter_source("site") is not ParameterSource.COMMANDLINE:
        raise UsageError(
            f"RECONCILER_SITE says {site}, and the OpenClaw here uses {found.site}",
            where=found.place,
            remedy=_SAY,
        )
    made = starter(site, found)
    if out != "-":
        _write(out, made.text)
    for remark in made.remarks:
        tell(printable(remark))
    if out == "-":
        show(made.text)
    else:
        named = "" if os.path.dirname(out) == DEFAULT_MANIFESTS else f" -f {shlex.quote(out)}"
        places = "here for the check, and in ~/.openclaw/.env where the gateway finds it"
        show(f"Wrote {out}. Next: set the key it names, {places}, then `reconciler plan{named}`.")
    return 0


def _site_of(live: Sequence[Found]) -> CatalogName | None:
    """The one site that the live OpenClaw uses; None for none.

    Raises:
        UsageError: it uses both.
    """
    used = {one.site: one for one in live}
    if len(used) > 1:
        places = ", ".join(f"{site} ({one.place})" for site, one in sorted(used.items()))
        raise UsageError(f"the OpenClaw here uses both sites: {places}", remedy=_SAY)
    return next(iter(used), None)


def _asked() -> CatalogName:
    while True:
        answer = ask("Site, global or cn (they have separate accounts and keys): ")
        for site in SITES:
            if answer == site:
                return site
        if answer is None:
            raise UsageError("init asks for the site, and there is nobody to ask", remedy=_SAY)


def _write(out: str, text: str) -> None:
    try:
        os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
        with open(out, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ReconcilerError(
            "the file is there already", where=out, remedy="name another with --out"
        ) from error
    except OSError as error:
        raise ReconcilerError(
            f"can't be written: {error.strerror}", where=out, remedy="name another with --out"
        ) from error
