"""What changes while a story spreads: frames and tone by the place of an article in its story.

Where a stamp gives only a day, an article has a place in the order only if every hour of its day
gives it the same.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.cascade import SAME, lag_bounds
from coverage_research.lag_summary import N_PERMUTATIONS, dated
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    REAL,
    TEXT,
    SchemaError,
    carry,
    conform,
    empty,
    require_columns,
)
from coverage_research.statistics import (
    LEVEL,
    N_BOOT,
    benjamini_hochberg,
    cluster_interval,
    difference_intervals,
    permuted_sums,
    ratio_intervals,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_research.cascade import Floats, Ints


#: With fewer articles than this in a half the halves are not compared.
MIN_ARTICLES: Final = 5
#: The places of an article in its story.
PLACES: Final = ("first", "early", "late")

_FRAMES: Final = {"measure": TEXT, "place": TEXT, "n_unplaced": COUNT, **ESTIMATE}
_COMPARED: Final = {
    "measure": TEXT,
    "n_early": COUNT,
    "early": REAL,
    "n_late": COUNT,
    "late": REAL,
    "n_unplaced": COUNT,
    **ESTIMATE,
    "p": REAL,
    "q": REAL,
}


def cascade_frames(
    lags: pd.DataFrame,
    found: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    value: str | Sequence[str] | None = None,
    hours: Sequence[float] | None = None,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """How often frames are used, or what tone is taken, by the place of an article in its story.

    An article is `first` if it certainly is, `early` if it is otherwise among the first half of its
    story's dated articles (rounded up) and `late` if it is not. Where stamps leave more than one
    open, it has no place. An article that is listed in several stories counts once, in the one
    where its lag is longest.

    Parameters
    ----------
    lags : DataFrame
        From `story_lags`. All its articles are looked at: leave out those without text first.
    found : DataFrame
        From `find_frames`, or with one row per article and numbers, such as from `score_tone`.
    coverage : DataFrame
        With story_id and article_id.
    value : str or sequence of str, optional
        Columns of `found` to take the mean of, for instance ``["vader", "pattern"]``; by default
        the share of articles that carry each frame.
    hours : sequence of float, optional
        Take places by hours after the first article instead: ``[0, 6, 24]`` for below six, six to
        below 24, and 24 or more.
    n_boot, level, seed
        As in `cluster_interval`; whole clusters of stories are resampled.

    Returns
    -------
    DataFrame with one row per measure and place, in their order: measure (frame, or column), place,
    n_unplaced (articles without a place), n (articles with the place, and a value), n_stories
    (clusters), estimate (share of articles, 0 to 1, or mean), low, high and reason (why there is no
    interval, else empty).

    Raises
    ------
    SchemaError
        If columns are missing, `lags` has articles that `coverage` lacks, or `found` has several
        rows of an article where it should have one.
    ValueError
        If `hours` do not rise from 0.

    References
    ----------
    Downs, A. (1972). Up and down with ecology: the issue-attention cycle. *The Public Interest* 28,
    38-50. Chyi, H. I. & McCombs, M. (2004). Media salience and the process of framing. *Journalism
    & Mass Communication Quarterly* 81(1), 22-35 (how frames change over the life of a story).

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> from coverage_research.framing import find_frames
    >>> from coverage_research.timeline import story_lags
    >>> demo = load_demo()
    >>> lags = story_lags(demo.articles, demo.coverage)
    >>> shares = cascade_frames(lags, find_frames(demo.articles), demo.coverage)
    >>> shares.drop_duplicates("place")[["place", "n", "n_stories"]].values.tolist()
    [['first', 5, 5], ['early', 21, 6], ['late', 22, 6]]
    """
    edges = None if hours is None else np.asarray(list(hours), dtype=np.float64)
    if edges is not None and (not len(edges) or edges[0] != 0 or not (np.diff(edges) > 0).all()):
        raise ValueError(f"hours: expected numbers that rise from 0; found {list(hours or ())}")
    units, names = _placed(lags, coverage, edges)
    measured = _measured(units, found, value)
    settings: Any = {"n_boot": n_boot, "level": level, "seed": seed}
    placed = units["place"].to_numpy()
    cluster = pd.factorize(units["cluster"], sort=True)[0]
    rows = []
    for column, measure in enumerate(measured.names):
        for place, name in enumerate(names):
            here = (placed == place) & measured.known[:, column]
            numbers = measured.numbers[here, column]
            if value is None:
                interval = _share(numbers, cluster[here], settings)
            else:
                mean = cluster_interval(numbers, cluster[here], **settings)
                interval = {
                    name: getattr(mean, name) for name in ("estimate", "low", "high", "reason")
                } | {"n_stories": mean.n_clusters}
            rows.append({"measure": measure, "place": name, "n": int(here.sum()), **interval})
    if not rows:
        return carry(empty(_FRAMES), lags, found, coverage)
    result = pd.DataFrame(rows).assign(n_unplaced=int((placed < 0).sum()))
    return carry(conform(result, _FRAMES), lags, found, coverage)


def compare_cascade(
    lags: pd.DataFrame,
    found: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    value: str | Sequence[str] | None = None,
    n_permutations: int = N_PERMUTATIONS,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Test whether the second half of a story's articles is told otherwise than the first.

    The p value comes from permuting the halves among the articles of each story, so that what a
    story is about cannot make a difference.

    Parameters
    ----------
    lags, found, coverage, value, n_boot, level, seed
        As in `cascade_frames`; the first half are the places `first` and `early`.
    n_permutations : int
        Permutations; p is at least 1 / (n_permutations + 1).

    Returns
    -------
    DataFrame with one row per measure: measure (frame, or column), n_early and early (articles of
    the first half, and their share or mean), n_late and late, n_unplaced (articles without a
    place), n (both halves), n_stories (clusters), estimate (late less early), low and high
    (interval), reason (why there is no p or interval, else empty), p (two-sided) and q (p adjusted
    after Benjamini and Hochberg).

    Raises
    ------
    SchemaError
        As in `cascade_frames`.
    ValueError
        If a number is below 1.

    References
    ----------
    Good, P. (2005). *Permutation, Parametric and Bootstrap Tests of Hypotheses*. Springer.
    Phipson, B. & Smyth, G. K. (2010). Permutation p-values should never be zero. *Statistical
    Applications in Genetics and Molecular Biology* 9(1).
    Chyi, H. I. & McCombs, M. (2004). Media salience and the process of framing. *Journalism & Mass
    Communication Quarterly* 81(1), 22-35.

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> from coverage_research.tone import score_tone
    >>> from coverage_research.timeline import story_lags
    >>> demo = load_demo()
    >>> lags = story_lags(demo.articles, demo.coverage)
    >>> tone = score_tone(demo.articles)
    >>> compared = compare_cascade(lags, tone, demo.coverage, value=["vader", "pattern"])
    >>> compared[["measure", "n_early", "n_late"]].values.tolist()
    [['vader', 26, 22], ['pattern', 26, 22]]
    """
    if not n_permutations >= 1:
        raise ValueError(f"n_permutations: expected at least 1; found {n_permutations}")
    units, _ = _placed(lags, coverage, None)
    measured = _measured(units, found, value)
    if not measured.names:
        return carry(empty(_COMPARED), lags, found, coverage)
    placed = units["place"].to_numpy()
    used = placed >= 0
    late = (placed == PLACES.index("late"))[used].astype(np.int64)
    n_measures = len(measured.names)
    known = measured.known[used].astype(np.float64)
    outcomes = np.hstack([np.where(measured.known, measured.numbers, 0.0)[used], known])

    def difference(sums: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            means: Floats = sums[:, :n_measures] / sums[:, n_measures:]
        late_less_early: Floats = means[1] - means[0]
        return late_less_early

    sums = np.zeros((2, 2 * n_measures))
    np.add.at(sums, late, outcomes)
    observed = difference(sums)
    beyond = np.zeros(n_measures)
    if 0 < late.sum() < len(late):
        story = pd.factorize(units["story_id"][used], sort=True)[0]
        drawn = permuted_sums(outcomes, late, story, n_permutations=n_permutations, seed=seed)
        for permuted in drawn:
            # A half without any value says nothing, and is counted against a difference.
            beyond += ~(np.abs(difference(permuted)) < np.abs(observed) - SAME)
    cluster = pd.factorize(units["cluster"][used], sort=True)[0]
    by_half = np.zeros((2, int(cluster.max()) + 1 if len(cluster) else 0, 2 * n_measures))
    np.add.at(by_half, (late, cluster), outcomes)
    rows = []
    for column, measure in enumerate(measured.names):
        values, counts = by_half[:, :, [column]], by_half[:, :, [n_measures + column]]
        some = counts.sum(axis=(0, 2)) > 0
        interval = difference_intervals(
            values[1][some], counts[1][some], values[0][some], counts[0][some],
            n_boot=n_boot, level=level, seed=seed,
        ).iloc[0]  # fmt: skip
        n_early, n_late = (int(sums[half, n_measures + column]) for half in (0, 1))
        small = min(n_early, n_late)
        few = small < MIN_ARTICLES
        counted = "1 article" if small == 1 else f"{small} articles"
        rows.append(
            {
                "measure": measure,
                "n_early": n_early,
                "early": sums[0, column] / n_early if n_early else np.nan,
                "n_late": n_late,
                "late": sums[1, column] / n_late if n_late else np.nan,
                "n": n_early + n_late,
                "n_stories": int(interval["n_clusters"]),
                "estimate": observed[column],
                "low": np.nan if few else interval["low"],
                "high": np.nan if few else interval["high"],
                "reason": f"{counted} in one half; at least {MIN_ARTICLES} are needed"
                if few
                else interval["reason"],
                "p": np.nan if few else (beyond[column] + 1) / (n_permutations + 1),
            }
        )
    result = pd.DataFrame(rows).assign(n_unplaced=int((~used).sum()))
    result["q"] = benjamini_hochberg(result["p"])
    return carry(conform(result, _COMPARED), lags, found, coverage)


def _placed(
    lags: pd.DataFrame, coverage: pd.DataFrame, edges: Floats | None
) -> tuple[pd.DataFrame, list[str]]:
    """Articles, each once, with the number of their place (-1 where it is open); the places."""
    rows = dated(lags, coverage)
    rows = rows[rows.groupby("story_id")["article_id"].transform("size") > 1]
    rows = rows.reset_index(drop=True)
    if edges is None:
        names = list(PLACES)
        rows["place"] = _thirds(rows)
    else:
        low, high = lag_bounds(rows)
        at = np.searchsorted(edges, low, side="right") - 1
        rows["place"] = np.where(at == np.searchsorted(edges, high, side="right") - 1, at, -1)
        names = [f"{a:g}-{b:g} h" for a, b in itertools.pairwise(edges)]
        names.append(f"{edges[-1]:g} h and later")
    longest = rows.sort_values(["lag_high", "lag_low", "story_id"], ascending=[False, False, True])
    kept = longest.drop_duplicates("article_id").sort_values(["story_id", "article_id"])
    return kept.reset_index(drop=True), names


def _thirds(rows: pd.DataFrame) -> Ints:
    """Number of the place of each article among those of its story, -1 where it is open."""
    place = np.full(len(rows), -1, dtype=np.int64)
    begin, last = rows["begin"].to_numpy(), rows["last"].to_numpy()
    for at in rows.groupby("story_id", sort=False).indices.values():
        n = len(at)
        soonest = 1 + np.searchsorted(np.sort(last[at]), begin[at], side="left")
        latest = np.searchsorted(np.sort(begin[at]), last[at], side="right")
        half = (n + 1) // 2
        place[at[latest <= half]] = PLACES.index("early")
        place[at[soonest > half]] = PLACES.index("late")
        place[at[latest == 1]] = PLACES.index("first")
    return place


class _Measured(NamedTuple):
    """What was measured of each article, articles x measures."""

    names: list[str]
    numbers: Floats
    known: npt.NDArray[np.bool_]


def _measured(
    units: pd.DataFrame, found: pd.DataFrame, value: str | Sequence[str] | None
) -> _Measured:
    """Whether each article carries each frame, or the numbers of the table."""
    if value is None:
        require_columns(found, ("article_id", "frame"), "found (from find_frames)")
        carried = found[["article_id", "frame"]].dropna().drop_duplicates()
        names = sorted(carried["frame"].unique())
        values = np.zeros((len(units), len(names)))
        row = pd.Index(units["article_id"]).get_indexer(carried["article_id"])
        column = pd.Index(names).get_indexer(carried["frame"])
        values[row[row >= 0], column[row >= 0]] = 1.0
        return _Measured(list(map(str, names)), values, np.ones(values.shape, dtype=bool))
    names = [value] if isinstance(value, str) else list(value)
    require_columns(found, ("article_id", *names), "found")
    repeated = found["article_id"][found["article_id"].duplicated()].unique()
    if len(repeated):
        raise SchemaError(
            f"found: expected one row per article; {len(repeated)} have several, for instance "
            f"{repeated[0]}"
        )
    numbers = found.set_index("article_id")[names].astype(np.float64)
    values = numbers.reindex(units["article_id"]).to_numpy(dtype=np.float64)
    return _Measured(names, values, ~np.isnan(values))


def _share(numbers: Floats, cluster: Ints, settings: Any) -> dict[str, Any]:
    """Share of articles with its interval, clusters of stories resampled."""
    order = pd.factorize(cluster, sort=True)[0]
    above, below = np.bincount(order, weights=numbers), np.bincount(order).astype(np.float64)
    row = ratio_intervals(above.reshape(-1, 1), below, **settings).iloc[0]
    return {
        "estimate": row["estimate"],
        "low": row["low"],
        "high": row["high"],
        "n_stories": int(row["n_clusters"]),
        "reason": row["reason"],
    }
