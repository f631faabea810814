"""Whether groups of articles differ in what they hold: one test for every comparison of shares.

What a story is about cannot make groups differ: the p value comes from permuting the groups within
each cluster of stories, the interval from a bootstrap of clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import COUNT, REAL, TEXT
from coverage_research.statistics import difference_intervals, permuted_sums

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coverage_research.units import Units

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Against = Literal["rest", "pairs"]

#: With fewer articles than this a group is not compared.
MIN_ARTICLES: Final = 5
N_PERMUTATIONS: Final = 999
REST: Final = "rest"
#: Numbers of a group and of what it is compared with.
COMPARED: Final[Mapping[str, str]] = {
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


def contrasts(n_groups: int, against: Against = REST) -> Ints:
    """Pairs of groups that are compared, the second -1 where it is all others.

    Examples
    --------
    >>> contrasts(3, "pairs").tolist(), contrasts(2).tolist()
    ([[0, 1], [0, 2], [1, 2]], [[0, -1], [1, -1]])
    """
    if n_groups < 2:
        return np.zeros((0, 2), dtype=np.int64)
    if against == REST:
        return np.column_stack([np.arange(n_groups), np.full(n_groups, -1)])
    return np.column_stack(np.triu_indices(n_groups, 1)).astype(np.int64)


def compare_groups(
    units: Units,
    unit: Ints,
    held: Floats,
    pairs: Ints,
    *,
    what: str,
    min_articles: int,
    n_permutations: int,
    n_boot: int,
    seed: int,
) -> pd.DataFrame:
    """Test differences of shares between groups.

    The p value comes from permuting the groups among the units of each cluster, the interval from
    a bootstrap of clusters.

    Parameters
    ----------
    unit : array of int, shape (n,)
        Units that are compared, each once.
    held : array, shape (n, kinds + 1)
        Counts of each kind, and last what they are shares of.
    pairs : array of int
        From `contrasts`.
    what : str
        What is compared, for the reasons.
    min_articles : int
        A comparison with fewer units on a side is refused.

    Returns
    -------
    DataFrame with the columns `COMPARED` except q, one row per pair and kind.
    """
    n_groups, n_kinds = len(units.groups), held.shape[1] - 1
    group, cluster = units.group[unit], units.cluster[unit]
    one, other = pairs.T

    def sides(by_group: Floats) -> tuple[Floats, Floats]:
        """Of each pair the sums of the group, and those of the other."""
        # The last groups may have no unit.
        full = np.zeros((n_groups, by_group.shape[1]))
        full[: len(by_group)] = by_group
        rest = full.sum(axis=0) - full[one]
        return full[one], np.where((other < 0)[:, None], rest, full[other])

    def shares(sums: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            result: Floats = sums[:, :-1] / sums[:, -1:]
        return result

    sums = np.zeros((n_groups, n_kinds + 1))
    np.add.at(sums, group, held)
    here, there = sides(sums)
    share, share_other = shares(here), shares(there)
    exceeding = np.zeros_like(share)
    for drawn in permuted_sums(held, group, cluster, n_permutations=n_permutations, seed=seed):
        apart = np.subtract(*map(shares, sides(drawn)))
        # A permutation that leaves a side without anything cannot tell against a difference.
        far = np.abs(apart) >= np.abs(share - share_other) - 1e-12
        exceeding += far | np.isnan(apart)
    in_group = np.bincount(group, minlength=n_groups).astype(np.float64)[:, None]
    fewest = np.minimum(*sides(in_group))[:, 0].astype(np.int64)
    intervals = _differences(
        units, unit, held, pairs, enough=fewest >= min_articles, n_boot=n_boot, seed=seed
    )
    angle, angle_other = (2 * np.arcsin(np.sqrt(side)) for side in (share, share_other))
    numbers = {
        "k": here[:, :-1],
        "n": np.repeat(here[:, -1:], n_kinds, axis=1),
        "share": share,
        "k_other": there[:, :-1],
        "n_other": np.repeat(there[:, -1:], n_kinds, axis=1),
        "share_other": share_other,
        "estimate": share - share_other,
        "effect": angle - angle_other,
        "p": (exceeding + 1) / (n_permutations + 1),
    }
    compared = pd.DataFrame({name: values.ravel() for name, values in numbers.items()})
    compared = pd.concat([compared, intervals], axis=1)
    return _refused(compared, np.repeat(fewest, n_kinds), min_articles, what)


def _differences(
    units: Units,
    unit: Ints,
    held: Floats,
    pairs: Ints,
    *,
    enough: npt.NDArray[np.bool_],
    n_boot: int,
    seed: int,
) -> pd.DataFrame:
    """Intervals of the differences, where there is enough, and the clusters behind them."""
    n_columns = held.shape[1]
    n_kinds = n_columns - 1
    by_cluster = units.sums(
        np.repeat(unit, n_columns),
        np.tile(np.arange(n_columns), len(unit)),
        n_columns,
        held.ravel(),
    )
    total = np.zeros((units.n_clusters, n_columns))
    np.add.at(total, units.cluster[unit], held)

    def of_group(group: int) -> Floats:
        own: Floats = by_cluster[:, group * n_columns : (group + 1) * n_columns].toarray()
        return own

    parts = []
    for (one, other), compared in zip(pairs.tolist(), enough.tolist(), strict=True):
        here = of_group(one)
        there = total - here if other < 0 else of_group(other)
        in_one, in_other = here[:, -1] > 0, there[:, -1] > 0
        either = in_one | in_other
        if compared:
            sides = [
                part
                for side in (here[either], there[either])
                for part in (side[:, :-1], np.repeat(side[:, -1:], n_kinds, axis=1))
            ]
            found = difference_intervals(*sides, n_boot=n_boot, seed=seed)
            found = found[["low", "high", "reason"]]
        else:
            found = pd.DataFrame({"low": np.full(n_kinds, np.nan), "high": np.nan, "reason": ""})
        parts.append(found.assign(n_stories=either.sum(), n_shared=(in_one & in_other).sum()))
    return pd.concat(parts, ignore_index=True)


def _refused(compared: pd.DataFrame, fewest: Ints, min_articles: int, what: str) -> pd.DataFrame:
    """Take p and interval from comparisons that cannot carry them, and say why."""
    small, apart = fewest < min_articles, compared["n_shared"].to_numpy() == 0
    reasons = []
    for number, is_apart, reason in zip(
        fewest.tolist(), apart.tolist(), compared["reason"], strict=True
    ):
        told = [f"no story with {what} of both"] if is_apart else []
        if number < min_articles:
            counted = "1 article" if number == 1 else f"{number} articles"
            told = [f"{counted} on one side; at least {min_articles} are needed"]
        elif reason:
            told.append(reason)
        reasons.append("; ".join(told))
    return compared.assign(
        reason=pd.Series(reasons, index=compared.index, dtype="str"),
        p=compared["p"].mask(small | apart),
        **{name: compared[name].mask(small) for name in ("low", "high")},
    )
