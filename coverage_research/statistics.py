"""Intervals that respect the stories: one bootstrap for the whole package.

Articles about the same story are not independent, so every interval resamples stories (clusters),
never articles. Where there are too few of them to say anything, the interval is missing and a
sentence says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

N_BOOT: Final = 2000
LEVEL: Final = 0.95
MIN_CLUSTERS: Final = 5

Floats = npt.NDArray[np.float64]
Statistic = str | Callable[[Floats], float]

_NAMED: Final[dict[str, Callable[..., Any]]] = {"mean": np.mean, "median": np.median}
#: Numbers held at once while resampling, so that memory stays flat for large clusters.
_CHUNK: Final = 4_000_000


@dataclass(frozen=True)
class Interval:
    """An estimate and its interval; `low` and `high` are NaN where `reason` is not empty."""

    estimate: float
    low: float
    high: float
    n_clusters: int
    reason: str


def too_few(n_clusters: int, min_clusters: int = MIN_CLUSTERS) -> str:
    """Say why there is no interval; an empty string where there is one.

    Examples
    --------
    >>> too_few(1)
    '1 story; a bootstrap clustered by story needs at least 5'
    >>> too_few(5)
    ''
    """
    if n_clusters >= min_clusters:
        return ""
    counted = "1 story" if n_clusters == 1 else f"{n_clusters} stories"
    return f"{counted}; a bootstrap clustered by story needs at least {min_clusters}"


def cluster_interval(
    values: npt.ArrayLike,
    clusters: Sequence[Any] | npt.NDArray[Any] | pd.Series,
    statistic: Statistic = "mean",
    *,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
    min_clusters: int = MIN_CLUSTERS,
) -> Interval:
    """Bootstrap percentile interval of a statistic, whole clusters resampled.

    The result depends on which values stand together, not on the order of the rows or on the
    names of the clusters.

    Parameters
    ----------
    values : array of float, shape (n,)
        Missing values are left out, and a cluster without any value does not count.
    clusters : sequence, shape (n,)
        Cluster of each value.
    statistic : {"mean", "median"} or callable
        A callable takes a 1-D array of the pooled values and returns a number.
    n_boot : int
        Resamples.
    level : float
        Coverage of the interval, between 0 and 1.
    seed : int
        Seed of the random numbers.
    min_clusters : int
        With fewer clusters there is no interval but a reason.

    Returns
    -------
    Interval
        In the unit of `values`.

    Raises
    ------
    ValueError
        If the lengths differ or the statistic has an unknown name.

    References
    ----------
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.
    Cambridge University Press.

    Examples
    --------
    >>> cluster_interval([1, 2, 6], ["s1", "s1", "s2"], "median")
    ... # doctest: +NORMALIZE_WHITESPACE
    Interval(estimate=2.0, low=nan, high=nan, n_clusters=2,
             reason='2 stories; a bootstrap clustered by story needs at least 5')
    """
    if isinstance(statistic, str):
        if statistic not in _NAMED:
            raise ValueError(f"statistic: expected mean, median or a callable; found {statistic!r}")
        compute = _NAMED[statistic]
    else:
        compute = statistic
    numbers = np.asarray(values, dtype=np.float64)
    labels = pd.factorize(pd.Series(list(clusters)), use_na_sentinel=False)[0]
    if len(numbers) != len(labels):
        raise ValueError(
            f"expected a cluster for each of {len(numbers)} values; found {len(labels)}"
        )
    present = ~np.isnan(numbers)
    numbers, labels = numbers[present], labels[present]
    # Clusters ordered by what they hold: the order of the rows cannot change the random draws.
    by_cluster: dict[int, list[float]] = {}
    for label, number in zip(labels.tolist(), np.asarray(numbers).tolist(), strict=True):
        by_cluster.setdefault(label, []).append(number)
    held = sorted(tuple(sorted(group)) for group in by_cluster.values())
    if not held:
        return Interval(np.nan, np.nan, np.nan, 0, too_few(0, max(min_clusters, 1)))
    pooled = np.concatenate([np.asarray(group) for group in held])
    estimate = float(compute(pooled))
    reason = too_few(len(held), min_clusters)
    if reason:
        return Interval(estimate, np.nan, np.nan, len(held), reason)
    rng = np.random.default_rng(seed)
    if statistic == "mean":
        pairs = Counter((sum(group), float(len(group))) for group in held)
        draws = _ratio_draws(pairs, rng, n_boot)
    elif statistic == "median" and len(pooled) == len(held):
        draws = _median_draws(pooled, rng, n_boot)
    else:
        groups = [np.asarray(group) for group in held]
        draws = np.array(
            [
                compute(np.concatenate([groups[i] for i in rng.integers(0, len(held), len(held))]))
                for _ in range(n_boot)
            ]
        )
    low, high = _percentiles(draws, level)
    return Interval(estimate, low, high, len(held), "")


def benjamini_hochberg(p: npt.ArrayLike) -> Floats:
    """Adjust p values for the number of comparisons: the false discovery rate.

    Rejecting where the result is at most q keeps the expected share of false rejections at q.

    Parameters
    ----------
    p : array of float, shape (n,)
        P values, 0 to 1. Missing ones are no comparisons and stay missing.

    Returns
    -------
    array of float, shape (n,)
        Adjusted values, 0 to 1, never below `p`.

    Raises
    ------
    ValueError
        If a value lies outside 0 to 1.

    References
    ----------
    Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate. *Journal of the
    Royal Statistical Society B* 57(1), 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, float("nan")]).round(3).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    values = np.asarray(p, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise ValueError("p: expected values of 0 to 1")
    order = known[np.argsort(-values[known], kind="stable")]
    ranks = np.arange(len(order), 0, -1)
    adjusted = np.full(values.shape, np.nan)
    adjusted[order] = np.minimum.accumulate(values[order] * len(order) / ranks)
    return adjusted


def ratio_intervals(
    numerators: Any,
    denominators: Any,
    *,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
    min_clusters: int = MIN_CLUSTERS,
) -> pd.DataFrame:
    """Ratios of sums over clusters, with bootstrap percentile intervals, one row per cell.

    The estimate of a cell is the sum of its numerators over the sum of its denominators. Clusters
    are resampled among those with a denominator above 0, for each cell by itself and from the same
    seed, so that a cell's interval does not depend on the other cells or on the order of the rows.

    Where every cluster says the same extreme (all numerators 0, or all equal to their
    denominators), resampling returns that extreme and would show no doubt at all; such a cell has
    the exact binomial interval with clusters as trials, the more cautious of the two.

    Parameters
    ----------
    numerators : array or scipy sparse array, shape (clusters, cells)
        For a share: articles that have the property.
    denominators : array or scipy sparse array, shape (clusters, cells), or array, shape (clusters,)
        For a share: articles that could have it.
    n_boot, level, seed, min_clusters
        As in `cluster_interval`.

    Returns
    -------
    DataFrame with the columns estimate, low, high (same unit as the ratio; a share is 0 to 1),
    n_clusters (clusters with a denominator above 0) and reason (why there is no interval, else
    empty), in the order of the cells.

    Raises
    ------
    ValueError
        If the shapes do not fit or a denominator is negative.

    References
    ----------
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.
    Clopper, C. J. & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
    the case of the binomial. *Biometrika* 26(4), 404-413.

    Examples
    --------
    Six stories; the first cell has a property in 3 of their 6 articles, the second in none.

    >>> shares = ratio_intervals([[1, 0], [0, 0], [1, 0], [0, 0], [1, 0], [0, 0]], [1] * 6)
    >>> shares[["estimate", "low", "high", "n_clusters"]].round(2)
       estimate   low  high  n_clusters
    0       0.5  0.17  0.83           6
    1       0.0  0.00  0.46           6
    """
    from scipy import sparse

    above = sparse.csc_array(
        np.atleast_2d(numerators) if not sparse.issparse(numerators) else numerators
    )
    n_rows, n_cells = above.shape
    shared = None
    if sparse.issparse(denominators) or np.ndim(denominators) == 2:
        below = sparse.csc_array(denominators)
        if below.shape != above.shape:
            raise ValueError(
                f"denominators: expected the shape {above.shape} of the numerators; "
                f"found {below.shape}"
            )
        negative = bool((below.data < 0).any())
    else:
        shared = np.asarray(denominators, dtype=np.float64)
        if shared.shape != (n_rows,):
            raise ValueError(
                f"denominators: expected one for each of {n_rows} clusters; found {shared.shape}"
            )
        negative = bool((shared < 0).any())
    if negative:
        raise ValueError("denominators: expected none below 0")
    settings: Any = {"n_boot": n_boot, "level": level, "seed": seed, "min_clusters": min_clusters}
    rows, filled = [], np.zeros(n_rows)
    for cell in range(n_cells):
        if shared is None:
            part = slice(below.indptr[cell], below.indptr[cell + 1])
            where, size = below.indices[part], below.data[part].astype(np.float64)
            where, size = where[size > 0], size[size > 0]
        else:
            where = np.flatnonzero(shared)
            size = shared[where]
        part = slice(above.indptr[cell], above.indptr[cell + 1])
        filled[above.indices[part]] = above.data[part]
        rows.append(_ratio(filled[where], size, **settings))
        filled[above.indices[part]] = 0
    result = pd.DataFrame(rows, columns=["estimate", "low", "high", "n_clusters", "reason"])
    return result.astype(
        {
            "estimate": "float64",
            "low": "float64",
            "high": "float64",
            "n_clusters": "int64",
            "reason": "str",
        }
    )


def _ratio(
    above: Floats, below: Floats, *, n_boot: int, level: float, seed: int, min_clusters: int
) -> tuple[float, float, float, int, str]:
    """Estimate, low, high, clusters and reason of one cell."""
    n_clusters = len(below)
    reason = too_few(n_clusters, max(min_clusters, 1))
    estimate = float(above.sum() / below.sum()) if n_clusters else np.nan
    if reason:
        return estimate, np.nan, np.nan, n_clusters, reason
    doubt = ((1 - level) / 2) ** (1 / n_clusters)
    if not above.any():
        return estimate, 0.0, 1 - doubt, n_clusters, ""
    if (above == below).all():
        return estimate, doubt, 1.0, n_clusters, ""
    pairs = Counter(zip(above.tolist(), below.tolist(), strict=True))
    draws = _ratio_draws(pairs, np.random.default_rng(seed), n_boot)
    return estimate, *_percentiles(draws, level), n_clusters, ""


def _ratio_draws(
    pairs: Counter[tuple[float, float]], rng: np.random.Generator, n_boot: int
) -> Floats:
    """Ratios of sums in resamples of clusters, given how many clusters have each pair of sums.

    Clusters with equal pairs are exchangeable, so drawing how often each pair occurs is the same as
    drawing clusters, and it costs next to nothing for thousands of them.
    """
    kinds = sorted(pairs)
    counts = np.array([pairs[kind] for kind in kinds], dtype=np.float64)
    n_clusters = int(counts.sum())
    sums = np.array(kinds)
    step = max(1, _CHUNK // len(kinds))
    parts = []
    for first in range(0, n_boot, step):
        size = min(step, n_boot - first)
        drawn = rng.multinomial(n_clusters, counts / n_clusters, size=size) @ sums
        parts.append(drawn[:, 0] / drawn[:, 1])
    return np.concatenate(parts)


def _median_draws(values: Floats, rng: np.random.Generator, n_boot: int) -> Floats:
    """Medians of resamples where each cluster holds one value."""
    step = max(1, _CHUNK // len(values))
    parts = []
    for first in range(0, n_boot, step):
        size = min(step, n_boot - first)
        parts.append(np.median(values[rng.integers(0, len(values), (size, len(values)))], axis=1))
    return np.concatenate(parts)


def _percentiles(draws: Floats, level: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
