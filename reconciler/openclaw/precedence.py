"""What OpenClaw uses when several places say something: the measured table, as data.

Measured with agent turns against recording servers on 2026.4.15, 6.11 and 9.6, spot checks on 2.9, 3.13, 5.20, 8.2 and 9.1.
``tests/openclaw/test_precedence.py`` holds it against three of them. A provider's address has no row: in every one the config
alone gives it, whatever a ``models.json`` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from reconciler.openclaw.capabilities import Span
from reconciler.release import Release

if TYPE_CHECKING:
    from collections.abc import Sequence

# Where a provider's key may stand. ``reference`` is ``${VAR}`` or a SecretRef in the config, ``bound`` an ``apiKey`` that is
# the id of an auth profile.
KeyKind = Literal["bound", "reference", "profile", "literal", "models.json"]
VariableKind = Literal["process", "dotenv", "flat", "vars"]

_TURNS: Final = "agent turns with every pair of sources"

KEYS: Final[Sequence[tuple[Span, tuple[KeyKind, ...]]]] = (
    (
        Span(Release(2026, 9, 1), None, _TURNS),
        ("bound", "reference", "profile", "literal", "models.json"),
    ),
    (Span(None, Release(2026, 9, 1), _TURNS), ("profile", "reference", "literal", "models.json")),
)

# An ``apiKey`` that names a profile selects it from 2026.9.5 on, where OpenClaw's own commands write it; before, it is a key
# like any other text.
BOUND: Final = Span(Release(2026, 9, 5), None, "turns on 2026.6.11 and 9.6; dist of 2026.9.5")

# `auth: api-key` on a provider puts what its `apiKey` says before every auth profile. 2026.3.13 sends the profile's key all the same.
EXPLICIT: Final = Span(Release(2026, 4, 15), None, "turns on 2026.3.13, 4.15, 6.11, 7.1, 8.2 and 9.6")

# There an empty `auth.order` of the provider does: no profile is used. From 2026.8.2 on it stops the turn, unless `auth: api-key` stands
# beside it, so that the two together outlive an upgrade.
EMPTY_ORDER_FREES: Final = Span(
    Release(2026, 3, 13), Release(2026, 4, 15), "turns on 2026.3.13, 4.15, 6.11, 7.1 and 8.2"
)

# An `auth.order` in the config that names no usable profile stops the turn; before, the config's key is used.
EMPTY_ORDER: Final = Span(Release(2026, 8, 2), None, "turns on 2026.4.15, 6.11, 8.2, 9.1 and 9.6")

# Of an agent's own profiles and those inherited from `main`, of the same type and equally unused, which come first.
OWN_FIRST: Final = Span(Release(2026, 6, 11), None, "turns on 2026.4.15 and 6.11")

# Where a variable is set. A `.env` file therefore beats what the config itself says under `env.vars`; an empty value counts as none.
VARIABLES: Final[tuple[VariableKind, ...]] = ("process", "dotenv", "flat", "vars")


def key_order(release: Release, *, explicit: bool = False) -> tuple[KeyKind, ...]:
    """The kinds of places of a key, the one that wins first.

    Args:
        explicit: the provider says ``auth: api-key``.
    """
    order = next(order for span, order in KEYS if span.covers(release))
    if not (explicit and EXPLICIT.covers(release)):
        return order
    return (*(kind for kind in order if kind != "profile"), "profile")
