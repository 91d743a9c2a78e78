"""The command group and the one place where errors become messages and exit codes.

Commands are imported when they run; their names come from a table.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from reconciler import __version__
from reconciler.cli.commands import COMMANDS, help_text
from reconciler.cli.streams import tell

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EXIT_USAGE = 64
EXIT_INTERRUPTED = 130


class _Lazy(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(f"reconciler.cli.{cmd_name}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        # By name alone: importing each command for its help takes longer than a user waits for a key.
        named = [
            CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def get_help(self, ctx: click.Context) -> str:
        return help_text().rstrip("\n")


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="reconciler")
def cli() -> None:
    """Keep the model configuration of OpenClaw gateways in Git."""


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and give its exit code; no traceback reaches a user."""
    try:
        result: Any = cli.main(args=arguments, prog_name="reconciler", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except SystemExit as error:
        # How click ends when it has answered a shell.
        return error.code if isinstance(error.code, int) else 0
    except (click.Abort, KeyboardInterrupt) as error:
        # click makes an Abort of an interrupt.
        said = str(error.__cause__ or error) or "nothing more was done"
        return _say(f"\ninterrupted; {said}", EXIT_INTERRUPTED)
    except click.UsageError as error:
        hint = f"\n    try: {error.ctx.command_path} --help" if error.ctx else ""
        return _say(f"error: {error.format_message().expandtabs(4)}{hint}", EXIT_USAGE)
    except click.ClickException as error:
        return _say(f"error: {error.format_message()}", 1)
    except Exception as error:  # noqa: BLE001 - the last net: a traceback may hold a key, and is a bug in any case
        return _failed(error)
    return result if isinstance(result, int) else 0


def _failed(error: Exception) -> int:
    # Imported here, because `--help` shall not pay for the types behind it.
    from reconciler.errors import ManifestError, ReconcilerError

    if isinstance(error, ManifestError):
        return _say(str(error), error.exit_code)
    if isinstance(error, ReconcilerError):
        return _say(f"error: {error}", error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"error: {where}{error.strerror}\n    nothing more was done", 1)
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else "?"
    return _say(
        f"error: a bug in reconciler {__version__}: {type(error).__name__} at {where}\n    please report it",
        1,
    )


def _say(text: str, code: int) -> int:
    from reconciler.printable import printable

    tell(printable(text, keep_lines=True))
    return code
