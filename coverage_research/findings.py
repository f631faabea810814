"""What is wrong in a file: rows of the table `problems`, and values as these show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Problem(NamedTuple):
    """A row of the table `problems`."""

    source_path: str
    field: str
    line: int | None
    severity: str
    check: str
    message: str
    expected: str
    found: str
    hint: str


class Finding(NamedTuple):
    """A problem before it is known which file it is in."""

    check: str
    message: str
    expected: str
    found: str
    hint: str
    severity: str = "error"
    field: str = ""
    line: int | None = None

    def at(self, source_path: str) -> Problem:
        """The row of `problems` for this finding in a file."""
        return Problem(
            source_path,
            self.field,
            self.line,
            self.severity,
            self.check,
            self.message,
            self.expected,
            self.found,
            self.hint,
        )


def shorten(value: object, width: int = 80) -> str:
    r"""A value as one short line of printable text, for `problems`.

    Examples
    --------
    >>> shorten(" a  line ")
    'a line'
    """
    text = value if isinstance(value, str) else repr(value)
    text = "".join(char if char.isprintable() else " " for char in text[: 4 * width])
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 3] + "..."


def kind_of(value: object) -> str:
    """The type of a value in the words of a file's author, for `problems`."""
    if value is None:
        return "nothing"
    names: Mapping[type, str] = {list: "a list", dict: "a map", str: "text"}
    return names.get(type(value), type(value).__name__)
