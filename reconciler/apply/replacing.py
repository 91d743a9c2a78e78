"""Puts new contents in the place of old ones, all or none, and back again."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from reconciler.errors import MovedError, ReconcilerError, TargetError
from reconciler.openclaw.stores.place import read_place, replace_place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.apply.candidate import Candidate
    from reconciler.state.journal import Journal

_NOTHING: Final[Mapping[str, bytes]] = MappingProxyType({})


def replace_all(candidates: tuple[Candidate, ...], journal: Journal) -> None:
    """Write every candidate, or none.

    Raises:
        MovedError: somebody changed one of them in this very moment.
        TargetError: one can't be written.
    """
    try:
        for candidate in candidates:
            _put(candidate, candidate.before, candidate.after)
    except ReconcilerError:
        put_back(candidates)
        journal.forget_pending()
        raise
    except OSError as error:
        put_back(candidates)
        journal.forget_pending()
        raise TargetError(
            f"the config can't be written: {error.strerror}; it is as it was",
            where=error.filename or candidates[-1].path,
            remedy="free space or mend permissions, and run again",
        ) from error


def put_back(candidates: tuple[Candidate, ...], over: Mapping[str, bytes] = _NOTHING) -> tuple[str, ...]:
    """Undo writes; a file that somebody else has changed since is left to them, and its path given.

    Args:
        over: by path, what OpenClaw itself has put over what was written; that is undone as well.

    Raises:
        TargetError: it can't be done now; the journal still knows that it has to be.
    """
    left = []
    for candidate in candidates:
        current = read_place(candidate.path)
        try:
            if current == candidate.after or (current is not None and current == over.get(candidate.path)):
                _put(candidate, current, candidate.before)
            elif current != candidate.before:
                left.append(candidate.path)
        except MovedError:
            left.append(candidate.path)
        except OSError as error:
            raise TargetError(
                f"the previous state can't be put back: {error.strerror}",
                where=candidate.path,
                remedy="free space or mend permissions there, and run again: that puts it back first",
            ) from error
    return tuple(left)


def _put(candidate: Candidate, before: bytes | None, after: bytes | None) -> None:
    replace_place(candidate.path, before, after, mode=candidate.mode, uid=candidate.uid, gid=candidate.gid)
