"""Ids as the live config spells them: what is declared or recorded is found there, and nothing is made twice. Pure.

Manifests and records speak of providers, agents and models in OpenClaw's own spelling (:mod:`reconciler.openclaw.ids`); a live config
may have another that means the same. It stays as it is, so each path is led to it before anything is compared.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.json5.path import Path, Row
from reconciler.openclaw import ids
from reconciler.plan.model import Refusal
from reconciler.state.ownership import decode_path, encode_path
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.desired.model import Desired, Resource
    from reconciler.release import Release
    from reconciler.state.ownership import Applied, OwnedResource

_PROVIDERS = ("models", "providers")
_ORDER = ("auth", "order")
_ROSTERS = (("agents", "list"), ("agents", "entries"))
_ENTRIES = ("agents", "defaults", "models")


class Spelling:
    """Where a config holds what an id means.

    Args:
        config: the merged live config.
    """

    def __init__(self, config: Any, release: Release) -> None:
        self._config = config
        self._release = release

    def path(self, path: Path) -> Path:
        """``path`` with the ids in it as the config spells them; what the config doesn't have stays as it is."""
        if path[:2] == _PROVIDERS and len(path) > 2:
            return self._keyed(path, 2, self._providers)
        if path[:2] == _ORDER and len(path) > 2:
            return self._keyed(path, 2, self._orders)
        if path[:3] == _ENTRIES and len(path) > 3:
            found = self._entries.get(ids.model_key(str(path[3]), self._release))
            return path if found is None or path[3] in found else (*_ENTRIES, found[-1], *path[4:])
        if path[:2] in _ROSTERS and len(path) > 2:
            found_agents = self._agents.get(ids.agent_id(_name(path[2])))
            return self._of_agent((*found_agents[0].path, *path[3:])) if found_agents else path
        return path

    def _keyed(self, path: Path, at: int, keys: Mapping[str, Sequence[str]]) -> Path:
        wanted = ids.provider_id(str(path[at]), self._release)
        found = keys.get(wanted)
        if found is None or path[at] == wanted in found:
            return path
        return (*path[:at], wanted if wanted in found else found[0], *path[at + 1 :])

    def _of_agent(self, path: Path) -> Path:
        """The same for an entry of the agent's own map of models."""
        if path[3:4] != ("models",) or len(path) < 5:
            return path
        wanted = ids.model_key(str(path[4]), self._release)
        own = lookup(self._config, path[:4])
        found = [key for key in own if ids.model_key(key, self._release) == wanted] if own else []
        return (*path[:4], found[-1], *path[5:]) if found and path[4] not in found else path

    def desired(self, desired: Desired) -> Desired:
        """What is declared, led to where the config has it."""
        return msgspec.structs.replace(desired, resources=tuple(map(self._resource, desired.resources)))

    def _resource(self, resource: Resource) -> Resource:
        path = self.path(resource.path)
        if path == resource.path and resource.kind != "agent":
            return resource
        return msgspec.structs.replace(
            resource,
            path=path,
            fields=tuple(
                msgspec.structs.replace(field, path=self._below(path, field.path))
                for field in resource.fields
            ),
        )

    def record(self, applied: Applied) -> Applied:
        """What was applied, where it stands now, under the addresses that manifests give it now."""
        resources: dict[str, OwnedResource] = {}
        plain = {name for name in self._providers if self._is_plain(name)}
        for address, owned in applied.resources.items():
            # Models may be thousands, and stand where they stood.
            if owned.kind == "model" and len(owned.path) == 5 and str(owned.path[2]) in plain:
                resources.setdefault(address, owned)
                continue
            written = decode_path(owned.path)
            path = self.path(written)
            if path != written or owned.kind == "agent":
                fields = tuple(
                    msgspec.structs.replace(field, path=self._below(path, field.path))
                    for field in owned.fields
                )
                owned = msgspec.structs.replace(owned, path=encode_path(path), fields=fields)
            resources.setdefault(_address(address, owned.kind, written), owned)
        return msgspec.structs.replace(applied, resources=resources)

    def _is_plain(self, name: str) -> bool:
        """Whether a provider is called the same in the config, in manifests and in records."""
        path = (*_PROVIDERS, name)
        return ids.provider_id(name) == name and self.path(path) == path

    def _below(self, path: Path, field: tuple[str, ...]) -> tuple[str, ...]:
        if field[:1] != ("models",):
            return field
        return tuple(str(step) for step in self._of_agent((*path, *field))[len(path) :])

    def ambiguous(self, desired: Desired) -> tuple[Refusal, ...]:
        """Ids that the config has in several spellings: which of them is meant is not for this program to say."""
        found: dict[tuple[str, ...], list[str]] = {}
        for resource in desired.resources:
            several = self._several(resource.path)
            if len(several) > 1:
                found.setdefault(several, []).append(resource.address)
        return tuple(
            Refusal(
                "ambiguous-id",
                tuple(addresses),
                f"{' and '.join(places)} are one to OpenClaw, and only one of them counts: keep one",
                "",
            )
            for places, addresses in found.items()
        )

    def _several(self, path: Path) -> tuple[str, ...]:
        keys: Iterable[str] = ()
        if path[:2] in (_PROVIDERS, _ORDER) and len(path) > 2:
            maps = self._providers if path[:2] == _PROVIDERS else self._orders
            keys = maps.get(ids.provider_id(str(path[2]), self._release), ())
        elif path[:3] == _ENTRIES and len(path) > 3:
            keys = self._entries.get(ids.model_key(str(path[3]), self._release), ())
        elif path[:2] in _ROSTERS and len(path) > 2:
            keys = [agent.spelling for agent in self._agents.get(ids.agent_id(_name(path[2])), ())]
        head = path[:3] if path[:3] == _ENTRIES else path[:2]
        return tuple(f"{'.'.join(map(str, head))}[{key}]" for key in keys)

    @cached_property
    def _providers(self) -> dict[str, list[str]]:
        return self._by_provider(_PROVIDERS)

    @cached_property
    def _orders(self) -> dict[str, list[str]]:
        return self._by_provider(_ORDER)

    def _by_provider(self, path: Path) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        live = lookup(self._config, path)
        for key in live if isinstance(live, dict) else ():
            found.setdefault(ids.provider_id(key, self._release), []).append(key)
        return found

    @cached_property
    def _entries(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        live = lookup(self._config, _ENTRIES)
        for key in live if isinstance(live, dict) else ():
            found.setdefault(ids.model_key(key, self._release), []).append(key)
        return found

    @cached_property
    def _agents(self) -> dict[str, list[ids.AgentEntry]]:
        found: dict[str, list[ids.AgentEntry]] = {}
        for agent in ids.agents_in(self._config):
            found.setdefault(agent.id, []).append(agent)
        return found


def _name(step: str | int | Row) -> str:
    return step.id if isinstance(step, Row) else str(step)


def _address(address: str, kind: str, path: Path) -> str:
    """The address of a record; one that was made when manifests' own spelling was an address gets today's."""
    if kind == "entry":
        return f"agent/defaults.models[{ids.model_key(str(path[-1]))}]"
    head, slash, rest = address.partition("/")
    if slash and kind in ("provider", "model"):
        name = str(path[2])
        return f"{head}/{ids.provider_id(name)}{rest[len(name) :]}" if rest.startswith(name) else address
    if address == f"auth.order[{path[-1]}]":
        return f"auth.order[{ids.provider_id(str(path[-1]))}]"
    return address
