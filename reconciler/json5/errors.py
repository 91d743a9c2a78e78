"""The one error of the JSON5 document: what is wrong, where, and what to do about it."""


class Json5Error(ValueError):
    """A text that is not acceptable JSON5, or an edit that its text cannot take.

    `offset` counts characters from the start of the text (bytes, if the file is not UTF-8); `line` and
    `column` count from 1, a column being a character. `what_to_do` is a short hint or empty. Nothing of
    the file beyond a single character is quoted, because configuration files hold keys.
    """

    def __init__(self, message: str, *, offset: int, line: int, column: int, what_to_do: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.line = line
        self.column = column
        self.what_to_do = what_to_do

    def __str__(self) -> str:
        hint = f" ({self.what_to_do})" if self.what_to_do else ""
        return f"line {self.line}, column {self.column}: {self.message}{hint}"

    @classmethod
    def at(cls, text: str, offset: int, message: str, what_to_do: str = "") -> "Json5Error":
        """The error at `offset` of `text`."""
        line, column = position(text, offset)
        return cls(message, offset=offset, line=line, column=column, what_to_do=what_to_do)


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character offset; LF, CRLF and CR end a line, as in editors."""
    line = 1 + text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
    line_start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    invisible = 1 if line_start == 0 and offset > 0 and text.startswith("\ufeff") else 0
    return line, offset - line_start - invisible + 1
