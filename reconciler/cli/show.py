"""``reconciler show``."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import output_options
from reconciler.cli.output import write_plan
from reconciler.report.planfile import load_plan


@click.command("show")
@click.argument("planfile", type=click.Path())
@output_options("text", "json", "markdown", "html")
def command(planfile: str, **settings: Any) -> int:
    """Render a saved plan, also one that the live state has overtaken."""
    write_plan(load_plan(planfile), settings)
    return 0
