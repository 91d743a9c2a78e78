"""A check that passed is good for minutes, for the same endpoint, key and models, and tells nobody the key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from reconciler.cli.main import run
from reconciler.errors import KeySourceError
from reconciler.health.cache import LIFETIME_S, HealthCache, cache_folder
from reconciler.health.report import Check, Endpoint, ModelUse
from reconciler.secret import Secret
from reconciler.standin import FAULTS, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.health.check import Probing

KEY = "sk-cached-0123456789abcdef"
ENDPOINT = Endpoint(
    "siliconflow",
    "global",
    "https://api.siliconflow.com/v1",
    "/models?sub_type=chat",
    Secret(KEY),
    headers={"X-Team": "platform"},
    models=(ModelUse("deepseek-ai/DeepSeek-V3.2", "primary"),),
)
PASSED = (Check("siliconflow", "", "ok", "ok", "fine"),)
WARNED = (*PASSED, Check("siliconflow", "", "key-unusual", "warn", "no sk-"))
BUSY = (Check("siliconflow", "", "service-busy", "warn", "later"),)
BLOCKED = (Check("siliconflow", "", "key-refused", "block", "no"),)
HOSTS = frozenset({"siliconflow.mirror.example"})


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> HealthCache:
    return HealthCache(str(tmp_path / "cache" / "health"), clock)


def test_a_check_that_passed_is_found_again_until_it_is_too_old(cache: HealthCache, clock: Clock) -> None:
    assert cache.find(ENDPOINT, HOSTS, "none") is None
    cache.keep(ENDPOINT, HOSTS, "none", WARNED)
    clock.time += LIFETIME_S - 1
    found = cache.find(ENDPOINT, HOSTS, "none")
    assert found is not None
    assert (found[0].checks, found[1]) == (WARNED, LIFETIME_S - 1)
    clock.time += 1
    assert cache.find(ENDPOINT, HOSTS, "none") is None


def test_a_check_from_the_future_is_not_believed(cache: HealthCache, clock: Clock) -> None:
    cache.keep(ENDPOINT, HOSTS, "none", PASSED)
    clock.time -= 10
    assert cache.find(ENDPOINT, HOSTS, "none") is None


@pytest.mark.parametrize(
    "other",
    [
        replace(ENDPOINT, key=Secret("sk-another-0123456789abcdef")),
        replace(ENDPOINT, key=None),
        replace(ENDPOINT, key=None, key_problem=KeySourceError("no key in environment variable NAME")),
        replace(ENDPOINT, base_url="https://api.siliconflow.cn/v1"),
        replace(ENDPOINT, headers={}),
        replace(ENDPOINT, models=()),
    ],
)
def test_another_key_address_or_model_is_another_check(cache: HealthCache, other: Endpoint) -> None:
    cache.keep(ENDPOINT, HOSTS, "none", PASSED)
    assert cache.find(other, HOSTS, "none") is None


def test_hosts_that_are_not_allowed_any_more_are_another_check(cache: HealthCache) -> None:
    cache.keep(ENDPOINT, HOSTS, "none", PASSED)
    assert cache.find(ENDPOINT, frozenset(), "none") is None


@pytest.mark.parametrize(
    ("kept", "wanted", "enough"),
    [
        ("none", "none", True),
        ("none", "primary", False),
        ("primary", "none", True),
        ("primary", "all", False),
        ("all", "primary", True),
    ],
)
def test_a_check_that_probed_more_will_do_and_one_that_probed_less_will_not(
    kept: Probing, wanted: Probing, enough: bool, cache: HealthCache
) -> None:
    cache.keep(ENDPOINT, HOSTS, kept, PASSED)
    assert (cache.find(ENDPOINT, HOSTS, wanted) is not None) is enough


def test_a_check_that_blocks_is_not_kept_and_ends_what_was(cache: HealthCache) -> None:
    cache.keep(ENDPOINT, HOSTS, "all", PASSED)
    cache.keep(ENDPOINT, HOSTS, "none", BLOCKED)
    assert cache.find(ENDPOINT, HOSTS, "none") is None


def test_an_endpoint_that_lost_its_key_is_checked_again(cache: HealthCache) -> None:
    keyless = replace(ENDPOINT, key=None, key_problem=KeySourceError("no key in environment variable NAME"))
    cache.keep(ENDPOINT, HOSTS, "none", PASSED)
    cache.keep(keyless, HOSTS, "none", BLOCKED)
    assert cache.find(keyless, HOSTS, "none") is None
    assert cache.find(ENDPOINT, HOSTS, "none") is not None


def test_a_check_that_came_to_no_end_is_not_kept_and_ends_nothing(cache: HealthCache) -> None:
    cache.keep(ENDPOINT, HOSTS, "none", BUSY)
    assert cache.find(ENDPOINT, HOSTS, "none") is None
    cache.keep(ENDPOINT, HOSTS, "none", PASSED)
    cache.keep(ENDPOINT, HOSTS, "none", BUSY)
    assert cache.find(ENDPOINT, HOSTS, "none") is not None


def test_the_key_is_nowhere_and_only_the_user_reads_the_files(
    cache: HealthCache, tmp_path: Path, clock: Clock
) -> None:
    cache.keep(ENDPOINT, HOSTS, "none", PASSED)
    folder = tmp_path / "cache" / "health"
    files = list(folder.iterdir())
    assert len(files) == 2
    assert folder.stat().st_mode & 0o777 == 0o700
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600
        assert KEY.encode() not in file.read_bytes()
    assert HealthCache(str(tmp_path / "other"), clock).find(ENDPOINT, HOSTS, "none") is None


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b'{"time": 1800000000, "checks": 5}'])
def test_a_damaged_entry_means_that_the_endpoint_is_asked(
    damage: bytes, cache: HealthCache, tmp_path: Path
) -> None:
    cache.keep(ENDPOINT, HOSTS, "none", PASSED)
    for file in (tmp_path / "cache" / "health").glob("*.json"):
        file.write_bytes(damage)
    assert cache.find(ENDPOINT, HOSTS, "none") is None


def test_entries_that_are_too_old_are_removed(cache: HealthCache, clock: Clock, tmp_path: Path) -> None:
    cache.keep(ENDPOINT, HOSTS, "none", PASSED)
    (old,) = (tmp_path / "cache" / "health").glob("*.json")
    os.utime(old, (0, 0))
    cache.keep(replace(ENDPOINT, provider="another"), HOSTS, "none", PASSED)
    assert not old.exists()


def test_a_folder_that_can_not_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = HealthCache(str(tmp_path / "file" / "health"))
    cache.keep(ENDPOINT, HOSTS, "none", PASSED)
    assert cache.find(ENDPOINT, HOSTS, "none") is None


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/reconciler/health"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/reconciler/health"),
        ({"HOME": "/h"}, "/h/.cache/reconciler/health"),
        ({}, None),
    ],
)
def test_the_cache_is_where_the_users_caches_are(environ: dict[str, str], folder: str | None) -> None:
    assert cache_folder(environ) == folder


MANIFEST = """\
apiVersion: reconciler/v1
kind: Site
metadata: {name: global}
spec: {baseUrl: "%s"}
---
apiVersion: reconciler/v1
kind: Provider
metadata: {name: siliconflow}
spec:
  site: global
  key: {env: CACHED_KEY}
  models: [{id: deepseek-ai/DeepSeek-V3.2}, {id: Qwen/Qwen3-8B}]
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: defaults}
spec: {model: {primary: siliconflow/deepseek-ai/DeepSeek-V3.2}}
"""


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], StandIn]:
    """A home with an OpenClaw, and manifests for a stand-in."""

    def prepared() -> StandIn:
        standin = StandIn("global", [KEY], strict=True)
        home = tmp_path / "home"
        (home / ".openclaw").mkdir(parents=True)
        (home / ".openclaw" / "openclaw.json").write_text('{"meta": {"lastTouchedVersion": "2026.9.6"}}')
        Path("manifests").mkdir()
        Path("manifests/siliconflow.yaml").write_text(MANIFEST % standin.base_url)
        monkeypatch.setenv("HOME", str(home))
        return standin

    for variable in ("XDG_CACHE_HOME", "OPENCLAW_HOME", "OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CACHED_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    return prepared


def paths(standin: StandIn) -> list[str]:
    found = [seen.path.removeprefix("/v1") for seen in standin.requests]
    standin.requests.clear()
    return found


def test_apply_asks_the_endpoint_once_after_a_plan_that_did(
    service: Callable[[], StandIn], capsys: pytest.CaptureFixture[str]
) -> None:
    with service() as standin:
        assert run(["plan", "--health"]) == 0
        assert run(["plan", "--health"]) == 0
        assert paths(standin) == ["/models", "/models"]
        capsys.readouterr()
        assert run(["apply", "--yes"]) == 0
        assert paths(standin) == []
        shown = capsys.readouterr()
    assert "not asked again (--no-cache asks)" in shown.err
    assert "siliconflow" in shown.out
    assert KEY not in shown.out + shown.err


def test_apply_asks_after_a_check_that_came_to_no_end(service: Callable[[], StandIn]) -> None:
    with service() as standin:
        standin.fail_next(FAULTS["overloaded"], times=3)
        assert run(["health"]) == 0
        standin.fail_next(FAULTS["wrong-key-coded"])
        assert run(["apply", "--yes"]) == 5


def test_apply_asks_when_told_to_and_after_a_check_that_failed(service: Callable[[], StandIn]) -> None:
    with service() as standin:
        assert run(["health"]) == 0
        standin.fail_next(FAULTS["wrong-key-coded"])
        assert run(["health"]) == 5
        paths(standin)
        assert run(["apply", "--yes"]) == 0
        assert paths(standin) == ["/models"]
        assert run(["health", "--no-cache"]) == 0


def test_probes_begin_a_completion_of_the_primary_or_of_every_model(
    service: Callable[[], StandIn], capsys: pytest.CaptureFixture[str]
) -> None:
    chat = "/chat/completions"
    with service() as standin:
        assert run(["health", "--probe"]) == 0
        assert paths(standin) == ["/models", chat]
        assert run(["plan", "--health", "--probe-all", "--format", "json"]) == 0
        assert paths(standin) == ["/models", chat, chat]
        out = capsys.readouterr().out
        found = msgspec.json.decode(out[out.index("{\n") :])["health"]["checks"]
        assert [check["subject"] for check in found] == ["", "deepseek-ai/DeepSeek-V3.2", "Qwen/Qwen3-8B"]
        assert run(["apply", "--yes", "--probe"]) == 0
        assert paths(standin) == []
