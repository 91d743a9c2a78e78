"""``reconciler completion``, and the values that a shell completes. Imported only when a shell asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.streams import show

if TYPE_CHECKING:
    from collections.abc import Iterable

VARIABLE = "_RECONCILER_COMPLETE"
"""Set by a shell that asks for completions: click's way."""


@click.command("completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print what makes a shell complete commands, options and their values.

    SHELL is bash, zsh or fish. For the first two: eval "$(reconciler completion bash)" in ~/.bashrc or ~/.zshrc (there after compinit); for fish: reconciler
    completion fish > ~/.config/fish/completions/reconciler.fish
    """
    from click.shell_completion import get_completion_class

    from reconciler.cli.main import cli

    made = get_completion_class(shell)
    if made is None:
        raise click.ClickException(f"this release of click knows no {shell}")
    show(made(cli, {}, "reconciler", VARIABLE).source())
    return 0


def gateways(ctx: click.Context) -> Iterable[str]:
    """The Gateways that the manifests declare."""
    from reconciler.cli.options import request_from
    from reconciler.manifest.load import load_manifest

    return (gateway.name for gateway in load_manifest(request_from(ctx.params).manifests).gateways)


def applies(ctx: click.Context) -> Iterable[str]:
    """The ids of earlier applies, the newest first."""
    from reconciler.cli.options import any_manifest, request_from
    from reconciler.planning.request import target_of

    request = request_from(ctx.params)
    receipts = target_of(request, any_manifest(request, ctx.params)).journal.receipts()
    return (receipt.id for receipt in reversed(receipts))


def codes(_: click.Context) -> Iterable[str]:
    """The codes of findings."""
    from reconciler.manifest.explanations import explanations

    return (entry.code for entry in explanations())


def severities(_: click.Context) -> Iterable[str]:
    """What ``--severity`` takes."""
    from reconciler.manifest.explanations import explanations

    changeable = [entry.code for entry in explanations() if not entry.fixed]
    return (f"{code}={severity}" for code in changeable for severity in ("error", "warning", "off"))


def sites(ctx: click.Context) -> Iterable[str]:
    """What ``catalog`` takes."""
    said = ctx.params.get("words") or ()
    return (word for word in ("cn", "global", *(() if said else ("diff",))) if word not in said)
