"""The precedence of key sources as it was measured, as data; held against the program and against real OpenClaw."""

from __future__ import annotations

from typing import Any, NamedTuple

OLDER, NEWER = "2026.6.11", "2026.9.6"
"""What wins changed at 2026.9.1; 2026.4.15 is as 6.11 where a case doesn't say otherwise."""
REFUSED = "refused"
A, B = "{p}:a", "{p}:b"
VARIABLE = "${{{v}}}"


class Case(NamedTuple):
    """What says what about one provider ``{p}`` and its variable ``{v}``, and whose key arrives.

    Every source has a key of its own, named after it; see :func:`key`.
    """

    name: str
    wins: dict[str, str]
    api_key: Any = None
    auth: str | None = None
    profiles: tuple[str, ...] = ()
    order: tuple[str, ...] | None = None
    stored: tuple[str, ...] | None = None
    sets: tuple[str, ...] = ()
    cached: bool = False
    real: bool = True
    """Whether a turn of each release is spent on it in the tests, too."""


def _all(winner: str) -> dict[str, str]:
    return {"": winner}


def _flip(older: str, newer: str) -> dict[str, str]:
    return {"": older, NEWER: newer}


ENV_REF = {"source": "env", "provider": "default", "id": "{v}"}
FILE_REF = {"source": "file", "provider": "{p}-key", "id": "value"}

CASES = (
    Case("process-first", _all("process"), VARIABLE, sets=("process", "dotenv", "vars"), real=False),
    Case("dotenv-before-env-vars", _all("dotenv"), VARIABLE, sets=("dotenv", "vars")),
    Case("cached-never-wins", _all("vars"), VARIABLE, sets=("vars",), cached=True),
    Case("cached-not-even-alone", _all(""), cached=True, real=False),
    Case("profile-or-variable", _flip("a", "vars"), VARIABLE, profiles=("a",), sets=("vars",)),
    Case("profile-or-env-ref", _flip("a", "vars"), ENV_REF, profiles=("a",), sets=("vars",), real=False),
    Case("profile-or-file", _flip("a", "file"), FILE_REF, profiles=("a",)),
    Case("profile-before-literal", _all("a"), "{literal}", profiles=("a",), real=False),
    Case("explicit-variable", _all("vars"), VARIABLE, "api-key", ("a",), sets=("vars",)),
    Case("explicit-literal", _all("literal"), "{literal}", "api-key", ("a",), real=False),
    Case("profile-by-id", _flip("a", "b"), B, profiles=("a", "b")),
    Case("first-profile", _all("b"), profiles=("b", "a"), real=False),
    Case("token-before-key", _all("t"), profiles=("a", "t"), real=False),
    Case("order-in-config", _all("b"), profiles=("a", "b"), order=(B, A), real=False),
    Case("order-in-store-first", _all("b"), profiles=("a", "b"), order=(A, B), stored=(B, A)),
    Case(
        "order-leaves-out", _flip("b", "vars"), VARIABLE, None, ("a", "b"), (B,), sets=("vars",), real=False
    ),
    Case(
        "order-of-nothing",
        {**_flip("literal", REFUSED), "2026.8.2": REFUSED},
        "{literal}",
        None,
        ("a",),
        ("{p}:gone",),
        real=False,
    ),
    Case("profile-with-both", _all("vars"), profiles=("both",), sets=("vars",), real=False),
)


def winner(case: Case, release: str) -> str:
    """Whose key arrives; empty for none."""
    return case.wins.get(release, case.wins[""])


def key(provider: str, source: str) -> str:
    """The key of one source of one provider."""
    return f"sk-{provider}-{source}-0123456789abcdef"


def filled(value: Any, provider: str) -> Any:
    """A value of the table with its provider's names in it."""
    if isinstance(value, dict):
        return {name: filled(item, provider) for name, item in value.items()}
    if not isinstance(value, str):
        return value
    names = {"p": provider, "v": variable(provider), "literal": key(provider, "literal")}
    return value.format(**names)


def variable(provider: str) -> str:
    """The provider's variable."""
    return f"KEY_{provider.upper()}"


def profile(provider: str, name: str) -> dict[str, Any]:
    """A profile of that name as the store has it."""
    if name == "t":
        return {"type": "token", "provider": provider, "token": key(provider, name)}
    both = {"keyRef": filled(ENV_REF, provider)} if name == "both" else {}
    return {"type": "api_key", "provider": provider, "key": key(provider, name), **both}


def provider_config(case: Case, provider: str, base_url: str) -> dict[str, Any]:
    """The provider in the config."""
    row = {"id": "m/one", "name": "One", "contextWindow": 64000, "maxTokens": 4096}
    said = {"apiKey": filled(case.api_key, provider), "auth": case.auth}
    return {
        "baseUrl": base_url,
        "api": "openai-completions",
        "models": [row],
        **{name: value for name, value in said.items() if value is not None},
    }
