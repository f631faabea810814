"""How often each outlet uses each frame, and whether outlets differ.

`frame_shares` gives shares with intervals, `compare_frames` tests differences between groups. Both
speak of all coverage or, given the articles of `independent`, of coverage without copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.contrasts import (
    COMPARED,
    MIN_ARTICLES,
    N_PERMUTATIONS,
    REST,
    Against,
    compare_groups,
    contrasts,
)
from coverage_research.framing import frames_of
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    TEXT,
    ChoiceError,
    carry,
    conform,
    empty,
    groups_by,
    require_columns,
)
from coverage_research.statistics import N_BOOT, benjamini_hochberg
from coverage_research.units import Units, add_shares, places, repeat_cells, units_of_articles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coverage_research.codebook import Codebook

Unit = Literal["article", "term"]
Floats = npt.NDArray[np.float64]

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
    units = units_of_articles(articles, coverage, by)
    schema = units.schema() | {"codebook": TEXT, "frame": TEXT, "label": TEXT, "k": COUNT}
    schema |= ESTIMATE
    if units.groups.empty or not frames:
        return carry(empty(schema), matches, articles, coverage)
    found = _counted(units, matches, list(frames))
    above, below = _sums(units, found, unit=unit, min_matches=min_matches)
    rows = units.named({"frame": [*frames], "label": [*frames.values()]}).assign(codebook=name)
    table = conform(add_shares(rows, above, below, n_boot=n_boot, seed=seed), schema)
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
    by = groups_by(by, (*_NAMES, *COMPARED))
    require_columns(matches, ["article_id", "codebook", "frame"], "matches (from find_frames)")
    name, frames = frames_of(matches, codebook)
    units = units_of_articles(articles, coverage, by)
    schema = {**units.schema(), "other": TEXT, "codebook": TEXT, "frame": TEXT, "label": TEXT}
    schema |= COMPARED
    pairs = contrasts(len(units.groups), against)
    if not frames or not len(pairs):
        return carry(empty(schema), matches, articles, coverage)
    carried = _counted(units, matches, list(frames)) >= min_matches
    numbers = compare_groups(
        units,
        np.arange(len(carried)),
        np.column_stack([carried, np.ones(len(carried))]),
        pairs,
        what="articles",
        min_articles=min_articles,
        n_permutations=n_permutations,
        n_boot=n_boot,
        seed=seed,
    )
    named = [
        " / ".join("(none)" if pd.isna(part) else str(part) for part in row)
        for row in units.groups[by].itertuples(index=False)
    ]
    at = np.repeat(pairs[:, 1], len(frames)).tolist()
    result = units.named({"frame": [*frames], "label": [*frames.values()]}, pairs[:, 0])
    result["codebook"] = name
    result["other"] = [REST if other < 0 else named[other] for other in at]
    result = pd.concat([result, numbers], axis=1)
    result["q"] = benjamini_hochberg(result["p"].to_numpy(dtype=np.float64))
    return carry(conform(result, schema), matches, articles, coverage)


def _counted(units: Units, matches: pd.DataFrame, frames: list[str]) -> Floats:
    """Matches of each unit and frame."""
    place = places(matches["frame"], pd.Index(frames))
    row, unit = units.join(matches["article_id"])
    unit, frame = unit[place[row] >= 0], place[row][place[row] >= 0]
    n_frames, n_units = len(frames), len(units.group)
    counts = np.bincount(unit * n_frames + frame, minlength=n_units * n_frames)
    return counts.reshape(n_units, n_frames).astype(np.float64)


def _sums(units: Units, found: Floats, *, unit: Unit, min_matches: int) -> tuple[Any, Any]:
    """What carries each frame, and all that could, clusters x (groups x frames)."""
    n_frames = found.shape[1]
    if unit == "term":
        at, frame = np.nonzero(found)
        above = units.sums(at, frame, n_frames, found[at, frame])
        every = np.arange(len(found))
        below = units.sums(every, np.zeros_like(every), 1, found.sum(axis=1))
    else:
        at, frame = np.nonzero(found >= min_matches)
        above = units.sums(at, frame, n_frames)
        below = units.sizes()
    return above, repeat_cells(below, n_frames)
