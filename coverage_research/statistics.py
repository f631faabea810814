"""Intervals that respect the stories: one bootstrap for the whole package.

Articles about the same story are not independent, so every interval resamples stories (clusters),
never articles. Where there are too few of them to say anything, the interval is missing and a
sentence says why.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

N_BOOT: Final = 2000
LEVEL: Final = 0.95
MIN_CLUSTERS: Final = 5

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Statistic = str | Callable[[Floats], float]

_NAMED: Final[dict[str, Callable[..., Any]]] = {"mean": np.mean, "median": np.median}
#: Numbers held at once while resampling, so that memory stays flat for large clusters.
_CHUNK: Final = 4_000_000
#: So many of them stay in the caches of a processor.
_NEAR: Final = 100_000


@dataclass(frozen=True)
class Interval:
    """An estimate and its interval; `low` and `high` are NaN where `reason` is not empty."""

    estimate: float
    low: float
    high: float
    n_clusters: int
    reason: str


def too_few(
    n_clusters: int,
    min_clusters: int = MIN_CLUSTERS,
    *,
    what: str = "a bootstrap clustered by story",
) -> str:
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
    return f"{counted}; {what} needs at least {min_clusters}"


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
    """Bootstrap interval of a statistic by expanded percentiles, whole clusters resampled.

    Few clusters vary less in resamples than in truth, so the percentiles lie further out than their
    names say: as far as the interval of a mean by Student's t (Hesterberg 2015). The result depends
    on which values stand together, not on the order of the rows or on the names of the clusters.

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
    Cambridge University Press. Hesterberg, T. C. (2015). What teachers should know about the
    bootstrap. *The American Statistician* 69(4), 371-386.

    Examples
    --------
    >>> cluster_interval([1, 2, 6], ["s1", "s1", "s2"], "median")
    ... # doctest: +NORMALIZE_WHITESPACE
    Interval(estimate=2.0, low=nan, high=nan, n_clusters=2,
             reason='2 stories; a bootstrap clustered by story needs at least 5')
    """
    _check_draws(n_boot, level)
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
        pairs = np.array([(sum(group), float(len(group))) for group in held])
        draws = _ratio_draws(*_kinds(*pairs.T), rng, n_boot)
    elif statistic == "median" and len(pooled) == len(held):
        draws = _median_draws(pooled, rng, n_boot)
    elif statistic == "median":
        draws = _pooled_median_draws(held, rng, n_boot)
    else:
        groups = [np.asarray(group) for group in held]
        draws = np.array(
            [
                compute(np.concatenate([groups[i] for i in rng.integers(0, len(held), len(held))]))
                for _ in range(n_boot)
            ]
        )
    low, high = _percentiles(draws[None], level, np.array([len(held)]))
    return Interval(estimate, float(low[0]), float(high[0]), len(held), "")


def wilson(hits: float, n: float, *, level: float = LEVEL) -> tuple[float, float]:
    """Bounds of the interval of a share of independent cases; 0 and 1 where there are none.

    For scores against hand codes, whose cases are drawn one by one. Shares of articles in stories
    need `ratio_intervals`.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    *Journal of the American Statistical Association* 22(158), 209-212.

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = hits / n
    middle = share + z**2 / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


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
    # Sorting costs most of it; millions of p values of words come sorted.
    rising = bool((values[known][1:] >= values[known][:-1]).all())
    order = known[::-1] if rising else known[np.argsort(-values[known])]
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
    """Ratios of sums over clusters, with expanded percentile intervals, one row per cell.

    The estimate of a cell is the sum of its numerators over the sum of its denominators. Clusters
    are resampled among those with a denominator above 0, for each cell by itself and from the same
    seed, so that a cell's interval does not depend on the other cells or on the order of the rows.

    Where every cluster says all or nothing (numerator 0, or equal to the denominator) and all say
    the same, resampling would show no doubt at all, and where clusters of one size differ, it could
    not show more than that some say this and some that; such a cell has the exact binomial interval
    with clusters as trials.

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
    0       0.5  0.12  0.88           6
    1       0.0  0.00  0.46           6
    """
    _check_draws(n_boot, level)
    from scipy import sparse

    above = sparse.csc_array(
        np.atleast_2d(numerators) if not sparse.issparse(numerators) else numerators
    )
    _check_finite("numerators", above.data)
    n_rows, n_cells = above.shape
    if sparse.issparse(denominators) or np.ndim(denominators) == 2:
        below = sparse.csc_array(denominators)
        if below.shape != above.shape:
            raise ValueError(
                f"denominators: expected the shape {above.shape} of the numerators; "
                f"found {below.shape}"
            )
        _check_denominators(below.data)
    else:
        below = _one_each(denominators, n_rows)
    rng = np.random.default_rng(seed)
    start = rng.bit_generator.state
    estimate, low, high = np.full((3, n_cells), np.nan)
    n_clusters, reasons = np.zeros(n_cells, dtype=np.int64), []
    waiting: dict[int, Floats] = {}
    for cell, (held, size) in enumerate(_cells(above, below)):
        n_clusters[cell] = len(size)
        if len(size):
            estimate[cell] = held.sum() / size.sum()
        reasons.append(too_few(len(size), max(min_clusters, 1)))
        if reasons[-1]:
            continue
        bounds = _exact(held, size, level)
        if bounds:
            low[cell], high[cell] = bounds
        else:
            rng.bit_generator.state = start
            waiting[cell] = _ratio_draws(*_kinds(held, size), rng, n_boot)
        # Percentiles of many cells at once cost less than those of each.
        if len(waiting) * n_boot > _CHUNK:
            _settle(waiting, low, high, level, n_clusters)
    _settle(waiting, low, high, level, n_clusters)
    result = pd.DataFrame(
        {"estimate": estimate, "low": low, "high": high, "n_clusters": n_clusters}
    )
    return result.assign(reason=pd.Series(reasons, dtype="str"))


def shared_ratio_intervals(
    numerators: Any,
    denominators: npt.ArrayLike,
    *,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
    min_clusters: int = MIN_CLUSTERS,
) -> pd.DataFrame:
    """Ratios of sums over clusters for many cells that have the same denominators.

    What `ratio_intervals` gives, but clusters are drawn once for all cells, which is many times
    faster. The draws, not the rest, depend on the order of the clusters: give them in one that
    means something.

    Parameters
    ----------
    numerators : array or scipy sparse array, shape (clusters, cells)
        For a share: articles that have the property.
    denominators : array, shape (clusters,)
        For a share: articles that could have it. Clusters with 0 do not count.
    n_boot, level, seed, min_clusters
        As in `cluster_interval`.

    Returns
    -------
    DataFrame with the columns of `ratio_intervals`, in the order of the cells.

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

    >>> found = shared_ratio_intervals([[1, 0], [0, 0], [1, 0], [0, 0], [1, 0], [0, 0]], [1] * 6)
    >>> found[["estimate", "low", "high", "n_clusters"]].round(2)
       estimate   low  high  n_clusters
    0       0.5  0.12  0.88           6
    1       0.0  0.00  0.46           6
    """
    _check_draws(n_boot, level)
    from scipy import sparse

    above = sparse.csr_array(
        numerators if sparse.issparse(numerators) else np.atleast_2d(numerators), dtype=np.float64
    )
    below = _one_each(denominators, above.shape[0])
    _check_finite("numerators", above.data)
    used = np.flatnonzero(below)
    above, below = above[used], below[used]
    n_clusters, n_cells = above.shape
    sums = np.asarray(above.sum(axis=0), dtype=np.float64)
    estimate = sums / below.sum() if n_clusters else np.full(n_cells, np.nan)
    low, high = np.full(n_cells, np.nan), np.full(n_cells, np.nan)
    reason = too_few(n_clusters, max(min_clusters, 1))
    if not reason:
        held = above.tocoo()
        said, whole = held.data != 0, held.data == below[held.row]
        k, n_whole = (
            np.bincount(held.col, weights=some, minlength=n_cells) for some in (said, said & whole)
        )
        exact = k == n_whole
        if (below != below[0]).any():
            exact &= (k == 0) | (k == n_clusters)
        low[exact], high[exact] = clopper_pearson(k[exact].astype(np.int64), n_clusters, level)
        between = np.flatnonzero(~exact)
        if len(between):
            wanted = above[:, between].T.tocsr()
            rng = np.random.default_rng(seed)
            step = max(1, _NEAR // n_clusters)
            parts = []
            for first in range(0, n_boot, step):
                drawn = _times_drawn(n_clusters, min(step, n_boot - first), rng)
                times = np.ascontiguousarray(drawn.T, dtype=np.float64)
                parts.append((wanted @ times) / (below @ times))
            draws = np.concatenate(parts, axis=1)
            sizes = np.full(len(between), n_clusters)
            low[between], high[between] = _percentiles(draws, level, sizes)
    result = pd.DataFrame(
        {"estimate": estimate, "low": low, "high": high, "n_clusters": n_clusters}
    )
    return result.assign(reason=pd.Series([reason] * n_cells, dtype="str"))


def fieller_intervals(
    numerators: npt.ArrayLike,
    denominators: npt.ArrayLike,
    *,
    largest: npt.ArrayLike = 1.0,
    level: float = LEVEL,
    min_clusters: int = MIN_CLUSTERS,
) -> pd.DataFrame:
    """Ratios of sums over few or very unequal clusters, with intervals from t tests.

    A bootstrap resamples the few clusters that there are and is too sure of itself where one of
    them holds much of all. Here the interval has all ratios r that a t test does not refuse, whose
    cases are numerator - r * denominator of each cluster. The test keeps its level however unequal
    the variances of the clusters are, as long as they are near normal; where little can be
    refused, the interval is as long as the scale.

    Parameters
    ----------
    numerators, denominators : array, shape (clusters, cells)
        From 0. Clusters with a denominator of 0 do not count in a cell.
    largest : float or array, shape (cells,)
        Largest value that the ratio can have; the smallest is 0.
    level : float
        Coverage of the intervals; from .95 upwards it does not rest on equal variances.
    min_clusters : int
        With fewer clusters there is no interval but a reason.

    Returns
    -------
    DataFrame with the columns of `ratio_intervals`, in the order of the cells. A cell of which all
    numerators are 0, or whose ratio is the largest, has the exact interval with clusters as trials.

    Raises
    ------
    ValueError
        If the shapes differ, a number is below 0 or not finite, or a ratio is above `largest`.

    References
    ----------
    Fieller, E. C. (1954). Some problems in interval estimation. *Journal of the Royal Statistical
    Society B* 16(2), 175-185.
    Bakirov, N. K. & Székely, G. J. (2006). Student's t-test for Gaussian scale mixtures. *Journal
    of Mathematical Sciences* 139(3), 6497-6505 (unequal variances).
    Ibragimov, R. & Müller, U. K. (2010). t-statistic based correlation and heterogeneity robust
    inference. *Journal of Business & Economic Statistics* 28(4), 453-468 (few clusters).
    Clopper, C. J. & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
    the case of the binomial. *Biometrika* 26(4), 404-413.

    Examples
    --------
    With equal denominators it is the interval of the mean, 3 -+ 2.776 * sqrt(2.5 / 5).

    >>> found = fieller_intervals([[1], [2], [3], [4], [5]], [[1]] * 5, largest=9)
    >>> found[["estimate", "low", "high"]].round(3).values.tolist()
    [[3.0, 1.037, 4.963]]
    """
    from scipy.stats import t

    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, np.float64)
    if above.ndim != 2 or above.shape != below.shape:
        raise ValueError(
            f"expected tables of clusters and cells of one shape; found {above.shape} and "
            f"{below.shape}"
        )
    check_level(level)
    for name, numbers in (
        ("numerators", above),
        ("denominators", below),
        ("largest", np.asarray(largest)),
    ):
        _check_finite(name, numbers)
        if (numbers < 0).any():
            raise ValueError(f"{name}: expected none below 0")
    used = below > 0
    above = np.where(used, above, 0.0)
    n = used.sum(axis=0)
    top = np.broadcast_to(np.asarray(largest, dtype=np.float64), n.shape)
    a, b = above.sum(axis=0), below.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = a / b
        apart_a, apart_b = (np.where(used, x - x.sum(axis=0) / n, 0.0) for x in (above, below))
        # (a - r b)^2 <= c * sum of squares of what the clusters' a - r b differ from their mean.
        c = t.ppf((1 + level) / 2, n - 1) ** 2 * n / (n - 1)
        square = b**2 - c * (apart_b**2).sum(axis=0)
        middle = a * b - c * (apart_a * apart_b).sum(axis=0)
        inner = middle**2 - square * (a**2 - c * (apart_a**2).sum(axis=0))
        root = np.sqrt(np.maximum(inner, 0.0))
        one, other = (middle - root) / square, (middle + root) / square
        # Else nothing is refused, or what lies between two ratios: then from the least of the scale
        # that is not to the largest.
        bounded, parted = square > 0, (square < 0) & (inner > 0)
        low = np.where(bounded, one, np.where(parted & (other < 0), one, 0.0))
        high = np.where(bounded, other, np.where(parted & (one > top), other, top))
        doubt = ((1 - level) / 2) ** (1 / n)
        none, every = a == 0, np.isclose(estimate, top, rtol=1e-12, atol=0)
        above_top = (estimate > top) & ~every
    if above_top.any():
        worst = float(np.nanmax(estimate[above_top]))
        raise ValueError(f"largest: expected at least every ratio; found a ratio of {worst:g}")
    # Rounding may leave the estimate outside of an interval without length.
    low = np.where(none, 0.0, np.where(every, doubt * top, np.clip(low, 0.0, estimate)))
    high = np.where(none, (1 - doubt) * top, np.where(every, top, np.clip(high, estimate, top)))
    least = max(min_clusters, 2)
    reason = [too_few(int(count), least, what="an interval") for count in n]
    few = np.array([bool(why) for why in reason], dtype=bool)
    result = pd.DataFrame(
        {
            "estimate": estimate,
            "low": np.where(few, np.nan, low),
            "high": np.where(few, np.nan, high),
            "n_clusters": n.astype(np.int64),
        }
    )
    return result.assign(reason=pd.Series(reason, dtype="str"))


def difference_intervals(
    above: npt.ArrayLike,
    below: npt.ArrayLike,
    other_above: npt.ArrayLike,
    other_below: npt.ArrayLike,
    *,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
    min_clusters: int = MIN_CLUSTERS,
) -> pd.DataFrame:
    """Differences of two ratios of sums over clusters, with bootstrap percentile intervals.

    Clusters are resampled for both ratios together, so that what a story does to both cancels.
    Resamples in which a ratio has no denominator are left out.

    Parameters
    ----------
    above, below, other_above, other_below : array, shape (clusters, cells)
        Numerators and denominators of the first and of the second ratio.
    n_boot, level, seed, min_clusters
        As in `cluster_interval`.

    Returns
    -------
    DataFrame, one row per cell: estimate (first ratio less second), low, high, n_clusters and
    reason (why there is no interval, else empty).

    References
    ----------
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> found = difference_intervals([[1], [1], [0]], [[1], [1], [1]], [[0]] * 3, [[1]] * 3)
    >>> found[["estimate", "reason"]].round(3).values.tolist()
    [[0.667, '3 stories; a bootstrap clustered by story needs at least 5']]
    """
    _check_draws(n_boot, level)
    sides = [
        np.asarray(side, dtype=np.float64) for side in (above, below, other_above, other_below)
    ]
    n_clusters, n_cells = sides[0].shape
    with np.errstate(divide="ignore", invalid="ignore"):
        one, one_n, other, other_n = (side.sum(axis=0) for side in sides)
        estimate = one / one_n - other / other_n
        low, high = np.full(n_cells, np.nan), np.full(n_cells, np.nan)
        reason = too_few(n_clusters, max(min_clusters, 1))
        if not reason and n_cells:
            rng = np.random.default_rng(seed)
            step = max(1, _CHUNK // n_clusters)
            even = np.full(n_clusters, 1 / n_clusters)
            parts = []
            for first in range(0, n_boot, step):
                weights = rng.multinomial(n_clusters, even, size=min(step, n_boot - first))
                drawn = [weights @ side for side in sides]
                parts.append(drawn[0] / drawn[1] - drawn[2] / drawn[3])
            draws = np.concatenate(parts)
            usable = ~np.isnan(draws).all(axis=0)
            if usable.any():
                tail = expanded_tail(level, n_clusters)
                low[usable], high[usable] = np.nanquantile(
                    draws[:, usable], [tail, 1 - tail], axis=0
                )
    result = pd.DataFrame(
        {"estimate": estimate, "low": low, "high": high, "n_clusters": n_clusters}
    )
    return result.assign(reason=pd.Series([reason] * n_cells, dtype="str"))


def permuted_sums(
    outcomes: npt.ArrayLike,
    groups: npt.ArrayLike,
    clusters: npt.ArrayLike,
    *,
    n_permutations: int,
    seed: int = 0,
) -> Iterator[Floats]:
    """Sums of outcomes by group when the groups are permuted within each cluster.

    The null distribution of any comparison of groups that differ within stories only.

    Parameters
    ----------
    outcomes : array, shape (units, outcomes)
    groups, clusters : array of int, shape (units,)
        Numbered from 0.
    n_permutations, seed : int
        How many, and the seed of the random numbers.

    Yields
    ------
    array, shape (groups, outcomes)

    References
    ----------
    Good, P. (2005). *Permutation, Parametric and Bootstrap Tests of Hypotheses*. Springer.

    Examples
    --------
    Two articles of one story can only change places; a story of one article stays as it is.

    >>> drawn = permuted_sums([[1], [0], [1]], [0, 1, 1], [0, 0, 1], n_permutations=20)
    >>> sorted({tuple(sums.ravel().tolist()) for sums in drawn})
    [(0.0, 2.0), (1.0, 1.0)]
    """
    from scipy import sparse

    values = np.asarray(outcomes, dtype=np.float64)
    group, cluster = np.asarray(groups, dtype=np.int64), np.asarray(clusters, dtype=np.int64)
    n_groups = int(group.max()) + 1 if len(group) else 0
    by_cluster = pd.Series(group).groupby(cluster)
    movable = (by_cluster.transform("min") != by_cluster.transform("max")).to_numpy(dtype=bool)
    fixed = np.zeros((n_groups, values.shape[1]))
    np.add.at(fixed, group[~movable], values[~movable])
    home = np.argsort(cluster[movable], kind="stable")
    labels, stories = group[movable][home], cluster[movable][home]
    moved = sparse.csr_array(values[movable][home])
    rng = np.random.default_rng(seed)
    ones, units = np.ones(len(labels)), np.arange(len(labels))
    for _ in range(n_permutations):
        order = np.lexsort((rng.random(len(labels)), stories))
        chosen = sparse.coo_array((ones, (labels[order], units)), shape=(n_groups, len(labels)))
        yield fixed + (chosen.tocsr() @ moved).toarray()


def _cells(above: Any, below: Any) -> Iterator[tuple[Floats, Floats]]:
    """Numerators and denominators of each cell, of the clusters with a denominator above 0."""
    shared = below if isinstance(below, np.ndarray) else None
    filled = np.zeros(above.shape[0])
    for cell in range(above.shape[1]):
        if shared is None:
            part = slice(below.indptr[cell], below.indptr[cell + 1])
            where, size = below.indices[part], below.data[part].astype(np.float64)
            where, size = where[size > 0], size[size > 0]
        else:
            where = np.flatnonzero(shared)
            size = shared[where]
        part = slice(above.indptr[cell], above.indptr[cell + 1])
        filled[above.indices[part]] = above.data[part]
        yield filled[where], size
        filled[above.indices[part]] = 0


def _exact(above: Floats, below: Floats, level: float) -> tuple[float, float] | None:
    """Exact bounds with clusters as trials, where each says all or nothing of what it holds.

    Clusters of different sizes are no equal trials, unless all of them say the same.
    """
    n = len(below)
    k = int((above != 0).sum())
    if not ((above == 0) | (above == below)).all():
        return None
    if 0 < k < n and (below != below[0]).any():
        return None
    low, high = clopper_pearson(np.array([k]), n, level)
    return float(low[0]), float(high[0])


def clopper_pearson(k: Ints, n: int, level: float) -> tuple[Floats, Floats]:
    """Exact bounds of the shares of `k` in `n` equal, independent trials.

    Examples
    --------
    >>> low, high = clopper_pearson(np.array([0, 3]), 6, 0.95)
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.0, 0.12], [0.46, 0.88])
    """
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low, high = np.zeros(len(k)), np.ones(len(k))
    some, rest = k > 0, k < n
    low[some] = betaincinv(k[some], n - k[some] + 1, tail)
    high[rest] = betaincinv(k[rest] + 1, n - k[rest], 1 - tail)
    return low, high


def _kinds(above: Floats, below: Floats) -> tuple[Floats, Floats]:
    """The different pairs of sums of clusters, sorted, and how many clusters have each."""
    pairs = np.column_stack([above, below]).view(np.complex128).ravel()
    kinds, counts = np.unique(pairs, return_counts=True)
    return kinds.view(np.float64).reshape(-1, 2), counts.astype(np.float64)


def _ratio_draws(sums: Floats, counts: Floats, rng: np.random.Generator, n_boot: int) -> Floats:
    """Ratios of sums in resamples of clusters, given how many clusters have each pair of sums.

    Clusters with equal pairs are exchangeable, so drawing how often each pair occurs is the same as
    drawing clusters, and it costs next to nothing for thousands of them.
    """
    n_clusters = int(counts.sum())
    step = max(1, _CHUNK // len(sums))
    parts = []
    for first in range(0, n_boot, step):
        size = min(step, n_boot - first)
        drawn = rng.multinomial(n_clusters, counts / n_clusters, size=size) @ sums
        parts.append(drawn[:, 0] / drawn[:, 1])
    return np.concatenate(parts)


def _settle(
    waiting: dict[int, Floats], low: Floats, high: Floats, level: float, n_clusters: Ints
) -> None:
    """Put the percentiles of the draws of each cell in their places."""
    if waiting:
        cells = [*waiting]
        bounds = _percentiles(np.stack([*waiting.values()]), level, n_clusters[cells])
        low[cells], high[cells] = bounds
        waiting.clear()


def _median_draws(values: Floats, rng: np.random.Generator, n_boot: int) -> Floats:
    """Medians of resamples where each cluster holds one value."""
    step = max(1, _CHUNK // len(values))
    parts = []
    for first in range(0, n_boot, step):
        size = min(step, n_boot - first)
        parts.append(np.median(values[rng.integers(0, len(values), (size, len(values)))], axis=1))
    return np.concatenate(parts)


def _pooled_median_draws(
    held: Sequence[tuple[float, ...]], rng: np.random.Generator, n_boot: int
) -> Floats:
    """Medians of the pooled values of resampled clusters.

    How often each cluster was drawn is how often each of its values stands in the pool, so the
    sorted values and running sums of these counts have the median, and nothing need be pooled.
    """
    values = np.array([value for group in held for value in group])
    order = np.argsort(values, kind="stable")
    values = values[order]
    owner = np.repeat(np.arange(len(held)), [len(group) for group in held])[order]
    step = max(1, _CHUNK // len(values))
    parts = []
    for first in range(0, n_boot, step):
        times = _times_drawn(len(held), min(step, n_boot - first), rng)
        below = np.cumsum(times[:, owner], axis=1)
        size = below[:, -1:]
        middle = [(below <= at).sum(axis=1) for at in ((size - 1) // 2, size // 2)]
        parts.append((values[middle[0]] + values[middle[1]]) / 2)
    return np.concatenate(parts)


def _times_drawn(n_clusters: int, size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """How often each cluster stands in each of `size` resamples, resamples x clusters."""
    drawn = rng.integers(0, n_clusters, (size, n_clusters))
    drawn += np.arange(size)[:, None] * n_clusters
    times = np.bincount(drawn.ravel(), minlength=size * n_clusters)
    return times.reshape(size, n_clusters).astype(np.int64, copy=False)


def _check_draws(n_boot: int, level: float) -> None:
    if not n_boot >= 1:
        raise ValueError(f"n_boot: expected at least 1; found {n_boot}")
    check_level(level)


def check_level(level: float) -> None:
    """Refuse a coverage that is no share between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level: expected a share between 0 and 1; found {level}")


def _one_each(denominators: npt.ArrayLike, n_clusters: int) -> Floats:
    """Denominators that all cells share, one for each cluster."""
    below = np.asarray(denominators, dtype=np.float64)
    if below.shape != (n_clusters,):
        raise ValueError(
            f"denominators: expected one for each of {n_clusters} clusters; found {below.shape}"
        )
    _check_denominators(below)
    return below


def _check_denominators(numbers: npt.ArrayLike) -> None:
    _check_finite("denominators", numbers)
    if (np.asarray(numbers) < 0).any():
        raise ValueError("denominators: expected none below 0")


def _check_finite(name: str, numbers: npt.ArrayLike) -> None:
    if not np.isfinite(np.asarray(numbers, dtype=np.float64)).all():
        raise ValueError(f"{name}: expected finite numbers; some are missing or infinite")


def _percentiles(draws: Floats, level: float, n_clusters: Ints) -> tuple[Floats, Floats]:
    """Bounds of each row of draws, expanded for its number of clusters."""
    draws = np.sort(draws, axis=1)
    last = draws.shape[1] - 1
    sizes, place = np.unique(n_clusters, return_inverse=True)
    tails = np.array([expanded_tail(level, int(size)) for size in sizes])[place]
    rows = np.arange(len(draws))

    def at(share: Floats) -> Floats:
        where = share * last
        below = np.minimum(where.astype(np.int64), last)
        above = np.minimum(below + 1, last)
        found: Floats = draws[rows, below]
        found += (draws[rows, above] - found) * (where - below)
        return found

    return at(tails), at(1 - tails)


@functools.lru_cache(maxsize=4096)
def expanded_tail(level: float, n_clusters: int) -> float:
    """Share of the draws beyond either bound: the smaller, the fewer the clusters.

    Draws of few clusters are spread too little, by sqrt(n / (n - 1)), and take their spread as
    known. With these shares the interval of a mean is that of Student's t (Hesterberg 2015).

    Examples
    --------
    >>> round(expanded_tail(0.95, 5), 4), round(expanded_tail(0.95, 1000), 4)
    (0.001, 0.0248)
    """
    if n_clusters < 2:
        return (1 - level) / 2
    from scipy.special import stdtrit

    t = float(stdtrit(n_clusters - 1, (1 - level) / 2))
    return NormalDist().cdf(t * math.sqrt(n_clusters / (n_clusters - 1)))
