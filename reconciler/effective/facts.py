"""Reads what may beat the config: agents' own files and profiles, variables and the files that set them. Reads only.

Only what belongs to the named providers is kept, every file is bounded, and one that can't be read is named and passed over.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import msgspec

from reconciler.errors import TargetError
from reconciler.files import read_regular
from reconciler.openclaw.dotenv import dotenv_files, read_dotenv
from reconciler.openclaw.environment import Host, find_hosts
from reconciler.openclaw.ids import agents_in, provider_id, provider_key
from reconciler.openclaw.models_json import ModelsFile, models_file, read_models_file
from reconciler.openclaw.precedence import VARIABLES, VariableKind
from reconciler.openclaw.sessions import Pin, read_pins
from reconciler.openclaw.shapes import variable_of
from reconciler.openclaw.stores.contents import MAIN, NOTHING, StoreContents, StoreState, provider_of
from reconciler.openclaw.stores.read import AUTH_STORES
from reconciler.openclaw.stores.state import read_state
from reconciler.secret import Secret
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from reconciler.openclaw.paths import Paths
    from reconciler.release import Release
    from reconciler.targets.local import Snapshot

MOST_AGENTS = 200
MAX_SECRET_BYTES = 1 << 16

_P = ParamSpec("_P")
_T = TypeVar("_T")
_NO_STORE = StoreContents("", None, {})


class Variable(msgspec.Struct, frozen=True):
    """One place that sets a variable.

    Attributes:
        place: for people: a file, a place in the config, or a process.
        late: in a file that was changed after the running gateway had read it.
    """

    kind: VariableKind
    place: str
    value: Secret
    late: bool = False


class AgentFacts(msgspec.Struct, frozen=True):
    """What belongs to one agent; ``store`` is its own one, without what it inherits from ``main``."""

    name: str
    models: ModelsFile | None
    store: StoreContents
    state: StoreState
    pins: tuple[Pin, ...]


class Unreadable(msgspec.Struct, frozen=True):
    """Something that could not be looked into."""

    place: str
    message: str
    remedy: str


class Facts(msgspec.Struct, frozen=True):
    """Everything that was found.

    Attributes:
        main: the facts of the agent whose profiles the others inherit; None where it is no agent here.
        variables: by name, the place that wins first. Where nothing tells how the gateway is started, it is taken to be from here.
        hosts: what runs or starts the gateway.
        secrets: what files behind SecretRefs hold, by alias of ``secrets.providers``.
    """

    agents: tuple[AgentFacts, ...]
    main: AgentFacts | None
    variables: Mapping[str, tuple[Variable, ...]]
    secrets: Mapping[str, Secret]
    unreadable: tuple[Unreadable, ...]
    hosts: tuple[Host, ...] = ()


def agent_names(config: Any) -> tuple[str, ...]:
    """Every agent that the config knows, by its id; ``main`` where it names none."""
    return tuple(dict.fromkeys(agent.id for agent in agents_in(config)))[:MOST_AGENTS] or (MAIN,)


def read_facts(
    snapshot: Snapshot,
    config: Any,
    environ: Mapping[str, str],
    providers: Collection[str],
    *,
    needed: Collection[str] = (),
    pins: bool = True,
) -> Facts:
    """Look for everything that OpenClaw may use in place of what the config says of ``providers``.

    Args:
        config: the merged config, live or as it will be; says which agents and variables there are.
        providers: their ids.
        environ: this process's variables; those of the gateway's own process count where they can be seen.
        needed: further variables to look for.
        pins: whether sessions are looked through for models of their own.
    """
    missed = _Missed()
    agents = tuple(_agent(snapshot, name, providers, missed, pins=pins) for name in agent_names(config))
    main = next((agent for agent in agents if agent.name == MAIN), None)
    if main is None:
        main = _agent(snapshot, MAIN, providers, missed, pins=False)
    release = snapshot.capabilities.release
    named = {*_named_variables(config, providers, (*agents, main), release), *needed}
    hosts = find_hosts(snapshot.paths, environ, named) if named else ()
    variables = _variables(snapshot, config, _Outside(hosts, environ), named, missed)
    secrets = dict(_secret_files(config, snapshot.paths, missed))
    return Facts(agents, main, variables, secrets, tuple(missed.found), hosts)


class _Missed:
    """Collects what can't be read, so that one broken file hides nothing else."""

    def __init__(self) -> None:
        self.found: list[Unreadable] = []

    def read(
        self,
        place: str,
        remedy: str,
        otherwise: _T,
        read: Callable[_P, _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """What ``read`` gives; ``otherwise`` where it can't be read, which is then noted."""
        try:
            return read(*args, **kwargs)
        except TargetError as error:
            self.found.append(Unreadable(error.where or place, error.what, error.remedy))
        except OSError as error:
            self.found.append(Unreadable(place, f"it can't be read: {error.strerror}", remedy))
        except ValueError as error:
            reason = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
            self.found.append(Unreadable(place, f"it can't be understood: {reason}", remedy))
        return otherwise


def _agent(
    snapshot: Snapshot, name: str, providers: Collection[str], missed: _Missed, *, pins: bool
) -> AgentFacts:
    paths, shape = snapshot.paths, snapshot.capabilities.auth_store
    file = models_file(paths, name)
    remedy = "check its permissions"
    return AgentFacts(
        name,
        missed.read(file, remedy, None, read_models_file, file, providers),
        missed.read("auth store", remedy, _NO_STORE, AUTH_STORES[shape].read, paths, name),
        missed.read("auth store", remedy, NOTHING, read_state, paths, shape, name),
        missed.read("sessions", remedy, (), read_pins, paths, name) if pins else (),
    )


def _named_variables(
    config: Any, providers: Collection[str], agents: tuple[AgentFacts, ...], release: Release
) -> Iterator[str]:
    """The variables that a key of one of the providers is read from."""
    for provider in providers:
        place = ("models", "providers", provider_key(config, provider, release), "apiKey")
        name = variable_of(lookup(config, place))
        if name:
            yield name
    wanted = {provider_id(provider, release) for provider in providers}
    for agent in agents:
        for profile in agent.store.profiles.values():
            for field in ("keyRef", "tokenRef"):
                name = variable_of(profile.get(field))
                if name and provider_id(provider_of(profile), release) in wanted:
                    yield name


class _Outside(msgspec.Struct, frozen=True):
    """What sets variables before OpenClaw reads its own files."""

    hosts: tuple[Host, ...]
    environ: Mapping[str, str]

    def sets(self, name: str) -> Iterator[Variable]:
        """By the first gateway of which it is known; where of none is, by this process."""
        for host in self.hosts:
            if name in host.sets:
                yield Variable("process", f"{name} of {host.sets[name].file}", host.sets[name].value)
            if name in host.sets or host.complete:
                return
        yield Variable("process", f"variable {name} of this process", Secret(self.environ.get(name, "")))

    def late(self, path: str) -> bool:
        """Whether the running gateway started before a file was last changed."""
        since = next((host.since for host in self.hosts if host.since is not None), None)
        try:
            return since is not None and os.stat(path).st_mtime > since
        except OSError:
            return False


def _variables(
    snapshot: Snapshot, config: Any, outside: _Outside, names: set[str], missed: _Missed
) -> dict[str, tuple[Variable, ...]]:
    """Every place that sets one of ``names``, in the order in which OpenClaw believes them."""
    if not names:
        return {}
    paths = snapshot.paths
    remedy = "check its permissions; OpenClaw can't read it either"
    files = [(path, missed.read(path, remedy, {}, read_dotenv, path, names)) for path in dotenv_files(paths)]
    env = lookup(config, ("env",))
    flat = env if isinstance(env, dict) else {}
    inner = lookup(flat, ("vars",))
    found: dict[str, tuple[Variable, ...]] = {}
    for name in sorted(names):
        places = [*outside.sets(name)]
        places += [
            Variable("dotenv", path, values[name], outside.late(path))
            for path, values in files
            if name in values
        ]
        places += _in_config(snapshot.config.root, name, flat, inner if isinstance(inner, dict) else {})
        places.sort(key=lambda place: VARIABLES.index(place.kind))
        found[name] = tuple(place for place in places if place.value)
    return found


def _in_config(root: str, name: str, flat: dict[str, Any], inner: dict[str, Any]) -> Iterator[Variable]:
    if isinstance(flat.get(name), str):
        yield Variable("flat", f"{root} env.{name}", Secret(flat[name]))
    if isinstance(inner.get(name), str):
        yield Variable("vars", f"{root} env.vars.{name}", Secret(inner[name]))


def _secret_files(config: Any, paths: Paths, missed: _Missed) -> Iterator[tuple[str, Secret]]:
    """What the files of ``secrets.providers`` hold, where the whole file is the value."""
    providers = lookup(config, ("secrets", "providers"))
    for alias, provider in sorted(providers.items()) if isinstance(providers, dict) else ():
        if not isinstance(provider, dict) or provider.get("source") != "file":
            continue
        path = provider.get("path")
        if provider.get("mode") != "singleValue" or not isinstance(path, str):
            continue
        file = os.path.join(paths.home, path[2:]) if path.startswith("~/") else path
        value = missed.read(file, "check the file that secrets.providers names", "", _text, file)
        if value:
            yield alias, Secret(value)


def _text(path: str) -> str:
    return read_regular(path, MAX_SECRET_BYTES).decode().strip()
