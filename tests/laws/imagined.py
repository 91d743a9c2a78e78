"""Plans without files: a config as a value, the edits of an apply effected on it, and what OpenClaw and people do to it since."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from reconciler.desired.compile import Context, compile_manifest
from reconciler.edits import Edit, effect
from reconciler.manifest.load import load_manifest
from reconciler.openclaw.capabilities import MODEL_POLICY, capabilities_of
from reconciler.openclaw.resolution import Resolution, resolve_models
from reconciler.plan.consequences import find_consequences
from reconciler.plan.diff import Live, diff
from reconciler.plan.listing import keep_meaning, rules_by_map, with_lists, with_migrated, yielded
from reconciler.plan.model import Change, Drift
from reconciler.planning.request import sites_of
from reconciler.release import Release
from reconciler.secret import Fingerprints
from reconciler.sites.suggest import suggest
from reconciler.state.ownership import Applied
from tests.laws.generated import Documents, as_yaml


class Step(msgspec.Struct, frozen=True):
    """What an apply would do."""

    changes: tuple[Change, ...]
    edits: tuple[Edit, ...]
    drift: tuple[Drift, ...]
    codes: frozenset[str]
    after: Any
    owned: Applied


class Imagined:
    """A config under a release, and what was applied to it."""

    def __init__(self, config: Any, release: str) -> None:
        self.config = config
        self.release = Release.parse(release)
        self.applied = Applied()

    @property
    def resolution(self) -> Resolution:
        """What OpenClaw makes of the config now."""
        return resolve_models(self.config, self.release)

    def plan(self, documents: Documents) -> Step:
        """Plan."""
        capabilities = capabilities_of(self.release)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "all.yaml")
            file.write_text(as_yaml(documents), encoding="utf-8")
            manifest = load_manifest([str(file)])
        context = Context(sites_of(manifest), capabilities, self.config, suggest)
        desired = keep_meaning(compile_manifest(manifest, context), self.config, self.applied, self.release)
        difference = diff(
            desired,
            Live(self.config, Fingerprints(b""), {}),
            with_migrated(self.applied, self.config, self.release),
            yielded(desired, self.config, self.applied, self.release),
        )
        edits = with_lists(self.config, tuple(edit for _, edit in difference.changes))
        codes = {one.code for one in find_consequences(desired, self.config, edits, self.release)}
        ruled = rules_by_map(desired, self.config, self.applied, self.release)
        owned = Applied(resources=difference.owned, map_rules=ruled)
        changes = tuple(change for change, _ in difference.changes)
        return Step(changes, edits, difference.drift, frozenset(codes), effect(self.config, edits), owned)

    def apply(self, documents: Documents) -> Step:
        """Apply."""
        step = self.plan(documents)
        self.config, self.applied = step.after, step.owned
        return step

    def openclaw_writes(self, release: str | None = None) -> None:
        """What one of OpenClaw's own writes does from 2026.8.1 on: the map that is the list becomes a policy, once.

        Args:
            release: the one that writes, from now on the installed one.
        """
        self.release = Release.parse(release) if release else self.release
        if not MODEL_POLICY.covers(self.release):
            return
        config = copy.deepcopy(self.config)
        defaults = config.get("agents", {}).get("defaults", {})
        migrations = config.setdefault("meta", {}).setdefault("migrations", {})
        if not migrations.get("modelPolicyAllowlist") and "modelPolicy" not in defaults:
            listed = [ref for ref in defaults.get("models", {}) if ref.strip()]
            if listed:
                defaults["modelPolicy"] = {"allow": listed}
        migrations["modelPolicyAllowlist"] = True
        self.config = config
