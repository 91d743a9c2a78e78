"""Finds what a mistyped word was meant to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean X?` for the nearest of ``known``; empty when none is near."""
    from difflib import get_close_matches

    # `base_url`, `BaseURL` and `base-url` all mean baseUrl.
    plain = {_plain(name): name for name in known}
    if len(word) > 200 or len(plain) > 500:
        return ""
    near = get_close_matches(_plain(word), plain, n=1, cutoff=0.72)
    return f"Did you mean {plain[near[0]]}?" if near else ""


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
