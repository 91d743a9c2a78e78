"""Every command of OpenClaw's that this program runs or advises: its words in each release, and what to do where a release has none.

``tests/openclaw/test_commands.py`` holds the table against what three releases print for ``--help``. Nothing else spells a command, so
none can be advised that no test has seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from reconciler.openclaw.capabilities import CONFIG_VALIDATE, SECRET_REFS, STORE_REFS, WRITES_KEYS, Span
from reconciler.release import Release

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ALWAYS: Final = Span(None, None, "`--help` of 2026.3.13, 4.15, 5.20, 6.11, 7.1, 8.2, 9.1 and 9.6")
_PASTE_KEY: Final = Span(Release(2026, 5, 22), None, "dist; `--help` of 2026.5.20 lacks it, 6.11 has it")


class Way(msgspec.Struct, frozen=True):
    """What to type on some releases.

    Attributes:
        words: those after ``openclaw``; one in capitals is a place to fill in, and goes with the option before it when left empty.
    """

    span: Span
    words: tuple[str, ...]


class Purpose(msgspec.Struct, frozen=True):
    """Something that OpenClaw's command line is for.

    Attributes:
        ways: at most one a release.
        instead: what to do where no release has a command for it; empty where every one has.
    """

    ways: tuple[Way, ...]
    instead: str = ""

    def words(self, release: Release, **places: str) -> tuple[str, ...] | None:
        """What to type on ``release``, filled in; None where it has no such command.

        Args:
            places: by the names of the places in small letters; one that isn't given stays for a person to fill in, an
                empty one is left out.
        """
        way = next((way for way in self.ways if way.span.covers(release)), None)
        return tuple(_filled(way.words, places)) if way else None

    def typed(self, **places: str) -> tuple[str, ...]:
        """What to type where it is the same in every release that has it."""
        (way,) = self.ways
        return tuple(_filled(way.words, places))

    def command(self, **places: str) -> str:
        """The same, for messages that are said before the release is known."""
        return _shown(self.typed(**places))

    def advice(self, release: Release, **places: str) -> str:
        """``run: openclaw …``, or what to do instead on a release that has no such command."""
        words = self.words(release, **places)
        return f"run: {_shown(words)}" if words is not None else self.instead


def _every(*words: str) -> Purpose:
    return Purpose((Way(_ALWAYS, words),))


VERSION: Final = _every("--version")
ONBOARD: Final = _every("onboard")
CONFIGURE: Final = _every("configure")
DOCTOR: Final = _every("doctor")
MEND: Final = _every("doctor", "--fix")
ADD_AGENT: Final = _every("agents", "add", "NAME")
MODELS: Final = _every("models", "status", "--json", "--agent", "AGENT")
# What has OpenClaw remember how big the config is: up to 2026.4.15 any reading, and looking at the models would write a key there.
LOOK: Final = Purpose(
    (
        Way(WRITES_KEYS, ("config", "get", "PATH")),
        Way(Span(WRITES_KEYS.until, None, "runs of 2026.6.11, 8.2 and 9.6"), ("models", "status", "--json")),
    )
)
CALL_GATEWAY: Final = _every("gateway", "call", "METHOD", "--params", "PARAMS", "--json")
VALIDATE: Final = Purpose((Way(CONFIG_VALIDATE, ("config", "validate", "--json")),), "let OpenClaw start")
SET_ORDER: Final = _every(
    *("models", "auth", "order", "set"), "--provider", "PROVIDER", "--agent", "AGENT", "PROFILE"
)
LOG_OUT: Final = Purpose(
    (
        Way(
            Span(Release(2026, 8, 1), None, "dist; `--help` of 2026.7.1 lacks it, 8.2 has it"),
            ("models", "auth", "logout", "--agent", "AGENT", "PROFILE"),
        ),
    ),
    "take the profile out of OpenClaw's auth store by hand: this release has no command for it",
)
_AUTH: Final = ("models", "auth", "--agent", "AGENT")
_WHOSE: Final = ("--provider", "PROVIDER", "--profile-id", "PROFILE")
# Before 2026.5.22 there is only the one for tokens, which asks on a terminal, and writes nothing without one.
PASTE_KEY: Final = Purpose(
    (
        Way(_PASTE_KEY, (*_AUTH, "paste-api-key", *_WHOSE)),
        Way(
            Span(None, _PASTE_KEY.since, "`--help` and runs of 2026.3.13, 4.15 and 5.20"),
            (*_AUTH, "paste-token", *_WHOSE),
        ),
    )
)
RELOAD_SECRETS: Final = Purpose(
    (Way(SECRET_REFS, ("secrets", "reload")),), "restart the gateway: this release can't reload secrets"
)
STORE_SECRET: Final = Purpose(
    (Way(STORE_REFS, ("secrets", "store", "set", "NAME", "--kind", "secret", "--value-file", "FILE")),),
    "choose another key source: this release has no secret store",
)

PURPOSES: Final[Mapping[str, Purpose]] = {
    name: value for name, value in list(globals().items()) if isinstance(value, Purpose)
}


def _filled(words: Sequence[str], places: Mapping[str, str]) -> list[str]:
    filled: list[str] = []
    for word in words:
        value = places.get(word.lower(), word) if word.isupper() else word
        if value:
            filled.append(value)
        elif filled[-1].startswith("--"):
            filled.pop()
    return filled


def _shown(words: Sequence[str]) -> str:
    import shlex

    return shlex.join(("openclaw", *words))
