"""An independent parser confirms what new bytes mean, before anything is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.errors import TargetError
from reconciler.values import same

if TYPE_CHECKING:
    from reconciler.json5 import Document


def require_meaning(document: Document, intended: Any, path: str) -> None:
    """Have a second parser read ``document`` and compare.

    Raises:
        TargetError: it doesn't read it, or reads something else.
    """
    text = document.data.decode("utf-8-sig")
    try:
        if document.is_strict_json:
            meaning = json.loads(text)
        else:
            import json5

            meaning = json5.loads(text)
    except (ValueError, RecursionError) as error:
        raise TargetError(
            "a second JSON5 parser can't read the new config; nothing was changed",
            where=path,
            remedy="report this with the config (keys removed); until then make the change by hand",
        ) from error
    if not same(meaning, intended):
        raise TargetError(
            "a second JSON5 parser reads something else in the new config than what was intended, at "
            f"{', '.join(_differing(intended, meaning))}; nothing was changed",
            where=path,
            remedy="report this with the config (keys removed); until then make the change by hand",
        )


def _differing(intended: Any, meaning: Any) -> list[str]:
    """The first few places where two values differ, without the values: they may be keys."""
    from deepdiff import DeepDiff

    tree = DeepDiff(
        intended,
        meaning,
        view="tree",
        threshold_to_diff_deeper=0,
        verbose_level=0,
        ignore_nan_inequality=True,
    )
    return sorted({level.path() for levels in tree.values() for level in levels})[:5] or [
        "the type of a value"
    ]
