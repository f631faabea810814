"""Finding the terms of a codebook in texts, many at a time."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import ahocorasick

from coverage_research.terms import Part, Pattern, parse_term, with_case
from coverage_research.text import BREAK, Token, tokens

if TYPE_CHECKING:
    from coverage_research.codebook import Codebook

Overlap = Literal["codebook", "frame"]

#: Longer runs of signs without white space are not words that come back, and not remembered.
LONGEST_RUN: Final = 80

_PARAGRAPH: Final = re.compile(r"\n\s*\n")
_RUN: Final = re.compile(r"\n\s*\n|\S+")


class Hit(NamedTuple):
    """A term found in a text: text[start:end] == match."""

    start: int
    end: int
    match: str
    frame: str
    term: str


class _Rule(NamedTuple):
    """A pattern and what it speaks for."""

    pattern: Pattern
    frame: int
    term: str
    counts: bool  # False: on the frame's exclusion list


class _Found(NamedTuple):
    """A match in tokens: first and last."""

    first: int
    last: int
    rule: int


class _Sizes(dict[str, int]):
    """Number of tokens in each run."""

    def __init__(self, chunks: _Chunks) -> None:
        super().__init__()
        self._chunks = chunks

    def __missing__(self, chunk: str) -> int:
        size = self._chunks[chunk].count(" ")
        if len(chunk) <= LONGEST_RUN:
            self[chunk] = size
        return size


class _Chunks(dict[str, str]):
    """Tokens of a run of signs without white space, each behind a space; remembered.

    No token reaches across white space, so a text is the sum of its runs, and since most runs come
    back again and again, looking them up is many times faster than taking each text apart.
    """

    limit: Final = 200_000

    def __init__(self) -> None:
        super().__init__()
        self.sizes = _Sizes(self)

    def __missing__(self, chunk: str) -> str:
        joined = "".join([" " + token.form for token in tokens(chunk, breaks=True)])
        if len(chunk) > LONGEST_RUN:
            return joined
        if len(self) >= self.limit:
            self.clear()
            self.sizes.clear()
        self[chunk] = joined
        return joined


class _Taken(dict[str, list[Token]]):
    """Tokens of the runs in which matches begin or end; remembered, since terms come back."""

    limit: Final = 20_000

    def __missing__(self, chunk: str) -> list[Token]:
        found = tokens(chunk, breaks=True)
        if len(chunk) > LONGEST_RUN:
            return found
        if len(self) >= self.limit:
            self.clear()
        self[chunk] = found
        return found


class _Places:
    """Where the tokens of a text stand, by number; only the runs asked for are taken apart."""

    def __init__(self, text: str, chunks: _Chunks, taken: _Taken) -> None:
        self._taken = taken
        self._at = -1
        self._found: list[Token] = []
        self._runs = text.split()
        n_runs = len(self._runs)
        if len(text) - sum(map(len, self._runs)) == n_runs - 1:
            # One white space between runs and no other: the lengths say where each run starts.
            before = accumulate(map(len, self._runs[:-1]), initial=0)
            self._starts = list(map(add, before, range(n_runs)))
            self._upto = list(accumulate(map(chunks.sizes.__getitem__, self._runs)))
            return
        found = list(_RUN.finditer(text))
        self._runs = [run.group() for run in found]
        self._starts = [run.start() for run in found]
        self._upto = list(
            accumulate(1 if run[0].isspace() else chunks.sizes[run] for run in self._runs)
        )

    def span(self, number: int) -> tuple[int, int]:
        """Start and end of a token."""
        at = bisect_right(self._upto, number)
        if at != self._at:
            # Kept as well as remembered: a long run is not remembered, but may hold many matches.
            self._at, self._found = at, self._taken[self._runs[at]]
        token = self._found[number - (self._upto[at - 1] if at else 0)]
        return self._starts[at] + token.start, self._starts[at] + token.end


class _Uses(NamedTuple):
    """What a key of the automaton stands for."""

    inner: int  # spaces inside the key: its tokens less one
    length: int
    whole: tuple[int, ...]  # rules of which it is all
    opens: tuple[int, ...]  # rules of which it is the first part
    later: dict[int, tuple[int, ...]]  # rules of which it is a later part, and which


#: A part of a term that was found: first and last token, start and end in the joined string.
_Piece = tuple[int, int, int, int]


class Matcher:
    """Finds the terms of a codebook in texts, many at a time.

    Rules
    -----
    Of matches that overlap the one with most tokens wins (a gap does not count), then the one that
    starts first, then the one with more letters of its own, then the one listed first. With
    `overlap="codebook"` this holds among all frames, so that a passage speaks for one frame; with
    `overlap="frame"` within each frame only. A match that touches an excluded span of its frame
    does not count, unless it is longer and contains it.

    Parameters
    ----------
    codebook : Codebook
        What to look for.
    overlap : {"codebook", "frame"}
        Among which matches the longest wins.

    References
    ----------
    Aho, A. V. & Corasick, M. J. (1975). Efficient string matching: an aid to bibliographic search.
    *Communications of the ACM* 18(6), 333-340.

    Examples
    --------
    >>> from coverage_research.codebook import load_codebook
    >>> matcher = Matcher(load_codebook("ai_hardware"))
    >>> [(hit.match, hit.frame) for hit in matcher.find("New export controls upset the race.")]
    [('export controls', 'containment'), ('race', 'race')]
    """

    def __init__(self, codebook: Codebook, *, overlap: Overlap = "codebook") -> None:
        if overlap not in ("codebook", "frame"):
            raise ValueError(f"overlap: expected 'codebook' or 'frame'; found {overlap!r}")
        self.codebook = codebook
        self.overlap = overlap
        self._frames = [frame.id for frame in codebook.frames]
        self._rules = [
            _Rule(parse_term(term), number, term.text, counts)
            for number, frame in enumerate(codebook.frames)
            for counts, terms in ((True, frame.terms), (False, frame.not_terms))
            for term in terms
        ]
        self._parts = [rule.pattern.parts for rule in self._rules]
        self._sizes = [(rule.pattern.n_tokens, rule.pattern.n_letters) for rule in self._rules]
        self._excluding = any(not rule.counts for rule in self._rules)
        self._cased = any(rule.pattern.case for rule in self._rules)
        users: dict[str, list[tuple[int, int]]] = {}
        for number, rule in enumerate(self._rules):
            for position, part in enumerate(rule.pattern.parts):
                users.setdefault(part.key, []).append((number, position))
        self._automaton = ahocorasick.Automaton()
        for key, uses in users.items():
            self._automaton.add_word(key, self._uses(key, uses))
        if users:
            self._automaton.make_automaton()
        self._chunks = _Chunks()
        self._taken = _Taken()

    def find(self, text: str) -> list[Hit]:
        """List the matches in a text that count, in the order of their start."""
        if not self._rules:
            return []
        joined = self._joined(text)
        found = self._found(joined, text)
        if not found:
            return []
        if self._excluding:
            found = self._included(found)
        kept = self._longest(found)
        places = _Places(text, self._chunks, self._taken)
        hits = []
        for first, last, number in kept:
            start, end = places.span(first)
            if last > first:
                end = places.span(last)[1]
            rule = self._rules[number]
            hits.append(Hit(start, end, text[start:end], self._frames[rule.frame], rule.term))
        return hits

    def _joined(self, text: str) -> str:
        """Join the token forms of a text, breaks among them, each behind a space."""
        look_up = self._chunks.__getitem__
        if "\n" in text:
            pieces = _PARAGRAPH.split(text)
            return f" {BREAK}".join("".join(map(look_up, part.split())) for part in pieces) + " "
        return "".join(map(look_up, text.split())) + " "

    def _uses(self, key: str, uses: list[tuple[int, int]]) -> _Uses:
        parts = {number: len(self._rules[number].pattern.parts) for number, _ in uses}
        later: dict[int, tuple[int, ...]] = {}
        for number, position in uses:
            if position:
                later[number] = (*later.get(number, ()), position)
        return _Uses(
            inner=key.count(" ", 0, -1) - 1,
            length=len(key),
            whole=tuple(number for number, _ in uses if parts[number] == 1),
            opens=tuple(number for number, at in uses if parts[number] > 1 and not at),
            later=later,
        )

    def _found(self, joined: str, text: str) -> list[_Found]:
        """Every match of every term, whether it counts or not."""
        found: list[_Found] = []
        open_rules: dict[int, dict[int, list[_Piece]]] = {}
        seen = at = 0
        for end, (inner, length, whole, opens, later) in self._automaton.iter(joined):
            if not (whole or opens) and later.keys().isdisjoint(open_rules):
                continue
            # The number of spaces before a place in the string is the number of its token.
            seen += joined.count(" ", at, end)
            at = end
            last = seen - 1
            first = last - inner
            if whole:
                found += [_Found(first, last, number) for number in whole]
            if later and open_rules:
                for number in later.keys() & open_rules.keys():
                    for position in later[number]:
                        piece = (first, last, end - length + 1, end)
                        open_rules[number].setdefault(position, []).append(piece)
            for number in opens:
                piece = (first, last, end - length + 1, end)
                open_rules.setdefault(number, {}).setdefault(0, []).append(piece)
        found += self._gapped(open_rules, joined)
        return self._in_case(found, text) if self._cased else found

    def _gapped(self, open_rules: dict[int, dict[int, list[_Piece]]], joined: str) -> list[_Found]:
        """Put the matches of terms of several parts together."""
        found = []
        for number, pieces in open_rules.items():
            parts = self._parts[number]
            if len(pieces) == len(parts):
                found += [_Found(*stretch, number) for stretch in _bridged(parts, pieces, joined)]
        return found

    def _in_case(self, found: list[_Found], text: str) -> list[_Found]:
        """Keep the matches that have the case that their term asks for."""
        if not any(self._rules[match.rule].pattern.case for match in found):
            return found
        places = tokens(text, breaks=True)
        return [match for match in found if self._has_case(match, places)]

    def _has_case(self, match: _Found, places: list[Token]) -> bool:
        """Whether a match has the case that its term asks for."""
        pattern = self._rules[match.rule].pattern
        if not pattern.case:
            return True
        shown = [
            with_case(token.form, token.text) for token in places[match.first : match.last + 1]
        ]
        return _in_case(pattern.parts, shown)

    def _included(self, found: list[_Found]) -> list[_Found]:
        """Keep the matches that count and that no exclusion list takes out."""
        rules = self._rules
        barred = [match for match in found if not rules[match.rule].counts]
        kept = [match for match in found if rules[match.rule].counts]
        if not barred:
            return kept
        # By token, since a long text may hold thousands of excluded spans.
        bars: dict[tuple[int, int], list[_Found]] = {}
        for bar in barred:
            for place in range(bar.first, bar.last + 1):
                bars.setdefault((rules[bar.rule].frame, place), []).append(bar)
        return [
            match
            for match in kept
            if all(
                _exceeds(match, bar)
                for place in range(match.first, match.last + 1)
                for bar in bars.get((rules[match.rule].frame, place), ())
            )
        ]

    def _longest(self, found: list[_Found]) -> list[_Found]:
        """Keep of the matches that overlap only the longest, in order."""
        if len(found) > 1:
            rules, sizes = self._rules, self._sizes
            found = sorted(
                found,
                key=lambda match: (
                    -sizes[match.rule][0],
                    match.first,
                    match.last,
                    -sizes[match.rule][1],
                    match.rule,
                ),
            )
            taken: dict[int, set[int]] = {}
            kept = []
            for match in found:
                frame = -1 if self.overlap == "codebook" else rules[match.rule].frame
                used = taken.setdefault(frame, set())
                covered = range(match.first, match.last + 1)
                if used.isdisjoint(covered):
                    used.update(covered)
                    kept.append(match)
            found = sorted(kept)
        return found


@lru_cache(maxsize=8)
def matcher(codebook: Codebook, overlap: Overlap = "codebook") -> Matcher:
    """Compile the matcher of a codebook, once.

    Examples
    --------
    >>> from coverage_research.codebook import load_codebook
    >>> book = load_codebook("ai_hardware")
    >>> matcher(book) is matcher(book)
    True
    """
    return Matcher(codebook, overlap=overlap)


def _exceeds(one: _Found, other: _Found) -> bool:
    """Whether the first is longer than the second and contains it."""
    return (
        one.first <= other.first
        and other.last <= one.last
        and one.last - one.first > other.last - other.first
    )


def _bridged(
    parts: tuple[Part, ...], pieces: dict[int, list[_Piece]], joined: str
) -> list[tuple[int, int]]:
    """First and last token of each shortest stretch that holds all parts in order."""
    stretches = {(piece[0], piece[1], piece[3]) for piece in pieces[0]}
    for position, part in enumerate(parts[1:], 1):
        following = pieces[position]
        further: set[tuple[int, int, int]] = set()
        for first, before, place in stretches:
            at = bisect_left(following, (before + 1,))
            while at < len(following) and following[at][0] <= before + part.gap + 1:
                _, last, start, end = following[at]
                at += 1
                if joined.find(BREAK, place, start) < 0:
                    further.add((first, last, end))
        stretches = further
    reach = [(first, last) for first, last, _ in stretches]
    # Of stretches that end together the last to start is the shortest, and likewise the other way.
    by_end: dict[int, int] = {}
    for first, last in reach:
        by_end[last] = max(first, by_end.get(last, first))
    by_start: dict[int, int] = {}
    for last, first in by_end.items():
        by_start[first] = min(last, by_start.get(first, last))
    return sorted(by_start.items())


def _in_case(parts: tuple[Part, ...], shown: list[str]) -> bool:
    """Whether the parts stand in the tokens, in order, from the first to the last of them."""

    def fits(part: Part, at: int) -> bool:
        here = shown[at : at + len(part.cased)]
        if len(here) < len(part.cased):
            return False
        *whole, end = zip(here, part.cased, strict=True)
        same = end[0].startswith(end[1]) if part.prefix else end[0] == end[1]
        return same and all(token == wanted for token, wanted in whole)

    reach = {0} if fits(parts[0], 0) else set()
    ends = {at + len(parts[0].cased) for at in reach}
    for part in parts[1:]:
        ends = {
            at + len(part.cased)
            for end in ends
            for at in range(end, end + part.gap + 1)
            if fits(part, at)
        }
    return len(shown) in ends
