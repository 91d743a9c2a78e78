"""Law 9: an unhealthy endpoint means that nothing is written; a failed verification, that everything is put back."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.apply.run import Steps, apply
from reconciler.errors import UnhealthyError, VerificationError
from reconciler.health.gate import check_health
from reconciler.keys import Keyring
from reconciler.standin import FAULTS, StandIn, redirect
from reconciler.state.journal import Journal
from tests.laws.generated import KEY, VARIABLE, Case, Documents, as_yaml, config, document, laid_out
from tests.laws.target import Target, target_of
from tests.scenarios.world import World, contents, tree

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.health.report import HealthReport
    from reconciler.planning.making import Planned

MODEL = "deepseek-ai/DeepSeek-V3.2"
# What tells nothing of key or models, and so only warns; or is slow, which is no fault.
WARNED = {
    "bad-gateway",
    "dripping-body",
    "dripping-head",
    "gateway-timeout",
    "hang",
    "overloaded",
    "rate-limited",
    "server-error",
    "server-error-60000",
    "slow",
}
UNHEALTHY = {name: fault for name, fault in FAULTS.items() if name not in WARNED} | {
    "redirect": redirect("http://127.0.0.1:9/elsewhere")
}
RETRIES = 20


def declared(address: str, *models: str) -> Documents:
    """Manifests that use ``models`` of the service at ``address``, the first one as primary."""
    rows = [{"id": model, "name": model, "alias": f"a {model}"} for model in models]
    return [
        document("Site", "here", {"baseUrl": address}),
        document("Provider", "siliconflow", {"site": "here", "key": {"inline": VARIABLE}, "models": rows}),
        document("Agent", "defaults", {"model": {"primary": f"siliconflow/{models[0]}"}}),
    ]


@st.composite
def changed(draw: st.DrawFn, address: str = "http://127.0.0.1:9/v1", model: str = MODEL) -> Case:
    """Any config, and manifests that change it for certain."""
    seed = draw(st.integers(0, 2**32))
    hand = random.Random(seed)
    meaning = config(hand, None)
    return Case(laid_out(meaning, hand), meaning, declared(address, model), seed)


def apply_checked(target: Target, **options: object) -> None:
    """An apply that asks the endpoint first."""

    def health(planned: Planned) -> HealthReport:
        settings = {"no_cache": True, **options}
        return check_health(
            planned.manifest, planned.sites, target.environ, settings, Keyring(target.environ)
        )

    apply(target.request, Steps(health, lambda _: True, lambda _: None))


def require_untouched(target: Target) -> None:
    """The apply is blocked, and the target is as it was, to the inode: no journal, no lock, no receipt."""
    before = tree(target.state)
    with pytest.raises(UnhealthyError) as blocked:
        apply_checked(target)
    assert "nothing was written" in str(blocked.value)
    assert blocked.value.exit_code == 5
    assert tree(target.state) == before


@pytest.mark.parametrize("name", sorted(UNHEALTHY))
@given(data=st.data())
@settings(max_examples=2, deadline=None)
def test_an_unhealthy_answer_leaves_no_trace(name: str, data: st.DataObject) -> None:
    with StandIn(keys=[KEY], faults=[UNHEALTHY[name]] * RETRIES) as service:
        case = data.draw(changed(service.base_url))
        with target_of(case) as target:
            require_untouched(target)


@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_what_the_manifests_get_wrong_about_the_service_leaves_no_trace(data: st.DataObject) -> None:
    """A model that isn't served, a key that isn't accepted, isn't there or mustn't go there, and nobody at home."""
    with StandIn(keys=[KEY]) as service:
        address = service.base_url
        with target_of(data.draw(changed(address, "m/never-served"))) as target:
            require_untouched(target)
        with target_of(data.draw(changed(address))) as target:
            target.environ[VARIABLE] = "sk-another-0123456789"
            require_untouched(target)
        with target_of(data.draw(changed("https://elsewhere.example/v1"))) as target:
            require_untouched(target)
    with target_of(data.draw(changed(address))) as target:
        require_untouched(target)


def test_an_unhealthy_endpoint_leaves_an_earlier_apply_as_it_was(tmp_path: Path) -> None:
    """Also the journal of it: no receipt, no ownership, no intent is added."""
    with StandIn(keys=[KEY]) as service:
        target = Target(tmp_path, {}, declared(service.base_url, MODEL))
        apply_checked(target)
        target.declare(declared(service.base_url, MODEL, "zai-org/GLM-4.6V"))
        service.fail_next(FAULTS["no-balance"], times=RETRIES)
        require_untouched(target)
        assert [receipt.result for receipt in Journal(str(target.state / "reconciler")).receipts()] == [
            "applied"
        ]


def test_the_command_line_says_so_and_exits_with_5(tmp_path: Path) -> None:
    with StandIn(keys=[KEY], faults=[FAULTS["no-balance"]] * RETRIES) as service:
        world = World(tmp_path / "home")
        world.write_config("{}\n")
        world.write("manifests/all.yaml", as_yaml(declared(service.base_url, MODEL)))
        world.environ[VARIABLE] = KEY
        before = tree(world.state)
        ran = world.run("apply", "--yes")
        assert ran.code == 5, ran
        assert "nothing was written" in ran.said, ran
        assert tree(world.state) == before


TRUE = {
    "resolvedDefault": f"siliconflow/{MODEL}",
    "aliases": {f"a {MODEL}": f"siliconflow/{MODEL}"},
    "allowed": [],
}
LIES = {
    "another default": json.dumps({**TRUE, "resolvedDefault": "anthropic/claude"}),
    "no alias": json.dumps({**TRUE, "aliases": {}}),
    "another alias": json.dumps({**TRUE, "aliases": {f"a {MODEL}": "x/y"}}),
    "not allowed": json.dumps({**TRUE, "allowed": ["x/y"]}),
    "no JSON": "Error: no",
    "no object": "[]",
    "nothing": "",
    "wrong types": '{"resolvedDefault": 1, "aliases": 2, "allowed": 3}',
}
OPENCLAW = """#!/bin/sh
[ "$1" = config ] && echo '{"valid": true}' || echo '%s'
"""


def install(target: Target, status: str) -> None:
    """Put an ``openclaw`` on PATH that accepts every config and says ``status`` of the models."""
    command = target.folder / "bin" / "openclaw"
    command.parent.mkdir(exist_ok=True)
    command.write_text(OPENCLAW % status)
    command.chmod(0o755)


def config_files(target: Target) -> dict[str, tuple[bytes, int]]:
    return {
        path.name: (path.read_bytes(), path.stat().st_mode)
        for path in target.state.iterdir()
        if path.is_file()
    }


@pytest.mark.parametrize("lie", LIES)
@given(case=changed())
@settings(max_examples=3, deadline=None)
def test_a_result_that_openclaw_does_not_confirm_is_put_back_byte_for_byte(lie: str, case: Case) -> None:
    # A list of somebody's own that leaves the model out says the same as that lie.
    assume(lie != "not allowed" or "modelPolicy" not in case.meaning.get("agents", {}).get("defaults", {}))
    with target_of(case) as target:
        install(target, LIES[lie])
        before, wanted = config_files(target), target.used().plan().plan.changes
        with pytest.raises(VerificationError) as failed:
            target.apply()
        assert failed.value.exit_code == 6
        assert "put back" in str(failed.value)
        assert config_files(target) == before
        require_honest_journal(target)
        assert target.plan().plan.changes == wanted
        install(target, json.dumps(TRUE))
        assert target.apply().receipt is not None
        assert target.plan().plan.changes == ()


def require_honest_journal(target: Target) -> None:
    """It tells that the apply was undone, owns nothing by it, and keeps no key of it."""
    journal = Journal(str(target.state / "reconciler"))
    assert [receipt.result for receipt in journal.receipts()] == ["put back"]
    assert journal.applied("default").resources == {}
    assert journal.pending() is None
    for name, data in contents(target.state / "reconciler").items():
        assert KEY.encode() not in data, name


@given(case=changed())
@settings(max_examples=5, deadline=None)
def test_a_config_that_was_not_there_is_not_there_after_a_failed_verification(case: Case) -> None:
    with target_of(case._replace(files={})) as target:
        install(target, LIES["another default"])
        with pytest.raises(VerificationError):
            target.apply()
        assert config_files(target) == {}
