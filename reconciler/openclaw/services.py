"""Services that start a gateway: systemd units of a user or of the system with their drop-ins, and launchd jobs. Reads files only.

``openclaw gateway install`` writes ``~/.config/systemd/user/openclaw-gateway.service``, or a plist ``ai.openclaw.gateway`` in
``~/Library/LaunchAgents``; with a profile ``openclaw-gateway-NAME`` and ``ai.openclaw.NAME``. From 2026.4.15 on both may name a file
in the state folder that holds the variables (dist of 2026.3.13 to 9.6). A service that people wrote counts where OpenClaw is in its name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.files import read_regular
from reconciler.openclaw.dotenv import read_dotenv
from reconciler.openclaw.paths import find_paths
from reconciler.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from reconciler.openclaw.paths import Paths

MAX_BYTES = 1 << 20

_USER_UNITS = ("etc/systemd/user", "run/systemd/user", "usr/lib/systemd/user")
_SYSTEM_UNITS = ("etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")
_JOBS = ("Library/LaunchAgents", "Library/LaunchDaemons")
# What says which OpenClaw a gateway serves.
_WHOSE = frozenset(
    {"HOME", "OPENCLAW_HOME", "OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH", "OPENCLAW_PROFILE"}
)
# Programs that set no variables; any other may be a wrapper that does.
_PLAIN = frozenset({"node", "nodejs", "bun", "openclaw"})
_WRAPPER = "-env-wrapper.sh"


class Setting(msgspec.Struct, frozen=True):
    """What a service sets one variable to, and the file that says so."""

    file: str
    value: Secret


class Service(msgspec.Struct, frozen=True):
    """An installed service.

    Attributes:
        file: its unit or plist.
        sets: the variables that were asked for and that it sets.
        complete: what isn't there isn't set: it starts no program that may set more, and is handed none on.
        program: what it starts, word by word.
    """

    file: str
    sets: Mapping[str, Setting]
    complete: bool
    program: tuple[str, ...]

    @property
    def config(self) -> str:
        """The config that its gateway reads."""
        environ = {name: setting.value.reveal() for name, setting in self.sets.items() if name in _WHOSE}
        for word, after in zip(self.program, (*self.program[1:], ""), strict=True):
            if word.startswith("--profile"):
                environ["OPENCLAW_PROFILE"] = word.partition("=")[2] or after
        return os.path.realpath(find_paths(environ).config)


def find_services(
    paths: Paths, environ: Mapping[str, str], names: Collection[str], system: str = "/"
) -> tuple[Service, ...]:
    """Every installed service that starts a gateway for ``paths``; one that can't be read or understood is passed over.

    Args:
        environ: its ``HOME`` is where a user's services lie.
        names: the variables that are asked for.
        system: the folder below which the system's own services lie.
    """
    home, asked = environ.get("HOME") or paths.home, {*names, *_WHOSE}
    units = [
        os.path.join(home, ".config/systemd/user"),
        *(os.path.join(system, folder) for folder in _USER_UNITS),
    ]
    jobs = [os.path.join(root, folder) for root in (home, system) for folder in _JOBS]
    inherited = {"HOME": Setting("", Secret(home)), **_of_every_unit(home, system, asked)}
    found = (
        *_read_all(units, ".service", lambda files: _unit(files, asked, home, inherited)),
        *_read_all(
            [os.path.join(system, folder) for folder in _SYSTEM_UNITS],
            ".service",
            lambda files: _unit(files, asked, os.path.join(system, "root"), {}),
        ),
        *_read_all(jobs, ".plist", lambda files: _job(files[0], asked, home)),
    )
    config = os.path.realpath(paths.config)
    return tuple(service for service in found if service.config == config)


def _read_all(
    folders: Sequence[str], ending: str, read: Callable[[list[str]], Service | None]
) -> Iterator[Service]:
    """Read each service in ``folders`` once, with its drop-ins: of one name the first folder's file counts."""
    by_name = {
        name: folder for folder in reversed(folders) for name in _names(folder, ending) if "openclaw" in name
    }
    for name, folder in sorted(by_name.items()):
        inside = {
            drop_in: os.path.join(above, f"{name}.d", drop_in)
            for above in reversed(folders)
            for drop_in in _names(os.path.join(above, f"{name}.d"), ".conf")
        }
        files = [os.path.join(folder, name), *(inside[drop_in] for drop_in in sorted(inside))]
        try:
            service = read(files)
        except (OSError, ValueError):
            continue
        if service is not None:
            yield service


def _names(folder: str, ending: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(ending))
    except OSError:
        return []


def _of_every_unit(home: str, system: str, asked: Collection[str]) -> dict[str, Setting]:
    """What every service of a user gets (environment.d(5))."""
    found: dict[str, Setting] = {}
    for folder in (os.path.join(system, "etc/environment.d"), os.path.join(home, ".config/environment.d")):
        for name in _names(folder, ".conf"):
            found.update(_in_file(os.path.join(folder, name), asked) or {})
    return found


def _in_file(file: str, asked: Collection[str]) -> dict[str, Setting] | None:
    """What a file of variables sets; None where it can't be read."""
    try:
        return {name: Setting(file, value) for name, value in read_dotenv(file, asked).items()}
    except (OSError, ValueError):
        return None


def _unit(
    files: Sequence[str], asked: Collection[str], home: str, inherited: Mapping[str, Setting]
) -> Service:
    said: dict[str, list[tuple[str, str]]] = {}
    for file in files:
        for name, value in _directives(file):
            # An empty value takes back what was said before.
            said[name] = [*said.get(name, ()), (file, value)] if value else []
    home = _home_of(said["User"][-1][1], home) if said.get("User") else home

    def words(name: str) -> Iterator[tuple[str, str]]:
        for file, value in said.get(name, ()):
            for word in _words(value):
                yield file, word.replace("%h", home).replace("%%", "%")

    sets = {"HOME": Setting("", Secret(home)), **inherited}
    for file, word in words("Environment"):
        name, _, value = word.partition("=")
        if name in asked:
            sets[name] = Setting(file, Secret(value))
    read = [
        _in_file(file, asked)
        for _, word in words("EnvironmentFile")
        for file in _matching(word.removeprefix("-"))
    ]
    for found in read:
        sets.update(found or {})
    for _, word in words("UnsetEnvironment"):
        sets.pop(word.partition("=")[0], None)
    program = tuple(word for _, word in words("ExecStart"))
    handed_on = {word for _, word in words("PassEnvironment")}
    complete = _is_plain(program) and None not in read and handed_on.isdisjoint(asked)
    return Service(files[0], sets, complete, program)


def _matching(pattern: str) -> list[str]:
    import glob

    return sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]


def _directives(file: str) -> Iterator[tuple[str, str]]:
    """What stands in a unit's section ``Service``, in order."""
    section, begun = "", ""
    for line in read_regular(file, MAX_BYTES).decode("utf-8", "replace").splitlines():
        text = line.strip()
        if text[:1] in ("#", ";") or not (text or begun):
            continue
        if text.endswith("\\"):
            begun += text[:-1] + " "
            continue
        text, begun = begun + text, ""
        if text.startswith("["):
            section = text.strip("[]")
        elif section == "Service" and "=" in text:
            name, _, value = text.partition("=")
            yield name.strip(), value.strip()


def _words(text: str) -> list[str]:
    import shlex

    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _home_of(user: str, otherwise: str) -> str:
    import pwd

    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        return otherwise


def _is_plain(program: Sequence[str]) -> bool:
    return bool(program) and os.path.basename(program[0].lstrip("@-:+!")) in _PLAIN


def _job(file: str, asked: Collection[str], home: str) -> Service | None:
    import plistlib
    from xml.parsers.expat import ExpatError

    try:
        plist: Any = plistlib.loads(read_regular(file, MAX_BYTES))
    except (plistlib.InvalidFileException, ExpatError):
        return None
    words = plist.get("ProgramArguments") if isinstance(plist, dict) else None
    if not isinstance(words, list):
        return None
    program = tuple(map(str, words))
    sets = {"HOME": Setting("", Secret(home))}
    inline = plist.get("EnvironmentVariables")
    for name, value in inline.items() if isinstance(inline, dict) else ():
        if name in asked:
            sets[name] = Setting(file, Secret(str(value)))
    wrapper = next((index for index, word in enumerate(program[:2]) if word.endswith(_WRAPPER)), None)
    if wrapper is not None and len(program) > wrapper + 2:
        read = _in_file(program[wrapper + 1], asked)
        sets.update(read or {})
        program = program[wrapper + 2 :] if read is not None else program
    return Service(file, sets, _is_plain(program), program)
