"""What the walker and the table of providers rest on, held against real releases: their schemas, their plugins, and a turn."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.brought import PLUGINS, brought_by
from reconciler.openclaw.references import PROVIDERS, references
from reconciler.release import Release
from reconciler.standin import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.openclaw.sandbox import Sandbox

pytestmark = pytest.mark.openclaw

KEY = "sk-cn-0123456789abcdef"
LISTED, UNLISTED = "Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-V3.2"

# What speaks of models and names none: files, switches, ids of other things, and models that only a plugin's own service knows.
NO_MODEL = re.compile(
    r"""acp\.fallbacks | cliBackends\. | embeddedHarness | local\.model(CacheDir|Path)$ | modelSelectionScope$
    | fallbackPolicy$ | FallbackPolicy$ | inworld\.config\.modelId$ | localModelLeanAutoModel$
    | ^plugins\.entries\.(?!\*)[^.]*\.(llm|subagent)\. | ^wizard\.""",
    re.VERBOSE,
)


def texts(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of everything that may be a text; ``*`` is any key, ``[]`` any row."""
    if not isinstance(schema, dict):
        return
    for name in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(name, ()):
            yield from texts(part, path)
    for key, part in schema.get("properties", {}).items():
        yield from texts(part, (*path, key))
    yield from texts(schema.get("additionalProperties"), (*path, "*"))
    yield from texts(schema.get("items"), (*path, "[]"))
    if schema.get("type") == "string" and "const" not in schema:
        yield path


def saying(path: tuple[str, ...]) -> dict[str, Any]:
    """A config that names a model at ``path``."""
    value: Any = "acme/big"
    for step in reversed(path):
        value = [value] if step == "[]" else {"x" if step == "*" else step: value}
    return value  # type: ignore[no-any-return]


def speaks_of_a_model(path: tuple[str, ...]) -> bool:
    names = [step for step in path if step not in ("*", "[]")]
    last = "".join(names[-1:])
    return path[:2] != PROVIDERS and bool(
        re.search(r"model(?!s?$.*Policy)|^primary$|fallback", last, re.IGNORECASE)
    )


def test_every_setting_of_the_schema_that_names_a_model_is_walked(sandbox: Sandbox) -> None:
    sandbox.write_config('{ gateway: { mode: "local" } }')
    schema = sandbox.run("config", "schema").json
    missed = {
        ".".join(path)
        for path in set(texts(schema))
        if speaks_of_a_model(path)
        and not NO_MODEL.search(".".join(path))
        and not list(references(saying(path)))
    }
    assert missed == set()


def test_the_release_brings_the_providers_that_the_table_says(sandbox: Sandbox) -> None:
    package = sandbox.release.entry.parent
    brought, official = set(), set()
    for folder in ("dist/extensions", "extensions"):
        for file in package.glob(f"{folder}/*/openclaw.plugin.json"):
            plugin = json.loads(file.read_text("utf-8"))
            brought |= {
                *plugin.get("providers", ()),
                *plugin.get("cliBackends", ()),
                *plugin.get("providerAuthAliases", {}),
            }
            brought |= set(plugin.get("modelCatalog", {}).get("aliases", {}))
    for file in package.parent.glob("*/pi-ai/dist/models.generated.js"):
        brought |= set(re.findall(r'^    "([a-z0-9-]+)": \{$', file.read_text("utf-8"), re.MULTILINE))
    for file in package.glob("scripts/lib/official-external-*.json"):
        entries = json.loads(file.read_text("utf-8"))["entries"]
        named = [provider for entry in entries for provider in entry.get("openclaw", {}).get("providers", ())]
        official |= {provider["id"] for provider in named}
    assert brought == brought_by(Release.parse(sandbox.release.version))
    assert official <= {
        *PLUGINS.split(),
        *(name for month in range(3, 10) for name in brought_by(Release(2026, month, 20))),
    }


def test_a_model_that_its_provider_does_not_list_is_sent_all_the_same(sandbox: Sandbox) -> None:
    with StandIn("cn", [KEY]) as service:
        provider = {
            "baseUrl": service.base_url,
            "apiKey": KEY,
            "api": "openai-completions",
            "models": [{"id": LISTED, "name": "Listed", "contextWindow": 64000, "maxTokens": 4096}],
        }
        agents = {
            "defaults": {
                "skipBootstrap": True,
                "model": {"primary": "gone/x", "fallbacks": [f"siliconflow/{UNLISTED}"]},
            }
        }
        config = {
            "gateway": {"mode": "local"},
            "models": {"providers": {"siliconflow": provider}},
            "agents": agents,
        }
        sandbox.write_config(json.dumps(config))
        sandbox.agent_turn()
        asked = [seen.body["model"] for seen in service.requests if seen.path == "/v1/chat/completions"]
    assert asked == [UNLISTED]
