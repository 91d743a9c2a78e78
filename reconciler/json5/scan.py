"""The words of JSON5 as regular expressions, and reading one of them carefully.

The patterns cover what configuration files are made of. Whatever they do not match (an escape in a string,
an exotic space, a Unicode identifier, a mistake) goes through the `read_` functions, which know the whole
grammar of https://spec.json5.org and say precisely what is wrong. No pattern can backtrack into a comment or
a string: the single-character repeats are possessive.
"""

import re

from .errors import Json5Error
from .values import Json, integer

BREAK = r"(?:\r\n|[\n\r\u2028\u2029])"
SPACE = r"[ \t\v\f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]"
BLOCK_COMMENT = r"/\*[^*]*+\*++(?:[^/*][^*]*+\*++)*/"
LINE_COMMENT = r"//[^\n\r\u2028\u2029]*+"
COMMENT = rf"(?:{LINE_COMMENT}|{BLOCK_COMMENT})"

# The usual white space only: a small character class keeps the patterns below quick to compile and to run.
USUAL_TRIVIA = rf"[ \t\n\r]*+(?:{COMMENT}[ \t\n\r]*+)*"
_STRING = r""""[^"\\\n\r]*+"|'[^'\\\n\r]*+\'"""
_NUMBER = (
    r"[-+]?(?:0[xX][0-9a-fA-F]++|Infinity|NaN"
    r"|(?:(?:0|[1-9][0-9]*+)(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?)"
)
_WORD = rf"{_NUMBER}|true|false|null"
_KEY = rf"[A-Za-z_$][A-Za-z0-9_$]*+|{_STRING}"

# The groups of ITEM patterns. `lastindex` tells which value group matched.
KEY, STRING, INTEGER, WORD, OPEN, CLOSE = range(1, 7)
_VALUE = rf"(?:({_STRING})|(-?[1-9][0-9]{{0,14}}(?![0-9.eE]))|({_WORD})|([\[{{]))"
OBJECT_ITEM = re.compile(rf"{USUAL_TRIVIA}(?:({_KEY}){USUAL_TRIVIA}:{USUAL_TRIVIA}{_VALUE}|(\}}))").match
ARRAY_ITEM = re.compile(rf"{USUAL_TRIVIA}(?:(){_VALUE}|(\]))").match

TRIVIA = re.compile(rf"(?:{SPACE}|{BREAK}|{COMMENT})*").match
SAME_LINE_TRIVIA = re.compile(rf"(?:{SPACE}|{BLOCK_COMMENT})*({LINE_COMMENT})?").match
BREAK_OR_COMMENT = re.compile(rf"({BREAK})|{COMMENT}").finditer
FIND_BREAK = re.compile(BREAK).search

_WORD_MATCH = re.compile(_WORD).match
# The plain letters of a bare key in one go: it may be as long as a file.
_NAME_PART = re.compile(r"[A-Za-z0-9_$]++").match
_CHUNK = {quote: re.compile(rf"[^{quote}\\\n\r]*+").match for quote in "\"'"}
_HEX = {"x": re.compile(r"[0-9a-fA-F]{2}").match, "u": re.compile(r"[0-9a-fA-F]{4}").match}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
QUOTE_KEY = "quote a key that is more than letters, digits, _ and $"
_FOREIGN = {"#": "comments begin with //", **dict.fromkeys("`“”„‘’", "quote with ' or \"")}
_LINE_TERMINATORS = "\n\r\u2028\u2029"
_CONSTANTS: dict[str, Json] = {"true": True, "false": False, "null": None}


def word_value(word: str) -> Json:
    """The value of a number or constant that `_WORD` matched."""
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    digits = word.lstrip("+-")
    if digits.startswith(("0x", "0X")):
        return _hexadecimal(int(digits, 16), negative=word[0] == "-")
    return integer(word) if digits.isdigit() else float(word)


def _hexadecimal(value: int, *, negative: bool) -> int | float:
    try:
        float(value)
    except OverflowError:
        return float("-inf" if negative else "inf")
    return -(value or 0.0) if negative else value


def skip_trivia(text: str, pos: int) -> int:
    """The offset behind all white space and comments from `pos` on."""
    token = TRIVIA(text, pos)
    end = token.end() if token else pos
    if text.startswith("/*", end):
        raise Json5Error.at(text, end, "this comment is never closed", "end it with */")
    return end


def read_scalar(text: str, pos: int) -> tuple[Json, int]:
    """The string, number or constant at `pos`, and the offset behind it."""
    if text[pos : pos + 1] in ('"', "'"):
        return read_string(text, pos)
    if token := _WORD_MATCH(text, pos):
        return word_value(token[0]), token.end()
    raise unexpected(text, pos, "a value")


def read_string(text: str, pos: int) -> tuple[str, int]:
    """The string that opens at `pos`, unescaped, and the offset behind its closing quote."""
    start, quote, parts = pos, text[pos], []
    chunk = _CHUNK[quote]
    pos += 1
    while True:
        if token := chunk(text, pos):
            parts.append(token[0])
            pos = token.end()
        mark = text[pos : pos + 1]
        if mark == quote:
            return _join_surrogates("".join(parts)), pos + 1
        if mark != "\\":
            raise Json5Error.at(
                text, start, "this string is never closed", f"end it with {quote} on its line"
            )
        part, pos = _read_escape(text, pos + 1)
        parts.append(part)


def _read_escape(text: str, pos: int) -> tuple[str, int]:
    """What the escape whose letter stands at `pos` means, and the offset behind it."""
    letter = text[pos : pos + 1]
    if letter in _HEX:
        return _read_hex(text, pos)
    if letter and letter in _LINE_TERMINATORS:
        return "", pos + (2 if text.startswith("\r\n", pos) else 1)
    if letter == "0" and not "0" <= text[pos + 1 : pos + 2] <= "9":
        return "\0", pos + 1
    if not letter or "0" <= letter <= "9":
        raise Json5Error.at(text, pos - 1, "this escape is not JSON5", r"write \xNN or \uNNNN")
    return _ESCAPES.get(letter, letter), pos + 1


def _read_hex(text: str, pos: int) -> tuple[str, int]:
    token = _HEX[text[pos]](text, pos + 1)
    if token is None:
        digits = "two" if text[pos] == "x" else "four"
        raise Json5Error.at(text, pos - 1, f"\\{text[pos]} needs {digits} hexadecimal digits")
    return chr(int(token[0], 16)), token.end()


def _join_surrogates(text: str) -> str:
    """The text with each escaped surrogate pair as the one character that it stands for."""
    if any("\ud800" <= char <= "\udbff" for char in text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text


def read_key(text: str, pos: int) -> tuple[str, int]:
    """The key at `pos`, quoted or not, and the offset behind it."""
    if text[pos : pos + 1] in ('"', "'"):
        return read_string(text, pos)
    parts: list[str] = []
    end = pos
    while part := _name_part(text, end, first=not parts):
        parts.append(part[0])
        end = part[1]
    if end == pos:
        raise unexpected(text, pos, "a key")
    return "".join(parts), end


def _name_part(text: str, pos: int, *, first: bool) -> tuple[str, int] | None:
    """What of a bare key stands at `pos`, and the offset behind it; None behind its end."""
    if not first and (token := _NAME_PART(text, pos)):
        return token[0], token.end()
    if text.startswith("\\u", pos):
        char, end = _read_hex(text, pos + 1)
        if not _in_identifier(char, first=first):
            what = "this escape is not a letter that a bare key may have"
            raise Json5Error.at(text, pos, what, "quote the key")
        return char, end
    char = text[pos : pos + 1]
    return (char, pos + 1) if char and _in_identifier(char, first=first) else None


def _in_identifier(char: str, *, first: bool) -> bool:
    """Whether ECMAScript 5.1, section 7.6, allows the character in an identifier.

    Letters that came after Unicode 10 pass too; Node's json5 2.2.3 does not know them.
    """
    if char.isascii():
        return char in "$_" or char.isalpha() or (not first and char.isdigit())
    from unicodedata import category

    kind = category(char)
    return (
        kind[0] == "L"
        or kind == "Nl"
        or (not first and (kind in ("Mn", "Mc", "Nd", "Pc") or char in "\u200c\u200d"))
    )


def unexpected(text: str, pos: int, wanted: str, what_to_do: str = "") -> Json5Error:
    """The error of meeting anything but `wanted` at `pos`."""
    if pos >= len(text):
        return Json5Error.at(text, len(text), f"the file ends where {wanted} was expected", what_to_do)
    char = text[pos]
    if char in _FOREIGN:
        what_to_do = _FOREIGN[char]
    elif wanted == "a key" and (char.isalnum() or char in "-@./"):
        what_to_do = QUOTE_KEY
    elif wanted == "a value" and char.isalpha():
        what_to_do = "text needs quotes; true, false and null are lower case"
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    return Json5Error.at(text, pos, f"found {shown} where {wanted} was expected", what_to_do)
