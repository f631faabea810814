"""Rows whose sets of words are alike: Jaccard similarity of pairs, and a join by prefix filter."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from coverage_research.shared_runs import pairs_sharing
from coverage_research.shingles import HELD, Flags, Hashes, Ints, mix, pieces, ranges, sorted_once

#: Elements of a set up to which pairs of its rarest are looked up.
_SHORT: Final = 40


class Sets(NamedTuple):
    """Distinct elements of each row: `element` by row, `bounds` of the rows, and `key`, sorted."""

    element: Ints
    bounds: Ints
    key: Ints
    frequency: Ints

    @property
    def sizes(self) -> Ints:
        """Elements of each row."""
        return np.diff(self.bounds)


def distinct_sets(codes: Hashes, row: Ints, n_rows: int) -> Sets:
    """Elements of each row, each once, as numbers from 0."""
    element = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    n_elements = int(element.max(initial=0)) + 1
    key = sorted_once(row * n_elements + element)
    row, element = key // n_elements, key % n_elements
    bounds = np.searchsorted(row, np.arange(n_rows + 1))
    return Sets(element, bounds, key, np.bincount(element, minlength=n_elements))


def set_jaccard(sets: Sets, early: Ints, late: Ints) -> npt.NDArray[np.float64]:
    """Jaccard similarity of pairs of rows; 0 where both are empty.

    Examples
    --------
    >>> sets = distinct_sets(np.array([1, 2, 3, 2, 3, 4], np.uint64), np.repeat([0, 1], 3), 2)
    >>> set_jaccard(sets, np.array([0]), np.array([1])).tolist()
    [0.5]
    """
    sizes = sets.sizes
    shared = np.zeros(len(early), dtype=np.int64)
    for piece in pieces(sizes[early], HELD):
        counts = sizes[early[piece]]
        pair = np.repeat(np.arange(len(counts)), counts)
        element = sets.element[ranges(sets.bounds[early[piece]], counts)]
        wanted = late[piece][pair] * len(sets.frequency) + element
        at = np.minimum(np.searchsorted(sets.key, wanted), len(sets.key) - 1)
        shared[piece] = np.bincount(pair[sets.key[at] == wanted], minlength=len(counts))
    union = sizes[early] + sizes[late] - shared
    return np.where(union > 0, shared / np.maximum(union, 1), 0.0)


def alike_sets(
    sets: Sets,
    window: tuple[Ints, Ints],
    *,
    threshold: float,
    at_least: int,
    group: Ints | None = None,
    common: int | None = None,
) -> tuple[Ints, Ints]:
    """Pairs of rows whose sets have a Jaccard similarity of at least `threshold`.

    Sets of that similarity have so many elements in common that the two rarest of these lie among
    the few rarest elements of either (prefix filter). Two elements together are rare, so that few
    pairs have to be compared.

    Parameters
    ----------
    sets : Sets
    window : two arrays of int
        As in `pairs_sharing`.
    threshold : float
        Above 0 and at most 1.
    at_least : int
        Smaller sets are left out; at least 2.
    group : array of int, optional
        Group of each row; pairs within a group are left out.
    common : int, optional
        Sets that more than so many rows of the window have are left out.

    References
    ----------
    Chaudhuri, S., Ganti, V. & Kaushik, R. (2006). A primitive operator for similarity joins in data
    cleaning. *ICDE 2006*. Wang, J., Li, G. & Feng, J. (2012). Can we beat the prefix filtering?
    *SIGMOD 2012*, 85-96.
    """
    n_rows = len(sets.bounds) - 1
    sizes = sets.sizes
    used = sizes >= at_least
    if common is not None:
        used &= ~_crowded(sets, window, common)
    # Long sets have many pairs among their rarest, so that single elements must do for them; and
    # for sets of which two may be alike with one element in common. Sets between the limits have
    # both, since they may be compared with either.
    limit = _SHORT if threshold * at_least > 1 else 0
    needed = np.ceil(threshold * sizes - 1e-9).astype(np.int64)
    row = np.repeat(np.arange(n_rows), sizes)
    order = np.lexsort((sets.element, sets.frequency[sets.element], row))
    element = mix(sets.element[order])
    place = np.arange(len(row)) - sets.bounds[row]
    here = (used & (sizes > limit * threshold))[row] & (place < (sizes - needed + 1)[row])
    values, rows = [element[here]], [row[here]]
    here = (used & (sizes <= limit))[row] & (place < (sizes - needed + 2)[row])
    one, of = element[here], row[here]
    for step in range(1, int(np.bincount(of).max(initial=0))):
        same = of[step:] == of[:-step]
        values.append(mix(one[:-step][same] ^ (one[step:][same] << np.uint64(1))))
        rows.append(of[step:][same])
    value, row = np.concatenate(values), np.concatenate(rows)
    by_row = np.argsort(row, kind="stable")
    found = pairs_sharing(value[by_row], row[by_row], window, group=group)
    kept = set_jaccard(sets, found.early, found.late) >= threshold - 1e-12
    return found.early[kept], found.late[kept]


def _crowded(sets: Sets, window: tuple[Ints, Ints], common: int) -> Flags:
    """Rows whose set more than `common` rows of the window have."""
    n_rows = len(sets.bounds) - 1
    row = np.repeat(np.arange(n_rows), sets.sizes)
    names = np.zeros(n_rows, dtype=np.uint64)
    np.add.at(names, row, mix(sets.element))
    kind = np.unique(names, return_inverse=True)[1].astype(np.int64)
    key = np.sort(kind * n_rows + np.arange(n_rows))
    n_held = np.searchsorted(key, kind * n_rows + window[1])
    n_held -= np.searchsorted(key, kind * n_rows + window[0])
    crowded: Flags = n_held > common
    return crowded
