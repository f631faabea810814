"""On whose word each outlet's coverage stands: shares, diversity, and how sources are presented.

`source_shares` gives shares of types of sources with intervals, `source_diversity` says how evenly
a group spreads over the types, `compare_cues` tests whether groups differ in the words by which
they present what sources say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    FLAG,
    REAL,
    TEXT,
    ChoiceError,
    carry,
    conform,
    empty,
    groups_by,
    plain,
    require_columns,
)
from coverage_research.statistics import (
    LEVEL,
    N_BOOT,
    benjamini_hochberg,
    difference_intervals,
    permuted_sums,
    ratio_intervals,
    too_few,
)
from coverage_research.stories import story_clusters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Of = Literal["source_type", "source_kind", "is_named", "form", "strength"]
Unit = Literal["attribution", "article"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: What can be counted, and the values that are always reported, in order.
KINDS: Final[dict[str, tuple[Any, ...]]] = {
    "source_type": (
        "official",
        "company",
        "expert",
        "academic",
        "outlet",
        "agency",
        "organisation",
        "document",
        "public",
        "anonymous",
        "unknown",
    ),
    "source_kind": ("named", "nominal", "pronoun", "none"),
    "is_named": (True, False),
    "form": ("direct", "partial", "indirect"),
    "strength": ("neutral", "assertive", "doubting"),
}
#: With fewer articles than this a group is not compared.
MIN_ARTICLES: Final = 5
N_PERMUTATIONS: Final = 999
REST: Final = "rest"
#: Measures of diversity, in the order of their rows.
MEASURES: Final = ("shannon", "effective", "simpson")

_LABELS: Final[dict[Any, str]] = {True: "named", False: "unnamed", "expert": "expert or analyst"}
_NAMES: Final = ("outlet_name", "label", "other", "measure", "k", "n_types", "group", "cluster")
_COMPARED: Final = {
    "k": COUNT,
    "n": COUNT,
    "share": REAL,
    "k_other": COUNT,
    "n_other": COUNT,
    "share_other": REAL,
    "n_shared": COUNT,
    "n_stories": COUNT,
    "estimate": REAL,
    "low": REAL,
    "high": REAL,
    "effect": REAL,
    "p": REAL,
    "q": REAL,
    "reason": TEXT,
}


def source_shares(
    typed: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    of: Of = "source_type",
    unit: Unit = "attribution",
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Share of the attributions, or of the articles, of each outlet that have each type of source.

    By attribution: of all attributions in a group's articles those of the type, so that the shares
    of a group sum to 1 and articles with many sources weigh more. By article: an article has a type
    if one attribution of it does, of all articles of the group, those without any source included.
    Parts of an attribution that another part continues count once. Only articles that `articles`
    and `coverage` both list are looked at, each once, however many stories list it.

    Parameters
    ----------
    typed : DataFrame
        From `source_type`; from `find_attributions` for anything but types.
    articles : DataFrame
        With article_id and the columns of `by`. Those of `independent(corpus, reuse)` leave copies
        out.
    coverage : DataFrame
        With story_id and article_id.
    by : str or sequence of str
        What to compare: columns of `articles`, else of `coverage`, else of `typed`.
    of : {"source_type", "source_kind", "is_named", "form", "strength"}
        What is counted; with `is_named` the share of unnamed sources, those without any source
        among them. Attributions that lack it (no type where there is no source) are left out.
    unit : {"attribution", "article"}
        What is counted.
    n_boot, level, seed
        Resamples of the bootstrap clustered by story, coverage of the interval, seed.

    Returns
    -------
    DataFrame, one row per group and type, zeros included: the columns of `by`, outlet_name where
    these hold the outlet, the column named by `of`, label, k (attributions of the type, or articles
    with one), n (attributions, or articles), n_stories (independent clusters of stories), estimate
    (share, 0 to 1), low, high and reason (why there is no interval, else empty). Groups with most
    articles first. `attrs` has the unit and, as left_out, the number of attributions left out.

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If there is no such unit or `of`, or `by` names it.

    References
    ----------
    Sigal, L. V. (1973). *Reporters and Officials*. D. C. Heath.
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "outlet": "chips.example"})
    >>> coverage = pd.DataFrame({"story_id": "s", "article_id": ["a", "b"]})
    >>> typed = pd.DataFrame(
    ...     {"article_id": ["a", "a", "b"], "source_type": ["official", "company", "official"]}
    ... )
    >>> shares = source_shares(typed, articles, coverage)
    >>> shares.loc[shares["k"] > 0, ["source_type", "k", "n"]].values.tolist()
    [['official', 2, 3], ['company', 1, 3]]
    """
    if unit not in ("attribution", "article"):
        raise ChoiceError(f"unit: expected 'attribution' or 'article'; found {unit!r}")
    if of not in KINDS:
        raise ChoiceError(f"of: expected one of {', '.join(KINDS)}; found {of!r}")
    by = groups_by(by, (*_NAMES, of, *ESTIMATE))
    counted = _counted(typed, articles, coverage, by, of)
    kind = FLAG if of == "is_named" else TEXT
    schema = {**_schema(by, counted.groups), of: kind, "label": TEXT, "k": COUNT, **ESTIMATE}
    if counted.groups.empty:
        result = empty(schema)
    else:
        above, below = _sums(counted, unit)
        intervals = ratio_intervals(above, below, n_boot=n_boot, level=level, seed=seed)
        result = _named(counted, of)
        result["k"] = above.sum(axis=0).astype(np.int64)
        result["n"] = below.sum(axis=0).astype(np.int64)
        result["n_stories"] = intervals["n_clusters"]
        for column in ("estimate", "low", "high", "reason"):
            result[column] = intervals[column]
        result = conform(result, schema)
    result.attrs["unit"] = unit
    result.attrs["left_out"] = counted.left_out
    return carry(result, typed, articles, coverage)


def source_diversity(
    typed: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    corrected: bool = False,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """How evenly the attributions of each outlet spread over the types of sources.

    Parameters
    ----------
    typed, articles, coverage, by, n_boot, level, seed
        As in `source_shares`. Sources of unknown type are left out.
    corrected : bool
        Add (types seen - 1) / (2 n) to Shannon's measure, in the resamples as well (Miller and
        Madow): the plain one is too low, the more so the fewer attributions there are.

    Returns
    -------
    DataFrame, three rows per group: the columns of `by`, outlet_name where these hold the outlet,
    measure (`shannon`, natural logarithm, 0 where there is one type; `effective`, its exponential:
    the number of equally frequent types that is as diverse; `simpson`, the probability, 0 to 1,
    that two different attributions have different types), n (attributions of known type), n_types,
    n_stories (independent clusters of stories), estimate, low, high and reason.

    Raises
    ------
    SchemaError
        If columns are missing.

    Notes
    -----
    A resample of stories misses rare types, so its diversity is too low on average. The draws are
    moved by the difference between their mean and the estimate before percentiles are taken, and
    cut at what is possible. In simulated stories of about four attributions that resemble each
    other, intervals of 95 % held the true value in 91 to 94 % of cases from 40 stories on, in 89 to
    94 % with 20, and in 69 to 87 % with 10. Compare Shannon's measure only between groups of
    like n.

    References
    ----------
    Shannon, C. E. (1948). A mathematical theory of communication. *Bell System Technical Journal*
    27, 379-423. Simpson, E. H. (1949). Measurement of diversity. *Nature* 163, 688.
    Miller, G. A. (1955). Note on the bias of information estimates. In *Information Theory in
    Psychology*, 95-100. Free Press.
    Jost, L. (2006). Entropy and diversity. *Oikos* 113(2), 363-375.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a"], "outlet": "chips.example"})
    >>> coverage = pd.DataFrame({"story_id": ["s"], "article_id": ["a"]})
    >>> typed = pd.DataFrame({"article_id": "a", "source_type": ["official", "company"] * 2})
    >>> found = source_diversity(typed, articles, coverage)
    >>> found[["measure", "n", "estimate"]].round(3).values.tolist()
    [['shannon', 4, 0.693], ['effective', 4, 2.0], ['simpson', 4, 0.667]]
    """
    by = groups_by(by, (*_NAMES, "source_type", *ESTIMATE))
    require_columns(typed, ["article_id", "source_type"], "typed (from source_type)")
    known = typed[typed["source_type"].ne("unknown").fillna(value=False)]
    counted = _counted(known, articles, coverage, by, "source_type")
    schema = {**_schema(by, counted.groups), "measure": TEXT, "n": COUNT, "n_types": COUNT}
    schema |= {name: kind for name, kind in ESTIMATE.items() if name != "n"}
    if counted.groups.empty:
        return carry(empty(schema), typed, articles, coverage)
    n_types = len(counted.kinds)
    above = _by_cluster(counted, np.ones(len(counted.rows)))
    parts = []
    for group in range(len(counted.groups)):
        own = above[:, group * n_types : (group + 1) * n_types]
        own = own[own.sum(axis=1) > 0]
        parts.append(_spread(own, corrected=corrected, n_boot=n_boot, level=level, seed=seed))
    at = np.repeat(np.arange(len(counted.groups)), len(MEASURES))
    heads = counted.groups.drop(columns="size").iloc[at].reset_index(drop=True)
    result = pd.concat([heads, pd.concat(parts, ignore_index=True)], axis=1)
    return carry(conform(result, schema), typed, articles, coverage)


def compare_cues(
    attributions: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    min_articles: int = MIN_ARTICLES,
    n_permutations: int = N_PERMUTATIONS,
    n_boot: int = N_BOOT,
    seed: int = 0,
) -> pd.DataFrame:
    """Test whether outlets differ in the words by which they present what sources say.

    `said` leaves open whether something is true, `insisted` gives it weight, `claimed` doubts it.
    Each group is compared with all others together. The p value comes from permuting the groups
    among the articles of each story (with columns of `attributions` in `by`: among the parts of
    articles that belong to one group), so that what a story is about cannot make outlets differ.

    Parameters
    ----------
    attributions : DataFrame
        From `find_attributions` or, for `by="source_type"`, from `source_type`: article_id,
        strength. Rows without strength are left out.
    articles, coverage, by, n_boot, seed
        As in `source_shares`.
    min_articles : int
        A comparison with attributions from fewer articles on one side is refused.
    n_permutations : int
        Permutations; p is at least 1 / (n_permutations + 1).

    Returns
    -------
    DataFrame, one row per group and strength (neutral, assertive, doubting): the columns of `by`,
    outlet_name where these hold the outlet, other (`rest`), strength, k, n (attributions) and share
    of the group, k_other, n_other and share_other, n_shared (independent clusters of stories with
    attributions of both), n_stories (of either), estimate (share less the other's), low and high
    (95 % interval of it, bootstrap clustered by story), effect (Cohen's h, in radians), p
    (permutation within story, two-sided), q (p adjusted after Benjamini and Hochberg for all rows)
    and reason (why p or the interval is missing, else empty). `attrs["left_out"]` counts the
    attributions without strength.

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        If a number is below 1.

    References
    ----------
    Cole, R. R. & Shaw, D. L. (1974). "Powerful" verbs and "body language": does the reader notice?
    *Journalism Quarterly* 51(1), 62-66.
    Good, P. (2005). *Permutation, Parametric and Bootstrap Tests of Hypotheses*. Springer.
    Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate. *Journal of the
    Royal Statistical Society B* 57(1), 289-300.

    Examples
    --------
    >>> from coverage_research.attributions import find_attributions
    >>> from coverage_research.samples import load_demo
    >>> demo = load_demo()
    >>> cues = compare_cues(find_attributions(demo.articles), demo.articles, demo.coverage)
    >>> cues["strength"].head(3).tolist()
    ['neutral', 'assertive', 'doubting']
    """
    for what, number in (("min_articles", min_articles), ("n_permutations", n_permutations)):
        if not number >= 1:
            raise ValueError(f"{what}: expected at least 1; found {number}")
    by = groups_by(by, (*_NAMES, "strength", *_COMPARED))
    counted = _counted(attributions, articles, coverage, by, "strength")
    schema = {**_schema(by, counted.groups), "other": TEXT, "strength": TEXT, **_COMPARED}
    if len(counted.groups) < 2:
        result = empty(schema)
    else:
        result = _named(counted, "strength").drop(columns="label")
        result["other"] = REST
        numbers = _against_rest(counted, n_permutations=n_permutations, n_boot=n_boot, seed=seed)
        result = _refused(pd.concat([result, numbers], axis=1), min_articles)
        result["q"] = benjamini_hochberg(result["p"].to_numpy(dtype=np.float64))
        result = conform(result[[*schema]], schema)
    result.attrs["left_out"] = counted.left_out
    return carry(result, attributions, articles, coverage)


# Counting -----------------------------------------------------------------------------------------


class _Counted(NamedTuple):
    """Attributions with the numbers of what they belong to."""

    rows: pd.DataFrame  # article, group, cluster, value: numbers from 0
    units: pd.DataFrame  # article, group, cluster: each article of each group once
    groups: pd.DataFrame  # columns of `by`, outlet_name, size; most articles first
    kinds: list[Any]
    n_clusters: int
    left_out: int


def _counted(
    table: pd.DataFrame, articles: pd.DataFrame, coverage: pd.DataFrame, by: list[str], of: str
) -> _Counted:
    require_columns(coverage, ["story_id", "article_id"], "coverage")
    require_columns(articles, ["article_id"], "articles")
    own = [name for name in by if name not in articles.columns and name not in coverage.columns]
    what = "typed (from source_type)" if of == "source_type" else "attributions"
    require_columns(table, ["article_id", of, *own], what)
    table, articles, coverage = plain(table), plain(articles), plain(coverage)
    if "continues" in table.columns:
        table = table[~table["continues"].astype("boolean").fillna(value=False).to_numpy()]
    listed = [name for name in by if name not in articles.columns and name not in own]
    units = coverage[["article_id", *listed]].drop_duplicates()
    of_article = ["article_id", *(name for name in by if name in articles.columns)]
    units = units.merge(articles[of_article].drop_duplicates("article_id"), on="article_id")
    units["cluster"] = units["article_id"].map(
        story_clusters(coverage).set_index("article_id")["cluster"]
    )
    rows = table[["article_id", of, *own]].merge(units, on="article_id", how="inner")
    counts = rows[of].notna()
    # An article that several groups of coverage list brings its attributions to each of them.
    left_out = int((table[of].isna() & table["article_id"].isin(units["article_id"])).sum())
    rows = rows[counts].reset_index(drop=True)
    if own:
        units = rows.drop(columns=of).drop_duplicates().reset_index(drop=True)
    groups, number = _groups(units, by, articles)
    units = units.assign(group=number, article=pd.factorize(units["article_id"])[0])
    keyed = units.drop_duplicates(["article_id", *by])
    rows = rows.drop(columns="cluster").merge(keyed, on=["article_id", *by], how="left")
    values = _values(rows[of], of)
    place = {value: at for at, value in enumerate(values)}
    rows["value"] = pd.Series([place[value] for value in rows[of].tolist()], dtype="int64")
    n_clusters = int(units["cluster"].max()) + 1 if len(units) else 0
    return _Counted(rows, units, groups, values, n_clusters, left_out)


def _groups(
    units: pd.DataFrame, by: list[str], articles: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """Groups, those with most articles first, and the number of the group of each unit."""
    number = units.groupby(by, dropna=False, sort=False).ngroup()
    found = units.assign(number=number).groupby("number")
    groups = found.agg(
        **{name: (name, "first") for name in by}, size=("article_id", "nunique")
    ).reset_index(drop=True)
    if "outlet" in by and "outlet_name" in articles.columns:
        names = articles.drop_duplicates("outlet").set_index("outlet")["outlet_name"]
        groups.insert(len(by), "outlet_name", groups["outlet"].map(names))
    order = groups.assign(size=-groups["size"]).sort_values(["size", *by]).index
    rank = pd.Series(range(len(order)), index=order, dtype="int64")
    return groups.loc[order].reset_index(drop=True), number.map(rank).astype("int64")


def _values(seen: pd.Series, of: str) -> list[Any]:
    """Values that are reported: those that always are, and whatever else was seen."""
    usual = list(KINDS[of])
    return usual + sorted(set(seen.tolist()) - set(usual), key=str)


def _schema(by: list[str], groups: pd.DataFrame) -> dict[str, str]:
    """Columns that name a group keep their dtype."""
    kinds = {name: str(groups[name].dtype) if len(groups) else TEXT for name in by}
    return {**kinds, "outlet_name": TEXT} if "outlet_name" in groups.columns else kinds


def _named(counted: _Counted, of: str) -> pd.DataFrame:
    """A row per group and value, with their names."""
    at = np.repeat(np.arange(len(counted.groups)), len(counted.kinds))
    result = counted.groups.drop(columns="size").iloc[at].reset_index(drop=True)
    result[of] = counted.kinds * len(counted.groups)
    labels = [_LABELS.get(value, str(value).replace("_", " ")) for value in counted.kinds]
    result["label"] = labels * len(counted.groups)
    return result


def _by_cluster(counted: _Counted, weights: Floats) -> Floats:
    """Sums over the attributions, clusters x (groups x values)."""
    n_cells = len(counted.groups) * len(counted.kinds)
    cell = counted.rows["group"].to_numpy() * len(counted.kinds) + counted.rows["value"].to_numpy()
    sums = np.zeros((counted.n_clusters, n_cells))
    np.add.at(sums, (counted.rows["cluster"].to_numpy(dtype=np.int64), cell), weights)
    return sums


def _sums(counted: _Counted, unit: Unit) -> tuple[Floats, Floats]:
    """What is of each value, and all that could be, clusters x (groups x values)."""
    n_values = len(counted.kinds)
    if unit == "article":
        first = ~counted.rows.duplicated(["article", "group", "value"]).to_numpy()
        above = _by_cluster(counted, first.astype(np.float64))
        below = np.zeros((counted.n_clusters, len(counted.groups)))
        units = counted.units
        place = (units["cluster"].to_numpy(dtype=np.int64), units["group"].to_numpy())
        np.add.at(below, place, 1.0)
    else:
        above = _by_cluster(counted, np.ones(len(counted.rows)))
        below = above.reshape(counted.n_clusters, -1, n_values).sum(axis=2)
    return above, np.repeat(below, n_values, axis=1)


# Diversity ----------------------------------------------------------------------------------------


def _spread(
    counts: Floats, *, corrected: bool, n_boot: int, level: float, seed: int
) -> pd.DataFrame:
    """Rows of one group, from the counts of its clusters, clusters x types."""
    if not n_boot >= 1:
        raise ValueError(f"n_boot: expected at least 1; found {n_boot}")
    n_clusters, total = len(counts), counts.sum(axis=0)
    n, n_types = int(total.sum()), int((total > 0).sum())
    estimate = _diversity(total[None, :], corrected=corrected)[0]
    low, high = np.full(len(MEASURES), np.nan), np.full(len(MEASURES), np.nan)
    reason = too_few(n_clusters)
    if not reason and n_types == 1:
        reason = "all of one type; resampling cannot show what was not seen"
    if not reason:
        rng = np.random.default_rng(seed)
        # Clusters in an order of their own, so that the order of the rows changes nothing.
        counts = counts[np.lexsort(counts.T[::-1])]
        even = np.full(n_clusters, 1 / n_clusters)
        drawn = rng.multinomial(n_clusters, even, size=n_boot) @ counts
        draws = _diversity(drawn, corrected=corrected)
        least = np.array([0.0, 1.0, 0.0])
        most = np.array([np.inf, np.inf, 1.0])
        bounds = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        low, high = np.clip(bounds + estimate - np.nanmean(draws, axis=0), least, most)
    reasons = [reason] * len(MEASURES)
    if n < 2:
        reasons[-1] = f"{n} attribution{'s' if n != 1 else ''}; two are needed for a pair"
    return pd.DataFrame(
        {
            "measure": MEASURES,
            "n": n,
            "n_types": n_types,
            "n_stories": n_clusters,
            "estimate": estimate,
            "low": low,
            "high": high,
            "reason": reasons,
        }
    )


def _diversity(counts: Floats, *, corrected: bool) -> Floats:
    """Shannon's measure, its exponential and Simpson's, of each row of counts."""
    n = counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / n[:, None]
        shannon = -np.where(counts > 0, share * np.log(share), 0.0).sum(axis=1)
        if corrected:
            shannon = shannon + ((counts > 0).sum(axis=1) - 1) / (2 * n)
        shannon = np.where(n > 0, shannon + 0.0, np.nan)
        simpson = 1 - (counts * (counts - 1)).sum(axis=1) / (n * (n - 1))
    simpson = np.where(n > 1, simpson, np.nan)
    return np.stack([shannon, np.exp(shannon), simpson], axis=1)


# Comparing ----------------------------------------------------------------------------------------


def _against_rest(
    counted: _Counted, *, n_permutations: int, n_boot: int, seed: int
) -> pd.DataFrame:
    """Numbers of each group and value against all other groups."""
    n_groups, n_values = len(counted.groups), len(counted.kinds)
    rows = counted.rows
    # A unit that keeps its attributions when groups are permuted: an article of a group.
    unit, units = pd.factorize(rows["article"] * n_groups + rows["group"])
    held = np.zeros((len(units), n_values + 1))
    np.add.at(held, (unit, rows["value"].to_numpy()), 1.0)
    held[:, -1] = held[:, :-1].sum(axis=1)
    first = rows.assign(unit=unit).drop_duplicates("unit")
    group = first["group"].to_numpy(dtype=np.int64)
    cluster = first["cluster"].to_numpy(dtype=np.int64)

    def sides(sums: Floats) -> tuple[Floats, Floats]:
        """Shares of each group, and of all others."""
        full = np.zeros((n_groups, n_values + 1))
        full[: len(sums)] = sums
        rest = full.sum(axis=0, keepdims=True) - full
        with np.errstate(divide="ignore", invalid="ignore"):
            return full[:, :-1] / full[:, -1:], rest[:, :-1] / rest[:, -1:]

    sums = np.zeros((n_groups, n_values + 1))
    np.add.at(sums, group, held)
    rest = sums.sum(axis=0, keepdims=True) - sums
    share, share_other = sides(sums)
    exceeding = np.zeros_like(share)
    for drawn in permuted_sums(held, group, cluster, n_permutations=n_permutations, seed=seed):
        here, there = sides(drawn)
        # A resample that leaves a group without attributions cannot tell against a difference.
        far = np.abs(here - there) >= np.abs(share - share_other) - 1e-12
        exceeding += far | np.isnan(here - there)
    in_group = np.bincount(group, minlength=n_groups)
    angle, angle_other = (2 * np.arcsin(np.sqrt(one)) for one in (share, share_other))
    numbers = pd.DataFrame(
        {
            "k": sums[:, :-1].ravel().astype(np.int64),
            "n": np.repeat(sums[:, -1], n_values).astype(np.int64),
            "share": share.ravel(),
            "k_other": rest[:, :-1].ravel().astype(np.int64),
            "n_other": np.repeat(rest[:, -1], n_values).astype(np.int64),
            "share_other": share_other.ravel(),
            "estimate": (share - share_other).ravel(),
            "effect": (angle - angle_other).ravel(),
            "p": ((exceeding + 1) / (n_permutations + 1)).ravel(),
            "fewest": np.repeat(np.minimum(in_group, in_group.sum() - in_group), n_values),
        }
    )
    intervals = _differences(counted, n_boot=n_boot, seed=seed)
    return pd.concat([numbers, intervals], axis=1)


def _differences(counted: _Counted, *, n_boot: int, seed: int) -> pd.DataFrame:
    """Intervals of the differences, and the clusters behind them."""
    n_values = len(counted.kinds)
    above = _by_cluster(counted, np.ones(len(counted.rows)))
    above = above.reshape(counted.n_clusters, -1, n_values)
    total = above.sum(axis=1)
    parts = []
    for group in range(len(counted.groups)):
        here, there = above[:, group], total - above[:, group]
        in_one, in_other = here.sum(axis=1) > 0, there.sum(axis=1) > 0
        either = in_one | in_other
        sides: Iterable[Any] = [
            part
            for side in (here[either], there[either])
            for part in (side, np.repeat(side.sum(axis=1, keepdims=True), n_values, axis=1))
        ]
        found = difference_intervals(*sides, n_boot=n_boot, seed=seed)
        found["n_stories"] = int(either.sum())
        found["n_shared"] = int((in_one & in_other).sum())
        parts.append(found[["low", "high", "reason", "n_stories", "n_shared"]])
    return pd.concat(parts, ignore_index=True)


def _refused(compared: pd.DataFrame, min_articles: int) -> pd.DataFrame:
    """Take p and interval from comparisons that cannot carry them, and say why."""
    small = compared["fewest"] < min_articles
    apart = compared["n_shared"] == 0
    reasons = []
    for fewest, shared, reason in zip(
        compared["fewest"], compared["n_shared"], compared["reason"], strict=True
    ):
        told = [] if shared else ["no story with attributions of both"]
        if fewest < min_articles:
            counted = "1 article" if fewest == 1 else f"{fewest} articles"
            told = [f"{counted} on one side; at least {min_articles} are needed"]
        elif reason:
            told.append(reason)
        reasons.append("; ".join(told))
    return compared.assign(
        reason=pd.Series(reasons, index=compared.index, dtype="str"),
        p=compared["p"].mask(small | apart),
        **{name: compared[name].mask(small) for name in ("low", "high")},
    )
