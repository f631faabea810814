"""How far coders agree: coefficients of each variable and of all together, with intervals.

The table of codings is that of `codings`. How far a dictionary or a trained coder agrees with
people is for `validation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.coding_units import article_of
from coverage_research.codings import NEEDED, as_text, clean_codings
from coverage_research.coefficients import Codes, Draws, bootstrap_interval, layout, pooled
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
)
from coverage_research.statistics import LEVEL, N_BOOT

Floats = npt.NDArray[np.float64]
Metric = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal[
    "identity", "linear", "quadratic", "ordinal", "radical", "ratio", "circular", "bipolar"
]
Coefficient = Literal[
    "percent", "alpha", "scott", "cohen", "fleiss", "conger", "brennan_prediger", "gwet"
]
Values = Sequence[Any] | Mapping[str, Sequence[Any]]

_MEASURED: Final = {
    "n": COUNT,
    "n_coders": COUNT,
    "n_values": COUNT,
    "n_codes": COUNT,
    "estimate": REAL,
    "low": REAL,
    "high": REAL,
    "reason": TEXT,
}
#: Columns of `krippendorff_alpha`, where codings are divided by variable.
ALPHA: Final = {"variable": TEXT, "metric": TEXT, **_MEASURED}
#: Columns of `agreement`, where codings are divided by variable.
AGREEMENT: Final = {
    "variable": TEXT,
    "coefficient": TEXT,
    "weights": TEXT,
    "observed": REAL,
    "chance": REAL,
    **_MEASURED,
}
#: Name of the row in which all variables are taken together.
OVERALL: Final = "overall"
#: With fewer units that two coders have coded there is no interval; docs/methods.md has why.
MIN_UNITS: Final = 10
#: What each metric is among the weights.
_METRICS: Final = {
    "nominal": "identity",
    "ordinal": "ranks",
    "interval": "interval",
    "ratio": "ratio",
}
#: Coefficients to which units that one coder alone has coded add nothing.
_PAIRS_ONLY: Final = {"percent", "alpha", "scott", "cohen"}


def krippendorff_alpha(
    codings: pd.DataFrame,
    *,
    metric: Metric = "nominal",
    by: str | Sequence[str] = "variable",
    values: Values | None = None,
    cluster: str | None = None,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Krippendorff's alpha of each variable and of all together, with intervals over articles.

    Any number of coders may have coded any part of the units; what one coder alone has coded adds
    nothing. The interval comes from a bootstrap that draws articles, with all that was coded of
    them, and computes alpha anew, so that it narrows with more of them and holds the doubt about
    the expected disagreement. Hayes & Krippendorff (2007) draw pairs of codes and hold the expected
    disagreement fixed; that takes the pairs of a unit as independent of each other.

    Parameters
    ----------
    codings : DataFrame
        With unit_id, coder, variable and value, see `CODINGS`.
    metric : {"nominal", "ordinal", "interval", "ratio"}
        What the difference of two values means. All but the first need numbers, "ordinal" numbers
        or `values`.
    by : str or sequence of str
        Column by whose values the codings are divided, a row for each.
    values : sequence, or mapping of variable to sequence, optional
        All values that coders could give, from lowest to highest: the order of "ordinal".
    cluster : str, optional
        Column of what the bootstrap draws; articles by default, whose parts, where these are the
        units, are not independent of each other. Name one that holds stories where they are known.
    n_boot, level, seed
        Resamples, coverage of the interval, and seed of the random numbers.

    Returns
    -------
    DataFrame, one row per variable and one, `overall`, for all: variable, metric, n (units that two
    or more coders have coded), n_coders, n_values (distinct values), n_codes (values that can be
    paired), estimate (1 is agreement, 0 what chance gives), low, high and reason (why a number is
    missing, else empty).

    `overall` sums the observed and the expected disagreement over the variables before it divides,
    so that each variable is held against chance within it: that some frames are frequent and others
    rare is no agreement. Interval variables must share one unit of measurement for this.

    Raises
    ------
    SchemaError
        If columns are missing, codings cannot be used, or values do not suit the metric.
    ChoiceError
        If a setting does not exist.

    Notes
    -----
    Below 10 units there is no interval. Where coders never differ, every resample says 1; the lower
    bound is then that of a share of differing units that is still likely (Clopper-Pearson), each
    taken to differ as far as values can.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis*, 4th edition, chapter 12. Sage.
    Hayes, A. F. & Krippendorff, K. (2007). Answering the call for a standard reliability measure
    for coding data. *Communication Methods and Measures* 1(1), 77-89.
    Zapf, A. et al. (2016). Measuring inter-rater reliability for nominal data - which coefficients
    and confidence intervals are appropriate? *BMC Medical Research Methodology* 16, 93.

    Examples
    --------
    >>> rows = [(str(unit), coder, "frame", code) for coder, codes in
    ...         {"Ann": "aabbdcccedda", "Ben": "babbbccceddd"}.items()
    ...         for unit, code in enumerate(codes)]
    >>> codings = pd.DataFrame(rows, columns=["unit_id", "coder", "variable", "value"])
    >>> krippendorff_alpha(codings).loc[0, "estimate"].round(6)
    np.float64(0.691964)
    """
    _choose("metric", metric, get_args(Metric))
    names = groups_by(by, [*NEEDED[:2], "value", *set(ALPHA) - {"variable"}])
    draws = _checked(Draws(n_boot, level, seed))
    scale = _Scale(values, numeric=metric != "nominal", ordinal=metric == "ordinal")
    data = _prepare(codings, names, cluster, scale)
    rows = [
        (
            *key,
            metric,
            *_counted(table),
            *_measure(("alpha", _METRICS[metric]), table, data, draws)[2:],
        )
        for key, table in _divided(data.rows, names)
    ]
    columns = {**dict.fromkeys(names, TEXT), "metric": TEXT, **_MEASURED}
    return carry(_table(rows, columns), codings)


def agreement(
    codings: pd.DataFrame,
    *,
    coefficients: Sequence[Coefficient] = ("percent", "alpha", "fleiss", "gwet"),
    weights: Weights = "identity",
    by: str | Sequence[str] = "variable",
    values: Values | None = None,
    cluster: str | None = None,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Several coefficients of agreement side by side, for each variable and for all together.

    Parameters
    ----------
    codings, by, cluster, n_boot, level, seed
        As in `krippendorff_alpha`.
    coefficients : sequence of str
        "percent" (share of pairs of coders that agree, averaged over units), "alpha"
        (Krippendorff), "scott" (pi) and "cohen" (kappa) for two coders, "fleiss" and "conger"
        (kappas for any number), "brennan_prediger", "gwet" (AC1; with weights AC2).
    weights : str
        How far two different values agree all the same: "identity" not at all; "linear",
        "quadratic", "radical", "ratio", "circular" and "bipolar" by numbers; "ordinal" by ranks.
        Those of Gwet (2014), 1 for equal values and 0 for the furthest apart.
    values : sequence, or mapping of variable to sequence, optional
        All values that coders could give, from lowest to highest; otherwise those that they gave.
        "brennan_prediger" and "gwet" depend on how many there are.

    Returns
    -------
    DataFrame, one row per variable and coefficient, and for all variables together (`overall`):
    variable, coefficient, weights, observed (agreement), chance (agreement; missing for percent),
    n (units that two or more coders have coded), n_coders, n_values, n_codes, estimate, low, high,
    reason. `overall` as in `krippendorff_alpha`; its observed and chance are means over variables,
    weighted with their numbers of units (of codes for alpha).

    Raises
    ------
    SchemaError, ChoiceError
        As `krippendorff_alpha`.

    Notes
    -----
    Units that one coder alone has coded count in the values' frequencies for fleiss, conger and
    gwet (Gwet 2014), and not at all for the others. Observed agreement of alpha has the correction
    for small samples by which the usual formula gives alpha. Ordinal weights are by rank
    distance; Krippendorff's ordinal difference, which `krippendorff_alpha` uses, depends on
    how often the values between are given, so the two alphas differ.

    References
    ----------
    Gwet, K. L. (2014). *Handbook of Inter-Rater Reliability*, 4th edition. Advanced Analytics.
    Cohen, J. (1968). Weighted kappa. *Psychological Bulletin* 70(4), 213-220.
    Scott, W. A. (1955). Reliability of content analysis. *Public Opinion Quarterly* 19(3), 321-325.
    Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. *Psychological
    Bulletin* 76(5), 378-382.
    Conger, A. J. (1980). Integration and generalization of kappas for multiple raters.
    *Psychological Bulletin* 88(2), 322-328.
    Brennan, R. L. & Prediger, D. J. (1981). Coefficient kappa: some uses, misuses, and
    alternatives. *Educational and Psychological Measurement* 41(3), 687-699.

    Examples
    --------
    >>> rows = [(str(unit), coder, "race", code) for coder, codes in
    ...         {"Ann": "1111100000", "Ben": "1111000001"}.items()
    ...         for unit, code in enumerate(codes)]
    >>> codings = pd.DataFrame(rows, columns=["unit_id", "coder", "variable", "value"])
    >>> found = agreement(codings, coefficients=["percent", "cohen"])
    >>> found.loc[:1, ["coefficient", "observed", "chance", "estimate"]].round(3).values.tolist()
    [['percent', 0.8, nan, 0.8], ['cohen', 0.8, 0.5, 0.6]]
    """
    chosen = [coefficients] if isinstance(coefficients, str) else list(coefficients)
    for name in chosen:
        _choose("coefficients", name, get_args(Coefficient))
    _choose("weights", weights, get_args(Weights))
    names = groups_by(by, [*NEEDED[:2], "value", *set(AGREEMENT) - {"variable"}])
    draws = _checked(Draws(n_boot, level, seed))
    scale = _Scale(values, numeric=weights != "identity", ordinal=weights == "ordinal")
    data = _prepare(codings, names, cluster, scale)
    rows = []
    for key, table in _divided(data.rows, names):
        counted = _counted(table)
        for name in chosen:
            observed, chance, *rest = _measure((name, weights), table, data, draws)
            rows.append((*key, name, weights, observed, chance, *counted, *rest))
    columns = {
        **dict.fromkeys(names, TEXT),
        **{name: AGREEMENT[name] for name in ("coefficient", "weights", "observed", "chance")},
        **_MEASURED,
    }
    return carry(_table(rows, columns), codings)


def _choose(setting: str, found: str, expected: Sequence[str]) -> None:
    if found not in expected:
        raise ChoiceError(f"{setting}: expected {', '.join(expected)}; found {found!r}")


def _table(rows: list[tuple[Any, ...]], columns: dict[str, str]) -> pd.DataFrame:
    return conform(pd.DataFrame(rows, columns=list(columns)), columns) if rows else empty(columns)


class _Scale(NamedTuple):
    """How the values of a variable are read."""

    told: Values | None
    numeric: bool
    ordinal: bool


def _checked(draws: Draws) -> Draws:
    if not draws.n_boot >= 1:
        raise ValueError(f"n_boot: expected at least 1; found {draws.n_boot}")
    if not 0 < draws.level < 1:
        raise ValueError(f"level: expected a number between 0 and 1; found {draws.level}")
    return draws


def _prepare(codings: pd.DataFrame, by: list[str], cluster: str | None, scale: _Scale) -> Codes:
    """Number units, coders, values and what is drawn, checking that values suit the metric."""
    keys = [*by, *([cluster] if cluster not in (None, "unit_id") else [])]
    rows = clean_codings(codings, keys)
    if OVERALL in set(rows[by[0]].dropna()):
        raise SchemaError(f"codings: {OVERALL!r} in {by[0]!r} is the name of the row of all")
    strata = list(dict.fromkeys([*by, "variable"]))
    rows = rows.sort_values([*strata, "unit_id", "coder"], ignore_index=True)
    rows["part"] = rows.groupby(strata, dropna=False, sort=True).ngroup()
    rows["item"] = rows.groupby(["part", "unit_id"], sort=True).ngroup()
    rows["who"] = pd.factorize(rows["coder"], sort=True)[0]
    drawn = article_of(rows["unit_id"], []) if cluster is None else rows[cluster]
    rows["drawn"] = pd.factorize(drawn, sort=True, use_na_sentinel=False)[0]
    problems: list[str] = []
    sizes: list[int] = []
    all_numbers: list[Floats | None] = []
    code = np.zeros(len(rows), dtype=np.int64)
    for _, part in rows.groupby("part"):
        variable = str(part["variable"].iloc[0])
        told = scale.told.get(variable) if isinstance(scale.told, Mapping) else scale.told
        known, numbers, wrong = _scale(part["value"], told, scale)
        if wrong:
            problems.append(f"{variable}: {wrong}")
            continue
        code[part.index] = (
            part["value"].map({value: at for at, value in enumerate(known)})
            if numbers is None or told is not None
            else np.searchsorted(numbers, pd.to_numeric(part["value"]).to_numpy(np.float64))
        )
        sizes.append(len(known))
        all_numbers.append(numbers)
    if problems:
        raise SchemaError("codings: value: " + "; ".join(problems))
    return Codes(rows.assign(code=code), sizes, all_numbers, cluster)


def _scale(
    found: pd.Series, told: Sequence[Any] | None, scale: _Scale
) -> tuple[list[str], Floats | None, str]:
    """Values in order, what they are as numbers, and what is wrong with them."""
    given = sorted(set(found))
    known = given if told is None else [str(as_text(value)) for value in told]
    strange = sorted(set(given) - set(known))
    numbers: Floats | None = None
    wrong = ""
    if strange:
        wrong = f"expected {', '.join(known[:20])}; found {', '.join(strange[:10])}"
    elif len(set(known)) < len(known):
        wrong = f"expected each of `values` once; found {', '.join(known[:20])}"
    elif scale.ordinal and told is not None:
        numbers = np.arange(len(known), dtype=np.float64)
    elif scale.numeric:
        numbers = pd.to_numeric(pd.Series(known), errors="coerce").to_numpy(np.float64)
        odd = [one for one, number in zip(known, numbers, strict=True) if not np.isfinite(number)]
        if odd:
            hint = "; give the order by `values`" if scale.ordinal else ""
            wrong = f"expected numbers; found {', '.join(odd[:10])}{hint}"
        elif told is None:
            # 1 and 1.0 are one value.
            numbers = np.unique(numbers)
            known = [repr(number) for number in numbers.tolist()]
    return known, numbers, wrong


def _divided(rows: pd.DataFrame, by: list[str]) -> list[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Rows of each group, in the order of their names, and all rows as the last group."""
    groups = [
        (key if isinstance(key, tuple) else (key,), part)
        for key, part in rows.groupby(by, dropna=False, sort=True)
    ]
    return [*groups, ((OVERALL, *[None] * (len(by) - 1)), rows)]


def _paired(table: pd.DataFrame) -> pd.DataFrame:
    """Codes of units that at least two coders have coded."""
    return table[table.groupby("item")["who"].transform("size") > 1]


def _counted(table: pd.DataFrame) -> tuple[int, int, int, int]:
    """Units, coders, values and codes, of units that at least two coders have coded."""
    used = _paired(table)
    one = len(set(used["part"])) == 1
    n_values = len(set(used["code" if one else "value"]))
    return used["unit_id"].nunique(), used["who"].nunique(), n_values, len(used)


def _measure(
    what: tuple[str, str], table: pd.DataFrame, data: Codes, draws: Draws
) -> tuple[float, float, float, float, float, str]:
    """Observed and chance agreement, estimate, low, high and reason of a coefficient."""
    missing, (name, weights) = np.nan, what
    n_coders = table["who"].nunique()
    paired = _paired(table)
    reason = _no_estimate(name, n_coders, paired)
    if reason:
        return missing, missing, missing, missing, missing, reason
    used = paired if name in _PAIRS_ONLY else table
    parts, kinds, often = layout(used, data, weights, by_coder=name in ("conger", "cohen"))
    whole = (often @ kinds)[None]
    observed, chance, estimate = (float(each[0]) for each in pooled(name, parts, whole))
    if name == "percent":
        chance = missing
    if np.isnan(estimate):
        reason = f"all {len(paired)} codes are {_shown(paired['value'].iloc[0])}"
        if len(set(paired["value"])) > 1:
            reason = "within each variable all codes are the same"
        reason += "; where nothing varies, agreement beyond chance has no meaning"
        return observed, chance, missing, missing, missing, reason
    n = paired["drawn"].nunique()
    what_is = "units" if n == paired["unit_id"].nunique() else "articles"
    if data.cluster not in (None, "unit_id"):
        what_is = f"values of {data.cluster!r}"
    if n < MIN_UNITS:
        reason = f"{n} {what_is} to draw from; an interval needs at least {MIN_UNITS}"
        return observed, chance, estimate, missing, missing, reason
    doubt = 1 - ((1 - draws.level) / 2) ** (1 / n)
    if observed > 1 - 1e-12:
        # Every resample would say 1; see the notes of `krippendorff_alpha`.
        low = 1 - doubt / (1 - (0.0 if name == "percent" else chance))
        return observed, chance, estimate, max(low, -1.0), 1.0, ""
    if name == "percent" and observed < 1e-12:
        return observed, chance, estimate, 0.0, doubt, ""
    low, high, reason = bootstrap_interval(name, parts, (kinds, often), draws)
    return observed, chance, estimate, low, high, reason


def _shown(value: object) -> str:
    return repr(str(value)[:40])


def _no_estimate(name: str, n_coders: int, paired: pd.DataFrame) -> str:
    """Why there can be no coefficient; empty if there can."""
    if n_coders < 2:
        told = "1 coder" if n_coders else "no coder"
        return f"{told}; agreement needs at least 2"
    if not len(paired):
        return "no unit was coded by two coders"
    if name in ("cohen", "scott") and n_coders > 2:
        other = {"cohen": "conger", "scott": "fleiss"}[name]
        return f"{n_coders} coders; {name} is for 2, take {other}"
    return ""
