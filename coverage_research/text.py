"""Tokens, shingles and spans. No I/O, nothing downloaded.

One tokenizer serves the whole package, so that a term, a shingle and a keyword mean the same
token everywhere, and every token keeps the place that it has in the text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Stands in a token list where a sentence ends, so that no phrase reaches across.
BREAK: Final = "\x1e"

#: Signs that are not seen (soft hyphen, joiners, byte order mark), and accents that stand behind
#: their letter. Inside a word they end none (Unicode, UAX #29, rule WB4).
UNSEEN: Final = "\u00ad\u200c\u200d\u2060\ufeff"
ACCENTS: Final = "".join(map(chr, range(0x300, 0x370)))
_INNER: Final = rf"[{UNSEEN}\u0300-\u036f]"
_LETTERS: Final = rf"[^\W_]+(?:{_INNER}+[^\W_]*)*"
_TOKEN: Final = re.compile(
    r"(?P<acronym>(?:[^\W\d_]\.){2,})"  # U.S.  A.I.
    rf"|(?P<word>\d+(?:[.,]\d+)+|{_LETTERS}(?:['\u2019]{_LETTERS})*)"  # 4.5  don't  chips
    r"|(?P<stop>[.!?\u2026;:]+(?=\s|[\"'\u201d\u2019)]|$)|\n\s*\n)"
)
#: A mark that ends sentences, what closes behind it, and white space before something that can open
#: one; or an empty line. A full stop before a small letter or a comma ends nothing.
_SENTENCE_END: Final = re.compile(
    r"(?<![.!?\u2026])[.!?\u2026]++[\"'\u201d\u2019)\]]*+\s++(?=[\"'\u201c\u2018(\[]*[^\W_a-z])"
    r"|\n\s*\n\s*"
)
#: Before a full stop that abbreviates: a title, a single capital letter, an acronym.
_ABBREVIATED: Final = re.compile(
    r"(?:^|[\s(\"'\u201c\u2018])"
    r"(?:Mr|Mrs|Ms|Dr|Prof|Gen|Gov|Sen|Rep|Lt|Col|Sgt|St|Jr|Sr|vs|No|Inc|Corp|Co|Ltd|Bros"
    r"|[A-Z]|(?:[A-Za-z]\.)+[A-Za-z])\.\s+$"
)
_EMPTY_LINE: Final = re.compile(r"\n\s*\n")
_HAS_INNER: Final = re.compile(_INNER)
_NO_UNSEEN: Final = str.maketrans("", "", UNSEEN)
_POSSESSIVE: Final = re.compile(r"['\u2019]s$", re.IGNORECASE)


class Token(NamedTuple):
    """A token: its lower-case form, its form in the text, and where it stands."""

    form: str
    text: str
    start: int
    end: int


def tokens(text: str, *, breaks: bool = False) -> list[Token]:
    """Split a text into word tokens.

    Hyphens and slashes separate, so `self-reliance` and `self reliance` are the same two tokens;
    acronyms lose their full stops (`U.S.` is `us`); a possessive `'s` is cut off; numbers keep
    their separators; soft hyphens and other signs that are not seen divide no word.

    Parameters
    ----------
    breaks : bool
        Also give a token `BREAK` where a sentence, clause or paragraph ends.

    Examples
    --------
    >>> [token.form for token in tokens("U.S. curbs hit China's chip-makers, twice.")]
    ['us', 'curbs', 'hit', 'china', 'chip', 'makers', 'twice']
    """
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        start, end = match.span()
        if kind == "stop":
            if breaks:
                found.append(Token(BREAK, match.group(), start, end))
            continue
        shown = match.group()
        if kind == "acronym":
            found.append(Token(shown.replace(".", "").lower(), shown, start, end))
            continue
        cut = _POSSESSIVE.search(shown)
        if cut:
            shown, end = shown[: cut.start()], start + cut.start()
        found.append(Token(composed(shown).lower().replace("\u2019", "'"), shown, start, end))
    return found


def has_inner(text: str) -> bool:
    """Whether a text has signs that stand inside words and are no letters: see `composed`."""
    return not text.isascii() and _HAS_INNER.search(text) is not None


def composed(shown: str) -> str:
    """A word without signs that are not seen, its accents in one sign with their letters (NFC).

    Examples
    --------
    >>> composed("semi\u00adconduc\u00adtor"), len(composed("cafe\u0301"))
    ('semiconductor', 4)
    """
    if not has_inner(shown):
        return shown
    return unicodedata.normalize("NFC", shown.translate(_NO_UNSEEN))


def words(text: str) -> list[str]:
    """Lower-case word forms of a text.

    Examples
    --------
    >>> words("According to a report")
    ['according', 'to', 'a', 'report']
    """
    return [token.form for token in tokens(text)]


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of a text.

    A rule, not a model: a sentence ends at `.`, `!`, `?` or `...` before white space and something
    that can open a sentence, unless the full stop belongs to a title, an initial or an acronym; and
    at an empty line.

    Examples
    --------
    >>> text = 'Dr. Ito left. "Why?" asked the U.S. envoy.'
    >>> [text[start:end] for start, end in sentences(text)]
    ['Dr. Ito left.', '"Why?" asked the U.S. envoy.']
    """
    found = []
    start = len(text) - len(text.lstrip())
    for match in _SENTENCE_END.finditer(text):
        if match.end() <= start:
            continue
        abbreviated = match[0][:1] == "." and _ABBREVIATED.search(
            text, max(0, match.start() - 12), match.end()
        )
        if abbreviated and not _EMPTY_LINE.search(match[0]):
            continue
        end = start + len(text[start : match.end()].rstrip())
        if end > start:
            found.append((start, end))
        start = match.end()
    end = len(text.rstrip())
    if end > start:
        found.append((start, end))
    return found


def shingles(forms: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Runs of `size` neighbouring tokens, in order.

    Examples
    --------
    >>> list(shingles(["a", "b", "c"], 2))
    [('a', 'b'), ('b', 'c')]
    """
    return zip(*(forms[offset:] for offset in range(size)), strict=False)


def running_text(articles: pd.DataFrame) -> pd.Series:
    """The longest running text of each article: its body, else its excerpt, else missing.

    Returns
    -------
    Series of str, on the index of `articles`, named `text`.
    """
    return articles["body"].where(articles["body"].notna(), articles["excerpt"]).rename("text")


def running_field(articles: pd.DataFrame) -> pd.Series:
    """Name of the field that `running_text` takes for each article."""
    field = pd.Series("excerpt", index=articles.index, dtype="str", name="field")
    return field.mask(articles["body"].notna(), "body")


def has_text(articles: pd.DataFrame) -> bool:
    """Whether any article brings text beyond its headline."""
    return bool(articles["excerpt"].notna().any() or articles["body"].notna().any())


def passage(text: str, start: int, end: int, *, around: int = 60) -> tuple[str, str, str]:
    """Left context, match and right context of a span, cut at word borders.

    Examples
    --------
    >>> passage("the report revealed that firms adapt", 4, 10, around=8)
    ('the ', 'report', ' ...')
    """
    left, right = text[:start], text[end:]
    if len(left) > around:
        cut = left[len(left) - around :]
        left = "... " + cut[cut.find(" ") + 1 :] if " " in cut else "... "
    if len(right) > around:
        cut = right[:around]
        right = (cut[: cut.rfind(" ")] if " " in cut.strip() else "") + " ..."
    return left, text[start:end], right
