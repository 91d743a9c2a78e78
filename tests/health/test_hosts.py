"""A pull request that edits an address must not be able to collect a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.health.hosts import Destination, NotAllowed, destination

PATH = "/models?sub_type=chat"


@pytest.mark.parametrize(
    ("base_url", "allowed", "host", "loopback"),
    [
        ("https://api.siliconflow.cn/v1", (), "api.siliconflow.cn", False),
        ("https://api.siliconflow.com/v1/", (), "api.siliconflow.com", False),
        ("https://API.SiliconFlow.com/v1", (), "api.siliconflow.com", False),
        ("https://api-st.siliconflow.cn/v1", (), "api-st.siliconflow.cn", False),
        ("http://127.0.0.1:8080/v1", (), "127.0.0.1", True),
        ("http://localhost:8080/v1", (), "localhost", True),
        ("http://[::1]:8080/v1", (), "[::1]", True),
        ("https://mirror.example/v1", ("mirror.example",), "mirror.example", False),
        ("https://mirror.example/v1", ("Mirror.Example",), "mirror.example", False),
        ("https://mirror.example:8443/v1", ("mirror.example:8443",), "mirror.example", False),
    ],
)
def test_a_key_may_go_to_the_service_to_loopback_and_where_the_operator_says(
    base_url: str, allowed: tuple[str, ...], host: str, loopback: bool
) -> None:
    place = destination(base_url, PATH, allowed)
    assert isinstance(place, Destination)
    assert (place.host, place.loopback) == (host, loopback)
    assert place.url == base_url.rstrip("/") + PATH


@pytest.mark.parametrize(
    ("base_url", "path", "code"),
    [
        ("https://evil.example/v1", PATH, "host-not-allowed"),
        ("https://api.siliconflow.cn.evil.example/v1", PATH, "host-not-allowed"),
        ("https://siliconflow.cn/v1", PATH, "host-not-allowed"),
        ("https://mirror.example:9/v1", PATH, "host-not-allowed"),
        ("https://127.0.0.1.nip.io/v1", PATH, "host-not-allowed"),
        ("https://127.1/v1", PATH, "host-not-allowed"),
        ("https://0x7f000001/v1", PATH, "host-not-allowed"),
        ("https://[::ffff:10.0.0.1]/v1", PATH, "bad-url"),
        ("http://api.siliconflow.cn/v1", PATH, "not-https"),
        ("https://api.siliconflow.cn@evil.example/v1", PATH, "bad-url"),
        ("https://evil.example\\@api.siliconflow.cn/v1", PATH, "bad-url"),
        ("https://api.siliconflow.cn#@evil.example/v1", PATH, "bad-url"),
        ("https://api.siliconflow.cn", "@evil.example/v1", "bad-url"),
        ("https://api.siliconflow.cn", ".evil.example/v1", "bad-url"),
        ("https://api.siliconflow.cn /v1", PATH, "bad-url"),
        ("https://api.siliconflow.cn\n/v1", PATH, "bad-url"),
        ("https://ａpi.siliconflow.cn/v1", PATH, "bad-url"),
        ("https:///v1", PATH, "bad-url"),
        ("ftp://api.siliconflow.cn/v1", PATH, "bad-url"),
        ("https://a..b/v1", PATH, "bad-url"),
        ("https://" + "a" * 64 + ".example/v1", PATH, "bad-url"),
        ("", PATH, "bad-url"),
    ],
)
def test_a_key_goes_nowhere_else(base_url: str, path: str, code: str) -> None:
    place = destination(base_url, path, {"mirror.example:8443"})
    assert isinstance(place, NotAllowed)
    assert place.code == code


def test_an_allowed_host_still_needs_https() -> None:
    place = destination("http://mirror.example/v1", PATH, {"mirror.example"})
    assert isinstance(place, NotAllowed)
    assert place.code == "not-https"


def test_the_refusal_names_the_option_that_allows_the_host() -> None:
    place = destination("https://mirror.example:8443/v1", PATH)
    assert isinstance(place, NotAllowed)
    assert "--allow-host mirror.example" in place.remedy


def test_a_password_in_an_address_is_not_repeated() -> None:
    place = destination("https://me:hunter2@mirror.example/v1", PATH)
    assert isinstance(place, NotAllowed)
    assert "hunter2" not in place.message


@given(st.text(alphabet="aA0.:/@\\?#[]%_- \t\n\x00é。", max_size=30))
def test_no_spelling_smuggles_in_another_host(tail: str) -> None:
    httpx = pytest.importorskip("httpx")
    place = destination("https://api.siliconflow.cn" + tail, "/models")
    if isinstance(place, Destination):
        assert httpx.URL(place.url).host == place.host == "api.siliconflow.cn"
