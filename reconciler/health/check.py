"""The endpoint check: one free listing for each provider, and from it a verdict on the key and on every model.

The listing answers 200 even when the account is empty or a model is disabled; only a completion would tell, which
:mod:`reconciler.health.probe` asks for on request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reconciler.health.inquiry import Inquiry
from reconciler.health.report import NOT_CHECKED, Check, HealthReport, report

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from reconciler.health.client import Client
    from reconciler.health.report import Endpoint

Probing = Literal["none", "primary", "all"]

_SIDE_BY_SIDE = 8


def check_endpoints(
    endpoints: Sequence[Endpoint],
    *,
    allowed_hosts: Collection[str] = frozenset(),
    try_other_site: bool = False,
    probe: Probing = "none",
    make_client: Callable[[], Client] | None = None,
) -> HealthReport:
    """Checks endpoints side by side.

    Args:
        allowed_hosts: hosts besides the built-in ones that the operator lets have a key.
        try_other_site: show a refused key to the sibling site, to learn whether it belongs there.
        probe: also stream the beginning of a completion of the primary model, or of each; costs some tokens.
        make_client: a client with other bounds.

    Returns:
        The findings, in the same order whatever came first.
    """
    if not endpoints:
        return NOT_CHECKED
    from concurrent.futures import ThreadPoolExecutor

    from reconciler.health.client import Client

    ordered = sorted(endpoints, key=lambda endpoint: endpoint.name)
    with (make_client or Client)() as client, ThreadPoolExecutor(min(len(ordered), _SIDE_BY_SIDE)) as pool:
        inquiries = [Inquiry(endpoint, client, allowed_hosts) for endpoint in ordered]
        found = pool.map(lambda inquiry: tuple(_checks(inquiry, try_other_site, probe)), inquiries)
        return report(tuple(check for checks in found for check in checks))


def _checks(inquiry: Inquiry, try_other_site: bool, probe: Probing) -> Iterator[Check]:
    found = tuple(inquiry.checks(try_other_site))
    yield from found
    if probe != "none" and any(check.code == "ok" for check in found if not check.subject):
        from reconciler.health.probe import probe_models

        hopeless = frozenset(check.subject for check in found if check.verdict == "block")
        yield from probe_models(inquiry, hopeless, every=probe == "all")
