"""Words and n-grams of articles as counts: groups of articles, their texts, how often each word."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import TEXT, fields_of, pandas_dtype, require_columns
from coverage_research.text import BREAK, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Ints = npt.NDArray[np.int64]

#: Words of which an n-gram may have, at most.
MAX_GRAM: Final = 5

_TEXT: Final = pandas_dtype(TEXT)
_PARAGRAPH: Final = re.compile(r"\n\s*\n")
#: Longer runs of signs without white space are not words that come back, and not remembered.
_LONGEST_RUN: Final = 80
_FLUSH: Final = 500_000


class _Runs(dict[str, int]):
    """Numbers of the runs of signs without white space; what words each of them holds.

    No word reaches across white space, so a text is the sum of its runs, and since most runs come
    back again and again, each is taken apart only once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.place: dict[str, int] = {BREAK: 0}
        # The first run is the end of a paragraph or text.
        self.words = array("i", [0])
        self.sizes = array("i", [1])

    def __missing__(self, run: str) -> int:
        number, place, found = len(self.sizes), self.place, tokens(run, breaks=True)
        self.words.extend(place.setdefault(token.form, len(place)) for token in found)
        self.sizes.append(len(found))
        if len(run) <= _LONGEST_RUN:
            self[run] = number
        return number


@dataclass(frozen=True)
class Texts:
    """Articles as runs: which ones, one behind the other, and how many each article has."""

    runs: _Runs
    numbers: npt.NDArray[np.int32]
    lengths: Ints


@dataclass(frozen=True)
class Grams:
    """How often each article (row) has each n-gram (column); `parts` are the words of each."""

    matrix: Any
    parts: npt.NDArray[np.int32]
    vocabulary: list[str]

    @property
    def n_kinds(self) -> int:
        """Different n-grams."""
        return len(self.parts)

    def names(self, places: Any) -> list[str]:
        """N-grams in some columns, as text."""
        words = self.vocabulary
        return [" ".join([words[word] for word in parts]) for parts in self.parts[places].tolist()]


def grouped(articles: pd.DataFrame, by: str | Sequence[str]) -> tuple[pd.DataFrame, list[str], Any]:
    """Articles one group behind the other, names of the groups and how many articles each has."""
    names = [by] if isinstance(by, str) else list(by)
    if not names:
        raise ValueError("by: expected at least one column; found none")
    require_columns(articles, ["article_id", *names], "articles")
    used = articles.drop_duplicates("article_id").dropna(subset=names)
    labels = used[names[0]].astype(_TEXT)
    for name in names[1:]:
        labels = labels + " | " + used[name].astype(_TEXT)
    codes, found = pd.factorize(labels)
    sizes = np.bincount(codes, minlength=len(found))
    # Most articles first, then by name.
    rank = sorted(range(len(found)), key=lambda place: (-sizes[place], found[place]))
    place = np.empty(len(found), dtype=np.int64)
    place[rank] = np.arange(len(found))
    order = np.argsort(place[codes], kind="stable")
    return used.iloc[order], [str(found[at]) for at in rank], sizes[rank]


def read_texts(articles: pd.DataFrame, fields: Sequence[str], ngrams: tuple[int, int]) -> Texts:
    """Split the texts into runs, each run a number."""
    if not 1 <= ngrams[0] <= ngrams[1] <= MAX_GRAM:
        raise ValueError(f"ngrams: expected fewest and most words, 1 to {MAX_GRAM}; found {ngrams}")
    present = fields_of(articles, fields)
    runs = _Runs()
    look_up = runs.__getitem__
    done: list[npt.NDArray[np.int32]] = []
    numbers: list[int] = []
    lengths = array("q")
    for texts in zip(*(articles[name].tolist() for name in present), strict=True):
        before = len(numbers)
        for text in texts:
            if not isinstance(text, str):
                continue
            for piece in _PARAGRAPH.split(text) if "\n" in text else (text,):
                numbers += map(look_up, piece.split())
                numbers.append(0)
        lengths.append(len(numbers) - before)
        if len(numbers) >= _FLUSH:
            done.append(np.array(numbers, dtype=np.int32))
            numbers.clear()
    done.append(np.array(numbers, dtype=np.int32))
    return Texts(runs, np.concatenate(done), np.array(lengths, dtype=np.int64))


def count_grams(texts: Texts, length: int) -> Grams:
    """Count the n-grams of one length."""
    from scipy import sparse

    vocabulary = list(texts.runs.place)
    n_words, n_articles = len(vocabulary), len(texts.lengths)
    words = np.array(texts.runs.words, dtype=np.int32)
    sizes = np.array(texts.runs.sizes, dtype=np.int64)
    if length == 1:
        of_run = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[words > 0]
        held = sparse.csr_array(
            (np.ones(len(of_run), dtype=np.int32), (of_run, words[words > 0] - 1)),
            shape=(len(sizes), n_words - 1),
        )
        has = sparse.csr_array(
            (
                np.ones(len(texts.numbers), dtype=np.int32),
                texts.numbers,
                np.append(0, np.cumsum(texts.lengths)),
            ),
            shape=(n_articles, len(sizes)),
        )
        return Grams(has @ held, np.arange(1, n_words, dtype=np.int32)[:, None], vocabulary)
    counts = sizes[texts.numbers]
    ends = np.cumsum(counts)
    heads = (np.cumsum(sizes) - sizes)[texts.numbers] - (ends - counts)
    token = words[np.repeat(heads, counts) + np.arange(int(counts.sum()))]
    of_article = np.repeat(np.arange(n_articles, dtype=np.int32), texts.lengths)
    of_article = np.repeat(of_article, counts)
    del counts, ends, heads
    # Every text ends with a break, so no n-gram reaches from one into the next.
    at = np.flatnonzero(token)
    kind = token[at].astype(np.int64)
    parts = np.arange(n_words, dtype=np.int32)[:, None]
    for step in range(1, length):
        following = token[at + step]
        at, code = at[following > 0], (kind * n_words + following)[following > 0]
        kind, found = pd.factorize(code)
        parts = np.column_stack([parts[found // n_words], (found % n_words).astype(np.int32)])
    starts = np.append(0, np.cumsum(np.bincount(of_article[at], minlength=n_articles)))
    matrix = sparse.csr_array(
        (np.ones(len(kind), dtype=np.int32), kind, starts), shape=(n_articles, len(parts))
    )
    matrix.sum_duplicates()
    return Grams(matrix, parts, vocabulary)


def rows_between(matrix: Any, bounds: Ints) -> Iterator[tuple[Any, Any, Any]]:
    """N-grams, counts and row numbers of the rows between each bound and the next."""
    places = matrix.indptr
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part = slice(places[first], places[last])
        of_row = np.repeat(np.arange(last - first), np.diff(places[first : last + 1]))
        yield matrix.indices[part].astype(np.intp), matrix.data[part].astype(np.float64), of_row
