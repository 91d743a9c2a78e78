"""What earlier runs of OpenClaw, and earlier applies, left behind that tells a release: that one or a later one runs here now.

None of it is certain: OpenClaw may have been upgraded since without having written anything. ``schema_meta.app_version`` is the
release that made or migrated the state database, not the last to open it, and empty up to 2026.7.1 (runs on 6.11, 7.1, 8.2, 9.1
and 9.6, 2026-11-25).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import msgspec

from reconciler.errors import TargetError
from reconciler.openclaw.capabilities import AGENT_ENTRIES, MODEL_POLICY
from reconciler.release import Release
from reconciler.values import MISSING, lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.json5.path import Path
    from reconciler.openclaw.paths import Paths

META: Final = ("meta", "lastTouchedVersion")

# A config that holds one of these is none of an earlier release, which would reject it.
_SHAPES: Final[tuple[tuple[Path, Release | None], ...]] = (
    (("agents", "entries"), AGENT_ENTRIES.since),
    (("agents", "defaults", "modelPolicy"), MODEL_POLICY.since),
    (("meta", "migrations"), MODEL_POLICY.since),
)
_BEFORE: Final = "0000"  # earlier than any apply
_FIRST_DATABASE: Final = Release(2026, 6, 1)


class Sign(msgspec.Struct, frozen=True):
    """One trace of a release.

    Attributes:
        place: where it was found, for people.
        time: when that release ran, ISO 8601 in UTC; empty where nothing tells.
    """

    release: Release
    place: str
    time: str = ""


def weigh(signs: Sequence[Sign]) -> Sign | None:
    """The sign that tells most: of the dated ones the latest, because a downgrade is dated too; beside it the newest release.

    Of several that tell the same the first, so that the answer doesn't change with every apply.
    """
    dated = [sign for sign in signs if sign.time]
    counted = [sign for sign in signs if not sign.time]
    if dated:
        counted.append(max(dated, key=lambda sign: sign.time[:19]))
    newest = max((sign.release for sign in counted), default=None)
    return next((sign for sign in signs if sign.release == newest), None)


def signs_of_config(config: Any, *, unchanged: bool) -> Iterator[Sign]:
    """What a config tells.

    Args:
        unchanged: it is as the last apply left it, so that what it says of releases is older than that.
    """
    at = lookup(config, ("meta", "lastTouchedAt"))
    when = at if isinstance(at, str) and at[:4].isdigit() else _BEFORE if unchanged else ""
    release = parsed(lookup(config, META))
    if release is not None:
        yield Sign(release, f"{'.'.join(META)} of the config", when)
    for path, since in _SHAPES:
        if since is not None and not unchanged and lookup(config, path) is not MISSING:
            yield Sign(since, f"the shape of the config, which has {'.'.join(map(str, path))}")


def signs_of_state(paths: Paths) -> Iterator[Sign]:
    """What the state folder tells."""
    database = paths.state_database
    if not os.path.isfile(database):
        return
    from reconciler.openclaw.database import reading

    release = None
    try:
        with reading(database) as connection:
            row = connection.execute("SELECT app_version FROM schema_meta LIMIT 1").fetchone()
            release = parsed(row[0]) if row else None
    except TargetError:
        pass  # a database that can't be read is one all the same
    yield Sign(release or _FIRST_DATABASE, paths.display(database))


def parsed(text: object) -> Release | None:
    """The release that ``text`` is; None for anything else."""
    try:
        return Release.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None
