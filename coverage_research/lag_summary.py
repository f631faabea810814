"""How fast outlets are: median lags, whether order within stories can explain them, and silence.

A median over the stories that an outlet covered says nothing of those that it did not. Beside it
stands the Kaplan-Meier estimate, in which a story that an outlet has not covered is one that it
had not covered when observation ended.
"""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import (
    COUNT,
    REAL,
    TEXT,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    groups_by,
    plain,
    require_columns,
)
from coverage_research.statistics import (
    LEVEL,
    MIN_CLUSTERS,
    N_BOOT,
    benjamini_hochberg,
    cluster_interval,
    too_few,
)
from coverage_research.stories import story_clusters
from coverage_research.timeline import group_columns, outlet_names, time_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]
Horizon = Literal["corpus", "story"] | float

N_PERMUTATIONS: Final = 999
_HOUR: Final = 3_600_000_000  # microseconds
#: Times that differ by less are the same; hours are quotients of whole microseconds.
_SAME: Final = 1e-9
_NEEDED: Final = (
    "story_id",
    "article_id",
    "outlet",
    "published_at",
    "published_precision",
    "lag_low",
    "lag_high",
    "is_first",
)
_SUMMARY: Final = {
    "n": COUNT,
    "n_stories": COUNT,
    "n_first": COUNT,
    "estimate": REAL,
    "median_low": REAL,
    "median_high": REAL,
    "low": REAL,
    "high": REAL,
    "p": REAL,
    "q": REAL,
    "reason": TEXT,
    "n_observed": COUNT,
    "share_covered": REAL,
    "km_median": REAL,
    "km_low": REAL,
    "km_high": REAL,
    "km_reason": TEXT,
}
_CURVE: Final = {
    "hours": REAL,
    "share": REAL,
    "low": REAL,
    "high": REAL,
    "n_at_risk": COUNT,
    "n_reached": COUNT,
    "reason": TEXT,
}


def arrivals(lags: pd.DataFrame, coverage: pd.DataFrame, *, by: str = "outlet") -> pd.DataFrame:
    """When each group was there with its first article, story by story.

    Stories that list the same dated articles are one story told twice; the first by name stays.

    Parameters
    ----------
    lags : DataFrame
        From `story_lags`.
    coverage : DataFrame
        With story_id and article_id; for the clusters of stories.
    by : str
        Column of `lags` that names the groups. Articles without a value form a group of their own,
        which has a missing name.

    Returns
    -------
    DataFrame with one row per story and group, sorted by both: story_id, `by`, cluster (of stories
    that share articles), article_id (the earliest), n (articles of the group in the story),
    n_articles and n_groups (of the story), begin, end and last (bounds of the moment of arrival in
    microseconds since 1970: `end` closes the interval, `last` is the last moment inside it),
    lag_low and lag_high (hours).

    Raises
    ------
    SchemaError
        If columns are missing, or `lags` has articles that `coverage` lacks.

    Examples
    --------
    >>> from coverage_research.samples import load_sample
    >>> from coverage_research.timeline import story_lags
    >>> sample = load_sample()
    >>> there = arrivals(story_lags(sample.articles, sample.coverage), sample.coverage)
    >>> len(there), there["n"].sum(), there["n_articles"].max()
    (10, np.int64(12), np.int64(12))
    """
    rows = dated(lags, coverage, by=by)
    columns = {
        "story_id": TEXT,
        by: str(rows[by].dtype) if len(rows) else TEXT,
        "cluster": COUNT,
        "article_id": TEXT,
        **dict.fromkeys(("n", "n_articles", "n_groups", "begin", "end", "last"), COUNT),
        "lag_low": REAL,
        "lag_high": REAL,
    }
    if rows.empty:
        return carry(empty(columns), lags, coverage)
    found = rows.groupby(["story_id", by], dropna=False, sort=True).agg(
        cluster=("cluster", "first"),
        article_id=("article_id", "first"),
        n=("article_id", "size"),
        begin=("begin", "min"),
        end=("end", "min"),
        last=("last", "min"),
        lag_low=("lag_low", "min"),
        lag_high=("lag_high", "min"),
    )
    found = found.reset_index()
    per_story = found.groupby("story_id")["n"]
    found["n_articles"] = per_story.transform("sum")
    found["n_groups"] = per_story.transform("size")
    return carry(conform(found, columns), lags, coverage)


def dated(lags: pd.DataFrame, coverage: pd.DataFrame, *, by: str = "outlet") -> pd.DataFrame:
    """Rows of `lags` in the order of time, each story once, with cluster and bounds of time.

    Parameters
    ----------
    lags, coverage, by
        As in `arrivals`.

    Returns
    -------
    DataFrame with the columns of `lags`, cluster, begin, end and last, sorted by story and time.

    Raises
    ------
    SchemaError
        As in `arrivals`.

    Examples
    --------
    >>> from coverage_research.samples import load_sample
    >>> from coverage_research.timeline import story_lags
    >>> sample = load_sample()
    >>> rows = dated(story_lags(sample.articles, sample.coverage), sample.coverage)
    >>> rows["begin"].is_monotonic_increasing
    True
    """
    require_columns(lags, dict.fromkeys((*_NEEDED, by)), "lags (from story_lags)")
    groups_by(by, ("cluster", "begin", "end", "last"))
    clusters = story_clusters(coverage).set_index("article_id")["cluster"]
    unknown = lags.loc[~lags["article_id"].isin(clusters.index), "article_id"].unique()
    if len(unknown):
        raise SchemaError(
            f"lags and coverage: expected every article of lags in coverage; "
            f"{len(unknown)} are not, for instance {unknown[0]}. Was coverage filtered afterwards?"
        )
    rows = plain(lags).drop_duplicates(["story_id", "article_id"])
    held = rows.sort_values("article_id").groupby("story_id")["article_id"].agg(tuple)
    rows = rows[rows["story_id"].isin(held.drop_duplicates().index)]
    begin, end = time_bounds(rows)
    rows = rows.assign(
        cluster=clusters.reindex(rows["article_id"]).to_numpy(dtype=np.int64),
        begin=begin,
        end=end,
        # A day ends before the next begins: its last moment is earlier than the midnight after.
        last=np.where(end > begin, end - 1, end),
    )
    order = ["story_id", "begin", "end", "article_id"]
    return rows.sort_values(order, kind="stable", ignore_index=True)


def lag_summary(
    lags: pd.DataFrame,
    coverage: pd.DataFrame,
    articles: pd.DataFrame | None = None,
    *,
    by: str = "outlet",
    horizon: Horizon = "corpus",
    n_permutations: int = N_PERMUTATIONS,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """How fast each outlet is: its median lag, whether chance explains it, and what it left out.

    **Median.** An outlet's lag in a story is that of its earliest article. Stories with a single
    outlet are left out, since nobody was ahead of anybody. An article that is listed in several
    stories counts once, with its longest lag. Where day-only stamps leave a lag between two bounds,
    the estimate takes the middle, the lower end of the interval rests on the lower bounds and the
    upper end on the upper ones: the interval holds the doubt of the stamps and that of the sample.

    **Permutation.** If an outlet's articles were no faster than the others, they could be any of
    the articles of their stories. The median is compared with those of articles drawn at random
    within each story, as many as the outlet has there. Whatever the stamps leave open counts
    against a difference: an outlet is fast only if it is when its own articles appeared as late as
    they can have, and all others as early. Stories that share articles are drawn together.

    **Kaplan-Meier.** The median leaves out the stories that an outlet never covered. Here they are
    censored when observation ended, which `horizon` says. Of stories that share articles the one
    with most articles stands for all, so that what is counted is independent.

    Parameters
    ----------
    lags : DataFrame
        From `story_lags`.
    coverage : DataFrame
        With story_id and article_id.
    articles : DataFrame, optional
        With article_id, published_at and the column of `by`. An outlet whose article has no time
        covered the story nobody knows when; given the articles, such a story is left out for that
        outlet, and without them it counts as not covered.
    by : str
        Column of `lags` that names the groups.
    horizon : {"corpus", "story"} or float
        When observation of a story ended: with the last dated article of all; with the last of the
        story, which assumes that whoever was not there by then might have come at the usual rate;
        or that many hours after the first, at most until the last of all.
    n_permutations, n_boot, seed : int
        Random draws of the permutation (all possible ones where they are fewer), resamples of the
        bootstrap clustered by story, and the seed.
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame with one row per group, shortest lag first: `by`, outlet_name (if `by` is outlet), n
    (distinct articles), n_stories (clusters of stories), n_first (articles that were certainly
    first), estimate (median, hours), median_low and median_high (the median if all lags had their
    lower or their upper bound), low and high (interval), p (two-sided), q (p adjusted after
    Benjamini and Hochberg), reason (why there is neither interval nor p, else empty), n_observed
    (independent stories that the group could cover), share_covered (of them, 0 to 1), km_median,
    km_low and km_high (hours until it has covered half of all stories; missing if it never does)
    and km_reason.

    Raises
    ------
    SchemaError
        If columns are missing, or `lags` has articles that `coverage` lacks.
    ChoiceError
        If there is no such horizon, or `by` names a column of the result.
    ValueError
        If a number is below 1.

    References
    ----------
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.
    Horowitz, J. L. & Manski, C. F. (2000). Nonparametric analysis of randomized experiments with
    missing covariate and outcome data. *JASA* 95, 77-84 (bounds and sampling error in one).
    Good, P. (2005). *Permutation, Parametric and Bootstrap Tests of Hypotheses*. Springer.
    Phipson, B. & Smyth, G. K. (2010). Permutation p-values should never be zero. *Statistical
    Applications in Genetics and Molecular Biology* 9(1).
    Kaplan, E. L. & Meier, P. (1958). Nonparametric estimation from incomplete observations. *JASA*
    53, 457-481.
    Brookmeyer, R. & Crowley, J. (1982). A confidence interval for the median survival time.
    *Biometrics* 38(1), 29-41.

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> from coverage_research.timeline import story_lags
    >>> demo = load_demo()
    >>> found = lag_summary(story_lags(demo.articles, demo.coverage), demo.coverage)
    >>> found[["outlet_name", "n_stories", "estimate", "share_covered"]].head(2).round(2)
                outlet_name  n_stories  estimate  share_covered
    0      Brannock Gazette          3      3.50            0.5
    1  The Halden Chronicle          6      3.56            1.0
    """
    _check(horizon, n_permutations)
    groups_by(by, ("outlet_name", *_SUMMARY))
    columns = {**group_columns(by), **_SUMMARY}
    rows = dated(lags, coverage, by=by)
    rows = rows[rows.groupby("story_id")["outlet"].transform("nunique") > 1]
    if rows[by].isna().all():
        return carry(empty(columns), lags, coverage)
    there = arrivals(rows, coverage, by=by)
    there = there[there[by].notna()]
    kept = there.sort_values(["lag_high", "lag_low", "story_id"], ascending=False, kind="stable")
    kept = kept.drop_duplicates([by, "article_id"]).sort_values("story_id", kind="stable")
    chances = _Chances(rows, by)
    firsts = rows.loc[rows["is_first"].astype(bool)].groupby(by)["article_id"].nunique()
    settings: Any = {"n_boot": n_boot, "level": level, "seed": seed}
    found = []
    for group, part in kept.groupby(by, sort=True):
        lower = cluster_interval(part["lag_low"], part["cluster"], "median", **settings)
        upper = lower
        if (part["lag_low"] != part["lag_high"]).any():
            upper = cluster_interval(part["lag_high"], part["cluster"], "median", **settings)
        p = np.nan
        if not lower.reason:
            p = chances.p_value(group, part, n_permutations=n_permutations, seed=seed)
        found.append(
            {
                by: group,
                "n_stories": lower.n_clusters,
                "n_first": int(firsts.get(group, 0)),
                "estimate": float(((part["lag_low"] + part["lag_high"]) / 2).median()),
                "median_low": lower.estimate,
                "median_high": upper.estimate,
                "low": lower.low,
                "high": upper.high,
                "p": p,
                "reason": lower.reason,
            }
        )
    result = pd.DataFrame(found)
    result["n"] = result[by].map(rows.groupby(by)["article_id"].nunique())
    result["q"] = benjamini_hochberg(result["p"])
    waits = _waits(rows, coverage, articles, by=by, horizon=horizon)
    reached = [_half(waits[group], level) for group in result[by]]
    result = pd.concat([result, pd.DataFrame(reached)], axis=1)
    if by == "outlet":
        result["outlet_name"] = result[by].map(outlet_names(rows))
    result = result.sort_values(["estimate", by], kind="stable", ignore_index=True)
    return carry(conform(result, columns), lags, coverage)


def lag_curve(
    lags: pd.DataFrame,
    coverage: pd.DataFrame,
    articles: pd.DataFrame | None = None,
    *,
    by: str = "outlet",
    groups: str | Sequence[str] | None = None,
    horizon: Horizon = "corpus",
    level: float = LEVEL,
) -> pd.DataFrame:
    """Share of all stories that an outlet has reached, by hours since their first article.

    The curve of Kaplan and Meier turned upside down. What is counted, and when observation ends,
    is as in `lag_summary`.

    Parameters
    ----------
    lags, coverage, articles, by, horizon, level
        As in `lag_summary`.
    groups : str or sequence of str, optional
        Whose curve; all by default.

    Returns
    -------
    DataFrame with one row per group and moment at which the curve or its bounds can rise, from 0:
    `by`, outlet_name (if `by` is outlet), hours, share (0 to 1; doubtful lags at the middle of
    their bounds), low and high (pointwise interval; low takes the upper bounds of doubtful lags and
    high the lower ones), n_at_risk (stories not reached and still observed just before), n_reached
    (at this moment) and reason (why there is no interval, else empty). Groups in alphabetical order
    or in that of `groups`.

    Raises
    ------
    SchemaError
        If columns are missing, or `lags` has articles that `coverage` lacks.
    ChoiceError
        If there is no such horizon or group.

    References
    ----------
    Kaplan, E. L. & Meier, P. (1958). Nonparametric estimation from incomplete observations. *JASA*
    53, 457-481. Kalbfleisch, J. D. & Prentice, R. L. (2002). *The Statistical Analysis of Failure
    Time Data*, 1.4 (intervals on the scale of log(-log)).

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> from coverage_research.timeline import story_lags
    >>> demo = load_demo()
    >>> curve = lag_curve(story_lags(demo.articles, demo.coverage), demo.coverage)
    >>> curve.groupby("outlet")["share"].max().max()
    np.float64(1.0)
    """
    _check(horizon, 1)
    groups_by(by, ("outlet_name", *_CURVE))
    columns = {**group_columns(by), **_CURVE}
    rows = dated(lags, coverage, by=by)
    rows = rows[rows.groupby("story_id")["outlet"].transform("nunique") > 1]
    known = sorted(rows[by].dropna().unique())
    asked = known if groups is None else [groups] if isinstance(groups, str) else list(groups)
    wrong = [group for group in asked if group not in known]
    if wrong:
        raise ChoiceError(
            f"groups: expected some of {', '.join(map(str, known)) or 'none'}; found "
            f"{', '.join(map(repr, wrong))}"
        )
    if not asked:
        return carry(empty(columns), lags, coverage)
    waits = _waits(rows, coverage, articles, by=by, horizon=horizon)
    result = pd.concat(
        [_points(waits[group], level).assign(**{by: group}) for group in asked], ignore_index=True
    )
    if by == "outlet":
        result["outlet_name"] = result[by].map(outlet_names(rows))
    return carry(conform(result, columns), lags, coverage)


def _check(horizon: Horizon, n_permutations: int) -> None:
    named = isinstance(horizon, str)
    if (named and horizon not in ("corpus", "story")) or (not named and not float(horizon) > 0):
        raise ChoiceError(
            f"horizon: expected 'corpus', 'story' or a number of hours above 0; found {horizon!r}"
        )
    if not n_permutations >= 1:
        raise ValueError(f"n_permutations: expected at least 1; found {n_permutations}")


class _Chances:
    """What the median of a group would be if its articles were any of those of their stories."""

    def __init__(self, rows: pd.DataFrame, by: str) -> None:
        start = rows.groupby("story_id")["begin"].transform("min")
        self._begin = ((rows["begin"] - start) / _HOUR).to_numpy()
        self._end = ((rows["end"] - start) / _HOUR).to_numpy()
        self._group = rows[by].to_numpy(dtype=object)
        self._places = rows.groupby("story_id", sort=False).indices

    def p_value(self, group: Any, part: pd.DataFrame, *, n_permutations: int, seed: int) -> float:
        """Two-sided p of a group, given its rows of arrivals, one per story."""
        clusters = pd.factorize(part["cluster"])[0]
        tails = []
        for late in (True, False):
            # To be called fast a group must be so at its latest, the others being at their
            # earliest; to be called slow, the reverse.
            own, values, weights = self._stories(group, part["story_id"], late=late)
            median = float(np.median(own))
            sizes = [len(choices) for choices in values]
            exact = (
                clusters.max() + 1 == len(clusters)
                and np.log(sizes).sum() <= np.log(n_permutations) + _SAME
            )
            if exact:
                picks = np.array(np.unravel_index(np.arange(np.prod(sizes)), sizes))
                chance = np.prod([w[at] for w, at in zip(weights, picks, strict=True)], axis=0)
            else:
                rng = np.random.default_rng(seed)
                uniform = rng.random((n_permutations, clusters.max() + 1))
                # Stories that share articles rise and fall together.
                picks = np.array(
                    [
                        np.minimum(np.searchsorted(np.cumsum(w), uniform[:, c]), len(w) - 1)
                        for w, c in zip(weights, clusters, strict=True)
                    ]
                )
                chance = np.ones(n_permutations)
            drawn = np.median([v[at] for v, at in zip(values, picks, strict=True)], axis=0)
            beyond = drawn <= median + _SAME if late else drawn >= median - _SAME
            tail = float(chance[beyond].sum())
            tails.append(tail if exact else (tail + 1) / (n_permutations + 1))
        return min(1.0, 2 * min(tails))

    def _stories(
        self, group: Any, stories: pd.Series, *, late: bool
    ) -> tuple[list[float], list[Floats], list[Floats]]:
        """Of each story the group's time, the times it could have, and the chance of each.

        With k of n articles a group is there with the earliest of k: the r-th of all n with the
        chance C(n - r, k - 1) / C(n, k).
        """
        own, values, weights = [], [], []
        for story in stories:
            at = self._places[story]
            mine = self._group[at] == group
            time = np.where(mine == late, self._end[at], self._begin[at])
            n, k = len(at), int(mine.sum())
            own.append(float(time[mine].min()))
            values.append(np.sort(time)[: n - k + 1])
            weights.append(_earliest_of(n, k))
        return own, values, weights


@functools.lru_cache(maxsize=4096)
def _earliest_of(n: int, k: int) -> Floats:
    """Chance that the earliest of k articles drawn from n is the first, second, ... of them."""
    left = np.arange(n, k - 1, -1)  # articles from this one on
    # Of those from it on all k are drawn, given that none is before; then it is one of them.
    before = np.concatenate([[1.0], np.cumprod((left[:-1] - k) / left[:-1])])
    chance: Floats = before * k / left
    return chance


class _Waits(NamedTuple):
    """Hours until a group was there, or until observation ended, one row per independent story."""

    low: Floats
    high: Floats
    follow: Floats  # hours observed
    covered: npt.NDArray[np.bool_]

    def timed(self, which: Literal["low", "middle", "high"]) -> tuple[Floats, npt.NDArray[Any]]:
        """Durations, and whether they end with an article."""
        lag = {"low": self.low, "high": self.high, "middle": (self.low + self.high) / 2}[which]
        seen = self.covered & (lag <= self.follow + _SAME)
        return np.where(seen, lag.round(9), self.follow), seen


def _waits(
    rows: pd.DataFrame,
    coverage: pd.DataFrame,
    articles: pd.DataFrame | None,
    *,
    by: str,
    horizon: Horizon,
) -> dict[Any, _Waits]:
    """Waits of each group over independent stories."""
    stories = rows.groupby("story_id").agg(
        cluster=("cluster", "first"),
        n=("article_id", "nunique"),
        first=("begin", "min"),
        last=("end", "max"),
    )
    # The largest story of a cluster; of equal ones the earliest, whatever they are called.
    largest = stories.assign(n=-stories["n"]).sort_values(["n", "first"], kind="stable")
    stories = stories.loc[largest.drop_duplicates("cluster").index].sort_index()
    until = rows["end"].max() if horizon != "story" else stories["last"]
    follow = ((until - stories["first"]) / _HOUR).round(9)
    if not isinstance(horizon, str):
        follow = follow.clip(upper=float(horizon))
    place = pd.Series(range(len(stories)), index=stories.index)
    there = arrivals(rows[rows["story_id"].isin(stories.index)], coverage, by=by)
    undated = _undated(coverage, articles, by).groupby(by)["story_id"].agg(set)
    waits = {}
    for group in rows[by].dropna().unique():
        part = there[there[by] == group]
        at = place.loc[part["story_id"]].to_numpy()
        low, high = np.full(len(stories), np.inf), np.full(len(stories), np.inf)
        # Hours are quotients of whole microseconds: equal ones must be equal numbers.
        low[at], high[at] = part["lag_low"].round(9), part["lag_high"].round(9)
        covered = np.isfinite(low)
        unknown = ~covered & stories.index.isin(list(undated.get(group, ())))
        waits[group] = _Waits(
            *(array[~unknown] for array in (low, high, follow.to_numpy(), covered))
        )
    return waits


def _undated(coverage: pd.DataFrame, articles: pd.DataFrame | None, by: str) -> pd.DataFrame:
    """Stories and groups with an article of which nobody knows when it appeared."""
    if articles is None:
        return empty({"story_id": TEXT, by: TEXT})
    require_columns(articles, ("article_id", "published_at", by), "articles")
    without = plain(articles).loc[articles["published_at"].isna(), ["article_id", by]]
    return coverage[["story_id", "article_id"]].merge(without, on="article_id")


def _survival(durations: Floats, seen: npt.NDArray[Any], level: float) -> tuple[Any, Any, Any]:
    """Share not yet reached as a step function, with the bounds of its interval."""
    from scipy.stats import CensoredData, ecdf

    curve = ecdf(CensoredData(uncensored=durations[seen], right=durations[~seen])).sf
    with warnings.catch_warnings():
        # Where nothing or everything was reached there is no interval, and it stays missing.
        warnings.simplefilter("ignore", RuntimeWarning)
        bounds = curve.confidence_interval(confidence_level=level, method="log-log")
    return curve, bounds.low, bounds.high


def _half(waits: _Waits, level: float) -> dict[str, Any]:
    """Time until half of the stories are reached, with its interval."""
    n = len(waits.follow)
    found: dict[str, Any] = {
        "n_observed": n,
        "share_covered": float(waits.covered.mean()) if n else np.nan,
        "km_median": np.nan,
        "km_low": np.nan,
        "km_high": np.nan,
        "km_reason": too_few(n),
    }
    if n < MIN_CLUSTERS:
        return found
    middle = _survival(*waits.timed("middle"), level)
    found["km_median"] = _crosses(middle[0])
    found["km_low"] = _crosses(_survival(*waits.timed("low"), level)[1])
    found["km_high"] = _crosses(_survival(*waits.timed("high"), level)[2])
    if np.isnan(found["km_median"]):
        found["km_reason"] = "half of the stories are never reached"
    elif np.isnan(found["km_low"]) or np.isnan(found["km_high"]):
        found["km_reason"] = "too few stories to bound the time on both sides"
    return found


def _crosses(curve: Any) -> float:
    """First time at which a step function is at one half or below; missing if it never is."""
    below = np.flatnonzero(curve.probabilities <= 0.5 + _SAME)
    return float(curve.quantiles[below[0]]) if len(below) else np.nan


def _points(waits: _Waits, level: float) -> pd.DataFrame:
    """The curve of one group."""
    n = len(waits.follow)
    durations, seen = waits.timed("middle")
    times = [np.zeros(1)]
    for which in ("low", "middle", "high"):
        some, ends = waits.timed(which)
        times.append(some[ends])
    hours = np.unique(np.concatenate(times))
    reason = too_few(n)
    table = pd.DataFrame({"hours": hours, "reason": reason})
    table["n_at_risk"] = [int((durations >= hour).sum()) for hour in hours]
    table["n_reached"] = [int((seen & (durations == hour)).sum()) for hour in hours]
    table["share"], table["low"], table["high"] = np.nan, np.nan, np.nan
    if n:
        table["share"] = 1 - _survival(durations, seen, level)[0].evaluate(hours)
    if not reason:
        # Where everything was reached there is no interval, but the share only rises: what bounds
        # it from below does so later, too. Where nothing was, the interval is the exact one.
        low = pd.Series(1 - _survival(*waits.timed("high"), level)[2].evaluate(hours))
        curve, under, _ = _survival(*waits.timed("low"), level)
        left = curve.evaluate(hours)
        none = 1 - ((1 - level) / 2) ** (1 / table["n_at_risk"].clip(lower=1))
        high = pd.Series(1 - under.evaluate(hours))
        high = high.mask(left <= _SAME, 1.0).mask(left >= 1 - _SAME, none)
        # Stamps of a day can put the middle curve beyond the bound of an outer one for a while.
        table["low"] = np.fmin(low.ffill().fillna(0.0), table["share"])
        table["high"] = np.fmax(high, table["share"])
    return table
