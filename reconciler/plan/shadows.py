"""Stops a plan after which OpenClaw would send another key than the declared one, unless the operator has accepted that. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.plan.model import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from reconciler.plan.model import Shadow


def shadow_refusals(shadows: Sequence[Shadow], accepted: Collection[str]) -> tuple[Refusal, ...]:
    """A refusal for every managed key in whose place another one would be sent.

    Args:
        accepted: addresses of managed keys that may be beaten, as the refusal names them.
    """
    found: dict[str, list[Shadow]] = {}
    for shadow in shadows:
        if shadow.other_key and shadow.address not in accepted:
            found.setdefault(shadow.address, []).append(shadow)
    return tuple(
        Refusal("key-shadowed", (address,), _message(beating), f"--accept-shadow '{address}'")
        for address, beating in found.items()
    )


def _message(shadows: Sequence[Shadow]) -> str:
    agents = ", ".join(dict.fromkeys(shadow.agent for shadow in shadows))
    first = shadows[0]
    return f"requests would carry the key {first.wins} in place of {first.beats} (agent {agents}): {first.place}; {first.remedy}"
