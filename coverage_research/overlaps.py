"""How much two texts share: their common shingles, the words in them, and the longest run."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from coverage_research.shingles import HELD, Hashes, Ints, pieces, ranges, repeated, run_hashes

#: From so many equal places in two texts on, the longest run is searched by its length.
MANY_PLACES: Final = 2_000_000


class Overlap(NamedTuple):
    """What each of several pairs of texts has in common.

    Attributes
    ----------
    shared : array of int
        Distinct shingles that both have.
    n_first, n_second : array of int
        Distinct shingles of either.
    covered : array of int
        Words of the second that lie in shared shingles.
    start, length : array of int
        Longest run of words that both have: its first word in the second, counted from the start of
        the row, and its words; the earliest of several. 0 and 0 where no shingle is shared.
    """

    shared: Ints
    n_first: Ints
    n_second: Ints
    covered: Ints
    start: Ints
    length: Ints


def overlap(
    codes: Hashes, bounds: Ints, first: Ints, second: Ints, size: int, *, progress: bool = False
) -> Overlap:
    """What pairs of rows have in common: shingles of `size` words, and the longest run.

    Parameters
    ----------
    codes : array of uint64
        Words of all rows, 0 where no run reaches across.
    bounds : array of int
        Where the words of each row begin, and where those of the last end.
    first, second : array of int
        Rows of each pair.
    size : int
        Words in a shingle.
    progress : bool
        Show a progress bar if it takes longer than two seconds.

    Examples
    --------
    >>> codes = np.array([1, 2, 3, 4, 0, 9, 2, 3, 4, 0], dtype=np.uint64)
    >>> found = overlap(codes, np.array([0, 5, 10]), np.array([0]), np.array([1]), 2)
    >>> [part.tolist() for part in found]
    [[2], [3], [3], [3], [1], [3]]
    """
    from tqdm.auto import tqdm

    table = _Shingled(codes, bounds, np.unique(np.concatenate([first, second])), size)
    result = Overlap(*(np.zeros(len(first), dtype=np.int64) for _ in range(6)))
    order = np.argsort(first, kind="stable")  # neighbours look up in the same rows
    with tqdm(
        total=len(first), unit=" pairs", desc="comparing", delay=2, disable=not progress
    ) as bar:
        sizes = table.counts(second[order])
        for piece in pieces(sizes, HELD // 4):
            at = order[piece]
            found = table.compare(first[at], second[at])
            for whole, part in zip(result, found, strict=True):
                whole[at] = part
            bar.update(len(at))
    return result


class _Shingled:
    """Shingles of some rows, of which only those that several rows have are kept with places."""

    def __init__(self, codes: Hashes, bounds: Ints, rows: Ints, size: int) -> None:
        self.size = size
        self.slot = np.zeros(len(bounds), dtype=np.int64)
        self.slot[rows] = np.arange(len(rows))
        lengths = bounds[rows + 1] - bounds[rows]
        self.words = codes[ranges(bounds[rows], lengths)]
        self.bounds = np.concatenate([[0], np.cumsum(lengths)])
        self.longest = int(lengths.max(initial=1)) + 1
        value, place = run_hashes(self.words, size)
        row = np.searchsorted(self.bounds, place, side="right") - 1
        self.n_distinct = np.bincount(row, minlength=len(rows))
        kept = repeated(value)
        value, place, row = value[kept], place[kept], row[kept]
        order = np.argsort(value, kind="stable")
        by_value = value[order]
        number = np.cumsum(np.concatenate([[0], by_value[1:] != by_value[:-1]])[: len(order)])
        self.n_kinds = int(number[-1]) + 1 if len(number) else 1
        self.kind = np.zeros(len(order), dtype=np.int64)
        self.kind[order] = number
        again = np.zeros(len(order), dtype=np.bool_)
        again[1:] = (number[1:] == number[:-1]) & (row[order][1:] == row[order][:-1])
        self.n_distinct -= np.bincount(row[order][again], minlength=len(rows))
        self.is_new = np.ones(len(order), dtype=np.bool_)
        self.is_new[order[again]] = False
        self.place = place - self.bounds[row]
        self.starts = np.searchsorted(row, np.arange(len(rows) + 1))
        key = row * self.n_kinds + self.kind
        self.by_key = np.argsort(key, kind="stable")
        self.key = key[self.by_key]

    def counts(self, rows: Ints) -> Ints:
        """Shingles of rows that may be shared."""
        at = self.slot[rows]
        return self.starts[at + 1] - self.starts[at]

    def compare(self, first: Ints, second: Ints) -> Overlap:
        """Compare some pairs."""
        one, two = self.slot[first], self.slot[second]
        n, size = len(one), self.size
        counts = self.starts[two + 1] - self.starts[two]
        pair = np.repeat(np.arange(n), counts)
        at = ranges(self.starts[two], counts)
        wanted = one[pair] * self.n_kinds + self.kind[at]
        left = np.searchsorted(self.key, wanted)
        hit = self.key[np.minimum(left, len(self.key) - 1)] == wanted if len(self.key) else left > 0
        pair, at, left, wanted = pair[hit], at[hit], left[hit], wanted[hit]
        shared = np.bincount(pair[self.is_new[at]], minlength=n)
        place = self.place[at]
        # Words up to the next shared shingle, at most those of the shingle itself.
        reach = np.full(len(pair), size)
        near = pair[1:] == pair[:-1]
        reach[:-1][near] = np.minimum(place[1:] - place[:-1], size)[near]
        covered = np.bincount(pair, weights=reach, minlength=n).astype(np.int64)
        n_places = np.searchsorted(self.key, wanted, side="right") - left
        start, length = self._longest(one, two, (pair, place, left, n_places))
        return Overlap(shared, self.n_distinct[one], self.n_distinct[two], covered, start, length)

    def _longest(self, one: Ints, two: Ints, hits: tuple[Ints, ...]) -> tuple[Ints, Ints]:
        """Start in the second and words of the longest run of each pair; the earliest of several.

        Equal places of a run lie on one diagonal, next to each other.
        """
        pair, place, left, n_places = hits
        n = len(one)
        start, length = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        points = np.bincount(pair, weights=n_places, minlength=n)
        for number in np.flatnonzero(points > MANY_PLACES).tolist():
            start[number], length[number] = self._by_length(one[number], two[number])
        few = points[pair] <= MANY_PLACES
        pair, place, left, n_places = pair[few], place[few], left[few], n_places[few]
        span = self.longest
        for piece in pieces(
            np.bincount(pair, weights=n_places, minlength=n).astype(np.int64), HELD
        ):
            here = slice(*np.searchsorted(pair, [piece.start, piece.stop]))
            times = n_places[here]
            there = self.place[self.by_key[ranges(left[here], times)]]
            key = np.repeat(pair[here] - piece.start, times) * (2 * span)
            key += there - np.repeat(place[here], times) + span
            key *= span
            key += np.repeat(place[here], times)
            key.sort()
            heads = np.flatnonzero(np.concatenate([[True], np.diff(key) != 1])[: len(key)])
            sizes = np.diff(heads, append=len(key))
            of, begin = key[heads] // (2 * span * span), key[heads] % span
            rank = sizes * span + (span - 1 - begin)
            if len(of):
                tops = np.flatnonzero(np.concatenate([[True], of[1:] != of[:-1]]))
                best = np.maximum.reduceat(rank, tops)
                length[piece.start + of[tops]] = best // span + self.size - 1
                start[piece.start + of[tops]] = span - 1 - best % span
        return start, length

    def _by_length(self, one: Any, two: Any) -> tuple[int, int]:
        """Start and words of the longest run of texts that repeat themselves very often."""
        a = self.words[self.bounds[one] : self.bounds[one + 1]]
        b = self.words[self.bounds[two] : self.bounds[two + 1]]
        low, high, start = self.size, min(len(a), len(b)), 0
        while low <= high:
            middle = (low + high) // 2
            value, place = run_hashes(b, middle)
            common = np.isin(value, run_hashes(a, middle)[0])
            if common.any():
                start, low = int(place[common][0]), middle + 1
            else:
                high = middle - 1
        return start, high
