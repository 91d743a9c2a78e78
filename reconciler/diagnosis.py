"""What ``doctor`` looks at: one small check each, with ok, warn or fail and a remedy. Reads only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from reconciler.desired.needs import references
from reconciler.effective.facts import read_facts
from reconciler.effective.gaps import find_gaps
from reconciler.effective.leaks import find_leaks
from reconciler.effective.view import standing_warnings, view_of
from reconciler.errors import ReconcilerError
from reconciler.openclaw.capabilities import NAME_IT, NEWEST
from reconciler.openclaw.environment import find_hosts
from reconciler.openclaw.ids import provider_id
from reconciler.release import Release
from reconciler.targets.local import LocalReader, Snapshot
from reconciler.values import MISSING, lookup

READONLY_SINCE = Release(2026, 9, 4)


class Finding(msgspec.Struct, frozen=True):
    """One line of the diagnosis."""

    name: str
    status: Literal["ok", "warn", "fail"]
    message: str
    remedy: str = ""


Check = Callable[[Snapshot, LocalReader], Iterator[Finding]]


def diagnose(target: LocalReader) -> tuple[Finding, ...]:
    """All findings about a target; one that can't be read at all is itself the finding."""
    try:
        snapshot = target.snapshot()
    except ReconcilerError as error:
        return (
            Finding(
                "target", "fail", f"{error.where}: {error.what}" if error.where else error.what, error.remedy
            ),
        )
    return tuple(finding for check in CHECKS for finding in check(snapshot, target))


def _release(snapshot: Snapshot, _: LocalReader) -> Iterator[Finding]:
    install = snapshot.install
    if install.release is None:
        yield Finding("release", "warn", f"not known: {install.evidence}", NAME_IT)
    elif not snapshot.capabilities.certain:
        message = (
            f"{snapshot.capabilities.named}, from {install.evidence}: only what each of them takes is written"
        )
        yield Finding("release", "warn", message, NAME_IT)
    elif snapshot.capabilities.doubt:
        yield Finding(
            "release", "warn", snapshot.capabilities.doubt, f"{NEWEST} is the newest release checked"
        )
    else:
        yield Finding("release", "ok", f"OpenClaw {install.release}, from {install.evidence}")
    if install.command is None:
        remedy = "put `openclaw` on PATH where apply runs, so that OpenClaw itself validates what is written"
        yield Finding("command", "warn", "no openclaw command here", remedy)
    else:
        yield Finding("command", "ok", snapshot.paths.display(install.command))


def _config(snapshot: Snapshot, _: LocalReader) -> Iterator[Finding]:
    config, shown = snapshot.config, snapshot.paths.display(snapshot.config.root)
    if not config.exists:
        yield Finding("config", "warn", f"{shown} is not there; apply creates it", "")
        return
    root = config.files[config.root].document
    form = "strict JSON" if root.is_strict_json else "JSON5"
    included = f", {len(config.files) - 1} included files" if len(config.files) > 1 else ""
    yield Finding("config", "ok", f"{shown} ({form}{included})")
    for path, file in sorted(config.files.items()):
        for keys in file.document.duplicate_keys():
            place = ".".join(str(step) for step in keys)
            where = snapshot.paths.display(path)
            yield Finding(
                "duplicate-key", "warn", f"{where}: {place} stands twice; the last counts", "remove one"
            )


def _guards(snapshot: Snapshot, _: LocalReader) -> Iterator[Finding]:
    """OpenClaw puts its backup over a config that lost ``meta`` or ``gateway.mode``."""
    if not snapshot.config.exists:
        return
    for path in (("meta",), ("gateway", "mode")):
        if lookup(snapshot.config.value, path) is MISSING:
            from reconciler.openclaw.commands import CONFIGURE

            remedy = f"let OpenClaw write it once (`{CONFIGURE.command()}`); this program never invents it"
            yield Finding("restore-guard", "warn", f"the config has no {'.'.join(path)}", remedy)
    if lookup(snapshot.config.value, ("env", "vars")) is MISSING and _flat_env(snapshot):
        remedy = "move them below env.vars; 2026.8.1 and later reject flat keys"
        yield Finding(
            "flat-env", "warn", f"env holds keys of its own: {', '.join(_flat_env(snapshot))}", remedy
        )


def _flat_env(snapshot: Snapshot) -> list[str]:
    env = lookup(snapshot.config.value, ("env",))
    return sorted(key for key in env if key not in ("vars", "shellEnv")) if isinstance(env, dict) else []


def _writable(snapshot: Snapshot, _: LocalReader) -> Iterator[Finding]:
    for path in (snapshot.paths.state_dir, *sorted(snapshot.config.files)):
        if not os.access(path, os.W_OK):
            shown = snapshot.paths.display(path)
            remedy = "run apply as its owner; where something else writes it, put the values that `reconciler plan` shows there"
            yield Finding("writable", "fail", f"{shown} can't be written by this user", remedy)


def _leaks(snapshot: Snapshot, _: LocalReader) -> Iterator[Finding]:
    """Keys that lie open."""
    for leak in find_leaks(snapshot):
        message = leak.message if leak.kind == "permissions" else f"{leak.message}: {leak.place}"
        yield Finding(leak.kind, leak.status, message, leak.remedy)


def _references(snapshot: Snapshot, target: LocalReader) -> Iterator[Finding]:
    """Settings that use a model of ours, or of SiliconFlow's, that isn't there or is retired, and keys that go to another site."""
    for one in standing_warnings(view_of(snapshot, target.journal.others(""))):
        yield Finding(one.code, "warn", f"{one.address}: {one.message}")


def _keys(snapshot: Snapshot, target: LocalReader) -> Iterator[Finding]:
    """Where the gateway gets the variables that its providers need, and what decides about keys and can't be looked into."""
    found = lookup(snapshot.config.value, ("models", "providers"))
    live = found if isinstance(found, dict) else {}
    needed = {
        name: (f"models.providers.{provider}",) for provider in live for name in references(live[provider])
    }
    facts = read_facts(
        snapshot, snapshot.config.value, target.environ, tuple(map(provider_id, live)), needed=needed
    )
    named = {name: needed.get(name, ("",)) for name in facts.variables}
    gaps = {gap.name: gap for gap in find_gaps(named, facts, snapshot)}
    for name, places in facts.variables.items():
        if name in gaps:
            yield Finding("variable", "fail" if gaps[name].hosts else "warn", gaps[name].message)
        elif places:
            first = (
                places[0].place if places[0].kind == "process" else snapshot.paths.display(places[0].place)
            )
            yield Finding("variable", "ok", f"{name}: {first}")
    for one in facts.unreadable:
        yield Finding("unreadable", "warn", f"{snapshot.paths.display(one.place)}: {one.message}", one.remedy)


def _writer(snapshot: Snapshot, target: LocalReader) -> Iterator[Finding]:
    environ, release = target.environ, snapshot.install.release
    if snapshot.nix:
        yield Finding(
            "writer",
            "fail",
            "OPENCLAW_NIX_MODE=1: Nix owns the config",
            "put the values that `reconciler plan` shows into the Nix source",
        )
    elif release is not None and release >= READONLY_SINCE and environ.get("OPENCLAW_CONFIG_READONLY") != "1":
        remedy = "set OPENCLAW_CONFIG_READONLY=1 for the gateway: OpenClaw then neither rewrites nor restores the config"
        yield Finding("writer", "warn", "OpenClaw may rewrite the config too", remedy)
    if os.path.exists(snapshot.config.root + ".lock"):
        remedy = "if no OpenClaw runs, remove it"
        yield Finding("lock", "warn", f"{snapshot.paths.display(snapshot.config.root)}.lock is held", remedy)


def _journal(_: Snapshot, target: LocalReader) -> Iterator[Finding]:
    if target.journal.pending() is not None:
        yield Finding(
            "journal", "warn", "an apply was interrupted", "run `reconciler apply`: it settles that first"
        )
    receipts = target.journal.receipts()
    if receipts:
        yield Finding(
            "journal", "ok", f"{len(receipts)} applies, the last {receipts[-1].time}: {receipts[-1].result}"
        )
    else:
        yield Finding("journal", "ok", "nothing has been applied here yet")


def _gateway(snapshot: Snapshot, target: LocalReader) -> Iterator[Finding]:
    hosts = find_hosts(snapshot.paths, target.environ, ())
    for host in hosts:
        yield Finding("gateway", "ok", host.name)
    if not hosts:
        yield Finding("gateway", "ok", "none is running, and none is installed as a service here")


def _store(snapshot: Snapshot, _: LocalReader) -> Iterator[Finding]:
    capabilities = snapshot.capabilities
    if not capabilities.auth_store_known:
        message = "where auth profiles are kept depends on the release, and none are here that would tell"
        yield Finding("auth-store", "warn", message, NAME_IT)
        return
    yield Finding("auth-store", "ok", f"this release keeps auth profiles in its {capabilities.auth_store}")


CHECKS: tuple[Check, ...] = (
    _release,
    _config,
    _guards,
    _writable,
    _leaks,
    _references,
    _keys,
    _writer,
    _gateway,
    _store,
    _journal,
)
