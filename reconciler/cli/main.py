"""The command group and the one place where errors become messages and exit codes.

Commands are imported when they run: their names and one-line descriptions stand in a table here, so that ``--help``
imports nothing else.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import click

from reconciler import __version__
from reconciler.errors import ReconcilerError

COMMANDS: dict[str, str] = {
    "init": "Write a starter manifest for a site.",
    "validate": "Check the manifests, offline.",
    "plan": "Show what would change, without network or key.",
    "show": "Render a saved plan.",
    "apply": "Check the endpoint, make the changes, verify them.",
    "drift": "Show what changed outside the manifests since the last apply.",
    "health": "Check endpoint, key and models.",
    "doctor": "Show what was found here, and what to mend.",
    "schema": "Print the JSON Schema of the manifests, or of the plan.",
    "demo": "Run the whole loop in a throw-away sandbox.",
}

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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 error, 2 changes or drift, 3 refused by a safety rule, 4 live state moved, "
    "5 endpoint unhealthy, 6 verification failed, 64 usage.",
)
@click.version_option(__version__, prog_name="reconciler")
def cli() -> None:
    """Keep the model configuration of OpenClaw gateways in Git: declare, plan, apply, watch."""


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and give its exit code; no traceback reaches a user."""
    # Short-lived and allocation-heavy: the cyclic collector costs up to two thirds of the YAML time and frees nothing.
    gc.disable()
    try:
        result: Any = cli.main(args=arguments, prog_name="reconciler", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        return _say("interrupted", EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        return _say("interrupted", EXIT_INTERRUPTED)
    except click.UsageError as error:
        hint = f"\n    try: {error.ctx.command_path} --help" if error.ctx else ""
        return _say(f"error: {error.format_message()}{hint}", EXIT_USAGE)
    except click.ClickException as error:
        return _say(f"error: {error.format_message()}", 1)
    except ReconcilerError as error:
        return _say(_message(error), error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has gone (`| head`); what it wanted, it has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last net: a traceback may hold a key, and is a bug in any case
        return _unexpected(error)
    return result if isinstance(result, int) else 0


def _message(error: ReconcilerError) -> str:
    from reconciler.errors import ManifestError

    return str(error) if isinstance(error, ManifestError) else f"error: {error}"


def _unexpected(error: Exception) -> int:
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

    click.echo(printable(text, keep_lines=True), err=True)
    return code
