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

from coverage_research.contrasts import (
    COMPARED,
    MIN_ARTICLES,
    N_PERMUTATIONS,
    REST,
    compare_groups,
    contrasts,
)
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    FLAG,
    TEXT,
    ChoiceError,
    carry,
    conform,
    empty,
    groups_by,
    require_columns,
)
from coverage_research.statistics import LEVEL, N_BOOT, benjamini_hochberg, too_few
from coverage_research.units import Units, add_shares, repeat_cells, units_of_articles

if TYPE_CHECKING:
    from collections.abc import Sequence

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
#: Measures of diversity, in the order of their rows.
MEASURES: Final = ("shannon", "effective", "simpson")

_LABELS: Final[dict[Any, str]] = {True: "named", False: "unnamed", "expert": "expert or analyst"}
_NAMES: Final = ("outlet_name", "label", "other", "measure", "k", "n_types", "group", "cluster")


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
    schema = {**counted.units.schema(), of: kind, "label": TEXT, "k": COUNT, **ESTIMATE}
    if counted.units.groups.empty:
        result = empty(schema)
    else:
        rows = counted.units.named({of: counted.kinds, "label": [*map(_label, counted.kinds)]})
        above, below = _sums(counted, unit)
        result = add_shares(rows, above, below, n_boot=n_boot, level=level, seed=seed)
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
    units = counted.units
    schema = {**units.schema(), "measure": TEXT, "n": COUNT, "n_types": COUNT}
    schema |= {name: kind for name, kind in ESTIMATE.items() if name != "n"}
    if units.groups.empty:
        return carry(empty(schema), typed, articles, coverage)
    n_types = len(counted.kinds)
    above = units.sums(counted.unit, counted.value, n_types)
    parts = []
    for group in range(len(units.groups)):
        own = above[:, group * n_types : (group + 1) * n_types].toarray()
        own = own[own.sum(axis=1) > 0]
        parts.append(_spread(own, corrected=corrected, n_boot=n_boot, level=level, seed=seed))
    heads = units.named({"measure": MEASURES})
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
    by = groups_by(by, (*_NAMES, "strength", *COMPARED))
    counted = _counted(attributions, articles, coverage, by, "strength")
    units = counted.units
    schema = {**units.schema(), "other": TEXT, "strength": TEXT, **COMPARED}
    pairs = contrasts(len(units.groups))
    if not len(pairs):
        result = empty(schema)
    else:
        n_kinds = len(counted.kinds)
        # An article of a group keeps its attributions when groups are permuted.
        place, compared = pd.factorize(counted.unit)
        held = np.bincount(place * n_kinds + counted.value, minlength=len(compared) * n_kinds)
        held = held.reshape(len(compared), n_kinds)
        numbers = compare_groups(
            units,
            compared,
            np.column_stack([held, held.sum(axis=1)]).astype(np.float64),
            pairs,
            what="attributions",
            min_articles=min_articles,
            n_permutations=n_permutations,
            n_boot=n_boot,
            seed=seed,
        )
        result = units.named({"strength": counted.kinds}).assign(other=REST)
        result = pd.concat([result, numbers], axis=1)
        result["q"] = benjamini_hochberg(result["p"].to_numpy(dtype=np.float64))
        result = conform(result, schema)
    result.attrs["left_out"] = counted.left_out
    return carry(result, attributions, articles, coverage)


# Counting -----------------------------------------------------------------------------------------


class _Counted(NamedTuple):
    """Attributions, with what they are and the units that they belong to."""

    units: Units
    unit: Ints
    value: Ints  # place in `kinds`
    kinds: list[Any]
    left_out: int


def _counted(
    table: pd.DataFrame, articles: pd.DataFrame, coverage: pd.DataFrame, by: list[str], of: str
) -> _Counted:
    require_columns(coverage, ["story_id", "article_id"], "coverage")
    require_columns(articles, ["article_id"], "articles")
    own = [name for name in by if name not in articles.columns and name not in coverage.columns]
    what = "typed (from source_type)" if of == "source_type" else "attributions"
    require_columns(table, ["article_id", of, *own], what)
    if "continues" in table.columns:
        table = table[~table["continues"].astype("boolean").fillna(value=False).to_numpy()]
    units = units_of_articles(articles, coverage, [name for name in by if name not in own])
    # An article that several groups of coverage list brings its attributions to each of them.
    row, unit = units.join(table["article_id"])
    code, seen = pd.factorize(table[of])
    counts = code[row] >= 0
    left_out = len(np.unique(row[~counts]))
    row, unit = row[counts], unit[counts]
    if own:
        units, unit = units.part(unit, table[own].iloc[row], by=by)
    found = seen.tolist()
    usual = KINDS[of]
    kinds = [*usual, *sorted({found[at] for at in np.unique(code[row])} - {*usual}, key=str)]
    place = {value: at for at, value in enumerate(kinds)}
    # Values that no unit has stand in no row.
    values: Ints = np.array([place.get(one, -1) for one in found], dtype=np.int64)[code[row]]
    return _Counted(units, unit, values, kinds, left_out)


def _label(value: Any) -> str:
    return _LABELS.get(value, str(value).replace("_", " "))


def _sums(counted: _Counted, of: Unit) -> tuple[Any, Any]:
    """What is of each value, and all that could be, clusters x (groups x values)."""
    units, n_kinds = counted.units, len(counted.kinds)
    if of == "article":
        unit, value = np.divmod(np.unique(counted.unit * n_kinds + counted.value), n_kinds)
        above, below = units.sums(unit, value, n_kinds), units.sizes()
    else:
        above = units.sums(counted.unit, counted.value, n_kinds)
        below = units.sums(counted.unit, np.zeros_like(counted.unit), 1)
    return above, repeat_cells(below, n_kinds)


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
