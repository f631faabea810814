"""Bursts: when something was written about much more than usual, after Kleinberg.

A source of articles is taken to be in one of several states, each writing `s` times as fast as the
one below. The cheapest sequence of states that explains the articles, where rising costs and
falling is free, says when a burst began, how strong it was and when it ended.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.collection_gaps import gap_intervals
from coverage_research.schema import (
    COUNT,
    REAL,
    TEXT,
    TIME,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    plain,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = npt.NDArray[np.float64]
Variant = Literal["continuous", "binomial"]

BURSTS: Final[Mapping[str, str]] = {
    "level": COUNT,
    "start": TIME,
    "end": TIME,
    "n": COUNT,
    "n_group": COUNT,
    "rate": REAL,
    "weight": REAL,
    "n_day_only": COUNT,
}
#: No state is faster than this many times the slowest, whatever the smallest gap: 2 to the 25th.
_MOST_STATES: Final = 26
#: A share of articles in a period is below this in any state.
_MOST_SHARE: Final = 0.9999


class Burst(NamedTuple):
    """A burst of a level: the first and last item (or period), and what its states save."""

    level: int
    first: int
    last: int
    weight: float


def kleinberg(
    times: npt.ArrayLike,
    *,
    s: float = 2.0,
    gamma: float = 1.0,
    n_states: int | None = None,
    gaps: npt.ArrayLike | None = None,
    unit: float | None = None,
) -> list[Burst]:
    """Bursts in a stream of moments.

    Gaps between moments are taken to be exponential, with the rate s^i / g in state i, where g is
    the mean gap. Going up from state i to j costs (j - i) gamma ln n for n gaps, down is free.

    Parameters
    ----------
    times : array of float
        In any order and unit. Equal ones are spread evenly over `unit`: gaps of 0 make paths of
        equal price, among which rounding would choose.
    s : float
        How much faster each state is than the one below, above 1.
    gamma : float
        Price of going up, above 0.
    n_states : int, optional
        States, at least 1. By default as many as the smallest gap above 0 can tell apart.
    gaps : array of float, shape (m, 2), optional
        Disjoint times in which nothing was collected. The step over one belongs to the slowest
        state, costs nothing and does not count, so that no burst crosses it.
    unit : float, optional
        What stamps can tell apart, above 0; never more than the smallest gap above 0, and a tenth
        of that by default.

    Returns
    -------
    list of Burst
        By beginning, longer ones first: `first` and `last` are places in the sorted times. A burst
        of level 2 lies in one of level 1.

    Raises
    ------
    ValueError
        If a setting is out of range, or times are missing.

    References
    ----------
    Kleinberg, J. (2002). Bursty and hierarchical structure in streams. *KDD '02*, 91-101.

    Examples
    --------
    >>> times = [0, 100, 200, 210, 215, 220, 225, 230, 235, 240, 340, 440]
    >>> [(burst.level, burst.first, burst.last) for burst in kleinberg(times)]
    [(1, 2, 9), (2, 2, 9)]
    """
    _check(s, gamma, n_states)
    if unit is not None and not unit > 0:
        raise ValueError(f"unit: expected above 0; found {unit}")
    moments = np.sort(np.asarray(times, dtype=np.float64))
    if not np.isfinite(moments).all():
        raise ValueError("times: expected numbers; some are missing or infinite")
    steps = np.diff(moments)
    if not (steps > 0).any():
        return []
    least = float(steps[steps > 0].min())
    steps = np.diff(_spread(moments, least / 10 if unit is None else min(unit, least)))
    over = _over(moments, gaps)
    used = steps[~over]
    total = float(used.sum())
    if len(used) < 2:
        return []
    smallest = float(used.min())
    most = math.ceil(1 + math.log(total / smallest, s)) if total > smallest else 1
    k = min(most, _MOST_STATES) if n_states is None else n_states
    mean = total / len(used)
    log_rate = np.arange(k) * math.log(s) - math.log(mean)
    # The rate may be far beyond what a float of a rate could hold, its logarithm is not.
    costs = steps[:, None] * np.exp(log_rate)[None, :] - log_rate[None, :]
    costs[over] = np.where(np.arange(k) > 0, np.inf, 0.0)
    states = _cheapest(costs, gamma * math.log(len(used)))
    # A gap in a state runs from its first moment to its last.
    return _bursts(states, costs, behind=1)


def _spread(moments: Floats, unit: float) -> Floats:
    """Give equal moments, sorted, even places within what their unit leaves open."""
    _, place, number, size = np.unique(
        moments, return_index=True, return_inverse=True, return_counts=True
    )
    within: Floats = moments + (np.arange(len(moments)) - place[number]) * unit / size[number]
    return within


def _over(moments: Floats, gaps: npt.ArrayLike | None) -> npt.NDArray[np.bool_]:
    """Whether the step from each moment to the next leads over a part of a gap."""
    over = np.zeros(max(len(moments) - 1, 0), dtype=bool)
    for start, end in [] if gaps is None else np.asarray(gaps, dtype=np.float64):
        over |= (moments[:-1] < end) & (moments[1:] > start)
    return over


def kleinberg_counts(
    relevant: npt.ArrayLike,
    total: npt.ArrayLike,
    *,
    s: float = 2.0,
    gamma: float = 1.0,
    n_states: int | None = None,
) -> list[Burst]:
    """Bursts in counts per period: so many relevant ones of so many in all.

    Counts are taken to be binomial, with the share s^i p in state i, where p is the overall share.
    Periods without any item say nothing.

    Parameters
    ----------
    relevant, total : array of int, shape (n,)
        In the order of time.
    s, gamma, n_states
        As in `kleinberg`; by default as many states as have a share below 1.

    Returns
    -------
    list of Burst
        As of `kleinberg`, with places of periods.

    Raises
    ------
    ValueError
        If lengths differ, a count is below 0 or above its total, or a setting is out of range.

    References
    ----------
    Kleinberg, J. (2002). Bursty and hierarchical structure in streams. *KDD '02*, 91-101.

    Examples
    --------
    >>> kleinberg_counts([1, 1, 9, 8, 1, 1], [20] * 6)[0][:3]
    (1, 2, 3)
    """
    _check(s, gamma, n_states)
    k_of, n_of = (np.asarray(values, dtype=np.float64) for values in (relevant, total))
    if k_of.shape != n_of.shape or k_of.ndim != 1:
        raise ValueError("relevant and total: expected the same number of counts")
    if not ((k_of >= 0) & (k_of <= n_of)).all():
        raise ValueError("relevant and total: expected counts from 0 to their total")
    if len(k_of) < 2 or not 0 < k_of.sum() < n_of.sum():
        return []
    base = k_of.sum() / n_of.sum()
    most = 1 + max(math.floor(math.log(_MOST_SHARE / base, s)), 0)
    k = most if n_states is None else min(n_states, most)
    share = base * s ** np.arange(k)
    costs = -(
        k_of[:, None] * np.log(share)[None, :] + (n_of - k_of)[:, None] * np.log1p(-share)[None, :]
    )
    return _bursts(_cheapest(costs, gamma * math.log(len(k_of))), costs, behind=0)


def find_bursts(
    articles: pd.DataFrame,
    *,
    matches: pd.DataFrame | None = None,
    by: str | Sequence[str] = (),
    variant: Variant = "continuous",
    period: str = "D",
    s: float = 2.0,
    gamma: float = 1.0,
    n_states: int | None = None,
    gaps: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find bursts of articles: of all, of an outlet, of a frame or of a word.

    Parameters
    ----------
    articles : DataFrame
        With article_id, published_at and published_precision.
    matches : DataFrame, optional
        Evidence with article_id, such as `find_frames` or `find_keyword` give: only articles that
        it names count. In the binomial variant they are held against all articles of the period,
        so that a busy day is no burst of a frame.
    by : str or sequence of str
        Columns of `matches` or `articles` (frame, outlet) that divide what is counted.
    variant : {"continuous", "binomial"}
        By gaps between stamps, or by counts per period. Stamps of a day only have no place among
        gaps: the continuous variant leaves such articles out, and `n_day_only` counts them.
    period : str
        A day (D) or longer (W, MS ...), for the binomial variant; UTC.
    s, gamma, n_states
        As in `kleinberg`.
    gaps : DataFrame, optional
        Gaps in collection with start and end, from `find_gaps`. They say nothing: steps over one
        do not count and no burst crosses it, and periods that touch one count nothing. Without it
        a gap is a silence, beside which all other times look like a burst.

    Returns
    -------
    DataFrame
        One row per burst, by group and beginning: the columns of `by`, level (1 is the mildest),
        start and end (of the first and last article; of the binomial variant the beginning of the
        first and the end of the last period), n (articles in it), n_group (in all), rate (how
        many times the usual), weight (what its states save, in nats: larger is surer) and
        n_day_only.

    Raises
    ------
    ChoiceError
        If there is no such variant, or `period` is shorter than a day.
    SchemaError
        If columns are missing, or the continuous variant is asked of articles of which none has a
        time to the minute.
    ValueError
        If a setting is out of range.

    References
    ----------
    Kleinberg, J. (2002). Bursty and hierarchical structure in streams. *KDD '02*, 91-101.

    Examples
    --------
    >>> hours = [0, 100, 200, 210, 215, 220, 225, 230, 235, 240, 340, 440]
    >>> stamps = pd.Timestamp("2030-01-01", tz="UTC") + pd.to_timedelta(hours, unit="h")
    >>> articles = pd.DataFrame({"article_id": list("abcdefghijkl"), "published_at": stamps})
    >>> found = find_bursts(articles.assign(published_precision="minute"))
    >>> found[["level", "n"]].values.tolist()
    [[1, 8], [2, 8]]
    """
    if variant not in ("continuous", "binomial"):
        raise ChoiceError(f"no variant {variant!r}; there are continuous and binomial")
    require_columns(articles, ("article_id", "published_at", "published_precision"), "articles")
    keys = [by] if isinstance(by, str) else list(by)
    dated = plain(articles[articles["published_at"].notna()].drop_duplicates("article_id"))
    rows = dated
    if matches is not None:
        require_columns(matches, ("article_id",), "matches")
        own = [key for key in keys if key in matches.columns]
        rows = plain(matches[["article_id", *own]].drop_duplicates()).merge(
            dated.drop(columns=own, errors="ignore"), on="article_id"
        )
    require_columns(rows, keys, "articles or matches")
    settings: dict[str, Any] = {"s": s, "gamma": gamma, "n_states": n_states}
    _check(s, gamma, n_states)
    closed = _closed(gaps)
    columns = {**dict.fromkeys(keys, TEXT), **BURSTS}
    if rows.empty:
        return carry(empty(columns), articles, *([] if matches is None else [matches]))
    if variant == "continuous" and not rows["published_precision"].eq("minute").any():
        raise SchemaError(
            f"articles: expected times to the minute; found {len(rows)} rows with only a day. "
            "Use variant='binomial'."
        )
    starts = _periods(dated, period) if variant == "binomial" else None
    found: list[pd.DataFrame] = []
    groups = rows.groupby(keys, sort=True) if keys else [((), rows)]
    for group, listed in groups:
        part = listed.drop_duplicates("article_id")
        if starts is None:
            table = _of_gaps(part, closed, settings)
        else:
            table = _of_periods(part, dated, (starts, closed), settings)
        told: dict[str, Any] = dict(zip(keys, group, strict=True))
        found.append(table.assign(**told))
    if not found:
        return carry(empty(columns), articles, *([] if matches is None else [matches]))
    result = pd.concat(found, ignore_index=True)
    return carry(conform(result, columns), articles, *([] if matches is None else [matches]))


def _closed(gaps: pd.DataFrame | None) -> Floats:
    """Beginning and end of each gap in collection, in seconds, in order."""
    if gaps is None or gaps.empty:
        return np.empty((0, 2))
    merged = gap_intervals(gaps)
    ends = [merged[name].astype("int64").to_numpy() / 1e6 for name in ("start", "end")]
    return np.stack(ends, axis=1)


def _of_gaps(part: pd.DataFrame, closed: Floats, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Bursts by gaps, of the articles whose stamp is a moment."""
    exact = part["published_precision"].eq("minute")
    stamps = part.loc[exact, "published_at"].astype(TIME).sort_values()
    times = stamps.astype("int64").to_numpy() / 1e6
    # Stamps of whole minutes tell minutes apart, others seconds.
    unit = 60.0 if (times % 60 == 0).all() else 1.0
    found = kleinberg(times, **settings, gaps=closed, unit=unit)
    steps = np.diff(times)[~_over(times, closed)]
    mean = float(steps.mean()) if len(steps) else np.nan
    rows = []
    for burst in found:
        span = times[burst.last] - times[burst.first]
        n = burst.last - burst.first
        rows.append(
            {
                "level": burst.level,
                "start": stamps.iloc[burst.first],
                "end": stamps.iloc[burst.last],
                "n": n + 1,
                "rate": mean * n / span if span else np.nan,
                "weight": burst.weight,
            }
        )
    table = conform(
        pd.DataFrame(rows, columns=list(BURSTS)), {**BURSTS, "n_group": REAL, "n_day_only": REAL}
    )
    return table.assign(n_group=len(stamps), n_day_only=int((~exact).sum()))


def _periods(dated: pd.DataFrame, period: str) -> pd.DatetimeIndex:
    """Beginnings of all periods from the first to behind the last article."""
    if dated.empty:
        return pd.DatetimeIndex([], tz="UTC")
    days = dated["published_at"].dt.normalize()
    first, last = days.min(), days.max()
    offset = pd.tseries.frequencies.to_offset(period)
    if offset is None or first + offset < first + pd.Timedelta("1D"):
        raise ChoiceError(f"period: expected a day or longer; found {period!r}")
    begin = first if period == "D" else offset.rollback(first)
    starts = pd.date_range(begin, last + 2 * offset, freq=period)
    return starts[: int(np.searchsorted(starts, last, side="right")) + 1]


def _of_periods(
    part: pd.DataFrame,
    dated: pd.DataFrame,
    periods: tuple[pd.DatetimeIndex, Floats],
    settings: Mapping[str, Any],
) -> pd.DataFrame:
    """Bursts by counts per period, against all articles or, of all of them, against time."""
    starts, closed = periods
    n_periods = max(len(starts) - 1, 0)

    def counted(table: pd.DataFrame) -> Any:
        place = np.searchsorted(starts, table["published_at"], side="right") - 1
        return np.bincount(place, minlength=n_periods)[:n_periods]

    relevant, total = counted(part), counted(dated)
    if (relevant == total).all():
        # Of all articles every share is 1; then each period could have held twice the busiest.
        total = np.full(n_periods, 2 * max(int(relevant.max(initial=0)), 1))
    at = starts.astype("datetime64[us, UTC]").astype("int64").to_numpy() / 1e6
    for start, end in closed:
        touched = (at[1:] > start) & (at[:-1] < end)
        relevant, total = np.where(touched, 0, relevant), np.where(touched, 0, total)
    base = relevant.sum() / max(total.sum(), 1)
    rows = []
    for burst in kleinberg_counts(relevant, total, **settings):
        inside = slice(burst.first, burst.last + 1)
        n = int(relevant[inside].sum())
        share = n / total[inside].sum()
        rows.append(
            {
                "level": burst.level,
                "start": starts[burst.first],
                "end": starts[burst.last + 1],
                "n": n,
                "rate": share / base,
                "weight": burst.weight,
            }
        )
    table = conform(
        pd.DataFrame(rows, columns=list(BURSTS)), {**BURSTS, "n_group": REAL, "n_day_only": REAL}
    )
    day_only = int(part["published_precision"].ne("minute").sum())
    return table.assign(n_group=int(relevant.sum()), n_day_only=day_only)


def _cheapest(costs: Floats, up: float) -> npt.NDArray[np.int64]:
    """Viterbi's sequence of states, from state 0; of equal ones the lower."""
    n, k = costs.shape
    step = np.arange(k)
    move = up * np.maximum(step[None, :] - step[:, None], 0)
    spent = np.full(k, np.inf)
    spent[0] = 0.0
    came = np.empty((n, k), dtype=np.int16)
    for at in range(n):
        ways = spent[:, None] + move
        came[at] = ways.argmin(axis=0)
        spent = ways[came[at], step] + costs[at]
    states = np.empty(n, dtype=np.int64)
    states[-1] = spent.argmin()
    for at in range(n - 1, 0, -1):
        states[at - 1] = came[at, states[at]]
    return states


def _bursts(states: npt.NDArray[np.int64], costs: Floats, *, behind: int) -> list[Burst]:
    """Stretches in which the state is at least each level; `behind` for gaps, which end later."""
    found = []
    for level in range(1, int(states.max(initial=0)) + 1):
        high = np.concatenate([[False], states >= level, [False]])
        edges = np.flatnonzero(high[1:] != high[:-1])
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            saved = costs[first:end, level - 1] - costs[first:end, level]
            found.append(Burst(level, int(first), int(end) - 1 + behind, float(saved.sum())))
    return sorted(found, key=lambda burst: (burst.first, burst.level))


def _check(s: float, gamma: float, n_states: int | None) -> None:
    if not s > 1:
        raise ValueError(f"s: expected above 1; found {s}")
    if not gamma > 0:
        raise ValueError(f"gamma: expected above 0; found {gamma}")
    if n_states is not None and n_states < 1:
        raise ValueError(f"n_states: expected at least 1; found {n_states}")
