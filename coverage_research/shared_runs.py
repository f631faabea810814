"""Which texts share runs of words: an index of runs gives the pairs that have one in common."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from coverage_research.shingles import (
    HELD,
    Flags,
    Hashes,
    Ints,
    mix,
    pieces,
    ranges,
    repeated,
    run_hashes,
    sorted_once,
)

#: Values are counted by their first bits before those of which there may be many are sorted.
_BUCKET_BITS: Final = 22


class Pairs(NamedTuple):
    """Pairs of rows, the lower first, sorted; and how many runs link each (a lower bound)."""

    early: Ints
    late: Ints
    links: Ints


def common_runs(
    codes: Hashes, row: Ints, window: tuple[Ints, Ints], sizes: tuple[int, int], common: int
) -> Flags:
    """Which runs hold words that many rows have.

    Parameters
    ----------
    codes : array of uint64
        Words of all rows, 0 where no run reaches across.
    row : array of int
        Row of each word.
    window : two arrays of int
        As in `pairs_sharing`.
    sizes : two int
        Words of the runs; neighbouring words, at most as many, that must not be common.
    common : int
        So many words next to each other are common in a row if more than this number of rows of the
        window have them.

    Returns
    -------
    array of bool
        For each run of `run_hashes(codes, sizes[0])`.

    Examples
    --------
    >>> codes = np.array([1, 2, 3, 0, 9, 2, 3, 0], dtype=np.uint64)
    >>> row, window = np.repeat([0, 1], 4), (np.array([0, 0]), np.array([2, 2]))
    >>> common_runs(codes, row, window, (2, 2), 1).tolist()
    [False, True, False, True]
    """
    size, part = sizes
    n_rows = len(window[0])
    value, place = run_hashes(codes, part)
    bucket = (value >> np.uint64(64 - _BUCKET_BITS)).astype(np.int32)
    many = np.bincount(bucket, minlength=1 << _BUCKET_BITS)[bucket] > common
    value, place = value[many], place[many]
    kind = np.unique(value, return_inverse=True)[1].astype(np.int64)
    key = kind * n_rows + row[place]
    held = sorted_once(key)
    of, at = held // n_rows, held % n_rows
    n_held = np.searchsorted(held, of * n_rows + window[1][at])
    n_held -= np.searchsorted(held, of * n_rows + window[0][at])
    is_common = np.zeros(len(codes) + 1, dtype=np.bool_)
    is_common[place] = (n_held > common)[np.searchsorted(held, key)]
    # Common words that begin in a run and end in it.
    before: Any = np.zeros(len(codes) + 2, dtype=np.int32 if len(codes) < 2**31 else np.int64)
    np.cumsum(is_common, out=before[1:])
    first = run_hashes(codes, size)[1]
    marked: Flags = before[first + size - part + 1] > before[first]
    return marked


class _Index(NamedTuple):
    """Which rows hold which class of runs; a class is the runs that the same rows hold.

    Of each posting: `kind`, the class; `row`; `key`, both in one number, ascending; `left` and
    `right`, the postings of the class whose rows lie in the window; `marked`, which is the same for
    all runs of the class. `weight` has the runs of each class, `n_runs` the distinct runs of each
    row.
    """

    kind: Ints
    row: Ints
    key: Ints
    left: Ints
    right: Ints
    marked: Flags
    weight: Ints
    n_runs: Ints


def _index(
    value: Hashes, row: Ints, window: tuple[Ints, Ints], group: Ints | None, marked: Flags
) -> _Index:
    n_rows = len(window[0])
    n_runs = np.bincount(row, minlength=n_rows)
    kept = np.flatnonzero(repeated(value))
    order = kept[np.argsort(value[kept], kind="stable")]  # rows ascend within each value
    value, row, marked = value[order], row[order], marked[order]
    again = np.zeros(len(value), dtype=np.bool_)
    again[1:] = (value[1:] == value[:-1]) & (row[1:] == row[:-1])
    n_runs -= np.bincount(row[again], minlength=n_rows)
    value, row, marked = value[~again], row[~again], marked[~again]
    heads = np.flatnonzero(np.concatenate([[True], value[1:] != value[:-1]])[: len(value)])
    sizes = np.diff(heads, append=len(value))
    used = sizes > 1
    if group is not None and len(heads):
        of = group[row]
        used &= np.minimum.reduceat(of, heads) != np.maximum.reduceat(of, heads)
    # Of a text printed by many, every run has the same holders: they are compared once for all.
    names = np.zeros(0, np.uint64)
    if len(heads):
        names = np.add.reduceat(mix(2 * row + marked), heads)
    names = mix(names ^ sizes.astype(np.uint64))[used]
    _, chosen, weight = np.unique(names, return_index=True, return_counts=True)
    heads, sizes = heads[used][chosen], sizes[used][chosen]
    kind = np.repeat(np.arange(len(heads)), sizes)
    chosen = ranges(heads, sizes)
    row, marked = row[chosen], marked[chosen]
    key = kind * n_rows + row
    left = np.searchsorted(key, kind * n_rows + window[0][row])
    right = np.searchsorted(key, kind * n_rows + window[1][row])
    return _Index(kind, row, key, left, right, marked, weight, n_runs)


def pairs_sharing(
    value: Hashes,
    row: Ints,
    window: tuple[Ints, Ints],
    *,
    group: Ints | None = None,
    marked: Flags | None = None,
) -> Pairs:
    """Pairs of rows that share a run within the window.

    A pair is given if both share a run that is marked in neither, or if the runs that they share
    are at least half of those of one of them. Without marks, it is given if they share any run.

    Parameters
    ----------
    value : array of uint64
        Hashes of runs, in the order of the rows.
    row : array of int
        Their rows, ascending.
    window : two arrays of int
        For each row the first row of its window, and the first behind it; both ascending.
    group : array of int, optional
        Group of each row; pairs within a group are left out.
    marked : array of bool, optional
        Which runs are marked; the same for all places of a run in a row.

    Examples
    --------
    >>> value, row = np.array([1, 2, 2, 3], dtype=np.uint64), np.array([0, 0, 1, 2])
    >>> window = np.zeros(3, dtype=np.int64), np.full(3, 3)
    >>> pairs_sharing(value, row, window)
    Pairs(early=array([0]), late=array([1]), links=array([1]))
    """
    n_rows = len(window[0])
    if marked is None:
        marked = np.zeros(len(value), dtype=np.bool_)
    index = _index(value, row, window, group, marked)
    rare = _sub(index, ~index.marked)
    first = np.arange(len(rare.row)) + 1
    weights = rare.weight[rare.kind]
    found = _joined(
        rare.row, first, rare.right - first, rare.row, weights=weights, group=group, n_rows=n_rows
    )
    if index.marked.any():
        touched = np.zeros(len(index.weight), dtype=np.bool_)
        touched[index.kind[index.marked]] = True
        more = _by_halves(_sub(index, touched[index.kind]), n_rows, group)
        keys = np.concatenate([found.early, more.early]) * n_rows
        keys += np.concatenate([found.late, more.late])
        keys, at = np.unique(keys, return_index=True)
        links = np.concatenate([found.links, more.links])[at]
        found = Pairs(keys // n_rows, keys % n_rows, links)
    return found


def _sub(index: _Index, kept: Flags) -> _Index:
    """The index of some postings only; `n_runs` stays."""
    if kept.all():
        return index
    before = np.concatenate([[0], np.cumsum(kept)])
    return index._replace(
        kind=index.kind[kept],
        row=index.row[kept],
        key=index.key[kept],
        marked=index.marked[kept],
        left=before[index.left[kept]],
        right=before[index.right[kept]],
    )


def _joined(
    row: Ints,
    first: Ints,
    sizes: Ints,
    holders: Ints,
    *,
    weights: Ints,
    group: Ints | None,
    n_rows: int,
) -> Pairs:
    """Pairs of each row with `sizes` of the `holders` from `first` on, with their weights added."""
    held: list[tuple[Ints, Ints]] = []
    waiting = 0
    for piece in pieces(sizes, HELD):
        one = np.repeat(row[piece], sizes[piece])
        other = holders[ranges(first[piece], sizes[piece])]
        weight = np.repeat(weights[piece], sizes[piece])
        apart = one != other if group is None else group[one] != group[other]
        one, other = one[apart], other[apart]
        keys = np.minimum(one, other) * n_rows + np.maximum(one, other)
        held.append(_added(keys, weight[apart]))
        waiting += len(held[-1][0])
        if waiting > HELD:
            held = [_added(*(np.concatenate(part) for part in zip(*held, strict=True)))]
            waiting = len(held[0][0]) // 2
    if not held:
        return Pairs(*(np.zeros(0, np.int64) for _ in range(3)))
    keys, weight = _added(*(np.concatenate(part) for part in zip(*held, strict=True)))
    return Pairs(keys // n_rows, keys % n_rows, weight)


def _added(keys: Ints, weights: Ints) -> tuple[Ints, Ints]:
    """Each key once, with the sum of its weights."""
    if not len(keys):
        return keys, weights
    order = np.argsort(keys)
    keys, weights = keys[order], weights[order]
    heads = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[heads], np.add.reduceat(weights, heads)


def _by_halves(index: _Index, n_rows: int, group: Ints | None) -> Pairs:
    """Pairs whose shared runs are at least half of those of one of them.

    A row that shares half of its runs with another shares one of any choice of more than half of
    them, so only its rarest are looked up.
    """
    order = np.lexsort((index.right - index.left, index.row))
    row, weight = index.row[order], index.weight[index.kind[order]]
    total = np.bincount(row, weights=weight, minlength=n_rows).astype(np.int64)
    enough = total - (index.n_runs + 1) // 2 + 1
    before = np.cumsum(weight) - weight
    heads = np.flatnonzero(np.concatenate([[True], row[1:] != row[:-1]]))
    before -= np.repeat(before[heads], np.diff(heads, append=len(row)))
    probes = order[before < enough[row]]
    sizes = index.right[probes] - index.left[probes]
    found = _joined(
        index.row[probes],
        index.left[probes],
        sizes,
        index.row,
        weights=np.ones_like(sizes),
        group=group,
        n_rows=n_rows,
    )
    # Postings by row: the runs of one of a pair, looked up in the other.
    starts = np.searchsorted(row, np.arange(n_rows + 1))
    links = np.zeros(len(found.early), dtype=np.int64)
    counts = starts[found.early + 1] - starts[found.early]
    for piece in pieces(counts, HELD):
        places = order[ranges(starts[found.early[piece]], counts[piece])]
        wanted = index.kind[places] * n_rows + np.repeat(found.late[piece], counts[piece])
        at = np.minimum(np.searchsorted(index.key, wanted), len(index.key) - 1)
        both = np.where(index.key[at] == wanted, index.weight[index.kind[places]], 0)
        pair = np.repeat(np.arange(len(counts[piece])), counts[piece])
        links[piece] = np.bincount(pair, weights=both, minlength=len(counts[piece]))
    runs = np.minimum(index.n_runs[found.early], index.n_runs[found.late])
    kept = 2 * links >= runs
    return Pairs(found.early[kept], found.late[kept], links[kept])
