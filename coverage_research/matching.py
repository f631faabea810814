"""Finding the terms of a codebook in texts, many at a time."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import ahocorasick
import numpy as np
import numpy.typing as npt

from coverage_research.terms import Part, Pattern, parse_term, with_case
from coverage_research.text import BREAK, tokens
from coverage_research.token_batches import TokenBatch, batches, read_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from coverage_research.codebook import Codebook

Overlap = Literal["codebook", "frame"]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Words that deny what follows them.
NEGATIONS: Final = frozenset(
    """
    no not never none nobody nothing nowhere neither nor without cannot hardly scarcely barely
    ain't aren't can't couldn't didn't doesn't don't hadn't hasn't haven't isn't mightn't mustn't
    needn't shan't shouldn't wasn't weren't won't wouldn't
    """.split()
)
#: Tokens before a match in which such a word denies it, as far as no sentence or clause ends.
REACH: Final = 4


class Hit(NamedTuple):
    """A term found in a text: text[start:end] == match."""

    start: int
    end: int
    match: str
    frame: str
    term: str


class Hits(NamedTuple):
    """Terms found in several texts, by text and place, as arrays of the same length.

    Attributes
    ----------
    text : array of int
        Number of the text.
    start, end : array of int
        Where the match stands in its text.
    rule : array of int
        Number of the term, for `Matcher.frame_of` and `Matcher.term_of`.
    negated : array of bool
        Whether a word of `NEGATIONS` stands up to `REACH` tokens before it in the same clause.
    """

    text: Ints
    start: Ints
    end: Ints
    rule: Ints
    negated: Flags


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


class _Key(NamedTuple):
    """What a key of the automaton stands for: a part of these rules, and which part."""

    inner: int  # spaces inside the key: its tokens less one
    length: int
    whole: tuple[int, ...]  # rules of which it is all
    parts: tuple[tuple[int, int], ...]  # rules of several parts, and which part it is


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

    Attributes
    ----------
    frame_of, term_of : array
        Number of the frame, and text of the term, of each rule.

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
        self._rules = [
            _Rule(parse_term(term), number, term.text, counts)
            for number, frame in enumerate(codebook.frames)
            for counts, terms in ((True, frame.terms), (False, frame.not_terms))
            for term in terms
        ]
        self.frame_of = np.array([rule.frame for rule in self._rules], dtype=np.int64)
        self.term_of = np.array([rule.term for rule in self._rules], dtype=object)
        self._counts = np.array([rule.counts for rule in self._rules], dtype=np.bool_)
        self._cased = np.array([rule.pattern.case for rule in self._rules], dtype=np.bool_)
        self._sizes = [(rule.pattern.n_tokens, rule.pattern.n_letters) for rule in self._rules]
        self._compile()

    def _compile(self) -> None:
        users: dict[str, list[tuple[int, int]]] = {}
        for number, rule in enumerate(self._rules):
            for position, part in enumerate(rule.pattern.parts):
                users.setdefault(part.key, []).append((number, position))
        n_parts = [len(rule.pattern.parts) for rule in self._rules]
        self._keys = [
            _Key(
                inner=key.count(" ", 0, -1) - 1,
                length=len(key),
                whole=tuple(number for number, _ in uses if n_parts[number] == 1),
                parts=tuple(use for use in uses if n_parts[use[0]] > 1),
            )
            for key, uses in users.items()
        ]
        self._automaton = _automaton(list(users))
        self._inner = np.array([key.inner for key in self._keys], dtype=np.int64)
        self._length = np.array([key.length for key in self._keys], dtype=np.int64)
        self._n_whole = np.array([len(key.whole) for key in self._keys], dtype=np.int64)
        self._whole = np.array([n for key in self._keys for n in key.whole], dtype=np.int64)
        self._first_whole = np.cumsum(self._n_whole) - self._n_whole
        self._has_parts = np.array([bool(key.parts) for key in self._keys], dtype=np.bool_)

    def find(self, text: str) -> list[Hit]:
        """List the matches in a text that count, in the order of their start."""
        _, start, end, rule, _ = self.find_all([text])
        return [
            Hit(first, last, text[first:last], self.codebook.frames[frame].id, self.term_of[number])
            for first, last, number, frame in zip(
                start.tolist(),
                end.tolist(),
                rule.tolist(),
                self.frame_of[rule].tolist(),
                strict=True,
            )
        ]

    def find_all(self, texts: Iterable[str]) -> Hits:
        """List the matches in several texts that count, by text and in the order of their start."""
        parts: list[Hits] = []
        done = 0
        for batch, tokens_of, first, last, rule in self._matches(texts):
            start = tokens_of.starts[first]
            text = np.searchsorted(tokens_of.offsets, start, side="right") - 1
            offset = tokens_of.offsets[text]
            denied = _negated(tokens_of, first)
            end = tokens_of.ends[last]
            parts.append(Hits(text + done, start - offset, end - offset, rule, denied))
            done += len(batch)
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return Hits(none, none, none, none, none.astype(np.bool_))
        return Hits(*map(np.concatenate, zip(*parts, strict=True)))

    def count_all(self, texts: Iterable[str]) -> npt.NDArray[np.int32]:
        """Count the matches in each text by frame: as `find_all`, but in the memory of the counts.

        Returns
        -------
        array of int, shape (texts, frames)
        """
        n_frames = len(self.codebook.frames)
        counts = []
        for batch, tokens_of, first, _, rule in self._matches(texts):
            text = np.searchsorted(tokens_of.offsets, tokens_of.starts[first], side="right") - 1
            cell = text * n_frames + self.frame_of[rule]
            counted = np.bincount(cell, minlength=len(batch) * n_frames).astype(np.int32)
            counts.append(counted.reshape(len(batch), n_frames))
        return np.concatenate(counts) if counts else np.zeros((0, n_frames), dtype=np.int32)

    def _matches(
        self, texts: Iterable[str]
    ) -> Iterator[tuple[list[str], TokenBatch, Ints, Ints, Ints]]:
        """Matches that count in each batch of texts: first and last token, and rule."""
        for batch in batches(texts):
            tokens_of = read_tokens(batch)
            first, last, rule = self._found(tokens_of)
            if self._cased[rule].any():
                fits = self._in_case(batch, tokens_of, first, last, rule)
                first, last, rule = first[fits], last[fits], rule[fits]
            if not self._counts[rule].all():
                fits = self._included(first, last, rule)
                first, last, rule = first[fits], last[fits], rule[fits]
            fits = self._longest(first, last, rule)
            yield batch, tokens_of, first[fits], last[fits], rule[fits]

    def _found(self, tokens_of: TokenBatch) -> tuple[Ints, Ints, Ints]:
        """Every match of every term, whether it counts or not, by first token."""
        end, key = _seen(self._automaton, tokens_of.joined)
        # A key ends with the space of the next token or with a break; a prefix inside its token.
        first = tokens_of.token_at[end - self._length[key] + 1].astype(np.int64)
        last = first + self._inner[key]
        n_whole = self._n_whole[key]
        rule = self._whole[_ranges(self._first_whole[key], n_whole)]
        found = [np.repeat(first, n_whole), np.repeat(last, n_whole), rule]
        open_ended = self._has_parts[key]
        if open_ended.any():
            pieces = self._gapped(
                tokens_of, first[open_ended], last[open_ended], end[open_ended], key[open_ended]
            )
            if pieces:
                more = np.array(pieces, dtype=np.int64).T
                found = [np.concatenate(pair) for pair in zip(found, more, strict=True)]
        order = np.lexsort((found[2], found[1], found[0]))
        return found[0][order], found[1][order], found[2][order]

    def _gapped(
        self, tokens_of: TokenBatch, first: Ints, last: Ints, end: Ints, key: Ints
    ) -> list[_Found]:
        """Put the matches of terms of several parts together."""
        text = np.searchsorted(tokens_of.offsets, tokens_of.starts[first], side="right")
        opened: dict[tuple[int, int], dict[int, list[_Piece]]] = {}
        for where, one, other, upto, number in zip(
            text.tolist(), first.tolist(), last.tolist(), end.tolist(), key.tolist(), strict=True
        ):
            length = self._keys[number].length
            for rule, position in self._keys[number].parts:
                if position and (where, rule) not in opened:
                    continue  # what has no beginning cannot be completed
                pieces = opened.setdefault((where, rule), {})
                pieces.setdefault(position, []).append((one, other, upto - length + 1, upto))
        found = []
        for (_, rule), pieces in opened.items():
            parts = self._rules[rule].pattern.parts
            if len(pieces) == len(parts):
                found += [
                    _Found(*stretch, rule) for stretch in _bridged(parts, pieces, tokens_of.joined)
                ]
        return found

    def _in_case(
        self, batch: Sequence[str], tokens_of: TokenBatch, first: Ints, last: Ints, rule: Ints
    ) -> Flags:
        """Which matches have the case that their term asks for."""
        fits = np.ones(len(rule), dtype=np.bool_)
        for place in np.flatnonzero(self._cased[rule]).tolist():
            start = tokens_of.starts[first[place]]
            text = int(np.searchsorted(tokens_of.offsets, start, side="right")) - 1
            offset = tokens_of.offsets[text]
            passage = batch[text][start - offset : tokens_of.ends[last[place]] - offset]
            shown = [with_case(token.form, token.text) for token in tokens(passage)]
            fits[place] = _in_case(self._rules[rule[place]].pattern.parts, shown)
        return fits

    def _included(self, first: Ints, last: Ints, rule: Ints) -> Flags:
        """Which matches count and are taken out by no exclusion list."""
        frame, counts = self.frame_of[rule], self._counts[rule]
        # By token, since a long text may hold thousands of excluded spans.
        bars: dict[tuple[int, int], list[_Found]] = {}
        for place in np.flatnonzero(~counts).tolist():
            bar = _Found(int(first[place]), int(last[place]), int(rule[place]))
            for token in range(bar.first, bar.last + 1):
                bars.setdefault((int(frame[place]), token), []).append(bar)
        barred = np.unique(np.array([token for _, token in bars], dtype=np.int64))
        touched = np.searchsorted(barred, first) < np.searchsorted(barred, last, side="right")
        fits = counts.copy()
        for place in np.flatnonzero(counts & touched).tolist():
            match = _Found(int(first[place]), int(last[place]), int(rule[place]))
            fits[place] = all(
                _exceeds(match, bar)
                for token in range(match.first, match.last + 1)
                for bar in bars.get((int(frame[place]), token), ())
            )
        return fits

    def _longest(self, first: Ints, last: Ints, rule: Ints) -> Flags:
        """Which matches stay when of those that overlap only the longest does."""
        if not len(rule):
            return np.zeros(0, dtype=np.bool_)
        among = self.frame_of[rule] if self.overlap == "frame" else np.zeros_like(rule)
        order = np.lexsort((last, first, among))
        # Within a frame or all: a match that starts behind all before it starts a new group.
        shift = among[order] * (int(last.max()) + 2)
        reach = np.maximum.accumulate(last[order] + shift)
        alone = np.append(True, first[order][1:] + shift[1:] > reach[:-1])
        heads = np.flatnonzero(alone)
        sizes = np.diff(np.append(heads, len(order)))
        kept = np.zeros(len(rule), dtype=np.bool_)
        kept[order[heads[sizes == 1]]] = True
        for head, size in zip(heads[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            kept[self._greedy(order[head : head + size].tolist(), first, last, rule)] = True
        return kept

    def _greedy(self, group: list[int], first: Ints, last: Ints, rule: Ints) -> list[int]:
        """Of matches that overlap, directly or through others, those that stay."""
        ranked = sorted(
            (-self._sizes[number][0], one, other, -self._sizes[number][1], number, place)
            for place, one, other, number in zip(
                group,
                first[group].tolist(),
                last[group].tolist(),
                rule[group].tolist(),
                strict=True,
            )
        )
        used: set[int] = set()
        kept = []
        for _, one, other, _, _, place in ranked:
            covered = range(one, other + 1)
            if used.isdisjoint(covered):
                used.update(covered)
                kept.append(place)
        return kept


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


def _automaton(keys: Sequence[str]) -> Any:
    """An automaton that gives the numbers of the keys; a last space may also be a break."""
    automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
    for number, key in enumerate(keys):
        automaton.add_word(key, number)
        if key.endswith(" "):
            automaton.add_word(key[:-1] + BREAK, number)
    if keys:
        automaton.make_automaton()
    return automaton


@lru_cache(maxsize=1)
def _negations() -> Any:
    return _automaton([f" {word} " for word in sorted(NEGATIONS)])


def _seen(automaton: Any, joined: str) -> tuple[Ints, Ints]:
    """Where in the string each key ends, and which key."""
    if not len(automaton):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    flat = np.fromiter(chain.from_iterable(automaton.iter(joined)), dtype=np.int64)
    return flat[::2], flat[1::2]


def _negated(tokens_of: TokenBatch, first: Ints) -> Flags:
    """Which matches a negation stands before, given their first tokens."""
    end, _ = _seen(_negations(), tokens_of.joined)
    if not len(end) or not len(first):
        return np.zeros(len(first), dtype=np.bool_)
    word = tokens_of.token_at[end - 1].astype(np.int64)
    near = np.searchsorted(word, first) - 1
    word = word[np.maximum(near, 0)]
    close = (near >= 0) & (first - word <= REACH)
    # Where a clause ends between the two: the last token before a break is that of its sign.
    signs = np.frombuffer(tokens_of.joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    breaks = tokens_of.token_at[np.flatnonzero(signs == ord(BREAK))].astype(np.int64)
    denied: Flags = close & (np.searchsorted(breaks, word) == np.searchsorted(breaks, first))
    return denied


def _ranges(first: Ints, size: Ints) -> Ints:
    """The numbers first, first + 1, ... of each range, `size` of them, one range behind another."""
    total = int(size.sum())
    before = np.cumsum(size) - size
    return np.repeat(first - before, size) + np.arange(total)


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
