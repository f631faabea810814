"""Which units are coded, by whom and in which order: samples that a seed repeats.

A plan has one row for each unit and coder who is to code it. The same units, settings and seed give
the same plan, in whatever order the units stand.
"""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.coding_entries import clean_name
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
        Whether a stratum gets units by its size, or each the same number and small ones all that
        they have. What is no whole number is rounded up or down by lot (controlled rounding, Cox
        1987), so that no stratum is left out for good, though each can be left without a unit.
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
    is_double, probability (of being drawn, before strata were rounded; below 1 unless all are), for
    parts of articles article_id, field, start and end, and the columns of `by`. With "equal" or
    `per_article`, shares over all units need the weights 1 / probability (Horvitz & Thompson 1952;
    for two draws Särndal et al. 1992), which `validate` takes by its `sample`.

    Raises
    ------
    SchemaError
        If columns are missing, articles have no article_id, or units cannot be used.
    ChoiceError
        If `by`, `allocation` or `coders` are none that exist, or coders' names differ only by case
        or by what cannot be seen.
    ValueError
        If there are fewer units than `n`, or a number is out of its range or none.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis* (4th ed.), chapter 6. Sage. Horvitz, D. G. &
    Thompson, D. J. (1952). A generalization of sampling without replacement from a finite universe.
    *Journal of the American Statistical Association* 47(260), 663-685. Särndal, C.-E., Swensson, B.
    & Wretman, J. (1992). *Model Assisted Survey Sampling*, chapter 9. Springer. Cox, L. H. (1987).
    A constructive procedure for unbiased controlled rounding. *Journal of the American Statistical
    Association* 82(398), 520-524.

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
    n = _whole(n, "n")
    if per_article is not None:
        per_article = _whole(per_article, "per_article")
        if per_article < 1:
            raise ValueError(f"per_article: expected at least 1; found {per_article}")
    frame, values = _units(units, columns, articles)
    what = "units" if "unit_id" in units.columns else "articles"
    if frame.empty:
        raise ValueError(f"n: expected {what} to draw from; there are none")
    rng = np.random.default_rng(seed)
    # Lots of their own, so that plans without anything to round are those of the draw alone.
    lots = np.random.default_rng(seed).spawn(1)[0]
    frame = _thinned(frame, per_article, rng)
    if not 1 <= n <= len(frame):
        told = f"{what} there are" + (f" with {per_article} of an article" if per_article else "")
        raise ValueError(f"n: expected 1 to {len(frame):,}, the {told}; found {n}")
    drawn = _draw(frame, n, allocation, rng, lots)
    # A tiny share less, since 0.1 * 30 is a little more than 3.
    sizes = drawn.groupby("_stratum").size()
    doubled = _by_lot(*_in_proportion(sizes, int(np.ceil(double * n - 1e-9))), lots)
    rank = drawn.groupby("_stratum").cumcount()
    drawn["is_double"] = (rank < drawn["_stratum"].map(doubled)).to_numpy()
    dealt = _dealt(drawn, names, rng)
    shown = {**PLAN, **UNITS} if "unit_id" in units.columns else PLAN
    plan = conform(dealt, shown)[list(shown)]
    for name in columns:
        if name not in shown:
            plan[name] = values[name].loc[dealt["unit_id"]].array
    return carry(plan, units, *([] if articles is None else [articles]))


def _checked_coders(coders: Sequence[str]) -> list[str]:
    """Names as `hand_code` has them, none of which stands for the same coder as another."""
    if isinstance(coders, str):
        raise ChoiceError(f"coders: expected a list of names; found {coders!r}")
    told = [str(name) for name in coders]
    try:
        names = [clean_name(name) for name in told]
    except ChoiceError as error:
        raise ChoiceError(f"coders: {error}") from error
    same = {name.casefold() for name in names}
    if not names or len(same) < len(names):
        raise ChoiceError(f"coders: expected one or more different names; found {told}")
    return names


def _whole(number: Any, name: str) -> int:
    """A setting that is a whole number, of Python or numpy."""
    try:
        whole = index(number)
    except TypeError:
        whole = None
    if whole is None or isinstance(number, bool):
        raise ValueError(f"{name}: expected a whole number; found {number!r}")
    return whole


def _units(
    units: pd.DataFrame, columns: list[str], articles: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Distinct units with the number of their stratum, in an order that the rows do not set.

    With them, by unit_id, the values that make the strata, since these columns can have any name.
    """
    require_columns(units, ["article_id"], "articles, or units from coding_units")
    own = [name for name in columns if name in units.columns or articles is None]
    rest = [name for name in columns if name not in own]
    if "unit_id" in units.columns:
        require_columns(units, own, "units (or else give articles= that have them)")
        rows = plain(check_units(units)[list(dict.fromkeys([*UNITS, *own]))])
        rows = rows.assign(**{name: rows[name].astype(str) for name in ("unit_id", "article_id")})
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
    named = rows[[name for name in UNITS if name in rows.columns]].assign(_stratum=groups)
    return named, rows.set_index("unit_id")[columns]


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
    units: pd.DataFrame,
    n: int,
    allocation: Allocation,
    rng: np.random.Generator,
    lots: np.random.Generator,
) -> pd.DataFrame:
    """The drawn units in the order of drawing, with the probability of each."""
    shuffled = units.iloc[rng.permutation(len(units))]
    sizes = units.groupby("_stratum").size()
    exact, of = (_in_proportion if allocation == "proportional" else _evenly)(sizes, n)
    rank = shuffled.groupby("_stratum").cumcount()
    drawn = shuffled[rank < shuffled["_stratum"].map(_by_lot(exact, of, lots))].copy()
    drawn["probability"] = drawn["_stratum"].map(exact / (of * sizes)) * drawn["_kept"]
    return drawn


def _in_proportion(sizes: pd.Series, n: int) -> tuple[pd.Series, int]:
    """Shares of n in proportion to the sizes, times a whole number, and this number."""
    return sizes * n, int(sizes.sum())


def _evenly(sizes: pd.Series, n: int) -> tuple[pd.Series, int]:
    """Equal shares of n, where a stratum gives no more than it has, times a number, and this."""
    rising = np.sort(sizes.to_numpy(dtype=np.int64))
    # Strata that give all that they have: those below the level that the others share.
    low = np.concatenate([[0], np.cumsum(rising)[:-1]])
    open_ = np.arange(len(rising), 0, -1)
    place = int(np.argmax(rising * open_ >= n - low))
    level, of = n - int(low[place]), int(open_[place])
    return (sizes * of).clip(upper=level), of


def _by_lot(exact: pd.Series, of: int, lots: np.random.Generator) -> pd.Series:
    """Whole numbers beside exact / of, of which they are the mean, and whose sum is its sum.

    Shares are laid end to end, in an order by lot, and each gets the marks that fall into it of
    those that stand 1 apart from a start by lot (systematic sampling).
    """
    order = lots.permutation(len(exact))
    start = int(lots.integers(of))
    marks = (np.cumsum(exact.to_numpy(dtype=np.int64)[order]) + start) // of
    take: Counts = np.zeros(len(exact), dtype=np.int64)
    take[order] = np.diff(marks, prepend=0)
    return pd.Series(take, index=exact.index)


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
