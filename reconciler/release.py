"""OpenClaw release numbers, such as 2026.6.11, and how they order."""

from __future__ import annotations

import re

import msgspec

_PATTERN = re.compile(r"v?(\d{4})\.(\d{1,3})\.(\d{1,4})(?:-([0-9A-Za-z.-]+))?\Z")

# Long-lived maintenance lines continue the feature set of an older month under a high patch number:
# 2026.6.33 and later behave like 2026.6.11, 2026.7.33 and later like 2026.7.1. Month and patch order
# them rightly already, so only text that looks like a release needs care here.


class Release(msgspec.Struct, frozen=True, order=True):
    """A release; orders by year, month and patch, a pre-release before its release."""

    year: int
    month: int
    patch: int
    final: bool = True
    pre: str = ""

    @classmethod
    def parse(cls, text: str) -> Release:
        """Read ``2026.6.11``, ``v2026.6.11`` or ``2026.8.1-beta.2``.

        Raises:
            ValueError: the text is no OpenClaw release.
        """
        match = _PATTERN.match(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no OpenClaw release such as 2026.6.11")
        year, month, patch, pre = match.groups()
        # `2026.3.13-1` is a re-publication of 2026.3.13, not a pre-release of it.
        final = pre is None or pre.isdigit()
        return cls(int(year), int(month), int(patch), final, "" if final else pre)

    def __str__(self) -> str:
        base = f"{self.year}.{self.month}.{self.patch}"
        return base if self.final else f"{base}-{self.pre}"
