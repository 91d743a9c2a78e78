"""Runs the way of the data from manifests and target to a plan: load, read, compile, diff, guard.

This is the edge where files and environment enter; what it calls decides without them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, UnsetType

from reconciler.desired.compile import Context, compile_manifest
from reconciler.desired.model import Desired
from reconciler.edits import Edit
from reconciler.effective.exposed import ExposedFile, closings, find_exposed
from reconciler.effective.gaps import check_variables
from reconciler.effective.key_facts import fingerprints_of, judge_keys, receive
from reconciler.effective.shadowing import Outlook, find_shadows, look_ahead, prints_of
from reconciler.effective.stale_models import StaleFile, find_stale, kept_keys, repairs
from reconciler.effective.view import look_around, view_of
from reconciler.effective.winning import with_winning_keys
from reconciler.errors import TargetError, UsageError
from reconciler.health.report import NOT_CHECKED, HealthReport
from reconciler.keys import Keyring
from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.manifest.bundle import D, Declared, Manifest
from reconciler.manifest.load import load_manifest
from reconciler.manifest.model import Gateway, SiteSpec, called
from reconciler.manifest.severities import Wish
from reconciler.openclaw.paths import Paths, find_paths
from reconciler.openclaw.shapes import widened
from reconciler.openclaw.stores.contents import Stores
from reconciler.openclaw.surfaces import store_agents, surface_of
from reconciler.plan.aliases import alias_drift, find_taken
from reconciler.plan.consequences import UNUSED, after_edits, find_consequences
from reconciler.plan.containers import recorded, with_emptied
from reconciler.plan.copies import with_copies
from reconciler.plan.dangling import SETTLED, STOPPING, check_references
from reconciler.plan.diff import Difference, Live, diff
from reconciler.plan.drift import with_file
from reconciler.plan.guard import Overrides, guard
from reconciler.plan.last_copies import KeptKey
from reconciler.plan.listing import (
    deciding_release,
    keep_meaning,
    rules_by_map,
    with_lists,
    with_migrated,
    yielded,
)
from reconciler.plan.model import Base, Change, Drift, GatewayInfo, Plan, PlanWarning, Refusal, summarise
from reconciler.plan.orders import with_orders
from reconciler.plan.preconditions import store_refusals, target_refusals
from reconciler.plan.remembered import with_remembered
from reconciler.plan.shadows import shadow_refusals
from reconciler.plan.sharing import held, no_way_back, take_over
from reconciler.plan.spelling import Spelling
from reconciler.printable import encoded
from reconciler.sites.suggest import suggest
from reconciler.state.ownership import Applied, decode_path
from reconciler.targets.local import LocalReader, Snapshot

if TYPE_CHECKING:
    from reconciler.state.journal import JournalReader


class Request(msgspec.Struct, frozen=True):
    """What the command line asks for.

    Attributes:
        keyring: reads each key once, for the plan, the endpoint check and the write alike.
        fingerprint_key: of a first apply, from what it shows on; becomes the target's own.
    """

    manifests: tuple[str, ...]
    environ: Mapping[str, str]
    keyring: Keyring
    gateway: str | None = None
    state_dir: str | None = None
    config: str | None = None
    set_name: str = "default"
    overrides: Overrides = Overrides()
    severities: Mapping[str, Wish] = {}
    fingerprint_key: bytes | None = None


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


def load(request: Request) -> Manifest:
    """Load the manifests, narrowed to the one gateway that is meant.

    Raises:
        ManifestError: they have problems.
        UsageError: several gateways are declared and none is named.
    """
    manifest = load_manifest(request.manifests, severities=request.severities)
    gateway = choose_gateway(manifest, request.gateway)
    if gateway is None:
        return manifest
    spec = gateway.document.spec
    return msgspec.structs.replace(
        manifest,
        gateways=(gateway,),
        providers=_picked("Provider", manifest.providers, spec.providers),
        agents=_picked("Agent", manifest.agents, spec.agents),
    )


def _picked(
    kind: str, documents: tuple[Declared[D], ...], names: list[str] | UnsetType
) -> tuple[Declared[D], ...]:
    if names is UNSET:
        return documents
    chosen = {called(kind, name) for name in names}
    return tuple(document for document in documents if document.name in chosen)


def choose_gateway(manifest: Manifest, name: str | None) -> Declared[Gateway] | None:
    """The gateway that is meant; None is the local OpenClaw with nothing said about it."""
    names = [gateway.name for gateway in manifest.gateways]
    if name is not None:
        for gateway in manifest.gateways:
            if gateway.name == name:
                return gateway
        raise UsageError(
            f"no gateway {name!r} is declared", remedy=f"declared are: {', '.join(names) or 'none'}"
        )
    if len(names) > 1:
        raise UsageError(
            f"{len(names)} gateways are declared", remedy=f"choose one with --gateway: {', '.join(names)}"
        )
    return manifest.gateways[0] if names else None


def target_of(request: Request, manifest: Manifest | None) -> LocalReader:
    """The target that the manifests and the command line name; the command line wins."""
    gateway = manifest.gateways[0].document.spec if manifest and manifest.gateways else None
    declared = {
        name: value if value is not UNSET else None
        for name, value in (
            ("state_dir", gateway.state_dir if gateway else None),
            ("config", gateway.config if gateway else None),
            ("release", gateway.release if gateway else None),
        )
    }
    paths: Paths = find_paths(
        request.environ,
        state_dir=request.state_dir or declared["state_dir"],
        config=request.config or declared["config"],
    )
    return LocalReader(paths, request.environ, declared["release"], request.fingerprint_key)


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
    context = Context(sites, snapshot.capabilities, snapshot.config.value, suggest)
    release = deciding_release(snapshot.capabilities, snapshot.config.value)
    desired = keep_meaning(compile_manifest(manifest, context), snapshot.config.value, applied, release)
    outlook = look_ahead(desired, applied, snapshot, request.environ)
    desired = with_winning_keys(desired, snapshot, outlook)
    return plan_for(request, manifest, sites, target.journal, snapshot, applied, desired, outlook)


def plan_for(
    request: Request,
    manifest: Manifest,
    sites: Mapping[str, SiteSpec],
    journal: JournalReader,
    snapshot: Snapshot,
    applied: Applied,
    desired: Desired,
    outlook: Outlook | None,
) -> Planned:
    """Plan what makes ``snapshot`` as ``desired``: compare, guard, gather warnings.

    Args:
        manifest: where ``desired`` comes from.
        applied: what the set that the request names owns.
        outlook: see :func:`reconciler.effective.shadowing.look_ahead`.
    """
    spelling = spelling_in(snapshot)
    desired = spelling.desired(desired)
    kinds = {resource.kind for resource in desired.resources} | applied.kinds()
    stores = snapshot.stores(kinds, store_agents(resource.path for resource in desired.resources))
    desired = with_remembered(desired, applied, snapshot.config.value)
    if stores is not None:
        desired = with_orders(with_copies(desired, applied, stores, snapshot.fingerprints), stores)
    wanted, unread = fingerprints_of(desired, snapshot.fingerprints, request.keyring)
    others = tuple(map(spelling.record, journal.others(request.set_name)))
    live = Live(snapshot.live(stores), snapshot.fingerprints, wanted)
    containers = {path for path in recorded((applied, *others)) if snapshot.config.holds_alone(path)}
    config = snapshot.config.value
    release = deciding_release(snapshot.capabilities, config)
    kept = held(others) | yielded(desired, config, applied, release)
    difference = diff(desired, live, with_migrated(applied, config, release), kept, containers)
    stale = find_stale(snapshot, desired, kept_keys(desired, request.environ))
    difference.observed.update((f"models-json[{file.agent}]", file.reasons) for file in stale)
    exposed = find_exposed(snapshot, stores, desired)
    difference.observed.update((f"file[{file.shown}]", file.mode) for file in exposed)
    changes = (*_with_files(difference, snapshot), *repairs(stale), *closings(exposed))
    edits = with_lists(config, tuple(edit for _, edit in difference.changes))
    _require_room(snapshot, edits)
    keys = judge_keys(
        snapshot,
        live.config,
        difference,
        stale,
        (applied, *others),
        desired,
        request.keyring,
        request.overrides,
    )
    if receive(keys.kept, desired, request.keyring):
        return plan_for(request, manifest, sites, journal, snapshot, applied, desired, outlook)
    resources, released = take_over(difference.owned, others, request.overrides.take_over)
    view = view_of(snapshot, (applied, *others), sites)
    references = check_references(view, edits, desired, request.overrides.dangling)
    shadows = find_shadows(desired, snapshot, outlook, prints_of(desired, snapshot, wanted, request.environ))
    variables = check_variables(
        desired, snapshot, outlook, changes, request.overrides.accept_unset, request.environ
    )
    taken = find_taken(
        desired, config, after_edits(config, edits), release, view.where, request.overrides.take_alias
    )
    warned = (
        *unread,
        *keys.warnings,
        *no_way_back(released, others),
        *map(_left, difference.left),
        *references.warnings,
        *variables.warnings,
        *taken.warnings,
        *look_around(view, edits, desired),
        *find_consequences(desired, config, edits, release),
    )
    severities: dict[str, Wish] = {**({UNUSED: "error"} if changes else {}), **request.severities}
    warnings, stopping = _by_severity(_warnings(manifest, desired, snapshot, journal, warned), severities)
    refusals = (
        *guard(changes, desired.resources, applied, others, request.overrides),
        *target_refusals(snapshot, desired, bool(changes)),
        *spelling.ambiguous(desired),
        *store_refusals(snapshot, stores, changes),
        *references.refusals,
        *taken.refusals,
        *keys.refusals,
        *shadow_refusals(shadows, request.overrides.accept_shadow),
        *variables.refusals,
        *stopping,
    )
    plan = Plan(
        gateway=_gateway_info(manifest, snapshot),
        base=_base(request, manifest, difference, snapshot),
        changes=changes,
        warnings=warnings,
        refusals=refusals,
        health=NOT_CHECKED,
        summary=summarise(changes, difference.unchanged),
        shadows=shadows,
        applyable=not refusals,
        drift=placed((*difference.drift, *alias_drift(applied, config, release)), snapshot),
    )
    owned = Applied(
        request.set_name,
        resources,
        manifest.digest,
        map_rules=rules_by_map(desired, config, applied, release),
    )
    edits = with_emptied(config, edits, containers)
    return Planned(
        plan,
        edits,
        owned,
        applied,
        manifest,
        sites,
        snapshot,
        desired,
        stores,
        stale,
        exposed,
        released,
        kept=keys.kept,
    )


def spelling_in(snapshot: Snapshot) -> Spelling:
    """How the live config spells its ids."""
    return Spelling(snapshot.config.value, snapshot.capabilities.release)


def with_health(plan: Plan, health: HealthReport) -> Plan:
    """The same plan with the evidence of an endpoint check."""
    return msgspec.structs.replace(plan, health=health)


def sites_of(manifest: Manifest) -> dict[str, SiteSpec]:
    """Every site by name. A declared one of a built-in name takes over what it leaves out: a mirror has the same models."""
    sites = dict(BUILTIN)
    for site in manifest.sites:
        spec, below = site.document.spec, BUILTIN.get(site.name)
        gaps = ("key_page", "sibling", "catalog") if below else ()
        inherited = {name: getattr(below, name) for name in gaps if getattr(spec, name) is UNSET}
        sites[site.name] = msgspec.structs.replace(spec, **inherited)
    return sites


def _left(address: str) -> PlanWarning:
    message = (
        "no manifest declares it any more; it stays, because somebody else has put something into it, and what this program "
        "wrote for it elsewhere, such as its key, goes: declare it again, or take it away by hand"
    )
    return PlanWarning("left-to-others", address, message)


def _require_room(snapshot: Snapshot, edits: tuple[Edit, ...]) -> None:
    """Refuse to plan into a value that can hold nothing.

    Raises:
        TargetError: there is one.
    """
    checked = set()
    for edit in edits:
        surface, path = surface_of(edit.path)
        form = widened(snapshot.config.value, path)
        path = path if form is None else form[0]
        if surface == "config" and path[:-1] not in checked:
            checked.add(path[:-1])
            snapshot.config.require_room(path)


def _with_files(difference: Difference, snapshot: Snapshot) -> tuple[Change, ...]:
    """The changes, with the included file of each change that doesn't land in openclaw.json.

    Raises:
        TargetError: no single file owns the place.
    """
    config = snapshot.config
    if len(config.files) < 2:
        return tuple(change for change, _ in difference.changes)
    named = []
    for change, edit in difference.changes:
        file = config.root if change.surface != "config" else config.owner(edit.path)[0]
        shown = "" if file == config.root else snapshot.paths.display(file)
        named.append(msgspec.structs.replace(change, file=shown))
    return tuple(named)


def placed(drift: tuple[Drift, ...], snapshot: Snapshot) -> tuple[Drift, ...]:
    """The same, each with the config file that holds it, or openclaw.json where no single one does."""
    return tuple(with_file(one, _file_of(one, snapshot)) for one in drift)


def _file_of(drift: Drift, snapshot: Snapshot) -> str:
    path = decode_path(drift.path)
    surface, _ = surface_of(path)
    if surface != "config":
        return surface
    try:
        file, _ = snapshot.config.owner(path)
    except TargetError:
        file = snapshot.config.root
    return snapshot.paths.display(file)


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


def _base(request: Request, manifest: Manifest, difference: Difference, snapshot: Snapshot) -> Base:
    observed = {address: _digest(value)[:23] for address, value in sorted(difference.observed.items())}
    live = _digest([observed, str(snapshot.install.release)])
    return Base(manifest.digest, live, observed, request.set_name)


def _digest(value: Any) -> str:
    return "sha256:" + hashlib.sha256(encoded(value, order="deterministic")).hexdigest()


def _warnings(
    manifest: Manifest,
    desired: Desired,
    snapshot: Snapshot,
    journal: JournalReader,
    unread: Sequence[PlanWarning],
) -> tuple[PlanWarning, ...]:
    found = [
        PlanWarning(problem.code, str(problem.location), problem.what)
        for problem in manifest.warnings
        if problem.code not in SETTLED
    ]
    found.extend(PlanWarning(note.code, note.address, note.message) for note in desired.warnings)
    found.extend(unread)
    if os.path.exists(journal.path("pending.json")):
        message = "an apply was stopped before its result was verified; the next `reconciler apply` undoes or finishes it first"
        found.append(PlanWarning("unfinished-apply", "gateway", message))
    if snapshot.capabilities.doubt:
        found.append(PlanWarning("release-unknown", "gateway", snapshot.capabilities.doubt))
    return tuple(dict.fromkeys(sorted(found)))


def _by_severity(
    warnings: tuple[PlanWarning, ...], severities: Mapping[str, Wish]
) -> tuple[tuple[PlanWarning, ...], tuple[Refusal, ...]]:
    """Warnings that are only that, and those that stop, by themselves or because the project made errors of them."""
    wishes = {**dict.fromkeys(STOPPING, "error"), **severities}
    stopping: dict[tuple[str, str], list[str]] = {}
    for warning in warnings:
        if wishes.get(warning.code) == "error":
            stopping.setdefault((warning.code, warning.message), []).append(warning.address)
    kept = tuple(warning for warning in warnings if wishes.get(warning.code, "warning") == "warning")
    return kept, tuple(
        Refusal(code, tuple(addresses), message, f"--severity {code}=warning")
        for (code, message), addresses in stopping.items()
    )
