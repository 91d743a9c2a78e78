"""``python -m reconciler.standin``: a stand-in to try things against by hand; Ctrl-C ends it."""

from __future__ import annotations

import contextlib

import click

from reconciler.standin.server import DEMO_KEY, StandIn


@click.command()
@click.option("--site", type=click.Choice(["cn", "global"]), default="global", show_default=True)
@click.option("--key", "keys", multiple=True, default=(DEMO_KEY,), show_default=True, help="An accepted key.")
@click.option(
    "--model", "models", multiple=True, help="A chat model to serve; left out, the whole catalogue."
)
@click.option("--strict", is_flag=True, help="Refuse what the service doesn't document.")
@click.option("--port", default=0, help="Left out, a free one.")
def main(site: str, keys: tuple[str, ...], models: tuple[str, ...], strict: bool, port: int) -> None:
    """Serve a stand-in SiliconFlow site on 127.0.0.1 and print its base URL."""
    standin = StandIn(
        "cn" if site == "cn" else "global", keys, models=models or None, strict=strict, port=port
    )
    with standin, contextlib.suppress(KeyboardInterrupt):
        click.echo(standin.base_url)
        standin.wait(None)


if __name__ == "__main__":
    main()
