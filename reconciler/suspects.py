"""Who may have changed the config since the last apply: what the evidence says, the most specific first, and no more."""

from __future__ import annotations

import hashlib
import os
import re
import time
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.files import read_regular
from reconciler.openclaw.audit import Event, events
from reconciler.openclaw.evidence import META, parsed
from reconciler.values import lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.openclaw.paths import Paths
    from reconciler.plan.model import Drift
    from reconciler.release import Release
    from reconciler.state.journal import Receipt
    from reconciler.targets.local import Snapshot

_FEW = 3
_ID_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)")


class Suspect(msgspec.Struct, frozen=True):
    """Somebody who may have done it.

    Attributes:
        what: who did what, a sentence.
        evidence: where that is known from.
        time: ISO 8601, UTC; empty when unknown.
        addresses: the drifted values that the evidence names; empty when it names none.
    """

    what: str
    evidence: str
    time: str = ""
    addresses: tuple[str, ...] = ()


def suspects(
    snapshot: Snapshot, drift: Sequence[Drift], receipts: Sequence[Receipt], set_name: str
) -> tuple[Suspect, ...]:
    """Who may have done it.

    Args:
        drift: what changed in the live state.
        receipts: of all applies, oldest first.
        set_name: the manifest set whose values they are.
    """
    own = [receipt for receipt in receipts if receipt.result == "applied" and receipt.set_name == set_name]
    last = own[-1] if own else None
    since = last.time if last else ""
    places = {one.address: _notation(one.path, snapshot.config.value) for one in drift}
    written = {digest for receipt in receipts for digest in receipt.digests.values()}
    audit = [event for event in _later(snapshot, last) if not (event.external and event.after in written)]
    found = [
        *_named_by_openclaw(audit, places),
        *_other_applies(receipts[receipts.index(last) + 1 :] if last else receipts, set_name, places),
        *_put_back(snapshot.paths, since),
        *_upgraded(snapshot, last),
        *_outside(snapshot, audit, last, written),
        *_by_openclaw(audit),
        *_file_times(snapshot, last),
    ]
    return tuple(dict.fromkeys(found))


def _later(snapshot: Snapshot, last: Receipt | None) -> Iterator[Event]:
    """What OpenClaw recorded after the last apply wrote.

    A receipt says when its apply ended, its id when it began to write, both in whole seconds: of what was recorded in between, that
    is later which began with the bytes that the apply left, or with what came of them.
    """
    if last is None:
        yield from events(snapshot.paths, "")
        return
    left = {last.digests.get(snapshot.config.root, "")} - {""}
    for event in events(snapshot.paths, _begun(last)):
        if event.time[:19] > last.time[:19] or event.before in left:
            left.add(event.after)
            yield event


def _begun(receipt: Receipt) -> str:
    """When an apply began to write, from its id; when it ended, where the id doesn't say."""
    stamp = _ID_TIME.match(receipt.id)
    return "{}-{}-{}T{}:{}:{}".format(*stamp.groups()) if stamp else receipt.time[:19]


def _named_by_openclaw(audit: Sequence[Event], places: dict[str, str]) -> Iterator[Suspect]:
    """Events that name a drifted path, the newest first."""
    for event in reversed(audit):
        touched = tuple(
            address for address, place in places.items() if any(_overlap(place, path) for path in event.paths)
        )
        if touched and event.external:
            what = "something other than OpenClaw edited the config; OpenClaw noticed it then"
            yield Suspect(what, "OpenClaw's config audit, config.external", event.time, touched)
        elif touched:
            yield Suspect(
                f"OpenClaw wrote it: {_program(event)}", "OpenClaw's config audit", event.time, touched
            )


def _by_openclaw(audit: Sequence[Event]) -> Iterator[Suspect]:
    """Writes whose paths OpenClaw didn't record."""
    silent = [event for event in audit if not event.external and not event.paths]
    for event in silent[-_FEW:]:
        what = f"OpenClaw wrote the config: {_program(event)}"
        yield Suspect(what, "OpenClaw's config audit, which doesn't say what changed", event.time)


def _program(event: Event) -> str:
    name = f"`openclaw {event.command}`" if event.command else "a process of its own"
    return f"{name}, process {event.pid}" if event.pid is not None else name


def _outside(
    snapshot: Snapshot, audit: Sequence[Event], last: Receipt | None, written: set[str]
) -> Iterator[Suspect]:
    """Bytes that no write of OpenClaw accounts for: the audit tells which it found and which it left."""
    known = last.digests.get(snapshot.config.root, "") if last else ""
    writes = [event for event in audit if not event.external]
    for event in writes:
        if known and event.before and event.before not in (known, *written):
            what = "something other than OpenClaw edited the config before that moment"
            yield Suspect(
                what, "OpenClaw's config audit: it found other bytes than were last written", event.time
            )
        known = event.after
    root = snapshot.config.files.get(snapshot.config.root)
    if root is not None and known and hashlib.sha256(root.data).hexdigest() not in (known, *written):
        whose = "OpenClaw's last recorded write" if writes else "the last apply"
        what = f"the config was edited since {whose}, and OpenClaw's audit has no record of it"
        yield Suspect(what, "the file's bytes and time", _since(last, os.stat(root.path).st_mtime))


def _other_applies(receipts: Sequence[Receipt], set_name: str, places: dict[str, str]) -> Iterator[Suspect]:
    for receipt in receipts:
        if receipt.set_name == set_name or receipt.result != "applied":
            continue
        changed = {str(change.get("address")) for change in receipt.changes if isinstance(change, dict)}
        touched = tuple(address for address in places if any(_overlap(address, one) for one in changed))
        if touched:
            what = f"this program applied the manifest set {receipt.set_name}, by {receipt.by}"
            yield Suspect(what, f"receipt {receipt.id}", receipt.time, touched)


def _put_back(paths: Paths, since: str) -> Iterator[Suspect]:
    """Files that OpenClaw leaves when it restores its backup, or refuses a write of its own."""
    folder, base = os.path.split(paths.config)
    marks = {
        f"{base}.clobbered.": "OpenClaw distrusted the config and put its backup back",
        f"{base}.rejected.": "OpenClaw refused a write of its own",
    }
    for name in sorted(_names(folder)):
        for start, what in marks.items():
            written = _stamp(os.lstat(os.path.join(folder, name)).st_mtime) if name.startswith(start) else ""
            if written and written > since:
                yield Suspect(what, f"{paths.display(os.path.join(folder, name))}", written)
    for name in (f"{base}.bak", *(f"{base}.bak.{number}" for number in range(1, 5))):
        backup = os.path.join(folder, name)
        if _bytes(backup) is not None and _bytes(backup) == _bytes(paths.config):
            yield Suspect("the config is, byte for byte, OpenClaw's backup", paths.display(backup))
            return


def _upgraded(snapshot: Snapshot, last: Receipt | None) -> Iterator[Suspect]:
    release = str(snapshot.install.release) if snapshot.install.release else None
    if last is not None and last.release and release and last.release != release:
        what = f"OpenClaw was {last.release} at the last apply and is {release} now; an upgrade may rewrite the config"
        yield Suspect(what, snapshot.install.evidence)
    touched = parsed(lookup(snapshot.config.value, META))
    at = lookup(snapshot.config.value, ("meta", "lastTouchedAt"))
    when = at if isinstance(at, str) else ""
    if touched is not None and (last is None or _wrote_after(last, touched, when)):
        yield Suspect(f"OpenClaw's own last write was by release {touched}", "meta of the config", when)


def _wrote_after(last: Receipt, touched: Release, when: str) -> bool:
    """Whether OpenClaw's own last write came after an apply: by its time, else by a release that wasn't there then."""
    if when:
        return when[:19] > last.time[:19]
    before = parsed(last.release)
    return before is None or touched > before


def _file_times(snapshot: Snapshot, last: Receipt | None) -> Iterator[Suspect]:
    """Files that are no longer as they were applied; of others only those that are newer than the apply."""
    for path, file in sorted(snapshot.config.files.items()):
        shown, digest = snapshot.paths.display(path), last.digests.get(path) if last else None
        if digest is not None and digest == hashlib.sha256(file.data).hexdigest():
            continue
        time = _since(last, os.stat(path).st_mtime)
        if time:
            yield Suspect(f"{shown} was last written", "its time", time)
        elif digest is not None:
            yield Suspect(
                f"{shown} is another file than was applied, and older by its time", "its bytes and time"
            )


def _since(last: Receipt | None, seconds: float) -> str:
    """A file's time; empty where it is from before the end of the last apply, and so tells of nothing that came later."""
    stamp = _stamp(seconds)
    return stamp if last is None or stamp >= last.time else ""


def _notation(path: Iterable[str | dict[str, str]], config: Any) -> str:
    """A path as OpenClaw writes it: rows of a list by their number."""
    text, node = "", config
    for step in path:
        if isinstance(step, dict):
            rows = node if isinstance(node, list) else []
            index = next(
                (i for i, row in enumerate(rows) if isinstance(row, dict) and row.get("id") == step["id"]),
                None,
            )
            text += f"[{index}]" if index is not None else ""
            node = rows[index] if index is not None else None
        else:
            text += f".{step}" if text else step
            node = node.get(step) if isinstance(node, dict) else None
    return text


def _overlap(left: str, right: str) -> bool:
    """Whether one path is the other, or lies in it."""
    return (
        left == right
        or left.startswith((right + ".", right + "["))
        or right.startswith((left + ".", left + "["))
    )


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _bytes(path: str) -> bytes | None:
    try:
        return read_regular(path, 16 << 20)
    except OSError:
        return None


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
