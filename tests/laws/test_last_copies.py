"""The last copy of a key is never destroyed without the operator's word, wherever it stands and whatever is declared instead."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.apply.run import Steps, apply
from reconciler.errors import ReconcilerError, RefusedError
from reconciler.keys import Keyring
from reconciler.openclaw.redact import hidden
from reconciler.plan.guard import Overrides
from reconciler.planning.making import make_plan
from reconciler.state.ownership import STORED
from tests.laws.databases import shared_database
from tests.laws.generated import BASE, VARIABLE, document
from tests.laws.target import MEMORY, Target

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.planning.request import Request

KEYS = tuple(f"sk-SENTINEL-of-somebody-{number:04}" for number in range(4))
PLACES = ("apiKey", "vars", "header", "profile", "own profile", "models.json", "secret", "url", ".env")
COPIED = {"from": {"env": VARIABLE}}
SOURCES: dict[str, dict[str, Any]] = {
    "env": {"env": VARIABLE},
    "inline": {"inline": VARIABLE},
    "profile": {"profile": "work", **COPIED},
    "profile to a variable": {"profile": "work", "env": VARIABLE},
    "store": {"store": VARIABLE},
    "program": {"inline": VARIABLE, "from": {"exec": ["/bin/echo", KEYS[0]]}},
    "file": {"file": "~/source"},
}
AUTH = "agents/{}/agent/auth-profiles.json"
MODELS = "agents/main/agent/models.json"


class World(NamedTuple):
    """Keys by place, and what is declared one after another: a source, or none, with the key in the variable, or none.

    Attributes:
        word: what the operator says of keys that would be lost.
    """

    release: str
    held: dict[str, str]
    declared: tuple[tuple[str | None, str | None], ...]
    word: str


@st.composite
def worlds(draw: st.DrawFn) -> World:
    held = draw(st.dictionaries(st.sampled_from(PLACES), st.sampled_from(KEYS), min_size=1))
    release = draw(st.sampled_from(["2026.4.15", "2026.9.6"]))
    sources = sorted(SOURCES) if release == "2026.9.6" else sorted(SOURCES.keys() - {"store"})
    step = st.tuples(st.sampled_from([*sources, None]), st.sampled_from([*KEYS[:2], None]))
    declared = draw(st.lists(step, min_size=1, max_size=3))
    return World(release, held, tuple(declared), draw(st.sampled_from(["keep", "discard"])))


class Home:
    """A target with the keys of a world in it, and the files that keys are saved to."""

    def __init__(self, folder: Path, world: World) -> None:
        held, self.kept = world.held, folder / "kept"
        provider: dict[str, Any] = {"baseUrl": BASE, "models": []}
        if "url" in held:
            provider["baseUrl"] = f"https://user:{held['url']}@by.hand/v1"
        if "apiKey" in held:
            provider["apiKey"] = held["apiKey"]
        if "header" in held:
            provider["headers"] = {"X-Api-Key": held["header"]}
        config = {
            "meta": {"lastTouchedVersion": world.release},
            "gateway": {"mode": "local"},
            "env": {"vars": {VARIABLE: held["vars"]} if "vars" in held else {}},
            "models": {"providers": {"siliconflow": provider}},
        }
        self.target = Target(folder, {"openclaw.json": json.dumps(config)}, [])
        self.kept.mkdir(mode=0o700)
        self._write("../source", KEYS[1])
        self._store(world)
        if "models.json" in held:
            cached = {"baseUrl": "https://old.example/v1", "apiKey": held["models.json"]}
            self._write(MODELS, json.dumps({"providers": {"siliconflow": cached}}))
        if ".env" in held:
            self._write(".env", f"SOMETHING={held['.env']}\n")

    def _store(self, world: World) -> None:
        held = world.held
        stores = {
            "main": self._profiles(held.get("profile")),
            "work": self._profiles(held.get("own profile")),
        }
        if world.release != "2026.9.6":
            for agent, text in stores.items():
                self._write(AUTH.format(agent), text)
            return
        path = self.target.state / "state" / "openclaw.sqlite"
        shared_database(path)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            put = "UPDATE config_machine_state SET value_json = ? WHERE state_key = 'authProfiles.store'"
            database.execute(put, (stores["main"],))
            if "secret" in held:
                values = "('team', '', ?, ?, 'secret', 1, 1, '', NULL, '')"
                database.execute(
                    f"INSERT INTO secret_store_entries VALUES {values}", (VARIABLE, held["secret"])
                )

    def _profiles(self, key: str | None) -> str:
        profile = {"type": "api_key", "provider": "siliconflow", "key": key}
        return json.dumps({"version": 1, "profiles": {"siliconflow:work": profile} if key else {}})

    def _write(self, name: str, text: str) -> None:
        path = self.target.state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)

    def declare(self, source: str | None, key: str | None) -> None:
        """Say where the key comes from; with none there is no provider at all."""
        self.target.environ = {**self.target.environ, VARIABLE: key or ""}
        headers = {"X-Api-Key": "${OTHER}", "X-Team": "a"}
        spec = {"site": "here", "key": SOURCES[source or "env"], "models": [], "headers": headers}
        provider = [document("Provider", "siliconflow", spec)] if source else []
        self.target.declare([document("Site", "here", {"baseUrl": BASE}), *provider])

    def request(self, overrides: Overrides) -> Request:
        """That of one command."""
        keyring = Keyring(self.target.environ, allow_exec=True)
        return msgspec.structs.replace(self.target.request, overrides=overrides, keyring=keyring)

    def apply(self, overrides: Overrides) -> None:
        apply(self.request(overrides), Steps(None, lambda _: True, lambda _: None))

    def held(self) -> dict[str, str]:
        """Everything secret in the live state by its fingerprint, in the config, the stores, and files that OpenClaw reads."""
        snapshot = make_plan(self.request(LOOSE)).snapshot
        stores = snapshot.stores(STORED)
        assert stores is not None
        secrets = hidden((), snapshot.live(stores), snapshot.fingerprints)
        for path in (self.target.state / ".env", self.target.state / MODELS):
            secrets |= hidden((), path.read_text() if path.exists() else "", snapshot.fingerprints)
        return {fingerprint: secret.reveal() for fingerprint, secret in secrets.items()}


LOOSE = Overrides(empty=True, mass_delete=True)


def keys_in(texts: Collection[str]) -> set[str]:
    return {key for key in KEYS for text in texts if key in text}


def word_on(home: Home, word: str) -> tuple[Overrides, set[str]]:
    """The operator's word on every key that would be lost, and what it lets go."""
    held, addresses, gone = home.held(), set(), set()
    keep: list[str] = []
    for refusal in make_plan(home.request(LOOSE)).plan.refusals:
        if refusal.rule == "last-copy" and word == "keep":
            path = home.kept / str(len(list(home.kept.iterdir())) + len(keep))
            keep.append(f"{refusal.addresses[0]}={path}")
        elif refusal.rule == "last-copy":
            addresses.add(refusal.addresses[-1])
            gone.add(held[refusal.message.split()[2]])
    lifted = msgspec.structs.replace(LOOSE, discard_key=frozenset(addresses), keep_key=tuple(keep))
    return lifted, keys_in(gone)


@given(world=worlds())
@settings(max_examples=80, deadline=None)
def test_every_key_is_kept_or_given_up(world: World) -> None:
    with tempfile.TemporaryDirectory(prefix="law-", dir=MEMORY if Path(MEMORY).is_dir() else None) as folder:
        home = Home(Path(folder), world)
        ours: set[str] = set()
        for source, key in world.declared:
            home.declare(source, key)
            before = keys_in(home.held().values())
            lifted, gone = word_on(home, world.word)
            if lifted != LOOSE:
                texts = home.target.texts()
                with pytest.raises(RefusedError, match="last-copy"):
                    home.apply(LOOSE)
                assert home.target.texts() == texts
            with contextlib.suppress(ReconcilerError):
                home.apply(lifted)
                # What this program wrote stays where it was declared to come from.
                ours |= keys_in((key or "", KEYS[0] if source == "program" else ""))
            files = [path.read_text() for path in home.kept.iterdir()]
            assert all(path.stat().st_mode & 0o777 == 0o600 for path in home.kept.iterdir())
            readable = {KEYS[1]} if source == "file" else set()
            assert before <= keys_in((*home.held().values(), *files)) | ours | gone | readable
