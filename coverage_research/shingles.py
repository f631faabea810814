"""Runs of words as numbers: which texts share them, and how much, exactly and as arrays.

Every word is a number, every run of words a hash of 64 bits, and an index of runs gives the pairs
of texts that share one. Nothing is sampled or sketched: the counts are those of comparing every
pair. (With 64 bits, two different runs among a hundred million are taken for one another with a
probability of about one in four thousand.)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from coverage_research.text import BREAK
from coverage_research.token_batches import batches, read_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

#: Places or pairs that are looked at together; bounds the memory.
HELD: Final = 4_000_000
#: From so many equal places in two texts on, the longest run is searched by its length.
MANY_PLACES: Final = 2_000_000

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_SPACE: Final = ord(" ")
#: Values are counted by their first bits before those of which there may be many are sorted.
_BUCKET_BITS: Final = 22
#: Elements of a set up to which pairs of its rarest are looked up.
_SHORT: Final = 40
_PLAIN: Final = re.compile(r"\w+")


class Words(NamedTuple):
    """Words of many texts, one text behind the other, with a 0 behind each text.

    Attributes
    ----------
    codes : array of uint64
        A number for each word form; 0 where a text ends, so that no run reaches across.
    starts, ends : array of int32
        Where each word stands in its text.
    bounds : array of int
        Where the words of each text begin, and where those of the last end.
    """

    codes: Hashes
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    bounds: Ints


class Pairs(NamedTuple):
    """Pairs of rows, the lower first, sorted; and how many runs link each (a lower bound)."""

    early: Ints
    late: Ints
    links: Ints


class Overlap(NamedTuple):
    """What each of several pairs of texts has in common.

    Attributes
    ----------
    shared : array of int
        Distinct shingles that both have.
    n_first, n_second : array of int
        Distinct shingles of either.
    covered : array of int
        Words of the second that lie in shared shingles.
    start, length : array of int
        Longest run of words that both have: its first word in the second, counted from the start of
        the row, and its words; the earliest of several. 0 and 0 where no shingle is shared.
    """

    shared: Ints
    n_first: Ints
    n_second: Ints
    covered: Ints
    start: Ints
    length: Ints


def mix(values: Any) -> Hashes:
    """Spread numbers over 64 bits (the finalizer of SplitMix64).

    References
    ----------
    Steele, G. L., Lea, D. & Flood, C. H. (2014). Fast splittable pseudorandom number generators.
    *OOPSLA 2014*, 453-472.
    """
    found = (np.asarray(values).astype(np.uint64) + np.uint64(1)) * _MULTIPLIER
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    spread: Hashes = found ^ (found >> np.uint64(31))
    return spread


def read_words(
    texts: Sequence[str], *, tokenizer: str = "package", progress: bool = False
) -> Words:
    r"""Words of texts as numbers, with their places.

    Parameters
    ----------
    texts : sequence of str
    tokenizer : {"package", "plain"}
        Words as everywhere in the package, or runs of letters, digits and underscores (`\w+`).
    progress : bool
        Show a progress bar if it takes longer than two seconds.

    Examples
    --------
    >>> words = read_words(["Chips, chips", "chips"])
    >>> len(set(words.codes.tolist())), words.bounds.tolist(), words.starts.tolist()
    (2, [0, 3, 5], [0, 7, 0, 0, 0])
    """
    from tqdm.auto import tqdm

    parts: list[tuple[Hashes, Ints, Ints, Ints]] = []
    with tqdm(
        total=len(texts), unit=" texts", desc="reading words", delay=2, disable=not progress
    ) as bar:
        for batch in batches(texts):
            parts.append(_plain(batch) if tokenizer == "plain" else _package(batch))
            bar.update(len(batch))
    if not parts:
        places = np.zeros(0, np.int32)
        return Words(np.zeros(0, np.uint64), places, places, np.zeros(1, np.int64))
    counts = np.concatenate([part[3] for part in parts])
    bounds = np.concatenate([[0], np.cumsum(counts + 1)])
    is_word = np.ones(int(bounds[-1]), dtype=np.bool_)
    is_word[bounds[1:] - 1] = False
    columns = []
    for at, kind in ((0, np.uint64), (1, np.int32), (2, np.int32)):
        column: Any = np.zeros(len(is_word), dtype=kind)
        column[is_word] = np.concatenate([part[at] for part in parts])
        columns.append(column)
    return Words(columns[0], columns[1], columns[2], bounds)


def _package(texts: list[str]) -> tuple[Hashes, Ints, Ints, Ints]:
    """Codes, starts, ends of the words of some texts as the package cuts them; words by text."""
    found = read_tokens(texts)
    text = np.searchsorted(found.offsets, found.starts, side="right") - 1
    shift = found.offsets[text]
    codes = _codes(found.joined.replace(BREAK, ""))
    counts = np.bincount(text, minlength=len(texts))
    return codes, found.starts - shift, found.ends - shift, counts


def _plain(texts: list[str]) -> tuple[Hashes, Ints, Ints, Ints]:
    """Likewise, for words that are runs of word characters."""
    found = [list(_PLAIN.finditer(text)) for text in texts]
    spans: Any = np.array([match.span() for part in found for match in part], dtype=np.int64)
    spans = spans.reshape(-1, 2)
    joined = "".join(f" {match[0].lower()}" for part in found for match in part)
    counts = np.array([len(part) for part in found], dtype=np.int64)
    return _codes(joined), spans[:, 0], spans[:, 1], counts


def _codes(joined: str) -> Hashes:
    """A number above 0 for each word of a text in which each stands behind a space."""
    if not joined:
        return np.zeros(0, np.uint64)
    signs: Any
    try:
        signs = np.frombuffer(joined.encode("latin-1"), np.uint8)
        values = mix(np.arange(256))[signs]
    except UnicodeEncodeError:
        signs = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        values = mix(signs)
    heads = np.flatnonzero(signs == _SPACE)
    lengths = np.diff(heads, append=len(signs))
    # What a sign counts depends on its place, so that the sum tells words of the same signs apart.
    place = np.arange(len(signs)) - np.repeat(heads, lengths)
    weights = mix(np.arange(int(lengths.max())) + 0x110000) | np.uint64(1)
    sums: Hashes = np.add.reduceat(values * weights[place], heads)
    return np.maximum(sums, np.uint64(1))


def run_hashes(codes: Hashes, size: int) -> tuple[Hashes, Ints]:
    """Hashes of all runs of `size` words, and where they begin.

    Examples
    --------
    >>> value, place = run_hashes(np.array([5, 6, 0, 5, 6, 7, 0], dtype=np.uint64), 2)
    >>> place.tolist(), bool(value[0] == value[1]), bool(value[1] == value[2])
    ([0, 3, 4], True, False)
    """
    n = len(codes) - size + 1
    if n < 1:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    value = np.zeros(n, dtype=np.uint64)
    whole = np.ones(n, dtype=np.bool_)
    for offset in range(size):
        part = codes[offset : offset + n]
        value ^= part
        value *= _MULTIPLIER
        value ^= value >> np.uint64(29)
        whole &= part > 0
    return value[whole], np.flatnonzero(whole)


# Pairs --------------------------------------------------------------------------------------------


def _repeated(value: Hashes) -> Flags:
    """Places of values that may occur more than once; never leaves one out that does."""
    bits = max(int(4 * len(value)).bit_length(), 10)
    bucket = (value >> np.uint64(64 - bits)).astype(np.int64)
    last = np.zeros(1 << bits, dtype=np.int32 if len(value) < 2**31 else np.int64)
    numbers = np.arange(len(value), dtype=last.dtype)
    last[bucket] = numbers
    several = np.zeros(1 << bits, dtype=np.bool_)
    several[bucket[last[bucket] != numbers]] = True
    return several[bucket]


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
    kept = np.flatnonzero(_repeated(value))
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


def ranges(starts: Ints, sizes: Ints) -> Ints:
    """The numbers of several ranges, one behind the other."""
    shift = np.cumsum(sizes) - sizes
    found: Ints = np.repeat(starts - shift, sizes)
    return found + np.arange(len(found))


def sorted_once(values: Ints) -> Ints:
    """Each value once, ascending; `numpy.unique` is several times slower on large arrays."""
    values = np.sort(values)
    once: Ints = values[np.concatenate([[True], values[1:] != values[:-1]])[: len(values)]]
    return once


def _pieces(sizes: Ints, held: int) -> Iterator[slice]:
    """Slices of neighbours whose sizes add up to about `held`."""
    reach = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        done = int(reach[first - 1]) if first else 0
        last = max(int(np.searchsorted(reach, done + held, side="right")), first + 1)
        yield slice(first, last)
        first = last


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
    for piece in _pieces(sizes, HELD):
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
    for piece in _pieces(counts, HELD):
        places = order[ranges(starts[found.early[piece]], counts[piece])]
        wanted = index.kind[places] * n_rows + np.repeat(found.late[piece], counts[piece])
        at = np.minimum(np.searchsorted(index.key, wanted), len(index.key) - 1)
        both = np.where(index.key[at] == wanted, index.weight[index.kind[places]], 0)
        pair = np.repeat(np.arange(len(counts[piece])), counts[piece])
        links[piece] = np.bincount(pair, weights=both, minlength=len(counts[piece]))
    runs = np.minimum(index.n_runs[found.early], index.n_runs[found.late])
    kept = 2 * links >= runs
    return Pairs(found.early[kept], found.late[kept], links[kept])


# Sets ---------------------------------------------------------------------------------------------


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
    for piece in _pieces(sizes[early], HELD):
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


# Overlap ------------------------------------------------------------------------------------------


def overlap(
    codes: Hashes, bounds: Ints, first: Ints, second: Ints, size: int, *, progress: bool = False
) -> Overlap:
    """What pairs of rows have in common: shingles of `size` words, and the longest run.

    Parameters
    ----------
    codes : array of uint64
        Words of all rows, 0 where no run reaches across.
    bounds : array of int
        Where the words of each row begin, and where those of the last end.
    first, second : array of int
        Rows of each pair.
    size : int
        Words in a shingle.
    progress : bool
        Show a progress bar if it takes longer than two seconds.

    Examples
    --------
    >>> codes = np.array([1, 2, 3, 4, 0, 9, 2, 3, 4, 0], dtype=np.uint64)
    >>> found = overlap(codes, np.array([0, 5, 10]), np.array([0]), np.array([1]), 2)
    >>> [part.tolist() for part in found]
    [[2], [3], [3], [3], [1], [3]]
    """
    from tqdm.auto import tqdm

    table = _Shingled(codes, bounds, np.unique(np.concatenate([first, second])), size)
    result = Overlap(*(np.zeros(len(first), dtype=np.int64) for _ in range(6)))
    order = np.argsort(first, kind="stable")  # neighbours look up in the same rows
    with tqdm(
        total=len(first), unit=" pairs", desc="comparing", delay=2, disable=not progress
    ) as bar:
        sizes = table.counts(second[order])
        for piece in _pieces(sizes, HELD // 4):
            at = order[piece]
            found = table.compare(first[at], second[at])
            for whole, part in zip(result, found, strict=True):
                whole[at] = part
            bar.update(len(at))
    return result


class _Shingled:
    """Shingles of some rows, of which only those that several rows have are kept with places."""

    def __init__(self, codes: Hashes, bounds: Ints, rows: Ints, size: int) -> None:
        self.size = size
        self.slot = np.zeros(len(bounds), dtype=np.int64)
        self.slot[rows] = np.arange(len(rows))
        lengths = bounds[rows + 1] - bounds[rows]
        self.words = codes[ranges(bounds[rows], lengths)]
        self.bounds = np.concatenate([[0], np.cumsum(lengths)])
        self.longest = int(lengths.max(initial=1)) + 1
        value, place = run_hashes(self.words, size)
        row = np.searchsorted(self.bounds, place, side="right") - 1
        self.n_distinct = np.bincount(row, minlength=len(rows))
        kept = _repeated(value)
        value, place, row = value[kept], place[kept], row[kept]
        order = np.argsort(value, kind="stable")
        by_value = value[order]
        number = np.cumsum(np.concatenate([[0], by_value[1:] != by_value[:-1]])[: len(order)])
        self.n_kinds = int(number[-1]) + 1 if len(number) else 1
        self.kind = np.zeros(len(order), dtype=np.int64)
        self.kind[order] = number
        again = np.zeros(len(order), dtype=np.bool_)
        again[1:] = (number[1:] == number[:-1]) & (row[order][1:] == row[order][:-1])
        self.n_distinct -= np.bincount(row[order][again], minlength=len(rows))
        self.is_new = np.ones(len(order), dtype=np.bool_)
        self.is_new[order[again]] = False
        self.place = place - self.bounds[row]
        self.starts = np.searchsorted(row, np.arange(len(rows) + 1))
        key = row * self.n_kinds + self.kind
        self.by_key = np.argsort(key, kind="stable")
        self.key = key[self.by_key]

    def counts(self, rows: Ints) -> Ints:
        """Shingles of rows that may be shared."""
        at = self.slot[rows]
        return self.starts[at + 1] - self.starts[at]

    def compare(self, first: Ints, second: Ints) -> Overlap:
        """Compare some pairs."""
        one, two = self.slot[first], self.slot[second]
        n, size = len(one), self.size
        counts = self.starts[two + 1] - self.starts[two]
        pair = np.repeat(np.arange(n), counts)
        at = ranges(self.starts[two], counts)
        wanted = one[pair] * self.n_kinds + self.kind[at]
        left = np.searchsorted(self.key, wanted)
        hit = self.key[np.minimum(left, len(self.key) - 1)] == wanted if len(self.key) else left > 0
        pair, at, left, wanted = pair[hit], at[hit], left[hit], wanted[hit]
        shared = np.bincount(pair[self.is_new[at]], minlength=n)
        place = self.place[at]
        # Words up to the next shared shingle, at most those of the shingle itself.
        reach = np.full(len(pair), size)
        near = pair[1:] == pair[:-1]
        reach[:-1][near] = np.minimum(place[1:] - place[:-1], size)[near]
        covered = np.bincount(pair, weights=reach, minlength=n).astype(np.int64)
        n_places = np.searchsorted(self.key, wanted, side="right") - left
        start, length = self._longest(one, two, (pair, place, left, n_places))
        return Overlap(shared, self.n_distinct[one], self.n_distinct[two], covered, start, length)

    def _longest(self, one: Ints, two: Ints, hits: tuple[Ints, ...]) -> tuple[Ints, Ints]:
        """Start in the second and words of the longest run of each pair; the earliest of several.

        Equal places of a run lie on one diagonal, next to each other.
        """
        pair, place, left, n_places = hits
        n = len(one)
        start, length = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        points = np.bincount(pair, weights=n_places, minlength=n)
        for number in np.flatnonzero(points > MANY_PLACES).tolist():
            start[number], length[number] = self._by_length(one[number], two[number])
        few = points[pair] <= MANY_PLACES
        pair, place, left, n_places = pair[few], place[few], left[few], n_places[few]
        span = self.longest
        for piece in _pieces(
            np.bincount(pair, weights=n_places, minlength=n).astype(np.int64), HELD
        ):
            here = slice(*np.searchsorted(pair, [piece.start, piece.stop]))
            times = n_places[here]
            there = self.place[self.by_key[ranges(left[here], times)]]
            key = np.repeat(pair[here] - piece.start, times) * (2 * span)
            key += there - np.repeat(place[here], times) + span
            key *= span
            key += np.repeat(place[here], times)
            key.sort()
            heads = np.flatnonzero(np.concatenate([[True], np.diff(key) != 1])[: len(key)])
            sizes = np.diff(heads, append=len(key))
            of, begin = key[heads] // (2 * span * span), key[heads] % span
            rank = sizes * span + (span - 1 - begin)
            if len(of):
                tops = np.flatnonzero(np.concatenate([[True], of[1:] != of[:-1]]))
                best = np.maximum.reduceat(rank, tops)
                length[piece.start + of[tops]] = best // span + self.size - 1
                start[piece.start + of[tops]] = span - 1 - best % span
        return start, length

    def _by_length(self, one: Any, two: Any) -> tuple[int, int]:
        """Start and words of the longest run of texts that repeat themselves very often."""
        a = self.words[self.bounds[one] : self.bounds[one + 1]]
        b = self.words[self.bounds[two] : self.bounds[two + 1]]
        low, high, start = self.size, min(len(a), len(b)), 0
        while low <= high:
            middle = (low + high) // 2
            value, place = run_hashes(b, middle)
            common = np.isin(value, run_hashes(a, middle)[0])
            if common.any():
                start, low = int(place[common][0]), middle + 1
            else:
                high = middle - 1
        return start, high
