"""Who was first, who followed, and how fast: lags within a story.

A stamp that gives only a day stands for any moment of that day (UTC). Lags that rest on such a
stamp are intervals, and nobody is called first on the strength of it unless all moments agree.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from coverage_research.schema import (
    COUNT,
    FLAG,
    REAL,
    TEXT,
    TIME,
    carry,
    conform,
    empty,
    require_columns,
)

_HOUR: Final = 3_600_000_000  # microseconds
_DAY: Final = 24 * _HOUR

LAGS: Final = {
    "story_id": TEXT,
    "article_id": TEXT,
    "outlet": TEXT,
    "outlet_name": TEXT,
    "title": TEXT,
    "role": TEXT,
    "published_at": TIME,
    "published_precision": TEXT,
    "lag_hours": REAL,
    "lag_low": REAL,
    "lag_high": REAL,
    "rank": COUNT,
    "is_first": FLAG,
    "first_id": TEXT,
}


def time_bounds(articles: pd.DataFrame) -> tuple[Any, Any]:
    """Give the first and the last moment at which each article can have appeared.

    A stamp to the minute is a point; any other stamp stands for the 24 hours of its UTC day.

    Parameters
    ----------
    articles : DataFrame
        With published_at (without missing values) and published_precision.

    Returns
    -------
    Two arrays of int64, microseconds since 1970, on the rows of `articles`.

    Examples
    --------
    >>> stamps = pd.DataFrame(
    ...     {
    ...         "published_at": pd.to_datetime(["1970-01-01 05:00", "1970-01-02 00:00"], utc=True),
    ...         "published_precision": ["minute", "day"],
    ...     }
    ... )
    >>> [(bound // 3_600_000_000).tolist() for bound in time_bounds(stamps)]
    [[5, 24], [5, 48]]
    """
    stamp = articles["published_at"].astype(TIME).astype("int64").to_numpy()
    exact = articles["published_precision"].eq("minute").to_numpy()
    low = np.where(exact, stamp, stamp // _DAY * _DAY)
    return low, np.where(exact, low, low + _DAY)


def story_lags(articles: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    """Find how long after the first article of its story each article appeared.

    Articles without a time are left out, since no lag can be given. To see them:
    ``articles[articles["published_at"].isna()]``; their number is that of the rows of `coverage`
    less that of the result.

    Parameters
    ----------
    articles : DataFrame
        With article_id, outlet, published_at and published_precision; title and outlet_name if any.
    coverage : DataFrame
        With story_id, article_id and role.

    Returns
    -------
    DataFrame with one row per story and dated article, sorted by story and time:

    - story_id, article_id, outlet, outlet_name, title, role, published_at, published_precision;
    - lag_low, lag_high: bounds of the lag in hours. They are equal where the stamps leave no doubt,
      and then lag_hours holds the lag; otherwise it is missing;
    - rank: 1 + the number of articles that are certainly earlier, so ties share a rank;
    - is_first: True only if the article is certainly earlier than every other one of its story.
      In a tie nobody is first;
    - first_id: the article that is certainly first, missing if there is none.

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Moore, R. E., Kearfott, R. B. & Cloud, M. J. (2009). *Introduction to Interval Analysis*. SIAM.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "published_at": pd.to_datetime(["2030-01-01 20:00", "2030-01-02 00:00"], utc=True),
    ...         "published_precision": ["minute", "day"],
    ...     }
    ... )
    >>> coverage = pd.DataFrame(
    ...     {"story_id": "s", "article_id": ["a", "b"], "role": ["lead", "related"]}
    ... )
    >>> story_lags(articles, coverage)[["article_id", "lag_low", "lag_high", "is_first"]]
      article_id  lag_low  lag_high  is_first
    0          a      0.0       0.0      True
    1          b      4.0      28.0     False
    """
    require_columns(
        articles, ("article_id", "outlet", "published_at", "published_precision"), "articles"
    )
    require_columns(coverage, ("story_id", "article_id", "role"), "coverage")
    known = [column for column in LAGS if column in articles.columns and column != "role"]
    dated = articles.loc[articles["published_at"].notna(), known].drop_duplicates("article_id")
    listed = coverage[["story_id", "article_id", "role"]].drop_duplicates(
        ["story_id", "article_id"]
    )
    rows = listed.merge(dated, on="article_id", how="inner")
    if rows.empty:
        return carry(empty(LAGS), articles, coverage)
    low, high = time_bounds(rows)
    order = np.lexsort((rows["article_id"], high, low, rows["story_id"]))
    rows, low, high = rows.iloc[order].reset_index(drop=True), low[order], high[order]
    story = pd.factorize(rows["story_id"])[0]

    lows = pd.Series(low).groupby(story)
    earliest = lows.transform("min").to_numpy()
    # The rows are sorted, so the first of a story holds its smallest bound, and for that row the
    # next one holds the smallest of the others; a story of one row has no other.
    place = lows.cumcount().to_numpy()
    alone = lows.transform("size").to_numpy() == 1
    following = np.append(low[1:], low[-1])
    others = np.where(alone, high, np.where(place == 0, following, earliest))
    soonest_end = pd.Series(high).groupby(story).transform("min").to_numpy()
    rows["lag_low"] = np.maximum(low - soonest_end, 0) / _HOUR
    rows["lag_high"] = np.maximum(high - others, 0) / _HOUR
    rows["lag_hours"] = rows["lag_low"].where(rows["lag_low"] == rows["lag_high"])

    # A day ends before the next begins: its last moment is earlier than the following midnight.
    last = np.where(high > low, high - 1, high)
    rows["rank"] = 1 + _certainly_earlier(story, low, last)
    rows["is_first"] = alone | ((place == 0) & (last < others))
    first = rows.loc[rows["is_first"]].set_index("story_id")["article_id"]
    rows["first_id"] = rows["story_id"].map(first)
    return carry(conform(rows, LAGS), articles, coverage)


def _certainly_earlier(story: Any, low: Any, last: Any) -> Any:
    """Count, for each row, the rows of its story that end before it can begin."""
    n = len(low)
    stories, times = np.concatenate([story, story]), np.concatenate([low, last])
    is_end = np.repeat([0, 1], n)
    # At equal times beginnings come before ends, so that only strictly earlier ends are counted.
    order = np.lexsort((is_end, times, stories))
    ends = np.empty(2 * n, dtype=np.int64)
    ends[order] = np.cumsum(is_end[order])
    before_story = np.concatenate([[0], np.cumsum(np.bincount(story))])[story]
    return ends[:n] - before_story


def outlet_names(rows: pd.DataFrame) -> pd.Series:
    """Give the readable name of each outlet; its domain where the table has none.

    Parameters
    ----------
    rows : DataFrame
        With outlet, and outlet_name if any.

    Returns
    -------
    Series of str, on the outlets, named `outlet_name`.

    Examples
    --------
    >>> outlet_names(pd.DataFrame({"outlet": ["b.example", "a.example"]})).tolist()
    ['a.example', 'b.example']
    """
    name = rows["outlet_name"].fillna(rows["outlet"]) if "outlet_name" in rows else rows["outlet"]
    named = pd.DataFrame({"outlet": rows["outlet"], "outlet_name": name})
    named = named.sort_values(["outlet", "outlet_name"]).drop_duplicates("outlet")
    return named.set_index("outlet")["outlet_name"]


def group_columns(by: str) -> dict[str, str]:
    """Columns that name a group in an aggregate: an outlet has its readable name beside it.

    Examples
    --------
    >>> list(group_columns("outlet")), list(group_columns("country"))
    (['outlet', 'outlet_name'], ['country'])
    """
    return {by: TEXT, **({"outlet_name": TEXT} if by == "outlet" else {})}
