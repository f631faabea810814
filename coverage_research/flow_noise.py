"""How much of what is alike is alike by chance: the estimates behind `flow_threshold`.

What is alike by chance is alike at any lag. So pairs at lags at which news does not flow tell how
many of the pairs inside the window are noise, without anybody coding any.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.flow_pairs import Lag, microseconds
from coverage_research.schema import TEXT
from coverage_research.statistics import ratio_intervals
from coverage_research.timeline import time_bounds
from coverage_research.vectors import SAME

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_DAY: Final = 86_400_000_000


def lag_range(name: str, shortest: Lag, longest: Lag) -> tuple[int, int]:
    """Bounds of lags in microseconds. Equal stamps have no order, so a lag is above 0.

    Raises
    ------
    ValueError
        If the first is not shorter than the second; `name` says in the sentence what they are.

    Examples
    --------
    >>> lag_range("min_lag and window", "0h", "1min")
    (1, 60000000)
    """
    low, high = microseconds(name, shortest), microseconds(name, longest)
    if low >= high:
        raise ValueError(
            f"{name}: expected a shorter and a longer lag; found {shortest}, {longest}"
        )
    return max(low, 1), high


def infeasible_range(
    inside: tuple[int, int], infeasible: tuple[Lag, Lag] | None, *, given: bool
) -> tuple[int, int]:
    """Bounds of the lags at which news does not flow; `given` is whether sources are named.

    Raises
    ------
    ValueError
        If they overlap those at which it does, where the order of outlets does not tell them apart.

    Examples
    --------
    >>> infeasible_range((1, 60), None, given=False), infeasible_range((1, 60), None, given=True)
    ((240, 480), (1, 60))
    """
    if infeasible is not None:
        outside = lag_range("infeasible", *infeasible)
        if not given and outside[0] <= inside[1] and inside[0] <= outside[1]:
            raise ValueError(
                "infeasible: expected lags outside the window, unless sources are named; found "
                f"{infeasible[0]} to {infeasible[1]}"
            )
        return outside
    return inside if given else (4 * inside[1], 8 * inside[1])


def compared_pairs(
    times: pd.DataFrame,
    inside: tuple[int, int],
    outside: tuple[int, int],
    sources: set[str],
    *,
    within: bool,
) -> tuple[int, int]:
    """How many pairs are compared at feasible lags, and at others.

    Parameters
    ----------
    times : DataFrame
        With outlet, published_at and published_precision, all of it to the minute.
    inside, outside : pair of int
        Bounds of feasible and infeasible lags in microseconds, both included.
    sources : set of str
        Outlets whose articles come first at feasible lags and last at others; if empty, any.
    within : bool
        Also count pairs of the same outlet.

    Examples
    --------
    >>> times = pd.DataFrame(
    ...     {
    ...         "outlet": ["one.example", "two.example"] * 2,
    ...         "published_at": pd.to_datetime([0, 1, 60, 61], unit="s", utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> second = 1_000_000
    >>> compared_pairs(times, (1, second), (59 * second, 61 * second), set(), within=False)
    (2, 2)
    """
    stamp = np.sort(time_bounds(times)[0])

    def pairs(earlier: Any, later: Any, lags: tuple[int, int]) -> int:
        ends = np.searchsorted(earlier, later - lags[0], side="right")
        return int((ends - np.searchsorted(earlier, later - lags[1])).sum())

    if sources:
        is_source = times["outlet"].isin(sources).to_numpy()
        own, others = (np.sort(time_bounds(times[part])[0]) for part in (is_source, ~is_source))
        return pairs(own, others, inside), pairs(others, own, outside)
    result = [pairs(stamp, stamp, lags) for lags in (inside, outside)]
    if not within:
        for _, rows in times.groupby("outlet"):
            own = np.sort(time_bounds(rows)[0])
            result = [
                all_of - pairs(own, own, lags)
                for all_of, lags in zip(result, (inside, outside), strict=True)
            ]
    return result[0], result[1]


def noise_by_threshold(
    found: pd.DataFrame,
    tried: Floats,
    kinds: tuple[Flags, Flags],
    exposed: tuple[int, int],
    times: pd.DataFrame,
    **settings: Any,
) -> pd.DataFrame:
    """Matches, noise and what follows from them, for each threshold.

    Parameters
    ----------
    found : DataFrame
        Pairs from `news_flow`.
    tried : array of float
        Thresholds, rising.
    kinds : pair of array of bool
        Which pairs lie at feasible lags, and which at others.
    exposed : pair of int
        From `compared_pairs`.
    times : DataFrame
        The articles, with their times; days of the later ones are what the bootstrap draws.
    **settings
        Of `statistics.ratio_intervals`.

    Returns
    -------
    DataFrame with the columns that `flow_threshold` gives.
    """
    days = pd.Series(time_bounds(times)[0] // _DAY, index=times["article_id"].astype(TEXT))
    day, names = pd.factorize(found["article_id"].map(days))
    reached = np.searchsorted(tried, found["similarity"].to_numpy() + SAME, side="right")
    # Matches that reach a threshold reach all below it.
    by_day = []
    for kind in kinds:
        table = np.zeros((len(names), len(tried) + 1))
        np.add.at(table, (day[kind], reached[kind]), 1)
        by_day.append(table[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:])
    can, cannot = by_day
    scale = exposed[0] / exposed[1] if exposed[1] else np.nan
    intervals = ratio_intervals(cannot, can + cannot, **settings)
    n_can, n_cannot = can.sum(axis=0), cannot.sum(axis=0)
    noise = n_cannot * scale
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.clip(1 - noise / n_can, 0, 1)
        bounds = [
            np.clip(1 - scale * share / (1 - share), 0, 1)
            for share in (intervals["high"].to_numpy(), intervals["low"].to_numpy())
        ]
        true = np.maximum(n_can - noise, 0)
        recall = true / np.nanmax(true, initial=0) if np.nanmax(true, initial=0) else true * np.nan
        f1 = 2 * precision * recall / (precision + recall)
    result = pd.DataFrame(
        {
            "threshold": tried,
            "n_feasible": n_can,
            "n_infeasible": n_cannot,
            "pairs_feasible": exposed[0],
            "pairs_infeasible": exposed[1],
            "noise": noise,
            "precision": precision,
            "low": bounds[0],
            "high": bounds[1],
            "recall": recall,
            "f1": f1,
            "chosen": False,
        }
    )
    reason = intervals["reason"].str.replace("stories", "days").str.replace("story", "day")
    result["reason"] = reason.mask(n_can == 0, "no match at a feasible lag")
    if not exposed[1]:
        result["reason"] = "no pair at an infeasible lag; the corpus is too short for these lags"
    if np.isfinite(f1).any():
        result.loc[int(np.nanargmax(f1)), "chosen"] = True
    return result
