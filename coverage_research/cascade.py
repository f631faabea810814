"""How a story spreads: outlets reached by time, and half-lives.

Where a stamp gives only a day, an outlet was there for certain from the end of the interval and
possibly from its beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.lag_summary import arrivals
from coverage_research.schema import COUNT, ESTIMATE, REAL, TEXT, carry, conform, empty
from coverage_research.statistics import LEVEL, N_BOOT, cluster_interval

if TYPE_CHECKING:
    from collections.abc import Sequence


Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Hours after the first article at which `cascade_shares` looks.
HOURS: Final = (0.0, 1.0, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0)

#: Numbers that differ by less are equal.
SAME: Final = 1e-9

_STEPS: Final = {
    "story_id": TEXT,
    "hours": REAL,
    "n_low": COUNT,
    "n_high": COUNT,
    "n_outlets": COUNT,
    "share": REAL,
    "share_low": REAL,
    "share_high": REAL,
}
_SHARES: Final = {"hours": REAL, "share_low": REAL, "share_high": REAL, **ESTIMATE}
_HALF: Final = {
    "story_id": TEXT,
    "n": COUNT,
    "n_outlets": COUNT,
    "half_hours": REAL,
    "half_low": REAL,
    "half_high": REAL,
    "reason": TEXT,
}


def cascade(lags: pd.DataFrame, coverage: pd.DataFrame, *, by: str = "outlet") -> pd.DataFrame:
    """Share of the outlets of each story that it had reached, hour by hour.

    Parameters
    ----------
    lags : DataFrame
        From `story_lags`.
    coverage : DataFrame
        With story_id and article_id.
    by : str
        Column of `lags` that names the groups; articles without a value are left out.

    Returns
    -------
    DataFrame with one row per story and moment at which a count can rise, from 0: story_id, hours
    (after the first article), n_low and n_high (groups that were there by then for certain, and
    possibly), n_outlets (groups of the story in the end, as far as is known), share (0 to 1, where
    there is no doubt, else missing), share_low and share_high. Stories that list the same dated
    articles are one.

    Raises
    ------
    SchemaError
        If columns are missing, or `lags` has articles that `coverage` lacks.

    References
    ----------
    Rogers, E. M. (2003). *Diffusion of Innovations* (5th ed.). Free Press (cumulative adopters).
    Leskovec, J., Backstrom, L. & Kleinberg, J. (2009). Meme-tracking and the dynamics of the news
    cycle. *KDD '09*, 497-506.

    Examples
    --------
    >>> from coverage_research.samples import load_sample
    >>> from coverage_research.timeline import story_lags
    >>> sample = load_sample()
    >>> steps = cascade(story_lags(sample.articles, sample.coverage), sample.coverage)
    >>> steps[["hours", "n_low", "share"]].head(3).round(1).values.tolist()
    [[0.0, 1.0, 0.1], [1.3, 2.0, 0.2], [5.6, 3.0, 0.3]]
    """
    there = arrivals(lags, coverage, by=by)
    there = there[there[by].notna()]
    parts = []
    for story, part in there.groupby("story_id", sort=True):
        low, high = lag_bounds(part)
        hours = np.unique(np.concatenate([[0.0], low, high]))
        table = pd.DataFrame({"hours": hours, "n_outlets": len(part)}).assign(story_id=story)
        table["n_low"], table["n_high"] = _reached(low, high, hours)
        parts.append(table)
    if not parts:
        return carry(empty(_STEPS), lags, coverage)
    result = pd.concat(parts, ignore_index=True)
    for bound in ("low", "high"):
        result[f"share_{bound}"] = result[f"n_{bound}"] / result["n_outlets"]
    result["share"] = result["share_low"].where(result["n_low"] == result["n_high"])
    return carry(conform(result, _STEPS), lags, coverage)


def cascade_shares(
    lags: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str = "outlet",
    hours: Sequence[float] = HOURS,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Mean share of the outlets of a story that it has reached, over all stories.

    Every story with at least two outlets weighs the same, whatever their number. The share is of
    the outlets that are known to have covered the story in the end; of a story that was still
    spreading when it was collected it is too high.

    Parameters
    ----------
    lags, coverage, by
        As in `cascade`.
    hours : sequence of float
        When to look, in hours after the first article.
    n_boot, level, seed
        As in `cluster_interval`; whole clusters of stories are resampled.

    Returns
    -------
    DataFrame with one row per hour, rising: hours, share_low and share_high (the mean if doubtful
    outlets were there as late, or as early, as they can have been; 0 to 1), n (distinct articles in
    these stories), n_stories (clusters), estimate (middle of the two), low and high (interval,
    which holds the doubt of the stamps and that of the sample) and reason (why there is none, else
    empty).

    Raises
    ------
    SchemaError
        If columns are missing, or `lags` has articles that `coverage` lacks.
    ValueError
        If there are no hours, or some are below 0.

    References
    ----------
    Rogers, E. M. (2003). *Diffusion of Innovations* (5th ed.). Free Press.
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> from coverage_research.timeline import story_lags
    >>> demo = load_demo()
    >>> shares = cascade_shares(story_lags(demo.articles, demo.coverage), demo.coverage)
    >>> day = shares[shares["hours"].isin([0, 24])]
    >>> day[["estimate", "n_stories"]].round(2).values.tolist()
    [[0.16, 6.0], [0.67, 6.0]]
    """
    grid = np.unique(np.asarray(list(hours), dtype=np.float64))
    if not len(grid) or not (grid >= 0).all():
        raise ValueError(f"hours: expected one or more numbers from 0; found {list(hours)}")
    there = arrivals(lags, coverage, by=by)
    there = there[there[by].notna()]
    there = there[there.groupby("story_id")[by].transform("size") > 1]
    if there.empty:
        return carry(empty(_SHARES), lags, coverage)
    lows, highs, clusters = [], [], []
    for _, part in there.groupby("story_id", sort=True):
        sure, possible = _reached(*lag_bounds(part), grid)
        lows.append(sure / len(part))
        highs.append(possible / len(part))
        clusters.append(part["cluster"].iloc[0])
    settings: Any = {"n_boot": n_boot, "level": level, "seed": seed}
    rows = []
    for hour, low, high in zip(grid, np.transpose(lows), np.transpose(highs), strict=True):
        lower = cluster_interval(low, clusters, **settings)
        upper = cluster_interval(high, clusters, **settings)
        rows.append(
            {
                "hours": hour,
                "share_low": lower.estimate,
                "share_high": upper.estimate,
                "n_stories": lower.n_clusters,
                "estimate": (lower.estimate + upper.estimate) / 2,
                "low": lower.low,
                "high": upper.high,
                "reason": lower.reason,
            }
        )
    articles = lags.loc[lags["story_id"].isin(there["story_id"]) & lags[by].notna(), "article_id"]
    result = pd.DataFrame(rows).assign(n=articles.nunique())
    return carry(conform(result, _SHARES), lags, coverage)


def half_lives(lags: pd.DataFrame, coverage: pd.DataFrame, *, by: str = "outlet") -> pd.DataFrame:
    """Hours until half of the outlets that followed the first had a story.

    Of k outlets that follow, the half is the (k / 2)-th, rounded up: of one follower the first, of
    two the first, of three the second.

    Parameters
    ----------
    lags, coverage, by
        As in `cascade`.

    Returns
    -------
    DataFrame with one row per story, in their order: story_id, n (articles), n_outlets (groups),
    half_low and half_high (bounds in hours), half_hours (where they are equal, else missing) and
    reason (why there is no half-life, else empty). Stories that list the same dated articles are
    one.

    Raises
    ------
    SchemaError
        If columns are missing, or `lags` has articles that `coverage` lacks.

    References
    ----------
    Burton, R. E. & Kebler, R. W. (1960). The "half-life" of some scientific and technical
    literatures. *American Documentation* 11(1), 18-22.

    Examples
    --------
    >>> from coverage_research.samples import load_sample
    >>> from coverage_research.timeline import story_lags
    >>> sample = load_sample()
    >>> lags = story_lags(sample.articles, sample.coverage)
    >>> half_lives(lags, sample.coverage)["half_hours"].round(2).tolist()
    [26.93]
    """
    there = arrivals(lags, coverage, by=by)
    there = there[there[by].notna()]
    rows = []
    for story, part in there.groupby("story_id", sort=True):
        low, high = (np.sort(bound) for bound in lag_bounds(part))
        at = len(part) // 2  # the first stands at 0, and half of the others, rounded up, is this
        alone = len(part) < 2
        rows.append(
            {
                "story_id": story,
                "n": int(part["n"].sum()),
                "n_outlets": len(part),
                "half_low": np.nan if alone else low[at],
                "half_high": np.nan if alone else high[at],
                "reason": "1 outlet, and none that followed" if alone else "",
            }
        )
    if not rows:
        return carry(empty(_HALF), lags, coverage)
    result = pd.DataFrame(rows)
    result["half_hours"] = result["half_low"].where(result["half_low"] == result["half_high"])
    return carry(conform(result, _HALF), lags, coverage)


def lag_bounds(part: pd.DataFrame) -> tuple[Floats, Floats]:
    """Bounds of lags in hours; equal quotients of microseconds are equal numbers."""
    low, high = (part[name].to_numpy(dtype=np.float64).round(9) for name in ("lag_low", "lag_high"))
    return low, high


def _reached(low: Floats, high: Floats, hours: Floats) -> tuple[Ints, Ints]:
    """How many were there by each hour for certain, and how many possibly."""
    sure = np.searchsorted(np.sort(high), hours + SAME, side="right")
    possible = np.searchsorted(np.sort(low), hours + SAME, side="right")
    # Hours are counted from when somebody was there, even if nobody knows who.
    return np.maximum(sure, 1), np.maximum(possible, 1)
