"""How much was published when: counts per period and group.

What lies in a gap of the collection is missing, not zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.collection_gaps import bounds_of_gaps, hours_outside
from coverage_research.publication_times import dated_articles, zone_name
from coverage_research.schema import (
    COUNT,
    REAL,
    TEXT,
    WHOLE,
    ChoiceError,
    carry,
    conform,
    empty,
    groups_by,
    plain,
)
from coverage_research.timeline import outlet_names, time_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Floats = npt.NDArray[np.float64]


#: Periods, and the pandas offset by which each begins.
PERIODS: Final[Mapping[str, str]] = {
    "h": "h",
    "D": "D",
    "W": "W-MON",
    "MS": "MS",
    "QS": "QS",
    "YS": "YS",
}

#: Rows above which a table of periods and groups is refused instead of filling the memory.
_MOST_ROWS: Final = 20_000_000

_VOLUME: Final = {
    "n": WHOLE,
    "n_day_only": COUNT,
    "cumulative": COUNT,
    "rolling": REAL,
    "state": TEXT,
    "hours_observed": REAL,
}


def volume(
    articles: pd.DataFrame,
    *,
    freq: str = "D",
    by: str | Sequence[str] | None = None,
    matches: pd.DataFrame | None = None,
    timezone: str = "UTC",
    rolling: int = 7,
    gaps: bool | pd.DataFrame | Iterable[tuple[Any, Any]] = True,
) -> pd.DataFrame:
    """Count the distinct articles of each period and group, and say which periods were observed.

    Every period from the first to the last article of the collection has a row for every group,
    zeros included. A period inside a gap of the collection has no count: `n` is missing.

    Parameters
    ----------
    articles : DataFrame
        With article_id, published_at and published_precision, and columns of `by`.
    freq : {"h", "D", "W", "MS", "QS", "YS"}
        Period: hour, day, week from Monday, month, quarter, year.
    by : str or sequence of str, optional
        What to count apart: columns of `articles`, or else of `matches`.
    matches : DataFrame, optional
        Evidence with article_id, for instance from `find_frames` with ``by="frame"``. Only articles
        with a match are counted, each once a group, however many matches it has.
    timezone : str
        IANA zone in which periods begin.
    rolling : int
        Periods of the rolling mean, the last of which is the row's own.
    gaps : bool, DataFrame or pairs of times
        True: gaps are found (`find_gaps`, and stretches as improbable between the edge of the first
        or last period and the first or last article). False: everything was observed. Otherwise the
        gaps, as a table with start and end or as pairs.

    Returns
    -------
    DataFrame, one row per group and period, sorted by group and time:

    - period, period_end: start and end (not included) of the period, in `timezone`;
    - the columns of `by`; outlet_name where they hold the outlet;
    - n: distinct articles, missing in a gap. In a partial period it is a lower bound;
    - n_day_only: articles of which only the day is known and which could lie in more than one
      period (days against hours, or UTC days against those of another zone). They are not in `n`;
      each is counted once, where its day begins;
    - cumulative: sum of `n` so far;
    - rolling: mean of `n` over the last `rolling` periods, missing unless all were observed;
    - state: `observed`, `partial` (some of it in a gap) or `gap`;
    - hours_observed: hours of the period outside gaps.

    ``attrs`` holds freq, timezone, n_undated (articles without a time, which no row counts),
    n_day_only (distinct articles) and n_future (articles that `without_future` left out before).

    Raises
    ------
    SchemaError
        If columns are missing, or gaps are not intervals.
    ChoiceError
        If there is no such period or zone, or a group has the name of a column of the result.
    ValueError
        If `rolling` is below 1, or periods and groups would make more than 20 million rows.

    References
    ----------
    Vasterman, P. (2005). Media-hype. *European Journal of Communication* 20(4), 508-530 (volume as
    the first measure of a news wave).

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b", "c"],
    ...         "published_at": pd.to_datetime(
    ...             ["2030-01-01 09:00", "2030-01-01 11:00", "2030-01-03 00:00"], utc=True
    ...         ),
    ...         "published_precision": ["minute", "minute", "day"],
    ...     }
    ... )
    >>> volume(articles)[["n", "cumulative", "state"]].values.tolist()
    [[2, 2, 'observed'], [0, 2, 'observed'], [1, 3, 'observed']]
    """
    if not rolling >= 1:
        raise ValueError(f"rolling: expected at least 1 period; found {rolling}")
    names = [] if by is None else groups_by(by, ("period", "period_end", *_VOLUME))
    dated = dated_articles(articles, names, matches)
    kinds = {name: _kind(name, dated, matches) for name in names}
    schema = {"period": f"datetime64[us, {zone_name(timezone)}]"}
    schema = {**schema, "period_end": schema["period"], **kinds}
    named = "outlet" in names and "outlet_name" in articles.columns and "outlet_name" not in names
    schema = {**schema, **({"outlet_name": TEXT} if named else {}), **_VOLUME}
    _offset(freq)
    if dated.empty:
        return _told(empty(schema), articles, matches, freq=freq, timezone=timezone, n_day_only=0)
    low, high = time_bounds(dated)
    edges = _edges(int(low.min()), int(np.where(high > low, high - 1, high).max()), freq, timezone)
    groups, rows = _grouped(dated, matches, names)
    n_periods = len(edges) - 1
    if n_periods * len(groups) > _MOST_ROWS:
        raise ValueError(
            f"volume: expected at most {_MOST_ROWS:,} rows; found {n_periods:,} periods of "
            f"{len(groups):,} groups. Choose a longer period than {freq!r} or fewer groups."
        )
    bounds = edges.as_unit("us").asi8
    first = np.searchsorted(bounds, low, "right") - 1
    last = np.searchsorted(bounds, np.where(high > low, high - 1, high), "right") - 1
    placed = first == last
    cell = rows["group"].to_numpy() * n_periods + first[rows["row"].to_numpy()]
    counted = placed[rows["row"].to_numpy()]
    size = n_periods * len(groups)
    n = np.bincount(cell[counted], minlength=size)
    apart = np.bincount(cell[~counted], minlength=size)

    gap_bounds = bounds_of_gaps(articles, gaps, (int(bounds[0]), int(bounds[-1])))
    hours, hidden = hours_outside(bounds, gap_bounds)
    present = np.zeros(n_periods, dtype=bool)
    present[first] = present[last] = True
    state = np.where(hidden <= 0, "observed", np.where((hours > 0) | present, "partial", "gap"))

    result = groups.iloc[np.repeat(np.arange(len(groups)), n_periods)].reset_index(drop=True)
    period = np.tile(np.arange(n_periods), len(groups))
    result["period"], result["period_end"] = edges[period], edges[period + 1]
    result["state"], result["hours_observed"] = state[period], hours[period]
    seen = pd.Series(n).astype("Int64")
    result["n"] = seen.mask(result["state"] == "gap")
    result["n_day_only"] = apart
    result["cumulative"] = n.reshape(len(groups), n_periods).cumsum(axis=1).ravel()
    full = np.where(state[period] == "observed", n, np.nan).reshape(len(groups), n_periods)
    result["rolling"] = _rolling(full, rolling).ravel()
    if named:
        result["outlet_name"] = result["outlet"].map(outlet_names(plain(articles)))
    n_apart = len(rows.loc[~counted, "row"].unique())
    return _told(
        conform(result, schema), articles, matches, freq=freq, timezone=timezone, n_day_only=n_apart
    )


def _kind(name: str, dated: pd.DataFrame, matches: pd.DataFrame | None) -> str:
    column = dated[name] if name in dated.columns or matches is None else plain(matches)[name]
    return str(column.dtype) if len(column) else TEXT


def _told(
    result: pd.DataFrame,
    articles: pd.DataFrame,
    matches: pd.DataFrame | None,
    *,
    freq: str,
    timezone: str,
    n_day_only: int,
) -> pd.DataFrame:
    """Say what the rows do not count."""
    undated = articles.loc[articles["published_at"].isna(), "article_id"].nunique()
    result.attrs.update(freq=freq, timezone=timezone, n_undated=int(undated), n_day_only=n_day_only)
    result.attrs["n_future"] = int(articles.attrs.get("n_future", 0))
    return carry(result, articles, *([] if matches is None else [matches]))


def _offset(freq: str) -> str:
    if freq not in PERIODS:
        raise ChoiceError(f"freq: expected one of {', '.join(PERIODS)}; found {freq!r}")
    return PERIODS[freq]


def _edges(first: int, last: int, freq: str, timezone: str) -> pd.DatetimeIndex:
    """Beginnings of the periods from that of `first` to that after `last`."""
    zone = zone_name(timezone)
    begin, until = (pd.Timestamp(value, unit="us", tz="UTC") for value in (first, last))
    if freq == "h":
        # Hours have one length, whatever clocks do; only where they begin depends on the zone.
        local = begin.tz_convert(zone)
        shift = (local.tz_localize(None) - begin.tz_localize(None)) % pd.Timedelta(hours=1)
        start = (begin + shift).floor("h") - shift
        return pd.date_range(start, until + pd.Timedelta(hours=1), freq="h").tz_convert(zone)
    step = pd.tseries.frequencies.to_offset(_offset(freq))
    # Wall-clock midnights: a day of 23 or 25 hours is a day.
    day = begin.tz_convert(zone).tz_localize(None).normalize()
    end = until.tz_convert(zone).tz_localize(None).normalize()
    naive = pd.date_range(step.rollback(day), end + step, freq=step)
    edges = naive.tz_localize(
        zone, ambiguous=np.ones(len(naive), bool), nonexistent="shift_forward"
    )
    # Whole periods only: the last edge is the first that lies behind the last article.
    return edges[: int(np.searchsorted(edges.as_unit("us").asi8, last, "right")) + 1]


def _grouped(
    dated: pd.DataFrame, matches: pd.DataFrame | None, by: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Groups, sorted; and which row of `dated` counts in which group, each pair once."""
    own = [name for name in by if name in dated.columns]
    rows = dated[own].assign(row=np.arange(len(dated)))
    groups = rows[own].drop_duplicates() if own else pd.DataFrame(index=[0])
    if matches is not None:
        other = [name for name in by if name not in own]
        found = plain(matches)[["article_id", *other]].drop_duplicates()
        known = dated[["article_id"]].assign(row=np.arange(len(dated)))
        found = found.merge(known, on="article_id", how="inner")
        if other:
            groups = groups.merge(found[other].drop_duplicates(), how="cross")
        rows = rows.merge(found[["row", *other]], on="row", how="inner")
    groups = groups.sort_values(by)[by] if by else groups
    groups = groups.reset_index(drop=True)
    if not by:
        return groups, rows[["row"]].assign(group=0)
    numbered = groups.assign(group=np.arange(len(groups)))
    return groups, rows.merge(numbered, on=by, how="left")[["row", "group"]]


def _rolling(values: Floats, size: int) -> Floats:
    """Mean of the last `size` columns, missing if one of them is."""
    result = np.full(values.shape, np.nan)
    if size <= values.shape[1]:
        missing = np.isnan(values)
        zero = np.zeros((len(values), 1))
        sums = np.hstack([zero, np.where(missing, 0.0, values).cumsum(axis=1)])
        holes = np.hstack([zero, missing.cumsum(axis=1)])
        means = (sums[:, size:] - sums[:, :-size]) / size
        result[:, size - 1 :] = np.where(holes[:, size:] > holes[:, :-size], np.nan, means)
    return result
