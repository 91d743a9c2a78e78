"""Makes a plan: load, read, compile, compare, judge.

This is the edge where files and environment enter; what it calls decides without them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.desired.compile import Context, compile_manifest
from reconciler.desired.model import Desired
from reconciler.edits import Edit
from reconciler.effective.exposed import ExposedFile
from reconciler.effective.key_facts import judge_keys, receive
from reconciler.effective.shadowing import look_ahead
from reconciler.effective.stale_models import StaleFile
from reconciler.effective.winning import with_winning_keys
from reconciler.health.report import NOT_CHECKED, HealthReport
from reconciler.manifest.bundle import Manifest
from reconciler.manifest.model import SiteSpec
from reconciler.openclaw.stores.contents import Stores
from reconciler.plan.aliases import alias_drift
from reconciler.plan.containers import with_emptied
from reconciler.plan.last_copies import KeptKey
from reconciler.plan.listing import keep_meaning, rules_by_map
from reconciler.plan.model import Base, GatewayInfo, Plan, summarise
from reconciler.plan.sharing import take_over
from reconciler.planning.comparing import Basis, compare, placed, spelling_in
from reconciler.planning.findings import Findings, judge
from reconciler.planning.request import Request, load, sites_of, target_of
from reconciler.printable import encoded
from reconciler.sites.suggest import suggest
from reconciler.state.ownership import Applied
from reconciler.targets.local import Snapshot

if TYPE_CHECKING:
    from reconciler.planning.comparing import Compared


class Planned(msgspec.Struct, frozen=True):
    """A plan and everything that carrying it out needs; only ``plan`` may be shown.

    Attributes:
        released: what other sets own afterwards, where something is taken over from them.
        undone: receipts that it undoes, when it is a rollback.
        kept: keys to save before anything is written.
    """

    plan: Plan
    edits: tuple[Edit, ...]
    owned: Applied
    applied: Applied
    manifest: Manifest
    sites: Mapping[str, SiteSpec]
    snapshot: Snapshot
    desired: Desired
    stores: Stores | None
    stale: tuple[StaleFile, ...]
    exposed: tuple[ExposedFile, ...]
    released: tuple[Applied, ...] = ()
    undone: tuple[str, ...] = ()
    kept: tuple[KeptKey, ...] = ()

    @property
    def idle(self) -> bool:
        """There is nothing to write, neither to the target nor to the record of what is owned, and nothing stands against that."""
        nothing = not self.plan.changes and self.owned == self.applied and not self.released
        return nothing and not self.plan.refusals


def make_plan(request: Request) -> Planned:
    """Plan: what would change in the target, without network.

    Raises:
        ReconcilerError: manifests or target can't be read.
    """
    manifest = load(request)
    target = target_of(request, manifest)
    snapshot = target.snapshot()
    sites = sites_of(manifest)
    applied = spelling_in(snapshot).record(target.journal.applied(request.set_name))
    basis = Basis(request, manifest, sites, target.journal, snapshot, applied, None)
    context = Context(sites, snapshot.capabilities, basis.config, suggest)
    desired = keep_meaning(compile_manifest(manifest, context), basis.config, applied, basis.release)
    outlook = look_ahead(desired, applied, snapshot, request.environ)
    desired = with_winning_keys(desired, snapshot, outlook)
    return plan_for(msgspec.structs.replace(basis, outlook=outlook), desired)


def plan_for(basis: Basis, desired: Desired) -> Planned:
    """Plan what makes the target as ``desired``."""
    request, snapshot, applied = basis.request, basis.snapshot, basis.applied
    compared = compare(basis, desired)
    difference = compared.difference
    keys = judge_keys(
        snapshot,
        compared.live.config,
        difference,
        compared.stale,
        (applied, *compared.others),
        compared.desired,
        request.keyring,
        request.overrides,
    )
    if receive(keys.kept, compared.desired, request.keyring):
        # A declared source gives a key from now on.
        return plan_for(basis, desired)
    resources, released = take_over(difference.owned, compared.others, request.overrides.take_over)
    rules = rules_by_map(compared.desired, basis.config, applied, basis.release)
    return Planned(
        _shown(basis, compared, judge(basis, compared, keys, released)),
        with_emptied(basis.config, compared.edits, compared.containers),
        Applied(request.set_name, resources, basis.manifest.digest, map_rules=rules),
        applied,
        basis.manifest,
        basis.sites,
        snapshot,
        compared.desired,
        compared.stores,
        compared.stale,
        compared.exposed,
        released,
        kept=keys.kept,
    )


def with_health(plan: Plan, health: HealthReport) -> Plan:
    """The same plan with the evidence of an endpoint check."""
    return msgspec.structs.replace(plan, health=health)


def _shown(basis: Basis, compared: Compared, findings: Findings) -> Plan:
    drift = (*compared.difference.drift, *alias_drift(basis.applied, basis.config, basis.release))
    return Plan(
        gateway=_gateway_info(basis.manifest, basis.snapshot),
        base=_base(basis, compared),
        changes=compared.changes,
        warnings=findings.warnings,
        refusals=findings.refusals,
        health=NOT_CHECKED,
        summary=summarise(compared.changes, compared.difference.unchanged),
        shadows=findings.shadows,
        applyable=not findings.refusals,
        drift=placed(drift, basis.snapshot),
    )


def _gateway_info(manifest: Manifest, snapshot: Snapshot) -> GatewayInfo:
    release = snapshot.install.release
    return GatewayInfo(
        name=manifest.gateways[0].name if manifest.gateways else "local",
        release=str(release) if release else None,
        release_evidence=snapshot.install.evidence,
        config=snapshot.paths.display(snapshot.config.root),
        auth_store=snapshot.capabilities.auth_store,
        release_certain=snapshot.capabilities.certain,
    )


def _base(basis: Basis, compared: Compared) -> Base:
    looked_at = sorted(compared.difference.observed.items())
    observed = {address: _digest(value)[:23] for address, value in looked_at}
    live = _digest([observed, str(basis.snapshot.install.release)])
    return Base(basis.manifest.digest, live, observed, basis.request.set_name)


def _digest(value: Any) -> str:
    return "sha256:" + hashlib.sha256(encoded(value, order="deterministic")).hexdigest()
