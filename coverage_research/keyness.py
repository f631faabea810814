"""Distinctive words: which words one group of articles uses more than the others, and how surely.

`compare_words` counts the words of articles and compares groups of them, `compare_counts` does the
same from a table of counts, `count_words` makes such a table, `dispersion` says whether a word is
spread over its texts or piled up in a few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.keyness_counts import count_grams, grouped, read_texts, rows_between
from coverage_research.keyness_scores import compare_parts
from coverage_research.keyness_sides import (
    MIN_WORDS,
    Against,
    Measure,
    Part,
    Prior,
    Side,
    Variance,
    at_least,
    checked_counts,
    checked_settings,
    checked_totals,
    counted,
    pseudo_counts,
)
from coverage_research.schema import (
    COUNT,
    TEXT,
    TEXT_FIELDS,
    carry,
    pandas_dtype,
    require_columns,
)
from coverage_research.statistics import LEVEL, MIN_CLUSTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_TEXT: Final = pandas_dtype(TEXT)


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
    settings = checked_settings(
        measure, against, prior, alpha, variance, yates, min_count, min_words, min_articles,
        level, most,
    )  # fmt: skip
    used, groups, sizes = grouped(articles, by)
    texts = read_texts(used, fields, ngrams)
    parts = [
        counted(count_grams(texts, length), groups, sizes, stop, settings)
        for length in range(ngrams[0], ngrams[1] + 1)
    ]
    return carry(compare_parts(parts, settings), articles)


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
    settings = checked_settings(
        measure, against, prior, alpha, variance, yates, min_count, min_words, 0, level, most
    )
    table = checked_counts(counts, "counts").fillna(0)
    groups = [str(name) for name in table.columns]
    values = table.to_numpy(dtype=np.float64)
    sums = values.sum(axis=0)
    whole = sums if totals is None else checked_totals(totals, list(table.columns), sums)
    words = [str(word) for word in table.index]
    shown, alphas, mass = pseudo_counts(
        values.sum(axis=1), lambda places: [words[place] for place in places], settings
    )
    order = sorted(range(len(shown)), key=lambda place: words[shown[place]])
    shown = shown[order]
    sides = [
        Side(group, values[shown, place], float(whole[place])) for place, group in enumerate(groups)
    ]
    part = Part([words[place] for place in shown], sides, alphas[order], mass, len(words))
    return carry(compare_parts([part], settings), counts)


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
    at_least("most", most, 1)
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
    at_least("min_count", min_count, 1)
    used, groups, sizes = grouped(articles, by)
    texts = read_texts(used, fields, ngrams)
    tables = [pd.DataFrame(columns=groups, index=pd.Index([], dtype=_TEXT))]
    bounds = np.append(0, np.cumsum(sizes))
    for length in range(ngrams[0], ngrams[1] + 1):
        grams = count_grams(texts, length)
        shown = np.flatnonzero(grams.matrix.sum(axis=0) >= min_count)
        columns = [
            np.bincount(kinds, counts, grams.n_kinds)[shown]
            for kinds, counts, _ in rows_between(grams.matrix, bounds)
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
