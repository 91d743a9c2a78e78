"""``reconciler demo``."""

from __future__ import annotations

import click

from reconciler.cli.options import option, wants_color, width
from reconciler.cli.streams import show


@click.command("demo")
@option("--keep", type=click.Path(file_okay=False), help="Leave everything in this folder.")
@option("--no-color", is_flag=True, help="Plain text.")
def command(keep: str | None, no_color: bool) -> int:
    """Run the whole loop in a throw-away sandbox, without network: init, plan, apply, a hand edit, drift, apply."""
    from reconciler.demo.run import run_demo

    run_demo(show, keep=keep, width=width(), color=wants_color(no_color))
    return 0
