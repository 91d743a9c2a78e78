"""Everything that can go wrong and be told to a user, as one tree.

    ReconcilerError                 exit 1   bad manifest, unreadable target, refused input
    ├── ManifestError               exit 1   every problem found in the manifests, at once
    ├── TargetError                 exit 1   the live OpenClaw can't be read or written
    ├── KeySourceError              exit 1   a key can't be read from where the manifest says
    ├── PlanFileError               exit 1   a saved plan can't be read
    ├── RollbackError               exit 1   there is nothing to return to, or no record of it any more
    ├── UsageError                  exit 64  the command line makes no sense
    ├── RefusedError                exit 3   a safety rule says no
    ├── MovedError                  exit 4   the live state is not the one that was planned against
    ├── UnhealthyError              exit 5   the endpoint check failed; nothing was written
    └── VerificationError           exit 6   the result was wrong; the previous state was put back

Each says what happened, where, and what to do next.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec


class Location(msgspec.Struct, frozen=True, order=True):
    """A place in a file; line and column count from 1, 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


class Problem(msgspec.Struct, frozen=True, order=True):
    """One finding in a manifest: what is wrong, where, and what to do."""

    location: Location
    code: str
    what: str
    remedy: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.location}: {self.severity}: {self.what} [{self.code}]\n    {self.remedy}"


class ReconcilerError(Exception):
    """Base of all errors meant for a user.

    Args:
        what: what happened, one sentence, no trailing full stop needed.
        where: file:line:column, path or URL; empty when the sentence says it.
        remedy: what to do next.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str | Location = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = str(where)
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n    {self.remedy}" if self.remedy else head


class ManifestError(ReconcilerError):
    """The manifests have problems; all of them are carried, none is the first only."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class TargetError(ReconcilerError):
    """The live OpenClaw can't be read, understood or written."""


class KeySourceError(ReconcilerError):
    """A key can't be read from where the manifest says it is."""


class PlanFileError(ReconcilerError):
    """A saved plan is unreadable, damaged or of a format that this version does not know."""


class RollbackError(ReconcilerError):
    """There is no such apply to return to, or what it left is no longer on record."""


class UsageError(ReconcilerError):
    """The command line makes no sense."""

    exit_code = 64


class RefusedError(ReconcilerError):
    """A safety rule refused; the message names the rule, the objects and the option."""

    exit_code = 3


class MovedError(ReconcilerError):
    """The live state moved since the plan, or another writer holds the lock."""

    exit_code = 4


class UnhealthyError(ReconcilerError):
    """The endpoint check failed; nothing was written."""

    exit_code = 5


class VerificationError(ReconcilerError):
    """Verification after writing failed; the previous state was put back."""

    exit_code = 6
