"""What libyaml says about text that is no YAML, in words that help its author."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yaml import YAMLError

from reconciler.manifest import limits
from reconciler.manifest.yaml_nodes import Mark, Stop

# From 6.0.4 on PyYAML brings a libyaml that has a bound of its own, 1,000 deep, and reaches it before it tells of any list or map.
_OWN_BOUND = "exceeded maximum nesting depth"
_INDENTATION = "Compare the indentation with the lines above; keys of one map start in one column."

# Part of libyaml's message -> what is wrong, what to do. The messages are those of libyaml 0.2.5 and of PyYAML's own
# parser, which differ in a few words.
_KNOWN = (
    (
        "mapping values are not allowed",
        "a second ': ' stands in one value",
        'Put the value in quotes: key: "a: b".',
    ),
    (
        "did not find expected key",
        "a line does not line up with the map that it should belong to",
        _INDENTATION,
    ),
    ("expected <block end>", "a line does not line up with the map that it should belong to", _INDENTATION),
    ("did not find expected '-' indicator", "a line does not line up with its list", _INDENTATION),
    ("block sequence entries are not allowed", "a list item can't start here", _INDENTATION),
    ("block mapping", "a map can't start here", _INDENTATION),
    (
        "could not find expected ':'",
        "a key has no ':' behind it",
        "Write key: value, with a space after the colon.",
    ),
    ("expected ',' or ']'", "a [list] is not closed", "Separate items by commas and close the list with ]."),
    ("expected ',' or '}'", "a {map} is not closed", "Separate entries by commas and close the map with }."),
    ("unexpected end of stream", "a quote is never closed", "Close the quote."),
    (
        "unknown escape character",
        "an escape that YAML doesn't know",
        "In double quotes write \\\\ for a backslash.",
    ),
    ("cannot start any token", "a value can't start with this character", "Put the value in quotes."),
    ("expected the node content", "a value is missing here", "Write one, or put it in quotes."),
    ("did not find expected node content", "a value is missing here", "Write one, or put it in quotes."),
    ("undefined tag handle", "a tag has no meaning here", "Remove it."),
    (
        "expected <document start>",
        "a new document starts without ---",
        "Put --- on a line of its own before it.",
    ),
)


def explain(error: YAMLError, text: bytes) -> Stop:
    """Where, what and what to do, for an error of PyYAML's parser on ``text``."""
    at: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if at is None:
        return _unprintable(error, text)
    message = str(getattr(error, "problem", "") or "")
    if _OWN_BOUND in message:
        return too_deep(at)
    mark = Mark(at.line, at.column)
    opened: Any = getattr(error, "context_mark", None) or at
    line = text.decode(errors="replace").splitlines()[at.line : at.line + 1]
    if line and "\t" in line[0][: at.column + 1]:
        return _syntax(mark, "a tab where YAML wants spaces", "Replace the tab by spaces.")
    for part, what, remedy in _KNOWN:
        if part in message:
            return _syntax(Mark(opened.line, opened.column) if "closed" in what else mark, what, remedy)
    return _syntax(mark, f"not YAML: {message}", "Mend the line, or put the value in quotes.")


def too_deep(mark: Mark) -> Stop:
    """What ends the reading where lists and maps are nested deeper than any manifest's."""
    what = f"lists and maps are nested more than {limits.DEPTH} deep"
    remedy = "No manifest needs that; remove the extra brackets or indentation."
    return Stop(Mark(mark.line, mark.column), "too-deep", what, remedy)


def _syntax(mark: Mark, what: str, remedy: str) -> Stop:
    return Stop(mark, "yaml-syntax", what, remedy)


def _unprintable(error: YAMLError, text: bytes) -> Stop:
    # A reader error has an offset instead of a mark: bytes for libyaml, characters for the pure parser.
    before = text[: max(int(getattr(error, "position", 0) or 0), 0)].decode(errors="replace")
    mark = Mark(before.count("\n"), len(before) - before.rfind("\n") - 1)
    return _syntax(mark, "a character that YAML does not allow", "Remove it.")
