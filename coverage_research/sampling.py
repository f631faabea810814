"""Which units are coded, by whom and in which order: samples that a seed repeats.

A plan has one row for each unit and coder who is to code it. The same units, settings and seed give
the same plan, in whatever order the units stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.coding_units import UNITS, check_units
from coverage_research.schema import (
    COUNT,
    FLAG,
    REAL,
    TEXT,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    groups_by,
    plain,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Allocation = Literal["proportional", "equal"]
Counts = npt.NDArray[np.int64]

#: Columns of a plan; those of `UNITS`, where parts of articles are drawn, and the strata follow.
PLAN: Final = {
    "unit_id": TEXT,  # an article_id, or article_id:field:start-end
    "coder": TEXT,
    "order": COUNT,  # 1, 2, 3 ... for each coder
    "is_double": FLAG,  # whether all coders code the unit
    "probability": REAL,  # with which the unit was drawn: 1 / probability is its weight
}
#: Who codes where nobody is named.
CODERS: Final = ("coder",)


def sample_units(
    units: pd.DataFrame,
    n: int,
    *,
    by: str | Iterable[str] | None = None,
    articles: pd.DataFrame | None = None,
    allocation: Allocation = "proportional",
    per_article: int | None = None,
    double: float = 0.0,
    coders: Sequence[str] = CODERS,
    seed: int = 0,
) -> pd.DataFrame:
    """Draw articles, or parts of them, to be coded by hand and divide them among coders.

    Units are drawn without replacement. Those that all coders code are drawn among them, in the
    shares of the strata; the others are dealt out in turn. Each coder gets an order of their own,
    in which double units stand among the others and cannot be told from them.

    Parameters
    ----------
    units : DataFrame
        Articles, with article_id, where repeated ones count once; or parts of articles, with
        unit_id, from `coding_units` or `span_units`.
    n : int
        Units to draw.
    by : str or iterable of str, optional
        Columns of `units`, or else of `articles`, whose values, together, are the strata; a missing
        value is one too.
    articles : DataFrame, optional
        With article_id: whose columns the parts of an article share.
    allocation : {"proportional", "equal"}
        Whether a stratum gets units by its size (largest remainders), or each the same number and
        small ones all that they have. Proportional strata can be left without a unit.
    per_article : int, optional
        Units of an article at most. So many are first drawn of each article, and among these `n`
        by strata, whose sizes are then those that are left.
    double : float
        Share of the units, 0 to 1, that all coders code; rounded up to whole units.
    coders : sequence of str
        Names of the coders.
    seed : int
        Repeats the draw.

    Returns
    -------
    DataFrame, one row per coder and unit, in the order of coding: unit_id, coder, order (from 1),
    is_double, probability (of being drawn, below 1 unless all are), for parts of articles
    article_id, field, start and end, and the columns of `by`. With "equal" or `per_article`, shares
    over all units need the weights 1 / probability (Horvitz & Thompson 1952; for two draws
    Särndal et al. 1992).

    Raises
    ------
    SchemaError
        If columns are missing, articles have no article_id, or units cannot be used.
    ChoiceError
        If `by`, `allocation` or `coders` are none that exist, or coders' names differ only by case.
    ValueError
        If there are fewer units than `n`, or a number is out of its range.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis* (4th ed.), chapter 6. Sage. Horvitz, D. G. &
    Thompson, D. J. (1952). A generalization of sampling without replacement from a finite universe.
    *Journal of the American Statistical Association* 47(260), 663-685. Särndal, C.-E., Swensson, B.
    & Wretman, J. (1992). *Model Assisted Survey Sampling*, chapter 9. Springer.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": list("abcdefgh"), "outlet": list("xxxxxxyy")})
    >>> plan = sample_units(articles, 4, by="outlet", double=0.5, coders=["Ann", "Ben"])
    >>> plan.groupby("coder")["order"].max().to_dict(), plan["unit_id"].nunique()
    ({'Ann': 3, 'Ben': 3}, 4)
    """
    names = _checked_coders(coders)
    columns = [] if by is None else groups_by(by, PLAN)
    if allocation not in get_args(Allocation):
        told = ", ".join(get_args(Allocation))
        raise ChoiceError(f"allocation: expected {told}; found {allocation!r}")
    if not 0 <= double <= 1:
        raise ValueError(f"double: expected a share from 0 to 1; found {double}")
    if double and len(names) < 2:
        raise ValueError("double: expected two or more coders to code the same units; found one")
    if per_article is not None and (isinstance(per_article, bool) or not per_article >= 1):
        raise ValueError(f"per_article: expected at least 1; found {per_article}")
    frame = _units(units, columns, articles)
    rng = np.random.default_rng(seed)
    frame = _thinned(frame, per_article, rng)
    if isinstance(n, bool) or not 1 <= n <= len(frame):
        what = "units" if "unit_id" in units.columns else "articles"
        what += " there are" + (f" with {per_article} of an article" if per_article else "")
        raise ValueError(f"n: expected 1 to {len(frame):,}, the {what}; found {n}")
    drawn = _draw(frame, n, allocation, rng)
    # A tiny share less, since 0.1 * 30 is a little more than 3.
    doubled = _by_remainder(drawn.groupby("_stratum").size(), int(np.ceil(double * n - 1e-9)))
    rank = drawn.groupby("_stratum").cumcount()
    drawn["is_double"] = (rank < drawn["_stratum"].map(doubled)).to_numpy()
    plan = _dealt(drawn, names, rng)
    shown = {**PLAN, **UNITS} if "unit_id" in units.columns else PLAN
    sources = [units, *([] if articles is None else [articles])]
    return carry(conform(plan, shown)[list(dict.fromkeys([*shown, *columns]))], *sources)


def _checked_coders(coders: Sequence[str]) -> list[str]:
    if isinstance(coders, str):
        raise ChoiceError(f"coders: expected a list of names; found {coders!r}")
    names = [" ".join(str(name).split()) for name in coders]
    if not names or not all(names) or len({name.casefold() for name in names}) < len(names):
        raise ChoiceError(f"coders: expected one or more different names; found {list(coders)}")
    return names


def _units(units: pd.DataFrame, columns: list[str], articles: pd.DataFrame | None) -> pd.DataFrame:
    """Distinct units with the number of their stratum, in an order that the rows do not set."""
    require_columns(units, ["article_id"], "articles, or units from coding_units")
    own = [name for name in columns if name in units.columns or articles is None]
    rest = [name for name in columns if name not in own]
    if "unit_id" in units.columns:
        require_columns(units, own, "units (or else give articles= that have them)")
        rows = plain(check_units(units)[list(dict.fromkeys([*UNITS, *own]))])
        rows = rows.assign(article_id=rows["article_id"].astype(str))
    else:
        require_columns(units, own, "articles")
        rows = _with_one_value(units, own)
        rows = rows.assign(unit_id=rows["article_id"])
    if rest and articles is not None:
        require_columns(articles, ["article_id", *rest], "articles")
        known = _with_one_value(articles, rest)
        unknown = sorted(set(rows["article_id"]) - set(known["article_id"]))
        if unknown:
            told = ", ".join(unknown[:10])
            raise SchemaError(f"articles: expected all articles of the units; missing {told}")
        rows = rows.merge(known, how="left", on="article_id")
    rows = rows.sort_values("unit_id", ignore_index=True)
    groups = rows.groupby(columns, dropna=False).ngroup() if columns else 0
    return rows.assign(_stratum=groups)


def _with_one_value(articles: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Distinct articles, each with one value of each column."""
    rows = plain(articles[["article_id", *columns]])
    lacking = int(rows["article_id"].isna().sum())
    if lacking:
        raise SchemaError(f"articles: {lacking} rows without article_id")
    rows = rows.assign(article_id=rows["article_id"].astype(str)).drop_duplicates()
    twice = sorted(set(rows.loc[rows["article_id"].duplicated(), "article_id"]))
    if twice:
        raise SchemaError(
            f"articles: expected one value of {', '.join(columns)} for each article; several have "
            + ", ".join(twice[:10])
        )
    return rows


def _thinned(
    units: pd.DataFrame, per_article: int | None, rng: np.random.Generator
) -> pd.DataFrame:
    """So many units of each article at most, with the share that they are of its units."""
    sizes = units.groupby("article_id")["unit_id"].transform("size")
    if per_article is None or int(sizes.max()) <= per_article:
        return units.assign(_kept=1.0)
    shuffled = units.iloc[rng.permutation(len(units))]
    left = shuffled[shuffled.groupby("article_id").cumcount() < per_article]
    return left.assign(_kept=np.minimum(per_article / sizes[left.index], 1.0))


def _draw(
    units: pd.DataFrame, n: int, allocation: Allocation, rng: np.random.Generator
) -> pd.DataFrame:
    """The drawn units in the order of drawing, with the probability of each."""
    shuffled = units.iloc[rng.permutation(len(units))]
    sizes = units.groupby("_stratum").size()
    take = _by_remainder(sizes, n) if allocation == "proportional" else _evenly(sizes, n)
    rank = shuffled.groupby("_stratum").cumcount()
    drawn = shuffled[rank < shuffled["_stratum"].map(take)].copy()
    drawn["probability"] = drawn["_stratum"].map(take / sizes) * drawn["_kept"]
    return drawn


def _by_remainder(sizes: pd.Series, n: int) -> pd.Series:
    """Whole numbers in proportion to the sizes that sum to n: largest remainders first."""
    exact = [divmod(int(size) * n, int(sizes.sum())) for size in sizes]
    take = pd.Series([whole for whole, _ in exact], index=sizes.index)
    rests = sorted(range(len(exact)), key=lambda place: (-exact[place][1], place))
    take.iloc[rests[: n - int(take.sum())]] += 1
    return take


def _evenly(sizes: pd.Series, n: int) -> pd.Series:
    """Equal whole numbers that sum to n, where a stratum gives no more than it has."""
    take = pd.Series(0, index=sizes.index)
    while (left := n - int(take.sum())) > 0:
        open_ = take.index[take < sizes]
        share, rest = divmod(left, len(open_))
        more = pd.Series(share, index=open_)
        more.iloc[:rest] += 1
        take[open_] = np.minimum(take[open_] + more, sizes[open_])
    return take


def _dealt(drawn: pd.DataFrame, coders: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """One row for each coder and unit, each coder's rows in an order of their own."""
    drawn = drawn.sort_values("_stratum", kind="stable")
    single = (~drawn["is_double"]).to_numpy()
    # In turn, stratum by stratum, so that each coder gets of each alike.
    turn: Counts = (np.cumsum(single) - 1) % len(coders)
    parts: list[Any] = []
    for place, coder in enumerate(coders):
        own = drawn[~single | (turn == place)]
        own = own.iloc[rng.permutation(len(own))]
        parts.append(own.assign(coder=coder, order=np.arange(1, len(own) + 1)))
    dealt: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return dealt
