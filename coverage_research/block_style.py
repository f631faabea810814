"""Front matter in plain block style, faster than PyYAML and equal to it.

Nine tenths of the time of reading a corpus is spent in YAML. `parse_block_style` knows only the
plain block style in which such records are written and gives up at the first line that it does not
know, so that PyYAML can take over; what it returns equals what PyYAML returns.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import yaml

from coverage_research.safe_yaml import UNUSUAL, RecordLoader


class NotPlainError(Exception):
    """The text is beyond the fast parser; PyYAML must see it."""


_PRINTABLE_ASCII: Final = bytes(range(0x20, 0x7F)) + b"\n"

_LINE: Final = re.compile(
    r"""^([ ]*)(-[ ])?                          # indent, hyphen of a list
        (?:([A-Za-z_][A-Za-z0-9_-]*):          # key
           (?:[ ](?:("[^"\\\n]*")|(.+)))?$    # value in quotation marks, or another
         |(.*)$)                               # or an entry without a key""",
    re.MULTILINE | re.VERBOSE,
)
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_KEYWORDS: Final = frozenset(
    form
    for word in ("yes", "no", "true", "false", "on", "off", "null")
    for form in (word, word.capitalize(), word.upper())
)


def _scalar(value: str) -> Any:
    """What PyYAML makes of a scalar that stands alone on its line."""
    try:
        loader = RecordLoader(value)
        result = loader.get_single_data()
    except yaml.YAMLError as error:
        raise NotPlainError from error
    if loader.controls:
        raise NotPlainError
    if isinstance(result, dict | list) or (result is None and value not in _NULLS):
        raise NotPlainError
    return result


_NULLS: Final = frozenset({"null", "Null", "NULL", "~"})


@lru_cache(maxsize=16_384)
def _value(value: str) -> Any:
    """A value that does not stand in plain quotation marks; many recur in every file."""
    first = value[0]
    if first.isalpha() and value[-1] != " ":
        if value in _KEYWORDS:
            return _scalar(value)
        if ": " in value or " #" in value or value[-1] == ":":
            raise NotPlainError
        return value
    if first.isdigit() and first.isascii():
        if _STAMP.fullmatch(value):
            try:
                return datetime.fromisoformat(value)
            except ValueError as error:
                raise NotPlainError from error
        return _scalar(value)
    if first in "\"'" or (first == "-" and value[1:2].isdigit()):
        return _scalar(value)
    raise NotPlainError


def parse_block_style(text: str) -> dict[str, Any]:  # noqa: C901, PLR0912, PLR0915 - one pass
    """Front matter in plain block style: maps, lists of maps or scalars, one line a value.

    Parameters
    ----------
    text : str
        YAML.

    Returns
    -------
    dict
        Equal to what PyYAML's safe loader makes of `text`.

    Raises
    ------
    NotPlainError
        At the first thing that is not certain: flow style, anchors, tags, block scalars, values
        over several lines, comments, repeated keys, tabs, special characters.
    """
    # Only what is not printable ASCII is left to look at, and that is little or nothing.
    unusual = text.encode("utf-8", "surrogatepass").translate(None, _PRINTABLE_ASCII)
    if unusual and UNUSUAL.search(unusual.decode("utf-8", "surrogatepass")):
        raise NotPlainError
    root: dict[str, Any] = {}
    indents: list[int] = [0]
    holders: list[Any] = [root]
    waiting: tuple[dict[str, Any], str, int] | None = None
    for spaces, dash, key, quoted, value, rest in _LINE.findall(text):
        if not key and not dash and not rest:
            continue
        indent = len(spaces)
        if waiting is not None:
            parent, name, outer = waiting
            waiting = None
            if indent > outer or (dash and indent == outer):
                holder: Any = [] if dash else {}
                parent[name] = holder
                indents.append(indent)
                holders.append(holder)
        while indents[-1] > indent:
            indents.pop()
            holders.pop()
        if not dash and type(holders[-1]) is list:
            # A list may stand at its parent's indent; the next key then belongs to the parent.
            indents.pop()
            holders.pop()
        holder = holders[-1]
        if indents[-1] != indent:
            raise NotPlainError
        if dash:
            if type(holder) is not list:
                raise NotPlainError
            if not key:
                if not rest:
                    raise NotPlainError
                holder.append(_value(rest))
                continue
            item: dict[str, Any] = {}
            holder.append(item)
            holder = item
            indent += 2
            indents.append(indent)
            holders.append(item)
        elif not key or type(holder) is not dict:
            raise NotPlainError
        if key in holder or key in _KEYWORDS:
            raise NotPlainError
        if quoted:
            holder[key] = quoted[1:-1]
        elif value:
            holder[key] = _value(value)
        else:
            holder[key] = None
            waiting = (holder, key, indent)
    if not root:
        raise NotPlainError
    return root
