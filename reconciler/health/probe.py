"""The optional proof by doing: begin a completion and hang up at its first chunk.

Only this shows an empty account, a disabled model or a refused parameter. ``max_tokens`` doesn't count the chain of
thought, so thinking is switched off where the model has a switch, and kept to its least where it has a budget; to any
other model neither is sent, because a control that a model lacks is an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.health.answer import Answer
from reconciler.health.hosts import NotAllowed
from reconciler.health.models import weightiest
from reconciler.sites.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reconciler.health.inquiry import Inquiry
    from reconciler.health.report import Check, ModelUse
    from reconciler.sites.catalog import CatalogName

_PATH = "/chat/completions"
_MAX_TOKENS = 16
_EVENT = re.compile(rb"^data:[ ]?(.+)\r?\n", re.MULTILINE)


def probe_models(inquiry: Inquiry, hopeless: Collection[str], *, every: bool) -> Iterator[Check]:
    """Probes the primary model, or every model, except those that are known to fail."""
    for use in weightiest(inquiry.endpoint.models):
        if use.id not in hopeless and (every or use.role == "primary"):
            yield _probe(inquiry, use)


def _probe(inquiry: Inquiry, use: ModelUse) -> Check:
    from reconciler.health.client import Request

    make = inquiry.findings
    place = inquiry.place(inquiry.endpoint.base_url, _PATH)
    if isinstance(place, NotAllowed):
        return make.check(place.code, "block", place.message, place.remedy, subject=use.id, source=use.source)
    content = msgspec.json.encode(request_body(use.id, inquiry.endpoint.catalog))
    headers = inquiry.headers()
    answer = inquiry.client.send(Request(place, inquiry.key, headers, content, enough=_has_event))
    if isinstance(answer, Answer):
        answer = _first_event(answer)
        if 200 <= answer.status < 300 and "choices" in (answer.read().value or ()):
            message = f"{use.id} answers"
            return make.check("ok", "ok", message, answer=answer, subject=use.id, source=use.source)
    return make.failure(answer, place.name, use.id, use.source)


def request_body(model_id: str, catalog: CatalogName | None) -> dict[str, Any]:
    """The shortest request that ``model_id`` takes."""
    known = load_catalog(catalog).get(model_id) if catalog else None
    controls = known.reasoning_controls if known else None
    thinking: dict[str, Any] = {}
    if controls is not None and controls.switch:
        thinking = {"enable_thinking": False}
    elif controls is not None and controls.budget is not None:
        thinking = {"thinking_budget": controls.budget[0]}
    messages = [{"role": "user", "content": "hi"}]
    return {"model": model_id, "messages": messages, "stream": True, "max_tokens": _MAX_TOKENS, **thinking}


def _has_event(body: bytes) -> bool:
    return _EVENT.search(body) is not None


def _first_event(answer: Answer) -> Answer:
    """The answer with its first event as the body; as it is when it isn't a stream."""
    event = _EVENT.search(answer.body)
    return answer if event is None else msgspec.structs.replace(answer, body=event[1])
