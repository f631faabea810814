"""Tokens of many texts at once, as arrays: what `text.tokens` gives, without a loop over tokens.

Most of the work on a token is the same for all of them, so it is done for a batch of texts by
numpy, sign by sign. The few runs of signs whose rules need more than their neighbours (acronyms,
numbers with separators) are handed to `text.tokens` itself.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from coverage_research.text import BREAK, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Signs = npt.NDArray[np.uint32]

#: Signs of the texts in a batch, at least; arrays of this length still fit a processor's cache.
BATCH_SIGNS: Final = 200_000

_SPACE: Final = ord(" ")
_ABOVE: Final = 0x10000
_APOSTROPHES: Final = "'\u2019"
_STOPS: Final = ".!?\u2026;:"
_AFTER_STOP: Final = "\"'\u201d\u2019)"
#: All that `re` takes for an s when it ignores case.
_POSSESSIVE_S: Final = "sS\u017f"
#: The lower case of the first has two signs, that of the second depends on its neighbours.
_ODD_CAPITALS: Final = "\u0130\u03a3"
_PARAGRAPH: Final = re.compile(r"\n\s*\n")
#: Stands before each text, and behind each as a break.
_BORDER: Final = "\0"

_WORD, _DIGIT, _STOP, _BLANK, _AFTER, _APO, _COMMA, _ODD = (1 << bit for bit in range(8))
_RARE: Final = _STOP | _APO | _COMMA | _ODD


class TokenBatch(NamedTuple):
    """Tokens of several texts, in order.

    Attributes
    ----------
    joined : str
        The form of each token behind a space; `BREAK` where a sentence, clause, paragraph or text
        ends, without a space.
    token_at : array of int
        For each sign of `joined` the number of its token, a space counting to the token behind it.
    starts, ends : array of int
        Where each token stands in all texts put one behind the other with two signs between.
    offsets : array of int
        Where each text starts there.
    """

    joined: str
    token_at: npt.NDArray[np.int32]
    starts: Ints
    ends: Ints
    offsets: Ints


def batches(texts: Iterable[str], *, signs: int = BATCH_SIGNS) -> Iterator[list[str]]:
    """Cut texts into lists of about `signs` signs, in order.

    Examples
    --------
    >>> [len(batch) for batch in batches(["abc", "def", "g"], signs=5)]
    [2, 1]
    """
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text) + 1
        if size >= signs:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def read_tokens(texts: Sequence[str]) -> TokenBatch:
    """Tokens of texts, as `text.tokens` gives them with breaks, and a break behind each text.

    Examples
    --------
    >>> batch = read_tokens(["U.S. curbs", "China's chips"])
    >>> batch.joined.replace(BREAK, "|"), batch.starts.tolist(), batch.offsets.tolist()
    (' us curbs| china chips|', [1, 6, 13, 21], [1, 13])
    """
    source = f"{_BORDER}{(2 * _BORDER).join(texts)}{_BORDER}"
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    offsets = np.cumsum(lengths + 2) - lengths - 1
    signs = _signs(source)
    kinds = _kinds(signs)
    kinds[offsets - 1] = kinds[offsets + lengths] = _BLANK | _AFTER
    kept, ending, special = _marked(kinds, signs)
    if "\n" in source:
        ending[[match.start() for match in _PARAGRAPH.finditer(source)]] = True
    ending[offsets + lengths] = True
    runs = _runs(special, kinds)
    for first, last in runs:
        kept[first:last] = False
        ending[first:last] = False
    # No token stands at either end, and each has a sign before it that is part of none.
    starts = np.flatnonzero(kept[1:] & ~kept[:-1]) + 1
    ends = np.flatnonzero(kept[:-1] & ~kept[1:]) + 1
    written = kept | ending
    written[starts - 1] = True
    shown = np.flatnonzero(written)
    forms = _lower(signs[shown])
    forms[~kept[shown]] = _SPACE
    forms[ending[shown]] = ord(BREAK)
    if runs:
        forms, (starts, ends) = _with_runs(source, runs, shown, forms, (starts, ends))
    joined = forms.tobytes().decode("utf-32-le", "surrogatepass")
    token_at = np.cumsum(forms == _SPACE, dtype=np.int32)
    token_at -= 1
    return TokenBatch(joined, token_at, starts, ends, offsets)


def _signs(text: str) -> Signs:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _kind(sign: str) -> int:
    """What a sign is to the tokenizer, as bits."""
    return (
        (_WORD if sign.isalnum() else 0)
        | (_DIGIT if sign.isdecimal() else 0)
        | (_STOP if sign in _STOPS else 0)
        | (_BLANK if sign.isspace() else 0)
        | (_AFTER if sign.isspace() or sign in _AFTER_STOP else 0)
        | (_APO if sign in _APOSTROPHES else 0)
        | (_COMMA if sign in ".," else 0)
        | (_ODD if sign in _ODD_CAPITALS else 0)
    )


@functools.cache
def _tables() -> tuple[npt.NDArray[np.uint8], Signs]:
    """Kind and lower case of the signs below U+10000, and of U+10000 for all above."""
    below = [chr(code) for code in range(_ABOVE + 1)]
    lower = [ord(sign.lower()) if sign not in _ODD_CAPITALS else _SPACE for sign in below]
    for sign in _APOSTROPHES:
        lower[ord(sign)] = ord("'")
    return np.array([_kind(sign) for sign in below], np.uint8), np.array(lower, np.uint32)


def _kinds(signs: Signs) -> npt.NDArray[np.uint8]:
    kinds = _tables()[0][np.minimum(signs, _ABOVE)]
    above = np.flatnonzero(signs > _ABOVE)
    if len(above):
        found, where = np.unique(signs[above], return_inverse=True)
        kinds[above] = np.array([_kind(chr(code)) for code in found.tolist()], np.uint8)[where]
    return kinds


def _lower(signs: Signs) -> Signs:
    lower = _tables()[1][np.minimum(signs, _ABOVE)]
    above = np.flatnonzero(signs > _ABOVE)
    if len(above):
        found, where = np.unique(signs[above], return_inverse=True)
        small = [ord(chr(code).lower()) for code in found.tolist()]
        lower[above] = np.array(small, np.uint32)[where]
    return lower


def _marked(kinds: npt.NDArray[np.uint8], signs: Signs) -> tuple[Flags, Flags, Ints]:
    """Signs that belong to words, that end a sentence or clause, that need `text.tokens`.

    The first sign and the last are borders, so that each other sign has neighbours.
    """
    word = (kinds & _WORD).view(np.bool_)
    kept, ending = word.copy(), np.zeros(len(kinds), dtype=np.bool_)
    rare = np.flatnonzero((kinds & _RARE) != 0)
    kind, before, after = kinds[rare], kinds[rare - 1], kinds[rare + 1]
    ending[rare[(kind & _STOP > 0) & (after & _STOP == 0) & (after & _AFTER > 0)]] = True
    inner = rare[(kind & _APO > 0) & (before & after & _WORD > 0)]
    kept[inner] = True
    possessive = inner[np.isin(signs[inner + 1], [ord(sign) for sign in _POSSESSIVE_S])]
    cut = possessive[~kept[possessive + 2]]
    kept[cut] = kept[cut + 1] = False
    number = (kind & _COMMA > 0) & (before & after & _DIGIT > 0)
    # A letter, a full stop, a letter, a full stop. A border at the end takes care of the last.
    dots = (signs[rare] == ord(".")) & (before & after & _WORD > 0)
    dots[dots] = signs[rare[dots] + 2] == ord(".")
    return kept, ending, rare[number | dots | (kind & _ODD > 0)]


def _runs(places: Ints, kinds: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Start and end of the runs without white space that hold the places."""
    if not len(places):
        return []
    blanks = np.flatnonzero((kinds & _BLANK) != 0)
    behind = np.unique(np.searchsorted(blanks, places))
    return list(zip((blanks[behind - 1] + 1).tolist(), blanks[behind].tolist(), strict=True))


def _with_runs(
    source: str, runs: list[tuple[int, int]], shown: Ints, forms: Signs, places: tuple[Ints, Ints]
) -> tuple[Signs, tuple[Ints, Ints]]:
    """Put in the tokens of the runs that `text.tokens` has to take apart."""
    known: dict[str, tuple[str, list[tuple[int, int]]]] = {}
    pieces, sizes, spans, counts = [], [], [], []
    for first, last in runs:
        run = source[first:last]
        if run not in known:
            found = tokens(run, breaks=True)
            known[run] = (
                "".join(BREAK if token.form == BREAK else f" {token.form}" for token in found),
                [(token.start, token.end) for token in found if token.form != BREAK],
            )
        piece, inside = known[run]
        pieces.append(piece)
        sizes.append(len(piece))
        counts.append(len(inside))
        spans += [(first + start, first + end) for start, end in inside]
    heads = np.array([first for first, _ in runs], dtype=np.int64)
    into = np.repeat(np.searchsorted(shown, heads), sizes)
    among = np.repeat(np.searchsorted(places[0], heads), counts)
    more: Any = np.array(spans, dtype=np.int64).reshape(-1, 2)
    starts, ends = (np.insert(places[side], among, more[:, side]) for side in (0, 1))
    return np.insert(forms, into, _signs("".join(pieces))), (starts, ends)
