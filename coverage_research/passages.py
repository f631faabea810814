"""Passages that two articles share, word for word or nearly: where, and with how many changes.

Local alignment of whole texts costs the product of their lengths. Here the words that both have in
a row are found by an index and chained, and only what lies between and beside them is aligned.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from coverage_research.schema import COUNT, SPAN, TEXT, carry, conform, from_rows, require_columns
from coverage_research.shingles import Hashes, Ints, Words, ranges, read_words, run_hashes
from coverage_research.text import running_field, running_text, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

PASSAGES: Final[Mapping[str, str]] = {
    **SPAN,
    "other_id": TEXT,
    "other_field": TEXT,
    "other_start": COUNT,
    "other_end": COUNT,
    "other_match": TEXT,
    "n_words": COUNT,
    "n_gaps": COUNT,
    "score": COUNT,
}

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
_CELLS: Final = 25_000_000
_MATCH, _MISMATCH, _GAP = 2, -1, -1


class Alignment(NamedTuple):
    """Two lists of words of the same length, word by word, and the score of the alignment."""

    a: list[str]
    b: list[str]
    score: int


class _Anchor(NamedTuple):
    """A run of words that both texts have: where it begins in each, and its length."""

    a: int
    b: int
    n: int


class _Passage(NamedTuple):
    """First word and the one behind the last in both texts, equal words, changes."""

    a: int
    a_end: int
    b: int
    b_end: int
    n_words: int
    n_gaps: int


def align_words(
    a: str | Sequence[str],
    b: str | Sequence[str],
    *,
    match: int = 2,
    mismatch: int = -1,
    gap: int = -1,
) -> Alignment:
    """Align the passages that are most alike in two texts, word by word.

    Parameters
    ----------
    a, b : str or sequence of str
        Texts, or their words.
    match, mismatch, gap : int
        Score of equal words (above 0), of different words in the same place, and of a word that one
        text lacks (both at most 0).

    Returns
    -------
    Alignment
        The words of either passage; where one lacks a word, # signs of the other's length. Empty
        and 0 where no word is equal.

    Raises
    ------
    ValueError
        If a score has the wrong sign, or the texts are too long to be aligned as a whole (25
        million pairs of words); `find_passages` aligns long texts.

    References
    ----------
    Smith, T. F. & Waterman, M. S. (1981). Identification of common molecular subsequences. *Journal
    of Molecular Biology* 147(1), 195-197. Mullen, L. (2020). textreuse (R package).

    Examples
    --------
    >>> found = align_words("this is a match", "this is a good match")
    >>> " ".join(found.a), " ".join(found.b), found.score
    ('this is a #### match', 'this is a good match', 7)
    """
    if match <= 0 or mismatch > 0 or gap > 0:
        raise ValueError(
            "expected match above 0, mismatch and gap at most 0; found "
            f"{match}, {mismatch} and {gap}"
        )
    first, second = (words(text) if isinstance(text, str) else list(text) for text in (a, b))
    if len(first) * len(second) > _CELLS:
        raise ValueError(
            f"expected texts of at most {_CELLS:,} pairs of words; found {len(first):,} and "
            f"{len(second):,} words. find_passages aligns long texts."
        )
    numbers: dict[str, int] = {}
    x, y = (
        np.array([numbers.setdefault(word, len(numbers)) for word in text], dtype=np.uint64)
        for text in (first, second)
    )
    matrix = _matrix(x, y, (match, mismatch, gap), local=True)
    top = np.unravel_index(int(matrix.argmax()), matrix.shape)
    score = int(matrix[top])
    left: list[str] = []
    right: list[str] = []
    for one, other in _traced(matrix, x, y, (int(top[0]), int(top[1])), (match, mismatch, gap)):
        left.append(first[one] if one >= 0 else "#" * len(second[other]))
        right.append(second[other] if other >= 0 else "#" * len(first[one]))
    return Alignment(left, right, score)


def find_passages(
    articles: pd.DataFrame,
    reuse: pd.DataFrame,
    *,
    min_words: int = 8,
    progress: bool = True,
) -> pd.DataFrame:
    """Find all passages that the two articles of each pair share, with their place in both.

    A passage is a local alignment of words (2 for equal words, -1 for a word changed, left out or
    put in). It holds at least four equal words in a row; more than 100 words that differ on end
    separate two passages. Of a pair, no word belongs to two passages, the one with the highest
    score having the first choice. Headlines that link a pair are aligned whatever their length.

    Parameters
    ----------
    articles : DataFrame
        With article_id and title; excerpt and body if any.
    reuse : DataFrame
        From `find_reuse`; article_id and other_id, and link if any. Pairs of which an article is
        not in `articles` are left out.
    min_words : int
        Equal words in a passage, at least.
    progress : bool
        Show a progress bar if it takes longer than two seconds.

    Returns
    -------
    DataFrame with one row per passage, by pair in the order of `reuse` and place: article_id,
    field, start, end, match (in the later article); other_id, other_field, other_start, other_end,
    other_match (in the earlier one); n_words (equal words), n_gaps (words changed, left out or put
    in), score (2 n_words - n_gaps).

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        If `min_words` is below 1.

    References
    ----------
    Smith, T. F. & Waterman, M. S. (1981). Identification of common molecular subsequences. *Journal
    of Molecular Biology* 147(1), 195-197. Smith, D. A., Cordell, R. & Dillon, E. M. (2013).
    Infectious texts: modeling text reuse in nineteenth-century newspapers. *IEEE Big Data*, 86-94.

    Examples
    --------
    >>> import pandas as pd
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "title": ["One", "Two"],
    ...         "excerpt": [
    ...             "The quiet fab on the hill makes its very first chip",
    ...             "Today the quiet fab on a hill makes its very first chip",
    ...         ],
    ...     }
    ... )
    >>> reuse = pd.DataFrame({"article_id": ["b"], "other_id": ["a"]})
    >>> found = find_passages(articles, reuse)
    >>> found[["start", "end", "other_start", "n_words", "n_gaps", "score"]].to_numpy().tolist()
    [[6, 55, 0, 10, 1, 19]]
    """
    from tqdm.auto import tqdm

    if min_words < 1:
        raise ValueError(f"min_words: expected at least 1; found {min_words}")
    require_columns(articles, ("article_id", "title"), "articles")
    require_columns(reuse, ("article_id", "other_id"), "reuse (from find_reuse)")
    named = set(reuse["article_id"]) | set(reuse["other_id"])
    used = articles[articles["article_id"].isin(named)].drop_duplicates("article_id")
    texts = _Texts(used, progress=progress)
    links = reuse["link"].fillna("") if "link" in reuse.columns else [""] * len(reuse)
    rows: list[tuple[object, ...]] = []
    for later, earlier, link in tqdm(
        zip(reuse["article_id"], reuse["other_id"], links, strict=True),
        total=len(reuse),
        unit=" pairs",
        desc="aligning",
        delay=2,
        disable=not progress,
    ):
        if later in texts.rows and earlier in texts.rows:
            pair = texts.rows[later], texts.rows[earlier]
            by_title = "title" in str(link)
            rows += sorted(texts.passages(*pair, min_words, by_title=by_title), key=_place)
    return carry(from_rows(rows, PASSAGES), articles, reuse)


def _place(row: tuple[object, ...]) -> tuple[bool, object]:
    """Headlines first, then by place."""
    return row[1] != "title", row[2]


class _Texts:
    """Headline and running text of articles, as words with places."""

    def __init__(self, articles: pd.DataFrame, *, progress: bool) -> None:
        columns = {"title": TEXT, "excerpt": TEXT, "body": TEXT}
        shown = conform(articles[articles.columns.intersection(list(columns))], columns)
        self.ids = articles["article_id"].tolist()
        self.rows = {identifier: row for row, identifier in enumerate(self.ids)}
        title, text = shown["title"].fillna(""), running_text(shown).fillna("")
        self.texts = [part for pair in zip(title, text, strict=True) for part in pair]
        self.fields = [name for field in running_field(shown) for name in ("title", field)]
        self.words: Words = read_words(self.texts, progress=progress)

    def codes(self, text: int) -> Hashes:
        """Words of a text as numbers."""
        return self.words.codes[self.words.bounds[text] : self.words.bounds[text + 1] - 1]

    def passages(
        self, later: int, earlier: int, min_words: int, *, by_title: bool
    ) -> Iterator[tuple[object, ...]]:
        """Rows of a pair."""
        a = [self.codes(2 * later), self.codes(2 * later + 1)]
        b = [self.codes(2 * earlier), self.codes(2 * earlier + 1)]
        taken = _Taken(a, b)
        if by_title and len(a[0]) * len(b[0]) <= _CELLS // 100:
            found = _whole(a[0], b[0])
            if found is not None:
                taken.add(0, 0, found)
                yield self._row(2 * later, 2 * earlier, found)
        while True:
            best = max(taken.candidates(min_words), key=lambda one: _score(one[0]), default=None)
            if best is None:
                return
            found, i, j = best
            taken.add(i, j, found)
            yield self._row(2 * later + i, 2 * earlier + j, found)

    def _row(self, text: int, other: int, found: _Passage) -> tuple[object, ...]:
        start, end = self._span(text, found.a, found.a_end)
        other_start, other_end = self._span(other, found.b, found.b_end)
        return (
            self.ids[text // 2],
            self.fields[text],
            start,
            end,
            self.texts[text][start:end],
            self.ids[other // 2],
            self.fields[other],
            other_start,
            other_end,
            self.texts[other][other_start:other_end],
            found.n_words,
            found.n_gaps,
            _score(found),
        )

    def _span(self, text: int, first: int, behind: int) -> tuple[int, int]:
        at = int(self.words.bounds[text])
        return int(self.words.starts[at + first]), int(self.words.ends[at + behind - 1])


def _score(found: _Passage) -> int:
    return _MATCH * found.n_words - found.n_gaps


class _Taken:
    """Anchors of a pair that lie in no passage yet, and where the passages lie."""

    def __init__(self, a: list[Hashes], b: list[Hashes]) -> None:
        self.a, self.b = a, b
        self.anchors = {
            (i, j): _anchors(a[i], b[j], max(len(a[i]), len(b[j])) + 1)
            for i in (0, 1)
            for j in (0, 1)
        }
        self.in_a: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
        self.in_b: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
        self.best: dict[tuple[int, int], _Passage | None] = {}

    def candidates(self, min_words: int) -> Iterator[tuple[_Passage, int, int]]:
        """The best passage of either pair of texts that is left."""
        for i, j in self.anchors:
            if (i, j) not in self.best:  # kept until something is taken out
                self.best[i, j] = self._candidate(i, j)
            found = self.best[i, j]
            if found is not None and found.n_words >= min_words:
                yield found, i, j

    def _candidate(self, i: int, j: int) -> _Passage | None:
        anchors = self.anchors[i, j]
        if not anchors:
            return None
        ends_a = np.sort([end for _, end in self.in_a[i]])
        ends_b = np.sort([end for _, end in self.in_b[j]])
        # No chain leads across a passage that is taken.
        zones = list(
            zip(
                np.searchsorted(ends_a, [one.a for one in anchors], side="right").tolist(),
                np.searchsorted(ends_b, [one.b for one in anchors], side="right").tolist(),
                strict=True,
            )
        )
        chain = _chain(self.a[i], self.b[j], anchors, zones)
        return _aligned(self.a[i], self.b[j], chain, self.free(i, j, chain))

    def free(self, i: int, j: int, chain: list[_Anchor]) -> tuple[int, int, int, int]:
        """How far a passage may reach: from and to in either text."""
        first, last = chain[0], chain[-1]
        low_a = max((end for _, end in self.in_a[i] if end <= first.a), default=0)
        low_b = max((end for _, end in self.in_b[j] if end <= first.b), default=0)
        high_a = min(
            (start for start, _ in self.in_a[i] if start >= last.a + last.n),
            default=len(self.a[i]),
        )
        high_b = min(
            (start for start, _ in self.in_b[j] if start >= last.b + last.n),
            default=len(self.b[j]),
        )
        return low_a, high_a, low_b, high_b

    def add(self, i: int, j: int, found: _Passage) -> None:
        """Take the words of a passage out."""
        self.in_a[i].append((found.a, found.a_end))
        self.in_b[j].append((found.b, found.b_end))
        for x, y in self.anchors:
            if x == i or y == j:
                kept = self.anchors[x, y]
                if x == i:
                    kept = [part for one in kept for part in _outside(one, found.a, found.a_end, 0)]
                if y == j:
                    kept = [part for one in kept for part in _outside(one, found.b, found.b_end, 1)]
                self.anchors[x, y] = kept
                self.best.pop((x, y), None)


def _outside(anchor: _Anchor, start: int, end: int, side: int) -> Iterator[_Anchor]:
    """What is left of an anchor outside a passage, where that is long enough."""
    at = anchor[side]
    before = min(start - at, anchor.n)
    behind = min(at + anchor.n - end, anchor.n)
    if before >= ANCHOR:
        yield _Anchor(anchor.a, anchor.b, before)
    if behind >= ANCHOR and behind < anchor.n:
        shift = anchor.n - behind
        yield _Anchor(anchor.a + shift, anchor.b + shift, behind)
    elif behind == anchor.n > before:
        yield anchor


def _anchors(a: Hashes, b: Hashes, span: int) -> list[_Anchor]:
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
    return [_Anchor(*found) for found in zip(*columns, strict=True)]


def _chain(
    a: Hashes, b: Hashes, anchors: list[_Anchor], zones: list[tuple[int, int]]
) -> list[_Anchor]:
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
    chain: list[_Anchor] = []
    while at >= 0:
        other, lap = came[at]
        one = anchors[at]
        chain.append(_Anchor(one.a + lap, one.b + lap, one.n - lap))
        at = other
    return chain[::-1]


def _join(
    a: Hashes, b: Hashes, anchors: tuple[_Anchor, _Anchor], score: int, to_beat: int
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
    return int(_matrix(a, b, (_MATCH, _MISMATCH, _GAP), local=False)[-1, -1])


def _aligned(
    a: Hashes, b: Hashes, chain: list[_Anchor], free: tuple[int, int, int, int]
) -> _Passage:
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
    return _Passage(
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
    matrix = _matrix(a, b, scores, local=False)
    end = (len(a), len(b))
    if not whole:
        top = np.unravel_index(int(matrix.argmax()), matrix.shape)
        end = int(top[0]), int(top[1])
    equal = changed = 0
    for one, other in _traced(matrix, a, b, end, scores):
        if one >= 0 and other >= 0 and a[one] == b[other]:
            equal += 1
        else:
            changed += 1
    return equal, changed, *end


def _whole(a: Hashes, b: Hashes) -> _Passage | None:
    """The passages of two short texts that are most alike."""
    scores = _MATCH, _MISMATCH, _GAP
    matrix = _matrix(a, b, scores, local=True)
    top = np.unravel_index(int(matrix.argmax()), matrix.shape)
    steps = list(_traced(matrix, a, b, (int(top[0]), int(top[1])), scores))
    if not steps:
        return None
    equal = sum(one >= 0 and other >= 0 and a[one] == b[other] for one, other in steps)
    return _Passage(
        steps[0][0], int(top[0]), steps[0][1], int(top[1]), int(equal), len(steps) - int(equal)
    )


def _matrix(a: Hashes, b: Hashes, scores: tuple[int, int, int], *, local: bool) -> Any:
    """Best score of an alignment that ends before each pair of words, a row at a time."""
    match, mismatch, gap = scores
    steps = gap * np.arange(len(b) + 1, dtype=np.int32)
    found: Any = np.zeros((len(a) + 1, len(b) + 1), dtype=np.int32)
    if not local:
        found[0] = steps
    for row, word in enumerate(a, 1):
        above = found[row - 1]
        here = above + gap
        here[1:] = np.maximum(here[1:], above[:-1] + np.where(b == word, match, mismatch))
        if local:
            np.maximum(here, 0, out=here)
        # A gap in the row costs the same for each word, so the best start of one carries on.
        found[row] = np.maximum.accumulate(here - steps) + steps
    return found


def _traced(
    matrix: Any, a: Hashes, b: Hashes, end: tuple[int, int], scores: tuple[int, int, int]
) -> list[tuple[int, int]]:
    """Numbers of the words that stand in the same place, -1 where a text lacks one."""
    match, mismatch, gap = scores
    local = bool(matrix[0, -1] == 0 and matrix[-1, 0] == 0)
    i, j = end
    steps: list[tuple[int, int]] = []
    while i or j:
        here = matrix[i, j]
        if local and here == 0:
            break
        equal = i and j and a[i - 1] == b[j - 1]
        if i and j and here == matrix[i - 1, j - 1] + (match if equal else mismatch):
            i, j = i - 1, j - 1
            steps.append((i, j))
        elif j and here == matrix[i, j - 1] + gap:
            j -= 1
            steps.append((-1, j))
        else:
            i -= 1
            steps.append((i, -1))
    return steps[::-1]
