"""Where a declared key lands in OpenClaw: in the provider, and in the objects beside it. Pure.

Rendered so that one source is left: a profile takes the place of ``apiKey``, because up to 2026.8.2 it beats ``${VAR}`` and from
2026.9.1 it doesn't. ``auth.order`` names what is declared alone, so that a profile that somebody left behind isn't used in turn.
It names agents' own profiles first: each agent takes the first that it has (turns on 2026.4.15, 6.11, 9.6).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from reconciler.desired.model import ABSENT, Field, Resource, SecretValue
from reconciler.errors import TargetError
from reconciler.keys import key_origin
from reconciler.manifest.bundle import Place
from reconciler.manifest.model import Key
from reconciler.openclaw.capabilities import NAME_IT, SECRET_REFS, STORE_REFS, Span
from reconciler.openclaw.ids import agent_id, provider_id
from reconciler.openclaw.surfaces import AUTH_STORE, SECRET_STORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.json5.path import Path
    from reconciler.manifest.bundle import Declared, Manifest
    from reconciler.manifest.model import Provider
    from reconciler.openclaw.capabilities import Capabilities

_ALIAS = re.compile(r"[a-z][a-z0-9_-]{0,59}\Z")


class KeyUse(msgspec.Struct, frozen=True):
    """A declared key and who uses it.

    Attributes:
        provider: its id under ``models.providers``.
        agent: the one agent that it is for; empty for all of them.
        token: the provider takes tokens, not keys.
    """

    key: Key
    provider: str
    place: Place
    agent: str = ""
    token: bool = False

    def at(self, *path: str) -> Place:
        """The place of the value at ``path`` below the key."""
        return Place(self.place.origin, (*self.place.path, *path))

    @property
    def profile_id(self) -> str:
        """The id of its profile, as OpenClaw's own commands spell it."""
        return f"{self.provider}:{self.key.profile}"


def uses_of(provider: Declared[Provider], manifest: Manifest) -> tuple[KeyUse, ...]:
    """The key of ``provider``, and then those that single agents have for it."""
    spec, token = provider.document.spec, provider.document.spec.auth == "token"
    own = [
        KeyUse(key, provider.name, agent.place("spec", "keys", name), agent_id(agent.name), token)
        for agent in manifest.agents
        if (keys := agent.document.spec.keys) is not UNSET
        for name, key in keys.items()
        if provider_id(name) == provider.name
    ]
    return (KeyUse(spec.key, provider.name, provider.place("spec", "key"), token=token), *own)


class Credential(msgspec.Struct, frozen=True):
    """A key as OpenClaw takes it: fields of the provider, and objects beside it."""

    fields: tuple[Field, ...]
    beside: tuple[Resource, ...] = ()


def credential_of(provider: Declared[Provider], manifest: Manifest, capabilities: Capabilities) -> Credential:
    """The key of ``provider``, and those that single agents have for it, in the form that the release understands.

    Raises:
        TargetError: the release has no such form.
    """
    uses = uses_of(provider, manifest)
    for use in uses:
        _require_taken(use, capabilities)
    shared, beside = uses[0], tuple(resource for use in uses for resource in _beside(use))
    if shared.key.profile is UNSET:
        reference = _reference(shared)
        return Credential(
            (Field(("apiKey",), reference, shared.place, origin=key_origin(shared.key)),), beside
        )
    # A profile and an apiKey would be two sources, and which one wins depends on the release.
    absent = Field(("apiKey",), ABSENT, shared.place, note="the auth profile is the one source")
    return Credential((absent,), (*beside, *map(_profile, uses), *_chosen(uses)))


def _require_taken(use: KeyUse, capabilities: Capabilities) -> None:
    key = use.key
    for name, needs in (("file", SECRET_REFS), ("exec", SECRET_REFS), ("store", STORE_REFS)):
        if getattr(key, name) is not UNSET:
            _require(needs, f"key: {{{name}: …}}", use, capabilities)
    if key.profile is not UNSET and key.env is not UNSET:
        _require(SECRET_REFS, "a profile that refers to a variable", use, capabilities)


def _require(needs: Span, what: str, use: KeyUse, capabilities: Capabilities) -> None:
    if capabilities.every(needs):
        return
    wise = NAME_IT if capabilities.some(needs) else "upgrade OpenClaw"
    raise TargetError(
        capabilities.lack(what, needs),
        where=use.place.location(),
        remedy=f"declare key: {{env: NAME}} or key: {{inline: NAME}}, which every release takes; or {wise}",
    )


def _reference(use: KeyUse) -> Any:
    """What stands in place of the key: in ``apiKey``, or in a profile's ``keyRef``."""
    key = use.key
    if key.file is not UNSET:
        return {"source": "file", "provider": _alias(use), "id": "value"}
    if key.exec is not UNSET:
        return {"source": "exec", "provider": _alias(use), "id": "value"}
    if key.store is not UNSET:
        return {"source": "store", "provider": "default", "id": key.store}
    if key.profile is not UNSET:
        return {"source": "env", "provider": "default", "id": key.env}
    return f"${{{key.env if key.env is not UNSET else key.inline}}}"


def _alias(use: KeyUse) -> str:
    """Name of the entry of ``secrets.providers``: OpenClaw takes lower case, digits, ``_`` and ``-``."""
    said = f"{use.provider}-{use.agent}" if use.agent else use.provider
    name = re.sub(r"[^a-z0-9_-]", "-", said.lower())
    if name == said and _ALIAS.match(name):
        return f"{name}-key"
    return f"key-{name[:40]}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"


def _beside(use: KeyUse) -> Iterator[Resource]:
    key = use.key
    if key.inline is not UNSET:
        at = use.at("inline")
        value = SecretValue(key_origin(key))
        path = ("env", "vars", key.inline)
        yield Resource(f"env.vars[{key.inline}]", "variable", path, (Field((), value, at),), at)
    if key.store is not UNSET:
        at = use.at("store")
        fields = (Field((), SecretValue(key_origin(key)), at),)
        yield Resource(f"secret-store[{key.store}]", "secret", (SECRET_STORE, key.store), fields, at)
    if key.file is not UNSET:
        yield _secret_provider(use, "file", {"source": "file", "path": key.file, "mode": "singleValue"})
    if key.exec is not UNSET:
        program, *arguments = key.exec
        entry: dict[str, Any] = {"source": "exec", "command": program}
        if arguments:
            entry["args"] = arguments
        if key.pass_env is not UNSET:
            entry["passEnv"] = key.pass_env
        yield _secret_provider(use, "exec", {**entry, "jsonOnly": False})


def _secret_provider(use: KeyUse, field: str, entry: dict[str, Any]) -> Resource:
    at = use.at(field)
    alias = _alias(use)
    return Resource(
        f"secrets.providers[{alias}]",
        "secret-provider",
        ("secrets", "providers", alias),
        tuple(Field((name,), value, at) for name, value in entry.items()),
        at,
    )


def _chosen(uses: Sequence[KeyUse]) -> Iterator[Resource]:
    """What the config says of profiles, as OpenClaw's own commands write it; of one name several agents may have one each."""
    shared, *own = uses
    by_id = {use.profile_id: use for use in (*own, shared)}
    for name, use in by_id.items():
        at = use.at("profile")
        fields = (
            Field(("provider",), use.provider, at),
            Field(("mode",), "token" if use.token else "api_key", at),
        )
        yield Resource(f"auth.profiles[{name}]", "auth", ("auth", "profiles", name), fields, at)
    at = shared.at("profile")
    order = (Field((), list(by_id), at),)
    yield Resource(f"auth.order[{shared.provider}]", "auth", ("auth", "order", shared.provider), order, at)


def _profile(use: KeyUse) -> Resource:
    """An auth profile of type api_key, or token where the provider says ``auth: token``."""
    at, key = use.at("profile"), use.key
    held, referred = ("token", "tokenRef") if use.token else ("key", "keyRef")
    refers = any(name is not UNSET for name in (key.env, key.file, key.exec, key.store))
    value: Any = _reference(use) if refers else SecretValue(key_origin(key))
    # A key beside a reference would be a second source, and stay readable.
    leftover = held if refers else referred
    address, path = profile_place(use.profile_id, use.agent)
    return Resource(
        address,
        "profile",
        path,
        (
            Field(("type",), "token" if use.token else "api_key", at),
            Field(("provider",), use.provider, at),
            Field((referred if refers else held,), value, at, origin=key_origin(key) if refers else None),
            Field((leftover,), ABSENT, at),
        ),
        at,
    )


def profile_place(name: str, agent: str) -> tuple[str, Path]:
    """Address and path of a profile: of the store that all agents share, or of one agent's own."""
    if not agent:
        return f"auth-profile[{name}]", (AUTH_STORE, "profiles", name)
    return f"auth-profile[{name} of {agent}]", (AUTH_STORE, "agents", agent, "profiles", name)
