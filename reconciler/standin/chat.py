"""The chat side of the stand-in: which requests the service refuses, and how it words its answers. Pure.

The wording follows the CN API reference of 2026-10-01 and, where that is silent, dated reports: the empty first
``reasoning_content``, tool-call deltas that repeat an empty name and a null id, usage on a chunk of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.standin.faults import FAULTS, Fault, coded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from reconciler.sites.catalog import Catalog, Controls

# The parameter table of the CN API reference, and the two that are accepted though it doesn't list them.
_PARAMETERS = frozenset(
    [
        "model",
        "messages",
        "stream",
        "max_tokens",
        "enable_thinking",
        "thinking_budget",
        "reasoning_effort",
        "min_p",
        "stop",
        "temperature",
        "top_p",
        "top_k",
        "frequency_penalty",
        "n",
        "response_format",
        "tools",
        "tool_choice",
        "stream_options",
    ]
)
_ROLES = frozenset({"system", "user", "assistant", "tool"})
_PROMPT_TOKENS = 9


class ToolCall(msgspec.Struct, frozen=True):
    """A tool that the model asks for; ``arguments`` is JSON text."""

    name: str
    arguments: str = "{}"
    id: str = "call_0001"


class Reply(msgspec.Struct, frozen=True):
    """What the model says.

    Attributes:
        thoughts: sent as ``reasoning_content`` by a model that reasons.
        endless: keep streaming the text until the caller goes away.
    """

    text: str = "pong"
    thoughts: str = "The user says ping."
    tool_call: ToolCall | None = None
    endless: bool = False


class Served(msgspec.Struct, frozen=True):
    """A request that passed: who answers, and whether it thinks aloud."""

    model: str
    reasoning: bool


def admit(body: Any, catalog: Catalog, models: Collection[str], *, strict: bool) -> Served | Fault:
    """Judges a chat request as the service does.

    Args:
        models: ids that can be called.
        strict: also refuse what the service doesn't document (``store``, the ``developer`` role,
            ``max_completion_tokens`` and such) and efforts that the model isn't known to take.
    """
    if not isinstance(body, dict):
        return FAULTS["parameter"]
    if (
        not isinstance(body.get("model"), str)
        or not isinstance(body.get("messages"), list)
        or not body["messages"]
    ):
        return coded(400, 20015, "Field required")
    served = _resolve(body["model"], catalog, models)
    if served is None:
        return FAULTS["unknown-model"]
    known = catalog.get(served)
    controls = known.reasoning_controls if known else None
    complaint = _thinking_complaint(body, controls) or _limit_complaint(
        body, known.context_window if known else 0
    )
    if complaint is None and strict:
        complaint = _strict_complaint(body, controls)
    if complaint is not None:
        return coded(400, 20015, f"Value error, {complaint}")
    return Served(served, bool(known and known.reasoning and body.get("enable_thinking") is not False))


def _resolve(model_id: str, catalog: Catalog, models: Collection[str]) -> str | None:
    """The model that answers: CN serves some retired ids by their successors, silently."""
    if model_id in models:
        return model_id
    retirement = catalog.retirement(model_id)
    target = retirement.redirected_to if retirement else None
    return target if target in models else None


def _thinking_complaint(body: Mapping[str, Any], controls: Controls | None) -> str | None:
    if "enable_thinking" in body and not (controls and controls.switch):
        return "current model does not support parameter `enable_thinking`."
    if body.get("tool_choice") == "required":
        return "The `required` option for tool_choice is not yet supported."
    return None


def _limit_complaint(body: Mapping[str, Any], window: int) -> str | None:
    wanted = body.get("max_tokens")
    if window and isinstance(wanted, int) and wanted >= window:
        return f"max_tokens ({wanted}) have exceeded max_seq_len ({window}) limit."
    return None


def _strict_complaint(body: Mapping[str, Any], controls: Controls | None) -> str | None:
    unknown = sorted(body.keys() - _PARAMETERS)
    if unknown:
        return f"current model does not support parameter `{unknown[0]}`."
    roles = [message.get("role") if isinstance(message, dict) else None for message in body["messages"]]
    if not _ROLES.issuperset(roles):
        return "role must be one of system, user, assistant, tool."
    tools = body.get("tools") or ()
    if any("strict" in tool.get("function", {}) for tool in tools if isinstance(tool, dict)):
        return "current model does not support parameter `strict`."
    effort = body.get("reasoning_effort")
    if effort is not None and effort not in (controls.efforts if controls else ()):
        return "current model does not support this `reasoning_effort`."
    if tools and body.get("enable_thinking") is True and controls and controls.off_for_tools:
        return "current model does not support tools when `enable_thinking` is true."
    if "thinking_budget" in body and not (controls and controls.budget):
        return "current model does not support parameter `thinking_budget`."
    return None


def completion(served: Served, reply: Reply, created: int) -> dict[str, Any]:
    """The whole answer to a request that doesn't stream."""
    message: dict[str, Any] = {"role": "assistant", "content": "" if reply.tool_call else reply.text}
    if served.reasoning:
        message["reasoning_content"] = reply.thoughts
    if reply.tool_call:
        call = reply.tool_call
        function = {"name": call.name, "arguments": call.arguments}
        message["tool_calls"] = [{"id": call.id, "type": "function", "function": function}]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply)}
    head = _head(served, created, "chat.completion")
    return {**head, "choices": [choice], "usage": _usage(served, reply)}


def chunks(served: Served, reply: Reply, created: int, *, usage: bool) -> Iterator[dict[str, Any]]:
    """The events of a streamed answer, without the closing ``[DONE]``."""
    head = _head(served, created, "chat.completion.chunk")

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    if served.reasoning:
        yield chunk({"role": "assistant", "content": None, "reasoning_content": ""})
        yield chunk({"content": None, "reasoning_content": reply.thoughts})
    if reply.tool_call:
        yield from map(chunk, _tool_deltas(reply.tool_call))
    else:
        yield chunk({"role": "assistant", "content": reply.text})
        while reply.endless:
            yield chunk({"content": reply.text})
    yield chunk({"content": ""}, _finish(reply))
    if usage:
        yield {**head, "choices": [], "usage": _usage(served, reply)}


def _tool_deltas(call: ToolCall) -> Iterator[dict[str, Any]]:
    half = len(call.arguments) // 2
    yield _tool_delta({"name": call.name, "arguments": ""}, call.id)
    for part in (call.arguments[:half], call.arguments[half:]):
        yield _tool_delta({"name": "", "arguments": part}, None)


def _tool_delta(function: Mapping[str, str], call_id: str | None) -> dict[str, Any]:
    call = {"index": 0, "id": call_id, "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _head(served: Served, created: int, kind: str) -> dict[str, Any]:
    return {
        "id": f"standin{created:x}",
        "object": kind,
        "created": created,
        "model": served.model,
        "system_fingerprint": "",
    }


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.tool_call else "stop"


def _usage(served: Served, reply: Reply) -> dict[str, Any]:
    thoughts = len(reply.thoughts.split()) if served.reasoning else 0
    spoken = thoughts + len(reply.text.split())
    return {
        "prompt_tokens": _PROMPT_TOKENS,
        "completion_tokens": spoken,
        "total_tokens": _PROMPT_TOKENS + spoken,
        "completion_tokens_details": {"reasoning_tokens": thoughts},
        "prompt_tokens_details": {"cached_tokens": 0},
        "prompt_cache_hit_tokens": 0,
        "prompt_cache_miss_tokens": _PROMPT_TOKENS,
    }
