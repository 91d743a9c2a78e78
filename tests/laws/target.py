"""A target in a folder, driven through the Python API: plan and apply, without a process for each."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.apply.run import Outcome, Steps, apply
from reconciler.keys import Keyring
from reconciler.plan.guard import Overrides
from reconciler.planning.making import Planned, make_plan
from reconciler.planning.request import Request
from reconciler.state.journal import Journal
from tests.laws.generated import FOREIGN, KEY, MODELS, VARIABLE, Case, Documents, as_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.manifest.severities import Severities
    from reconciler.plan.model import Plan

# A disk takes its time to sync, some ten times an apply.
MEMORY = "/dev/shm"
# Every place where a generated target holds a key of somebody's.
HELD = (
    "provider/siliconflow.apiKey",
    f"env.vars[{VARIABLE}]",
    "models-json[main].siliconflow",
)
# Every model that a generated config may still use when no manifest declares it any more.
USED = tuple(
    f"provider/{name}{model}"
    for name in ("siliconflow", "second")
    for model in ("", *(f".models[{model}]" for model in (*MODELS, *FOREIGN)))
)
LOOSE = Overrides(mass_delete=True, empty=True, discard_key=frozenset(HELD), dangling=frozenset(USED))
# A model that somebody's own list keeps from being used is declared all the same.
TOLERANT: Severities = {"unlisted-model": "warning"}


class Target:
    """Config and manifests of a case, below ``folder``."""

    def __init__(self, folder: Path, files: dict[str, str], documents: Documents) -> None:
        self.folder = folder
        self.state = folder / ".openclaw"
        self.config = self.state / "openclaw.json"
        self.manifests = folder / "manifests"
        self.state.mkdir(mode=0o700)
        self.manifests.mkdir()
        for name, text in files.items():
            (self.state / name).write_bytes(text.encode())
            (self.state / name).chmod(0o600)
        self.declare(documents)
        self.environ = {"HOME": str(folder), "PATH": str(folder / "bin"), VARIABLE: KEY}

    def declare(self, *piles: Documents) -> None:
        """Say these documents instead, a file for each pile."""
        for file in self.manifests.iterdir():
            file.unlink()
        for index, pile in enumerate(piles):
            (self.manifests / f"{index}.yaml").write_text(as_yaml(pile), encoding="utf-8")

    def used(self) -> Target:
        """The same as one that something has been applied to before: it has its own key for fingerprints."""
        Journal(str(self.state / "reconciler")).prepare()
        return self

    @property
    def request(self) -> Request:
        """What a command line for this target asks."""
        return Request(
            (str(self.manifests),),
            self.environ,
            Keyring(self.environ),
            overrides=LOOSE,
            severities=TOLERANT,
        )

    def plan(self) -> Planned:
        """Plan."""
        return make_plan(self.request)

    def apply(
        self,
        saved: Plan | None = None,
        *,
        confirm: Callable[[Plan], bool] = lambda _: True,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Outcome:
        """Apply without an endpoint."""
        return apply(self.request, Steps(None, confirm, progress), saved)

    def texts(self) -> dict[str, str]:
        """The config files now."""
        found = (path for path in self.state.iterdir() if path.is_file())
        return {path.name: path.read_bytes().decode() for path in found}


@contextlib.contextmanager
def target_of(case: Case) -> Iterator[Target]:
    """A throw-away target."""
    with tempfile.TemporaryDirectory(prefix="law-", dir=MEMORY if os.path.isdir(MEMORY) else None) as folder:
        yield Target(Path(folder), case.files, case.documents)


def without_places(plan: Plan) -> Any:
    """A plan without where in the manifests things are said."""
    import msgspec

    fields = msgspec.to_builtins(plan)
    for change in fields["changes"]:
        del change["source"]
    fields["warnings"] = sorted((warning["code"], warning["message"]) for warning in fields["warnings"])
    return fields
