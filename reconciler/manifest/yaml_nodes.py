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
