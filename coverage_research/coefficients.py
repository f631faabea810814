"""Coefficients of agreement: observed against chance, weighted, pooled over variables, resampled.

Codes come as numbers, counted by how units were coded. Tables of codings are for `reliability`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

#: Share of resamples that may be without a coefficient before the interval is refused.
UNUSABLE: Final = 0.05
#: Distinct values of which every pair is compared.
MAX_VALUES: Final = 3_000
_CHUNK: Final = 4_000_000


class Codes(NamedTuple):
    """Codes as numbers: rows have part, item, who, code, drawn and the columns of `by`."""

    rows: pd.DataFrame
    sizes: list[int]  # how many values each part (variable within a group) has
    numbers: list[Floats | None]  # what they are as numbers, in order
    cluster: str | None


class Draws(NamedTuple):
    """Settings of the bootstrap."""

    n_boot: int
    level: float
    seed: int


class Part(NamedTuple):
    """One variable: each way in which a unit was coded once, as rows (patterns x values)."""

    where: slice  # of its patterns among those of all variables
    counts: Any  # sparse: how often each value was given
    r: Floats  # codes of each pattern
    agree: Floats  # share of the pairs of codes that agree, weighted; 0 without pairs
    weights: str
    matrix: Floats | None  # agreement of values, unless it is simpler
    numbers: Floats | None
    coders: list[Any]  # sparse: values by coder, where they are asked for


def layout(
    table: pd.DataFrame, data: Codes, weights: str, *, by_coder: bool
) -> tuple[list[Part], Any, Floats]:
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


def _part(where: slice, codes: Numbers, size: int, numbers: Floats | None, weights: str) -> Part:
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
    return Part(where, counts, r, agree, weights, matrix, numbers, [])


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


def pooled(name: str, parts: list[Part], drawn: Floats) -> tuple[Floats, Floats, Floats]:
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


def _terms(name: str, part: Part, drawn: Floats) -> tuple[Floats, Floats, Floats]:
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


def _alpha_terms(part: Part, drawn: Floats) -> tuple[Floats, Floats, Floats]:
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


def bootstrap_interval(
    name: str, parts: list[Part], drawn_from: tuple[Any, Floats], settings: Draws
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
        draws.append(pooled(name, parts, np.asarray((kinds.T @ drawn.T).T))[2])
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
