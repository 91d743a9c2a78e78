"""What fails before there is an answer is told apart: certificate, name, proxy, connection."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest

from reconciler.cli.main import run
from reconciler.health.check import check_endpoints
from reconciler.health.client import Client
from reconciler.health.failures import explain
from reconciler.health.report import Check, Endpoint
from reconciler.secret import Secret
from reconciler.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-sentinel-0123456789abcdef"
CERTIFICATES = os.path.join(os.path.dirname(__file__), "certificates")
LISTING = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"data": []}'
PROXY_LOGIN = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies and certificates stay out of these tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def certificate(name: str) -> str:
    return os.path.join(CERTIFICATES, f"{name}.pem")


@contextlib.contextmanager
def server(
    answer: bytes, wrap: Callable[[socket.socket], socket.socket] = lambda plain: plain
) -> Iterator[tuple[int, list[bytes]]]:
    """Answers every connection with the same bytes; gives its port and what it has read."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    plain, _ = listener.accept()
                    with contextlib.suppress(OSError), wrap(plain) as connection:
                        received.append(connection.recv(65536))
                        connection.sendall(answer)
                    plain.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], received
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def with_certificate(name: str) -> Callable[[socket.socket], socket.socket]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(name))
    return lambda plain: context.wrap_socket(plain, server_side=True)


def check(base_url: str) -> Check:
    endpoint = Endpoint("siliconflow", "global", base_url, "/models", Secret(KEY))
    report = check_endpoints([endpoint], make_client=lambda: Client(sleep=lambda _: None))
    return report.checks[0]


@pytest.mark.parametrize(
    ("shown", "code", "words"),
    [
        ("valid", "ok", "accepts the key"),
        ("expired", "tls-expired", "certificate has expired"),
        ("not-yet-valid", "tls", "clock"),
        ("other-name", "tls", "another host"),
    ],
)
def test_a_certificates_fault_is_named(
    monkeypatch: pytest.MonkeyPatch, shown: str, code: str, words: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certificate(shown))
    with server(LISTING, with_certificate(shown)) as (port, _):
        found = check(f"https://127.0.0.1:{port}/v1")
    assert found.code == code
    assert words in found.message


def test_a_certificate_that_nobody_vouches_for_points_to_an_inspecting_proxy() -> None:
    with server(LISTING, with_certificate("valid")) as (port, received):
        found = check(f"https://127.0.0.1:{port}/v1")
    assert (found.code, found.verdict) == ("tls", "block")
    assert "signed by nobody this machine trusts" in found.message
    assert "SSL_CERT_FILE" in found.remedy
    assert KEY.encode() not in b"".join(received)


def test_a_server_without_tls_is_a_tls_fault() -> None:
    with server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, received):
        assert check(f"https://127.0.0.1:{port}/v1").code == "tls"
    assert KEY.encode() not in b"".join(received)


def test_a_missing_certificate_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/roots.pem")
    found = check("http://127.0.0.1:9/v1")
    assert found.code == "tls"
    assert "SSL_CERT_FILE" in found.message


def test_nobody_listening_is_a_network_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = check(f"http://127.0.0.1:{port}/v1")
    assert (found.code, found.verdict) == ("network", "block")
    assert "after 3 attempts" in found.message


def test_a_proxy_that_wants_a_login_is_told_apart_and_sees_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(PROXY_LOGIN) as (port, received):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        found = check("https://api.siliconflow.com/v1")
    assert (found.code, found.verdict) == ("proxy", "block")
    assert "407" in found.message
    assert received[0].startswith(b"CONNECT api.siliconflow.com:443")
    assert KEY.encode() not in b"".join(received)


def test_a_proxy_that_is_not_there_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
    found = check("https://api.siliconflow.com/v1")
    assert found.code == "proxy"
    assert "HTTPS_PROXY" in found.remedy


@pytest.mark.parametrize(
    "proxy", ["gopher://127.0.0.1:70", "http://me:hunter2@[bad", "socks5://127.0.0.1:1080"]
)
def test_an_unusable_proxy_is_told_apart_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    found = check("https://api.siliconflow.com/v1")
    assert found.code == "proxy"
    assert "hunter2" not in repr(found)


def test_loopback_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn(keys=[KEY]) as standin, server(PROXY_LOGIN) as (port, received):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        assert check(standin.base_url).code == "ok"
    assert received == []


def look_up() -> OSError:
    try:
        socket.getaddrinfo("nowhere", 443, flags=socket.AI_NUMERICHOST)
    except socket.gaierror as error:
        return error
    raise AssertionError("a name is not a number")


def caused(error: httpx.HTTPError, cause: BaseException) -> httpx.HTTPError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "proxied", "code", "retry"),
    [
        (caused(httpx.ConnectError("x"), look_up()), False, "dns", False),
        (caused(httpx.ConnectError("x"), look_up()), True, "proxy", False),
        (caused(httpx.ConnectError("x"), socket.gaierror(socket.EAI_AGAIN, "again")), False, "dns", True),
        (httpx.ConnectTimeout("x"), False, "network", True),
        (httpx.ConnectTimeout("x"), True, "proxy", True),
        (httpx.ReadTimeout("x"), False, "timeout", True),
        (httpx.WriteError("x"), False, "network", True),
        (httpx.RemoteProtocolError("x"), False, "network", True),
        (httpx.ProxyError("407"), True, "proxy", False),
        (httpx.InvalidURL("x"), False, "proxy", False),
    ],
)
def test_an_exception_is_told_apart_by_its_cause(
    error: Exception, proxied: bool, code: str, retry: bool
) -> None:
    failure = explain(error, proxied=proxied)
    assert (failure.code, failure.retry) == (code, retry)


MANIFESTS = """\
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
  key: {env: NETWORK_KEY}
  models: [{id: deepseek-ai/DeepSeek-V3.2}]
"""
# Longer than any name may be, so that nobody is asked for it.
NOWHERE = ".".join(["nowhere" * 8] * 5)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETWORK_KEY", KEY)
    monkeypatch.setenv("RECONCILER_ALLOW_HOSTS", NOWHERE)
    monkeypatch.setenv("COLUMNS", "4000")
    (tmp_path / ".openclaw").mkdir(mode=0o700)
    return tmp_path


def assert_blocked(capsys: pytest.CaptureFixture[str], base_url: str, code: str, words: str) -> None:
    """The command line names the fault, ends with 5, and leaves the state folder empty."""
    Path("all.yaml").write_text(MANIFESTS % base_url, encoding="utf-8")
    assert run(["health", "-f", "all.yaml", "--format", "json"]) == 5
    (found,) = (one for one in msgspec.json.decode(capsys.readouterr().out)["checks"] if not one["subject"])
    assert found["code"] == code
    assert run(["apply", "-f", "all.yaml", "--yes"]) == 5
    shown = capsys.readouterr()
    assert words in shown.err
    assert KEY not in shown.out + shown.err
    assert {path.name for path in Path(".openclaw").rglob("*") if path.is_file()} <= {"lock"}


@pytest.mark.parametrize(
    ("shown", "code", "words"),
    [
        ("expired", "tls-expired", "Check the clock with `date`"),
        ("not-yet-valid", "tls", "clock"),
        ("other-name", "tls", "another host"),
    ],
)
def test_a_bad_certificate_ends_an_apply_before_it_writes(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shown: str,
    code: str,
    words: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certificate(shown))
    with server(LISTING, with_certificate(shown)) as (port, received):
        assert_blocked(capsys, f"https://127.0.0.1:{port}/v1", code, words)
    assert KEY.encode() not in b"".join(received)


def test_an_inspecting_proxys_certificate_ends_an_apply_before_it_writes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with server(LISTING, with_certificate("valid")) as (port, _):
        assert_blocked(capsys, f"https://127.0.0.1:{port}/v1", "tls", "SSL_CERT_FILE")


def test_a_name_that_nobody_knows_ends_an_apply_before_it_writes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_blocked(capsys, f"https://{NOWHERE}/v1", "dns", "can't be resolved")


def test_a_proxy_that_wants_a_login_ends_an_apply_before_it_writes(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with server(PROXY_LOGIN) as (port, received):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        assert_blocked(capsys, "https://api.siliconflow.com/v1", "proxy", "HTTPS_PROXY")
    assert KEY.encode() not in b"".join(received)


def test_a_port_where_nobody_listens_ends_an_apply_before_it_writes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert_blocked(capsys, f"http://127.0.0.1:{port}/v1", "network", "could not be made")
