"""How often each outlet uses each frame, and whether outlets differ.

`frame_shares` gives shares with intervals, `compare_frames` tests differences between groups. Both
speak of all coverage or, given the articles of `independent`, of coverage without copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.framing import frames_of
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
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
    N_BOOT,
    benjamini_hochberg,
    difference_intervals,
    permuted_sums,
    ratio_intervals,
)
from coverage_research.stories import story_clusters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage_research.codebook import Codebook

Unit = Literal["article", "term"]
Against = Literal["rest", "pairs"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: With fewer articles than this a group is not compared.
MIN_ARTICLES: Final = 5
N_PERMUTATIONS: Final = 999
REST: Final = "rest"
#: Columns that name a row besides those of the groups, and those that are needed on the way.
_NAMES: Final = ("other", "codebook", "frame", "label", "cluster", "group", "row", "size")


def frame_shares(
    matches: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    unit: Unit = "article",
    codebook: str | Path | Codebook | None = None,
    min_matches: int = 1,
    n_boot: int = N_BOOT,
    seed: int = 0,
) -> pd.DataFrame:
    """Share of the articles, or of the terms, of each outlet that carry each frame.

    By article: an article carries a frame if a term of it stands anywhere in the article, once or
    often, unless `min_matches` asks for more. By term: of all matches in a group's articles, those
    of the frame, so that the shares of a group sum to 1 and long articles weigh more. Only articles
    that `articles` and `coverage` both list are looked at, each once, however many stories list it.

    Parameters
    ----------
    matches : DataFrame
        From `find_frames`, of one codebook.
    articles : DataFrame
        With article_id and the columns of `by`. Those of `independent(corpus, reuse)` leave copies
        out.
    coverage : DataFrame
        With story_id and article_id; columns of `by` that `articles` lacks are taken from here.
    by : str or sequence of str
        What to compare.
    unit : {"article", "term"}
        What is counted.
    codebook : str, Path or Codebook, optional
        Whose frames to report; needed only for matches that do not come straight from
        `find_frames` and whose codebook is not one of the package.
    min_matches : int
        Matches from which an article carries a frame. One suits headlines and excerpts. In long
        texts a single term may be a mention in passing; 2 there trades recall for precision. All
        rows of `matches` count, so a passage that stands in excerpt and body counts twice unless
        `find_frames` was told which `fields` to search.
    n_boot, seed : int
        Resamples of the bootstrap clustered by story, and their seed.

    Returns
    -------
    DataFrame, one row per group and frame, zeros included: the columns of `by`, outlet_name where
    these hold the outlet, codebook, frame, label, k (articles that carry the frame, or matches of
    it), n (distinct articles, or matches), n_stories (independent clusters of stories), estimate
    (share, 0 to 1), low and high (95 % interval) and reason (why there is none, else empty). Groups
    with most articles first, frames in the order of the codebook.

    Raises
    ------
    SchemaError
        If columns are missing, or the matches are of several codebooks.
    ChoiceError
        If there is no such unit.
    ValueError
        If `min_matches` is below 1.

    References
    ----------
    Semetko, H. A. & Valkenburg, P. M. (2000). Framing European politics. *Journal of
    Communication* 50(2), 93-109.
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> from coverage_research.framing import find_frames
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "outlet": "chips.example",
    ...                          "title": ["Export curbs speed up the race", "The race is on"]})
    >>> coverage = pd.DataFrame({"story_id": "s", "article_id": ["a", "b"]})
    >>> shares = frame_shares(find_frames(articles), articles, coverage)
    >>> shares.loc[shares["k"] > 0, ["frame", "k", "n", "estimate"]].values.tolist()
    [['containment', 1, 2, 0.5], ['race', 2, 2, 1.0]]
    """
    if unit not in ("article", "term"):
        raise ChoiceError(f"unit: expected 'article' or 'term'; found {unit!r}")
    if not min_matches >= 1:
        raise ValueError(f"min_matches: expected at least 1; found {min_matches}")
    by = groups_by(by, (*_NAMES, "k", *ESTIMATE))
    require_columns(matches, ["article_id", "codebook", "frame"], "matches (from find_frames)")
    name, frames = frames_of(matches, codebook)
    units, groups = _groups(articles, coverage, by)
    schema = _schema(by, groups, {"codebook": TEXT, "frame": TEXT, "label": TEXT, "k": COUNT})
    if units.empty or not frames:
        return carry(empty({**schema, **ESTIMATE}), matches, articles, coverage)
    found = _counted(units, matches, list(frames))
    above, below = _sums(found, unit=unit, min_matches=min_matches)
    intervals = ratio_intervals(above, below, n_boot=n_boot, seed=seed)
    at = np.repeat(np.arange(len(groups)), len(frames))
    result = groups.drop(columns="n").iloc[at].reset_index(drop=True)
    result["codebook"] = name
    result["frame"] = list(frames) * len(groups)
    result["label"] = list(frames.values()) * len(groups)
    result["k"] = np.asarray(above.sum(axis=0)).ravel()
    result["n"] = np.asarray(below.sum(axis=0)).ravel()
    result["n_stories"] = intervals["n_clusters"]
    for column in ("estimate", "low", "high", "reason"):
        result[column] = intervals[column]
    table = conform(result, {**schema, **ESTIMATE})
    table.attrs["unit"] = unit
    return carry(table, matches, articles, coverage)


def compare_frames(
    matches: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    against: Against = "rest",
    codebook: str | Path | Codebook | None = None,
    min_matches: int = 1,
    min_articles: int = MIN_ARTICLES,
    n_permutations: int = N_PERMUTATIONS,
    n_boot: int = N_BOOT,
    seed: int = 0,
) -> pd.DataFrame:
    """Test whether groups of articles differ in how often they carry each frame.

    The p value comes from permuting the groups among the articles of each story: what a story is
    about cannot make outlets differ, since each is compared with others on the same stories only.

    Parameters
    ----------
    matches, articles, coverage, by, codebook, min_matches, n_boot, seed
        As in `frame_shares`.
    against : {"rest", "pairs"}
        Each group against all others together, or each pair of groups.
    min_articles : int
        A comparison with a smaller group is refused.
    n_permutations : int
        Permutations; p is at least 1 / (n_permutations + 1).

    Returns
    -------
    DataFrame, one row per comparison and frame: the columns of `by`, outlet_name where these hold
    the outlet, other (`rest`, or the other group), codebook, frame, label, k, n and share of the
    group, k_other, n_other and share_other, n_shared (independent clusters of stories with articles
    of both), n_stories (with articles of either), estimate (share less the other's), low and high
    (95 % interval of it, bootstrap clustered by story), effect (Cohen's h, in radians: .2 is small,
    .5 medium, .8 large), p (permutation within story, two-sided), q (p adjusted after Benjamini and
    Hochberg for all rows) and reason (why p or the interval is missing, else empty).

    Raises
    ------
    SchemaError
        If columns are missing, or the matches are of several codebooks.
    ChoiceError
        If there is no such `against`.
    ValueError
        If a number is below 1.

    References
    ----------
    Good, P. (2005). *Permutation, Parametric and Bootstrap Tests of Hypotheses*. Springer.
    Phipson, B. & Smyth, G. K. (2010). Permutation p-values should never be zero. *Statistical
    Applications in Genetics and Molecular Biology* 9(1).
    Cohen, J. (1988). *Statistical Power Analysis for the Behavioral Sciences*, chapter 6.
    Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate. *Journal of the
    Royal Statistical Society B* 57(1), 289-300.

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> from coverage_research.framing import find_frames
    >>> demo = load_demo()
    >>> compared = compare_frames(find_frames(demo.articles), demo.articles, demo.coverage)
    >>> compared.sort_values("p")[["outlet_name", "frame", "k", "n", "k_other"]].head(1).values
    array([['The Halden Chronicle', 'market', 7, 10, 13]], dtype=object)
    """
    if against not in ("rest", "pairs"):
        raise ChoiceError(f"against: expected 'rest' or 'pairs'; found {against!r}")
    for what, number in (
        ("min_matches", min_matches),
        ("min_articles", min_articles),
        ("n_permutations", n_permutations),
    ):
        if not number >= 1:
            raise ValueError(f"{what}: expected at least 1; found {number}")
    by = groups_by(by, (*_NAMES, *_COMPARED))
    require_columns(matches, ["article_id", "codebook", "frame"], "matches (from find_frames)")
    name, frames = frames_of(matches, codebook)
    units, groups = _groups(articles, coverage, by)
    schema = _schema(by, groups, {"other": TEXT, "codebook": TEXT, "frame": TEXT, "label": TEXT})
    contrasts = _contrasts(len(groups), against)
    if units.empty or not frames or not len(contrasts):
        return carry(empty({**schema, **_COMPARED}), matches, articles, coverage)
    found = _counted(units, matches, list(frames))
    carried = (found.matches >= min_matches).astype(np.float64)
    numbers = _compare(
        found,
        carried,
        contrasts,
        min_articles=min_articles,
        n_permutations=n_permutations,
        n_boot=n_boot,
        seed=seed,
    )
    at = np.repeat(np.arange(len(contrasts)), len(frames))
    result = groups.drop(columns="n").iloc[contrasts[at, 0]].reset_index(drop=True)
    named = [
        " / ".join("(none)" if pd.isna(part) else str(part) for part in row)
        for row in groups[by].itertuples(index=False)
    ]
    result["other"] = [REST if other < 0 else named[other] for other in contrasts[at, 1].tolist()]
    result["codebook"] = name
    result["frame"] = list(frames) * len(contrasts)
    result["label"] = list(frames.values()) * len(contrasts)
    result = pd.concat([result, numbers], axis=1)
    result = _refused(result, min_articles)
    result["q"] = benjamini_hochberg(result["p"].to_numpy(dtype=np.float64))
    return carry(conform(result, {**schema, **_COMPARED}), matches, articles, coverage)


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


class _Counted(NamedTuple):
    """Matches by article and frame, and what each article belongs to."""

    matches: Floats  # articles x frames
    group: Ints
    cluster: Ints
    n_groups: int
    n_clusters: int


def _groups(
    articles: pd.DataFrame, coverage: pd.DataFrame, by: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Articles that are looked at, with group and cluster; groups with their n, largest first."""
    require_columns(coverage, ["story_id", "article_id"], "coverage")
    require_columns(articles, ["article_id"], "articles")
    from_coverage = [column for column in by if column not in articles.columns]
    if any(column not in coverage.columns for column in from_coverage):
        require_columns(articles, ["article_id", *by], "articles")
    articles, coverage = plain(articles), plain(coverage)
    own = ["article_id", *(column for column in by if column not in from_coverage)]
    units = coverage[["article_id", *from_coverage]].drop_duplicates()
    units = units.merge(articles[own].drop_duplicates("article_id"), on="article_id", how="inner")
    clusters = story_clusters(coverage).set_index("article_id")["cluster"]
    units["cluster"] = units["article_id"].map(clusters)
    units["group"] = units.groupby(by, dropna=False, sort=False).ngroup()
    groups = units.groupby("group").agg(
        **{column: (column, "first") for column in by}, n=("article_id", "size")
    )
    if "outlet" in by and "outlet_name" in articles.columns and "outlet_name" not in by:
        names = articles.drop_duplicates("outlet").set_index("outlet")["outlet_name"]
        groups.insert(len(by), "outlet_name", groups["outlet"].map(names))
    order = groups.assign(size=-groups["n"]).sort_values(["size", *by]).index
    rank = pd.Series(range(len(order)), index=order)
    units["group"] = units["group"].map(rank)
    return units, groups.loc[order].reset_index(drop=True)


def _schema(by: list[str], groups: pd.DataFrame, more: dict[str, str]) -> dict[str, str]:
    """Columns that name a row: those of the groups keep their dtype."""
    kinds = {column: str(groups[column].dtype) if len(groups) else TEXT for column in by}
    if "outlet_name" in groups.columns and "outlet_name" not in by:
        kinds["outlet_name"] = TEXT
    return {**kinds, **more}


def _counted(units: pd.DataFrame, matches: pd.DataFrame, frames: list[str]) -> _Counted:
    place = pd.Series(range(len(frames)), index=frames)
    used = matches[matches["frame"].isin(frames)]
    counted = used.groupby(["article_id", "frame"], as_index=False).size()
    rows = units[["article_id"]].assign(row=range(len(units))).merge(counted, on="article_id")
    table = np.zeros((len(units), len(frames)))
    table[rows["row"].to_numpy(), place.loc[rows["frame"]].to_numpy()] = rows["size"]
    group = units["group"].to_numpy(dtype=np.int64)
    cluster = units["cluster"].to_numpy(dtype=np.int64)
    return _Counted(table, group, cluster, int(group.max()) + 1, int(cluster.max()) + 1)


def _sums(found: _Counted, *, unit: Unit, min_matches: int) -> tuple[Any, Any]:
    """What carries each frame, and all that could, by cluster and by group and frame."""
    if unit == "term":
        above = found.matches
        below = np.broadcast_to(above.sum(axis=1, keepdims=True), above.shape)
    else:
        above = (found.matches >= min_matches).astype(np.float64)
        below = np.ones_like(above)
    return _by_cluster(found, above), _by_cluster(found, below)


def _by_cluster(found: _Counted, values: Floats) -> Any:
    """Sums of the values of articles, clusters x (groups x frames), sparse."""
    from scipy import sparse

    n_frames = values.shape[1]
    cell = found.group[:, None] * n_frames + np.arange(n_frames)
    cluster = np.repeat(found.cluster, n_frames)
    some = values.ravel() != 0
    return sparse.coo_array(
        (values.ravel()[some], (cluster[some], cell.ravel()[some])),
        shape=(found.n_clusters, found.n_groups * n_frames),
    ).tocsc()


def _contrasts(n_groups: int, against: Against) -> Ints:
    """Pairs of groups, the second -1 where it is all others."""
    if n_groups < 2:
        return np.zeros((0, 2), dtype=np.int64)
    if against == "rest":
        return np.column_stack([np.arange(n_groups), np.full(n_groups, -1)])
    return np.column_stack(np.triu_indices(n_groups, 1)).astype(np.int64)


def _compare(
    found: _Counted,
    carried: Floats,
    contrasts: Ints,
    *,
    min_articles: int,
    n_permutations: int,
    n_boot: int,
    seed: int,
) -> pd.DataFrame:
    """Numbers of each comparison and frame."""
    n_frames = carried.shape[1]
    size = np.bincount(found.group, minlength=found.n_groups).astype(np.float64)
    sums = np.zeros((found.n_groups, n_frames))
    np.add.at(sums, found.group, carried)
    one, other = contrasts[:, 0], contrasts[:, 1]

    def sides(by_group: Floats) -> tuple[Floats, Floats]:
        """Of each contrast the sums of the group and those of the other."""
        rest = by_group.sum(axis=0, keepdims=True) - by_group[one]
        there = np.where((other < 0)[:, None], rest, by_group[other])
        return by_group[one], there

    k, k_other = sides(sums)
    n, n_other = sides(np.repeat(size[:, None], n_frames, axis=1))
    difference = k / n - k_other / n_other
    exceeding = np.zeros_like(difference)
    drawn = permuted_sums(
        carried, found.group, found.cluster, n_permutations=n_permutations, seed=seed
    )
    for permuted in drawn:
        here, there = sides(permuted)
        exceeding += np.abs(here / n - there / n_other) >= np.abs(difference) - 1e-12
    enough = np.minimum(n, n_other)[:, 0] >= min_articles
    low, high, n_stories, n_shared, reason = _intervals(
        found, carried, contrasts, enough, n_boot=n_boot, seed=seed
    )
    angle, angle_other = (
        2 * np.arcsin(np.sqrt(np.clip(s, 0, 1))) for s in (k / n, k_other / n_other)
    )
    return pd.DataFrame(
        {
            "k": k.ravel(),
            "n": n.ravel(),
            "share": (k / n).ravel(),
            "k_other": k_other.ravel(),
            "n_other": n_other.ravel(),
            "share_other": (k_other / n_other).ravel(),
            "n_shared": n_shared,
            "n_stories": n_stories,
            "estimate": difference.ravel(),
            "low": low,
            "high": high,
            "effect": (angle - angle_other).ravel(),
            "p": ((exceeding + 1) / (n_permutations + 1)).ravel(),
            "reason": reason,
        }
    )


def _intervals(
    found: _Counted, carried: Floats, contrasts: Ints, enough: Flags, *, n_boot: int, seed: int
) -> tuple[Floats, Floats, Ints, Ints, list[str]]:
    """Intervals of the differences, and clusters behind them, for each comparison and frame."""
    n_frames = carried.shape[1]
    above, below = (_by_cluster(found, values) for values in (carried, np.ones_like(carried)))
    totals = [np.zeros((found.n_clusters, n_frames)) for _ in range(2)]
    np.add.at(totals[0], found.cluster, carried)
    np.add.at(totals[1], found.cluster, np.ones_like(carried))
    shape = (len(contrasts), n_frames)
    low, high = np.full(shape, np.nan), np.full(shape, np.nan)
    n_stories, n_shared = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    reasons: list[str] = []

    def of_group(sums: Any, group: int) -> Floats:
        own: Floats = sums[:, group * n_frames : (group + 1) * n_frames].toarray()
        return own

    for row, (one, other) in enumerate(contrasts.tolist()):
        here = [of_group(sums, one) for sums in (above, below)]
        there = (
            [total - own for total, own in zip(totals, here, strict=True)]
            if other < 0
            else [of_group(sums, other) for sums in (above, below)]
        )
        in_one, in_other = here[1][:, 0] > 0, there[1][:, 0] > 0
        either = in_one | in_other
        n_stories[row], n_shared[row] = either.sum(), (in_one & in_other).sum()
        if not enough[row]:
            reasons += [""] * n_frames  # refused altogether
            continue
        sides = [side[either] for side in (*here, *there)]
        interval = difference_intervals(*sides, n_boot=n_boot, seed=seed)
        low[row], high[row] = interval["low"], interval["high"]
        reasons += interval["reason"].tolist()
    return low.ravel(), high.ravel(), n_stories.ravel(), n_shared.ravel(), reasons


def _refused(compared: pd.DataFrame, min_articles: int) -> pd.DataFrame:
    """Take p and interval from comparisons that cannot carry them, and say why."""
    smaller = compared[["n", "n_other"]].min(axis=1)
    small = smaller < min_articles
    apart = compared["n_shared"] == 0
    counted = smaller.astype("int64").astype(str)
    few = counted + smaller.map(lambda n: " article" if n == 1 else " articles")
    reason = compared["reason"].where(
        ~apart, "no story with articles of both; " + compared["reason"]
    )
    reason = reason.str.removesuffix("; ")
    reason = reason.where(~small, few + f" on one side; at least {min_articles} are needed")
    return compared.assign(
        reason=reason,
        p=compared["p"].mask(small | apart),
        **{name: compared[name].mask(small) for name in ("low", "high")},
    )
