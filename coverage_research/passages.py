"""Passages that two articles share, word for word or nearly: where, and with how many changes.

Local alignment of whole texts costs the product of their lengths. Here the words that both have in
a row are found by an index and chained, and only what lies between and beside them is aligned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from coverage_research.alignment import MOST_CELLS
from coverage_research.anchor_chains import (
    Anchor,
    Passage,
    align_chain,
    align_whole,
    best_chain,
    find_anchors,
    left_outside,
    passage_score,
)
from coverage_research.schema import COUNT, SPAN, TEXT, carry, conform, from_rows, require_columns
from coverage_research.shingles import Hashes, Words, read_words
from coverage_research.text import running_field, running_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
        if by_title and len(a[0]) * len(b[0]) <= MOST_CELLS // 100:
            found = align_whole(a[0], b[0])
            if found is not None:
                taken.add(0, 0, found)
                yield self._row(2 * later, 2 * earlier, found)
        while True:
            best = max(
                taken.candidates(min_words), key=lambda one: passage_score(one[0]), default=None
            )
            if best is None:
                return
            found, i, j = best
            taken.add(i, j, found)
            yield self._row(2 * later + i, 2 * earlier + j, found)

    def _row(self, text: int, other: int, found: Passage) -> tuple[object, ...]:
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
            passage_score(found),
        )

    def _span(self, text: int, first: int, behind: int) -> tuple[int, int]:
        at = int(self.words.bounds[text])
        return int(self.words.starts[at + first]), int(self.words.ends[at + behind - 1])


class _Taken:
    """Anchors of a pair that lie in no passage yet, and where the passages lie."""

    def __init__(self, a: list[Hashes], b: list[Hashes]) -> None:
        self.a, self.b = a, b
        self.anchors = {
            (i, j): find_anchors(a[i], b[j], max(len(a[i]), len(b[j])) + 1)
            for i in (0, 1)
            for j in (0, 1)
        }
        self.in_a: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
        self.in_b: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
        self.best: dict[tuple[int, int], Passage | None] = {}

    def candidates(self, min_words: int) -> Iterator[tuple[Passage, int, int]]:
        """The best passage of either pair of texts that is left."""
        for i, j in self.anchors:
            if (i, j) not in self.best:  # kept until something is taken out
                self.best[i, j] = self._candidate(i, j)
            found = self.best[i, j]
            if found is not None and found.n_words >= min_words:
                yield found, i, j

    def _candidate(self, i: int, j: int) -> Passage | None:
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
        chain = best_chain(self.a[i], self.b[j], anchors, zones)
        return align_chain(self.a[i], self.b[j], chain, self.free(i, j, chain))

    def free(self, i: int, j: int, chain: list[Anchor]) -> tuple[int, int, int, int]:
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

    def add(self, i: int, j: int, found: Passage) -> None:
        """Take the words of a passage out."""
        self.in_a[i].append((found.a, found.a_end))
        self.in_b[j].append((found.b, found.b_end))
        for x, y in self.anchors:
            if x == i or y == j:
                kept = self.anchors[x, y]
                if x == i:
                    kept = [
                        part for one in kept for part in left_outside(one, found.a, found.a_end, 0)
                    ]
                if y == j:
                    kept = [
                        part for one in kept for part in left_outside(one, found.b, found.b_end, 1)
                    ]
                self.anchors[x, y] = kept
                self.best.pop((x, y), None)
