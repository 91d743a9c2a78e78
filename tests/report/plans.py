"""Plans to render: what a reviewer meets on ordinary and on bad days."""

from __future__ import annotations

from typing import Any

from reconciler.effective.leaks import Leak
from reconciler.errors import Location
from reconciler.health.report import NOT_CHECKED, Check, HealthReport, report
from reconciler.plan.model import (
    Base,
    Change,
    Drift,
    GatewayInfo,
    Plan,
    PlanWarning,
    Refusal,
    Shadow,
    Source,
    summarise,
)
from reconciler.suspects import Suspect

FILE = "manifests/siliconflow.yaml"
PROVIDER = ("models", "providers", "siliconflow")
DEFAULTS = ("agents", "defaults")
COMPAT = {"maxTokensField": "max_tokens", "supportsDeveloperRole": False, "supportsStore": False}
DOCUMENTED = "the service's documented request fields"
LOCAL = GatewayInfo(
    "local", "2026.9.6", "the package in ~/.npm-global", "~/.openclaw/openclaw.json", "shared-database"
)
BASE = Base(
    "sha256:66073a0a652e2285", "sha256:6ee79007d595a054", {"provider/siliconflow.baseUrl": "sha256:f817"}
)


def change(
    address: str,
    path: tuple[str | dict[str, str], ...],
    action: Any,
    before: Any = None,
    after: Any = None,
    line: int | None = 9,
    **more: Any,
) -> Change:
    """A change with what tests don't care about filled in."""
    given = {"surface": "config", "reason": "manifest", "impact": "hot-reload", "sensitive": False, **more}
    source = Source(FILE, line) if line is not None else None
    return Change(
        address=address, path=path, actions=(action,), before=before, after=after, source=source, **given
    )


def field(
    name: str, action: Any, before: Any = None, after: Any = None, line: int | None = 9, **more: Any
) -> Change:
    """A change of a field of the provider."""
    return change(
        f"provider/siliconflow.{name}", (*PROVIDER, *name.split(".")), action, before, after, line, **more
    )


def model(
    model_id: str,
    name: str,
    action: Any,
    before: Any = None,
    after: Any = None,
    line: int | None = 9,
    **more: Any,
) -> Change:
    """A change of a model of the provider; ``name`` is the field, empty for the model itself."""
    address = f"provider/siliconflow.models[{model_id}]"
    path = (*PROVIDER, "models", {"id": model_id}, *(name.split(".") if name else ()))
    return change(f"{address}.{name}" if name else address, path, action, before, after, line, **more)


def new_model(model_id: str, line: int | None = 9) -> Change:
    """A model that the catalogue knows."""
    after = {
        "id": model_id,
        "name": model_id.rpartition("/")[2],
        "reasoning": True,
        "input": ["text"],
        "cost": {"input": 0.27, "output": 0.42, "cacheRead": 0.135, "cacheWrite": 0},
        "contextWindow": 164000,
        "maxTokens": 8192,
        "compat": COMPAT,
    }
    note = f"name, reasoning, input, cost, contextWindow, maxTokens from the catalogue (models.dev, 2026-09-30); compat from {DOCUMENTED}"
    return model(model_id, "", "create", None, after, line, note=note)


def alias(ref: str, name: str, line: int | None = 9) -> Change:
    """An alias that agents may use."""
    return change(
        f"agent/defaults.models[{ref}]", (*DEFAULTS, "models", ref), "create", None, {"alias": name}, line
    )


def agent(
    name: str, action: Any, before: Any = None, after: Any = None, line: int | None = 30, **more: Any
) -> Change:
    """A change of the agents' defaults."""
    return change(
        f"agent/defaults.{name}", (*DEFAULTS, *name.split(".")), action, before, after, line, **more
    )


def variable(name: str, line: int = 8) -> Change:
    """A key that goes into the config's variables."""
    path = ("env", "vars", name)
    return change(
        f"env.vars[{name}]", path, "create", None, "(read at apply)", line, impact="restart", sensitive=True
    )


def plan(*changes: Change, unchanged: int = 11, **more: Any) -> Plan:
    """A plan of ``changes``."""
    given: dict[str, Any] = {"warnings": (), "refusals": (), "health": NOT_CHECKED, "gateway": LOCAL, **more}
    applyable = not given["refusals"]
    return Plan(
        base=BASE, changes=changes, summary=summarise(changes, unchanged), applyable=applyable, **given
    )


NO_CHANGES = plan(unchanged=14)

FIRST = plan(
    variable("SILICONFLOW_API_KEY"),
    change(
        "provider/siliconflow",
        PROVIDER,
        "create",
        None,
        {
            "baseUrl": "https://api.siliconflow.com/v1",
            "apiKey": "${SILICONFLOW_API_KEY}",
            "api": "openai-completions",
        },
        4,
    ),
    new_model("deepseek-ai/DeepSeek-V3.2", 11),
    new_model("zai-org/GLM-4.6V", 13),
    alias("siliconflow/deepseek-ai/DeepSeek-V3.2", "DeepSeek V3.2", 12),
    alias("siliconflow/zai-org/GLM-4.6V", "GLM-4.6V", 14),
    agent("model.primary", "create", None, "siliconflow/deepseek-ai/DeepSeek-V3.2"),
    agent("modelPolicy", "create", None, {}, note="keeps aliases from becoming an allow-list"),
    unchanged=0,
    warnings=(
        PlanWarning(
            "key-unread",
            "env.vars[SILICONFLOW_API_KEY]",
            "not compared: environment variable SILICONFLOW_API_KEY can't be read here; apply reads it and refuses without it",
        ),
    ),
)

UPDATE = plan(
    field(
        "baseUrl",
        "update",
        "https://api.siliconflow.cn/v1",
        "https://api.siliconflow.com/v1",
        6,
        note="site global",
        reason="drift",
    ),
    field("timeoutSeconds", "update", 60, "60", 7),
    model("zai-org/GLM-4.6V", "contextWindow", "update", 64000, 128000, 15),
    *(
        model(model_id, f"compat.{name}", "create", None, value, 13, note=DOCUMENTED)
        for model_id in ("Qwen/Qwen3-32B", "moonshotai/Kimi-K2-Instruct")
        for name, value in COMPAT.items()
    ),
    agent(
        "model.fallbacks",
        "update",
        ["siliconflow/zai-org/GLM-4.6V"],
        [
            "siliconflow/moonshotai/Kimi-K2-Instruct",
            "siliconflow/Qwen/Qwen3-32B",
            "siliconflow/zai-org/GLM-4.6V",
        ],
        file="~/.openclaw/agents.json5",
    ),
    model(
        "THUDM/GLM-4-9B",
        "",
        "delete",
        {"id": "THUDM/GLM-4-9B", "name": "GLM-4 9B"},
        None,
        None,
        reason="prune",
    ),
    agent("models[siliconflow/THUDM/GLM-4-9B]", "delete", {"alias": "small"}, None, None, reason="prune"),
    warnings=tuple(
        PlanWarning(
            "release-lacks",
            f"provider/siliconflow.models[{name}].mediaInput",
            "left out: OpenClaw 2026.6.11 does not take it",
        )
        for name in ("Qwen/Qwen3-32B", "zai-org/GLM-4.6V")
    ),
)

_MODELS_GONE = tuple(f"provider/siliconflow.models[vendor/Model-{number}]" for number in range(6))

REFUSED = plan(
    *(
        model(
            f"vendor/Model-{number}",
            "",
            "delete",
            {"id": f"vendor/Model-{number}"},
            None,
            None,
            reason="prune",
        )
        for number in range(6)
    ),
    refusals=(
        Refusal(
            "mass-deletion",
            _MODELS_GONE,
            "6 of 15 managed objects would be deleted, more than 30%",
            "--allow-mass-delete",
        ),
        Refusal(
            "nix-owned",
            ("~/.openclaw/openclaw.json",),
            "OPENCLAW_NIX_MODE=1: Nix owns this config; put the values that the plan shows into the Nix source",
            "",
        ),
    ),
    gateway=GatewayInfo(
        "ci", None, "neither a package nor meta.lastTouchedVersion", "/srv/openclaw.json", "json"
    ),
)

UNHEALTHY_REPORT = report(
    (
        Check(
            "siliconflow",
            "",
            "ok",
            "ok",
            "api.siliconflow.com accepts the key and lists 63 chat models",
            "",
            "ti_0a",
            200,
        ),
        Check(
            "siliconflow",
            "deepseek-ai/DeepSeek-V3.2",
            "ok",
            "ok",
            "listed",
            "",
            "",
            None,
            Location(FILE, 11, 7),
        ),
        Check(
            "siliconflow",
            "zai-org/GLM-4.5V",
            "model-retired",
            "block",
            "site global retired zai-org/GLM-4.5V on 2026-08-01",
            "Choose a successor; `reconciler catalog global` lists what is served.",
            "",
            None,
            Location(FILE, 13, 7),
        ),
        Check(
            "siliconflow",
            "zai-org/GLM-4.6V",
            "model-redirected",
            "warn",
            "zai-org/GLM-4.6V is retired; site global answers, and bills, zai-org/GLM-4.7V",
            "Name zai-org/GLM-4.7V in the manifest.",
        ),
        Check(
            "siliconflow-cn",
            "",
            "key-refused",
            "block",
            "the key is invalid, or belongs to the other site (global): HTTP 401, code 30014, “Invalid token”",
            "Compare the key with the one on https://cloud.siliconflow.cn/account/ak. Keys of the two sites are not interchangeable: with --try-other-site the key is also shown to site global, to find out.",
            "ti_9f8e7d6c5b4a",
            401,
        ),
    )
)

HEALTHY_REPORT = HealthReport("ok", UNHEALTHY_REPORT.checks[:2])

UNHEALTHY = plan(
    agent("imageModel.primary", "update", "siliconflow/zai-org/GLM-4.6V", "siliconflow/zai-org/GLM-4.5V"),
    health=UNHEALTHY_REPORT,
)

MANY_MODELS = plan(
    field("baseUrl", "create", None, "https://api.siliconflow.com/v1", 6),
    *(new_model(f"vendor/Model-{number:03}", 10 + number) for number in range(500)),
    *(alias(f"siliconflow/vendor/Model-{number:03}", f"m{number}", 10 + number) for number in range(500)),
    *(model(f"old/Model-{number:03}", "maxTokens", "update", number, 8192) for number in range(50)),
    model(
        "old/Model-999", "baseUrl", "update", "https://api.siliconflow.com/v1", "https://elsewhere.example/v1"
    ),
)

SHADOWED = plan(
    shadows=(
        Shadow(
            "provider/siliconflow.apiKey",
            "main",
            "key",
            "fp:5d2c8a01be47",
            "auth profile siliconflow:old in ~/.openclaw/agents/main/agent/auth-profiles.json",
            "${SILICONFLOW_API_KEY}",
            "say `auth: api-key` in the manifest of siliconflow, which puts the config's key first",
        ),
        Shadow(
            "agent/defaults.model.primary",
            "b",
            "model",
            "siliconflow/zai-org/GLM-4.5V",
            "session agent:b:main in ~/.openclaw/agents/b/agent/openclaw-agent.sqlite",
            "siliconflow/zai-org/GLM-4.6V",
            "send `/model default` in that session",
        ),
    ),
)

PLANS = {
    "no-changes": NO_CHANGES,
    "first": FIRST,
    "update": UPDATE,
    "refused": REFUSED,
    "unhealthy": UNHEALTHY,
    "shadowed": SHADOWED,
    "many-models": MANY_MODELS,
}

LEAKS = (
    Leak(
        "cached-key",
        "warn",
        "~/.openclaw/agents/main/agent/models.json providers.siliconflow.apiKey",
        "a key in plain text, in OpenClaw's own copy of the providers",
        "no turn reads it: `reconciler apply` takes a managed provider out of it, others can go by hand",
    ),
    Leak(
        "redacted-key",
        "fail",
        "~/.openclaw/openclaw.json models.providers.siliconflow.apiKey",
        "OpenClaw's mask stands in place of the key, and is sent as the key",
        "apply puts declared keys back; make others anew, or take them from a backup (openclaw.json.bak)",
    ),
)

DRIFTED = (
    Drift(
        "agent/defaults.model.primary",
        "live",
        "changed",
        "siliconflow/deepseek-ai/DeepSeek-V3.2",
        "openai/gpt-5",
        "siliconflow/deepseek-ai/DeepSeek-V3.2",
        ("agents", "defaults", "model", "primary"),
        "~/.openclaw/openclaw.json",
        Source(FILE, 21),
    ),
    Drift(
        "provider/siliconflow.models[zai-org/GLM-4.6V]",
        "live",
        "gone",
        {"name": "GLM-4.6V", "contextWindow": 128000},
        None,
    ),
    Drift(
        "provider/siliconflow.models[deepseek-ai/DeepSeek-V3.2].contextWindow",
        "both",
        "changed",
        64000,
        32000,
        128000,
        source=Source(FILE, 14),
    ),
    Drift("provider/siliconflow.timeoutSeconds", "both", "changed", 60, 90, 90),
    Drift("provider/siliconflow.headers.X-Team", "manifest", "unchanged", None, None, "platform"),
)
HINTS = (
    Suspect(
        "OpenClaw wrote it: `openclaw config set`, process 4711",
        "OpenClaw's config audit",
        "2026-10-30T09:12:44.000Z",
        ("agent/defaults.model.primary",),
    ),
    Suspect("OpenClaw's own last write was by release 2026.9.6", "meta of the config"),
)
