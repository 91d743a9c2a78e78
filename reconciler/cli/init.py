"""``reconciler init``."""

from __future__ import annotations

import os

import click

from reconciler.cli.options import option
from reconciler.errors import ReconcilerError
from reconciler.manifest.starter import starter


@click.command("init")
@option(
    "--site", type=click.Choice(["global", "cn"]), help="Which of the two sites; asked for when left out."
)
@option(
    "-o",
    "--out",
    type=click.Path(),
    default="manifests/siliconflow.yaml",
    show_default=True,
    help="File to write.",
)
def command(site: str | None, out: str) -> int:
    """Write a starter manifest for a site. Never overwrites."""
    if site is None:
        site = click.prompt(
            "Site (the two have separate accounts and keys)", type=click.Choice(["global", "cn"]), err=True
        )
    made = starter("cn" if site == "cn" else "global")
    try:
        os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
        with open(out, "x", encoding="utf-8") as file:
            file.write(made.text)
    except FileExistsError as error:
        raise ReconcilerError(
            "the file is there already", where=out, remedy="name another with --out"
        ) from error
    except OSError as error:
        raise ReconcilerError(
            f"can't be written: {error.strerror}", where=out, remedy="name another with --out"
        ) from error
    for remark in made.remarks:
        click.echo(remark, err=True)
    click.echo(f"Wrote {out}. Next: set the key it names, then `reconciler plan`.")
    return 0
