"""Distinctive words: which words one group of articles uses more than the others, and how surely.

`compare_words` counts the words of articles and compares groups of them, `compare_counts` does the
same from a table of counts, `count_words` makes such a table, `dispersion` says whether a word is
spread over its texts or piled up in a few.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import (
    COUNT,
    FLAG,
    REAL,
    TEXT,
    TEXT_FIELDS,
    WHOLE,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    fields_of,
    pandas_dtype,
    require_columns,
)
from coverage_research.statistics import LEVEL, MIN_CLUSTERS, benjamini_hochberg
from coverage_research.text import BREAK, tokens

Measure = Literal["log_odds", "g2", "chi2"]
Against = Literal["rest", "pairs"]
Variance = Literal["two_term", "four_term"]
Prior = Literal["flat", "informative"] | Mapping[str, float] | pd.Series | pd.DataFrame

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Pseudo-count that a flat prior gives to each word.
FLAT: Final = 0.1
#: Words that a group must have so that its words are compared.
MIN_WORDS: Final = 100
#: Words of which an n-gram may have, at most.
MAX_GRAM: Final = 5

#: Columns of `compare_words` and `compare_counts`.
WORD_COMPARISON: Final = {
    "group": TEXT,
    "other": TEXT,
    "word": TEXT,
    "k": COUNT,
    "k_other": COUNT,
    "n": COUNT,
    "n_other": COUNT,
    "rate": REAL,
    "rate_other": REAL,
    "log_ratio": REAL,
    "measure": TEXT,
    "estimate": REAL,
    "se": REAL,
    "low": REAL,
    "high": REAL,
    "z": REAL,
    "p": REAL,
    "q": REAL,
    "n_articles": WHOLE,
    "n_articles_other": WHOLE,
    "dp": REAL,
    "yates": FLAG,
    "reason": TEXT,
}

_TEXT: Final = pandas_dtype(TEXT)
_PER: Final = 1_000_000
_PARAGRAPH: Final = re.compile(r"\n\s*\n")
#: Longer runs of signs without white space are not words that come back, and not remembered.
_LONGEST_RUN: Final = 80
_FLUSH: Final = 500_000


# Public ------------------------------------------------------------------------------------------


def compare_words(
    articles: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    fields: Sequence[str] = TEXT_FIELDS,
    ngrams: tuple[int, int] = (1, 1),
    stop: Iterable[str] = (),
    measure: Measure = "log_odds",
    against: Against = "rest",
    prior: Prior = "flat",
    alpha: float | None = None,
    variance: Variance = "two_term",
    yates: bool = True,
    min_count: int = 5,
    min_words: int = MIN_WORDS,
    min_articles: int = MIN_CLUSTERS,
    level: float = LEVEL,
    most: int | None = None,
) -> pd.DataFrame:
    """Find the words that one group of articles uses more, or less, than the others.

    Every word counts as an independent draw, which the words of one text, of copies of it and of
    coverage of one event are not: p values and intervals are too narrow, most of all where copies
    are in. Give independent coverage only (agency reports, releases and verbatim copies left out),
    look at `n_articles` and `dp` before believing a word, and read z as an order, not as a test.

    Parameters
    ----------
    articles : DataFrame
        With article_id, the columns of `by` and at least one of the fields. An article listed twice
        counts once; articles without a group are left out.
    by : str or sequence of str
        What to compare. The values of several columns are joined by ' | '.
    fields : sequence of str
        What to count, of title, excerpt and body; those that `articles` lacks are passed over. An
        excerpt that repeats the body's first words counts them twice: leave one of them out where
        both are there.
    ngrams : tuple of (int, int)
        Fewest and most words of the n-grams to count, 1 to 5. An n-gram never crosses the end of a
        sentence or clause, or of a field. N-grams are compared with those of the same length, so
        their totals, and a prior's, are those of that length.
    stop : iterable of str
        Words not to show, for instance `stories.FUNCTION_WORDS`, in which `us` is also `U.S.`; of
        the n-grams those that consist of such words alone. They still count in the totals.
    measure : {"log_odds", "g2", "chi2"}
        Log-odds ratio with a Dirichlet prior; the log-likelihood ratio G2; Pearson's chi-square.
    against : {"rest", "pairs"}
        Each group against all others together, or each pair of groups once.
    prior : {"flat", "informative"}, mapping, Series or DataFrame
        Of the log-odds: the same pseudo-count for all words; the counts of all groups pooled; or
        counts in a background corpus, by word (a table with several columns is summed). There, a
        word that the background lacks counts as seen once.
    alpha : float, optional
        Strength of the prior. Flat: the pseudo-count of a word (0.1). Otherwise: the pseudo-counts
        of all words together (the counts as they are, so that the background weighs as much as its
        length).
    variance : {"two_term", "four_term"}
        Of the log-odds: 1/(y1+a) + 1/(y2+a), or with the terms of all other words.
    yates : bool
        Of chi2: correct for continuity where |ad - bc| >= N/2 and an expected count is below 5.
    min_count : int
        Least times that a word must occur in both sides together to be compared.
    min_words, min_articles : int
        Words and articles that both sides must have. Otherwise the comparison is refused: one row
        without a word, whose `reason` says why.
    level : float
        Coverage of the interval, between 0 and 1.
    most : int, optional
        Show only so many words of each comparison, those with the largest |z|. q still counts all
        that were compared.

    Returns
    -------
    DataFrame, one row per word and comparison; groups with most articles first, words from the most
    typical of the group to the most typical of the other:

    group, other (a group or "rest"), word (or n-gram);
    k, k_other (times it occurs), n, n_other (words, or n-grams of that length, in all);
    rate, rate_other (per million), log_ratio (base 2 of their ratio; infinite where one is 0);
    measure; estimate (natural log-odds ratio, or the statistic with a minus where the other side
    uses the word more); se, low, high (of the log-odds only, else missing);
    z (estimate / se, or the signed root of the statistic), p (two-sided), q (Benjamini-Hochberg
    over all words compared);
    n_articles, n_articles_other (articles that have the word);
    dp (how unevenly the articles of the group share the word, 0 to 1, see `dispersion`; missing
    where the group lacks it; near 1 for every rare word in short texts);
    yates (whether chi2 was corrected, else missing); reason (why there is no comparison, else
    empty).

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If a setting is none of those offered.
    ValueError
        If a number is out of its range.

    References
    ----------
    Monroe, B. L., Colaresi, M. P. & Quinn, K. M. (2008). Fightin' words: lexical feature selection
    and evaluation for identifying the content of political conflict. *Political Analysis* 16(4),
    372-403.
    Dunning, T. (1993). Accurate methods for the statistics of surprise and coincidence.
    *Computational Linguistics* 19(1), 61-74.
    Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate. *Journal of the
    Royal Statistical Society B* 57(1), 289-300.
    Hardie, A. (2014). Log ratio: an informal introduction. CASS, Lancaster University.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "outlet": ["x.example", "y.example"],
    ...                          "title": ["race race race for chips", "trade in chips, trade"]})
    >>> found = compare_words(articles, against="pairs", min_count=1, min_words=1, min_articles=1)
    >>> found[["word", "k", "k_other", "z"]].round(2).values.tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['race', 3, 0, 1.26], ['for', 1, 0, 0.73], ['chips', 1, 1, -0.19], ['in', 0, 1, -0.87],
     ['trade', 0, 2, -1.19]]
    """
    settings = _settings(
        measure, against, prior, alpha, variance, yates, min_count, min_words, min_articles,
        level, most,
    )  # fmt: skip
    used, groups, sizes = _grouped(articles, by)
    texts = _read(used, fields, ngrams)
    parts = [
        _counted(_grams(texts, length), groups, sizes, stop, settings)
        for length in range(ngrams[0], ngrams[1] + 1)
    ]
    return carry(_compared(parts, settings), articles)


def compare_counts(
    counts: pd.DataFrame,
    *,
    totals: Mapping[str, float] | pd.Series | None = None,
    measure: Measure = "log_odds",
    against: Against = "rest",
    prior: Prior = "flat",
    alpha: float | None = None,
    variance: Variance = "two_term",
    yates: bool = True,
    min_count: int = 1,
    min_words: int = 1,
    level: float = LEVEL,
    most: int | None = None,
) -> pd.DataFrame:
    """Compare groups by a table of how often each of them uses each word.

    Parameters
    ----------
    counts : DataFrame
        Words as index, each once, and a column of counts for each group.
    totals : mapping or Series of group to int, optional
        Words of each group, where the table does not list all of them. A prior then still spreads
        over the words listed only.
    measure, against, prior, alpha, variance, yates, min_count, min_words, level, most
        As in `compare_words`.

    Returns
    -------
    DataFrame as of `compare_words`; n_articles, n_articles_other and dp are missing, groups are in
    the order of the columns.

    Raises
    ------
    SchemaError
        If words repeat or counts are not whole numbers of 0 or more.
    ChoiceError, ValueError
        As in `compare_words`.

    References
    ----------
    As of `compare_words`.

    Examples
    --------
    >>> counts = pd.DataFrame({"x": [6, 1, 10], "y": [2, 4, 6]}, index=["chip", "race", "other"])
    >>> compare_counts(counts, measure="g2", against="pairs")[["word", "estimate"]].round(2).values
    array([['chip', 1.27],
           ['other', 0.22],
           ['race', -3.78]], dtype=object)
    """
    settings = _settings(
        measure, against, prior, alpha, variance, yates, min_count, min_words, 0, level, most
    )
    table = _checked_counts(counts, "counts").fillna(0)
    groups = [str(name) for name in table.columns]
    values = table.to_numpy(dtype=np.float64)
    sums = values.sum(axis=0)
    whole = sums if totals is None else _totals(totals, list(table.columns), sums)
    words = [str(word) for word in table.index]
    shown, alphas, mass = _prior(
        values.sum(axis=1), lambda places: [words[place] for place in places], settings
    )
    order = sorted(range(len(shown)), key=lambda place: words[shown[place]])
    shown = shown[order]
    sides = [
        _Side(group, values[shown, place], float(whole[place]))
        for place, group in enumerate(groups)
    ]
    part = _Part([words[place] for place in shown], sides, alphas[order], mass, len(words))
    return carry(_compared([part], settings), counts)


def typical_words(compared: pd.DataFrame, *, most: int = 6) -> pd.DataFrame:
    """Of each comparison the words that its group uses more, the surest first.

    Parameters
    ----------
    compared : DataFrame
        From `compare_words` or `compare_counts`.
    most : int
        Words of each comparison.

    Returns
    -------
    DataFrame, the rows of `compared` with a positive z, at most so many of each comparison; and the
    rows of comparisons that were refused.

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        If `most` is below 1.

    Examples
    --------
    >>> counts = pd.DataFrame({"x": [6, 1, 10], "y": [2, 4, 6]}, index=["chip", "race", "other"])
    >>> typical_words(compare_counts(counts), most=1)[["group", "word"]].values.tolist()
    [['x', 'chip'], ['y', 'race']]
    """
    require_columns(compared, ["group", "other", "word", "z"], "compared (from compare_words)")
    _at_least("most", most, 1)
    more = compared[compared["z"].gt(0) | compared["word"].isna()]
    rank = more.groupby(["group", "other"], sort=False)["z"].rank(ascending=False, method="first")
    return carry(more[rank.fillna(0) <= most].reset_index(drop=True), compared)


def count_words(
    articles: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    fields: Sequence[str] = TEXT_FIELDS,
    ngrams: tuple[int, int] = (1, 1),
    min_count: int = 1,
) -> pd.DataFrame:
    """Count the words of each group, for `compare_counts`, or for a prior of a background corpus.

    Parameters
    ----------
    articles, by, fields, ngrams
        As in `compare_words`.
    min_count : int
        Least times that a word must occur in all groups together.

    Returns
    -------
    DataFrame of int, words as index in the order of the alphabet, a column per group, groups with
    most articles first.

    Raises
    ------
    SchemaError, ValueError
        As in `compare_words`.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "outlet": ["x.example", "y.example"],
    ...                          "title": ["Chips, chips", "A chip, chips"]})
    >>> count_words(articles)
           x.example  y.example
    a              0          1
    chip           0          1
    chips          2          1
    """
    _at_least("min_count", min_count, 1)
    used, groups, sizes = _grouped(articles, by)
    texts = _read(used, fields, ngrams)
    tables = [pd.DataFrame(columns=groups, index=pd.Index([], dtype=_TEXT))]
    bounds = np.append(0, np.cumsum(sizes))
    for length in range(ngrams[0], ngrams[1] + 1):
        grams = _grams(texts, length)
        shown = np.flatnonzero(grams.matrix.sum(axis=0) >= min_count)
        columns = [
            np.bincount(kinds, counts, grams.n_kinds)[shown]
            for kinds, counts, _ in _rows(grams.matrix, bounds)
        ]
        index = pd.Index(grams.names(shown), dtype=_TEXT)
        tables.append(pd.DataFrame(dict(zip(groups, columns, strict=True)), index=index))
    return carry(pd.concat(tables).astype(COUNT).sort_index(), articles)


def dispersion(counts: pd.DataFrame | npt.ArrayLike, sizes: npt.ArrayLike) -> Any:
    """Measure how unevenly the parts of a corpus share a word: Gries' DP.

    Parameters
    ----------
    counts : array of float, shape (parts,), or DataFrame, shape (words, parts)
        How often the word occurs in each part, or each word of the index.
    sizes : array of float, shape (parts,)
        Words in each part.

    Returns
    -------
    float, or Series on the index of `counts`: 0 where each part has its fair share of the word,
    near 1 where one small part has all. Missing for a word that occurs nowhere.

    Raises
    ------
    ValueError
        If the lengths differ, a number is below 0 or all sizes are 0.

    References
    ----------
    Gries, S. Th. (2008). Dispersions and adjusted frequencies in corpora. *International Journal of
    Corpus Linguistics* 13(4), 403-437.

    Examples
    --------
    >>> round(dispersion([1, 2, 3, 4, 5], [9, 10, 10, 10, 11]), 2)
    0.18
    """
    table = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    parts = np.asarray(sizes, dtype=np.float64)
    if parts.ndim != 1 or table.shape[1] != len(parts):
        raise ValueError(
            f"sizes: expected one for each of {table.shape[1]} parts; found {parts.shape}"
        )
    if not (parts >= 0).all() or not parts.sum() > 0:
        raise ValueError("sizes: expected numbers of 0 or more, and one above 0")
    if not (table >= 0).all():
        raise ValueError("counts: expected numbers of 0 or more")
    sums = table.sum(axis=1)
    shares = np.divide(
        table, sums[:, None], out=np.full(table.shape, np.nan), where=sums[:, None] > 0
    )
    found = np.abs(shares - parts / parts.sum()).sum(axis=1) / 2
    if isinstance(counts, pd.DataFrame):
        return pd.Series(found, index=counts.index, name="dp")
    return float(found[0]) if np.ndim(counts) == 1 else found


# Settings ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Settings:
    """What to compute, checked."""

    measure: Measure
    against: Against
    prior: Any  # "flat", "informative" or a mapping of word to count
    alpha: float | None
    variance: Variance
    yates: bool
    min_count: int
    min_words: int
    min_articles: int
    level: float
    most: int | None


def _settings(*values: Any) -> _Settings:
    asked = _Settings(*values)
    for name, kind in (("measure", Measure), ("against", Against), ("variance", Variance)):
        known, found = get_args(kind), getattr(asked, name)
        if found not in known:
            raise ChoiceError(f"{name}: expected {', '.join(known)}; found {found!r}")
    prior = asked.prior
    if isinstance(prior, str):
        if prior not in ("flat", "informative"):
            raise ChoiceError(
                f"prior: expected flat, informative or a table of counts; found {prior!r}"
            )
    else:
        prior = _background(prior)
    if asked.alpha is not None and not (np.isfinite(asked.alpha) and asked.alpha > 0):
        raise ValueError(f"alpha: expected a number above 0; found {asked.alpha}")
    if not 0 < asked.level < 1:
        raise ValueError(f"level: expected a number between 0 and 1; found {asked.level}")
    _at_least("min_count", asked.min_count, 1)
    _at_least("min_words", asked.min_words, 1)
    _at_least("min_articles", asked.min_articles, 0)
    if asked.most is not None:
        _at_least("most", asked.most, 1)
    return _Settings(asked.measure, asked.against, prior, *values[3:])


def _at_least(name: str, found: int, least: int) -> None:
    if found < least:
        raise ValueError(f"{name}: expected at least {least}; found {found}")


def _checked_counts(counts: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return a table of counts, or say what is wrong with it."""
    repeated = counts.index[counts.index.duplicated()].unique()
    if len(repeated):
        shown = ", ".join(map(repr, repeated[:5].tolist()))
        raise SchemaError(f"{what}: expected each word once; {len(repeated)} repeat: {shown}")
    wrong = [
        str(name)
        for name, column in counts.items()
        if not pd.api.types.is_numeric_dtype(column)
        or not ((column.dropna() >= 0) & (column.dropna() % 1 == 0)).all()
    ]
    if wrong:
        raise SchemaError(
            f"{what}: expected whole numbers of 0 or more; not so in {', '.join(wrong)}"
        )
    return counts


def _background(prior: Any) -> dict[str, float]:
    """Counts of a background corpus by word."""
    table = prior if isinstance(prior, pd.DataFrame) else pd.Series(prior).to_frame("prior")
    summed = _checked_counts(table, "prior").sum(axis=1)
    return {str(word): float(count) for word, count in summed.items()}


def _totals(totals: Mapping[str, float] | pd.Series, groups: list[Any], sums: Floats) -> Floats:
    lacking = [str(group) for group in groups if group not in totals]
    if lacking:
        raise ChoiceError(f"totals: expected one for each group; missing {', '.join(lacking)}")
    found = np.array([float(totals[group]) for group in groups])
    small = [str(group) for group, bad in zip(groups, ~(found >= sums), strict=True) if bad]
    if small:
        raise ValueError(f"totals: below the sum of the words listed in {', '.join(small)}")
    return found


# Counting ----------------------------------------------------------------------------------------


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
class _Texts:
    """Articles as runs: which ones, one behind the other, and how many each article has."""

    runs: _Runs
    numbers: npt.NDArray[np.int32]
    lengths: Ints


@dataclass(frozen=True)
class _Grams:
    """How often each article (row) has each n-gram (column); `parts` are the words of each."""

    matrix: Any
    parts: npt.NDArray[np.int32]
    vocabulary: list[str]

    @property
    def n_kinds(self) -> int:
        return len(self.parts)

    def names(self, places: Any) -> list[str]:
        words = self.vocabulary
        return [" ".join([words[word] for word in parts]) for parts in self.parts[places].tolist()]


def _grouped(
    articles: pd.DataFrame, by: str | Sequence[str]
) -> tuple[pd.DataFrame, list[str], Any]:
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


def _read(articles: pd.DataFrame, fields: Sequence[str], ngrams: tuple[int, int]) -> _Texts:
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
    return _Texts(runs, np.concatenate(done), np.array(lengths, dtype=np.int64))


def _grams(texts: _Texts, length: int) -> _Grams:
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
        return _Grams(has @ held, np.arange(1, n_words, dtype=np.int32)[:, None], vocabulary)
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
    return _Grams(matrix, parts, vocabulary)


def _rows(matrix: Any, bounds: Ints) -> Iterator[tuple[Any, Any, Any]]:
    """N-grams, counts and row numbers of the rows between each bound and the next."""
    places = matrix.indptr
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part = slice(places[first], places[last])
        of_row = np.repeat(np.arange(last - first), np.diff(places[first : last + 1]))
        yield matrix.indices[part].astype(np.intp), matrix.data[part].astype(np.float64), of_row


# Comparing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Side:
    """One side of a comparison: counts by word, words in all, articles by word and in all."""

    name: str
    k: Any
    n: float
    n_articles: Any = None
    articles: int | None = None
    dp: Any = None


@dataclass(frozen=True)
class _Thin:
    """A side whose counts are kept only where there are any."""

    name: str
    at: Any
    k: Any
    n: float
    n_articles: Any
    articles: int
    dp: Any

    def side(self, size: int) -> _Side:
        dp = np.full(size, np.nan)
        k, n_articles = np.zeros(size), np.zeros(size)
        k[self.at], n_articles[self.at], dp[self.at] = self.k, self.n_articles, self.dp
        return _Side(self.name, k, self.n, n_articles, self.articles, dp)


@dataclass(frozen=True)
class _Part:
    """N-grams of one length: names of those shown, sides, pseudo-counts, and of how many kinds."""

    words: list[str]
    sides: Sequence[_Side | _Thin]
    alphas: Floats
    mass: float
    n_kinds: int

    def side(self, place: int) -> _Side:
        found = self.sides[place]
        return found if isinstance(found, _Side) else found.side(len(self.words))


def _prior(
    pooled: Any, names: Any, settings: _Settings, hidden: Any = None
) -> tuple[Any, Floats, float]:
    """Words to show, their pseudo-counts, and the pseudo-counts of all words together."""
    enough = pooled >= settings.min_count
    shown = np.flatnonzero(enough if hidden is None else enough & ~hidden)
    if isinstance(settings.prior, str) and settings.prior == "flat":
        each = FLAT if settings.alpha is None else settings.alpha
        return shown, np.full(len(shown), each), each * len(pooled)
    if isinstance(settings.prior, str):
        counts = pooled
    else:
        known = settings.prior
        counts = np.array(
            [max(known.get(name, 0.0), 1.0) for name in names(np.arange(len(pooled)))]
        )
    mass = float(counts.sum())
    scale = 1.0 if settings.alpha is None or not mass else settings.alpha / mass
    return shown, counts[shown] * scale, mass * scale


def _counted(
    grams: _Grams, groups: list[str], sizes: Ints, stop: Iterable[str], settings: _Settings
) -> _Part:
    """Counts of each group by n-gram, from counts of each article."""
    matrix, n_kinds = grams.matrix, grams.n_kinds
    unwanted = set(stop)
    barred = np.array([word in unwanted for word in grams.vocabulary], dtype=bool)
    hidden = barred[grams.parts].all(axis=1)
    shown, alphas, mass = _prior(matrix.sum(axis=0), grams.names, settings, hidden)
    names = grams.names(shown)
    order = sorted(range(len(names)), key=names.__getitem__)
    shown = shown[order]
    lengths = matrix.sum(axis=1)
    bounds = np.append(0, np.cumsum(sizes))
    sides = []
    for place, (kinds, counts, of_row) in enumerate(_rows(matrix, bounds)):
        n = lengths[bounds[place] : bounds[place + 1]]
        k = np.bincount(kinds, counts, n_kinds)
        # |v - s| summed over the articles: those without the word add s each, the rest is here.
        share = (n / max(n.sum(), 1))[of_row]
        uneven = np.bincount(kinds, np.abs(counts / k[kinds] - share) - share, n_kinds)[shown]
        texts = np.bincount(kinds, minlength=n_kinds)[shown]
        k = k[shown]
        at = np.flatnonzero(k)
        dp = np.maximum((1 + uneven[at]) / 2, 0.0)
        sides.append(
            _Thin(groups[place], at, k[at], float(n.sum()), texts[at], int(sizes[place]), dp)
        )
    return _Part([names[place] for place in order], sides, alphas[order], mass, n_kinds)


def _rest(part: _Part) -> Iterator[tuple[_Side, _Side]]:
    """Each side, and all others together."""
    size = len(part.words)
    k, n_articles, n, articles = np.zeros(size), np.zeros(size), 0.0, 0
    for side in part.sides:
        at = side.at if isinstance(side, _Thin) else slice(None)
        k[at] += side.k
        n += side.n
        if side.n_articles is not None:
            n_articles[at] += side.n_articles
            articles += side.articles or 0
    for place in range(len(part.sides)):
        one = part.side(place)
        with_articles = one.n_articles is not None
        yield (
            one,
            _Side(
                "rest",
                k - one.k,
                n - one.n,
                n_articles - one.n_articles if with_articles else None,
                articles - (one.articles or 0) if with_articles else None,
            ),
        )


def _refusal(one: _Side, other: _Side, n_kinds: int, settings: _Settings) -> str:
    """Why two sides are not compared; empty where they are."""
    for side in (one, other):
        if side.articles is not None and side.articles < settings.min_articles:
            found = f"{side.articles} article" + ("" if side.articles == 1 else "s")
            return f"{side.name} has {found}; words are compared from {settings.min_articles} on"
        if side.n < settings.min_words:
            found = f"{side.n:.0f} word" + ("" if side.n == 1 else "s")
            return f"{side.name} has {found}; words are compared from {settings.min_words} on"
    if n_kinds < 2:
        return "there is one word only; nothing to compare it with"
    return ""


def _compared(parts: Sequence[_Part], settings: _Settings) -> pd.DataFrame:
    """Compare the sides of each part, and adjust the p values of all of it together."""
    blocks: list[tuple[int, int, dict[str, Any]]] = []
    tested: list[Floats] = []
    for number, part in enumerate(parts):
        for rank, (one, other) in enumerate(_opposed(part, settings.against)):
            about = {"group": one.name, "other": other.name, "n": one.n, "n_other": other.n}
            reason = _refusal(one, other, part.n_kinds, settings)
            if reason:
                blocks.append((rank, number, about | {"reason": reason}))
                continue
            pick = np.arange(len(part.words))
            if settings.against == "pairs":
                pick = np.flatnonzero(one.k + other.k >= settings.min_count)
            block = _block(one, other, part, pick, settings)
            tested.append(block["p"])
            block["place"] = pick
            show = _order(block["z"], settings.most)
            blocks.append((rank, number, about | {name: v[show] for name, v in block.items()}))
    if tested:
        # Equal p have equal q, and sorting the p alone is far faster than ranking them.
        rising = np.sort(np.concatenate(tested))
        adjusted = benjamini_hochberg(rising)
        for _, _, block in blocks:
            if "p" in block:
                block["q"] = adjusted[np.searchsorted(rising, block["p"])]
    # All of a comparison in one piece, its words before its pairs of words.
    blocks.sort(key=lambda block: block[:2])
    return _table(blocks, parts, settings)


def _opposed(part: _Part, against: Against) -> Iterator[tuple[_Side, _Side]]:
    if against == "rest":
        yield from _rest(part)
        return
    for place, other in combinations(range(len(part.sides)), 2):
        yield part.side(place), part.side(other)


def _block(one: _Side, other: _Side, part: _Part, pick: Any, settings: _Settings) -> dict[str, Any]:
    """Compute the columns of one comparison, for the words picked."""
    from scipy.special import erfc

    y1, y2 = one.k[pick], other.k[pick]
    block: dict[str, Any] = {"k": y1, "k_other": y2}
    if settings.measure == "log_odds":
        prior = (part.alphas[pick], part.mass)
        estimate, se = _log_odds((y1, y2), (one.n, other.n), prior, settings.variance)
        z = estimate / se
        block |= {"estimate": estimate, "se": se}
    else:
        statistic, corrected = (
            _chi2(y1, y2, one.n, other.n, yates=settings.yates)
            if settings.measure == "chi2"
            else (_g2(y1, y2, one.n, other.n), None)
        )
        if corrected is not None:
            block["yates"] = corrected
        sign = np.sign(y1 * other.n - y2 * one.n)
        z = sign * np.sqrt(statistic)
        block["estimate"] = sign * statistic
    block |= {"z": z, "p": erfc(np.abs(z) * np.sqrt(0.5))}
    if one.n_articles is not None:
        block["n_articles"] = one.n_articles[pick]
        block["n_articles_other"] = other.n_articles[pick]
        block["dp"] = one.dp[pick]
    return block


def _log_odds(
    k: tuple[Floats, Floats],
    n: tuple[float, float],
    prior: tuple[Floats, float],
    variance: Variance,
) -> tuple[Floats, Floats]:
    """Log-odds ratios and their standard errors."""
    each, mass = prior
    use1, use2 = k[0] + each, k[1] + each
    rest1, rest2 = (n[0] + mass) - use1, (n[1] + mass) - use2
    square = 1 / use1 + 1 / use2
    if variance == "four_term":
        square += 1 / rest1 + 1 / rest2
    return np.log(use1 * rest2 / (rest1 * use2)), np.sqrt(square)


def _chi2(y1: Floats, y2: Floats, n1: float, n2: float, *, yates: bool) -> tuple[Floats, Any]:
    """Chi-square of the two-by-two tables, and where it was corrected."""
    both, whole = y1 + y2, n1 + n2
    apart = np.abs(y1 * n2 - y2 * n1)
    expected = np.minimum(both, whole - both) * (min(n1, n2) / whole)
    corrected = (apart >= whole / 2) & (expected < 5) & yates
    apart = np.where(corrected, apart - whole / 2, apart)
    return whole * apart**2 / (n1 * n2 * both * (whole - both)), corrected


def _g2(y1: Floats, y2: Floats, n1: float, n2: float) -> Floats:
    """Log-likelihood ratios of the two-by-two tables."""
    from scipy.special import xlogy

    both, whole = y1 + y2, n1 + n2
    used, rest = both / whole, (whole - both) / whole
    sums = (
        xlogy(y1, y1 / (n1 * used))
        + xlogy(y2, y2 / (n2 * used))
        + xlogy(n1 - y1, (n1 - y1) / (n1 * rest))
        + xlogy(n2 - y2, (n2 - y2) / (n2 * rest))
    )
    # Never below 0 but for rounding.
    found: Floats = np.maximum(2 * sums, 0.0)
    return found


def _order(z: Floats, most: int | None) -> Any:
    """Places of the words to show, from the highest z to the lowest; equal ones stay in order."""
    if most is None or most >= len(z):
        return np.argsort(-z, kind="stable")
    size = np.abs(z)
    least = np.partition(size, len(size) - most)[len(size) - most]
    near = np.flatnonzero(size >= least)
    near = np.sort(near[np.argsort(-size[near], kind="stable")][:most])
    return near[np.argsort(-z[near], kind="stable")]


def _table(
    blocks: list[tuple[int, int, dict[str, Any]]], parts: Sequence[_Part], settings: _Settings
) -> pd.DataFrame:
    """Put the blocks, one per comparison, into one table."""
    if not blocks:
        return empty(WORD_COMPARISON)
    only = [block for _, _, block in blocks]
    sizes = np.array([len(block.get("place", (0,))) for block in only])
    columns: dict[str, Any] = {}
    for name in ("group", "other", "reason"):
        columns[name] = _labels([str(block.get(name, "")) for block in only], sizes)
    for name in ("n", "n_other"):
        columns[name] = np.repeat([block[name] for block in only], sizes).astype(np.int64)
    for name in ("k", "k_other"):
        columns[name] = _joined(name, only, 0).astype(np.int64)
    for name in ("estimate", "se", "z", "p", "q", "dp"):
        columns[name] = _joined(name, only, np.nan)
    for name, kind in (("n_articles", WHOLE), ("n_articles_other", WHOLE), ("yates", FLAG)):
        missing = np.repeat([name not in block for block in only], sizes)
        if not missing.all():
            columns[name] = pd.array(_joined(name, only, 0), dtype=kind)
            columns[name][missing] = pd.NA
    before = np.cumsum([0] + [len(part.words) for part in parts])
    places = [
        block["place"] + before[number] if "place" in block else np.array([-1])
        for _, number, block in blocks
    ]
    every = [word for part in parts for word in part.words]
    place = np.concatenate(places)
    shown, at = np.unique(place[place >= 0], return_inverse=True)
    words: Any = pd.array([every[number] for number in shown.tolist()], dtype=_TEXT)
    within = np.full(len(place), -1)
    within[place >= 0] = at
    columns["word"] = words.take(within, allow_fill=True)
    columns["measure"] = _labels([settings.measure], np.array([sizes.sum()]))
    with np.errstate(divide="ignore", invalid="ignore"):
        for side in ("", "_other"):
            columns["rate" + side] = columns["k" + side] * _PER / columns["n" + side]
        columns["log_ratio"] = np.log2(columns["rate"] / columns["rate_other"])
    refused = np.repeat(["place" not in block for block in only], sizes)
    columns["log_ratio"][refused] = np.nan
    columns["low"] = columns["high"] = columns["se"]
    if settings.measure == "log_odds":
        half = columns["se"] * _quantile(settings.level)
        columns["low"] = columns["estimate"] - half
        columns["high"] = columns["estimate"] + half
    return conform(pd.DataFrame(columns, copy=False), WORD_COMPARISON)


def _labels(values: list[str], sizes: Any) -> Any:
    """Give each block its label, in all of its rows."""
    labels: Any = pd.array(values, dtype=_TEXT)
    return labels.take(np.repeat(np.arange(len(values)), sizes))


def _joined(name: str, blocks: list[dict[str, Any]], missing: float) -> Any:
    """Join the values of a column, one for a comparison that was refused."""
    return np.concatenate(
        [
            block.get(name, np.full(len(block.get("place", (0,))), missing, dtype=np.float64))
            for block in blocks
        ]
    )


def _quantile(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))
