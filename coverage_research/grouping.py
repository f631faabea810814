"""Stories as the texts tell them, since a lead's list of related items mixes in others.

Aggregators put next to a lead what shares a few words with it, and open several stories for one
event. Here articles are grouped by what they say and when they appeared; that a lead lists them
together counts as evidence, not as the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import COUNT, REAL, TEXT, carry, conform, empty, require_columns
from coverage_research.stems import count_terms, texts_of
from coverage_research.stories import keep_on_topic, score_topicality
from coverage_research.timeline import time_bounds
from coverage_research.vectors import blocks, mean_cosine, products, unit, weighted

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GROUPED: Final = {
    "story_id": TEXT,
    "article_id": TEXT,
    "role": TEXT,
    "position": COUNT,
    "similarity": REAL,
    "n_items": COUNT,
}

#: A group takes in what is this many times as similar to it as two articles usually are.
TIMES_USUAL: Final = 3.0
#: What is this similar is of one story, however similar all articles are: in a small corpus most
#: pairs may be of one story, and then what is usual says nothing.
MOST: Final = 0.05
#: Signs of the running text that are read: news says at once what it is about.
LEAD_SIGNS: Final = 300
#: What standing in one list counts, as a share of what is needed to be of one story.
LISTED: Final = 0.8
#: Stems of more than this share of the articles tell no story; in a small corpus, which may be of
#: one story, all count.
_COMMON: Final = 0.1
_SMALL: Final = 2_000
#: Rows of a block, and rows times columns: they bound the memory of a product.
_ROWS: Final = 256
_CELLS: Final = 20_000_000
_HOUR: Final = 3_600_000_000


def group_stories(
    articles: pd.DataFrame,
    coverage: pd.DataFrame | None = None,
    *,
    gap: str | pd.Timedelta = "3D",
    times_usual: float = TIMES_USUAL,
    listed: float = LISTED,
    progress: bool = True,
) -> pd.DataFrame:
    """Group articles into stories by their words and times, with the leads' lists as a prior.

    Headline and opening become tf-idf vectors of stemmed words and pairs of words. Groups that are
    nearest to each other are merged as long as the mean similarity of their articles (average
    link) is at least `times_usual` times that of any two articles of the corpus, and as long as
    one begins no later than `gap` after the other ends.

    Parameters
    ----------
    articles : DataFrame
        With article_id, title, published_at, published_precision; excerpt and body if any.
    coverage : DataFrame, optional
        The leads' lists, with story_id, article_id and role.
    gap : str or Timedelta
        Longest silence within a story.
    times_usual : float
        How much more similar than usual the articles of a story are; higher splits more.
    listed : float
        What standing in the same list counts, as a share of the similarity that makes two articles
        one story: 0 reads the texts only, 1 keeps a list together that nothing speaks against.
        Items that are off topic in a list (`score_topicality`) get nothing for standing in it.
    progress : bool
        Show a bar when it takes more than two seconds.

    Returns
    -------
    DataFrame
        One row per article, by story and time, with the columns of a coverage table, so that it
        can be given wherever one is expected: story_id (the article_id of its earliest article
        behind ``g-``), article_id, role (lead if the article leads a list or, where none does, is
        the earliest), position (from 0 in the order of time), similarity (mean cosine with the
        other articles of the story, words only; missing where there is no other), n_items.

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        If a setting is out of range.

    Notes
    -----
    Merging all pairs of groups that are each other's nearest, round after round, gives the same
    groups as merging one pair at a time, because under the average link a merged group is never
    nearer to a third one than the nearer of its parts was. An article without a time joins the
    story to which it is most similar and does not hold others together.

    References
    ----------
    Sokal, R. R. & Michener, C. D. (1958). A statistical method for evaluating systematic
    relationships. *University of Kansas Science Bulletin* 38, 1409-1438 (average link).
    Murtagh, F. (1983). A survey of recent advances in hierarchical clustering algorithms. *The
    Computer Journal* 26(4), 354-359 (reciprocal nearest neighbours).
    Allan, J. (ed.) (2002). *Topic Detection and Tracking*. Kluwer.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b", "c"],
    ...         "title": ["Curbs hit chip makers", "Chip makers fear curbs", "Robot bakes bread"],
    ...         "published_at": pd.to_datetime(["2030-01-01"] * 3, utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> group_stories(articles)[["story_id", "article_id", "n_items"]].values.tolist()
    [['g-a', 'a', 2], ['g-a', 'b', 2], ['g-c', 'c', 1]]
    """
    require_columns(
        articles, ("article_id", "title", "published_at", "published_precision"), "articles"
    )
    if not 0 <= listed <= 1:
        raise ValueError(f"listed: expected 0 to 1; found {listed}")
    if not times_usual > 0:
        raise ValueError(f"times_usual: expected above 0; found {times_usual}")
    reach = pd.Timedelta(gap) // pd.Timedelta(1, "us")
    if reach < 0:
        raise ValueError(f"gap: expected 0 or more; found {gap}")
    table = articles.drop_duplicates("article_id")
    if table.empty:
        return carry(empty(GROUPED), articles)
    table, low, high = _in_time(table)
    words = _vectors(table)
    enough = min(times_usual * _usual(words), MOST)
    vectors = words
    if coverage is not None and listed:
        vectors = _with_lists(words, table, coverage, listed * enough)
    dated = int(np.isfinite(high).sum())
    group = np.arange(len(table))
    group[:dated] = _merge(
        _Groups(vectors[:dated], np.ones(dated), low[:dated], high[:dated]),
        reach,
        enough,
        progress=progress,
    )
    group = _add_undated(vectors, group, dated, enough)
    return carry(_told(table, coverage, group, words), articles)


def _in_time(table: pd.DataFrame) -> tuple[pd.DataFrame, Floats, Floats]:
    """Articles in the order of their times, those without one last, and their bounds."""
    low = np.full(len(table), np.inf)
    high = low.copy()
    dated = table["published_at"].notna().to_numpy()
    low[dated], high[dated] = time_bounds(table[dated])
    order = np.lexsort((table["article_id"], high, low))
    return table.iloc[order].reset_index(drop=True), low[order], high[order]


def _vectors(table: pd.DataFrame) -> Any:
    """Unit tf-idf vectors of the stems, and pairs of stems, of headline and opening."""
    from scipy import sparse

    texts = texts_of(table, opening=lambda text: text[:LEAD_SIGNS])
    counts = count_terms(texts, pairs=True).matrix
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    # What a single article has makes it longer, but nothing similar to it.
    shared = having > 1
    if len(table) > _SMALL:
        telling = having <= _COMMON * len(table)
        counts, shared = counts[:, np.flatnonzero(telling)], shared[telling]
    if not shared.any():
        return sparse.csr_array((len(table), 1))
    return unit(weighted(counts, "log-idf"))[:, np.flatnonzero(shared)]


def _usual(vectors: Any) -> float:
    """Mean similarity of two different articles."""
    n = vectors.shape[0]
    if n < 2:
        return 0.0
    total = np.asarray(vectors.sum(axis=0)).ravel()
    own = float((vectors.multiply(vectors)).sum())
    return float((total @ total - own) / (n * (n - 1)))


def _with_lists(words: Any, table: pd.DataFrame, coverage: pd.DataFrame, weight: float) -> Any:
    """Words, and beside them the lists in which an article is on topic."""
    from scipy import sparse

    require_columns(coverage, ("story_id", "article_id", "role", "position"), "coverage")
    coverage = keep_on_topic(coverage, score_topicality(table, coverage))
    place = pd.Series(np.arange(len(table)), index=table["article_id"])
    rows = coverage.drop_duplicates(["story_id", "article_id"])
    rows = rows[rows["article_id"].isin(place.index)]
    column, lists = pd.factorize(rows["story_id"])
    row = place.loc[rows["article_id"]].to_numpy()
    share = np.sqrt(weight / np.bincount(row)[row])
    named = sparse.csr_array((share, (row, column)), shape=(len(table), max(len(lists), 1)))
    return sparse.hstack([words * np.sqrt(1 - weight), named], format="csr")


class _Groups(NamedTuple):
    """Groups of articles in the order of their beginnings: vectors added up, sizes, times."""

    sums: Any
    size: Floats
    low: Floats
    high: Floats


class _Links(NamedTuple):
    """The nearest other group of each, -1 where none is near enough, and how near it is."""

    nearest: Ints
    closeness: Floats


def _merge(groups: _Groups, reach: int, enough: float, *, progress: bool) -> Ints:
    """Number the group of each article, by merging nearest groups until none is near enough."""
    from tqdm.auto import tqdm

    n = len(groups.size)
    group = stale = np.arange(n)
    links = _Links(np.full(n, -1), np.full(n, -np.inf))
    with tqdm(desc="grouping", unit=" rounds", delay=2, disable=not progress) as bar:
        while len(stale):
            _find_nearest(groups, links, stale, reach, enough)
            own = np.arange(len(links.nearest))
            mutual = (links.nearest >= 0) & (links.nearest[links.nearest] == own)
            first = np.flatnonzero(mutual & (own < links.nearest))
            if not len(first):
                break
            groups, links, number, stale = _joined(groups, links, first)
            group = number[group]
            bar.update()
    return group


def _find_nearest(groups: _Groups, links: _Links, stale: Ints, reach: int, enough: float) -> None:
    """Find the nearest group of the stale ones, and tell the others where they became nearest."""
    links.nearest[stale], links.closeness[stale] = -1, -np.inf
    is_stale = np.zeros(len(groups.size), dtype=bool)
    is_stale[stale] = True
    for rows, columns in _blocks(groups, stale, reach):
        row, column, mean = products(
            groups.sums[rows],
            groups.sums,
            columns,
            least=enough,
            sizes=(groups.size[rows], groups.size),
        )
        row = rows[row]
        # Rounded, so that both orders of a sum of floats give the same number.
        mean = np.round(mean, 12)
        fits = (
            (row != column)
            & (groups.low[column] <= groups.high[row] + reach)
            & (groups.low[row] <= groups.high[column] + reach)
        )
        row, column, mean = row[fits], column[fits], mean[fits]
        _update(links, row, column, mean)
        # A stale column has a row of its own; the others hear only of what beats their nearest.
        heard = ~is_stale[column] & (mean >= links.closeness[column])
        _update(links, column[heard], row[heard], mean[heard])


def _update(links: _Links, own: Ints, other: Ints, mean: Floats) -> None:
    """Make `other` the nearest of `own` where it is nearer, or as near and earlier."""
    nearest, closeness = links
    best = closeness.copy()
    np.maximum.at(best, own, mean)
    top = np.flatnonzero(mean == best[own])
    own, other, mean = own[top], other[top], mean[top]
    first = np.where(closeness[own] == mean, nearest[own], len(nearest))
    earliest = np.full(len(nearest), len(nearest))
    np.minimum.at(earliest, own, np.minimum(other, first))
    nearest[own] = earliest[own]
    closeness[own] = mean


def _blocks(groups: _Groups, stale: Ints, reach: int) -> Iterator[tuple[Ints, slice]]:
    """Cut the stale groups into blocks, each with the stretch of groups within reach of it."""
    latest = np.maximum.accumulate(groups.high)
    begins = np.searchsorted(latest, groups.low[stale] - reach)
    ends = np.searchsorted(groups.low, groups.high[stale] + reach, side="right")
    for block, columns in blocks(begins, np.maximum.accumulate(ends), rows=_ROWS, cells=_CELLS):
        yield stale[block], columns


def _joined(groups: _Groups, links: _Links, first: Ints) -> tuple[_Groups, _Links, Ints, Ints]:
    """Merge each of `first` with its nearest.

    Gives the groups and links, the new number of each old group, and the groups that must look for
    their nearest again: the merged ones, and those whose nearest was merged.
    """
    from scipy import sparse

    n = len(groups.size)
    second = links.nearest[first]
    target = np.arange(n)
    target[second] = first
    kept = np.flatnonzero(target == np.arange(n))
    number = np.full(n, -1)
    number[kept] = np.arange(len(kept))
    number = number[target]
    gather = sparse.csr_array((np.ones(n), (number, np.arange(n))), shape=(len(kept), n))
    # A merged group begins with its first part, so the order by beginnings holds.
    high = np.full(len(kept), -np.inf)
    np.maximum.at(high, number, groups.high)
    merged = _Groups((gather @ groups.sums).tocsr(), gather @ groups.size, groups.low[kept], high)
    touched = np.zeros(n, dtype=bool)
    touched[first] = touched[second] = True
    nearest = links.nearest[kept]
    known = nearest >= 0
    again = touched[kept] | (known & touched[nearest])
    moved = np.where(known, number[nearest], -1)
    return merged, _Links(moved, links.closeness[kept]), number, np.flatnonzero(again)


def _add_undated(vectors: Any, group: Ints, dated: int, enough: float) -> Ints:
    """Put each article without a time into the story that it is most similar to."""
    from scipy import sparse

    n = len(group)
    if dated == n or not dated:
        return group
    count = int(group[:dated].max()) + 1
    member = sparse.csr_array((np.ones(dated), (group[:dated], np.arange(dated))))
    size = np.bincount(group[:dated], minlength=count)
    mean = (vectors[dated:] @ (member @ vectors[:dated]).T).toarray() / size
    best = mean.argmax(axis=1)
    found = mean[np.arange(n - dated), best] >= enough
    group = group.copy()
    group[dated:] = np.where(found, best, n + np.arange(n - dated))
    return group


def _told(
    table: pd.DataFrame, coverage: pd.DataFrame | None, group: Ints, words: Any
) -> pd.DataFrame:
    """The groups as a coverage table; the articles are in the order of time."""
    number, _ = pd.factorize(group)
    result = pd.DataFrame(
        {
            "article_id": table["article_id"],
            "similarity": mean_cosine(words, number),
            "n_items": np.bincount(number)[number],
            "number": number,
        }
    )
    result["position"] = result.groupby("number").cumcount()
    leads: set[Any] = set()
    if coverage is not None and "role" in coverage.columns:
        leads = set(coverage.loc[coverage["role"].eq("lead"), "article_id"])
    is_lead = result["article_id"].isin(leads)
    has_lead = is_lead.groupby(result["number"]).transform("any")
    is_lead |= ~has_lead & result["position"].eq(0)
    result["role"] = np.where(is_lead, "lead", "related")
    earliest = result.drop_duplicates("number").set_index("number")["article_id"]
    result["story_id"] = "g-" + result["number"].map(earliest).astype("str")
    result = result.sort_values(["number", "position"], kind="stable", ignore_index=True)
    return conform(result, GROUPED)[list(GROUPED)]
