"""How far coders agree: coefficients with intervals, disagreements, a paragraph for the paper.

A table of codings has one row per unit, coder and variable; `CODINGS` declares it for all who write
one. How far a dictionary or a trained coder agrees with people is for `validation`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research._version import __version__
from coverage_research.schema import (
    COUNT,
    REAL,
    TEXT,
    TIME,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    groups_by,
    pandas_dtype,
    plain,
    require_columns,
)
from coverage_research.statistics import LEVEL, N_BOOT

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Metric = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal[
    "identity", "linear", "quadratic", "ordinal", "radical", "ratio", "circular", "bipolar"
]
Coefficient = Literal[
    "percent", "alpha", "scott", "cohen", "fleiss", "conger", "brennan_prediger", "gwet"
]
Values = Sequence[Any] | Mapping[str, Sequence[Any]]

#: Columns of a table of codings; the first four are needed, the others may be absent.
CODINGS: Final = {
    "unit_id": TEXT,  # an article_id, or article_id:field:start-end for a passage
    "coder": TEXT,
    "variable": TEXT,  # a frame, coded 1 or 0; or for instance `frame`, coded by name
    "value": TEXT,  # numbers are written as text; missing means not coded
    "coded_at": TIME,
    "note": TEXT,
    "codebook": TEXT,
    "codebook_version": TEXT,
}
#: Columns of a table of codings that cannot be absent.
NEEDED: Final = ("unit_id", "coder", "variable", "value")
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
#: First columns of `disagreements`; one with the values of each coder follows, `code_` and a name.
DISAGREEMENTS: Final = {
    "unit_id": TEXT,
    "variable": TEXT,
    "n_coders": COUNT,
    "majority": TEXT,
    "pair": TEXT,
    "k": COUNT,
    "n": COUNT,
    "share": REAL,
}
#: Name of the row in which all variables are taken together.
OVERALL: Final = "overall"
#: With fewer units that two coders have coded there is no interval; docs/methods.md has why.
MIN_UNITS: Final = 10
#: Share of resamples that may be without a coefficient before the interval is refused.
UNUSABLE: Final = 0.05
#: Distinct values of which every pair is compared.
MAX_VALUES: Final = 3_000
_CHUNK: Final = 4_000_000
#: How a passage of an article is named as a unit.
_PASSAGE: Final = r"^(.*?)(?::(?:title|excerpt|body)(?::\d+-\d+)?)?$"
#: What each metric is among the weights.
_METRICS: Final = {
    "nominal": "identity",
    "ordinal": "ranks",
    "interval": "interval",
    "ratio": "ratio",
}
#: Coefficients to which units that one coder alone has coded add nothing.
_PAIRS_ONLY: Final = {"percent", "alpha", "scott", "cohen"}


# Codings ------------------------------------------------------------------------------------------


def check_codings(codings: pd.DataFrame) -> pd.DataFrame:
    """Return a table of codings if it can be used; raise one error that names all that is wrong.

    Parameters
    ----------
    codings : DataFrame
        With unit_id, coder, variable and value, the latter text or number; a missing or blank
        value is a unit not coded. The other columns of `CODINGS` may be absent.

    Returns
    -------
    DataFrame
        The same.

    Raises
    ------
    SchemaError
        If columns are missing, rows have no unit, coder or variable, or a coder gives a unit two
        values of one variable. Equal rows are one.

    Examples
    --------
    >>> rows = [["a", "Ann", "frame", "race"], ["a", "Ben", "frame", "market"]]
    >>> len(check_codings(pd.DataFrame(rows, columns=["unit_id", "coder", "variable", "value"])))
    2
    """
    clean_codings(codings)
    return codings


def clean_codings(codings: pd.DataFrame, keys: Sequence[str] = ()) -> pd.DataFrame:
    """Rows that hold a value, each once, as text: unit_id, coder, variable, value and `keys`."""
    used = require_columns(codings, [*NEEDED, *keys], "codings")
    used = plain(used[list(dict.fromkeys([*NEEDED, *keys]))])
    rows = pd.DataFrame({name: _as_texts(used[name]) for name in used.columns})
    problems = [
        f"{count} rows without {name}"
        for name in NEEDED[:3]
        if (count := int(rows[name].isna().sum()))
    ]
    rows = rows.dropna(subset=["value"]).drop_duplicates(ignore_index=True)
    key = [name for name in rows.columns if name != "value"]
    twice = rows[rows.duplicated(key)].drop_duplicates(key)
    if len(twice):
        shown = [" / ".join(map(str, row)) for row in twice[list(NEEDED[:3])].to_numpy()[:10]]
        more = f" and {len(twice) - 10} more" if len(twice) > 10 else ""
        problems.append(
            "one value for each unit, coder and variable is expected; several have "
            + "; ".join(shown)
            + more
            + "; where a unit can have several frames, make each a variable (frame_codings)"
        )
    if problems:
        raise SchemaError("codings: " + "; ".join(problems))
    return rows


def _as_texts(column: pd.Series) -> pd.Series:
    """A column as text, so that 1, 1.0 and "1" are the same code and blank is missing."""
    try:
        place, different = pd.factorize(column)
    except TypeError as error:
        raise SchemaError(
            f"codings: {column.name}: expected text or numbers; found lists or the like"
        ) from error
    shown = np.array([*map(_as_text, different), None], dtype=object)
    texts: pd.Series = pd.Series(shown[place], index=column.index, dtype=pandas_dtype(TEXT))
    return texts


def _as_text(value: Any) -> str | None:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.strip()) or None
    if value is None or pd.isna(value):
        return None
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip() or None


def frame_codings(
    codes: pd.DataFrame,
    *,
    frames: Iterable[str] | None = None,
    coder: str = "coder",
    none: str = "none",
) -> pd.DataFrame:
    """Turn lists of the frames of each article into codings: each frame there (1) or not (0).

    Parameters
    ----------
    codes : DataFrame
        With article_id and frame, one row for each frame that a coder gave an article, as
        `train_coder` takes them; and coder, if several coded.
    frames : iterable of str, optional
        All frames that were looked for; otherwise those that were given at least once.
    coder : str
        Name of the coder, where `codes` has no such column.
    none : str
        Word that says that an article was coded and has none.

    Returns
    -------
    DataFrame, one row per article, coder and frame: unit_id, coder, variable (the frame), value
    (1 or 0) and the other columns of `CODINGS`, missing.

    Raises
    ------
    SchemaError
        If columns are missing, rows have no frame, or a frame is not among `frames`.

    Examples
    --------
    >>> codes = pd.DataFrame({"article_id": list("aab"), "frame": ["race", "market", "none"]})
    >>> frame_codings(codes)[["unit_id", "variable", "value"]].values.tolist()
    [['a', 'market', '1'], ['a', 'race', '1'], ['b', 'market', '0'], ['b', 'race', '0']]
    """
    require_columns(codes, ["article_id", "frame"], "codes")
    rows = plain(codes)
    if "coder" not in rows.columns:
        rows = rows.assign(coder=coder)
    rows = pd.DataFrame(
        {name: _as_texts(rows[name]) for name in ("article_id", "coder", "frame")}
    ).drop_duplicates()
    lacking = {name: int(count) for name, count in rows.isna().sum().items() if count}
    if lacking:
        told = ", ".join(f"{count} without {name}" for name, count in lacking.items())
        raise SchemaError(f"codes: expected article, coder and frame in each row; found {told}")
    given = rows[rows["frame"] != none]
    known = sorted(set(given["frame"])) if frames is None else list(dict.fromkeys(frames))
    strange = sorted(set(given["frame"]) - set(known))
    if strange:
        raise SchemaError(f"codes: expected {', '.join(known)}; found {', '.join(strange[:10])}")
    pairs = rows[["article_id", "coder"]].drop_duplicates().sort_values(["article_id", "coder"])
    full = pairs.merge(pd.DataFrame({"frame": known}, dtype=pandas_dtype(TEXT)), how="cross")
    full = full.merge(given.assign(value="1"), how="left", on=["article_id", "coder", "frame"])
    full["value"] = full["value"].fillna("0")
    full = full.rename(columns={"article_id": "unit_id", "frame": "variable"})
    return carry(conform(full, CODINGS)[list(CODINGS)], codes)


# Coefficients -------------------------------------------------------------------------------------


def krippendorff_alpha(
    codings: pd.DataFrame,
    *,
    metric: Metric = "nominal",
    by: str | Sequence[str] = "variable",
    values: Values | None = None,
    cluster: str = "unit_id",
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Krippendorff's alpha of each variable and of all together, with intervals over units.

    Any number of coders may have coded any part of the units; what one coder alone has coded adds
    nothing. The interval comes from a bootstrap that draws units, with all that was coded of them,
    and computes alpha anew, so that it narrows with more units and holds the doubt about the
    expected disagreement. Hayes & Krippendorff (2007) draw pairs of codes and hold the expected
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
    cluster : str
        Column of what the bootstrap draws. Name one that holds articles or stories where units are
        parts of them, since they are not independent.
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
    draws = _checked(_Draws(n_boot, level, seed))
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
    cluster: str = "unit_id",
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
    draws = _checked(_Draws(n_boot, level, seed))
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


class _Data(NamedTuple):
    """Codes as numbers: rows have part, item, who, code, drawn and the columns of `by`."""

    rows: pd.DataFrame
    sizes: list[int]  # how many values each part (variable within a group) has
    numbers: list[Floats | None]  # what they are as numbers, in order
    cluster: str


class _Draws(NamedTuple):
    """Settings of the bootstrap."""

    n_boot: int
    level: float
    seed: int


def _checked(draws: _Draws) -> _Draws:
    if not draws.n_boot >= 1:
        raise ValueError(f"n_boot: expected at least 1; found {draws.n_boot}")
    if not 0 < draws.level < 1:
        raise ValueError(f"level: expected a number between 0 and 1; found {draws.level}")
    return draws


def _prepare(codings: pd.DataFrame, by: list[str], cluster: str, scale: _Scale) -> _Data:
    """Number units, coders, values and what is drawn, checking that values suit the metric."""
    keys = [*by, *([cluster] if cluster != "unit_id" else [])]
    rows = clean_codings(codings, keys)
    if OVERALL in set(rows[by[0]].dropna()):
        raise SchemaError(f"codings: {OVERALL!r} in {by[0]!r} is the name of the row of all")
    strata = list(dict.fromkeys([*by, "variable"]))
    rows = rows.sort_values([*strata, "unit_id", "coder"], ignore_index=True)
    rows["part"] = rows.groupby(strata, dropna=False, sort=True).ngroup()
    rows["item"] = rows.groupby(["part", "unit_id"], sort=True).ngroup()
    rows["who"] = pd.factorize(rows["coder"], sort=True)[0]
    rows["drawn"] = pd.factorize(rows[cluster], sort=True, use_na_sentinel=False)[0]
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
    return _Data(rows.assign(code=code), sizes, all_numbers, cluster)


def _scale(
    found: pd.Series, told: Sequence[Any] | None, scale: _Scale
) -> tuple[list[str], Floats | None, str]:
    """Values in order, what they are as numbers, and what is wrong with them."""
    given = sorted(set(found))
    known = given if told is None else [str(_as_text(value)) for value in told]
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
    what: tuple[str, str], table: pd.DataFrame, data: _Data, draws: _Draws
) -> tuple[float, float, float, float, float, str]:
    """Observed and chance agreement, estimate, low, high and reason of a coefficient."""
    missing, (name, weights) = np.nan, what
    n_coders = table["who"].nunique()
    paired = _paired(table)
    reason = _no_estimate(name, n_coders, paired)
    if reason:
        return missing, missing, missing, missing, missing, reason
    used = paired if name in _PAIRS_ONLY else table
    parts, kinds, often = _layout(used, data, weights, by_coder=name in ("conger", "cohen"))
    whole = (often @ kinds)[None]
    observed, chance, estimate = (float(each[0]) for each in _pooled(name, parts, whole))
    if name == "percent":
        chance = missing
    if np.isnan(estimate):
        reason = f"all {len(paired)} codes are {_shown(paired['value'].iloc[0])}"
        if len(set(paired["value"])) > 1:
            reason = "within each variable all codes are the same"
        reason += "; where nothing varies, agreement beyond chance has no meaning"
        return observed, chance, missing, missing, missing, reason
    n = paired["drawn"].nunique()
    what_is = "units" if data.cluster == "unit_id" else f"values of {data.cluster!r}"
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
    low, high, reason = _interval(name, parts, (kinds, often), draws)
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


class _Part(NamedTuple):
    """One variable: each way in which a unit was coded once, as rows (patterns x values)."""

    where: slice  # of its patterns among those of all variables
    counts: Any  # sparse: how often each value was given
    r: Floats  # codes of each pattern
    agree: Floats  # share of the pairs of codes that agree, weighted; 0 without pairs
    weights: str
    matrix: Floats | None  # agreement of values, unless it is simpler
    numbers: Floats | None
    coders: list[Any]  # sparse: values by coder, where they are asked for


def _layout(
    table: pd.DataFrame, data: _Data, weights: str, *, by_coder: bool
) -> tuple[list[_Part], Any, Floats]:
    """Patterns of codes by variable; kinds of clusters x patterns; how often each kind occurs.

    Units that are coded alike are exchangeable, and so are clusters of such units: drawing how
    often each kind occurs is the same as drawing them one by one.
    """
    from scipy import sparse

    item = pd.factorize(table["item"], sort=True)[0]
    who = pd.factorize(table["who"], sort=True)[0]
    codes = table["code"].to_numpy()
    if by_coder:
        place, row, code = who, item, codes
    else:
        order = np.lexsort((codes, item))
        row, code = item[order], codes[order]
        place = _running_number(row)
    n_items = int(item.max()) + 1
    filled = np.full((n_items, int(place.max()) + 2), -1, dtype=np.int64)
    filled[row, place + 1] = code
    filled[item, 0] = table["part"].to_numpy()
    patterns, pattern_of = np.unique(filled, axis=0, return_inverse=True)
    pattern_of = pattern_of.ravel()
    cluster_of = np.zeros(n_items, dtype=np.int64)
    cluster_of[item] = pd.factorize(table["drawn"], sort=True)[0]
    order = np.lexsort((pattern_of, cluster_of))
    held = np.full((int(cluster_of.max()) + 1, int(np.bincount(cluster_of).max())), -1)
    held[cluster_of[order], _running_number(cluster_of[order])] = pattern_of[order]
    kinds, often = np.unique(held, axis=0, return_counts=True)
    kind, at = np.nonzero(kinds >= 0)
    of_kinds = sparse.coo_array(
        (np.ones(len(kind)), (kind, kinds[kind, at])), shape=(len(kinds), len(patterns))
    ).tocsr()
    parts = []
    for part in np.unique(patterns[:, 0]).tolist():
        rows = np.flatnonzero(patterns[:, 0] == part)
        own = patterns[rows, 1:]
        where = slice(int(rows[0]), int(rows[-1]) + 1)
        parts.append(_part(where, own, data.sizes[part], data.numbers[part], weights))
        if by_coder:
            parts[-1].coders.extend(
                _one_hot(own[:, [one]], parts[-1].counts.shape[1])
                for one in range(own.shape[1])
                if (own[:, one] >= 0).any()
            )
    return parts, of_kinds, often.astype(np.float64)


def _running_number(ids: Numbers) -> Numbers:
    """Number of each entry within its run of equal ids, from 0."""
    start = np.r_[True, ids[1:] != ids[:-1]]
    first = np.flatnonzero(start)
    return np.asarray(np.arange(len(ids)) - first[np.cumsum(start) - 1], dtype=np.int64)


def _one_hot(codes: Numbers, size: int) -> Any:
    """How often each row has each value, sparse; -1 is no value."""
    from scipy import sparse

    row, at = np.nonzero(codes >= 0)
    shape = (len(codes), size)
    return sparse.coo_array((np.ones(len(row)), (row, codes[row, at])), shape=shape).tocsr()


def _part(where: slice, codes: Numbers, size: int, numbers: Floats | None, weights: str) -> _Part:
    counts = _one_hot(codes, size)
    r = np.asarray(counts.sum(axis=1), dtype=np.float64)
    pairs = np.where(r > 1, r * (r - 1), 1.0)
    matrix = None
    if weights == "identity":
        alike = np.asarray(counts.power(2).sum(axis=1)) - r
    elif weights == "ranks":
        alike = np.zeros(len(r))  # ranks depend on the resample
    elif weights == "interval" and numbers is not None:
        numbers = (numbers - numbers.min()) / (np.ptp(numbers) or 1.0)
        alike = pairs - 2 * (r * (counts @ numbers**2) - (counts @ numbers) ** 2)
    else:
        if size > MAX_VALUES:
            raise SchemaError(
                f"codings: value: expected at most {MAX_VALUES} different values; found {size}. "
                "Round them, or take the metric interval."
            )
        matrix = weight_matrix(np.arange(size) if numbers is None else numbers, weights)
        alike = np.asarray(counts.multiply(counts @ matrix).sum(axis=1)) - r
    agree = np.where(r > 1, alike / pairs, 0.0)
    return _Part(where, counts, r, agree, weights, matrix, numbers, [])


def weight_matrix(numbers: npt.ArrayLike, weights: str) -> Floats:
    """How far each two of some values agree, 0 to 1, values x values.

    Parameters
    ----------
    numbers : array of float, shape (values,)
        The values; for "ordinal" their order is what counts.
    weights : str
        As in `agreement`.

    Raises
    ------
    SchemaError
        If ratios are asked of values below 0.

    References
    ----------
    Gwet, K. L. (2014). *Handbook of Inter-Rater Reliability*, 4th edition, chapter 3.

    Examples
    --------
    >>> weight_matrix([1, 2, 3], "linear")[0].tolist()
    [1.0, 0.5, 0.0]
    """
    x = np.asarray(numbers, dtype=np.float64)
    if weights == "ordinal":
        x = np.arange(len(x), dtype=np.float64)
    if weights == "ratio" and (x < 0).any():
        raise SchemaError("codings: value: ratios need values of 0 or more; found some below")
    gap = np.abs(x[:, None] - x[None])
    both = x[:, None] + x[None]
    with np.errstate(divide="ignore", invalid="ignore"):
        ways: dict[str, Callable[[], Floats]] = {
            "identity": lambda: (gap > 0).astype(np.float64),
            "linear": lambda: gap,
            "quadratic": lambda: gap**2,
            "radical": lambda: np.sqrt(gap),
            "ordinal": lambda: gap * (gap + 1) / 2,
            "ratio": lambda: (gap / both) ** 2,
            "circular": lambda: np.sin(np.pi * gap / (np.ptp(x) + 1)) ** 2,
            "bipolar": lambda: gap**2 / ((both - 2 * x.min()) * (2 * x.max() - both)),
        }
        apart = np.asarray(ways[weights](), dtype=np.float64)
    apart[gap == 0] = 0
    return np.asarray(1 - apart / (apart.max(initial=0) or 1.0), dtype=np.float64)


def _pooled(name: str, parts: list[_Part], drawn: Floats) -> tuple[Floats, Floats, Floats]:
    """Observed agreement, chance agreement and coefficient in each resample.

    Over variables, the disagreements are summed before they are divided by each other.
    """
    size, seen, lucky = np.zeros(len(drawn)), np.zeros(len(drawn)), np.zeros(len(drawn))
    with np.errstate(divide="ignore", invalid="ignore"):
        for part in parts:
            terms = _terms(name, part, drawn[:, part.where])
            # A resample may hold nothing of a variable, which then has no say in it.
            own, observed, chance = (np.nan_to_num(term) for term in terms)
            size, seen, lucky = size + own, seen + own * observed, lucky + own * chance
        observed, chance = seen / size, lucky / size
        if name == "percent":
            return observed, chance, observed
        room = np.where(size - lucky > 1e-9 * size, size - lucky, np.nan)
        return observed, chance, 1 - (size - seen) / room


def _terms(name: str, part: _Part, drawn: Floats) -> tuple[Floats, Floats, Floats]:
    """Size, observed and chance agreement of one variable in each resample."""
    if name == "alpha":
        return _alpha_terms(part, drawn)
    paired = drawn @ (part.r > 1).astype(np.float64)
    observed = (drawn @ part.agree) / paired
    if name == "percent":
        return paired, observed, np.zeros(len(drawn))
    size = part.counts.shape[1]
    total = float(size) if part.matrix is None else float(part.matrix.sum())
    if name == "brennan_prediger":
        return paired, observed, np.full(len(drawn), total / size**2)
    if name in ("conger", "cohen"):
        of_each = np.stack(
            [_shares(drawn, codes) for codes in part.coders]
        )  # coders x resamples x values
        mean, r = of_each.mean(axis=0), len(of_each)
        between = sum(_alike(shares, part.matrix) for shares in of_each) - r * _alike(
            mean, part.matrix
        )
        return paired, observed, _alike(mean, part.matrix) - between / (r * max(r - 1, 1))
    from scipy import sparse

    shares = _shares(drawn, sparse.diags_array(1 / part.r) @ part.counts)
    if name == "gwet":
        spread = (shares * (1 - shares)).sum(axis=1)
        return paired, observed, total * spread / max(size * (size - 1), 1)
    return paired, observed, _alike(shares, part.matrix)


def _shares(drawn: Floats, counts: Any) -> Floats:
    """Share of each value in each resample."""
    of_values = np.asarray((counts.T @ drawn.T).T)
    return np.asarray(of_values / of_values.sum(axis=1, keepdims=True), dtype=np.float64)


def _alike(shares: Floats, matrix: Floats | None) -> Floats:
    """Agreement of two codes drawn at random, by resample."""
    weighted = shares if matrix is None else shares @ matrix
    return np.asarray((weighted * shares).sum(axis=1), dtype=np.float64)


def _alpha_terms(part: _Part, drawn: Floats) -> tuple[Floats, Floats, Floats]:
    """Observed and expected agreement of alpha, with its correction for small samples."""
    n = drawn @ part.r
    shares = _shares(drawn, part.counts)
    if part.weights == "ranks":
        # Krippendorff's ordinal difference is that of the mean ranks, here as shares of the codes.
        ranks = np.cumsum(shares, axis=1) - shares / 2
        apart = np.empty(len(drawn))
        scale = part.r / np.maximum(part.r - 1, 1)
        step = max(1, _CHUNK // max(len(part.r), 1))
        for first in range(0, len(drawn), step):
            rows = slice(first, first + step)
            squares, sums = part.counts @ ranks[rows].T ** 2, part.counts @ ranks[rows].T
            within = squares * scale[:, None] - sums**2 / np.maximum(part.r - 1, 1)[:, None]
            apart[rows] = 2 * (drawn[rows] * within.T).sum(axis=1)
        # As shares of the largest difference that there is, like the other weights.
        largest = (ranks.max(axis=1) - ranks.min(axis=1)) ** 2
        largest = np.where(largest > 0, largest, 1)
        observed, mean = apart / n / largest, (shares * ranks).sum(axis=1)
        expected = 2 * ((shares * ranks**2).sum(axis=1) - mean**2) / largest
    else:
        observed = 1 - drawn @ (part.agree * part.r) / n
        if part.weights == "interval" and part.numbers is not None:
            mean = shares @ part.numbers
            expected = 2 * (shares @ part.numbers**2 - mean**2)
        else:
            expected = 1 - _alike(shares, part.matrix)
    return n, 1 - (1 - 1 / n) * observed, 1 - expected


def _interval(
    name: str, parts: list[_Part], drawn_from: tuple[Any, Floats], settings: _Draws
) -> tuple[float, float, str]:
    """Bounds of a coefficient, or the reason why there are none."""
    (kinds, often), (n_boot, level, seed) = drawn_from, settings
    rng = np.random.default_rng(seed)
    n_drawn = int(often.sum())
    step = max(1, _CHUNK // max(kinds.shape))
    draws = []
    for first in range(0, n_boot, step):
        size = min(step, n_boot - first)
        drawn = rng.multinomial(n_drawn, often / n_drawn, size=size).astype(np.float64)
        draws.append(_pooled(name, parts, np.asarray((kinds.T @ drawn.T).T))[2])
    estimates = np.concatenate(draws)
    usable = estimates[~np.isnan(estimates)]
    if len(usable) < (1 - UNUSABLE) * n_boot:
        share = 1 - len(usable) / n_boot
        return (
            np.nan,
            np.nan,
            f"nearly all codes are the same: {share:.0%} of resamples hold one value",
        )
    low, high = np.quantile(usable, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high), ""


# What coders differ about, and what the paper says ------------------------------------------------


def disagreements(codings: pd.DataFrame, articles: pd.DataFrame | None = None) -> pd.DataFrame:
    """List the units on which coders differ, with the value of each side by side.

    Parameters
    ----------
    codings : DataFrame
        With unit_id, coder, variable and value, see `CODINGS`.
    articles : DataFrame, optional
        With article_id; title and url are shown where they are known.

    Returns
    -------
    DataFrame, one row per unit and variable with more than one value: unit_id, variable, n_coders
    (who coded it), majority (the value of more than half of them, missing if there is none), pair
    (the two values that stand against each other, joined by ' / '; of several pairs the one that is
    confused most often), k (units of the variable in which that pair is confused), n (units that
    two or more coders have coded), share (k / n), title and url if there are articles, and
    for each coder `code_` and the name, missing where that one did not code the unit. Those whose
    pair is confused most often come first, which is where a codebook needs another sentence.

    Raises
    ------
    SchemaError
        If columns are missing or codings cannot be used.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis*, 4th edition, chapter 12. Sage.

    Examples
    --------
    >>> rows = [(unit, coder, "frame", code) for unit, *codes in
    ...         [("a", "race", "market"), ("b", "race", "race"), ("c", "market", "race")]
    ...         for coder, code in zip(["Ann", "Ben"], codes)]
    >>> codings = pd.DataFrame(rows, columns=["unit_id", "coder", "variable", "value"])
    >>> disagreements(codings)[["unit_id", "pair", "k", "n", "code_Ann"]].values.tolist()
    [['a', 'market / race', 2, 3, 'race'], ['c', 'market / race', 2, 3, 'market']]
    """
    rows = clean_codings(codings)
    if articles is not None:
        require_columns(articles, ["article_id"], "articles")
    sources = [codings, *([] if articles is None else [articles])]
    coders = [f"code_{coder}" for coder in sorted(set(rows["coder"]))]
    shown = [name for name in ("title", "url") if articles is not None and name in articles.columns]
    columns = {**DISAGREEMENTS, **dict.fromkeys([*shown, *coders], TEXT)}
    key = ["variable", "unit_id"]
    given = rows.groupby(key)["value"]
    rows = rows.assign(n_coders=given.transform("size"), n_values=given.transform("nunique"))
    several = rows[rows["n_coders"] > 1]
    n = several.groupby("variable")["unit_id"].nunique()
    split = several[several["n_values"] > 1]
    if split.empty:
        return carry(empty(columns), *sources)
    counts = split.groupby([*key, "value"], as_index=False).size()
    pairs = counts.merge(counts, on=key, suffixes=("", "_of"))
    pairs = pairs[pairs["value"] < pairs["value_of"]]
    pairs["pair"] = pairs["value"] + " / " + pairs["value_of"]
    pairs["k"] = pairs.groupby(["variable", "pair"])["unit_id"].transform("nunique")
    pairs = pairs.sort_values(["k", "pair"], ascending=[False, True]).drop_duplicates(key)
    top = counts.sort_values("size", ascending=False).drop_duplicates(key)
    found = pairs[[*key, "pair", "k"]].merge(
        split[[*key, "n_coders"]].drop_duplicates(), on=key, how="left"
    )
    found = found.merge(top[[*key, "value", "size"]], on=key, how="left")
    found["majority"] = found["value"].where(2 * found["size"] > found["n_coders"])
    found["n"] = found["variable"].map(n)
    found["share"] = found["k"] / found["n"]
    for coder in sorted(set(split["coder"])):
        own = split.loc[split["coder"] == coder, [*key, "value"]]
        found = found.merge(own.rename(columns={"value": f"code_{coder}"}), on=key, how="left")
    if articles is not None and shown:
        known = articles.drop_duplicates("article_id")
        known = known.assign(article_id=known["article_id"].astype(str)).set_index("article_id")
        of = article_of(found["unit_id"], known.index)
        for name in shown:
            found[name] = of.map(known[name])
    found = found.sort_values(
        ["variable", "k", "pair", "unit_id"], ascending=[True, False, True, True], ignore_index=True
    )
    return carry(conform(found, columns)[list(columns)], *sources)


def article_of(unit_ids: pd.Series, article_ids: Iterable[str]) -> pd.Series:
    """Name the article of each unit, an article_id or article_id:field:start-end.

    Examples
    --------
    >>> article_of(pd.Series(["a:b", "a:b:body:0-9", "a:title"]), ["a:b", "a"]).tolist()
    ['a:b', 'a:b', 'a']
    """
    ids = unit_ids.astype(pandas_dtype(TEXT))
    return ids.where(ids.isin(list(article_ids)), ids.str.extract(_PASSAGE, expand=False))


def methods_text(
    codings: pd.DataFrame,
    *,
    sampled: str = "",
    metric: Metric = "nominal",
    values: Values | None = None,
    cluster: str = "unit_id",
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> str:
    """Write the paragraph on coding that a methods section needs.

    Parameters
    ----------
    codings : DataFrame
        With unit_id, coder, variable and value; codebook and codebook_version are named if given.
    sampled : str
        How the units were drawn, as the sentence goes on after "The units were", for instance
        "drawn at random from the 300 articles of the corpus". Empty leaves a gap to be filled in.
    metric, values, cluster, n_boot, level, seed
        As in `krippendorff_alpha`.

    Returns
    -------
    str
        One paragraph: units, coders, sample, overlap, alpha with its interval overall and for each
        variable, the lowest first, and the version of this package.

    Raises
    ------
    SchemaError, ChoiceError
        As `krippendorff_alpha`.

    References
    ----------
    Lombard, M., Snyder-Duch, J. & Bracken, C. C. (2002). Content analysis in mass communication:
    assessment and reporting of intercoder reliability. *Human Communication Research* 28(4),
    587-604 (what to report).

    Examples
    --------
    >>> rows = [(str(unit), coder, "race", code) for coder, codes in
    ...         {"Ann": "111110000011", "Ben": "111100000111"}.items()
    ...         for unit, code in enumerate(codes)]
    >>> codings = pd.DataFrame(rows, columns=["unit_id", "coder", "variable", "value"])
    >>> methods_text(codings, sampled="drawn at random")[:66]
    '2 coders coded 12 units for 1 variable. The units were drawn at ra'
    """
    settings: dict[str, Any] = {"n_boot": n_boot, "level": level, "seed": seed}
    found = krippendorff_alpha(codings, metric=metric, values=values, cluster=cluster, **settings)
    rows = clean_codings(codings)
    n_units = rows["unit_id"].nunique()
    overall = found.iloc[-1]
    own = found.iloc[:-1].sort_values("estimate", kind="stable", na_position="last")
    books = _books(codings)
    by = f" by {books}" if books else ""
    told = (
        f"{_counting(rows['coder'].nunique(), 'coder')} coded {_counting(n_units, 'unit')} for "
        f"{_counting(rows['variable'].nunique(), 'variable')}{by}. "
        f"The units were {sampled.strip().rstrip('.') or '[how they were drawn]'}. "
    )
    if not overall["n"]:
        return told + f"Agreement was not measured ({overall['reason']}). {_version()}"
    share = overall["n"] / n_units if n_units else 0.0
    told += (
        f"{_counting(int(overall['n']), 'unit')} ({share:.0%}) "
        f"{'was' if overall['n'] == 1 else 'were'} coded by two or more coders. "
    )
    drawn = "units" if cluster == "unit_id" else f"whole units of {cluster!r}"
    told += (
        f"Krippendorff's alpha ({metric}) was {_number(overall)} overall (in brackets {level:.0%} "
        f"intervals of a bootstrap over {drawn}, {n_boot:,} resamples)"
    )
    if len(own) > 1:
        told += f", lowest for {own['variable'].iloc[0]}"
        listed = [f"{row['variable']} {_number(row)}" for _, row in own.iterrows()]
        told += f"; by variable {', '.join(listed)}"
    without = [
        f"{row['variable']}: {row['reason']}" for _, row in found.iterrows() if row["reason"]
    ]
    if without:
        told += f". Without an alpha or an interval: {'; '.join(without)}"
    return f"{told}. {_version()}"


def _counting(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _books(codings: pd.DataFrame) -> str:
    """Codebooks and their versions as a phrase; empty where none is named."""
    if "codebook" not in codings.columns:
        return ""
    used = codings[codings.columns.intersection(["codebook", "codebook_version"])]
    used = pd.DataFrame({name: _as_texts(plain(used)[name]) for name in used.columns})
    used = used.dropna(subset=["codebook"]).drop_duplicates().sort_values("codebook")
    if "codebook_version" not in used.columns:
        used["codebook_version"] = None
    named = [
        f"{book} (version {version})" if pd.notna(version) else str(book)
        for book, version in zip(used["codebook"], used["codebook_version"], strict=True)
    ]
    return f"the codebook {' and '.join(named)}" if named else ""


def _number(row: pd.Series) -> str:
    """An estimate with its interval, as far as there are any."""
    if pd.isna(row["estimate"]):
        return "undefined"
    shown = f"{row['estimate']:.2f}"
    if pd.isna(row["low"]):
        return shown
    return f"{shown} [{row['low']:.2f}, {row['high']:.2f}]"


def _version() -> str:
    return f"Computed with coverage_research {__version__}."
