"""The stand-in answers as the service does; otherwise tests and demo prove nothing."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import msgspec
import pytest

from reconciler.standin import FAULTS, Fault, Reply, StandIn, ToolCall, redirect

KEY = "sk-good"
CHAT = {"model": "deepseek-ai/DeepSeek-V3.2", "messages": [{"role": "user", "content": "ping"}]}


def get(standin: StandIn, path: str, key: str = KEY, **headers: str) -> httpx.Response:
    return httpx.get(standin.base_url + path, headers={"Authorization": f"Bearer {key}", **headers})


def post(standin: StandIn, body: Any, key: str = KEY) -> httpx.Response:
    url = standin.base_url + "/chat/completions"
    return httpx.post(url, json=body, headers={"Authorization": f"Bearer {key}"})


def events(response: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [msgspec.json.decode(line) for line in lines]


def test_the_listing_mixes_everything_unless_chat_models_are_asked_for() -> None:
    with StandIn(keys=[KEY], models=["a/b"]) as standin:
        everything = [row["id"] for row in get(standin, "/models").json()["data"]]
        chat = get(standin, "/models?sub_type=chat").json()
        text = [row["id"] for row in get(standin, "/models?type=text").json()["data"]]
    assert everything[0] == "a/b"
    assert "Kwai-Kolors/Kolors" in everything
    assert text == ["a/b", "BAAI/bge-m3", "BAAI/bge-reranker-v2-m3"]
    assert chat == {
        "object": "list",
        "data": [{"id": "a/b", "object": "model", "created": 0, "owned_by": ""}],
    }


def test_it_serves_the_catalogue_of_its_site_and_follows_changes() -> None:
    with StandIn("cn", [KEY]) as standin:
        assert "Pro/zai-org/GLM-5.1" in standin.models
        standin.models.remove("Pro/zai-org/GLM-5.1")
        assert "Pro/zai-org/GLM-5.1" not in get(standin, "/models?sub_type=chat").text


def test_requests_are_recorded_with_their_key_and_body() -> None:
    with StandIn(keys=[KEY]) as standin:
        post(standin, CHAT)
        (recorded,) = standin.requests
    assert (recorded.method, recorded.path, recorded.key, recorded.body, recorded.status) == (
        "POST",
        "/v1/chat/completions",
        KEY,
        CHAT,
        200,
    )


def test_a_trace_id_is_echoed_or_made_up() -> None:
    with StandIn(keys=[KEY]) as standin:
        assert get(standin, "/models", **{"X-Trace-Id": "abc"}).headers["x-siliconcloud-trace-id"] == "abc"
        assert get(standin, "/models").headers["x-siliconcloud-trace-id"] == "ti_standin000002"


@pytest.mark.parametrize(
    ("refusal", "authorization", "body"),
    [
        ("coded", "Bearer sk-other-site", '{"code":30014,"message":"Token is invalid.","data":null}'),
        ("coded", "Bearer", '{"code":30014,"message":"Token is invalid.","data":null}'),
        ("bare", "Bearer sk-other-site", '"Api key is invalid"'),
        ("coded", "Bearer Bearer sk-good", '"Invalid token"'),
        ("coded", "", '"Invalid token"'),
    ],
)
def test_a_refused_key_has_three_shapes(refusal: Any, authorization: str, body: str) -> None:
    with StandIn(keys=[KEY], refusal=refusal) as standin:
        answer = httpx.get(standin.base_url + "/models", headers={"Authorization": authorization})
    assert (answer.status_code, answer.text) == (401, body)


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/v1/v1/models", 404, "404 page not found"),
        ("GET", "/models", 404, "404 page not found"),
        ("POST", "/v1/responses", 404, "404 page not found"),
        ("GET", "/v1/user/info", 410, FAULTS["endpoint-retired"].body),
    ],
)
def test_wrong_and_retired_paths_are_told_before_the_key_is_looked_at(
    method: str, path: str, status: int, text: str
) -> None:
    with StandIn() as standin:
        answer = httpx.request(method, f"http://127.0.0.1:{standin.port}{path}")
    assert (answer.status_code, answer.text) == (status, text)


def test_a_completion_carries_thoughts_and_token_details() -> None:
    with StandIn(keys=[KEY]) as standin:
        answer = post(standin, CHAT).json()
        silent = post(standin, {**CHAT, "enable_thinking": False}).json()
    message = answer["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("pong", "The user says ping.")
    assert answer["usage"]["completion_tokens_details"]["reasoning_tokens"] == 4
    assert "reasoning_content" not in silent["choices"][0]["message"]


def test_a_stream_starts_with_an_empty_thought_and_ends_with_usage_on_request() -> None:
    with StandIn(keys=[KEY]) as standin:
        plain = events(post(standin, {**CHAT, "stream": True}))
        counted = events(post(standin, {**CHAT, "stream": True, "stream_options": {"include_usage": True}}))
    assert plain[0]["choices"][0]["delta"]["reasoning_content"] == ""
    assert all("usage" not in event for event in plain)
    assert plain[-1]["choices"][0]["finish_reason"] == "stop"
    assert (counted[-1]["choices"], counted[-1]["usage"]["prompt_tokens"]) == ([], 9)


def test_later_tool_deltas_repeat_an_empty_name_and_a_null_id() -> None:
    with StandIn(keys=[KEY]) as standin:
        standin.reply_next(Reply(tool_call=ToolCall("read", '{"path": "a"}')))
        streamed = events(post(standin, {**CHAT, "stream": True}))
    calls = [d["tool_calls"][0] for e in streamed if "tool_calls" in (d := e["choices"][0]["delta"])]
    assert [(call["id"], call["function"]["name"]) for call in calls] == [
        ("call_0001", "read"),
        (None, ""),
        (None, ""),
    ]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"path": "a"}'
    assert streamed[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_caller_that_leaves_a_stream_is_recorded() -> None:
    with StandIn(keys=[KEY]) as standin:
        standin.reply_next(Reply(endless=True))
        url, headers = standin.base_url + "/chat/completions", {"Authorization": f"Bearer {KEY}"}
        with httpx.stream("POST", url, json={**CHAT, "stream": True}, headers=headers) as response:
            next(response.iter_lines())
    assert standin.requests[0].cancelled


@pytest.mark.parametrize(
    ("site", "model", "extra", "code"),
    [
        ("global", "no/such-model", {}, 20012),
        ("cn", "zai-org/GLM-4.6V", {}, 20012),
        ("cn", "Pro/zai-org/GLM-5", {}, None),  # redirected
        ("global", "deepseek-ai/DeepSeek-R1", {"enable_thinking": False}, 20015),
        ("global", "deepseek-ai/DeepSeek-V3.2", {"enable_thinking": False}, None),
        ("global", "deepseek-ai/DeepSeek-V3.2", {"tool_choice": "required"}, 20015),
        ("global", "deepseek-ai/DeepSeek-V3.2", {"max_tokens": 164000}, 20015),
        ("global", "deepseek-ai/DeepSeek-V3.2", {"messages": []}, 20015),
        ("global", "deepseek-ai/DeepSeek-V3.2", {"store": False, "max_completion_tokens": 1}, None),
    ],
)
def test_bad_requests_get_the_services_codes(
    site: Any, model: str, extra: dict[str, Any], code: int | None
) -> None:
    with StandIn(site, [KEY]) as standin:
        answer = post(standin, {**CHAT, "model": model, **extra})
    assert answer.json().get("code") == code
    assert answer.status_code == (200 if code is None else 400)


@pytest.mark.parametrize(
    ("site", "model", "extra", "accepted"),
    [
        (
            "global",
            "deepseek-ai/DeepSeek-V3.2",
            {"max_tokens": 5, "stream_options": {}, "tool_choice": "auto"},
            True,
        ),
        ("global", "deepseek-ai/DeepSeek-V3.2", {"store": False}, False),
        ("global", "deepseek-ai/DeepSeek-V3.2", {"max_completion_tokens": 5}, False),
        ("global", "deepseek-ai/DeepSeek-V3.2", {"messages": [{"role": "developer", "content": "x"}]}, False),
        (
            "global",
            "deepseek-ai/DeepSeek-V3.2",
            {"tools": [{"function": {"name": "a", "strict": False}}]},
            False,
        ),
        ("global", "deepseek-ai/DeepSeek-V3.2", {"reasoning_effort": "high"}, False),
        ("global", "zai-org/GLM-5.2", {"reasoning_effort": "high"}, True),
        ("global", "zai-org/GLM-5.2", {"reasoning_effort": "low"}, False),
        ("global", "zai-org/GLM-5.3", {"reasoning_effort": "low"}, True),
        ("cn", "deepseek-ai/DeepSeek-V4-Flash", {"reasoning_effort": "max"}, True),
        ("global", "deepseek-ai/DeepSeek-V3.1", {"tools": [{}], "enable_thinking": True}, False),
        ("global", "deepseek-ai/DeepSeek-V3.1", {"tools": [{}], "enable_thinking": False}, True),
        ("global", "deepseek-ai/DeepSeek-R1", {"thinking_budget": 128}, True),
        ("global", "deepseek-ai/DeepSeek-V3", {"thinking_budget": 128}, False),
    ],
)
def test_a_strict_stand_in_refuses_what_is_not_documented(
    site: Any, model: str, extra: dict[str, Any], accepted: bool
) -> None:
    with StandIn(site, [KEY], strict=True) as standin:
        answer = post(standin, {**CHAT, "model": model, **extra})
    assert (answer.status_code, answer.json().get("code")) == ((200, None) if accepted else (400, 20015))


def test_faults_answer_in_order_and_then_the_service_again() -> None:
    with StandIn(keys=[KEY], faults=[FAULTS["overloaded"]]) as standin:
        standin.fail_next(Fault(status=429, headers={"Retry-After": "2"}), times=2)
        answers = [get(standin, "/models") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 429, 429, 200]
    assert answers[1].headers["Retry-After"] == "2"


def test_a_redirect_points_where_it_is_told() -> None:
    with StandIn(keys=[KEY], faults=[redirect("https://elsewhere.example/v1")]) as standin:
        answer = get(standin, "/models")
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.example/v1")


@pytest.mark.parametrize("name", ["reset", "reset-mid-body"])
def test_a_reset_cuts_the_connection(name: str) -> None:
    with StandIn(keys=[KEY], faults=[FAULTS[name]]) as standin, pytest.raises(httpx.TransportError):
        get(standin, "/models")


def test_a_dripping_answer_arrives_whole() -> None:
    with StandIn(keys=[KEY], faults=[FAULTS["dripping-head"], FAULTS["dripping-body"]]) as standin:
        assert [get(standin, "/models").json()["data"] for _ in range(2)] == [[], []]


def test_a_gate_opens_when_enough_requests_wait_at_it() -> None:
    gate = Fault(status=204, after_requests=3)
    with StandIn(keys=[KEY], faults=[gate, gate, gate]) as standin:
        callers = [threading.Thread(target=get, args=(standin, "/models")) for _ in range(3)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert [request.status for request in standin.requests] == [204, 204, 204]


def test_closing_ends_hanging_requests() -> None:
    failures: list[type[Exception]] = []

    def call() -> None:
        try:
            get(standin, "/models")
        except httpx.TransportError as error:
            failures.append(type(error))

    with StandIn(keys=[KEY], faults=[FAULTS["hang"]]) as standin:
        caller = threading.Thread(target=call)
        caller.start()
        standin.wait_for_requests(1)
    caller.join()
    assert len(failures) == 1


def test_two_sites_keep_their_keys_apart() -> None:
    with StandIn("cn", ["sk-cn"]) as cn, StandIn("global", ["sk-global"]) as world:
        statuses = [
            get(site, "/models", key).status_code for site in (cn, world) for key in ("sk-cn", "sk-global")
        ]
    assert statuses == [200, 401, 401, 200]
