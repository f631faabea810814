"""Text of articles as HTML that shows it and does nothing else. The one place that escapes."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any, Final
from urllib.parse import urlsplit

import pandas as pd

#: Classes by which MathJax is told to leave an element alone.
CALM: Final = ("tex2jax_ignore", "mathjax_ignore")
#: What could open a formula for MathJax, which looks for it in one piece of text at a time.
_MATH: Final = re.compile(r"[$\\]")
#: Marks that turn the direction of what follows.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REPLACED: Final = "\N{REPLACEMENT CHARACTER}"


def as_html(text: Any, *, most: int | None = None) -> str:
    r"""A text as HTML that shows it, whatever it holds and in whatever direction it is written.

    Markup is escaped, signs that could open a formula stand apart, the direction of the text ends
    with it, and a replacement character stands for each control sign and for each mark that would
    turn the direction.

    Parameters
    ----------
    text : object
        Missing values are shown as nothing.
    most : int, optional
        Characters that are shown; what is cut off is said.

    Examples
    --------
    >>> as_html("<b> & $x$")
    '<bdi dir="auto">&lt;b&gt; &amp; <span>$</span>x<span>$</span></bdi>'
    >>> as_html("gpj\u202e.exe", most=3)
    '<bdi dir="auto">gpj ... [cut]</bdi>'
    """
    told = text if isinstance(text, str) else "" if pd.isna(text) else str(text)
    cut = told if most is None or len(told) <= most else f"{told[:most]} ... [cut]"
    shown = "".join(
        _REPLACED
        if sign in _TURNING or (sign not in "\n\t" and unicodedata.category(sign) in ("Cc", "Cs"))
        else sign
        for sign in cut.replace("\r\n", "\n")
    )
    # Where classes are not heeded, a sign in an element of its own still begins no formula.
    apart = _MATH.sub(r"<span>\g<0></span>", html.escape(shown, quote=True))
    return f'<bdi dir="auto">{apart}</bdi>'


def as_link(url: Any, text: Any) -> str:
    """A link to a page of the web; the text alone where the address is of another kind.

    Examples
    --------
    >>> as_link("javascript:alert(1)", "Chips")
    '<bdi dir="auto">Chips</bdi>'
    >>> as_link("https://chips.example/a", "Chips")  # doctest: +NORMALIZE_WHITESPACE
    '<a href="https://chips.example/a" target="_blank"
    rel="noopener noreferrer" style="text-decoration:underline"><bdi dir="auto">Chips</bdi></a>'
    """
    shown = as_html(text)
    if not isinstance(url, str) or any(sign.isspace() or ord(sign) < 32 for sign in url):
        return shown
    try:
        parts = urlsplit(url)
    except ValueError:
        return shown
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return shown
    address = _MATH.sub(lambda sign: f"%{ord(sign[0]):02X}", html.escape(url, quote=True))
    return (
        f'<a href="{address}" target="_blank" rel="noopener noreferrer" '
        f'style="text-decoration:underline">{shown}</a>'
    )


def plain_line(text: Any, width: int = 90) -> str:
    r"""A text as one line of a list: no control signs, none that turn the direction, cut.

    Examples
    --------
    >>> plain_line("Chips\u202e\x07 and  <b>curbs</b>")
    'Chips and <b>curbs</b>'
    """
    told = text if isinstance(text, str) else "" if pd.isna(text) else str(text)
    kept = "".join(
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in told
        if unicodedata.category(sign) not in ("Cf", "Cs")
    )
    line = " ".join(kept.split())
    return line if len(line) <= width else line[: width - 3].rstrip() + "..."
