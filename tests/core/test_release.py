"""Releases order as OpenClaw publishes them."""

from __future__ import annotations

import pytest

from reconciler.openclaw.capabilities import FIELDS, NEWEST, OLDEST, capabilities_of
from reconciler.release import Release

IN_ORDER = [
    "2026.1.30",
    "2026.2.9",
    "2026.6.11",
    "2026.6.33",
    "2026.7.1",
    "2026.8.1-beta.2",
    "2026.8.1",
    "2026.9.6",
    "2026.10.1",
]

KINDS = ("agent.defaults", "agent", "entry", "model", "provider")
# Each release at which something came or went, and those at the ends.
CHECKED = sorted(
    {OLDEST, NEWEST}
    | {bound for span in FIELDS.values() for bound in (span.since, span.until) if bound and bound >= OLDEST}
)


def test_releases_order_by_number_and_a_prerelease_comes_before_its_release() -> None:
    assert sorted(map(Release.parse, reversed(IN_ORDER))) == [Release.parse(text) for text in IN_ORDER]


@pytest.mark.parametrize("text", IN_ORDER)
def test_a_release_prints_as_it_was_written(text: str) -> None:
    assert str(Release.parse(text)) == text


@pytest.mark.parametrize("text", ["", "6.11", "2026.6", "2026.6.11.1", "latest", "2026.6.11\n; rm"])
def test_what_is_no_release_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no OpenClaw release"):
        Release.parse(text)


def test_a_maintenance_line_has_the_shapes_of_its_base() -> None:
    base, line = capabilities_of(Release.parse("2026.6.11")), capabilities_of(Release.parse("2026.6.35"))
    assert (base.auth_store, base.model_policy) == (line.auth_store, line.model_policy)


def test_an_unknown_newer_release_is_treated_as_the_newest_known_with_a_doubt() -> None:
    capabilities = capabilities_of(Release.parse("2027.1.1"))
    assert capabilities.doubt
    assert capabilities.auth_store == capabilities_of(NEWEST).auth_store


@pytest.mark.parametrize(
    ("release", "kind", "path", "value", "taken"),
    [
        ("2026.1.30", "model", ("compat", "supportsStore"), False, True),
        ("2026.2.9", "model", ("compat", "thinkingFormat"), "qwen", False),
        ("2026.4.15", "model", ("compat", "thinkingFormat"), "qwen", True),
        ("2026.4.15", "model", ("compat", "thinkingFormat"), "deepseek", False),
        ("2026.4.15", "model", ("input",), ["text", "video"], False),
        ("2026.6.11", "agent.defaults", ("modelPolicy", "allow"), [], False),
        ("2026.4.25", "model", ("compat", "thinkingFormat"), "qwen", True),
        ("2026.4.26", "model", ("compat", "thinkingFormat"), "qwen", False),
        ("2026.4.29", "model", ("compat", "thinkingFormat"), "qwen-chat-template", False),
        ("2026.5.20", "model", ("compat", "thinkingFormat"), "qwen", True),
        ("2026.8.1", "agent.defaults", ("modelPolicy", "allow"), [], True),
        ("2026.7.1", "provider", ("contextWindow",), 1, True),
        ("2026.8.1", "provider", ("contextWindow",), 1, False),
        ("2026.9.6", "agent", ("imageModel", "primary"), "a/b", False),
    ],
)
def test_a_release_takes_what_its_schema_has(
    release: str, kind: str, path: tuple[str, ...], value: object, taken: bool
) -> None:
    obstacle = capabilities_of(Release.parse(release)).obstacle(kind, path, value)
    assert (obstacle is None) is taken


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_release_that_is_not_certain_takes_is_taken_by_each_that_it_may_be(name: str) -> None:
    kind = next(kind for kind in sorted(KINDS, key=len, reverse=True) if name.startswith(f"{kind}."))
    path = tuple(name.removeprefix(f"{kind}.").split("."))
    for oldest in (None, *CHECKED):
        possible = [release for release in CHECKED if oldest is None or release >= oldest]
        taken = [capabilities_of(release).obstacle(kind, path, 1) is None for release in possible]
        obstacle = capabilities_of(oldest, certain=False).obstacle(kind, path, 1)
        assert (obstacle is None) is all(taken)
        assert obstacle is None or obstacle.certain is not any(taken)


def test_an_unknown_release_is_none_that_could_be_wrong() -> None:
    unknown = capabilities_of(None, certain=False)
    features = (unknown.model_policy, unknown.secret_refs, unknown.store_refs, unknown.agent_entries)
    assert not any(features)
    assert unknown.writes_keys
    assert unknown.keeps_keys
    assert not unknown.auth_store_known
    assert "`release:`" in unknown.doubt
    found = capabilities_of(Release(2026, 6, 11), certain=False, store_found="agent-database")
    assert (found.auth_store, found.auth_store_known) == ("agent-database", True)


@pytest.mark.parametrize(
    "release", ["2026.1.30", "2026.4.15", "2026.6.11", "2026.7.1", "2026.8.2", "2026.9.6"]
)
def test_which_auth_store_a_known_release_uses_is_known(release: str) -> None:
    assert capabilities_of(Release.parse(release)).auth_store_known
