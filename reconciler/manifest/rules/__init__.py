"""The rules that documents have to keep together. A new rule is one function and one line in its room's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.manifest.rules import documents, models, refs, sites

if TYPE_CHECKING:
    from reconciler.manifest.rules.finding import Rule

RULES: tuple[Rule, ...] = documents.RULES + sites.RULES + models.RULES + refs.RULES
