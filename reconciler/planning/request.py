"""What a command is asked to plan for: its manifests, narrowed to the one gateway that is meant, and the target that they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from reconciler.errors import UsageError
from reconciler.keys import Keyring
from reconciler.manifest.builtin_sites import BUILTIN
from reconciler.manifest.load import load_manifest
from reconciler.manifest.model import Gateway, SiteSpec, called
from reconciler.manifest.severities import Wish
from reconciler.openclaw.paths import Paths, find_paths
from reconciler.plan.guard import Overrides
from reconciler.targets.local import LocalReader

if TYPE_CHECKING:
    from reconciler.manifest.bundle import D, Declared, Manifest


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


def sites_of(manifest: Manifest) -> dict[str, SiteSpec]:
    """Every site by name. A declared one of a built-in name takes over what it leaves out: a mirror has the same models."""
    sites = dict(BUILTIN)
    for site in manifest.sites:
        spec, below = site.document.spec, BUILTIN.get(site.name)
        gaps = ("key_page", "sibling", "catalog") if below else ()
        inherited = {name: getattr(below, name) for name in gaps if getattr(spec, name) is UNSET}
        sites[site.name] = msgspec.structs.replace(spec, **inherited)
    return sites
