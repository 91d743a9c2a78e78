"""Exchanges end: in time, within bounds, and with no more attempts than can help."""

from __future__ import annotations

import gzip
import threading
from datetime import UTC, datetime
from email.utils import format_datetime

import msgspec
import pytest

from reconciler.health.answer import Answer, Failure
from reconciler.health.client import Client, Policy, Request, retry_after
from reconciler.health.hosts import Destination
from reconciler.secret import Secret
from reconciler.standin import FAULTS, Fault, StandIn, redirect

KEY = "sk-client-0123456789"
QUICK = Policy(connect_s=0.2, read_s=0.2, total_s=0.6, backoff_s=4.0)


def ask(standin: StandIn, client: Client, **headers: str) -> Answer | Failure:
    url = standin.base_url + "/models?sub_type=chat"
    return client.send(
        Request(Destination(url, "127.0.0.1", "127.0.0.1", loopback=True), Secret(KEY), headers)
    )


def patient(sleeps: list[float], **changes: float) -> Client:
    policy = msgspec.structs.replace(Policy(backoff_s=4.0, longest_wait_s=7.0), **changes)
    return Client(policy, sleep=sleeps.append, random=lambda: 0.5, clock=lambda: 0.0, now=lambda: 1_000_000.0)


@pytest.mark.parametrize("name", ["rate-limited", "overloaded", "server-error", "gateway-timeout", "reset"])
def test_what_may_pass_is_tried_again_after_growing_waits(name: str) -> None:
    sleeps: list[float] = []
    with StandIn(keys=[KEY]) as standin, patient(sleeps) as client:
        standin.fail_next(FAULTS[name], times=2)
        answer = ask(standin, client)
        assert len(standin.requests) == 3
    assert isinstance(answer, Answer)
    assert (answer.status, answer.attempts) == (200, 3)
    assert sleeps == [2.0, 3.5]  # half of 4, half of 8 bounded by 7


def test_after_two_retries_it_is_enough() -> None:
    sleeps: list[float] = []
    with StandIn(keys=[KEY]) as standin, patient(sleeps) as client:
        standin.fail_next(FAULTS["overloaded"], times=9)
        answer = ask(standin, client)
        assert len(standin.requests) == 3
    assert isinstance(answer, Answer)
    assert (answer.status, answer.attempts) == (503, 3)


@pytest.mark.parametrize(
    "name",
    [
        "wrong-key",
        "no-balance",
        "not-found",
        "endpoint-retired",
        "portal",
        "malformed",
        "huge",
        "unknown-model",
    ],
)
def test_what_cannot_pass_is_asked_once(name: str) -> None:
    sleeps: list[float] = []
    with StandIn(keys=[KEY], faults=[FAULTS[name]]) as standin, patient(sleeps) as client:
        ask(standin, client)
        assert (len(standin.requests), sleeps) == (1, [])


@pytest.mark.parametrize(
    ("asked", "sleeps"), [("3", [3.0]), ("7", [7.0]), ("8", []), ("99999999999999", [2.0])]
)
def test_a_bounded_retry_after_is_honoured(asked: str, sleeps: list[float]) -> None:
    slept: list[float] = []
    limited = Fault(status=429, headers={"Retry-After": asked})
    with StandIn(keys=[KEY], faults=[limited]) as standin, patient(slept) as client:
        ask(standin, client)
    assert slept == sleeps


def test_no_wait_goes_beyond_the_time_for_the_whole() -> None:
    slept: list[float] = []
    with StandIn(keys=[KEY], faults=[FAULTS["overloaded"]]) as standin, patient(slept, total_s=1.9) as client:
        answer = ask(standin, client)
    assert isinstance(answer, Answer)
    assert (answer.status, slept) == (503, [])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        (format_datetime(datetime.fromtimestamp(1_000_005, UTC), usegmt=True), 5.0),
        (format_datetime(datetime.fromtimestamp(999_000, UTC), usegmt=True), 0.0),
        ("-3", None),
        ("soon", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, 1_000_000.0) == seconds


@pytest.mark.parametrize("name", ["hang", "dripping-head"])
def test_a_server_that_never_ends_is_given_up(name: str) -> None:
    endless = msgspec.structs.replace(FAULTS[name], pause_s=0.1)
    with StandIn(keys=[KEY], faults=[endless] * 3) as standin, Client(QUICK, sleep=lambda _: None) as client:
        answer = ask(standin, client)
    assert isinstance(answer, Failure)
    assert answer.code == "timeout"


def test_what_is_being_worked_on_and_paid_for_is_not_asked_for_again() -> None:
    with (
        StandIn(keys=[KEY], faults=[FAULTS["hang"]] * 3) as standin,
        Client(QUICK, sleep=lambda _: None) as client,
    ):
        place = Destination(f"{standin.base_url}/chat/completions", "127.0.0.1", "127.0.0.1", loopback=True)
        answer = client.send(Request(place, Secret(KEY), content=b"{}"))
        assert len(standin.requests) == 1
    assert isinstance(answer, Failure)
    assert answer.code == "timeout"


def test_a_body_that_drips_is_cut_in_the_middle() -> None:
    dripping = Fault(body="x" * 1000, drip="body", pause_s=0.05)
    with StandIn(keys=[KEY], faults=[dripping]) as standin, Client(QUICK) as client:
        answer = ask(standin, client)
    assert isinstance(answer, Failure)
    assert answer.code == "timeout"
    assert standin.requests[0].cancelled


def test_a_huge_body_is_not_read_to_its_end() -> None:
    with StandIn(keys=[KEY], faults=[FAULTS["huge"]]) as standin, Client() as client:
        answer = ask(standin, client)
    assert isinstance(answer, Failure)
    assert (answer.code, standin.requests[0].cancelled) == ("too-large", True)


@pytest.mark.parametrize(("size", "code"), [(1000, None), (8 * 1024 * 1024, "too-large")])
def test_a_compressed_body_is_bounded_by_what_comes_out(size: int, code: str | None) -> None:
    packed = gzip.compress(b" " * size).decode("latin-1")
    fault = Fault(body=packed, encoding="latin-1", headers={"Content-Encoding": "gzip"})
    with StandIn(keys=[KEY], faults=[fault]) as standin, Client() as client:
        answer = ask(standin, client)
    assert (answer.code if isinstance(answer, Failure) else None) == code
    assert code or (isinstance(answer, Answer) and answer.body == b" " * size)


def test_damaged_compression_is_an_unexpected_answer() -> None:
    fault = Fault(body="not gzip", headers={"Content-Encoding": "gzip"})
    with StandIn(keys=[KEY], faults=[fault]) as standin, Client() as client:
        answer = ask(standin, client)
    assert isinstance(answer, Failure)
    assert answer.code == "unexpected-answer"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with StandIn(keys=[KEY]) as elsewhere:
        target = redirect(elsewhere.base_url + "/models", status)
        with StandIn(keys=[KEY], faults=[target]) as standin, Client() as client:
            answer = ask(standin, client)
        assert elsewhere.requests == []
    assert isinstance(answer, Answer)
    assert answer.status == status


def test_a_declared_header_cannot_replace_the_key() -> None:
    with StandIn(keys=[KEY]) as standin, Client() as client:
        ask(standin, client, authorization="Bearer sk-other", **{"X-Team": "blue"})
    assert standin.requests[0].key == KEY
    assert standin.requests[0].headers["x-team"] == "blue"


def test_one_client_serves_several_threads() -> None:
    gate = Fault(body="{}", after_requests=4)
    with StandIn(keys=[KEY], faults=[gate] * 4) as standin, Client() as client:
        callers = [threading.Thread(target=ask, args=(standin, client)) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert [request.status for request in standin.requests] == [200] * 4
