"""Gaps in collection: stretches in which nobody was collecting, and the time outside them.

A period without articles means either that nothing was published or that nobody was collecting. The
two are told apart: stretches without any article of the whole collection that its own rate makes
all but impossible are gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.publication_times import dated_articles
from coverage_research.schema import (
    REAL,
    TIME,
    SchemaError,
    carry,
    conform,
    empty,
    from_rows,
    require_columns,
)
from coverage_research.timeline import time_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


_HOUR: Final = 3_600_000_000  # microseconds
_DAY: Final = 24 * _HOUR

#: With fewer articles than this the rate of a collection is not known, and no gap is found.
MIN_ARTICLES: Final = 20
#: Articles on either side of a stretch by which the rate around it is measured.
_NEAR: Final = 100
#: Weight of "all hours are alike" against what was counted, in articles an hour of the day.
_PRIOR: Final = 5.0
#: Observed weeks from which weekdays are told apart: before, a gap would pass for a quiet weekday.
_WEEKS: Final = 4

GAPS: Final = {"start": TIME, "end": TIME, "hours": REAL, "expected": REAL, "p": REAL}


def find_gaps(
    articles: pd.DataFrame,
    *,
    min_hours: float = 24.0,
    alpha: float = 1e-6,
    start: Any = None,
    end: Any = None,
) -> pd.DataFrame:
    """Find stretches in which nothing at all was collected although much should have been.

    Between two neighbouring articles, `expected` articles should have appeared at the collection's
    rate and weekly rhythm. Were articles to come independently of each other, a stretch of that
    length would have the probability exp(-expected). Real ones come in batches and waves, so
    `expected` is first divided by a factor (at least 1) that fits the longest hundredth of the
    collection's own stretches, and at least the third longest. p is the probability that any of its
    stretches is as long.

    Parameters
    ----------
    articles : DataFrame
        With article_id, published_at and published_precision; the whole collection, not a part that
        was selected by outlet or word.
    min_hours : float
        Stretches that are shorter are not reported.
    alpha : float
        p below which a stretch is a gap.
    start, end : time, optional
        When collecting is known to have begun and ended. Only with them can a gap be found before
        the first and after the last article.

    Returns
    -------
    DataFrame with one row per gap, by time: start (the article before it; for one with only a day,
    the end of that day), end (the article after it), hours, expected (articles) and p.

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        If `min_hours` is negative or `alpha` no probability.

    Notes
    -----
    The rate is the smallest of three: that of the whole observed time, and those of the 100
    articles before and after. Hours of the day (UTC) and, from four observed weeks, weekdays count
    by their share of the articles. Found gaps are taken out of the observed time, and the search is
    repeated until nothing changes. Below 20 articles no gap is found. A holiday on which a busy
    collection publishes nothing looks like a gap, and a gap in some of the outlets is none here.

    References
    ----------
    Cox, D. R. & Lewis, P. A. W. (1966). *The Statistical Analysis of Series of Events*. Methuen.

    Examples
    --------
    >>> hours = [*range(200), *range(400, 600)]
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": [f"a{hour}" for hour in hours],
    ...         "published_at": pd.Timestamp("2030-01-01", tz="UTC") + pd.to_timedelta(hours, "h"),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> find_gaps(articles)[["start", "hours"]].astype(str).values.tolist()
    [['2030-01-09 07:00:00+00:00', '201.0']]
    """
    if not min_hours >= 0:
        raise ValueError(f"min_hours: expected 0 or more; found {min_hours}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha: expected more than 0 and less than 1; found {alpha}")
    dated = dated_articles(articles)
    if len(dated) < MIN_ARTICLES:
        return carry(empty(GAPS), articles)
    low, high = time_bounds(dated)
    span = (
        int(low.min()) if start is None else min(_moment(start), int(low.min())),
        int(high.max()) if end is None else max(_moment(end), int(high.max())),
    )
    exact = dated["published_precision"].eq("minute").to_numpy()
    found, expected, p = _improbable(low, high, exact, span, min_hours=min_hours, alpha=alpha)
    result = pd.DataFrame(
        {
            "start": pd.to_datetime(found[:, 0], unit="us", utc=True),
            "end": pd.to_datetime(found[:, 1], unit="us", utc=True),
            "hours": (found[:, 1] - found[:, 0]) / _HOUR,
            "expected": expected,
            "p": p,
        }
    )
    return carry(conform(result, GAPS), articles)


def gap_intervals(gaps: pd.DataFrame | Iterable[tuple[Any, Any]]) -> pd.DataFrame:
    """Give gaps as disjoint intervals in UTC, sorted by time.

    Parameters
    ----------
    gaps : DataFrame or pairs of times
        With start and end, or pairs of them; a time without a zone is UTC.

    Returns
    -------
    DataFrame with start and end.

    Raises
    ------
    SchemaError
        Naming every row that is no interval.

    Examples
    --------
    >>> gap_intervals([("2030-01-05", "2030-01-09"), ("2030-01-01", "2030-01-06")])
                          start                       end
    0 2030-01-01 00:00:00+00:00 2030-01-09 00:00:00+00:00
    """
    if isinstance(gaps, pd.DataFrame):
        require_columns(gaps, ["start", "end"], "gaps")
        pairs = list(zip(gaps["start"], gaps["end"], strict=True))
    else:
        pairs = list(gaps)
    bounds, wrong = [], []
    for number, pair in enumerate(pairs):
        try:
            start, end = (_moment(value) for value in pair)
        except (ValueError, TypeError):
            wrong.append(f"row {number}: {pair!r}")
            continue
        if start >= end:
            wrong.append(f"row {number}: {pair!r}")
        bounds.append((start, end))
    if wrong:
        raise SchemaError(f"gaps: expected a start before an end in each; found {'; '.join(wrong)}")
    merged: list[list[int]] = []
    for start, end in sorted(bounds):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([start, end])
    times = [[pd.Timestamp(value, unit="us", tz="UTC") for value in pair] for pair in merged]
    return from_rows(times, {"start": TIME, "end": TIME})


def _moment(value: Any) -> int:
    stamp = pd.Timestamp(value)
    if pd.isna(stamp):
        raise ValueError("no time")
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return int(stamp.as_unit("us").asm8.astype(np.int64))


def hours_outside(bounds: Ints, gaps: Ints) -> tuple[Floats, Ints]:
    """Hours of each period outside the gaps, and microseconds inside them."""
    hidden = np.diff(_covered(bounds, gaps))
    return (np.diff(bounds) - hidden) / _HOUR, hidden


def _covered(times: Ints, gaps: Ints) -> Ints:
    """Microseconds of gaps before each time; `gaps` are disjoint and sorted."""
    if not len(gaps):
        return np.zeros(len(times), dtype=np.int64)
    # In whole numbers: floats would leave a microsecond of a gap in a period beside it.
    before = np.searchsorted(gaps[:, 0], times, "right")
    whole = np.concatenate([[0], np.cumsum(gaps[:, 1] - gaps[:, 0])])
    running = np.maximum(before - 1, 0)
    excess = np.maximum(gaps[running, 1] - times, 0)
    covered: Ints = np.where(before > 0, whole[before] - excess, 0)
    return covered


def bounds_of_gaps(
    articles: pd.DataFrame,
    gaps: bool | pd.DataFrame | Iterable[tuple[Any, Any]],
    span: tuple[int, int],
) -> Ints:
    """Gaps as an array of two columns, found or as given."""
    if gaps is False:
        return np.zeros((0, 2), dtype=np.int64)
    if gaps is True:
        start, end = (pd.Timestamp(value, unit="us", tz="UTC") for value in span)
        intervals = find_gaps(articles, start=start, end=end)
    else:
        intervals = gap_intervals(gaps)
    return np.column_stack([intervals[name].astype("int64") for name in ("start", "end")])


def _improbable(
    low: Ints,
    high: Ints,
    exact: npt.NDArray[np.bool_],
    span: tuple[int, int],
    *,
    min_hours: float,
    alpha: float,
) -> tuple[Ints, Floats, Floats]:
    """Stretches without articles that the rate makes improbable, what was expected, and p."""
    order = np.lexsort((high, low))
    low, high, exact = low[order], high[order], exact[order]
    reach = np.maximum.accumulate(high)
    grid = np.arange(span[0] // _HOUR, -(-span[1] // _HOUR) + 1) * _HOUR
    starts, ends = np.append(span[0], reach), np.append(low, span[1])
    # Batches within an hour say nothing of how long the collection pauses.
    paused = np.append(True, np.append(low[1:] // _HOUR > low[:-1] // _HOUR, True))
    n_pauses = int(paused[1:-1].sum()) or 1
    rank = min(max(3, -(-n_pauses // 100)), n_pauses)
    gaps, expected, p = np.zeros((0, 2), np.int64), np.zeros(0), np.zeros(0)
    while True:
        weight = _rhythm(grid, gaps, low, exact)
        all_time = np.append(0.0, np.cumsum(weight))
        open_time = np.append(0.0, np.cumsum(weight * hours_outside(grid, gaps)[0]))

        def between(time: Floats, one: Ints, other: Ints) -> Floats:
            inside: Floats = np.interp(other, grid, time) - np.interp(one, grid, time)
            return np.maximum(inside, 0.0)

        rate = _rates(between(open_time, low[:1], high[-1:]).sum(), low, reach, open_time, grid)
        should = rate * between(all_time, starts, np.maximum(starts, ends))
        pauses = np.sort(should[1:-1][paused[1:-1]])
        usual = float(pauses[-rank]) if len(pauses) else 0.0
        # Exponential tail through the stretch of that rank; never thinner than that of chance.
        factor = max(1.0, usual / max(float(np.log(n_pauses / rank)), 1.0))
        single = np.minimum(np.exp(-should / factor), 1 - 1e-16)
        any_such = -np.expm1(n_pauses * np.log1p(-single))
        is_gap = paused & (ends - starts >= max(min_hours * _HOUR, 1)) & (any_such < alpha)
        found = np.column_stack([starts[is_gap], ends[is_gap]])
        expected, p = should[is_gap], any_such[is_gap]
        # Each pass can only add gaps, since observed time shrinks; so this ends.
        if len(found) <= len(gaps):
            return found, expected, p
        gaps = found


def _rates(total: float, low: Ints, reach: Ints, time: Floats, grid: Ints) -> Floats:
    """Articles an (average) hour around each stretch, those at both edges among them.

    The smallest of that of the whole, of the articles before and of those behind the stretch.
    """
    n = len(low)
    overall = n / max(total, 1.0)
    at_low, at_reach = np.interp(low, grid, time), np.interp(reach, grid, time)
    place = np.arange(n)
    with np.errstate(divide="ignore"):
        from_first = np.maximum(place - _NEAR + 1, 0)
        size = place - from_first + 1
        before = np.where(size >= MIN_ARTICLES, size / (at_reach - at_low[from_first]), np.inf)
        to_last = np.minimum(place + _NEAR - 1, n - 1)
        size = to_last - place + 1
        behind = np.where(size >= MIN_ARTICLES, size / (at_reach[to_last] - at_low), np.inf)
    either = np.minimum(np.append(np.inf, before), np.append(behind, np.inf))
    rates: Floats = np.minimum(either, overall)
    return rates


def _rhythm(grid: Ints, gaps: Ints, low: Ints, exact: npt.NDArray[np.bool_]) -> Floats:
    """Weight of each hour of the grid by hour of the day and weekday, 1 on average."""
    hours = hours_outside(grid, gaps)[0]
    number = grid[:-1] // _HOUR
    of_day, weekday = number % 24, (number // 24 + 3) % 7  # 1970 began on a Thursday
    weight = np.ones(len(number))
    if exact.any():
        weight *= _weights(low[exact] // _HOUR % 24, of_day, hours, 24)[of_day]
    if hours.sum() >= _WEEKS * 7 * 24:
        weight *= _weights((low // _DAY + 3) % 7, weekday, hours, 7)[weekday]
    usual = float((weight * hours).sum() / max(hours.sum(), 1e-9))
    return np.asarray(weight / max(usual, 1e-9), dtype=np.float64)


def _weights(values: Ints, kinds: Ints, hours: Floats, size: int) -> Floats:
    """Articles of each hour of the day, or weekday, against what its share of the time expects."""
    counted = np.bincount(values, minlength=size)
    exposed = np.bincount(kinds, weights=hours, minlength=size)
    usual = len(values) * exposed / max(float(exposed.sum()), 1e-9)
    weights: Floats = (counted + _PRIOR) / (usual + _PRIOR)
    return weights
