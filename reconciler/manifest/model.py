"""What a manifest can say, as types. These structs are the one definition: decoding, JSON Schema and docs come from them.

A field that is left out is ``UNSET``: not owned. An empty list or map means "none of it".
Names of OpenClaw's own fields are OpenClaw's (camelCase in YAML).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from reconciler import ids

API_VERSION = "reconciler/v1"

Json = Any  # the one place where free-form JSON enters: `params`

Text = Annotated[str, Meta(min_length=1)]
VariableName = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]{0,127}$")]
ProfileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$")]
Command = Annotated[list[Text], Meta(min_length=1, max_length=129)]
Count = Annotated[int, Meta(gt=0)]
Price = Annotated[float, Meta(ge=0)]
Modality = Literal["text", "image", "video", "audio"]


class _Spec(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """Base of everything under ``spec``: strict, and silent about what was left out."""


class KeyringItem(_Spec, frozen=True):
    """An entry of the operating system's keyring."""

    service: Annotated[Text, Meta(description="The service's name in the keyring.")]
    username: Annotated[Text, Meta(description="Whose entry.")]


class KeyOrigin(_Spec, frozen=True):
    """Where the reconciler reads a key's value; exactly one field."""

    env: Annotated[
        Text | UnsetType, Meta(description="Environment variable of the reconciler's process.")
    ] = UNSET
    file: Annotated[Text | UnsetType, Meta(description="File that holds the key and nothing else.")] = UNSET
    exec: Annotated[
        Command | UnsetType,
        Meta(
            description="Program and arguments that print the key; run without a shell, with --allow-exec only."
        ),
    ] = UNSET
    keyring: Annotated[
        KeyringItem | UnsetType, Meta(description="Entry of the operating system's keyring.")
    ] = UNSET
    stdin: Annotated[
        Literal[True] | UnsetType, Meta(description="The first line of the reconciler's standard input.")
    ] = UNSET


class Key(_Spec, frozen=True):
    """Where OpenClaw finds the key at run time; one of these, or ``profile`` with the one that it refers to."""

    env: Annotated[
        VariableName | UnsetType,
        Meta(description="Variable in the gateway's environment; the config holds `${NAME}`."),
    ] = UNSET
    inline: Annotated[
        VariableName | UnsetType,
        Meta(description="Variable under `env.vars`; the config itself holds the key."),
    ] = UNSET
    file: Annotated[
        Text | UnsetType,
        Meta(description="File on the gateway's machine, mode 0600, that holds the key and nothing else."),
    ] = UNSET
    exec: Annotated[
        Command | UnsetType,
        Meta(description="Program (absolute path) and arguments that the gateway runs; they print the key."),
    ] = UNSET
    pass_env: Annotated[
        list[VariableName] | UnsetType,
        Meta(description="With `exec`: variables of the gateway's environment that the program gets."),
    ] = UNSET
    store: Annotated[
        VariableName | UnsetType, Meta(description="Name of the key in OpenClaw's secret store.")
    ] = UNSET
    profile: Annotated[
        ProfileName | UnsetType,
        Meta(
            description="Auth profile `PROVIDER:NAME` in OpenClaw's auth store. Alone it holds the key itself; with"
            " `env`, `file`, `exec` or `store` it refers to that."
        ),
    ] = UNSET
    from_: Annotated[
        KeyOrigin | UnsetType,
        Meta(
            description="Where the reconciler reads the key: for health checks, and to write it."
            " Left out: the same file or program, else the variable of the same name in its own environment."
        ),
    ] = msgspec.field(default=UNSET, name="from")


class Cost(_Spec, frozen=True):
    """US dollars per million tokens, as OpenClaw reads them."""

    input: Price | UnsetType = UNSET
    output: Price | UnsetType = UNSET
    cache_read: Price | UnsetType = UNSET
    cache_write: Price | UnsetType = UNSET
    tiered_pricing: list[dict[str, Json]] | UnsetType = UNSET


class Compat(_Spec, frozen=True):
    """How OpenClaw words its requests to this model. Which keys a release takes is checked against the release."""

    supports_store: bool | UnsetType = UNSET
    supports_prompt_cache_key: bool | UnsetType = UNSET
    supports_responses_continuation: bool | UnsetType = UNSET
    supports_developer_role: bool | UnsetType = UNSET
    supports_reasoning_effort: bool | UnsetType = UNSET
    supports_temperature: bool | UnsetType = UNSET
    supports_instructions: bool | UnsetType = UNSET
    supports_usage_in_streaming: bool | UnsetType = UNSET
    supports_tools: bool | UnsetType = UNSET
    supports_strict_mode: bool | UnsetType = UNSET
    supports_json_schema_response_format: bool | UnsetType = UNSET
    supports_eager_tool_input_streaming: bool | UnsetType = UNSET
    supports_long_cache_retention: bool | UnsetType = UNSET
    supported_reasoning_efforts: list[str] | UnsetType = UNSET
    reasoning_effort_map: dict[str, str] | UnsetType = UNSET
    requires_string_content: bool | UnsetType = UNSET
    requires_tool_result_name: bool | UnsetType = UNSET
    requires_assistant_after_tool_result: bool | UnsetType = UNSET
    requires_thinking_as_text: bool | UnsetType = UNSET
    requires_reasoning_content_on_assistant_messages: bool | UnsetType = UNSET
    requires_open_ai_anthropic_tool_payload: bool | UnsetType = UNSET
    requires_mistral_tool_ids: bool | UnsetType = UNSET
    strict_message_keys: bool | UnsetType = UNSET
    visible_reasoning_detail_types: list[str] | UnsetType = UNSET
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] | UnsetType = UNSET
    thinking_format: (
        Literal["openai", "openrouter", "deepseek", "together", "qwen", "qwen-chat-template", "zai"]
        | UnsetType
    ) = UNSET
    tool_schema_profile: str | UnsetType = UNSET
    unsupported_tool_schema_keywords: list[str] | UnsetType = UNSET
    tool_call_arguments_encoding: str | UnsetType = UNSET
    native_web_search_tool: bool | UnsetType = UNSET
    code_mode: str | UnsetType = UNSET
    open_router_routing: dict[str, Json] | UnsetType = UNSET
    vercel_gateway_routing: dict[str, Json] | UnsetType = UNSET
    zai_tool_stream: bool | UnsetType = UNSET
    cache_control_format: Literal["anthropic"] | UnsetType = UNSET
    send_session_affinity_headers: bool | UnsetType = UNSET
    send_session_id_header: bool | UnsetType = UNSET


class Model(_Spec, frozen=True):
    """One model of a provider. Only ``id`` is needed when the catalogue knows the model."""

    id: Annotated[Text, Meta(description="The service's own id, without the provider's name in front.")]
    alias: Annotated[Text | UnsetType, Meta(description="Short name under `agents.defaults.models`.")] = UNSET
    protected: Annotated[
        bool, Meta(description="Never delete this model, whatever the manifests say later.")
    ] = False
    name: Text | UnsetType = UNSET
    api: Text | UnsetType = UNSET
    base_url: Text | UnsetType = UNSET
    reasoning: bool | UnsetType = UNSET
    input: list[Modality] | UnsetType = UNSET
    cost: Cost | UnsetType = UNSET
    context_window: Count | UnsetType = UNSET
    context_tokens: Count | UnsetType = UNSET
    max_tokens: Count | UnsetType = UNSET
    thinking_level_map: dict[str, str] | UnsetType = UNSET
    params: dict[str, Json] | UnsetType = UNSET
    headers: dict[str, str] | UnsetType = UNSET
    compat: Compat | UnsetType = UNSET
    media_input: dict[str, Json] | UnsetType = UNSET


class ProviderSpec(_Spec, frozen=True):
    """One entry of ``models.providers``."""

    site: Annotated[
        Text, Meta(description="`cn`, `global`, or the name of a Site declared in these manifests.")
    ]
    key: Key
    models: list[Model] | UnsetType = UNSET
    mode: Annotated[
        Literal["merge", "replace"] | UnsetType, Meta(description="`models.mode` of the whole gateway.")
    ] = UNSET
    protected: bool = False
    api: Text = "openai-completions"
    auth: Literal["api-key", "token"] | UnsetType = UNSET
    auth_header: bool | UnsetType = UNSET
    headers: dict[str, str] | UnsetType = UNSET
    timeout_seconds: Count | UnsetType = UNSET
    max_tokens: Count | UnsetType = UNSET
    context_window: Count | UnsetType = UNSET
    context_tokens: Count | UnsetType = UNSET
    params: dict[str, Json] | UnsetType = UNSET
    region: Text | UnsetType = UNSET
    inject_num_ctx_for_open_ai_compat: bool | UnsetType = msgspec.field(
        default=UNSET, name="injectNumCtxForOpenAICompat"
    )


class ModelChoice(_Spec, frozen=True):
    """A primary model and what to fall back to; each a ref ``provider/model-id``."""

    primary: Text | UnsetType = UNSET
    fallbacks: list[Text] | UnsetType = UNSET


class MediaModelChoice(ModelChoice, frozen=True):
    """The same for images and documents, with a time limit in milliseconds."""

    timeout_ms: Count | UnsetType = UNSET


class ModelEntry(_Spec, frozen=True):
    """One entry of ``agents.defaults.models``: what agents call a model and how they run it."""

    alias: Text | UnsetType = UNSET
    params: dict[str, Json] | UnsetType = UNSET
    streaming: bool | UnsetType = UNSET
    code_mode: bool | UnsetType = UNSET


class ModelPolicy(_Spec, frozen=True):
    """Which models agents may be switched to; an empty policy allows all."""

    allow: list[Text] | UnsetType = UNSET


class AgentSpec(_Spec, frozen=True):
    """Model choices of ``agents.defaults`` (name ``defaults``) or of one agent."""

    model: ModelChoice | UnsetType = UNSET
    image_model: MediaModelChoice | UnsetType = UNSET
    pdf_model: MediaModelChoice | UnsetType = UNSET
    utility_model: Text | UnsetType = UNSET
    models: Annotated[
        dict[str, ModelEntry] | UnsetType, Meta(description="Extra aliases and run parameters, by model ref.")
    ] = UNSET
    model_policy: ModelPolicy | UnsetType = UNSET
    keys: Annotated[
        dict[Text, Key] | UnsetType,
        Meta(
            description="By provider: a key that this agent alone uses, an auth profile in its own store. Takes a provider"
            " whose own key is a profile too."
        ),
    ] = UNSET
    protected: bool = False


class SiteSpec(_Spec, frozen=True):
    """One SiliconFlow endpoint."""

    base_url: Annotated[str, Meta(pattern=r"^https?://", description="Ends in /v1.")]
    key_page: Text | UnsetType = UNSET
    listing: Annotated[Text, Meta(description="Path of the chat-model listing, below the base URL.")] = (
        "/models?sub_type=chat"
    )
    sibling: Annotated[
        Text | UnsetType, Meta(description="The other site, where a refused key may belong.")
    ] = UNSET
    catalog: Annotated[
        Literal["cn", "global", "none"] | UnsetType, Meta(description="Whose known models this site serves.")
    ] = UNSET


class GatewaySpec(_Spec, frozen=True):
    """One live OpenClaw and what of the manifests applies to it."""

    state_dir: Text | UnsetType = UNSET
    config: Text | UnsetType = UNSET
    release: Annotated[Text | UnsetType, Meta(description="Only where the release can't be read.")] = UNSET
    providers: Annotated[list[Text] | UnsetType, Meta(description="Left out: all.")] = UNSET
    agents: Annotated[list[Text] | UnsetType, Meta(description="Left out: all.")] = UNSET


class Metadata(_Spec, frozen=True):
    """Name and labels of a document."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    labels: dict[str, str] = {}


class ProviderMetadata(Metadata, frozen=True):
    """The same for a provider: any id that a model ref can name."""

    name: Annotated[str, Meta(pattern=r"^(?=.*\S)[^/\x00-\x1f\x7f]{1,200}$")]


class AgentMetadata(Metadata, frozen=True):
    """The same for an agent: OpenClaw makes an id of any text."""

    name: Annotated[str, Meta(pattern=r"^(?=.*\S)[^\x00-\x1f\x7f]{1,200}$")]


def called(kind: str, name: str) -> str:
    """How a document of a kind is called wherever it is addressed: providers and agents as OpenClaw compares their ids."""
    if kind == "Provider":
        return ids.provider_id(name)
    return ids.agent_name(name) if kind == "Agent" else name


class _Head(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", tag_field="kind"
):
    """Head of every document."""

    api_version: Literal["reconciler/v1"]
    metadata: Metadata

    @property
    def name(self) -> str:
        """``metadata.name`` as :func:`called` makes it."""
        return called(type(self).__name__, self.metadata.name)


class Site(_Head, tag="Site", frozen=True):
    """A SiliconFlow endpoint: `cn` and `global` are built in; the same name here overrides one."""

    spec: SiteSpec


class Provider(_Head, tag="Provider", frozen=True):
    """A provider under ``models.providers``; ``metadata.name`` is its id there, in any spelling of it."""

    metadata: ProviderMetadata
    spec: ProviderSpec


class Agent(_Head, tag="Agent", frozen=True):
    """Model choices; ``metadata.name`` is ``defaults`` or an agent's id, in any spelling of it."""

    metadata: AgentMetadata
    spec: AgentSpec


class Gateway(_Head, tag="Gateway", frozen=True):
    """A live OpenClaw; without one there is the local one."""

    spec: GatewaySpec = GatewaySpec()


Document = Site | Provider | Agent | Gateway
