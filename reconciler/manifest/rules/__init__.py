"""The rules that documents have to keep together. A new rule is one function and one line in its room's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.manifest.rules import (
    accounts,
    documents,
    figures,
    keys,
    models,
    refs,
    requests,
    service,
    sites,
)

if TYPE_CHECKING:
    from reconciler.manifest.rules.finding import Rule

RULES: tuple[Rule, ...] = (
    *documents.RULES,
    *keys.RULES,
    *sites.RULES,
    *accounts.RULES,
    *models.RULES,
    *service.RULES,
    *figures.RULES,
    *requests.RULES,
    *refs.RULES,
)
