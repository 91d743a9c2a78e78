"""The live config: openclaw.json and every file that it includes, read once, merged, with the owner of each value.

OpenClaw's config may be spread over files by ``{$include: "./file.json5"}`` objects. Reading follows them as OpenClaw
does; writing goes to the one file that owns a value, because OpenClaw's own writer either refuses ("would flatten
$include-owned config") or does the same. What can't be attributed to one file is refused with the reason.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Any

import msgspec

from reconciler.errors import TargetError
from reconciler.json5 import Document, Json5Error, Path, Row
from reconciler.json5.values import MAX_DEPTH
from reconciler.values import MISSING, lookup, same

INCLUDE = "$include"
_NAME = re.compile("[^\x00\ud800-\udfff]*")
MAX_CONFIG_BYTES = 16 << 20
_MAX_INCLUDE_DEPTH = 10
_COST_OF_AN_INCLUDE = 4096  # bytes that an include counts for besides its own


class ConfigFile(msgspec.Struct, frozen=True):
    """One file of the config as it was read."""

    path: str
    data: bytes
    document: Document
    mode: int
    uid: int
    gid: int


class Config(msgspec.Struct, frozen=True):
    """The config as a whole.

    Attributes:
        root: absolute path of openclaw.json, whether it exists or not.
        files: every file read, by absolute path; empty when there is no config yet.
        value: the merged meaning, ``${VAR}`` as written.
    """

    root: str
    files: dict[str, ConfigFile]
    value: dict[str, Any]

    @property
    def exists(self) -> bool:
        """Whether there is an openclaw.json."""
        return self.root in self.files

    def owner(self, path: Path) -> tuple[str, Path]:
        """The file that holds the value at ``path``, or should get it, and the path inside that file.

        Raises:
            TargetError: no single file owns the place.
        """
        return _owner(self, self.root, path) if self.exists else (self.root, path)

    def holds_alone(self, path: Path) -> bool:
        """Whether all that stands at ``path`` stands in one file, below its root: nothing of it comes by ``$include``."""
        if len(self.files) < 2:
            return True
        try:
            file, inside = self.owner(path)
        except TargetError:
            return False
        value = lookup(self.files[file].document.value, inside)
        return bool(inside) and value is not MISSING and same(value, lookup(self.value, path))

    def require_room(self, path: Path) -> None:
        """Have every step of ``path`` lead into an object or a list, as far as anything stands there.

        Raises:
            TargetError: something else does; OpenClaw rejects such a config, too.
        """
        value: Any = self.value
        for depth, step in enumerate(path):
            if not isinstance(value, dict if isinstance(step, str) else list):
                raise self._no_room(path[:depth], "an object" if isinstance(step, str) else "a list")
            value = lookup(value, (step,))
            if value is MISSING:
                return

    def _no_room(self, path: Path, needed: str) -> TargetError:
        file, inside = self.owner(path)
        line, column = self.files[file].document.location(inside)
        return TargetError(
            f"{_shown(path)} is no place for what is declared: {needed} belongs there",
            where=f"{file}:{line}:{column}",
            remedy="OpenClaw rejects it, too: mend it or take it out, and run again; nothing was changed",
        )


def read_config(root: str) -> Config:
    """Read openclaw.json at ``root`` and its includes.

    Raises:
        TargetError: a file is unreadable, not a plain file, too large, or not JSON5; an include is missing, circular
            or outside the config folder.
    """
    if not os.path.lexists(root):
        return Config(root, {}, {})
    includes = _Includes(os.path.dirname(root))
    value = includes.read(root, ())
    if not isinstance(value, dict):
        raise TargetError(
            "the config is not an object", where=root, remedy="openclaw.json must hold one { … } object"
        )
    return Config(root, includes.files, value)


def read_file(path: str) -> ConfigFile:
    """Read one config file.

    Raises:
        TargetError: as :func:`read_config`.
    """
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            raise _symlink(path)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise TargetError(
                f"this is {kind}, not a config file", where=path, remedy="name the file with --config"
            )
        if status.st_size > MAX_CONFIG_BYTES:
            raise TargetError(
                f"the file has {status.st_size:,} bytes, more than the {MAX_CONFIG_BYTES:,} that are read",
                where=path,
                remedy="check what wrote it; a config has a few hundred kilobytes at most",
            )
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise TargetError(
            f"the config can't be read: {error.strerror}",
            where=path,
            remedy="run as the user that owns the OpenClaw state folder, or name another with --state-dir",
        ) from error
    try:
        document = Document.parse(data)
    except Json5Error as error:
        from reconciler.openclaw.commands import MEND

        raise TargetError(
            f"the config is not valid JSON5: {error.message}",
            where=f"{path}:{error.line}:{error.column}",
            remedy=f"mend the file, or restore it with `{MEND.command()}`; nothing was changed",
        ) from error
    return ConfigFile(path, data, document, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def _symlink(path: str) -> TargetError:
    real = os.path.realpath(path)
    if real.startswith("/nix/store/"):
        return TargetError(
            f"the config is a link into the Nix store ({real}): Nix owns it",
            where=path,
            remedy="put the values into the Nix configuration that the file is built from",
        )
    return TargetError(
        f"the config is a symbolic link to {real}; OpenClaw's own writer would replace the link by a file",
        where=path,
        remedy=f"name the real file: --config {real}",
    )


class _Includes:
    """Puts a config together from its files, within bounds: a few small files can name each other millions of times.

    Args:
        folder: where every file must be.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.files: dict[str, ConfigFile] = {}
        self._left = MAX_CONFIG_BYTES

    def read(self, path: str, chain: tuple[str, ...], depth: int = 0) -> Any:
        """The meaning of a file with its includes.

        Args:
            chain: the files that led here.
            depth: levels of lists and objects around it.
        """
        if path not in self.files:
            self.files[path] = read_file(path)
        file = self.files[path]
        self._left -= len(file.data) + _COST_OF_AN_INCLUDE
        if self._left < 0:
            raise _too_much(path, f"more than {MAX_CONFIG_BYTES:,} bytes")
        if b"include" not in file.data:
            return file.document.value
        return self._resolve(file.document.value, file.path, (*chain, path), depth)

    def _resolve(self, value: Any, file: str, chain: tuple[str, ...], depth: int) -> Any:
        """Replace every include below ``value`` by what it names; siblings of ``$include`` win over it."""
        if depth > MAX_DEPTH:
            raise _too_much(file, f"more than {MAX_DEPTH} levels deep")
        if isinstance(value, list):
            return [self._resolve(item, file, chain, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        merged: Any = {}
        for target in _targets(value, file):
            path = include_path(target, file, self.folder)
            if path in chain or len(chain) > _MAX_INCLUDE_DEPTH:
                raise TargetError(
                    f"$include of {target} is circular or too deep", where=file, remedy="break the circle"
                )
            merged = _merge(merged, self.read(path, chain, depth))
        rest = ((key, item) for key, item in value.items() if key != INCLUDE)
        own = {key: self._resolve(item, file, chain, depth + 1) for key, item in rest}
        if INCLUDE in value and (own or not isinstance(merged, dict)):
            return _merge(merged, own)
        return own or merged


def _too_much(file: str, what: str) -> TargetError:
    return TargetError(
        f"the config with its includes is {what}", where=file, remedy="look at which files $include names"
    )


def _targets(value: dict[str, Any], file: str) -> tuple[str, ...]:
    """What an object of ``file`` includes. OpenClaw takes a name or a list of names, and stops at anything else."""
    names = value.get(INCLUDE, ())
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise TargetError(
            "$include names no file: OpenClaw takes a file name or a list of them",
            where=file,
            remedy="correct it",
        )
    return tuple(names)


def include_path(target: str, file: str, folder: str) -> str:
    """Absolute path of an include named in ``file``.

    Raises:
        TargetError: it lies outside ``folder``, which OpenClaw refuses too, or is no name at all.
    """
    if not _NAME.fullmatch(target):
        raise TargetError("$include holds a character that no file name has", where=file, remedy="correct it")
    path = os.path.normpath(os.path.join(os.path.dirname(file), target))
    if os.path.commonpath((folder, path)) != folder or os.path.realpath(path) != os.path.join(
        os.path.realpath(folder), os.path.relpath(path, folder)
    ):
        raise TargetError(
            f"$include of {target} leaves the config folder",
            where=file,
            remedy=f"move the file below {folder}; OpenClaw refuses such an include too",
        )
    return path


def _merge(below: Any, above: Any) -> Any:
    """OpenClaw's deep merge: objects key by key, arrays one after the other, anything else replaced."""
    if isinstance(below, dict) and isinstance(above, dict):
        merged = dict(below)
        for key, item in above.items():
            merged[key] = _merge(below[key], item) if key in below else item
        return merged
    if isinstance(below, list) and isinstance(above, list):
        return below + above
    return above


def _owner(config: Config, file: str, path: Path) -> tuple[str, Path]:
    node: Any = config.files[file].document.value
    for depth, step in enumerate(path):
        if isinstance(node, dict) and INCLUDE in node:
            rest = path[depth:]
            inside = _include_for(config, file, node, rest)
            if inside is not None:
                return _owner(config, inside, rest)
        if isinstance(step, Row) and isinstance(node, list) and any(_is_include(item) for item in node):
            raise _unattributable(file, path)
        node = lookup(node, (step,))
        if node is MISSING:
            return file, path
    if _is_include(node):
        raise _unattributable(file, path)
    return file, path


def _include_for(config: Config, file: str, node: dict[str, Any], rest: Path) -> str | None:
    """The included file that owns ``rest`` below ``node``, None when the including file does."""
    if lookup(node, rest) is not MISSING:
        return None
    targets = _targets(node, file)
    folder = os.path.dirname(config.root)
    paths = [include_path(target, file, folder) for target in targets]
    holding = [path for path in paths if lookup(config.files[path].document.value, rest) is not MISSING]
    if len(holding) == 1:
        return holding[0]
    if lookup(node, rest[:1]) is not MISSING:
        return None
    if len(paths) == 1:
        return paths[0]
    raise _unattributable(file, rest)


def _is_include(value: Any) -> bool:
    return isinstance(value, dict) and INCLUDE in value


def _unattributable(file: str, path: Path) -> TargetError:
    return TargetError(
        f"no single file owns {_shown(path)}: it is put together by $include",
        where=file,
        remedy="keep the managed provider in one included file, or in openclaw.json itself",
    )


def _shown(path: Path) -> str:
    return ".".join(step.id if isinstance(step, Row) else str(step) for step in path)
