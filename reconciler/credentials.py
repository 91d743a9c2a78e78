"""Where a provider's declared key lands in OpenClaw: in the provider, and in the objects beside it. Pure.

Rendered so that one source is left: a profile takes the place of ``apiKey``, because up to 2026.8.2 it beats ``${VAR}`` and from
2026.9.1 it doesn't. ``auth.order`` names it alone, so that a profile that somebody left behind isn't used in turn.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from reconciler.desired import ABSENT, Field, Resource, SecretValue
from reconciler.errors import TargetError
from reconciler.keys import key_origin
from reconciler.openclaw.capabilities import SECRET_REFS, STORE_REFS, Span
from reconciler.surfaces import AUTH_STORE, SECRET_STORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.bundle import Declared
    from reconciler.manifest.model import Key, Provider
    from reconciler.openclaw.capabilities import Capabilities

_ALIAS = re.compile(r"[a-z][a-z0-9_-]{0,59}\Z")


class Credential(msgspec.Struct, frozen=True):
    """A key as OpenClaw takes it: fields of the provider, and objects beside it."""

    fields: tuple[Field, ...]
    beside: tuple[Resource, ...] = ()


def credential_of(provider: Declared[Provider], capabilities: Capabilities) -> Credential:
    """The key of ``provider`` in the form that the release understands.

    Raises:
        TargetError: the release has no such form.
    """
    key = provider.document.spec.key
    source = provider.place("spec", "key")
    _require_taken(provider, key, capabilities)
    beside = tuple(_beside(provider, key))
    if key.profile is UNSET:
        reference = _reference(provider.name, key)
        return Credential((Field(("apiKey",), reference, source, origin=key_origin(key)),), beside)
    # A profile and an apiKey would be two sources, and which one wins depends on the release.
    absent = Field(("apiKey",), ABSENT, source, note="the auth profile is the one source")
    return Credential((absent,), (*beside, _profile(provider, key), *_chosen(provider, key)))


def profile_id(provider: str, name: str) -> str:
    """The id of a declared profile, as OpenClaw's own commands spell it."""
    return f"{provider}:{name}"


def _require_taken(provider: Declared[Provider], key: Key, capabilities: Capabilities) -> None:
    for name, needs in (("file", SECRET_REFS), ("exec", SECRET_REFS), ("store", STORE_REFS)):
        if getattr(key, name) is not UNSET:
            _require(needs, f"key: {{{name}: …}}", provider, capabilities)
    if key.profile is not UNSET and key.env is not UNSET:
        _require(SECRET_REFS, "a profile that refers to a variable", provider, capabilities)


def _require(needs: Span, what: str, provider: Declared[Provider], capabilities: Capabilities) -> None:
    if needs.covers(capabilities.release):
        return
    raise TargetError(
        f"OpenClaw {capabilities.release} has no {what}; it came with {needs.since}",
        where=provider.place("spec", "key").location(),
        remedy="declare key: {env: NAME} or key: {inline: NAME}, which every release takes, or upgrade OpenClaw",
    )


def _reference(provider: str, key: Key) -> Any:
    """What stands in place of the key: in ``apiKey``, or in a profile's ``keyRef``."""
    if key.file is not UNSET:
        return {"source": "file", "provider": _alias(provider), "id": "value"}
    if key.exec is not UNSET:
        return {"source": "exec", "provider": _alias(provider), "id": "value"}
    if key.store is not UNSET:
        return {"source": "store", "provider": "default", "id": key.store}
    if key.profile is not UNSET:
        return {"source": "env", "provider": "default", "id": key.env}
    return f"${{{key.env if key.env is not UNSET else key.inline}}}"


def _alias(provider: str) -> str:
    """Name of the entry of ``secrets.providers``: OpenClaw takes lower case, digits, ``_`` and ``-``."""
    name = re.sub(r"[^a-z0-9_-]", "-", provider.lower())
    if name == provider and _ALIAS.match(name):
        return f"{name}-key"
    return f"key-{name[:40]}-{hashlib.sha256(provider.encode()).hexdigest()[:8]}"


def _beside(provider: Declared[Provider], key: Key) -> Iterator[Resource]:
    if key.inline is not UNSET:
        at = provider.place("spec", "key", "inline")
        value = SecretValue(key_origin(key))
        path = ("env", "vars", key.inline)
        yield Resource(f"env.vars[{key.inline}]", "variable", path, (Field((), value, at),), at)
    if key.store is not UNSET:
        at = provider.place("spec", "key", "store")
        fields = (Field((), SecretValue(key_origin(key)), at),)
        yield Resource(f"secret-store[{key.store}]", "secret", (SECRET_STORE, key.store), fields, at)
    if key.file is not UNSET:
        yield _secret_provider(provider, "file", {"source": "file", "path": key.file, "mode": "singleValue"})
    if key.exec is not UNSET:
        program, *arguments = key.exec
        entry: dict[str, Any] = {"source": "exec", "command": program}
        if arguments:
            entry["args"] = arguments
        if key.pass_env is not UNSET:
            entry["passEnv"] = key.pass_env
        yield _secret_provider(provider, "exec", {**entry, "jsonOnly": False})


def _secret_provider(provider: Declared[Provider], field: str, entry: dict[str, Any]) -> Resource:
    at = provider.place("spec", "key", field)
    alias = _alias(provider.name)
    return Resource(
        f"secrets.providers[{alias}]",
        "secret-provider",
        ("secrets", "providers", alias),
        tuple(Field((name,), value, at) for name, value in entry.items()),
        at,
    )


def _chosen(provider: Declared[Provider], key: Key) -> Iterator[Resource]:
    """What the config says of a profile, as OpenClaw's own commands write it."""
    at = provider.place("spec", "key", "profile")
    name = profile_id(provider.name, str(key.profile))
    mode = "token" if provider.document.spec.auth == "token" else "api_key"
    fields = (Field(("provider",), provider.name, at), Field(("mode",), mode, at))
    yield Resource(f"auth.profiles[{name}]", "auth", ("auth", "profiles", name), fields, at)
    order = (Field((), [name], at),)
    yield Resource(f"auth.order[{provider.name}]", "auth", ("auth", "order", provider.name), order, at)


def _profile(provider: Declared[Provider], key: Key) -> Resource:
    """An auth profile of type api_key, or token where the provider says ``auth: token``."""
    at = provider.place("spec", "key", "profile")
    token = provider.document.spec.auth == "token"
    held, referred = ("token", "tokenRef") if token else ("key", "keyRef")
    refers = any(name is not UNSET for name in (key.env, key.file, key.exec, key.store))
    value: Any = _reference(provider.name, key) if refers else SecretValue(key_origin(key))
    # A key beside a reference would be a second source, and stay readable.
    leftover = held if refers else referred
    profile = profile_id(provider.name, str(key.profile))
    return Resource(
        f"auth-profile[{profile}]",
        "profile",
        (AUTH_STORE, "profiles", profile),
        (
            Field(("type",), "token" if token else "api_key", at),
            Field(("provider",), provider.name, at),
            Field((referred if refers else held,), value, at),
            Field((leftover,), ABSENT, at),
        ),
        at,
    )
