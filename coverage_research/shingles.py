"""Runs of words as numbers, exactly and as arrays.

Every word is a number and every run of words a hash of 64 bits. Nothing is sampled or sketched:
what is counted with them is what comparing every pair of texts would give. (With 64 bits, two
different runs among a hundred million are taken for one another with a probability of about one in
four thousand.)
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

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_SPACE: Final = ord(" ")

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


def repeated(value: Hashes) -> Flags:
    """Places of values that may occur more than once; never leaves one out that does."""
    bits = max(int(4 * len(value)).bit_length(), 10)
    bucket = (value >> np.uint64(64 - bits)).astype(np.int64)
    last = np.zeros(1 << bits, dtype=np.int32 if len(value) < 2**31 else np.int64)
    numbers = np.arange(len(value), dtype=last.dtype)
    last[bucket] = numbers
    several = np.zeros(1 << bits, dtype=np.bool_)
    several[bucket[last[bucket] != numbers]] = True
    return several[bucket]


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


def pieces(sizes: Ints, held: int) -> Iterator[slice]:
    """Slices of neighbours whose sizes add up to about `held`."""
    reach = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        done = int(reach[first - 1]) if first else 0
        last = max(int(np.searchsorted(reach, done + held, side="right")), first + 1)
        yield slice(first, last)
        first = last
