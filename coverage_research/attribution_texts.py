"""A text taken apart for the rules on attributions: words, signs between them, quotations, units.

Words are those of `text.tokens`. Everything that a rule asks about a word is in lists by its
number, since most words of a text are never asked about.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from itertools import accumulate, repeat
from typing import Final, NamedTuple, TypeAlias

from coverage_research import cues
from coverage_research.text import has_inner, sentences, tokens

#: Start and end of a stretch of characters.
Span: TypeAlias = tuple[int, int]

#: What a gap between two words has: a sign that divides clauses, a comma, a colon of headlines, a
#: possessive 's, an opening or closing bracket, a dash.
STOP, COMMA, COLON, OWNS, OPENS, CLOSES, DASH = (1 << bit for bit in range(7))

#: Words as `text.tokens` has them. A branch for most words first makes it faster by a third.
_WORD: Final = re.compile(
    r"([^\W_](?:"
    r"[^\W\d_]++[^\W_]*+(?:['\u2019][^\W_]++)*+"  # chips  don't
    r"|(?<=\d)\d*+(?:[.,]\d++)++"  # 4.5
    r"|(?<=[^\W\d_])(?:\.[^\W\d_])+\."  # U.S.
    r"|[^\W_]*+(?:['\u2019][^\W_]++)*+))"  # a  5  5G
)
#: Behind a word and at its end, so that it is no part of it. \u017f is a long s.
_POSSESSIVE: Final = re.compile(r"['\u2019][sS\u017f](?<=[^\W_]..)(?!['\u2019]?[^\W_])", re.DOTALL)
#: Stands for a possessive: as long, and no letter.
_OWN: Final = "'\x1f"

_QUOTE: Final = re.compile(r"[\"\u201c\u201d\u201e\u00ab\u00bb]|''|``|\n[^\S\n]*\n")
#: Signs of which marks are made that close a quotation.
MARKS: Final = frozenset("\"\u201d\u201c\u00bb'")
#: Marks that open a quotation, and the mark that closes it; others close any.
_CLOSING: Final = {"\u201c": "\u201d", "\u201e": "\u201c", "\u00ab": "\u00bb", "``": "''"}
#: What a headline, or a text without double ones, has between single quotation marks.
_SINGLE: Final = re.compile(r"(?<!\S)['\u2018](?=\S)[^\u2018\n]{1,300}?(?<=\S)['\u2019](?!\w)")
_STOPS: Final = re.compile(
    r"[,;:()\u2014\u2013\u2015\n\"\u201c\u201d\u201e\u00ab\u00bb]|--|''|[!?](?=\s)"
)
_COLON: Final = re.compile(r"['\u2019\"\u201d]?(?::|\s+[-\u2013\u2014|]\s)")
_DASH: Final = re.compile(r"\s*(?:--|[\u2014\u2013])\s*$")
_EXCLAIMED: Final = frozenset("!?\u2026")
#: Words within which a cue follows a quotation that it is said to be.
_SAYING: Final = 6
_EDGE: Final = " \t\r\n\u00a0,;:.-\u2014\u2013\u2015\u200b"


class Unit(NamedTuple):
    """A sentence, not cut inside a quotation: characters, and its words from first to last."""

    start: int
    end: int
    first: int
    last: int  # one behind


class Found(NamedTuple):
    """An attribution: spans of its content, source and cue; the verb's lemma and strength."""

    content: list[Span]
    source: Span | None
    cue: Span
    lemma: str
    strength: str
    goes_on: bool  # whether speech may go on behind it


@functools.lru_cache(maxsize=1 << 12)
def signs_of(gap: str) -> int:
    """What stands between two words, as the bits named above."""
    return (
        (STOP if _STOPS.search(gap) else 0)
        | (COMMA if "," in gap else 0)
        | (COLON if _COLON.match(gap) else 0)
        | (OWNS if _OWN in gap else 0)
        | (OPENS if "(" in gap else 0)
        | (CLOSES if gap.strip() in (")", ".)") else 0)
        | (DASH if _DASH.match(gap) else 0)
    )


def _forms(words: list[str]) -> list[str]:
    """Forms of words as `text.tokens` gives them, at once, which is faster."""
    joined = " ".join(words).lower().replace("\u2019", "'")
    forms = joined.split(" ") if words else []
    if ". " in joined or joined.endswith("."):  # acronyms
        forms = [form.replace(".", "") if form[-1] == "." else form for form in forms]
    return forms


class TakenText:
    """A text taken apart.

    Attributes
    ----------
    words, forms : list of str
        Words as the text has them, and in lower case as `text.tokens` gives them.
    starts, ends : list of int
        Their places; the last start is the end of the text.
    flags : list of int
        What word lists say of each, as bits of `cues`.
    gaps, signs : list of str, list of int
        What stands before each word, and the bits that tell what it is.
    quotes : list of spans
        What stands between quotation marks, the marks included.
    inside : bytearray
        Whether each word stands there.
    is_title : bool
        Whether the text is a headline.
    speakers : frozenset of str
        Last words of sources that other texts of the article have.

    `forms`, `flags`, `gaps` and `signs` have an entry behind the last word, which is also that of
    number -1: no word, no list, and what stands behind the last word.
    """

    __slots__ = (
        "_names",
        "_opening",
        "_quote_starts",
        "ends",
        "flags",
        "forms",
        "gaps",
        "inside",
        "is_title",
        "quotes",
        "signs",
        "speakers",
        "starts",
        "text",
        "units",
        "words",
    )

    def __init__(
        self, text: str, *, is_title: bool, speakers: frozenset[str] = frozenset()
    ) -> None:
        self.text = text
        self.is_title = is_title
        self.speakers = speakers
        marked = _POSSESSIVE.sub(_OWN, text)
        if has_inner(text):
            found = tokens(text)
            self.words, self.forms = [one.text for one in found], [one.form for one in found]
            self.starts = [*(one.start for one in found), len(text)]
            self.ends = [one.end for one in found]
            gaps = zip([0, *self.ends], self.starts, strict=True)
            self.gaps = [marked[end:start] for end, start in gaps]
        else:
            parts = _WORD.split(marked)
            places = list(accumulate(map(len, parts)))
            self.words, self.gaps = parts[1::2], parts[::2]
            self.starts, self.ends = places[::2], places[1::2]
            self.forms = _forms(self.words)
        self.forms.append("")
        self.flags = list(map(cues.flags().get, self.forms, repeat(0)))
        self.signs = list(map(signs_of, self.gaps))
        self.quotes = _quotations(text)
        if not self.quotes and (is_title or "\u2018" in text):
            self.quotes = [found.span() for found in _SINGLE.finditer(text)]
        self._quote_starts = [start for start, _ in self.quotes]
        self.inside = self._inside()
        self.units: list[Unit] = []
        self._opening: frozenset[int] | None = None
        self._names: frozenset[str] | None = None

    def divide(self) -> None:
        """Find the units, which a text without any cue has no need of."""
        begin = None
        for start, end in sentences(self.text):
            begin = start if begin is None else begin
            within = self.quotes and self.quote_at(end - 1) is not None
            if within and (self.quote_at(end) is not None or self._is_said(end)):
                continue
            self._add_unit(begin, end)
            begin = None
        if begin is not None:
            self._add_unit(begin, len(self.text.rstrip()))

    def _is_said(self, end: int) -> bool:
        """Whether a quotation that ends with ! or ? has its cue behind it: "Why?" Ann Lee asked."""
        if self.text[end - 2 : end - 1] not in _EXCLAIMED:
            return False
        first = bisect_left(self.starts, end)
        if self.text[end : self.starts[first]] != " ":
            return False
        for at in range(first + 1, min(first + _SAYING, len(self.words))):
            if self.signs[at] & STOP or self.inside[at]:
                return False
            if self.flags[at] & cues.CUE:
                cue = cues.verbs().get(self.forms[at])
                return cue is not None and cue.group == "say" and cue.shape in ("past", "third")
        return False

    def _add_unit(self, start: int, end: int) -> None:
        first, last = self.between(start, end)
        if first < last:
            self.units.append(Unit(start, end, first, last))

    def _inside(self) -> bytearray:
        inside = bytearray(len(self.words) + 1)
        for start, end in self.quotes:
            first, last = self.between(start, end)
            inside[first:last] = b"\x01" * (last - first)
        return inside

    def between(self, start: int, end: int) -> tuple[int, int]:
        """The words that begin in a stretch of characters: first, and one behind the last."""
        return bisect_left(self.starts, start), bisect_left(self.starts, end)

    def starting(self, place: int) -> int:
        """The first word that begins at a character or behind it."""
        return bisect_left(self.starts, place)

    def stops(self, at: int) -> bool:
        """Whether a sign that divides clauses stands before a word."""
        return bool(self.signs[at] & STOP)

    def capital(self, at: int) -> bool:
        """Whether a word begins with a capital letter."""
        return self.words[at][0].isupper()

    def any_inside(self, first: int, last: int) -> bool:
        """Whether any of some words stands in a quotation."""
        return self.inside.find(1, first, max(first, last)) >= 0

    def all_inside(self, first: int, last: int) -> bool:
        """Whether all of some words stand in quotations."""
        return self.inside.find(0, first, max(first, last)) < 0

    def opens_unit(self, at: int) -> bool:
        """Whether a word is the first of its unit, so that its capital means little."""
        return at in self._openings()

    def _openings(self) -> frozenset[int]:
        if self._opening is None:
            self._opening = frozenset(unit.first for unit in self.units)
        return self._opening

    def is_name_elsewhere(self, at: int) -> bool:
        """Whether a word has a capital somewhere within a unit."""
        if self._names is None:
            opening = self._openings()
            # Most words are as their forms are, which is seen faster than a capital.
            self._names = frozenset(
                form
                for number, (word, form) in enumerate(zip(self.words, self.forms, strict=False))
                if word != form and word[0].isupper() and number not in opening
            )
        return self.forms[at] in self._names

    def quote_at(self, place: int) -> int | None:
        """Number of the quotation that a character belongs to, its marks included."""
        number = bisect_right(self._quote_starts, place) - 1
        return number if number >= 0 and place < self.quotes[number][1] else None

    def trim(self, start: int, end: int) -> Span | None:
        """A stretch without white space and signs at its ends; None if no word is left."""
        text = self.text
        while start < end and text[start] in _EDGE:
            start += 1
        while end > start and text[end - 1] in _EDGE:
            end -= 1
        first = bisect_left(self.starts, start)
        if first >= len(self.words) or self.starts[first] >= end:
            return None
        return start, end

    def trimmed(self, start: int, end: int) -> list[Span]:
        """A content without signs and white space at its ends, but with its quotation marks."""
        span = self.trim(start, end)
        return [] if span is None else [span]

    def stretch(self, unit: Unit, first: int, last: int) -> list[Span]:
        """What a unit says from one word up to another, with the marks of a quotation there."""
        if first >= last:
            return []
        start = self.starts[first]
        quote = self.quote_at(start)
        if quote is not None and not self.inside[first - 1 if first else 0]:
            start = max(unit.start, min(start, self.quotes[quote][0]))
        end = self.ends[last - 1]
        if last == unit.last:
            end = max(end, unit.end)
        else:
            own = self.quote_at(end)
            if own is not None:
                end = min(self.quotes[own][1], self.starts[last])
        return self.trimmed(start, end)


def _quotations(text: str) -> list[Span]:
    """Start and end of what stands between double quotation marks, the marks included.

    A quotation ends with its paragraph at the latest, so that one mark too many or too few spoils
    one paragraph only.
    """
    found = []
    start, closing = None, ""
    for match in _QUOTE.finditer(text):
        mark, at = match[0], match.start()
        if mark[0] == "\n":
            if start is not None:
                found.append((start, at))
            start = None
        elif start is None:
            before, behind = text[at - 1 : at], text[match.end() : match.end() + 1]
            # A closing mark opens where a blank before it shows that it was meant to.
            free = not before.strip() if mark in "\u201d\u00bb" else not before.isalnum()
            if mark in _CLOSING or (free and behind.strip()):
                start, closing = at, _CLOSING.get(mark, "")
        elif mark not in _CLOSING or mark == closing or _ends_word(text, at, match.end()):
            found.append((start, match.end()))
            start = None
    if start is not None:
        found.append((start, len(text.rstrip())))
    return [(start, end) for start, end in found if start < end]


def _ends_word(text: str, start: int, end: int) -> bool:
    """Whether a mark stands at the end of a word, as a closing one does."""
    return not text[start - 1].isspace() and (end == len(text) or text[end].isspace())
