"""The probe begins one completion, with the thinking control that the model takes, and hangs up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.health.check import check_endpoints
from reconciler.health.client import Client
from reconciler.health.probe import request_body
from reconciler.health.report import Check, Endpoint, ModelUse
from reconciler.secret import Secret
from reconciler.sites.catalog import load_catalog
from reconciler.standin import FAULTS, Fault, Reply, StandIn

if TYPE_CHECKING:
    from reconciler.health.check import Probing
    from reconciler.sites.catalog import CatalogName

KEY = "sk-sentinel-0123456789abcdef"
PRIMARY = ModelUse("deepseek-ai/DeepSeek-V3.2", "primary")
OTHER = ModelUse("zai-org/GLM-5.2", "fallback")


def check(
    standin: StandIn, probe: Probing = "primary", models: tuple[ModelUse, ...] = (PRIMARY, OTHER)
) -> list[Check]:
    endpoint = Endpoint(
        "siliconflow",
        "global",
        standin.base_url,
        "/models?sub_type=chat",
        Secret(KEY),
        models=models,
        catalog="global",
    )
    made = check_endpoints([endpoint], probe=probe, make_client=lambda: Client(sleep=lambda _: None))
    return list(made.checks)


def chats(standin: StandIn) -> list[Any]:
    return [request.body for request in standin.requests if request.method == "POST"]


@pytest.mark.parametrize(
    ("site", "model_id", "thinking"),
    [
        ("global", "deepseek-ai/DeepSeek-V3.2", {"enable_thinking": False}),
        ("global", "deepseek-ai/DeepSeek-R1", {"thinking_budget": 128}),
        ("global", "deepseek-ai/DeepSeek-V3", {}),
        ("global", "zai-org/GLM-5.2", {}),
        ("cn", "moonshotai/Kimi-K2.7-Code", {}),
        ("cn", "made/up", {}),
        (None, "deepseek-ai/DeepSeek-V3.2", {}),
    ],
)
def test_only_a_control_that_the_model_takes_is_sent(
    site: CatalogName | None, model_id: str, thinking: dict[str, Any]
) -> None:
    body = request_body(model_id, site)
    assert {name: value for name, value in body.items() if "thinking" in name} == thinking
    assert (body["stream"], body["max_tokens"], body["model"]) == (True, 16, model_id)


@pytest.mark.parametrize("site", ["cn", "global"])
def test_a_strict_service_takes_the_probe_of_every_model(site: CatalogName) -> None:
    uses = tuple(ModelUse(model.id, "declared") for model in load_catalog(site))
    with StandIn(site, [KEY], strict=True) as standin:
        endpoint = Endpoint("p", site, standin.base_url, "/models", Secret(KEY), models=uses, catalog=site)
        report = check_endpoints([endpoint], probe="all", make_client=Client)
    assert [found.subject for found in report.checks if found.code != "ok"] == []
    assert len(report.checks) == len(uses) + 1


def test_nothing_is_completed_unless_asked_for() -> None:
    with StandIn(keys=[KEY]) as standin:
        check(standin, "none")
        assert chats(standin) == []


def test_only_the_primary_model_is_probed_by_default() -> None:
    with StandIn(keys=[KEY]) as standin:
        found = check(standin)
        assert [body["model"] for body in chats(standin)] == [PRIMARY.id]
    assert (found[-1].subject, found[-1].code) == (PRIMARY.id, "ok")


def test_every_model_is_probed_on_request_but_for_the_hopeless() -> None:
    gone = ModelUse("made/up", "primary")
    with StandIn(keys=[KEY]) as standin:
        check(standin, "all", (PRIMARY, OTHER, gone))
        assert [body["model"] for body in chats(standin)] == [PRIMARY.id, OTHER.id]


def test_the_stream_is_left_at_its_first_chunk() -> None:
    with StandIn(keys=[KEY]) as standin:
        standin.reply_next(Reply(endless=True))
        found = check(standin)
    assert found[-1].code == "ok"
    assert standin.requests[-1].cancelled


@pytest.mark.parametrize(
    ("name", "code", "level"),
    [
        ("no-balance", "no-balance", "block"),
        ("no-balance-402", "no-balance", "block"),
        ("model-disabled", "model-disabled", "block"),
        ("paid-balance-only", "paid-balance-only", "block"),
        ("no-thinking-switch", "parameter-refused", "block"),
        ("unknown-model", "model-missing", "block"),
        ("code-in-200", "no-balance", "block"),
        ("overloaded", "service-busy", "warn"),
        ("portal", "not-the-service", "block"),
        ("no-list", "unexpected-answer", "block"),
    ],
)
def test_what_a_listing_cannot_show_is_found(name: str, code: str, level: str) -> None:
    with StandIn(
        keys=[KEY], faults=[Fault(body='{"data": [{"id": "deepseek-ai/DeepSeek-V3.2"}]}')]
    ) as standin:
        standin.fail_next(FAULTS[name], times=3)
        found = check(standin, models=(PRIMARY,))[-1]
    assert (found.subject, found.code, found.verdict) == (PRIMARY.id, code, level)


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (': ping\n\ndata: {"choices": []}\n\n', "ok"),
        ('data:{"choices": []}\r\n\r\n', "ok"),
        ('{"choices": []}', "ok"),
        ('data: {"code": 30001, "message": "no balance"}\n\n', "no-balance"),
        ('data: {"error": {"code": 20012, "message": "no model"}}\n\n', "model-missing"),
        ("data: [DONE]\n\n", "unexpected-answer"),
        (": ping\n\n", "unexpected-answer"),
    ],
)
def test_the_first_event_is_judged(stream: str, code: str) -> None:
    with StandIn(
        keys=[KEY], faults=[Fault(body='{"data": [{"id": "deepseek-ai/DeepSeek-V3.2"}]}')]
    ) as standin:
        standin.fail_next(Fault(body=stream, content_type="text/event-stream"))
        assert check(standin, models=(PRIMARY,))[-1].code == code
