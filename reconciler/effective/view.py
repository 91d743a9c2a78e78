"""A live config with what it takes to speak of what it refers to: whose its providers are, which site an address is of, and where a
value stands. Reads no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.errors import TargetError
from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.openclaw import ids
from reconciler.openclaw.references import PROVIDERS
from reconciler.plan.dangling import View, standing
from reconciler.plan.other_places import left_behind
from reconciler.plan.retired_in_use import retired_in_use
from reconciler.sites.hosts import BUILTIN_HOSTS, host_of
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.desired.model import Desired
    from reconciler.edits import Edit
    from reconciler.json5.path import Path
    from reconciler.manifest.model import SiteSpec
    from reconciler.plan.model import PlanWarning
    from reconciler.state.ownership import Applied
    from reconciler.targets.local import Snapshot


def view_of(
    snapshot: Snapshot, records: Iterable[Applied] = (), sites: Mapping[str, SiteSpec] = BUILTIN
) -> View:
    """The live config.

    Args:
        records: what each manifest set owns; their providers are ours.
        sites: every site by name.
    """
    config, release = snapshot.config.value, snapshot.capabilities.release
    hosts = site_hosts(sites)
    managed = {
        ids.provider_id(str(owned.path[-1]), release)
        for record in records
        for owned in record.resources.values()
        if owned.kind == "provider"
    }
    live = lookup(config, PROVIDERS)
    theirs = {
        ids.provider_id(name, release)
        for name, row in (live.items() if isinstance(live, dict) else ())
        if site_of(lookup(row, ("baseUrl",)), hosts)
    }

    def where(place: Path) -> str:
        return place_of(snapshot, place)

    catalogs = {name: spec.catalog for name, spec in sites.items() if spec.catalog in ("cn", "global")}
    return View(
        config,
        release,
        frozenset(managed),
        frozenset(managed | theirs),
        where,
        hosts,
        catalogs,
        snapshot.fingerprints,
    )


def look_around(view: View, edits: tuple[Edit, ...], desired: Desired) -> tuple[PlanWarning, ...]:
    """What a plan has to say of places that it doesn't manage: keys and sites of theirs, and retired models that they use."""
    declared = [str(r.path[-1]) for r in desired.resources if r.kind == "provider"]
    models = [
        f"{view.id(str(r.path[2]))}/{getattr(r.path[-1], 'id', '')}"
        for r in desired.resources
        if r.kind == "model"
    ]
    managed = view.managed | set(map(view.id, declared))
    return *left_behind(view, edits, managed), *retired_in_use(view, frozenset(models))


def standing_warnings(view: View) -> tuple[PlanWarning, ...]:
    """What is wrong with a live config's references, whatever is planned."""
    return (*standing(view), *left_behind(view, (), view.ours), *retired_in_use(view))


def site_hosts(sites: Mapping[str, SiteSpec]) -> dict[str, str]:
    """Which site a host, with its port where one is said, is of; the service's own count whatever is declared."""
    own = {
        host: next(name for name, spec in BUILTIN.items() if host.endswith(_top(spec)))
        for host in BUILTIN_HOSTS
    }
    return {**own, **{host_of(spec.base_url): name for name, spec in sites.items()}}


def site_of(url: Any, hosts: Mapping[str, str]) -> str:
    """The site that an address is of; empty where it is of none."""
    return hosts.get(host_of(url), "") if isinstance(url, str) else ""


def place_of(snapshot: Snapshot, place: Path) -> str:
    """The file that holds a value of the config, with its line where it stands in one file."""
    try:
        file, inside = snapshot.config.owner(place)
    except TargetError:
        return snapshot.paths.display(snapshot.config.root)
    held = snapshot.config.files.get(file)
    try:
        line = f":{held.document.location(inside)[0]}" if held else ""
    except KeyError:
        line = ""
    return snapshot.paths.display(file) + line


def _top(spec: SiteSpec) -> str:
    return host_of(spec.base_url).rpartition(".")[2]
