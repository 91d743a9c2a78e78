"""What a plan changes in what OpenClaw makes of the config beyond what it says itself: lists that begin, models that aren't used. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.edits import effect
from reconciler.openclaw.resolution import Choice, resolve_models
from reconciler.openclaw.surfaces import surface_of
from reconciler.plan.model import PlanWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.desired.model import Desired
    from reconciler.edits import Edit
    from reconciler.json5.path import Path
    from reconciler.release import Release

# A model that is chosen and not used is none of what was asked; whoever wants it so all the same says `--severity`.
UNUSED: Final = "unlisted-model"


def after_edits(config: Any, edits: tuple[Edit, ...]) -> Any:
    """What the config means after ``edits``; those of the stores don't count."""
    return effect(config, tuple(edit for edit in edits if surface_of(edit.path)[0] == "config"))


def find_consequences(
    desired: Desired, config: Any, edits: tuple[Edit, ...], release: Release
) -> Iterator[PlanWarning]:
    """A warning for the list of allowed models that begins with ``edits``, and for every model that is chosen and not used.

    Args:
        config: the live config.
    """
    before = resolve_models(config, release)
    after = resolve_models(after_edits(config, edits), release)
    said = {(*r.path, *field.path)[: len(r.path) + 1] for r in desired.resources for field in r.fields}
    policy = ("agents", "defaults", "modelPolicy")
    if (
        before.defaults.allowed.refs is None
        and after.defaults.allowed.refs is not None
        and policy not in said
    ):
        yield PlanWarning(
            "implicit-allow-list",
            "agent/defaults.models",
            "agents may use only models listed in agents.defaults.models once it has an entry; every model that is declared, "
            "chosen or in use is listed",
        )
    chosen = {resource.address for resource in desired.resources if (*resource.path, "model") in said}
    was = before.choices()
    for name, choice in after.choices().items():
        inherited = choice.primary == after.defaults.primary and choice.allowed == after.defaults.allowed
        if name != "agent/defaults" and inherited:
            continue
        if not choice.used and (name in chosen or name not in was or was[name].used):
            yield PlanWarning(UNUSED, f"{name}.model.primary", _unused(choice, release))


def _unused(choice: Choice, release: Release) -> str:
    place = _named(choice.allowed.path)
    return (
        f"OpenClaw {release} will not use {choice.primary}: {place} doesn't list it, and the first model of the list is run in "
        f"its place, without a word; add it there, or say modelPolicy in an Agent"
    )


def _named(path: Path) -> str:
    return ".".join(str(getattr(step, "id", step)) for step in path)
