"""``reconciler health``."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.options import (
    gateway_option,
    health_options,
    manifest_options,
    output_options,
    request_from,
)
from reconciler.cli.output import write
from reconciler.health.gate import check_health
from reconciler.planning.request import load, sites_of


@click.command("health")
@manifest_options
@gateway_option
@health_options
@output_options("text", "json", "markdown")
def command(**settings: Any) -> int:
    """Check endpoint, key and every declared model. Exits 5 when apply would be blocked.

    Costs no tokens, but then can't show an empty account or a refused parameter; --probe can.
    """
    request = request_from(settings)
    manifest = load(request)
    report = check_health(manifest, sites_of(manifest), request.environ, settings, request.keyring)
    write("health", settings, report)
    return 5 if report.status == "block" else 0
