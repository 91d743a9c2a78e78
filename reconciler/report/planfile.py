"""Reading a saved plan from a file of any origin."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

from reconciler.errors import PlanFileError
from reconciler.report.as_json import MAX_BYTES, read_plan

if TYPE_CHECKING:
    from reconciler.plan.model import Plan


def load_plan(path: str) -> Plan:
    """Read a saved plan; ``-`` is standard input.

    Raises:
        PlanFileError: no such file, or none of ours.
    """
    if path == "-":
        return read_plan(sys.stdin.buffer.read(MAX_BYTES + 1))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
                raise PlanFileError(
                    "this is no saved plan", where=path, remedy="name a file made by `reconciler plan -o`"
                )
            return read_plan(file.read(MAX_BYTES))
    except OSError as error:
        raise PlanFileError(
            f"the plan can't be read: {error.strerror}",
            where=path,
            remedy="name a file made by `reconciler plan -o`",
        ) from error
