"""``reconciler schema``."""

from __future__ import annotations

import click

from reconciler.cli.streams import show


@click.command("schema")
@click.argument("what", type=click.Choice(["manifest", "plan"]), default="manifest")
def command(what: str) -> int:
    """Print the JSON Schema of the manifests (for editors), or of the plan."""
    import msgspec

    if what == "manifest":
        from reconciler.manifest.schema import manifest_schema

        schema = manifest_schema()
    else:
        from reconciler.plan.model import Plan

        schema = msgspec.json.schema(Plan)
    show(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode(), "json")
    return 0
