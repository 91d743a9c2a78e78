"""The value of a text, without where things stand in it, by the standard library's JSON reader, which is written in C.

JSON5 as most people write it differs from JSON in comments, bare keys and last commas alone. Those are rewritten here;
all else stays as it is, so that the JSON reader refuses what it doesn't know. A `ValueError` or `RecursionError` says
nothing about the text but "ask the parser" (`parse`); what is accepted means just what the parser makes of it.
"""

import json
import re
from itertools import chain
from typing import Final

from .values import Json, integer, is_deep

_BOM: Final = "\ufeff"

# Strings that mean the same in JSON, and comments; of any other string, and of a comment that doesn't end, the beginning as
# a second group, with all that follows: else each further one of many would be followed to the end of the text again. Each
# alternative begins with a plain character, as each pattern below does: `re` then skips to the next such character
# several times as fast.
_STRING_OR_COMMENT: Final = (
    r'("[^"\\\x00-\x1f]*+(?:\\["\\/bfnrt][^"\\\x00-\x1f]*+)*+"'
    r"|//[^\n\r\u2028\u2029]*+"
    r"|/\*[^*]*+\*++(?:[^/*][^*]*+\*++)*/)"
    r"""|("|'|/\*)[\s\S]*+"""
)
# A comma between the end of a value and a bracket; ' ends a string there. JSON5 has no comma in [,].
_LAST_COMMA: Final = r",(?=[ \t\n\r]*+[\]}])(?<=['\]}0-9a-z],)"
# The second part looks back: inside of a word no key begins, and a long word is not gone through from each of its letters.
_BARE_KEY: Final = r"([A-Za-z_$](?<![A-Za-z0-9_$]{2})[A-Za-z0-9_$]*+)(?=[ \t\n\r]*+:)"


def strict_value(text: str) -> Json:
    """The value of strict JSON, behind a byte order mark or not."""
    value = json.loads(text.removeprefix(_BOM), parse_int=integer, parse_constant=_refuse_constant)
    if is_deep(value):
        raise RecursionError
    return value


def plain_value(text: str) -> Json:
    """The value of JSON5 that has strings, numbers and constants as in JSON."""
    parts = re.split(_STRING_OR_COMMENT, text)
    if len(parts) > 1 and parts[-2] is not None:
        raise ValueError("a string that is no JSON, or a comment without an end")
    del parts[2::3]
    words = parts[1::2]
    # With a ' for each string and a space for each comment, nothing can be mistaken for a key or a comma.
    parts[1::2] = ["'" if word[0] == '"' else " " for word in words]
    text = re.sub(_LAST_COMMA, "", "".join(parts))
    text = '"'.join(re.split(_BARE_KEY, text))
    strings = [word for word in words if word[0] == '"']
    return strict_value("".join(chain.from_iterable(zip(text.split("'"), [*strings, ""], strict=True))))


def _refuse_constant(name: str) -> Json:
    raise ValueError(name)  # NaN and Infinity, which the standard library takes for JSON
