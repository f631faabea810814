"""Who breaks stories, and who comes before whom.

`first_movers` compares how many stories an outlet broke with what a random order would give it.
`precedence` orders outlets by whom they are earlier than when both cover the same story.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.lag_summary import N_PERMUTATIONS, arrivals, dated
from coverage_research.schema import (
    COUNT,
    REAL,
    TEXT,
    ChoiceError,
    carry,
    conform,
    empty,
    groups_by,
)
from coverage_research.statistics import (
    LEVEL,
    benjamini_hochberg,
    check_level,
    fieller_intervals,
    too_few,
)
from coverage_research.timeline import group_columns, outlet_names

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Ties = Literal["half", "omit"]

#: With clusters so unequal that they say no more than this many equal ones there is no interval.
MIN_EFFECTIVE: Final = 3.0
#: A tie with an outlet of average strength for each outlet, so that strengths stay finite.
PRIOR: Final = 1.0
_STEPS: Final = 50
_CHUNK: Final = 2_000_000
_MOVERS: Final = {
    "n": COUNT,
    "n_stories": COUNT,
    "n_races": COUNT,
    "n_first": COUNT,
    "n_possible": COUNT,
    "share_low": REAL,
    "share_high": REAL,
    "expected": REAL,
    "estimate": REAL,
    "low": REAL,
    "high": REAL,
    "p": REAL,
    "q": REAL,
    "reason": TEXT,
}
_PRECEDENCE: Final = {
    "n": COUNT,
    "n_stories": COUNT,
    "n_matches": COUNT,
    "wins": COUNT,
    "losses": COUNT,
    "ties": COUNT,
    "estimate": REAL,
    "low": REAL,
    "high": REAL,
    "reason": TEXT,
}
_PAIRS: Final = {
    "n": COUNT,
    "n_stories": COUNT,
    "wins": COUNT,
    "losses": COUNT,
    "ties": COUNT,
    "estimate": REAL,
}


def first_movers(
    lags: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str = "outlet",
    n_permutations: int = N_PERMUTATIONS,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare how many stories each outlet broke with what a random order would give it.

    A race is a story with articles of at least two outlets. If the order of its articles were
    random, each would be the first with the same chance, so an outlet with k of n articles would
    break it with the chance k / n. The estimate is the number of races that the outlet won over
    the sum of these chances: above 1 it is first more often than its share of articles explains.

    An outlet won a race for certain if no other can have been earlier, and possibly if none
    certainly was. The estimate takes the middle, the interval holds both, and p is the largest
    that the stamps allow: nobody is a first mover on the strength of a day alone.

    Stories that list the same dated articles are one race. Stories that share some of them are
    races of their own, but one case for the interval, and in the random order an article that
    stands in several has one place, so that who is first in one is likely to be so in the other.

    The interval holds the ratios that a score test does not refuse, after which races are won
    independently of each other. Of outlets with several races in a cluster of stories that share
    articles, it also holds those that a t test over clusters does not refuse; these may be few and
    of any size. Where one has most of the races, it can be as long as the scale, from none to all.

    Parameters
    ----------
    lags : DataFrame
        From `story_lags`. Articles without a time are not in it, and could have been first.
    coverage : DataFrame
        With story_id and article_id; for the clusters of stories.
    by : str
        Column of `lags` that names the groups.
    n_permutations, seed : int
        Random orders, and their seed; needed only for outlets in stories that share articles, since
        p is exact for all others.
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame with one row per group, largest estimate first: `by`, outlet_name (if `by` is outlet),
    n (distinct articles in races), n_stories (clusters of stories), n_races, n_first (races
    certainly won), n_possible (these and the ones possibly won), share_low and share_high (of the
    races, 0 to 1), expected (races won in a random order), estimate (ratio of won to expected), low
    and high (its interval), p (two-sided), q (p adjusted after Benjamini and Hochberg) and reason
    (why there is neither interval nor p, else empty).

    Raises
    ------
    SchemaError
        If columns are missing, or `lags` has articles that `coverage` lacks.
    ChoiceError
        If `by` names a column of the result.
    ValueError
        If a number is below 1.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    *Journal of the American Statistical Association* 22(158), 209-212 (score test).
    Fieller, E. C. (1954). Some problems in interval estimation. *Journal of the Royal Statistical
    Society B* 16(2), 175-185.
    Ibragimov, R. & Müller, U. K. (2010). t-statistic based correlation and heterogeneity robust
    inference. *Journal of Business & Economic Statistics* 28(4), 453-468 (few, unequal clusters).
    Wang, Y. H. (1993). On the number of successes in independent trials. *Statistica Sinica* 3(2),
    295-312 (exact distribution, Poisson's binomial).
    Horowitz, J. L. & Manski, C. F. (2000). Nonparametric analysis of randomized experiments with
    missing covariate and outcome data. *JASA* 95, 77-84.
    Phipson, B. & Smyth, G. K. (2010). Permutation p-values should never be zero. *Statistical
    Applications in Genetics and Molecular Biology* 9(1).

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> from coverage_research.timeline import story_lags
    >>> demo = load_demo()
    >>> found = first_movers(story_lags(demo.articles, demo.coverage), demo.coverage)
    >>> found[["outlet_name", "n_races", "n_first", "n_possible", "expected"]].head(1).round(2)
        outlet_name  n_races  n_first  n_possible  expected
    0  Node & Wafer        6        2           2      0.67
    """
    check_level(level)
    if not n_permutations >= 1:
        raise ValueError(f"n_permutations: expected at least 1; found {n_permutations}")
    groups_by(by, ("outlet_name", "cluster", *_MOVERS))
    columns = {**group_columns(by), **_MOVERS}
    there = arrivals(lags, coverage, by=by)
    races = there[there["n_groups"] > 1].reset_index(drop=True)
    if races[by].isna().all():
        return carry(empty(columns), lags, coverage)
    group, names = pd.factorize(races[by], sort=True)
    races["chance"] = races["n"] / races["n_articles"]
    races["sure"], races["open"] = _won(races)
    cluster = pd.factorize(races["cluster"], sort=True)[0]
    known = group >= 0

    def by_cluster(values: Any) -> Floats:
        table = np.zeros((cluster.max() + 1, len(names)))
        np.add.at(table, (cluster[known], group[known]), np.asarray(values, dtype=float)[known])
        return table

    sure, possible, ran, chance, squares = (
        by_cluster(values)
        for values in (races["sure"], races["open"], known, races["chance"], races["chance"] ** 2)
    )
    result = pd.DataFrame({by: names})
    result["n_races"] = ran.sum(axis=0).astype(np.int64)
    result["n_first"] = sure.sum(axis=0).astype(np.int64)
    result["n_possible"] = possible.sum(axis=0).astype(np.int64)
    result["expected"] = chance.sum(axis=0)
    # Who won none or all has the exact interval of the share, in units of the ratio.
    most = result["n_races"] / result["expected"]
    lower = fieller_intervals(sure, chance, largest=most, level=level)
    upper = fieller_intervals(possible, chance, largest=most, level=level)
    result["share_low"] = sure.sum(axis=0) / ran.sum(axis=0)
    result["share_high"] = possible.sum(axis=0) / ran.sum(axis=0)
    result["estimate"] = (lower["estimate"] + upper["estimate"]) / 2
    score_low, score_high = (
        _score_bounds(won.sum(axis=0), chance.sum(axis=0), squares.sum(axis=0), level)[side]
        for side, won in enumerate((sure, possible))
    )
    tangled, none = (ran > 1).any(axis=0), possible.sum(axis=0) == 0
    whole = [(won == ran).all(axis=0) for won in (sure, possible)]
    low, high = lower["low"].to_numpy(), upper["high"].to_numpy()
    result["low"] = np.where(tangled | whole[0], np.minimum(low, score_low), score_low)
    result["high"] = np.where(
        tangled | none | whole[1], np.maximum(high, score_high), score_high
    ).clip(max=most)
    result.loc[lower["reason"] != "", ["low", "high"]] = np.nan
    result["n_stories"], result["reason"] = lower["n_clusters"], lower["reason"]
    result["p"] = _p_values(
        dated(lags, coverage, by=by), races, by, names, n_permutations=n_permutations, seed=seed
    )
    result["p"] = result["p"].where(result["reason"] == "")
    result["q"] = benjamini_hochberg(result["p"])
    result["n"] = _n_articles(lags, races, by, names)
    if by == "outlet":
        result["outlet_name"] = result[by].map(outlet_names(lags))
    result = result.sort_values(
        ["estimate", "n_first", "expected", by],
        ascending=[False, False, False, True],
        kind="stable",
        ignore_index=True,
    )
    return carry(conform(result, columns), lags, coverage)


def _won(races: pd.DataFrame) -> tuple[Any, Any]:
    """Whether each group was certainly, and whether it was possibly the first of its story."""
    per_story = races.groupby("story_id")
    soonest = per_story["last"].transform("min")  # by then somebody was there
    possible = races["begin"] <= soonest
    # Alone in this: everybody else begins after somebody's, and that is the group's own, last.
    return possible & (possible.groupby(races["story_id"]).transform("sum") == 1), possible


def _score_bounds(
    won: Floats, expected: Floats, squares: Floats, level: float
) -> tuple[Floats, Floats]:
    """Bounds of the ratio r of races won to expected, if they are won independently.

    A race with the chance c is won with r c, so the variance of all is r sum(c) - r² sum(c²); the
    bounds are where the difference from r sum(c) is as large as a normal one of it may be.
    """
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    square, middle = expected**2 + z2 * squares, 2 * won * expected + z2 * expected
    root = np.sqrt(np.maximum(middle**2 - 4 * square * won**2, 0.0))
    return (middle - root) / (2 * square), (middle + root) / (2 * square)


def _n_articles(lags: pd.DataFrame, races: pd.DataFrame, by: str, names: Any) -> Ints:
    """Distinct articles of each group in the stories of the table."""
    rows = lags[lags["story_id"].isin(races["story_id"])]
    counted = rows.groupby(by)["article_id"].nunique()
    return np.asarray(counted.reindex(names).fillna(0), dtype=np.int64)


def _p_values(
    rows: pd.DataFrame,
    races: pd.DataFrame,
    by: str,
    names: Any,
    *,
    n_permutations: int,
    seed: int,
) -> Floats:
    """Two-sided p of each group's number of races won, the largest that the stamps allow."""
    n_stories = races.groupby("cluster")["story_id"].transform("nunique")
    tangled = set(races.loc[n_stories > 1, by].dropna())
    p = np.full(len(names), np.nan)
    parts = dict(list(races.groupby(by)))
    for place, name in enumerate(names):
        if name in tangled:
            continue
        part = parts[name]
        chances = np.ones(1)
        for chance in part["chance"].sort_values():
            chances = np.convolve(chances, [1 - chance, chance])
        over, under = chances[int(part["sure"].sum()) :], chances[: int(part["open"].sum()) + 1]
        p[place] = min(1.0, 2 * min(over.sum(), under.sum()))
    if not tangled:
        return p
    rows = rows[rows["story_id"].isin(races["story_id"])]
    wins = _random_wins(rows, by, names, n_permutations=n_permutations, seed=seed)
    for place, name in enumerate(names):
        if name in tangled:
            part = parts[name]
            over = 1 + (wins[:, place] >= part["sure"].sum()).sum()
            under = 1 + (wins[:, place] <= part["open"].sum()).sum()
            p[place] = min(1.0, 2 * min(over, under) / (n_permutations + 1))
    return p


def _random_wins(
    rows: pd.DataFrame, by: str, names: Any, *, n_permutations: int, seed: int
) -> Ints:
    """Races won by each group in random orders of all articles."""
    rows = rows.sort_values(["story_id", "article_id"], kind="stable")
    article, articles = pd.factorize(rows["article_id"], sort=True)
    group = pd.Index(names).get_indexer(rows[by])
    story = pd.factorize(rows["story_id"])[0]
    starts = np.flatnonzero(np.diff(story, prepend=-1))
    rng = np.random.default_rng(seed)
    wins = np.zeros((n_permutations, len(names)), dtype=np.int64)
    for draw in range(n_permutations):
        place = rng.random(len(articles))[article]
        first = place == np.minimum.reduceat(place, starts)[story]
        won = group[first]
        wins[draw] = np.bincount(won[won >= 0], minlength=len(names))
    return wins


def precedence(
    lags: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str = "outlet",
    ties: Ties = "half",
    prior: float = PRIOR,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Order outlets by whom they are earlier than, after Bradley and Terry.

    Each story is a match of every two outlets that cover it, and the one whose first article is
    certainly earlier wins it. The strengths are those with which outlet i beats outlet j with the
    chance 1 / (1 + exp(j - i)): a difference of 1 means odds of 2.7 to 1. Unlike a median lag, a
    strength takes account of the company in which an outlet was early or late.

    Strengths exist among outlets each of which has come before each other, if only by way of third
    ones; outlets outside the largest such set have a reason and no strength. Within it, each has
    one tie with an outlet of average strength added (`prior`), so that strengths stay finite
    whatever story is left out, and a little nearer to 0 than without.

    The interval is the estimate with a multiple of its jackknife error, for which each cluster of
    stories that share articles is left out in turn. The multiple is that of Student's t for as many
    clusters as the outlet's are worth: k clusters with m matches each count as k, unequal ones as
    (sum of m)² / sum of m². With less than five clusters, or worth less than three, there is none.

    Parameters
    ----------
    lags : DataFrame
        From `story_lags`.
    coverage : DataFrame
        With story_id and article_id; for the clusters of stories.
    by : str
        Column of `lags` that names the groups.
    ties : {"half", "omit"}
        What a match counts that the stamps do not decide: half a win for each, or nothing.
    prior : float
        Number of added ties; with 0, plain maximum likelihood, and no intervals.
    level : float
        Coverage of the intervals.

    Returns
    -------
    DataFrame with one row per group, strongest first and those without a strength last: `by`,
    outlet_name (if `by` is outlet), n (distinct articles in stories with another group), n_stories
    (clusters of stories), n_matches, wins, losses, ties (not decided by the stamps; they are listed
    with any setting of `ties`), estimate (strength, log-odds, sum 0), low, high and reason (why
    there is no strength or interval, else empty).

    Raises
    ------
    SchemaError
        If columns are missing, or `lags` has articles that `coverage` lacks.
    ChoiceError
        If there is no such way to count ties, or `by` names a column of the result.
    ValueError
        If `prior` is below 0.

    References
    ----------
    Bradley, R. A. & Terry, M. E. (1952). Rank analysis of incomplete block designs: I. The method
    of paired comparisons. *Biometrika* 39(3/4), 324-345.
    Ford, L. R. (1957). Solution of a ranking problem from binary comparisons. *American
    Mathematical Monthly* 64(8), 28-33 (when strengths exist).
    Efron, B. & Tibshirani, R. J. (1993). *An Introduction to the Bootstrap*, 11. Chapman & Hall.
    MacKinnon, J. G., Nielsen, M. Ø. & Webb, M. D. (2024). Cluster-robust jackknife and bootstrap
    inference for logistic regression models. arXiv:2406.00650.
    Carter, A. V., Schnepel, K. T. & Steigerwald, D. G. (2017). Asymptotic behavior of a t-test
    robust to cluster heterogeneity. *Review of Economics and Statistics* 99(4), 698-709.
    Caron, F. & Doucet, A. (2012). Efficient Bayesian inference for generalized Bradley-Terry
    models. *Journal of Computational and Graphical Statistics* 21(1), 174-196 (priors).

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> from coverage_research.timeline import story_lags
    >>> demo = load_demo()
    >>> found = precedence(story_lags(demo.articles, demo.coverage), demo.coverage)
    >>> found[["outlet_name", "n_matches", "wins", "ties", "estimate"]].head(1).round(1)
                outlet_name  n_matches  wins  ties  estimate
    0  The Halden Chronicle         35    29     2       1.4
    """
    check_level(level)
    if ties not in ("half", "omit"):
        raise ChoiceError(f"ties: expected 'half' or 'omit'; found {ties!r}")
    if not prior >= 0:
        raise ValueError(f"prior: expected at least 0; found {prior}")
    groups_by(by, ("outlet_name", "cluster", *_PRECEDENCE))
    columns = {**group_columns(by), **_PRECEDENCE}
    races, names, matches = _matches(lags, coverage, by)
    if not len(names):
        return carry(empty(columns), lags, coverage)
    n = len(names)
    one, two, outcome, cluster = (matches[name].to_numpy() for name in _MATCH)
    result = pd.DataFrame({by: names})
    result["wins"] = _tally(one, outcome == 1, n) + _tally(two, outcome == -1, n)
    result["losses"] = _tally(one, outcome == -1, n) + _tally(two, outcome == 1, n)
    result["ties"] = _tally(one, outcome == 0, n) + _tally(two, outcome == 0, n)
    result["n_matches"] = result[["wins", "losses", "ties"]].sum(axis=1)
    both = pd.DataFrame({"group": np.append(one, two), "cluster": np.append(cluster, cluster)})
    result["n_stories"] = both.groupby("group")["cluster"].nunique().reindex(range(n), fill_value=0)
    result["n"] = _n_articles(lags, races, by, names)
    counted = matches[outcome != 0] if ties == "omit" else matches
    fitted = _strengths(counted, n, prior=prior, level=level)
    result = pd.concat([result, fitted], axis=1)
    if by == "outlet":
        result["outlet_name"] = result[by].map(outlet_names(lags))
    result = result.sort_values(
        ["estimate", by], ascending=[False, True], kind="stable", ignore_index=True
    )
    return carry(conform(result, columns), lags, coverage)


def precedence_pairs(
    lags: pd.DataFrame, coverage: pd.DataFrame, *, by: str = "outlet"
) -> pd.DataFrame:
    """How often each outlet came before each other one, over the stories that both cover.

    Parameters
    ----------
    lags, coverage, by
        As in `precedence`.

    Returns
    -------
    DataFrame with one row per ordered pair of groups with a story in common, in alphabetical order:
    `by`, outlet_name (if `by` is outlet), other, other_name (likewise), n (stories that both
    cover), n_stories (clusters of these), wins (the group was certainly earlier), losses, ties (not
    decided by the stamps) and estimate (share of wins, ties counting half, 0 to 1).

    Raises
    ------
    SchemaError
        If columns are missing, or `lags` has articles that `coverage` lacks.
    ChoiceError
        If `by` names a column of the result.

    References
    ----------
    Bradley, R. A. & Terry, M. E. (1952). Rank analysis of incomplete block designs: I. The method
    of paired comparisons. *Biometrika* 39(3/4), 324-345.

    Examples
    --------
    >>> from coverage_research.samples import load_sample
    >>> from coverage_research.timeline import story_lags
    >>> sample = load_sample()
    >>> pairs = precedence_pairs(story_lags(sample.articles, sample.coverage), sample.coverage)
    >>> len(pairs), pairs["wins"].sum(), pairs["losses"].sum(), pairs["ties"].sum()
    (90, np.int64(45), np.int64(45), np.int64(0))
    """
    more = {"outlet_name": TEXT, "other": TEXT, "other_name": TEXT}
    groups_by(by, ("cluster", *more, *_PAIRS))
    if by != "outlet":
        more = {"other": TEXT}
    columns = {by: TEXT, **more, **_PAIRS}
    _, names, matches = _matches(lags, coverage, by)
    if matches.empty:
        return carry(empty(columns), lags, coverage)
    turned = matches.rename(columns={"one": "two", "two": "one"})
    turned["outcome"] = -turned["outcome"]
    both = pd.concat([matches, turned], ignore_index=True)
    both = both.assign(wins=both["outcome"] == 1, losses=both["outcome"] == -1)
    found = both.groupby(["one", "two"]).agg(
        n=("outcome", "size"),
        n_stories=("cluster", "nunique"),
        wins=("wins", "sum"),
        losses=("losses", "sum"),
    )
    found = found.reset_index()
    found["ties"] = found["n"] - found["wins"] - found["losses"]
    found["estimate"] = (found["wins"] + found["ties"] / 2) / found["n"]
    found[by], found["other"] = names[found["one"]], names[found["two"]]
    if by == "outlet":
        readable = outlet_names(lags)
        found["outlet_name"], found["other_name"] = (
            found[name].map(readable) for name in ("outlet", "other")
        )
    result = found.drop(columns=["one", "two"])
    return carry(conform(result, columns), lags, coverage)


def bradley_terry(wins: npt.ArrayLike, *, prior: float = 0.0) -> Floats:
    """Strengths of players from a table of wins.

    Parameters
    ----------
    wins : array, shape (n, n)
        How often the player of the row beat that of the column; a tie is half a win for both.
    prior : float
        Number of ties with a player of average strength that each player is given.

    Returns
    -------
    array of float, shape (n,)
        Log-odds, sum 0. Missing where, without a prior, they do not exist: outside the largest set
        of players each of whom has beaten each other, if only by way of third ones.

    Raises
    ------
    ValueError
        If the table is not square or has numbers below 0, or `prior` is below 0.

    References
    ----------
    Bradley, R. A. & Terry, M. E. (1952). Rank analysis of incomplete block designs: I. The method
    of paired comparisons. *Biometrika* 39(3/4), 324-345.

    Examples
    --------
    Three wins to one are odds of 3, half of their logarithm on each side of 0.

    >>> bradley_terry([[0, 3], [1, 0]]).round(3).tolist()
    [0.549, -0.549]
    """
    table = np.asarray(wins, dtype=np.float64)
    shaped = table.ndim == 2 and table.shape[0] == table.shape[1]
    if not shaped or not (table >= 0).all() or not np.isfinite(table).all():
        raise ValueError("wins: expected a square table of finite numbers from 0")
    if not 0 <= prior < np.inf:
        raise ValueError(f"prior: expected a number from 0; found {prior}")
    strengths = np.full(len(table), np.nan)
    if not len(table):
        return strengths
    inside = np.arange(len(table)) if prior else _connected(table)
    one, two = np.nonzero(np.triu((table + table.T)[np.ix_(inside, inside)], 1))
    if len(inside) > 1 or prior:
        cut = table[np.ix_(inside, inside)]
        start = np.zeros(len(inside))
        strengths[inside] = _fit(
            cut[one, two][None], cut[two, one][None], one, two, prior=prior, start=start
        )[0]
    return strengths


_MATCH: Final = ("one", "two", "outcome", "cluster")


def _tally(players: Ints, counted: npt.NDArray[np.bool_], n: int) -> Ints:
    return np.bincount(players[counted], minlength=n).astype(np.int64)


def _matches(
    lags: pd.DataFrame, coverage: pd.DataFrame, by: str
) -> tuple[pd.DataFrame, Any, pd.DataFrame]:
    """Arrivals in stories of several groups, the names, and one row per story and two groups.

    The outcome is 1 if the first of the two, in the order of the names, was certainly earlier, -1
    if the second was, and 0 if the stamps do not say.
    """
    there = arrivals(lags, coverage, by=by)
    there = there[there[by].notna()]
    races = there[there.groupby("story_id")[by].transform("size") > 1].reset_index(drop=True)
    races["player"], names = pd.factorize(races[by], sort=True)
    parts: list[Ints] = []
    for at in races.groupby("story_id", sort=True).indices.values():
        first, second = np.triu_indices(len(at), 1)
        parts.append(np.column_stack([at[first], at[second]]))
    pairs = np.concatenate(parts) if parts else np.zeros((0, 2), dtype=np.int64)
    begin, last = races["begin"].to_numpy(), races["last"].to_numpy()
    one, two = pairs[:, 0], pairs[:, 1]
    earlier, later = last[one] < begin[two], last[two] < begin[one]
    player = races["player"].to_numpy()
    matches = pd.DataFrame(
        {
            "one": player[one],
            "two": player[two],
            "outcome": earlier.astype(np.int64) - later,
            "cluster": races["cluster"].to_numpy()[one],
        }
    )
    return races, names, matches


def _connected(wins: Any) -> Ints:
    """Players of the largest set in which each has beaten each other by way of some; sorted."""
    from scipy import sparse
    from scipy.sparse import csgraph

    label = csgraph.connected_components(sparse.csr_array(wins > 0), connection="strong")[1]
    sizes = np.bincount(label)
    # Of equally large sets the one with most matches.
    played = np.bincount(label, weights=np.asarray(wins.sum(axis=0) + wins.sum(axis=1)))
    best = max(range(len(sizes)), key=lambda part: (sizes[part], played[part]))
    return np.flatnonzero(label == best)


def _strengths(matches: pd.DataFrame, n: int, *, prior: float, level: float) -> pd.DataFrame:
    """Estimate, low, high and reason of each player."""
    from scipy import sparse

    result = pd.DataFrame({name: np.full(n, np.nan) for name in ("estimate", "low", "high")})
    one, two, outcome, cluster = (matches[name].to_numpy() for name in _MATCH)
    wins = np.zeros((n, n))
    np.add.at(wins, (one, two), (1 + outcome) / 2)
    np.add.at(wins, (two, one), (1 - outcome) / 2)
    inside = _connected(wins)
    if len(inside) == 1:
        inside = inside[:0]
    played, won, lost = wins.sum(axis=0) + wins.sum(axis=1), wins.sum(axis=1), wins.sum(axis=0)
    reason = np.where(
        played == 0,
        "no match that the stamps decide",
        np.where(
            won == 0,
            "never earlier than another",
            np.where(
                lost == 0,
                "never later than another",
                "not linked by wins and losses to the largest set of outlets",
            ),
        ),
    ).astype(object)
    if len(inside):
        place = np.full(n, -1)
        place[inside] = np.arange(len(inside))
        used = (place[one] >= 0) & (place[two] >= 0)
        one, two, outcome = place[one[used]], place[two[used]], outcome[used]
        stories = pd.factorize(cluster[used], sort=True)[0]
        pair, pairs = pd.factorize(one * len(inside) + two, sort=True)
        first, second = np.divmod(np.asarray(pairs), len(inside))
        shape = (int(stories.max()) + 1, len(pairs))
        above, below = (
            sparse.coo_array(((1 + sign * outcome) / 2, (stories, pair)), shape=shape).tocsr()
            for sign in (1, -1)
        )
        start = np.zeros(len(inside))
        sums = [np.asarray(side.sum(axis=0))[None] for side in (above, below)]
        fitted = _fit(sums[0], sums[1], first, second, prior=prior, start=start)[0]
        result.loc[inside, "estimate"] = fitted
        n_own, effective = _worth(above + below, first, second, len(inside))
        why = [
            too_few(int(own), what="an interval") or _unequal(worth)
            for own, worth in zip(n_own, effective, strict=True)
        ]
        if not prior:
            why = ["without a prior a strength need not exist where a story is left out"] * len(why)
        reason[inside] = why
        sure = np.array([not sentence for sentence in why])
        if sure.any():
            from scipy.stats import t

            squares, step = (
                np.zeros(len(inside)),
                max(1, _CHUNK // max(len(inside) ** 2, len(pairs))),
            )
            for begin in range(0, shape[0], step):
                left = [
                    total - side[begin : begin + step].toarray()
                    for total, side in zip(sums, (above, below), strict=True)
                ]
                without = _fit(left[0], left[1], first, second, prior=prior, start=fitted)
                squares += ((without - fitted) ** 2).sum(axis=0)
            error = np.sqrt((shape[0] - 1) / shape[0] * squares)
            half = np.where(sure, t.ppf((1 + level) / 2, effective - 1) * error, np.nan)
            result.loc[inside, "low"], result.loc[inside, "high"] = fitted - half, fitted + half
    return result.assign(reason=reason)


def _worth(matches: Any, one: Ints, two: Ints, n: int) -> tuple[Ints, Floats]:
    """Clusters in which each player has matches, and how many equal ones these are worth.

    `matches` has the numbers by cluster and pair, sparse.
    """
    from scipy import sparse

    pair = np.arange(len(one))
    ends = sparse.csr_array(
        (np.ones(2 * len(one)), (np.append(pair, pair), np.append(one, two))), shape=(len(one), n)
    )
    played = sparse.csc_array(matches @ ends)
    own = np.diff(played.indptr)
    worth = np.asarray(played.sum(axis=0)) ** 2 / np.asarray(played.multiply(played).sum(axis=0))
    return own.astype(np.int64), worth


def _unequal(effective: float) -> str:
    """Say why there is no interval where a few clusters have most matches; else nothing."""
    if effective >= MIN_EFFECTIVE:
        return ""
    return (
        f"most matches are in few clusters of stories that share articles, worth {effective:.1f} "
        f"equal ones; an interval needs at least {MIN_EFFECTIVE:g}"
    )


def _fit(
    wins: Floats, losses: Floats, one: Ints, two: Ints, *, prior: float, start: Floats
) -> Floats:
    """Strengths by Newton's method for many tables at once, one row each of wins and losses.

    Column k holds the wins of player ``one[k]`` over ``two[k]`` and those of the second over the
    first.
    """
    from scipy import sparse

    n_tables, n = len(wins), len(start)
    strength = np.tile(start, (n_tables, 1))
    played = wins + losses
    signs = np.concatenate([np.ones(len(one)), -np.ones(len(two))])
    at = np.arange(len(one))
    incidence = sparse.csr_array(
        (signs, (np.append(one, two), np.append(at, at))), shape=(n, len(one))
    )
    diagonal = np.arange(n)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(strength[:, two] - strength[:, one]))
        level = 1 / (1 + np.exp(-strength))
        slope = (incidence @ (wins - played * chance).T).T + prior * (0.5 - level)
        weight = played * chance * (1 - chance)
        curve = np.zeros((n_tables, n, n))
        curve[:, one, two] = curve[:, two, one] = -weight
        curve[:, diagonal, diagonal] = (abs(incidence) @ weight.T).T + prior * level * (1 - level)
        if not prior:
            curve += 1 / n  # only differences count: the level is free, and stays
        move = np.linalg.solve(curve, slope[..., None])[..., 0]
        largest = np.abs(move).max()
        strength += np.clip(move, -2, 2)
        if largest < 1e-9:
            break
    centred: Floats = strength - strength.mean(axis=1, keepdims=True)
    return centred
