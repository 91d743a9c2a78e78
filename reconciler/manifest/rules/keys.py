"""Rules about keys: where OpenClaw finds one, where this program reads it, and which of them an agent can have of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from reconciler.ids import provider_id
from reconciler.manifest.rules.finding import Rule
from reconciler.manifest.similar import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.manifest.draft import Draft, Placed
    from reconciler.manifest.model import Agent, Key, KeyOrigin
    from reconciler.manifest.rules.finding import Finding

_SOURCES = ("env", "inline", "file", "exec", "store", "profile")
# A profile holds the key itself, or refers to one of these; the config's own variables are no such place.
_REFERRED = ("env", "file", "exec", "store")
_ORIGINS = ("env", "file", "exec", "keyring", "stdin")
# Of these OpenClaw's other agents inherit every profile: a key there is nobody's own.
_SHARED = ("defaults", "main")


def _said(struct: Key | KeyOrigin, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if getattr(struct, name) is not UNSET]


def _key_source(draft: Draft) -> Iterator[Finding]:
    for placed in draft.keys:
        said = _said(placed.key, _SOURCES)
        refers = len(said) == 2 and said[1] == "profile" and said[0] in _REFERRED
        if len(said) == 1 or refers:
            continue
        what = " and ".join(said) if said else "no source"
        remedy = (
            "Write key: {env: NAME} when the gateway's environment has the key, or key: {inline: NAME} to keep"
            " it in the config; file, exec, store and profile are the other sources, and it is one of them."
        )
        yield placed.key_at(), f"the key of {placed.whose} has {what}", remedy


def _key_origin(draft: Draft) -> Iterator[Finding]:
    for placed in draft.keys:
        key = placed.key
        if key.from_ is UNSET:
            if _said(key, _SOURCES) == ["profile"]:
                what = f"nothing says where to read the key that the profile of {placed.whose} shall hold"
                yield placed.at(), what, "Add from: {env: NAME}, or file, exec, keyring, stdin."
            continue
        said = _said(key.from_, _ORIGINS)
        if len(said) != 1:
            yield (
                placed.key_at("from"),
                f"from of the key of {placed.whose} has {' and '.join(said) if said else 'no source'}",
                "Write one of from: {env: NAME}, {file: PATH}, {exec: [PROGRAM]}, {keyring: …} and {stdin: true};"
                " without from, the key is read where OpenClaw reads it.",
            )


def _exec_path(draft: Draft) -> Iterator[Finding]:
    for placed in draft.keys:
        key = placed.key
        if key.exec is not UNSET and not key.exec[0].startswith("/"):
            what = f"{key.exec[0][:80]!r} is no absolute path, and OpenClaw runs no other program for a key"
            yield placed.at("exec", 0), what, f"Write what `command -v {key.exec[0][:80]}` says."
        elif key.pass_env is not UNSET and key.exec is UNSET:
            what = "passEnv says what the program under exec gets, and there is none"
            yield placed.key_at("passEnv"), what, "Remove it, or add exec."


def _agent_key(draft: Draft) -> Iterator[Finding]:
    providers = {provider.name: provider.document.spec.key for provider in draft.providers}
    for agent in draft.agents:
        keys = agent.document.spec.keys
        for name, key in {} if keys is UNSET else keys.items():
            if draft.knows("Provider", provider_id(name), set(providers)):
                problem = _useless(agent, key, providers.get(provider_id(name), key))
            else:
                remedy = did_you_mean(name, providers) or "Declare a Provider of that name."
                problem = f"no Provider {name} is declared", remedy
            if problem is not None:
                yield (agent.tree.key_at("spec", "keys", name), *problem)


def _useless(agent: Placed[Agent], key: Key, shared: Key) -> tuple[str, str] | None:
    """Why the agent would not use a key of its own, and what to do."""
    if agent.name in _SHARED:
        what = f"a key of {agent.name} is everybody's: the other agents inherit it"
        return what, "Say it as the key of the Provider, or name another agent."
    if key.profile is UNSET:
        return "an agent's own key can only be an auth profile", "Add profile: NAME to it."
    if shared.profile is UNSET:
        what = "the provider's own key is no auth profile; it would be used in place of this one"
        return what, "Add profile: NAME to the key of the Provider too."
    if shared is not key and shared.profile == key.profile:
        what = f"the profile {key.profile} is the provider's own key"
        return what, "Give the agent's profile another name."
    return None


RULES = (
    Rule("key-source", _key_source, fixed=True),
    Rule("key-origin", _key_origin, fixed=True),
    Rule("key-exec", _exec_path, fixed=True),
    Rule("agent-key", _agent_key, fixed=True),
)
