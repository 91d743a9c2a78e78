"""The OpenClaw on this machine: its config files, its release, and the journal beside it."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.errors import TargetError
from reconciler.openclaw.capabilities import Capabilities, capabilities_of
from reconciler.openclaw.config import Config, read_config
from reconciler.openclaw.evidence import Sign, parsed, signs_of_config, signs_of_state
from reconciler.openclaw.install import Install, find_install
from reconciler.openclaw.paths import Paths
from reconciler.printable import is_text
from reconciler.secret import Fingerprints
from reconciler.state.journal import JournalReader
from reconciler.state.ownership import STORED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from reconciler.openclaw.stores.contents import Stores


class Snapshot(msgspec.Struct, frozen=True):
    """Everything read from the target, at one moment."""

    paths: Paths
    config: Config
    install: Install
    capabilities: Capabilities
    fingerprints: Fingerprints
    nix: bool

    def stores(self, kinds: Collection[str], agents: Collection[str] = ()) -> Stores | None:
        """The stores beside the config, when one of ``kinds`` lies in them: a plan that needs none opens no database.

        Args:
            agents: those that shall have an auth store of their own, whether they have one yet or not.

        Raises:
            TargetError: one of them can't be read.
        """
        if not STORED.intersection(kinds):
            return None
        from reconciler.openclaw.stores.read import read_stores

        return read_stores(self.paths, self.capabilities, agents)

    def live(self, stores: Stores | None) -> Any:
        """The live state as one tree, see :mod:`reconciler.openclaw.surfaces`."""
        return stores.beside(self.config.value) if stores else self.config.value


class LocalReader:
    """Reads the target.

    Args:
        declared_release: the release that the manifest names.
        first_key: makes the fingerprints of a target that has no key for them yet.
    """

    def __init__(
        self,
        paths: Paths,
        environ: Mapping[str, str],
        declared_release: str | None = None,
        first_key: bytes | None = None,
    ) -> None:
        self.paths = paths
        self.environ = environ
        self._declared_release = declared_release
        self._first_key = first_key
        self.journal = JournalReader(paths.journal)

    def snapshot(self) -> Snapshot:
        """Read the target now.

        Raises:
            TargetError: there is no OpenClaw, or its config can't be read.
        """
        if not os.path.isdir(self.paths.state_dir):
            from reconciler.openclaw.commands import ONBOARD

            raise TargetError(
                "there is no OpenClaw state folder",
                where=self.paths.state_dir,
                remedy=f"run `{ONBOARD.command()}` first, or name the folder with --state-dir",
            )
        if not is_text(self.paths.config):
            raise TargetError(
                "the path is not UTF-8, so neither OpenClaw nor the journal can hold it",
                where=self.paths.config,
                remedy="rename the folder",
            )
        config = read_config(self.paths.config)
        install = find_install(
            self.paths, self.environ, lambda: tuple(self._signs(config)), self._declared_release
        )
        return Snapshot(
            self.paths,
            config,
            install,
            self._capabilities(install),
            self._fingerprints(config),
            self.environ.get("OPENCLAW_NIX_MODE") == "1",
        )

    def _signs(self, config: Config) -> Iterator[Sign]:
        """What earlier runs of OpenClaw and earlier applies tell of the release."""
        last = self.journal.last_run()
        root = config.files.get(config.root)
        digest = hashlib.sha256(root.data).hexdigest() if root else ""
        yield from signs_of_config(
            config.value, unchanged=last is not None and last.digests.get(config.root) == digest
        )
        yield from signs_of_state(self.paths)
        release = parsed(last.release) if last else None
        if last is not None and release is not None:
            yield Sign(release, f"the apply of {last.time}", last.time)

    def _capabilities(self, install: Install) -> Capabilities:
        if install.certain:
            return capabilities_of(install.release)
        from reconciler.openclaw.stores.read import store_in_use

        return capabilities_of(install.release, certain=False, store_found=store_in_use(self.paths))

    def _fingerprints(self, config: Config) -> Fingerprints:
        """Keyed by the journal's random key; before the first apply by the config's bytes, which only its readers know."""
        key = self.journal.fingerprint_key() or self._first_key
        if key is None:
            digest = hashlib.sha256()
            for path in sorted(config.files):
                digest.update(config.files[path].data)
            key = b"unapplied" + digest.digest()
        return Fingerprints(key)
