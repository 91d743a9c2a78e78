"""A variable that a key needs is missing exactly where a gateway that is known lacks it, or where it is set nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.desired.model import Desired, Field, Resource
from reconciler.effective.facts import Facts, Variable
from reconciler.effective.gaps import check_variables, find_gaps
from reconciler.effective.shadowing import Outlook
from reconciler.openclaw.environment import Host
from reconciler.openclaw.paths import find_paths
from reconciler.openclaw.services import Setting
from reconciler.plan.model import Change
from reconciler.secret import Secret
from reconciler.targets.local import LocalReader

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.targets.local import Snapshot

NAME, ADDRESS = "SF_KEY", "provider/siliconflow.apiKey"
KEY = Secret("sk-of-a-gateway-0123456789")
HAS = {NAME: Setting("its file", KEY)}
RUNNING, SERVICE = (
    Host("running", "the running gateway", {}, True),
    Host("installed", "the service", {}, True),
)
RUNNING_HAS = Host("running", "the running gateway", HAS, True)
BY_A_SERVICE = Host("running", "the running gateway", HAS, True, supervised=True)
SERVICE_HAS, WRAPPED = (
    Host("installed", "the service", HAS, True),
    Host("installed", "the service", {}, False),
)
HERE, DOTENV = Variable("process", "here", KEY), Variable("dotenv", "/h/.openclaw/.env", KEY)
LATE, VARS = Variable("dotenv", "/h/.openclaw/.env", KEY, late=True), Variable("vars", "config", KEY)


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    (tmp_path / ".openclaw").mkdir()
    return LocalReader(find_paths({"HOME": str(tmp_path)}), {}).snapshot()


def facts(hosts: tuple[Host, ...], places: tuple[Variable, ...]) -> Facts:
    return Facts((), None, {NAME: places}, {}, (), hosts)


@pytest.mark.parametrize(
    ("hosts", "places", "said"),
    [
        ((), (HERE,), None),
        ((), (DOTENV,), None),
        ((), (), "set nowhere that can be seen"),
        ((RUNNING,), (), "the running gateway has no SF_KEY: add the line `SF_KEY=…` to ~/.openclaw/.env"),
        ((RUNNING,), (DOTENV,), None),
        ((RUNNING,), (VARS,), None),
        ((RUNNING,), (LATE,), "was last changed: restart the gateway"),
        ((RUNNING_HAS,), (HERE,), None),
        ((SERVICE,), (), "the service has no SF_KEY: add the line"),
        ((SERVICE,), (LATE,), None),
        ((SERVICE_HAS,), (HERE,), None),
        ((RUNNING_HAS, SERVICE), (HERE,), "the service has no SF_KEY; the running gateway has it: add"),
        ((BY_A_SERVICE, SERVICE), (HERE,), None),
        ((RUNNING, SERVICE_HAS), (HERE,), "has no SF_KEY, but the service sets it: restart the gateway"),
        ((WRAPPED,), (HERE,), None),
        ((WRAPPED,), (), "set nowhere that can be seen"),
        ((RUNNING_HAS, WRAPPED), (HERE,), None),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(
    snapshot: Snapshot, hosts: tuple[Host, ...], places: tuple[Variable, ...], said: str | None
) -> None:
    gaps = find_gaps({NAME: (ADDRESS,)}, facts(hosts, places), snapshot)
    if said is None:
        assert gaps == ()
    else:
        assert said in gaps[0].message
        assert bool(gaps[0].hosts) is ("set nowhere" not in said)


def change(address: str) -> Change:
    return Change(address, "config", (), ("create",), "manifest", "none", False, None, None)


@pytest.mark.parametrize(
    ("hosts", "places", "changed", "accepted", "outcome"),
    [
        ((RUNNING,), (), "agent/defaults.model", "", "refused"),
        ((RUNNING,), (), "agent/defaults.model", NAME, "warned"),
        ((RUNNING,), (), None, "", "warned"),
        ((RUNNING,), (LATE,), "provider/siliconflow", "", "refused"),
        ((RUNNING,), (LATE,), "agent/defaults.model", "", "silent"),
        ((), (), "provider/siliconflow", "", "warned"),
    ],
)
def test_an_apply_is_stopped_where_it_would_break_a_known_gateway(
    snapshot: Snapshot,
    hosts: tuple[Host, ...],
    places: tuple[Variable, ...],
    changed: str | None,
    accepted: str,
    outcome: str,
) -> None:
    reference = {"source": "env", "provider": "default", "id": NAME}
    fields = (Field(("apiKey",), reference, None),)
    desired = Desired((Resource("provider/siliconflow", "provider", ("models",), fields, None),))
    changes = [change(changed)] if changed else []
    outlook = Outlook({}, facts(hosts, places))
    found = check_variables(desired, snapshot, outlook, changes, {accepted}, {})
    assert bool(found.refusals) is (outcome == "refused")
    assert bool(found.warnings) is (outcome == "warned")
    assert all(refusal.option == f"--accept-unset {NAME}" for refusal in found.refusals)
