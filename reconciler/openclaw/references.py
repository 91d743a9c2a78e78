"""Every place of a config that names a model, a provider, an address or a key, whoever put it there. Pure.

OpenClaw's schemas call such places alike in every release (``openclaw config schema`` of 2026.4.15 to 9.6, held against three
releases by ``tests/openclaw/test_references.py``), so they are told by their names and by what they stand in. That finds them in
settings of plugins and channels too, which no schema lists.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from reconciler.json5.path import Path, Row
from reconciler.openclaw import ids
from reconciler.openclaw.redact import is_sensitive
from reconciler.openclaw.resolution import Resolution, follow
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reconciler.json5.path import Step
    from reconciler.openclaw.ids import ModelRef
    from reconciler.release import Release

PROVIDERS: Final = ("models", "providers")

PRIMARY: Final = "primary model"
FALLBACK: Final = "fallback"
ALIAS: Final = "alias"
ENTRY: Final = "model entry"
POLICY: Final = "list of allowed models"
TOOL_RULES: Final = "tool rules"
AUTH: Final = "auth profile"
LISTS: Final = frozenset({ENTRY, POLICY, TOOL_RULES, AUTH})
"""Uses that make OpenClaw send nothing."""

# A setting of that name is a model, or an object with `primary` and `fallbacks`.
_CHOICES: Final = {
    "imageModel": "image model",
    "pdfModel": "PDF model",
    "utilityModel": "utility model",
    "decisionModel": "decision model",
    "voiceModel": "voice model",
    "imageGenerationModel": "image generation",
    "musicGenerationModel": "music generation",
    "videoGenerationModel": "video generation",
    "summaryModel": "text to speech",
    "preferredModel": "media tool",
    "visionModel": "",
    "pinnedModel": "",
    "modelFallback": "",
    "defaultModel": "",
    "model": "",
}
_GENERATED: Final = {"image": "image generation", "music": "music generation", "video": "video generation"}
_ALLOWED: Final = frozenset({"allowedModels", "allowedCompletionModels", "allowModels"})

# What a setting called `model` is for, by the innermost object around it that says so.
_AROUND: Final = {
    "heartbeat": "heartbeat",
    "subagents": "subagents",
    "compaction": "compaction",
    "cyberFailover": "failover",
    "reviewer": "command reviewer",
    "memorySearch": "memory search",
    "search": "memory search",
    "tts": "text to speech",
    "stt": "speech to text",
    "realtime": "realtime voice",
    "talk": "voice",
    "voice": "voice",
    "media": "media tool",
    "x_search": "search tool",
    "hooks": "hook",
    "channels": "channel",
    "plugins": "plugin",
}
# Objects of these names may name a provider without a model.
_NAME_PROVIDERS: Final = frozenset({"memorySearch", "search", "tts", "stt", "realtime", "talk", "models"})
# The embeddings of a memory search that names no provider are OpenAI's (docs/reference/memory-config of 2026.9.6).
_MEMORY: Final = frozenset({"memorySearch", "search"})
_EMBEDDINGS: Final = "openai"

_NO_REFERENCES: Final = frozenset({"meta", "env", "secrets", "models"})
_URL: Final = re.compile(r"(?:https?|wss?)://[^\s\"'<>]+", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\$\{([A-Z][A-Z0-9_]{0,127})\}")


class Reference(msgspec.Struct, frozen=True):
    """A place that names a model, or a provider alone.

    Attributes:
        use: what it is for, in words.
        text: as written; of a map's entry its key.
        agent: whose it is: ``defaults``, an agent's id as OpenClaw calls it, or empty for the whole gateway.
        provider: the provider that stands beside a model's own id, or alone; empty where ``text`` says it.
        alone: it names no model.
    """

    place: Path
    use: str
    text: str
    agent: str = ""
    provider: str = ""
    alone: bool = False

    @property
    def runs(self) -> bool:
        """Whether OpenClaw sends requests because of it."""
        return self.use not in LISTS

    def model(self, release: Release | None = None) -> ModelRef | None:
        """The model that it names; None for an alias, a model without its provider, or a provider alone."""
        if self.alone:
            return None
        text = ids.without_profile(self.text)
        if not self.provider:
            return ids.model_ref(text, release)
        said, wanted = ids.model_ref(text, release), ids.provider_id(self.provider, release)
        return said if said and said.provider == wanted else ids.ModelRef(wanted, text)


class Endpoint(msgspec.Struct, frozen=True):
    """An object that says where requests go, or which key they carry.

    Attributes:
        urls: each with its place.
        keys: what stands where keys stand, and every ``${VAR}``, each with its place.
    """

    place: Path
    urls: tuple[tuple[Path, str], ...]
    keys: tuple[tuple[Path, Any], ...]


def references(config: Any, providers: Collection[str] = ()) -> Iterator[Reference]:
    """Every place of ``config`` that names a model or a provider.

    Args:
        providers: ids of providers whose models are found under any other name too, where a text begins with one.
    """
    heads = tuple(f"{name}/".lower() for name in providers)
    for name, value in config.items() if isinstance(config, dict) else ():
        if name == "agents":
            yield from _agents(value, heads)
        elif name == "auth":
            yield from _auth(value)
        elif name not in _NO_REFERENCES:
            yield from _below((name,), value, "", heads)


def target(reference: Reference, config: Any, resolution: Resolution, release: Release) -> ModelRef | None:
    """The model that OpenClaw takes for a reference; None where it names none that could be told.

    Args:
        resolution: what the release makes of the config.
    """
    if not reference.runs or reference.use == ALIAS or reference.provider or reference.alone:
        return reference.model(release)
    aliases = resolution.agents.get(reference.agent, resolution.defaults).aliases
    return ids.model_ref(follow(reference.text, aliases, config, release), release)


def endpoints(config: Any, passed_over: Collection[Path] = ()) -> Iterator[Endpoint]:
    """Every object of ``config`` that holds an address or a key; a key belongs to the innermost address around it.

    Args:
        passed_over: places that are not looked into.
    """
    found: list[Endpoint] = []
    urls, keys = _gather((), config, frozenset(passed_over), found)
    if urls or keys:
        found.append(Endpoint((), tuple(urls), tuple(keys)))
    yield from found


def named(path: Path) -> str:
    """A place as people write it: ``agents.list[coder].model.fallbacks[0]``."""
    steps = (f".{step}" if isinstance(step, str) else f"[{getattr(step, 'id', step)}]" for step in path)
    return "".join(steps).removeprefix(".")


def variables_in(value: Any) -> tuple[str, ...]:
    """The variables that a text names as ``${NAME}``."""
    return tuple(_VARIABLE.findall(value)) if isinstance(value, str) else ()


def _agents(agents: Any, heads: tuple[str, ...]) -> Iterator[Reference]:
    for name, value in agents.items() if isinstance(agents, dict) else ():
        if name == "defaults":
            yield from _agent(("agents", name), value, ids.DEFAULTS, heads)
        elif name in ("entries", "list"):
            for step, item in _items(value):
                spelled = step.id if isinstance(step, Row) else step
                yield from _agent(("agents", name, step), item, ids.agent_id(str(spelled)), heads)
        else:
            yield from _below(("agents", name), value, "", heads)


def _agent(path: Path, agent: Any, name: str, heads: tuple[str, ...]) -> Iterator[Reference]:
    for key, value in agent.items() if isinstance(agent, dict) else ():
        place = (*path, key)
        if key == "model":
            yield from _choice(place, value, PRIMARY, name)
        elif key == "models" and isinstance(value, dict):
            for ref, entry in value.items():
                alias = isinstance(entry, dict) and isinstance(entry.get("alias"), str)
                yield Reference((*place, ref), ALIAS if alias else ENTRY, ref, name)
        else:
            yield from _setting(place, value, name, heads, {})


def _below(path: Path, value: Any, agent: str, heads: tuple[str, ...]) -> Iterator[Reference]:
    if isinstance(value, str):
        if heads and value.lower().startswith(heads) and not re.search(r"\s", value):
            yield Reference(path, "setting", value, agent)
        return
    beside = value if isinstance(value, dict) else {}
    yield from _provider_alone(path, beside, agent)
    for step, item in _items(value):
        yield from _setting((*path, step), item, agent, heads, beside)


def _setting(
    place: Path, value: Any, agent: str, heads: tuple[str, ...], beside: dict[str, Any]
) -> Iterator[Reference]:
    """What one setting of an object says; ``beside`` is that object."""
    name, around = place[-1], place[-2] if len(place) > 1 else ""
    if isinstance(name, Row | int):
        yield from _below(place, value, agent, heads)
    elif name in _CHOICES and not isinstance(value, list):
        yield from _choice(place, value, _CHOICES[name] or _use(place), agent, _beside(beside, around))
    elif around == "mediaModels" and name in _GENERATED:
        yield from _choice(place, value, _GENERATED[name], agent)
    elif name in _ALLOWED or (name == "allow" and around == "modelPolicy"):
        yield from (Reference(at, POLICY, ref, agent) for at, ref in _texts(place, value))
    elif name == "modelByChannel":
        for step, channel in _items(value):
            yield from (Reference(at, "channel", ref, agent) for at, ref in _texts((*place, step), channel))
    elif name == "byProvider" and isinstance(value, dict):
        yield from (
            Reference((*place, ref), TOOL_RULES, ref, agent, _alone(ref), "/" not in ref) for ref in value
        )
    else:
        yield from _below(place, value, agent, heads)


def _alone(ref: str) -> str:
    return "" if "/" in ref else ref


def _texts(place: Path, value: Any) -> Iterator[tuple[Path, str]]:
    return (((*place, step), item) for step, item in _items(value) if isinstance(item, str))


def _choice(place: Path, value: Any, use: str, agent: str, provider: str = "") -> Iterator[Reference]:
    if isinstance(value, str) and value.strip():
        yield Reference(place, use, value, agent, provider)
    elif isinstance(value, dict):
        primary, fallbacks = value.get("primary"), value.get("fallbacks")
        if isinstance(primary, str) and primary.strip():
            yield Reference((*place, "primary"), use, primary, agent, provider)
        for index, ref in enumerate(fallbacks if isinstance(fallbacks, list) else ()):
            if isinstance(ref, str) and ref.strip():
                fallback = FALLBACK if use == PRIMARY else f"{FALLBACK} of {use}"
                yield Reference((*place, "fallbacks", index), fallback, ref, agent, provider)


def _beside(holder: dict[str, Any], around: Step) -> str:
    """The provider whose own id a model's name is, where its object says one."""
    said = holder.get("provider", holder.get("defaultProvider"))
    if isinstance(said, str) and said.strip():
        return said
    return _EMBEDDINGS if around in _MEMORY else ""


def _provider_alone(path: Path, holder: dict[str, Any], agent: str) -> Iterator[Reference]:
    around = next((step for step in reversed(path) if isinstance(step, str)), "")
    if around not in _NAME_PROVIDERS or (around == "search" and path[-2:-1] != ("memory",)):
        return
    for name in ("provider", "fallback") if around in _MEMORY else ("provider",):
        said = holder.get(name)
        if isinstance(said, str) and said.strip() and (name != "provider" or "model" not in holder):
            yield Reference((*path, name), _use(path), said, agent, said, alone=True)


def _use(path: Path) -> str:
    for depth in range(len(path) - 1, -1, -1):
        step = path[depth]
        if step == "search" and path[depth - 1 : depth] != ("memory",):
            continue
        if isinstance(step, str) and step in _AROUND:
            return _AROUND[step]
    return "setting"


def _auth(auth: Any) -> Iterator[Reference]:
    for name, profile in _items(lookup(auth, ("profiles",))):
        said = profile.get("provider") if isinstance(profile, dict) else None
        if isinstance(said, str):
            yield Reference(("auth", "profiles", name, "provider"), AUTH, said, "", said, alone=True)
    for name, _ in _items(lookup(auth, ("order",))):
        yield Reference(("auth", "order", name), AUTH, str(name), "", str(name), alone=True)


def _items(value: Any) -> Iterator[tuple[Step, Any]]:
    """The members of an object or a list; of a list's rows the first of an id goes by it."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        seen = set()
        for index, item in enumerate(value):
            name = item.get("id") if isinstance(item, dict) else None
            known = isinstance(name, str) and name not in seen
            seen.add(name if isinstance(name, str) else None)
            yield (Row(str(name)) if known else index), item


_Found = tuple[list[tuple[Path, str]], list[tuple[Path, Any]]]


def _gather(path: Path, value: Any, passed_over: frozenset[Path], found: list[Endpoint]) -> _Found:
    """Addresses and keys below ``path`` that belong to what stands around it; the rest goes to ``found``."""
    urls: list[tuple[Path, str]] = []
    keys: list[tuple[Path, Any]] = []
    if isinstance(value, dict) and isinstance(value.get("source"), str) and isinstance(value.get("id"), str):
        return urls, [(path, value)]
    for step, item in _items(value):
        place = (*path, step)
        if isinstance(item, str):
            if "://" in item:
                urls += [(place, url) for url in _URL.findall(item)]
            if _is_key(place, item):
                keys.append((place, item))
        elif isinstance(item, dict | list) and place not in passed_over:
            below = _gather(place, item, passed_over, found)
            if below[0] and isinstance(item, dict):
                found.append(Endpoint(place, tuple(below[0]), tuple(below[1])))
            else:
                urls += below[0]
                keys += below[1]
    return urls, keys


def _is_key(path: Path, value: str) -> bool:
    """What `env` holds is where keys come from, not where they go."""
    if path[0] == "env" or not value:
        return False
    return is_sensitive(path) or ("${" in value and _VARIABLE.search(value) is not None)
