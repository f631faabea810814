"""Pairs of articles that are alike, inside a window of lags: the comparison behind `news_flow`.

A pair of similarity t must share a term beyond those of an article's commonest ones whose weight
together is below t (Bayardo et al. 2007). So only the others are looked up, block by block in the
order of time, and what is found is computed in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.vectors import SAME, blocks, products, row_of, unit

if TYPE_CHECKING:
    from collections.abc import Iterator

Similarity = Literal["cosine", "overlap"]
Lag = str | pd.Timedelta
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Rows of a block, and rows times those that they are compared with: bounds of a product's memory.
_ROWS: Final = 2_000
_CELLS: Final = 4_000_000
#: Candidates whose similarity is computed at once.
_CANDIDATES: Final = 100_000
#: Share of the least similarity that the terms which are not looked up can make up. Looking up few
#: terms is fast, but then almost every pair that shares one must be computed in full.
_NOT_LOOKED_UP: Final = 0.7
#: What is looked up is a sum of few products, so that it must not be left out for its rounding.
_SLACK: Final = 1e-9


class Stamps(NamedTuple):
    """Articles in the order of time: bounds of their times, outlets, and the lags that count.

    Times and lags are in microseconds; `shortest` is that of each article as the later one.
    """

    low: Any
    high: Any
    outlet: Any
    longest: int
    shortest: Any


def microseconds(name: str, lag: Lag) -> int:
    """Give a lag in microseconds.

    Parameters
    ----------
    name : str
        What the lag is, for the error's sentence.

    Raises
    ------
    ValueError
        If it is below 0.

    Examples
    --------
    >>> microseconds("window", "2min")
    120000000
    """
    result = int(pd.Timedelta(lag) // pd.Timedelta(1, "us"))
    if result < 0:
        raise ValueError(f"{name}: expected 0 or more; found {lag}")
    return result


def alike_pairs(
    weights: Any,
    stamps: Stamps,
    *,
    similarity: Similarity,
    least: float,
    within_outlet: bool,
    stories: Any,
    progress: bool,
) -> tuple[Ints, Ints, Floats]:
    """Later and earlier row of each pair, and its similarity.

    Parameters
    ----------
    weights : sparse array
        Weights of terms, all stored ones above 0; a row for each article in the order of time.
    stamps : Stamps
        Times, outlets and lags of the articles.
    similarity : {"cosine", "overlap"}
        Cosine, or the share of the later article's weights whose terms the earlier has too.
    least : float
        From which similarity a pair is one; above 0.
    within_outlet : bool
        Also compare articles of the same outlet.
    stories : sparse array or None
        Which stories (columns) list which article; then a pair must share one.
    progress : bool
        Show a bar when it takes more than two seconds.

    References
    ----------
    Bayardo, R. J., Ma, Y. & Srikant, R. (2007). Scaling up all pairs similarity search. *WWW 2007*,
    131-140.

    Examples
    --------
    >>> from scipy import sparse
    >>> weights = sparse.csr_array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    >>> hours = np.array([0, 1, 2])
    >>> stamps = Stamps(hours, hours, np.array([0, 1, 2]), 1, np.zeros(3, int))
    >>> later, earlier, cosine = alike_pairs(
    ...     weights, stamps, similarity="cosine", least=0.5, within_outlet=False, stories=None,
    ...     progress=False,
    ... )
    >>> later.tolist(), earlier.tolist(), cosine.round(3).tolist()
    ([1, 2], [0, 1], [0.707, 0.707])
    """
    from tqdm.auto import tqdm

    sides = _sides(weights, similarity, least)
    found: list[tuple[Any, Any, Any]] = [(np.empty(0, np.int64), np.empty(0, np.int64), [])]
    with tqdm(
        total=len(stamps.low), desc="comparing", unit=" articles", delay=2, disable=not progress
    ) as bar:
        for block in _blocks(stamps):
            later, earlier = _candidates(sides, stamps, *block, least, within_outlet=within_outlet)
            for start in range(0, len(later), _CANDIDATES):
                part = slice(start, start + _CANDIDATES)
                one, two = later[part], earlier[part]
                value = np.asarray((sides.later[one] * sides.earlier[two]).sum(axis=1)).ravel()
                kept = value >= least - SAME
                if stories is not None:
                    shared = np.asarray((stories[one] * stories[two]).sum(axis=1)).ravel()
                    kept &= shared > 0
                found.append((one[kept], two[kept], np.minimum(value[kept], 1.0)))
            bar.update(block[0].stop - block[0].start)
    later, earlier, value = (np.concatenate(side) for side in zip(*found, strict=True))
    return later, earlier, value


class _Sides(NamedTuple):
    """Weights such that similarity is a product of rows, and what of the later to look up."""

    later: Any
    earlier: Any
    rare: Any
    rest: Any


def _sides(weights: Any, similarity: Similarity, least: float) -> _Sides:
    from scipy import sparse

    power = 2 if similarity == "cosine" else 1
    later = unit(weights, power=power)
    row = row_of(weights).astype(weights.indices.dtype)
    earlier = later
    if similarity == "overlap":
        earlier = weights.copy()
        earlier.data = np.ones(len(weights.data))
    # The commonest terms first, since looking them up costs most.
    having = np.bincount(weights.indices, minlength=weights.shape[1])
    order = np.lexsort((-having[weights.indices], row))
    mass = np.cumsum(later.data[order] ** power)
    begin = np.append(0, mass)[weights.indptr[:-1]]
    mass -= begin[row[order]]
    left_out = mass < (_NOT_LOOKED_UP * least) ** power
    rest = np.zeros(weights.shape[0])
    np.maximum.at(rest, row[order][left_out], mass[left_out])
    kept = order[~left_out]
    rare = sparse.csr_array((later.data[kept], (row[kept], weights.indices[kept])), weights.shape)
    return _Sides(later, earlier, rare, np.maximum(rest, 0) ** (1 / power))


def _blocks(stamps: Stamps) -> Iterator[tuple[slice, slice]]:
    """Blocks of articles, each with the stretch of those that they can be later than."""
    latest = np.maximum.accumulate(stamps.high)
    begins = np.searchsorted(latest, stamps.low - stamps.longest)
    return blocks(begins, np.arange(len(begins)), rows=_ROWS, cells=_CELLS)


def _candidates(
    sides: _Sides,
    stamps: Stamps,
    block: slice,
    before: slice,
    least: float,
    *,
    within_outlet: bool,
) -> tuple[Ints, Ints]:
    """Later and earlier row of the pairs of a block that can reach the similarity."""
    enough = (least - _SLACK) - sides.rest[block]
    later, earlier, _ = products(sides.rare[block], sides.earlier, before, least=enough)
    later += block.start
    can = earlier < later
    can &= stamps.low[later] - stamps.high[earlier] <= stamps.longest
    can &= stamps.high[later] - stamps.low[earlier] >= stamps.shortest[later]
    if not within_outlet:
        can &= stamps.outlet[later] != stamps.outlet[earlier]
    return later[can], earlier[can]
