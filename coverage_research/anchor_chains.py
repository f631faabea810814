"""Runs of words that two texts have in a row, chained, and the passages around them aligned."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from coverage_research.alignment import score_matrix, trace_back
from coverage_research.shingles import ranges, run_hashes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coverage_research.shingles import Hashes, Ints


#: Words in a row that a passage must hold to be found.
ANCHOR: Final = 4
#: So many words that differ on end separate two passages.
APART: Final = 100
#: Words beside an anchor that are aligned, so that a passage begins and ends where it should.
_BESIDE: Final = 32
#: A run that the other text has more often is no anchor; of more anchors the longest are taken.
_REPEATS: Final = 50
_MOST_ANCHORS: Final = 5_000
#: Predecessors of an anchor that are tried.
_TRIED: Final = 16

_MATCH, _MISMATCH, _GAP = 2, -1, -1


class Anchor(NamedTuple):
    """A run of words that both texts have: where it begins in each, and its length."""

    a: int
    b: int
    n: int


class Passage(NamedTuple):
    """First word and the one behind the last in both texts, equal words, changes."""

    a: int
    a_end: int
    b: int
    b_end: int
    n_words: int
    n_gaps: int


def passage_score(found: Passage) -> int:
    """Score of a passage: 2 for each equal word, -1 for each change."""
    return _MATCH * found.n_words - found.n_gaps


def left_outside(anchor: Anchor, start: int, end: int, side: int) -> Iterator[Anchor]:
    """What is left of an anchor outside a passage, where that is long enough."""
    at = anchor[side]
    before = min(start - at, anchor.n)
    behind = min(at + anchor.n - end, anchor.n)
    if before >= ANCHOR:
        yield Anchor(anchor.a, anchor.b, before)
    if behind >= ANCHOR and behind < anchor.n:
        shift = anchor.n - behind
        yield Anchor(anchor.a + shift, anchor.b + shift, behind)
    elif behind == anchor.n > before:
        yield anchor


def find_anchors(a: Hashes, b: Hashes, span: int) -> list[Anchor]:
    """Longest runs of at least `ANCHOR` words that both texts have, in the order of the first."""
    value, place = run_hashes(b, ANCHOR)
    wanted, at = run_hashes(a, ANCHOR)
    if not len(value) or not len(wanted):
        return []
    order = np.argsort(value, kind="stable")
    value = value[order]
    left = np.searchsorted(value, wanted)
    times = np.searchsorted(value, wanted, side="right") - left
    times[times > _REPEATS] = 0
    there: Ints = place[order[ranges(left, times)]]
    here = np.repeat(at, times)
    # Words of a run lie on one diagonal, next to each other.
    key = np.sort((there - here + span) * span + here)
    heads = np.flatnonzero(np.diff(key, prepend=-2) != 1)
    sizes = np.diff(heads, append=len(key)) + ANCHOR - 1
    first = key[heads] % span
    second = first + key[heads] // span - span
    chosen = np.argsort(-sizes, kind="stable")[:_MOST_ANCHORS]
    chosen = chosen[np.lexsort((second[chosen], first[chosen]))]
    columns = (first[chosen].tolist(), second[chosen].tolist(), sizes[chosen].tolist())
    return [Anchor(*found) for found in zip(*columns, strict=True)]


def best_chain(
    a: Hashes, b: Hashes, anchors: list[Anchor], zones: list[tuple[int, int]]
) -> list[Anchor]:
    """The chain of anchors with the highest score, each behind the one before in both texts."""
    best: list[int] = []
    came: list[tuple[int, int]] = []
    for number, anchor in enumerate(anchors):
        score, link = _MATCH * anchor.n, (-1, 0)
        for other in range(number - 1, max(number - 1 - _TRIED, -1), -1):
            joined, lap = _join(a, b, (anchors[other], anchor), best[other], score)
            if zones[other] == zones[number] and joined > score:
                score, link = joined, (other, lap)
        best.append(score)
        came.append(link)
    at = int(np.argmax(best))
    chain: list[Anchor] = []
    while at >= 0:
        other, lap = came[at]
        one = anchors[at]
        chain.append(Anchor(one.a + lap, one.b + lap, one.n - lap))
        at = other
    return chain[::-1]


def _join(
    a: Hashes, b: Hashes, anchors: tuple[Anchor, Anchor], score: int, to_beat: int
) -> tuple[int, int]:
    """Score of an anchor behind the chain that ends with another; words in which both lap over.

    0 where that cannot be, or is no better than what there is.
    """
    before, anchor = anchors
    lap = max(before.a + before.n - anchor.a, before.b + before.n - anchor.b, 0)
    if lap >= anchor.n or before.a >= anchor.a or before.b >= anchor.b:
        return 0, 0
    own = _MATCH * (anchor.n - lap)
    x = slice(before.a + before.n, anchor.a + lap)
    y = slice(before.b + before.n, anchor.b + lap)
    n, m = x.stop - x.start, y.stop - y.start
    if score + own + _MATCH * min(n, m) - abs(n - m) <= to_beat:
        return 0, 0
    cost = _between(a[x], b[y])
    return (score + cost + own, lap) if score + cost > 0 else (0, 0)


def _between(a: Hashes, b: Hashes) -> int:
    """Score of what lies between two anchors; far below 0 where they are too far apart."""
    if max(len(a), len(b)) > APART:
        return -1_000_000_000
    if not len(a) or not len(b) or len(a) == len(b) == 1:
        return -max(len(a), len(b))
    if max(len(a), len(b)) > _BESIDE:  # at least this; the words themselves are aligned later
        return -max(len(a), len(b))
    return int(score_matrix(a, b, (_MATCH, _MISMATCH, _GAP), local=False)[-1, -1])


def align_chain(
    a: Hashes, b: Hashes, chain: list[Anchor], free: tuple[int, int, int, int]
) -> Passage:
    """The passage around a chain: what lies between its anchors and beside it is aligned."""
    low_a, high_a, low_b, high_b = free
    n_words = sum(anchor.n for anchor in chain)
    n_gaps = 0
    for one, other in itertools.pairwise(chain):
        equal, changed = _counted(
            a[one.a + one.n : other.a], b[one.b + one.n : other.b], whole=True
        )[:2]
        n_words, n_gaps = n_words + equal, n_gaps + changed
    first, last = chain[0], chain[-1]
    before_a = a[max(low_a, first.a - _BESIDE) : first.a][::-1]
    before_b = b[max(low_b, first.b - _BESIDE) : first.b][::-1]
    a_end, b_end = last.a + last.n, last.b + last.n
    behind_a = a[a_end : min(high_a, a_end + _BESIDE)]
    behind_b = b[b_end : min(high_b, b_end + _BESIDE)]
    left, right = (
        _counted(*pair, whole=False) for pair in ((before_a, before_b), (behind_a, behind_b))
    )
    return Passage(
        first.a - left[2],
        a_end + right[2],
        first.b - left[3],
        b_end + right[3],
        n_words + left[0] + right[0],
        n_gaps + left[1] + right[1],
    )


def _counted(a: Hashes, b: Hashes, *, whole: bool) -> tuple[int, int, int, int]:
    """Equal words, changes and reach of the best alignment from the start on, or of the whole."""
    if not len(a) or not len(b):
        return (0, max(len(a), len(b)), len(a), len(b)) if whole else (0, 0, 0, 0)
    scores = _MATCH, _MISMATCH, _GAP
    matrix = score_matrix(a, b, scores, local=False)
    end = (len(a), len(b))
    if not whole:
        top = np.unravel_index(int(matrix.argmax()), matrix.shape)
        end = int(top[0]), int(top[1])
    equal = changed = 0
    for one, other in trace_back(matrix, a, b, end, scores):
        if one >= 0 and other >= 0 and a[one] == b[other]:
            equal += 1
        else:
            changed += 1
    return equal, changed, *end


def align_whole(a: Hashes, b: Hashes) -> Passage | None:
    """The passages of two short texts that are most alike."""
    scores = _MATCH, _MISMATCH, _GAP
    matrix = score_matrix(a, b, scores, local=True)
    top = np.unravel_index(int(matrix.argmax()), matrix.shape)
    steps = list(trace_back(matrix, a, b, (int(top[0]), int(top[1])), scores))
    if not steps:
        return None
    equal = sum(one >= 0 and other >= 0 and a[one] == b[other] for one, other in steps)
    return Passage(
        steps[0][0], int(top[0]), steps[0][1], int(top[1]), int(equal), len(steps) - int(equal)
    )
