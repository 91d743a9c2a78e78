"""What the health check is asked and what it answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from reconciler.errors import KeySourceError, Location
from reconciler.secret import Secret
from reconciler.sites.catalog import CatalogName

Level = Literal["ok", "warn", "block"]
Role = Literal["primary", "fallback", "image", "declared"]
Status = Literal["ok", "warn", "block", "skipped"]

ROLES: tuple[Role, ...] = ("primary", "fallback", "image", "declared")
"""Roles, weightiest first."""


class ModelUse(msgspec.Struct, frozen=True):
    """A model id and what it is for; ``source`` is where the manifests say so."""

    id: str
    role: Role
    source: Location | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """One provider with one key, to be checked.

    Attributes:
        agent: the one agent whose key it is; empty for the provider's own.
        listing: path and query of the chat-model listing, below ``base_url``.
        key_problem: why there is no key.
        headers: what the provider sends besides the key.
        sibling: name of the other site, where a refused key may belong.
    """

    provider: str
    site: str
    base_url: str
    listing: str
    key: Secret | None
    key_problem: KeySourceError | None = None
    headers: Mapping[str, str] = {}
    models: tuple[ModelUse, ...] = ()
    sibling: str | None = None
    sibling_base_url: str | None = None
    key_page: str = ""
    catalog: CatalogName | None = None
    agent: str = ""

    @property
    def name(self) -> str:
        """What findings call it."""
        return f"{self.provider} for {self.agent}" if self.agent else self.provider


UNFINISHED = frozenset({"rate-limited", "service-busy", "service-timeout", "service-error", "timeout"})
"""Codes of checks to which the service gave no answer that counts: another time it may say anything."""


class Check(msgspec.Struct, frozen=True):
    """One finding.

    Attributes:
        subject: a model id, or empty for the endpoint as a whole.
        code: kebab-case, stable.
        trace_id: the service's own id of the answer, for its support.
        status: the HTTP status behind it.
    """

    provider: str
    subject: str
    code: str
    verdict: Level
    message: str
    remedy: str = ""
    trace_id: str = ""
    status: int | None = None
    source: Location | None = None

    @property
    def traced(self) -> str:
        """The message, with the id that the service's support asks for."""
        return f"{self.message} (trace {self.trace_id})" if self.trace_id else self.message


class HealthReport(msgspec.Struct, frozen=True):
    """All findings: by provider; the endpoint first, then its models by weight and id."""

    status: Status
    checks: tuple[Check, ...] = ()


NOT_CHECKED = HealthReport("skipped")
"""No check was made."""


def report(checks: tuple[Check, ...]) -> HealthReport:
    """The report over ``checks``: as bad as the worst of them."""
    levels = {check.verdict for check in checks}
    for level in ("block", "warn", "ok"):
        if level in levels:
            return HealthReport(level, checks)
    return NOT_CHECKED
