"""Stories that an outlet left out although one would have expected it to cover them.

How many stories an outlet covers, and how many outlets cover a story, say how likely each outlet
is to cover each story. An absence that was improbable is a blind spot; one that was probable says
nothing.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import (
    COUNT,
    FLAG,
    REAL,
    TEXT,
    carry,
    conform,
    empty,
    groups_by,
    plain,
    require_columns,
)
from coverage_research.statistics import MIN_CLUSTERS, benjamini_hochberg
from coverage_research.timeline import group_columns, outlet_names, time_bounds

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: An absence is improbable from here.
THRESHOLD: Final = 0.05
_DAY: Final = 86_400_000_000  # microseconds
_ROUNDS: Final = 2_000
#: Sums are fitted up to this many stories or outlets.
_CLOSE: Final = 1e-6
_CELLS: Final = {
    "state": TEXT,
    "covered": FLAG,
    "expected": REAL,
    "residual": REAL,
    "p": REAL,
    "q": REAL,
    "is_notable": FLAG,
    "n_stories": COUNT,
    "n_outlets": COUNT,
    "reason": TEXT,
}


def blind_spots(
    coverage: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    by: str = "outlet",
    threshold: float = THRESHOLD,
    slack_days: float | None = None,
    all_cells: bool = False,
) -> pd.DataFrame:
    """Find the stories that an outlet did not cover although it would have been expected to.

    The odds that an outlet covers a story are taken to be the product of one number for the outlet
    and one for the story, chosen so that the expected numbers of stories of each outlet, and of
    outlets of each story, are the observed ones (Rasch's model). What such volumes explain is no
    blind spot.

    An outlet that was not active is not absent. It counts as active from its first to its last
    dated article in `articles`, and before and after for as long as it usually takes between two of
    them (range over n - 1), since its true limits lie outside those seen. Of an outlet with fewer
    than two dated articles nobody knows when it was active, and none of its absences counts.

    Stories that list the same articles are one story told twice; the first by name stays.

    Parameters
    ----------
    coverage : DataFrame
        With story_id and article_id.
    articles : DataFrame
        With article_id, published_at, published_precision and the column of `by`.
    by : str
        Column of `articles` that names the groups; articles without a value are left out.
    threshold : float
        Probability of absence up to which an absence is notable, above 0 and below 1.
    slack_days : float, optional
        How long before its first and after its last article an outlet counts as active, in days;
        by default its own mean interval.
    all_cells : bool
        Give all cells, also the absences that are not notable and those outside an outlet's time.

    Returns
    -------
    DataFrame with one row per story and group, notable absences first, the least probable on top:
    story_id, `by`, outlet_name (if `by` is outlet), state (`covered`, `absent`, or `outside` the
    time in which the group is known to be active), covered, expected (probability that the group
    covers the story, missing outside), residual (observed less expected, over the standard
    deviation), p (probability of what is seen or less: of an absence 1 - expected, of a covered
    story 1), q (p adjusted after Benjamini and Hochberg for all cells where an absence would be
    notable; missing elsewhere), is_notable (an absence with p of at most `threshold`), n_stories
    (that the group covers), n_outlets (groups that cover the story) and reason (why there is no p,
    else empty).

    ``attrs["by_chance"]`` has the number of notable absences to be expected if volumes explained
    everything, to hold beside the number that was found.

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If `by` names a column of the result.
    ValueError
        If `threshold` is not between 0 and 1, or `slack_days` is below 0.

    Notes
    -----
    A single cell is weak evidence: with thousands of them some absences are improbable by chance
    alone, and q is seldom small. What recurs (an outlet that leaves out all stories on one matter)
    is worth more than any single row. The model knows volumes only; a local outlet that leaves out
    what is not local is as notable as one that looks away.

    References
    ----------
    Rasch, G. (1960). *Probabilistic Models for Some Intelligence and Attainment Tests*.
    Strauss, D. & Sadler, P. M. (1989). Classical confidence intervals and Bayesian probability
    estimates for ends of local taxon ranges. *Mathematical Geology* 21(4), 411-427.
    Tarone, R. E. (1990). A modified Bonferroni method for discrete data. *Biometrics* 46(2),
    515-522 (only cells that could be notable are compared).

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> demo = load_demo()
    >>> cells = blind_spots(demo.coverage, demo.articles, all_cells=True)
    >>> cells["state"].value_counts().to_dict()
    {'covered': 41, 'absent': 4, 'outside': 3}
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold: expected between 0 and 1; found {threshold}")
    if slack_days is not None and not slack_days >= 0:
        raise ValueError(f"slack_days: expected at least 0; found {slack_days}")
    require_columns(coverage, ("story_id", "article_id"), "coverage")
    needed = ("article_id", "published_at", "published_precision", by)
    require_columns(articles, dict.fromkeys(needed), "articles")
    groups_by(by, ("outlet_name", *_CELLS))
    columns = {"story_id": TEXT, **group_columns(by), **_CELLS}
    known = plain(articles).drop_duplicates("article_id")
    known = known[known[by].notna()].reset_index(drop=True)
    listed = coverage[["story_id", "article_id"]].drop_duplicates()
    listed = listed.merge(known, on="article_id", how="inner", suffixes=("", "_of_article"))
    held = listed.sort_values("article_id").groupby("story_id")["article_id"].agg(tuple)
    listed = listed[listed["story_id"].isin(held.drop_duplicates().index)]
    if listed.empty:
        return carry(empty(columns), coverage, articles)
    shown, by_chance = _cells(listed, known, by, threshold, slack_days)
    if not all_cells:
        shown = shown[shown["covered"] | shown["is_notable"]]
    if by == "outlet":
        shown = shown.assign(outlet_name=shown[by].map(outlet_names(listed)))
    shown = shown.assign(rank=np.where(shown["is_notable"], shown["p"], 2.0))
    shown = shown.sort_values(["rank", "story_id", by], kind="stable", ignore_index=True)
    result = conform(shown.drop(columns="rank"), columns)
    result.attrs["by_chance"] = by_chance
    return carry(result, coverage, articles)


def _cells(
    listed: pd.DataFrame, known: pd.DataFrame, by: str, threshold: float, slack_days: float | None
) -> tuple[pd.DataFrame, float]:
    """All cells, and how many notable absences chance would make."""
    story, stories = pd.factorize(listed["story_id"], sort=True)
    group, names = pd.factorize(listed[by], sort=True)
    covered = np.zeros((len(stories), len(names)), dtype=bool)
    covered[story, group] = True
    # Who was never seen twice has no time of activity, and its stories no comparison.
    begin, end, seen_twice = _activity(known, by, names, slack_days)
    first, last = _told(listed, stories)
    active = covered | ((first[:, None] <= end) & (last[:, None] >= begin))
    compared = active & seen_twice
    expected = np.where(compared, independent_odds(covered, compared), np.nan)
    n_inside = compared.sum(axis=0)
    enough = (n_inside >= MIN_CLUSTERS) & compared
    p = np.where(enough, np.where(covered, 1.0, 1 - expected), np.nan)
    testable = enough & (1 - expected <= threshold)
    q = np.full(p.shape, np.nan)
    q[testable] = benjamini_hochberg(p[testable])
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = (covered - expected) / np.sqrt(expected * (1 - expected))
    residual[(expected <= 0) | (expected >= 1)] = 0.0  # certain, and so it is
    shape = covered.shape
    at_story, at_group = (at.ravel() for at in np.indices(shape))
    table = {
        "story_id": stories[at_story],
        by: names[at_group],
        "state": np.where(covered, "covered", np.where(active, "absent", "outside")).ravel(),
        "covered": covered.ravel(),
        "expected": expected.ravel(),
        "residual": residual.ravel(),
        "p": p.ravel(),
        "q": q.ravel(),
        "is_notable": (testable & ~covered).ravel(),
        "n_stories": covered.sum(axis=0)[at_group],
        "n_outlets": covered.sum(axis=1)[at_story],
        "reason": _reasons(active, seen_twice, n_inside).ravel(),
    }
    return pd.DataFrame(table), float((1 - expected[testable]).sum())


def independent_odds(covered: npt.ArrayLike, possible: npt.ArrayLike | None = None) -> Floats:
    """Expected cells of a table of zeros and ones, given the sums of its rows and columns.

    The odds of a cell are the product of one number for its row and one for its column. A row or
    column of ones only, or of zeros only, is expected to be what it is.

    Parameters
    ----------
    covered : array of bool, shape (rows, columns)
        The table.
    possible : array of bool, shape (rows, columns), optional
        Cells that can be 1; the others are expected to be 0 and belong to no sum.

    Returns
    -------
    array of float, shape (rows, columns)
        0 to 1. Its sums are those of the table.

    References
    ----------
    Rasch, G. (1960). *Probabilistic Models for Some Intelligence and Attainment Tests*.

    Examples
    --------
    >>> independent_odds([[1, 1, 0], [1, 0, 1], [0, 0, 1], [1, 1, 1]]).sum(axis=0).round(3).tolist()
    [3.0, 2.0, 3.0]
    """
    seen = np.asarray(covered, dtype=bool)
    open_ = np.ones_like(seen) if possible is None else np.asarray(possible, dtype=bool).copy()
    seen = seen & open_
    expected = np.zeros(seen.shape)
    # Cells of rows and columns without any variation are certain, and make others so in turn.
    while True:
        certain = np.zeros_like(open_)
        for axis in (0, 1):
            n, k = open_.sum(axis=axis, keepdims=True), (seen & open_).sum(axis=axis, keepdims=True)
            certain |= open_ & ((k == 0) | (k == n))
        if not certain.any():
            break
        expected[certain] = seen[certain]
        open_ &= ~certain
    rows, columns = open_.any(axis=1), open_.any(axis=0)
    if rows.any():
        cut = np.ix_(rows, columns)
        expected[cut] = np.where(
            open_[cut], _fit(seen[cut] & open_[cut], open_[cut]), expected[cut]
        )
    return expected


def _fit(seen: Flags, possible: Flags) -> Floats:
    """Logistic model of rows and columns, each sum fitted in turn by steps of Newton's method."""
    weight = possible.astype(np.float64)
    row, column = np.zeros((len(seen), 1)), np.zeros((1, seen.shape[1]))
    row_sums, column_sums = seen.sum(axis=1, keepdims=True), seen.sum(axis=0, keepdims=True)
    chance: Floats = weight / 2
    for _ in range(_ROUNDS):
        for effect, axis, sums in ((row, 1, row_sums), (column, 0, column_sums)):
            chance = weight / (1 + np.exp(-(row + column)))
            gap = sums - chance.sum(axis=axis, keepdims=True)
            curve = (chance * (1 - chance)).sum(axis=axis, keepdims=True)
            np.add(effect, np.clip(gap / np.maximum(curve, 1e-12), -1, 1), out=effect)
        chance = weight / (1 + np.exp(-(row + column)))
        off = np.abs(row_sums - chance.sum(axis=1, keepdims=True)).max()
        if max(off, np.abs(column_sums - chance.sum(axis=0, keepdims=True)).max()) < _CLOSE:
            break
    return chance


def _dated(articles: pd.DataFrame) -> pd.DataFrame:
    """Articles with a time, and its bounds in microseconds."""
    rows = articles[articles["published_at"].notna()]
    begin, end = time_bounds(rows)
    return rows.assign(begin=begin.astype(float), end=end.astype(float))


def _activity(
    known: pd.DataFrame, by: str, names: Any, slack_days: float | None
) -> tuple[Floats, Floats, Flags]:
    """From when to when each group was active, not a number where nobody knows; who was seen."""
    rows = _dated(known).groupby(by)
    spans = rows.agg(begin=("begin", "min"), end=("end", "max"), n=("end", "size")).reindex(names)
    begin, end, n = (spans[name].to_numpy(dtype=float) for name in ("begin", "end", "n"))
    seen_twice: Flags = n >= 2
    slack = np.full(len(names), np.nan)
    if slack_days is None:
        slack[seen_twice] = ((end - begin) / np.maximum(n - 1, 1))[seen_twice]
    else:
        slack[seen_twice] = slack_days * _DAY
    return begin - slack, end + slack, seen_twice


def _told(listed: pd.DataFrame, stories: Any) -> tuple[Floats, Floats]:
    """From when to when each story was told, not a number where nobody knows."""
    rows = _dated(listed).groupby("story_id")
    told = rows.agg(begin=("begin", "min"), end=("end", "max")).reindex(stories)
    return told["begin"].to_numpy(dtype=float), told["end"].to_numpy(dtype=float)


def _reasons(active: Flags, seen_twice: Flags, n_inside: Any) -> Any:
    """Why a cell has no p."""
    reason = np.full(active.shape, "", dtype=object)
    few = n_inside < MIN_CLUSTERS
    counted = [f"{n} {'story' if n == 1 else 'stories'} in its time" for n in n_inside.tolist()]
    for group in np.flatnonzero(few & seen_twice):
        reason[:, group] = f"{counted[group]}; at least {MIN_CLUSTERS} are needed"
    reason[~active] = "not known to have been active"
    reason[:, ~seen_twice] = "fewer than two dated articles: not known when it was active"
    return reason
