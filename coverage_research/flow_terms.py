"""Terms of articles for the flow of news: of headline and opening, or as the caller counts."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import TEXT, TEXT_FIELDS, SchemaError, fields_of, require_columns
from coverage_research.stems import Words, count_terms, texts_of
from coverage_research.text import sentences

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: News says first what it is about: signs of headline and of running text at most.
OPENING_SIGNS: Final = 2_000


def flow_counts(
    articles: pd.DataFrame, first: Flags, terms: Any, words: Words, n_sentences: int | None
) -> Any:
    """Counts of terms, a sparse row for each article that is the first of its article_id.

    Parameters
    ----------
    articles : DataFrame
        With article_id; title, excerpt and body, of which at least one, unless `terms` are given.
    first : array of bool
        Which rows are the first of their article_id.
    terms, words, n_sentences
        As in `news_flow`.

    Raises
    ------
    SchemaError
        If there is no text, or counts of `terms` are missing or below 0.
    ValueError
        If `n_sentences` is below 0.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "title": ["Chip curbs", "Chips"]})
    >>> flow_counts(articles, np.array([True, True]), None, "stems", 5).toarray().tolist()
    [[1.0, 1.0], [1.0, 0.0]]
    """
    from scipy import sparse

    if terms is None:
        fields_of(articles, TEXT_FIELDS)
        return _read(articles[first], words, n_sentences)
    if isinstance(terms, pd.DataFrame):
        require_columns(terms, ("article_id", "term", "n"), "terms")
        ids = articles.loc[first, "article_id"].astype(TEXT)
        row = pd.Series(np.arange(len(ids)), index=ids)
        place = terms["article_id"].astype(TEXT).map(row)
        known = place.notna().to_numpy()
        column, found = pd.factorize(terms["term"][known])
        values = pd.to_numeric(terms["n"][known], errors="coerce").to_numpy(dtype=np.float64)
        at = (place[known].to_numpy(dtype=np.int64), column)
        counts = sparse.csr_array((values, at), shape=(len(ids), max(len(found), 1)))
    elif sparse.issparse(terms):
        if terms.shape[0] != len(articles):
            raise SchemaError(
                f"terms: expected a row for each of {len(articles)} articles; found "
                f"{terms.shape[0]}"
            )
        counts = sparse.csr_array(terms, dtype=np.float64)[np.flatnonzero(first)]
    else:
        raise SchemaError(
            "terms: expected a table with article_id, term and n, or a sparse array; found "
            f"{type(terms).__name__}"
        )
    wrong = int((~(counts.data >= 0) | np.isinf(counts.data)).sum())
    if wrong:
        raise SchemaError(f"terms: expected counts of 0 or more; found {wrong} others")
    counts.sum_duplicates()
    counts.eliminate_zeros()
    return counts


def _read(articles: pd.DataFrame, words: Words, n_sentences: int | None) -> Any:
    """Count the words of headline and opening, a sparse row for each article."""
    if n_sentences is None:
        return count_terms(texts_of(articles), words=words).matrix
    if not n_sentences >= 0:
        raise ValueError(f"n_sentences: expected 0 or more, or None; found {n_sentences}")
    texts = texts_of(
        articles,
        headline=lambda text: text[:OPENING_SIGNS],
        opening=lambda text: _opening(text, n_sentences),
    )
    return count_terms(texts, words=words).matrix


def _opening(text: str, n_sentences: int) -> str:
    text = text[:OPENING_SIGNS]
    ends = [end for _, end in sentences(text)[:n_sentences]]
    return text[: ends[-1]] if ends else ""


def spread(counts: Any, days: Ints) -> Floats:
    """Entropy of the days of each term over that of the days of an even term.

    Parameters
    ----------
    counts : sparse array
        A row for each article, a column for each term.
    days : array of int
        Day of each article.

    Examples
    --------
    >>> from scipy import sparse
    >>> spread(sparse.csr_array([[1.0, 2.0], [1.0, 0.0]]), np.array([7, 9])).tolist()
    [1.0, 0.0]
    """
    from scipy import sparse

    day, found = pd.factorize(days)
    if len(found) < 2:
        return np.zeros(counts.shape[1])
    by_day = sparse.csr_array((np.ones(len(day)), (day, np.arange(len(day))))) @ counts
    by_day.sum_duplicates()
    total = np.asarray(by_day.sum(axis=0)).ravel()
    share = by_day.data / total[by_day.indices]
    bits = np.bincount(by_day.indices, -share * np.log2(share), minlength=counts.shape[1])
    result: Floats = bits / np.log2(len(found))
    return result
