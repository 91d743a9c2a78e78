"""Makes the config smaller in steps that OpenClaw trusts.

When OpenClaw reads a config with less than half of the bytes that it last saw, it takes it for broken and puts its own, older backup over
it (2026.6.11, 8.2, 9.6; 2026.4.15 sets a copy aside). So a config that loses more is first written with blank lines at its end, and
these go step by step, each after OpenClaw has looked at the one before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from reconciler.errors import ReconcilerError
from reconciler.openclaw.cli import OpenClaw
from reconciler.openclaw.commands import LOOK
from reconciler.openclaw.lock import config_lock
from reconciler.openclaw.stores.place import read_place, replace_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.apply.candidate import Candidate
    from reconciler.targets.local import Snapshot

# OpenClaw distrusts no loss in a file smaller than this (dist of 2026.9.6: `size-drop-vs-last-good`).
_SMALL = 512


def cushioned(snapshot: Snapshot, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """The same candidates, the config's with as many blank lines at its end as it needs to be trusted."""
    return tuple(_cushioned(one) if one.path == snapshot.config.root else one for one in candidates)


def _cushioned(one: Candidate) -> Candidate:
    if one.before is None or one.after is None:
        return one
    after = trusted(one.path, one.before, one.after)
    return msgspec.structs.replace(one, after=after, cushion=len(after) - len(one.after))


def settle(
    snapshot: Snapshot,
    candidates: tuple[Candidate, ...],
    environ: Mapping[str, str],
    progress: Callable[[str], None],
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Take the blank lines away again, as fast as OpenClaw's trust goes.

    Returns:
        The candidates with what stands there now, and what has to be said of it.
    """
    settled, said = [], []
    for one in candidates:
        if one.cushion and one.after is not None:
            wanted = one.after[: -one.cushion]
            now, sentence = _descend(snapshot, one.after, wanted, environ, progress)
            settled.append(msgspec.structs.replace(one, after=now, cushion=len(now) - len(wanted)))
            said.append(sentence)
        else:
            settled.append(one)
    return tuple(settled), tuple(said)


def trusted(path: str, standing: bytes, data: bytes) -> bytes:
    """``data`` with as many blank lines at its end as make OpenClaw trust it in the place of ``standing``."""
    # Without a backup of its own, which it makes of the config only, OpenClaw can restore nothing.
    least = _least(len(standing)) if os.path.exists(_backup_of(path)) else 0
    return data + b"\n" * (least - len(data))


def _descend(
    snapshot: Snapshot,
    written: bytes,
    wanted: bytes,
    environ: Mapping[str, str],
    progress: Callable[[str], None],
) -> tuple[bytes, str]:
    """What stands in the config in the end, and how it came to that."""
    root = snapshot.config.root
    shown = snapshot.paths.display(root)
    still = f"{shown} ends in blank lines still, because OpenClaw distrusts a sudden loss"
    while True:
        progress(f"letting OpenClaw see the config shrink: {len(written):,} to {len(wanted):,} bytes")
        if not _looked(snapshot, environ):
            return written, f"{still} and couldn't be asked to look at it"
        if len(written) == len(wanted):
            return written, f"{shown} was made smaller step by step: OpenClaw distrusts a sudden loss"
        smaller = trusted(root, written, wanted)
        problem = _replace(root, written, smaller)
        if problem:
            return written, f"{still}; {problem}"
        written = smaller


def _replace(path: str, before: bytes, after: bytes) -> str:
    """Why it couldn't be replaced; empty when it was."""
    try:
        with config_lock(path):
            status = os.stat(path)
            replace_place(
                path, before, after, mode=status.st_mode & 0o7777, uid=status.st_uid, gid=status.st_gid
            )
    except ReconcilerError as error:
        return error.what
    except OSError as error:
        return f"it can't be written: {error.strerror}"
    return ""


def put_over(snapshot: Snapshot) -> dict[str, bytes]:
    """What OpenClaw may have put over the config when it distrusted ours: its backup, which is older than what stood there before."""
    backup = read_place(_backup_of(snapshot.config.root))
    return {} if backup is None else {snapshot.config.root: backup}


def _backup_of(path: str) -> str:
    return f"{path}.bak"


def _least(size: int) -> int:
    return size // 2 if size >= _SMALL else 0


def _looked(snapshot: Snapshot, environ: Mapping[str, str]) -> bool:
    """Have OpenClaw read the config and remember its size."""
    if snapshot.install.command is None:
        return False
    openclaw = OpenClaw(snapshot.install, snapshot.paths, environ)
    question = LOOK.words(snapshot.capabilities.release, path="gateway.mode")
    return question is not None and openclaw.run(*question).code == 0
