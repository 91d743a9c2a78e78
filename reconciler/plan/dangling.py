"""References that lead nowhere: those that a plan would break, those that manifests make, and those that dangle already. Pure.

Model refs of manifests are checked here, not when they are loaded: only the live config says which providers, models and aliases a
gateway has besides the declared ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from reconciler.brought import brought_by, known_anywhere
from reconciler.desired.model import Field
from reconciler.edits import DELETE, Edit, effect, put
from reconciler.json5.path import Path, Row
from reconciler.openclaw import ids
from reconciler.openclaw.references import ALIAS, PROVIDERS, Reference, named, references, target
from reconciler.openclaw.resolution import resolve_models
from reconciler.openclaw.surfaces import surface_of
from reconciler.plan.model import PlanWarning, Refusal
from reconciler.release import Release
from reconciler.secret import Fingerprints
from reconciler.sites.catalog import CatalogName
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from reconciler.desired.model import Desired, Resource
    from reconciler.openclaw.ids import ModelRef

STOPPING: Final = frozenset({"unknown-provider", "dangling-ref", "unknown-alias"})
"""Codes that are refusals where a plan finds them, unless the project says otherwise."""

SETTLED: Final = frozenset({"unknown-provider", "unknown-alias", "foreign-ref"})
"""Codes of what the rules can't check without a target; a plan does, and doesn't repeat the doubt."""

_MAP: Final = ("agents", "defaults", "models")
# Uses of models that no rows list, such as `fallback of image generation`.
_MADE: Final = ("generation",)
_Lack = Literal["", "provider", "model", "alias"]


class Models(msgspec.Struct, frozen=True):
    """The providers of a config by id as OpenClaw compares them: how each is spelled, and the ids of its rows."""

    release: Release
    spelled: Mapping[str, str]
    rows: Mapping[str, frozenset[str]]

    def lists(self, model: ModelRef) -> bool:
        """Whether a provider's rows say the model."""
        return not {model.model, model.key}.isdisjoint(self.rows.get(model.provider, ()))

    def lack(self, reference: Reference, model: ModelRef | None) -> _Lack:
        """What a reference needs and doesn't find; of a provider without rows, and of models that don't chat, nobody knows.

        Args:
            model: the target of the reference.
        """
        if model is None and not reference.alone:
            return "alias"
        name = model.provider if model else ids.provider_id(reference.provider, self.release)
        if name in brought_by(self.release):
            return ""
        if name not in self.spelled:
            return "provider"
        if model is None or reference.provider or reference.use.endswith(_MADE) or model.model.endswith("*"):
            return ""
        return "model" if self.rows[name] and not self.lists(model) else ""


class Checked(msgspec.Struct, frozen=True):
    """What a plan says of references."""

    warnings: tuple[PlanWarning, ...]
    refusals: tuple[Refusal, ...]


class View(msgspec.Struct, frozen=True):
    """A config with what it takes to speak of it.

    Attributes:
        managed: ids of providers that this program manages.
        ours: of those and of all others that are SiliconFlow's.
        where: the file and line of a place, for people.
        hosts: the site that a host is of.
        catalogs: whose known models a site serves.
    """

    config: Any
    release: Release
    managed: frozenset[str]
    ours: frozenset[str]
    where: Callable[[Path], str]
    hosts: Mapping[str, str]
    catalogs: Mapping[str, CatalogName]
    fingerprints: Fingerprints

    def id(self, provider: str) -> str:
        """A provider's id as this release compares it."""
        return ids.provider_id(provider, self.release)


def check_references(
    view: View, edits: tuple[Edit, ...], desired: Desired, allowed: Collection[str]
) -> Checked:
    """What ``edits`` break, what the manifests name that isn't there, and what dangles already.

    Args:
        allowed: addresses whose loss the operator accepts.
    """
    edits = tuple(edit for edit in edits if surface_of(edit.path)[0] == "config")
    config, before = _after(view.config, edits), models_of(view.config, view.release)
    after = _models_after(before, edits)
    was = resolve_models(view.config, view.release)
    now = resolve_models(config, view.release) if edits else was
    manifests = _Said(desired, view.release)
    warnings: list[PlanWarning] = []
    broken: dict[str, list[Reference]] = {}
    for one in references(config, view.ours):
        if one.place in manifests.settled:
            continue
        model = target(one, config, now, view.release)
        lost = (
            _lost(view, target(one, view.config, was, view.release), before, after, one, model)
            if edits
            else ""
        )
        lack = after.lack(one, model)
        by = manifests.field(one.place)
        if lost and one.runs and lost not in allowed:
            broken.setdefault(lost, []).append(one)
        elif by is not None:
            if lack and (model is None or model.provider not in manifests.providers):
                warnings.append(_of_manifest(by, one, model, lack, view.release))
        elif lost or (lack and one.runs and _is_ours(view, one, model)):
            warnings.append(_standing(view, one, model, after))
    refusals = tuple(_refusal(view, address, places) for address, places in sorted(broken.items()))
    return Checked(tuple(warnings), refusals)


class _Said:
    """What the manifests say of models, by its place in the config.

    Attributes:
        providers: ids of the declared ones.
        settled: entries for their models, which the rules have checked.
    """

    def __init__(self, desired: Desired, release: Release) -> None:
        self.providers = {
            ids.provider_id(str(r.path[-1]), release) for r in desired.resources if r.kind == "provider"
        }
        self._fields: dict[Path, tuple[Resource, Field]] = {}
        self.settled: set[Path] = set()
        for resource in desired.resources:
            if resource.kind == "entry":
                ref = ids.model_ref(str(resource.path[-1]), release)
                if ref is not None and ref.provider in self.providers:
                    self.settled.add(resource.path)
                elif resource.source is not None:
                    # An entry that no manifest asks for only lists a model that somebody uses.
                    self._fields[resource.path] = resource, Field((), {}, resource.source)
            elif resource.kind == "agent":
                self._fields.update(
                    {(*resource.path, *field.path): (resource, field) for field in resource.fields}
                )

    def field(self, place: Path) -> tuple[Resource, Field] | None:
        """What says the value at ``place``, by itself or as a whole around it."""
        around = (self._fields.get(place[:length]) for length in range(len(place), 0, -1))
        return next((one for one in around if one is not None), None)


def standing(view: View) -> tuple[PlanWarning, ...]:
    """What dangles in a live config as it is."""
    found, resolution = models_of(view.config, view.release), resolve_models(view.config, view.release)
    return tuple(
        _standing(view, one, model, found)
        for one in references(view.config, view.ours)
        for model in (target(one, view.config, resolution, view.release),)
        if one.runs and found.lack(one, model) and _is_ours(view, one, model)
    )


def models_of(config: Any, release: Release) -> Models:
    """The providers of a config with their rows."""
    live = lookup(config, PROVIDERS)
    spelled: dict[str, str] = {}
    rows: dict[str, frozenset[str]] = {}
    for key in live if isinstance(live, dict) else ():
        name = ids.provider_id(key, release)
        if name not in spelled or key == name:
            spelled[name], rows[name] = key, _row_ids(lookup(live, (key, "models")))
    return Models(release, spelled, rows)


def _row_ids(rows: Any) -> frozenset[str]:
    found = (row.get("id") for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    return frozenset(name for name in found if isinstance(name, str))


def _models_after(before: Models, edits: tuple[Edit, ...]) -> Models:
    """The same after the edits, without making them: there may be one for every field of thousands of rows."""
    spelled, rows = dict(before.spelled), {name: set(held) for name, held in before.rows.items()}
    for edit in edits:
        if edit.path[:2] != PROVIDERS or len(edit.path) < 3:
            continue
        key, last = str(edit.path[2]), edit.path[-1]
        name = ids.provider_id(key, before.release)
        if len(edit.path) == 3 and edit.value is DELETE:
            spelled.pop(name, None)
            rows.pop(name, None)
            continue
        if edit.value is DELETE and name not in spelled:
            continue
        spelled.setdefault(name, key)
        held = rows.setdefault(name, set())
        if edit.path[3:] in ((), ("models",)):
            said = edit.value if edit.path[3:] else lookup(edit.value, ("models",))
            held = rows[name] = set(_row_ids(said))
        elif len(edit.path) >= 5 and isinstance(row := edit.path[4], Row):
            gone = edit.value is DELETE and row is last
            (held.discard if gone else held.add)(row.id)
    return Models(before.release, spelled, {name: frozenset(held) for name, held in rows.items()})


def _after(config: Any, edits: tuple[Edit, ...]) -> Any:
    """The config outside of its providers after the edits; the map of models is copied once, not once for each entry."""
    entries = lookup(config, _MAP)
    entries = dict(entries) if isinstance(entries, dict) else {}
    for edit in edits:
        if edit.path[:2] == PROVIDERS:
            continue
        if edit.path[:3] != _MAP or len(edit.path) < 4:
            config = effect(config, (edit,))
        elif len(edit.path) == 4 and edit.value is DELETE:
            entries.pop(str(edit.path[3]), None)
        else:
            ref = str(edit.path[3])
            held = {ref: entries.get(ref, {})}
            entries[ref] = effect(held, (Edit(edit.path[3:], edit.value),))[ref]
    return put(config, _MAP, entries) if entries or lookup(config, _MAP) is not MISSING else config


def _lost(
    view: View, model: ModelRef | None, before: Models, after: Models, one: Reference, now: ModelRef | None
) -> str:
    """Address of what the edits take away from a reference that led somewhere; empty where they don't.

    Args:
        model: where it leads before the edits.
        now: where it leads after them.
    """
    if one.alone:
        name = view.id(one.provider)
        gone = name in before.spelled and name not in after.spelled and name not in brought_by(view.release)
        return f"provider/{before.spelled[name]}" if gone else ""
    if model is None or not before.lists(model) or model.provider in brought_by(view.release):
        return ""
    if now is not None and (after.lists(now) or now != model):
        return ""
    provider = f"provider/{before.spelled[model.provider]}"
    if model.provider not in after.spelled:
        return provider
    return (
        f"agent/defaults.models[{model.key}]" if after.lists(model) else f"{provider}.models[{model.model}]"
    )


def _is_ours(view: View, one: Reference, model: ModelRef | None) -> bool:
    name = model.provider if model else view.id(one.provider)
    return name in view.ours or name.startswith("siliconflow")


def whose(one: Reference) -> str:
    """What a reference is for, and of which agent."""
    if one.agent == ids.DEFAULTS:
        return f"{one.use} of all agents"
    return f"{one.use} of the agent {one.agent}" if one.agent else one.use


def _refusal(view: View, address: str, places: list[Reference]) -> Refusal:
    users = ", ".join(
        f"{whose(one)}{'' if one.agent else f' {named(one.place)}'} ({view.where(one.place)})"
        for one in places
    )
    return Refusal(
        "dangling-reference",
        (address,),
        f"would go, and is still in use: {users}; change those first, or keep it",
        f"--allow-dangling '{address}'",
    )


def _standing(view: View, one: Reference, model: ModelRef | None, models: Models) -> PlanWarning:
    name = one.text if model is None else f"{model.provider}/{model.model}"
    cure = "name another model there"
    if model is not None and model.provider in models.spelled:
        provider = models.spelled[model.provider]
        end = f"which {provider} doesn't list: OpenClaw sends it all the same, with limits that it guesses"
        cure = f"add {{id: {model.model}}} to the models of {provider}, or {cure}"
    elif model is None and not one.alone:
        end = "which is no alias any more"
    else:
        end = "whose provider isn't there"
    message = f"{whose(one)}, {view.where(one.place)}: names {name}, {end}; {cure}"
    return PlanWarning("dangling-reference", named(one.place), message)


def _of_manifest(
    by: tuple[Resource, Field], one: Reference, model: ModelRef | None, lack: _Lack, release: Release
) -> PlanWarning:
    resource, field = by
    source = field.source or resource.source
    address = ".".join((resource.address, *field.path))
    at = f"{source.location()}: " if source else ""
    provider = model.provider if model else one.provider or one.text
    if lack == "alias":
        what = f"{one.text!r} is no alias of this gateway, and OpenClaw would take it for a model of another provider"
        return PlanWarning("unknown-alias", address, f"{at}{what}; write provider/model-id")
    if lack == "model":
        what = f"the provider {provider} of this gateway lists no model {model.model if model else ''}"
        return PlanWarning("dangling-ref", address, f"{at}{what}; correct it, or add it there")
    if provider in known_anywhere():
        what = f"OpenClaw {release} doesn't bring the provider {provider}: it takes a plugin, which can't be seen here"
        return PlanWarning("plugin-provider", address, f"{at}{what}")
    what = f"no manifest declares the provider {provider}, this gateway has none of that name, and OpenClaw {release} brings none"
    code = "unknown-provider" if one.runs and one.use != ALIAS else "foreign-ref"
    return PlanWarning(code, address, f"{at}{what}")
