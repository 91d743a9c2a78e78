"""What is tried on each release. A stage starts in an empty home, and gives a remark or raises ``WrongError``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.openclaw.stores import put_profiles
from tests.releases.home import KEYS, OTHER, TEXT, VARIABLE, Home

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.openclaw.install import Release

CONFIG = """\
// switched by hand, one evening
{
  meta: { lastTouchedVersion: "%s" },
  gateway: { mode: "local" },
  models: {
    providers: {
      siliconflow: {
        baseUrl: "%s", // the other site!
        apiKey: "${SILICONFLOW_API_KEY}",
        api: "openai-completions",
        models: [],
      },
    },
  },
  agents: { defaults: { skipBootstrap: true } },
}
"""
PLAIN: dict[str, Any] = {"gateway": {"mode": "local"}, "agents": {"defaults": {"skipBootstrap": True}}}
PROFILE: dict[str, Any] = {"profile": "work", "from": {"env": VARIABLE}}
NOT_TRIED = "not tried"
# An apply may say that it can't make the declared key win, and write nothing.
SAID_NO = "refused"
REFUSED = 3


def mend_and_undo(release: Release, folder: Path, _: Release | None) -> str:
    """The README's example, with a turn, an empty plan, no drift; and back again."""
    with Home(release, folder, key="global") as home:
        before = CONFIG % (release.version, home.sites["cn"].base_url)
        home.sandbox.write_config(before)
        _declare(home, "global", {"env": VARIABLE})
        home.require(2, "plan", "--exit-code")
        home.require(0, "apply", "--yes")
        home.require_turn("global")
        home.require(0, "plan", "--exit-code")
        home.require(0, "drift")
        home.require(0, "rollback", "--yes", "--skip-health")
        after = home.sandbox.config_path.read_text("utf-8")
        return "" if after == before else "after rollback the config has the old values in other bytes"


def switch_with_a_profile(release: Release, folder: Path, _: Release | None) -> str:
    """From one site to the other and back by rollback with a declared profile, beside one of the user's own."""
    with Home(release, folder) as home:
        _beside_the_users_own(home)
        _declare(home, "cn", PROFILE)
        home.require(0, "apply", "--yes")
        home.require_turn("cn")
        home.key = "global"
        _declare(home, "global", PROFILE)
        home.require(0, "apply", "--yes")
        home.require_turn("global")
        home.require(0, "plan", "--exit-code")
        home.key = "cn"
        home.require(0, "rollback", "--yes")
        home.require_turn("cn")
    return ""


def switch_with_a_variable(release: Release, folder: Path, _: Release | None) -> str:
    """The same with a key in a variable: the declared key wins, or the apply is refused and says why."""
    with Home(release, folder) as home:
        _beside_the_users_own(home)
        _declare(home, "cn", {"env": VARIABLE})
        home.require(0, "apply", "--yes")
        home.key = "global"
        _declare(home, "global", {"env": VARIABLE})
        done = home.reconcile("apply", "--yes")
        if done.returncode == REFUSED:
            return SAID_NO
        if done.returncode:
            home.require(0, "apply", "--yes")
        home.require_turn("global")
        home.require(0, "plan", "--exit-code")
    return ""


def upgrade(release: Release, folder: Path, previous: Release | None) -> str:
    """Config and stores of the release before, OpenClaw's own doctor, then another model as primary."""
    if previous is None:
        return NOT_TRIED
    with Home(previous, folder) as home:
        home.sandbox.write_config(json.dumps(PLAIN, indent=2))
        _declare(home, "cn", PROFILE)
        home.require(0, "apply", "--yes")
        home.require_turn("cn")
        remark = home.upgrade(release)
        _declare(home, "cn", PROFILE, OTHER)
        home.require(0, "apply", "--yes")
        home.require_turn("cn", OTHER)
        home.require(0, "plan", "--exit-code")
    return remark


STAGES: Mapping[str, Callable[[Release, Path, Release | None], str]] = {
    "site mended, and rolled back": mend_and_undo,
    "site switched, `profile`": switch_with_a_profile,
    "site switched, `env`": switch_with_a_variable,
    "upgraded": upgrade,
}


def _declare(home: Home, site: str, key: dict[str, Any], primary: str = TEXT) -> None:
    models = [{"id": TEXT, "alias": "DeepSeek V3.2"}, *([{"id": OTHER}] if primary == OTHER else [])]
    home.declare("Provider", "siliconflow", {"site": site, "key": key, "models": models})
    home.declare("Agent", "defaults", {"model": {"primary": f"siliconflow/{primary}", "fallbacks": []}})


def _beside_the_users_own(home: Home) -> None:
    """A key of the CN site that a person put into OpenClaw's auth store."""
    home.sandbox.write_config(json.dumps(PLAIN, indent=2))
    profile = {"type": "api_key", "provider": "siliconflow", "key": KEYS["cn"]}
    put_profiles(home.sandbox, {"siliconflow:mine": profile}, {})
