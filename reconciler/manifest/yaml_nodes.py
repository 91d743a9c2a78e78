"""The words for what a YAML text is made of."""

from __future__ import annotations

from typing import Any

import msgspec

Node = Any  # dict, list or scalar as YAML has it
Step = str | int


class Mark(msgspec.Struct, frozen=True):
    """A place as libyaml counts it: from 0."""

    line: int
    column: int


class Stop(Exception):  # noqa: N818  # no failure of the program: it ends the reading of one file
    """The rest of the file can't be read; says where and why."""

    def __init__(self, mark: Mark, code: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.mark, self.code, self.what, self.remedy = mark, code, what, remedy
