"""How much was published when: counts per period, gaps in collection, hours of publication.

A period without articles means either that nothing was published or that nobody was collecting. The
two are told apart: stretches without any article of the whole collection that its own rate makes
all but impossible are gaps, and what lies in them is missing, not zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import (
    COUNT,
    REAL,
    TEXT,
    TIME,
    WHOLE,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    from_rows,
    groups_by,
    plain,
    require_columns,
)
from coverage_research.timeline import outlet_names, time_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_HOUR: Final = 3_600_000_000  # microseconds
_DAY: Final = 24 * _HOUR
_NEEDED: Final = ("article_id", "published_at", "published_precision")

#: Periods, and the pandas offset by which each begins.
PERIODS: Final[Mapping[str, str]] = {
    "h": "h",
    "D": "D",
    "W": "W-MON",
    "MS": "MS",
    "QS": "QS",
    "YS": "YS",
}
#: With fewer articles than this the rate of a collection is not known, and no gap is found.
MIN_ARTICLES: Final = 20
#: Articles on either side of a stretch by which the rate around it is measured.
_NEAR: Final = 100
#: Weight of "all hours are alike" against what was counted, in articles an hour of the day.
_PRIOR: Final = 5.0
#: Observed weeks from which weekdays are told apart: before, a gap would pass for a quiet weekday.
_WEEKS: Final = 4
#: Rows above which a table of periods and groups is refused instead of filling the memory.
_MOST_ROWS: Final = 20_000_000
#: Length of the night by which a time zone is guessed, its usual beginning, and articles needed.
_NIGHT: Final = 8
_NIGHT_FROM: Final = 23
_ENOUGH_TO_GUESS: Final = 100

GAPS: Final = {"start": TIME, "end": TIME, "hours": REAL, "expected": REAL, "p": REAL}
_VOLUME: Final = {
    "n": WHOLE,
    "n_day_only": COUNT,
    "cumulative": COUNT,
    "rolling": REAL,
    "state": TEXT,
    "hours_observed": REAL,
}
_PATTERN: Final = {
    "clock": TEXT,
    "timezone": TEXT,
    "basis": TEXT,
    "unit": TEXT,
    "value": COUNT,
    "n": COUNT,
    "of": COUNT,
    "share": REAL,
    "n_day_only": WHOLE,
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

    ``attrs`` holds freq, timezone, n_undated (articles without a time, which no row counts) and
    n_day_only (distinct articles).

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
    schema = {"period": f"datetime64[us, {_zone(timezone)}]"}
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

    gap_bounds = _gap_bounds(articles, gaps, (int(bounds[0]), int(bounds[-1])))
    hours, hidden = _hours(bounds, gap_bounds)
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


def publishing_hours(
    articles: pd.DataFrame,
    *,
    by: str = "outlet",
    zones: Mapping[str, str] | None = None,
    guess: bool = False,
) -> pd.DataFrame:
    """Count the articles of each outlet by hour of the day and by weekday.

    Only stamps to the minute count. An article with only a day is counted apart, by the weekday of
    its date, and never by hour.

    Parameters
    ----------
    articles : DataFrame
        With article_id, published_at, published_precision and the column `by`.
    by : str
        What to count apart.
    zones : mapping of str to str, optional
        IANA time zone of a group; those named get their local hours besides UTC.
    guess : bool
        Guess the zone of other groups: their quietest 8 hours are taken for 23:00 to 07:00. A guess
        needs 100 articles and a night with less than half of what it would have were all hours
        alike. It is an offset of whole hours without summer time and can be off by some hours.

    Returns
    -------
    DataFrame, one row per group, clock, unit and value, zeros included: `by`, outlet_name (if `by`
    is outlet), clock (`utc` or `local`), timezone, basis (`utc`, `given` or `guessed`), unit
    (`hour` or `weekday`), value (0 to 23, or 0 for Monday to 6), n (articles stamped to the
    minute), of (all such articles of the group), share (n / of) and n_day_only (articles with only
    a day, by weekday; missing for hours).

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If a zone does not exist, or `by` is a column of the result.

    References
    ----------
    Dodds, P. S. et al. (2011). Temporal patterns of happiness and information in a global social
    network. *PLoS ONE* 6(12), e26752 (hour of the day and day of the week as marginal counts).

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": "one.example",
    ...         "published_at": pd.to_datetime(["2030-01-01 22:10", "2030-01-02 22:50"], utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> found = publishing_hours(articles, zones={"one.example": "Asia/Tokyo"})
    >>> found.loc[found["n"] > 1, ["clock", "unit", "value", "n"]].values.tolist()
    [['utc', 'hour', 22, 2], ['local', 'hour', 7, 2]]
    """
    (by,) = groups_by([by], _PATTERN)
    given: dict[Any, str] = {key: _zone(zone) for key, zone in (zones or {}).items()}
    dated = dated_articles(articles, [by])
    schema = {by: TEXT, **({"outlet_name": TEXT} if by == "outlet" else {}), **_PATTERN}
    dated = dated[dated[by].notna()]
    exact = dated["published_precision"].eq("minute")
    parts: list[pd.DataFrame] = []
    for group, rows in dated.groupby(by, sort=True, observed=True):
        stamps = rows.loc[exact[rows.index], "published_at"]
        days = rows.loc[~exact[rows.index], "published_at"].dt.day_of_week
        clocks = [("utc", "UTC", "utc")]
        if group in given:
            clocks.append(("local", given[group], "given"))
        elif guess and (guessed := _guessed_zone(stamps)):
            clocks.append(("local", guessed, "guessed"))
        for clock, zone, basis in clocks:
            local = stamps.dt.tz_convert(zone)
            for unit, values, size in (
                ("hour", local.dt.hour, 24),
                ("weekday", local.dt.day_of_week, 7),
            ):
                part = pd.DataFrame({"value": range(size)})
                part["n"] = np.bincount(values, minlength=size)
                apart = np.bincount(days, minlength=size)
                part["n_day_only"] = pd.array(apart, "Int64") if unit == "weekday" else pd.NA
                part[[by, "clock", "timezone", "basis", "unit"]] = [group, clock, zone, basis, unit]
                part["of"] = len(stamps)
                parts.append(part)
    if not parts:
        return carry(empty(schema), articles)
    result = pd.concat([part.astype({"n_day_only": "Int64"}) for part in parts], ignore_index=True)
    result["share"] = (result["n"] / result["of"]).where(result["of"] > 0)
    if by == "outlet":
        result["outlet_name"] = result[by].map(outlet_names(plain(articles)))
    return carry(conform(result, schema), articles)


def dated_articles(
    articles: pd.DataFrame, by: Sequence[str] = (), matches: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Give the articles that have a time, each once, with the columns of `by` that they hold.

    Parameters
    ----------
    articles : DataFrame
        With article_id, published_at and published_precision.
    by : sequence of str
        Names of groups, each a column of `articles` or of `matches`.
    matches : DataFrame, optional
        Evidence with article_id.

    Raises
    ------
    SchemaError
        If columns are missing, or times are none.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "a", "b"],
    ...         "published_at": pd.to_datetime(["2030-01-01", "2030-01-01", None], utc=True),
    ...         "published_precision": ["day", "day", "unknown"],
    ...     }
    ... )
    >>> len(dated_articles(articles))
    1
    """
    if matches is not None:
        require_columns(matches, ["article_id"], "matches")
        lacking = [name for name in by if name not in articles.columns]
        if any(name not in matches.columns for name in lacking):
            require_columns(matches, ["article_id", *lacking], "matches")
        own = [name for name in by if name in articles.columns]
    else:
        own = list(by)
    require_columns(articles, [*_NEEDED, *own], "articles")
    if not isinstance(articles["published_at"].dtype, pd.DatetimeTZDtype):
        raise SchemaError(
            "articles: published_at: expected times with a zone; found "
            f"{articles['published_at'].dtype}. Use pd.to_datetime(..., utc=True)."
        )
    columns = list(dict.fromkeys([*_NEEDED, *own]))
    rows = plain(articles.loc[articles["published_at"].notna(), columns])
    rows = rows.drop_duplicates("article_id").reset_index(drop=True)
    return rows.assign(published_at=rows["published_at"].astype(TIME))


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
    return carry(result, articles, *([] if matches is None else [matches]))


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    # Names of folders and hostile ones raise whatever the file system does.
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise ChoiceError(
            f"timezone: expected an IANA name such as 'Asia/Tokyo'; found {name!r}"
        ) from error
    return name


def _offset(freq: str) -> str:
    if freq not in PERIODS:
        raise ChoiceError(f"freq: expected one of {', '.join(PERIODS)}; found {freq!r}")
    return PERIODS[freq]


def _moment(value: Any) -> int:
    stamp = pd.Timestamp(value)
    if pd.isna(stamp):
        raise ValueError("no time")
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return int(stamp.as_unit("us").asm8.astype(np.int64))


def _edges(first: int, last: int, freq: str, timezone: str) -> pd.DatetimeIndex:
    """Beginnings of the periods from that of `first` to that after `last`."""
    zone = _zone(timezone)
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


def _hours(bounds: Ints, gaps: Ints) -> tuple[Floats, Ints]:
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


def _gap_bounds(
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
        open_time = np.append(0.0, np.cumsum(weight * _hours(grid, gaps)[0]))

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
    hours = _hours(grid, gaps)[0]
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


def _guessed_zone(stamps: pd.Series) -> str:
    """Zone that puts the quietest hours into the night; empty if there is no clear night."""
    if len(stamps) < _ENOUGH_TO_GUESS:
        return ""
    counted = np.bincount(stamps.dt.hour, minlength=24)
    nights = np.array([np.roll(counted, -start)[:_NIGHT].sum() for start in range(24)])
    if nights.min() >= len(stamps) * _NIGHT / 24 / 2:
        return ""
    # Of several equally quiet nights the middle one, on the circle of hours.
    angles = np.flatnonzero(nights == nights.min()) * (2 * np.pi / 24)
    middle = np.angle(np.exp(1j * angles).sum()) / (2 * np.pi / 24)
    ahead = round(float(_NIGHT_FROM - middle)) % 24
    ahead -= 24 if ahead > 12 else 0
    # The names of these zones count westwards.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
