"""Options that several commands share; each is also read from a ``RECONCILER_*`` variable."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.keys import Keyring
from reconciler.plan.guard import Overrides
from reconciler.planning.request import Request, load
from reconciler.state.ownership import is_set_name

if TYPE_CHECKING:
    from reconciler.manifest.bundle import Manifest
    from reconciler.manifest.severities import Severities

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_MANIFESTS = "manifests"


def completed(values: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Completes a value from a function of :mod:`reconciler.cli.completion`; what can't be read has none."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        from reconciler.cli import completion
        from reconciler.errors import ReconcilerError

        try:
            found = list(getattr(completion, values)(ctx))
        except (ReconcilerError, OSError):
            return []
        return [value for value in found if value.startswith(incomplete)]

    return complete


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """A click option that ``RECONCILER_<NAME>`` sets too."""
    long = next(name for name in names if name.startswith("--"))
    variable = "RECONCILER_" + long.partition("/")[0].lstrip("-").upper().replace("-", "_")
    settings.setdefault("envvar", variable)
    return click.option(*names, **settings)


def _all(function: F, decorators: list[Callable[[F], F]]) -> F:
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


def manifest_options(function: F) -> F:
    """``-f/--manifests``, ``--severity`` and ``--allow-exec``."""
    return _all(
        function,
        [
            option(
                "-f",
                "--manifests",
                multiple=True,
                type=click.Path(),
                metavar="PATH",
                help="File or folder of manifests; repeatable. [default: manifests/]",
            ),
            option(
                "--severity",
                "severities",
                multiple=True,
                metavar="CODE=LEVEL",
                shell_complete=completed("severities"),
                help="Make a finding an error, a warning, or off; repeatable.",
            ),
            option(
                "--allow-exec", is_flag=True, help="Let the manifests run the programs that print their keys."
            ),
        ],
    )


def gateway_option(function: F) -> F:
    """``--gateway``."""
    return option(
        "--gateway",
        metavar="NAME",
        help="Which declared Gateway.",
        shell_complete=completed("gateways"),
    )(function)


def place_options(function: F) -> F:
    """Where the live OpenClaw is."""
    return _all(
        function,
        [
            option("--state-dir", type=click.Path(), help="OpenClaw's state folder. [default: ~/.openclaw]"),
            option(
                "--config", type=click.Path(), help="OpenClaw's config file. [default: openclaw.json there]"
            ),
        ],
    )


def target_options(function: F) -> F:
    """Which live OpenClaw."""
    return _all(
        function,
        [
            gateway_option,
            place_options,
            option(
                "--set",
                "set_name",
                default="default",
                metavar="NAME",
                help="Name of this manifest set, when several share a target.",
            ),
        ],
    )


def override_options(function: F) -> F:
    """The options that lift a safety rule."""
    return _all(
        function,
        [
            option(
                "--allow-mass-delete",
                is_flag=True,
                help="Delete more than 30 % of ten or more managed objects.",
            ),
            option(
                "--allow-empty",
                is_flag=True,
                help="Let manifests that ask for nothing remove everything managed.",
            ),
            option(
                "--allow-protected", multiple=True, metavar="ADDRESS", help="Delete from a protected object."
            ),
            option(
                "--allow-dangling",
                multiple=True,
                metavar="ADDRESS",
                help="Take away what somebody else's settings still use.",
            ),
            option(
                "--take-over",
                multiple=True,
                metavar="ADDRESS",
                help="Take an object over from another manifest set.",
            ),
            option(
                "--take-alias",
                multiple=True,
                metavar="ALIAS",
                help="Give a model an alias that another one has now.",
            ),
            option(
                "--keep-key",
                multiple=True,
                metavar="[ADDRESS=]PATH",
                help="Save a key that would be gone for good to a new private file first.",
            ),
            option("--discard-key", multiple=True, metavar="ADDRESS", help="Let a key go for good."),
            option(
                "--accept-shadow",
                multiple=True,
                metavar="ADDRESS",
                help="Let OpenClaw use another key than the declared one.",
            ),
            option(
                "--accept-unset",
                multiple=True,
                metavar="NAME",
                help="Refer to a variable that the gateway doesn't have.",
            ),
        ],
    )


def host_options(function: F) -> F:
    """``--allow-host``."""
    return _all(
        function,
        [
            option(
                "--allow-host",
                "allow_hosts",
                multiple=True,
                metavar="HOST",
                envvar="RECONCILER_ALLOW_HOSTS",
                help="A further host that a key may be sent to.",
            )
        ],
    )


def health_options(function: F) -> F:
    """How the endpoint check may reach out, and how far it goes."""
    return _all(
        function,
        [
            host_options,
            option(
                "--try-other-site",
                is_flag=True,
                help="Send a refused key to the sibling site too, to see whether it belongs there.",
            ),
            option(
                "--probe",
                is_flag=True,
                help="Also begin a completion of each primary model, which costs a few tokens.",
            ),
            option("--probe-all", is_flag=True, help="The same of every declared model."),
            option(
                "--no-cache",
                is_flag=True,
                help="Neither use nor keep the result of an endpoint check; apply uses those of the last 5 minutes.",
            ),
        ],
    )


def output_options(*formats: str) -> Callable[[F], F]:
    """``--format``, ``--no-color`` and ``-v``."""

    def decorate(function: F) -> F:
        return _all(
            function,
            [
                option(
                    "--format",
                    "output",
                    type=click.Choice(formats),
                    default=formats[0],
                    show_default=True,
                    help="Form of the result.",
                ),
                option(
                    "--no-color",
                    is_flag=True,
                    help="Plain text. NO_COLOR and CLICOLOR_FORCE are honoured too.",
                ),
                option("-v", "--verbose", is_flag=True, help="Leave nothing out."),
            ],
        )

    return decorate


def request_from(settings: dict[str, Any]) -> Request:
    """The request that the parsed options make.

    Raises:
        UsageError: a ``--severity`` or ``--set`` makes no sense.
    """
    severities: Severities = {}
    environ = dict(os.environ)
    if settings.get("severities"):
        from reconciler.manifest.severities import parse_severities

        severities = parse_severities(settings["severities"])
    return Request(
        manifests=tuple(settings.get("manifests") or (DEFAULT_MANIFESTS,)),
        environ=environ,
        keyring=Keyring(environ, allow_exec=bool(settings.get("allow_exec"))),
        gateway=settings.get("gateway"),
        state_dir=settings.get("state_dir"),
        config=settings.get("config"),
        set_name=_set_name(settings.get("set_name") or "default"),
        overrides=Overrides(
            mass_delete=bool(settings.get("allow_mass_delete")),
            empty=bool(settings.get("allow_empty")),
            protected=frozenset(settings.get("allow_protected") or ()),
            take_over=frozenset(settings.get("take_over") or ()),
            dangling=frozenset(settings.get("allow_dangling") or ()),
            take_alias=frozenset(settings.get("take_alias") or ()),
            discard_key=frozenset(settings.get("discard_key") or ()),
            keep_key=tuple(settings.get("keep_key") or ()),
            accept_shadow=frozenset(settings.get("accept_shadow") or ()),
            accept_unset=frozenset(settings.get("accept_unset") or ()),
        ),
        severities=severities,
    )


def _set_name(text: str) -> str:
    """A set's name, which becomes a file's in the journal."""
    if not is_set_name(text):
        from reconciler.errors import UsageError

        raise UsageError(
            f"{text[:80]!r} can't name a manifest set",
            remedy="use up to 63 letters, digits, dots, hyphens and underscores, beginning with a letter or digit",
        )
    return text


def wants_manifests(settings: dict[str, Any]) -> bool:
    """Whether a command that can do without manifests reads them: when they are named, or stand in the default folder.

    They may declare which Gateway is meant, so those in the folder are left alone where the command line says it.
    """
    if settings.get("manifests") or settings.get("gateway"):
        return True
    if settings.get("state_dir") or settings.get("config") or not os.path.isdir(DEFAULT_MANIFESTS):
        return False
    return any(name.endswith((".yaml", ".yml")) for name in os.listdir(DEFAULT_MANIFESTS))


def any_manifest(request: Request, settings: dict[str, Any]) -> Manifest | None:
    """The manifests of a command that can do without.

    Raises:
        ReconcilerError: they have problems.
    """
    return load(request) if wants_manifests(settings) else None


def wants_color(no_color: bool) -> bool:
    """Whether the result may be coloured: not when told so, always when forced, else on a terminal."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns of the result; 80 where there is no terminal."""
    try:
        return int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 80
