"""Local alignment of two texts, word by word, over the whole matrix of their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from coverage_research.text import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage_research.shingles import Hashes


#: Pairs of words up to which texts are aligned as a whole.
MOST_CELLS: Final = 25_000_000


class Alignment(NamedTuple):
    """Two lists of words of the same length, word by word, and the score of the alignment."""

    a: list[str]
    b: list[str]
    score: int


def align_words(
    a: str | Sequence[str],
    b: str | Sequence[str],
    *,
    match: int = 2,
    mismatch: int = -1,
    gap: int = -1,
) -> Alignment:
    """Align the passages that are most alike in two texts, word by word.

    Parameters
    ----------
    a, b : str or sequence of str
        Texts, or their words.
    match, mismatch, gap : int
        Score of equal words (above 0), of different words in the same place, and of a word that one
        text lacks (both at most 0).

    Returns
    -------
    Alignment
        The words of either passage; where one lacks a word, # signs of the other's length. Empty
        and 0 where no word is equal.

    Raises
    ------
    ValueError
        If a score has the wrong sign, or the texts are too long to be aligned as a whole (25
        million pairs of words); `find_passages` aligns long texts.

    References
    ----------
    Smith, T. F. & Waterman, M. S. (1981). Identification of common molecular subsequences. *Journal
    of Molecular Biology* 147(1), 195-197. Mullen, L. (2020). textreuse (R package).

    Examples
    --------
    >>> found = align_words("this is a match", "this is a good match")
    >>> " ".join(found.a), " ".join(found.b), found.score
    ('this is a #### match', 'this is a good match', 7)
    """
    if match <= 0 or mismatch > 0 or gap > 0:
        raise ValueError(
            "expected match above 0, mismatch and gap at most 0; found "
            f"{match}, {mismatch} and {gap}"
        )
    first, second = (words(text) if isinstance(text, str) else list(text) for text in (a, b))
    if len(first) * len(second) > MOST_CELLS:
        raise ValueError(
            f"expected texts of at most {MOST_CELLS:,} pairs of words; found {len(first):,} and "
            f"{len(second):,} words. find_passages aligns long texts."
        )
    numbers: dict[str, int] = {}
    x, y = (
        np.array([numbers.setdefault(word, len(numbers)) for word in text], dtype=np.uint64)
        for text in (first, second)
    )
    matrix = score_matrix(x, y, (match, mismatch, gap), local=True)
    top = np.unravel_index(int(matrix.argmax()), matrix.shape)
    score = int(matrix[top])
    left: list[str] = []
    right: list[str] = []
    for one, other in trace_back(matrix, x, y, (int(top[0]), int(top[1])), (match, mismatch, gap)):
        left.append(first[one] if one >= 0 else "#" * len(second[other]))
        right.append(second[other] if other >= 0 else "#" * len(first[one]))
    return Alignment(left, right, score)


def score_matrix(a: Hashes, b: Hashes, scores: tuple[int, int, int], *, local: bool) -> Any:
    """Best score of an alignment that ends before each pair of words, a row at a time."""
    match, mismatch, gap = scores
    steps = gap * np.arange(len(b) + 1, dtype=np.int32)
    found: Any = np.zeros((len(a) + 1, len(b) + 1), dtype=np.int32)
    if not local:
        found[0] = steps
    for row, word in enumerate(a, 1):
        above = found[row - 1]
        here = above + gap
        here[1:] = np.maximum(here[1:], above[:-1] + np.where(b == word, match, mismatch))
        if local:
            np.maximum(here, 0, out=here)
        # A gap in the row costs the same for each word, so the best start of one carries on.
        found[row] = np.maximum.accumulate(here - steps) + steps
    return found


def trace_back(
    matrix: Any, a: Hashes, b: Hashes, end: tuple[int, int], scores: tuple[int, int, int]
) -> list[tuple[int, int]]:
    """Numbers of the words that stand in the same place, -1 where a text lacks one."""
    match, mismatch, gap = scores
    local = bool(matrix[0, -1] == 0 and matrix[-1, 0] == 0)
    i, j = end
    steps: list[tuple[int, int]] = []
    while i or j:
        here = matrix[i, j]
        if local and here == 0:
            break
        equal = i and j and a[i - 1] == b[j - 1]
        if i and j and here == matrix[i - 1, j - 1] + (match if equal else mismatch):
            i, j = i - 1, j - 1
            steps.append((i, j))
        elif j and here == matrix[i, j - 1] + gap:
            j -= 1
            steps.append((-1, j))
        else:
            i -= 1
            steps.append((i, -1))
    return steps[::-1]
