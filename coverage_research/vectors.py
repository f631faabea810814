"""Counts of terms as vectors: what each term weighs, and which rows are alike within a window.

Rows stand in the order of time, so what a row can be compared with is a stretch of rows. Blocks of
rows are multiplied with the stretch that they share, which bounds the memory and computes no pair
that is far apart in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

Weights = Literal["count", "log", "idf", "log-idf"]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Sums of floats in another order differ by less than this.
SAME: Final = 1e-12


def weighted(counts: Any, weights: Weights) -> Any:
    """Weigh the terms of texts.

    Parameters
    ----------
    counts : sparse array
        A row for each text, a column for each term, all stored counts above 0.
    weights : {"count", "log", "idf", "log-idf"}
        For a term that a text has n times, and that d of N texts have: n; 1 + ln n; n log10(N / d),
        which is 0 for what all have; (1 + ln n)(1 + ln((N + 1) / (d + 1))), which never is.

    References
    ----------
    Salton, G. & Buckley, C. (1988). Term-weighting approaches in automatic text retrieval.
    *Information Processing & Management* 24(5), 513-523.

    Examples
    --------
    >>> from scipy import sparse
    >>> counts = sparse.csr_array([[1.0, 10.0], [1.0, 0.0]])
    >>> weighted(counts, "idf").toarray().round(2).tolist()
    [[0.0, 3.01], [0.0, 0.0]]
    >>> weighted(counts, "log").toarray().round(2).tolist()
    [[1.0, 3.3], [1.0, 0.0]]
    """
    if weights == "count":
        return counts
    result = counts.copy()
    if weights in ("log", "log-idf"):
        result.data = np.log(counts.data) + 1
    if weights in ("idf", "log-idf"):
        n_texts = counts.shape[0]
        having = np.bincount(counts.indices, minlength=counts.shape[1])
        if weights == "idf":
            rare = np.log10(n_texts / np.maximum(having, 1))
        else:
            rare = np.log((n_texts + 1) / (having + 1)) + 1
        result.data = result.data * rare[counts.indices]
    result.eliminate_zeros()
    return result


def row_of(matrix: Any) -> Ints:
    """Row of each stored value of a sparse array."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def unit(matrix: Any, *, power: int = 2) -> Any:
    """Rows divided by their lengths; a row without a term stays so.

    The length of a row is the root of its sum of squares, or with `power` 1 the sum of its weights.

    Examples
    --------
    >>> from scipy import sparse
    >>> unit(sparse.csr_array([[3.0, 4.0], [0.0, 0.0]])).toarray().tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    row = row_of(matrix)
    total = np.bincount(row, matrix.data**power, minlength=matrix.shape[0])
    result = matrix.copy()
    result.data = matrix.data / (total ** (1 / power))[row]
    return result


def mean_cosine(units: Any, group: Ints) -> Floats:
    """Mean cosine of each row with the others of its group; missing where there is no other.

    Parameters
    ----------
    units : sparse array
        Vectors of length 1 or 0.
    group : array of int
        Number of the group of each row, from 0.

    Notes
    -----
    The sum of cosines with all of a group is the cosine with its sum, so no pair is computed.

    Examples
    --------
    >>> from scipy import sparse
    >>> units = sparse.csr_array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    >>> mean_cosine(units, np.array([0, 0, 0, 1])).tolist()
    [0.5, 0.5, 0.0, nan]
    """
    others = np.bincount(group)[group] - 1
    summed = _with_group(units, group) - _with_group(units, np.arange(len(group)))
    result: Floats = np.where(others > 0, summed / np.maximum(others, 1), np.nan)
    return result


def _with_group(units: Any, group: Ints) -> Floats:
    """Sum of the cosines of each row with all of its group, itself among them."""
    from scipy import sparse

    member = sparse.csr_array((np.ones(len(group)), (group, np.arange(len(group)))))
    return np.asarray((units * (member @ units)[group]).sum(axis=1)).ravel()


def blocks(begins: Ints, ends: Ints, *, rows: int, cells: int) -> Iterator[tuple[slice, slice]]:
    """Cut rows into blocks, each with the stretch of columns that its rows are compared with.

    A block ends where its stretch would be much longer than that of its first row, since everything
    between two rows that are far apart would be compared with both.

    Parameters
    ----------
    begins, ends : array of int
        For each row the first column that it is compared with, and the first behind; neither falls
        from a row to the next.
    rows : int
        Rows of a block at most, and what every stretch may be longer than that of its first row.
    cells : int
        Rows times columns of a block at most, unless it has one row only.

    Examples
    --------
    >>> begins, ends = np.array([0, 0, 5, 99]), np.array([3, 4, 8, 103])
    >>> [(rows.stop, columns.start, columns.stop) for rows, columns in blocks(
    ...     begins, ends, rows=2, cells=100)]
    [(2, 0, 4), (3, 5, 8), (4, 99, 103)]
    """
    at = 0
    while at < len(begins):
        begin = int(begins[at])
        stretch = ends[at : at + rows] - begin
        fits = (stretch <= 2 * stretch[0] + rows) & (
            stretch * np.arange(1, len(stretch) + 1) <= cells
        )
        width = max(1, int(np.argmin(np.append(fits, [False]))))
        yield slice(at, at + width), slice(begin, int(ends[at + width - 1]))
        at += width


def products(
    left: Any, right: Any, columns: slice, *, least: float | Floats, sizes: Any = None
) -> tuple[Ints, Ints, Floats]:
    """Products of each row of `left` with the rows `columns` of `right` that reach `least`.

    Parameters
    ----------
    left, right : sparse array
        Vectors; of unit vectors the product is the cosine. Only products above 0 are looked at.
    columns : slice
        Rows of `right`, from a start to a stop.
    least : float or array of float
        Least product, or one for each row of `left`.
    sizes : pair of array of float, optional
        How many vectors each row of `left`, and of `right`, is the sum of; then products are means.

    Returns
    -------
    Row of `left`, row of `right` and product of each pair, by row of `left`.

    Examples
    --------
    >>> from scipy import sparse
    >>> units = sparse.csr_array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    >>> row, column, value = products(units[1:], units, slice(0, 2), least=0.7)
    >>> row.tolist(), column.tolist(), value.tolist()
    ([0, 1], [1, 1], [1.0, 0.8])
    """
    product = (left @ right[columns].T).tocsr()
    value = product.data
    if sizes is not None:
        value = value * (1 / sizes[1][columns])[product.indices]
        value *= np.repeat(1 / sizes[0], np.diff(product.indptr))
    limit = least if np.isscalar(least) else np.repeat(least, np.diff(product.indptr))
    near = np.flatnonzero(value >= limit)
    row = np.searchsorted(product.indptr, near, side="right") - 1
    return row, columns.start + product.indices[near].astype(np.int64), value[near]
