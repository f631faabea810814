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

from coverage_research.text import ACCENTS, BREAK, UNSEEN, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]

#: Signs of the texts in a batch, at least; arrays of this length still fit a processor's cache.
BATCH_SIGNS: Final = 200_000

_SPACE: Final = ord(" ")
_ABOVE: Final = 0x10000
_APOSTROPHES: Final = "'\u2019"
_STOPS: Final = ".!?\u2026;:"
_AFTER_STOP: Final = "\"'\u201d\u2019)"
#: `re` takes this for an s when it ignores case.
_LONG_S: Final = 0x17F
#: The lower case of the first has two signs, that of the second depends on its neighbours.
_ODD_CAPITALS: Final = "\u0130\u03a3"
_ODD_SIGNS: Final = frozenset(_ODD_CAPITALS + ACCENTS + UNSEEN)
_PARAGRAPH: Final = re.compile(r"\n\s*\n")
#: Stands before each text, and behind each as a break.
_BORDER: Final = "\0"
#: Typographic marks and the control signs of Latin-1 that stand for them in arrays of bytes; those
#: are where Windows has the same marks.
_STAND_INS: Final = {
    "\u2019": "\x92",
    "\u2018": "\x91",
    "\u201c": "\x93",
    "\u201d": "\x94",
    "\u2013": "\x96",
    "\u2014": "\x97",
    "\u2026": "\x85",
}
_CONTROLS: Final = re.compile("[\x80-\x9f]")

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
    signs = _narrow(source) or _wide(source)
    kinds = signs.kinds
    kinds[offsets - 1] = kinds[offsets + lengths] = _BLANK | _AFTER
    kept, ending, special = _marked(kinds, signs.lower)
    if "\n" in source:
        ending[[match.start() for match in _PARAGRAPH.finditer(source)]] = True
    ending[offsets + lengths] = True
    runs = _runs(special, kinds)
    for first, last in runs:
        kept[first:last] = False
        ending[first:last] = False
    # No token stands at either end, and each has a sign before it that is part of none.
    starts = np.flatnonzero(kept[1:] > kept[:-1]) + 1
    ends = np.flatnonzero(kept[:-1] > kept[1:]) + 1
    written = kept | ending
    written[starts - 1] = True
    # All that is kept is above the space, so this leaves it and makes a space of the rest.
    forms: Any = np.maximum(signs.lower * kept, _SPACE)
    forms[ending] = ord(BREAK)
    forms = forms[written]
    if runs:
        heads = np.array([first for first, _ in runs], dtype=np.int64)
        before: Ints = np.cumsum(written, dtype=np.int64)[heads - 1]
        forms, (starts, ends) = _with_runs(source, runs, before, forms, (starts, ends))
    token_at = np.cumsum(forms == _SPACE, dtype=np.int32)
    token_at -= 1
    return TokenBatch(_text(forms), token_at, starts, ends, offsets)


class _Signs(NamedTuple):
    """Kind and lower case of each sign."""

    kinds: npt.NDArray[np.uint8]
    lower: Codes


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
        | (_ODD if sign in _ODD_SIGNS else 0)
    )


@functools.cache
def _tables() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32]]:
    """Kind and lower case of the signs below U+10000, and of U+10000 for all above."""
    below = [chr(code) for code in range(_ABOVE + 1)]
    lower = [ord(sign.lower()) if sign not in _ODD_CAPITALS else _SPACE for sign in below]
    for sign in _APOSTROPHES:
        lower[ord(sign)] = ord("'")
    return np.array([_kind(sign) for sign in below], np.uint8), np.array(lower, np.uint32)


@functools.cache
def _byte_tables() -> tuple[bytes, bytes]:
    """Kind and lower case of Latin-1, with stand-ins for typographic marks."""
    kinds, lower = (table[:256].copy() for table in _tables())
    for mark, stand_in in _STAND_INS.items():
        kinds[ord(stand_in)] = _kind(mark)
        lower[ord(stand_in)] = ord("'") if mark in _APOSTROPHES else _SPACE
    return kinds.tobytes(), lower.astype(np.uint8).tobytes()


def _narrow(source: str) -> _Signs | None:
    """One byte a sign, where the text is of Latin letters and the usual typographic marks."""
    if not source.isascii():
        if _CONTROLS.search(source):
            return None
        for mark, stand_in in _STAND_INS.items():
            source = source.replace(mark, stand_in)
    try:
        coded = source.encode("latin-1")
    except UnicodeEncodeError:
        return None
    kinds, lower = _byte_tables()
    return _Signs(
        np.frombuffer(coded.translate(kinds), dtype=np.uint8).copy(),
        np.frombuffer(coded.translate(lower), dtype=np.uint8),
    )


def _wide(source: str) -> _Signs:
    """Four bytes a sign."""
    signs = np.frombuffer(source.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kind_of, lower_of = _tables()
    below = np.minimum(signs, _ABOVE)
    kinds, lower = kind_of[below], lower_of[below]
    above = np.flatnonzero(signs > _ABOVE)
    if len(above):
        found, where = np.unique(signs[above], return_inverse=True)
        high = [chr(code) for code in found.tolist()]
        kinds[above] = np.array([_kind(sign) for sign in high], np.uint8)[where]
        lower[above] = np.array([ord(sign.lower()) for sign in high], np.uint32)[where]
    return _Signs(kinds, lower)


def _text(forms: Codes) -> str:
    if forms.dtype == np.uint8:
        return forms.tobytes().decode("latin-1")
    return forms.tobytes().decode("utf-32-le", "surrogatepass")


def _marked(kinds: npt.NDArray[np.uint8], lower: Codes) -> tuple[Flags, Flags, Ints]:
    """Signs that belong to words, that end a sentence or clause, that need `text.tokens`.

    The first sign and the last are borders, so that each other sign has neighbours.
    """
    kept, ending = (kinds & _WORD).view(np.bool_), np.zeros(len(kinds), dtype=np.bool_)
    rare = np.flatnonzero((kinds & _RARE) != 0)
    kind, before, after = kinds[rare], kinds[rare - 1], kinds[rare + 1]
    in_word = before & after & _WORD > 0
    ending[rare[(kind & _STOP > 0) & (after & _STOP == 0) & (after & _AFTER > 0)]] = True
    # A letter, a full stop, a letter, a full stop. A border at the end takes care of the last.
    dots = in_word & (lower[rare] == ord("."))
    dots[dots] = lower[rare[dots] + 2] == ord(".")
    number = (kind & _COMMA > 0) & (before & after & _DIGIT > 0)
    inner = rare[(kind & _APO > 0) & in_word]
    kept[inner] = True
    follows = lower[inner + 1]
    possessive = inner[(follows == ord("s")) | (follows == _LONG_S)]
    cut = possessive[~kept[possessive + 2]]
    kept[cut] = kept[cut + 1] = False
    return kept, ending, rare[number | dots | (kind & _ODD > 0)]


def _runs(places: Ints, kinds: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Start and end of the runs without white space that hold the places."""
    if not len(places):
        return []
    blanks = np.flatnonzero((kinds & _BLANK) != 0)
    behind = np.unique(np.searchsorted(blanks, places))
    return list(zip((blanks[behind - 1] + 1).tolist(), blanks[behind].tolist(), strict=True))


def _with_runs(
    source: str, runs: list[tuple[int, int]], before: Ints, forms: Codes, places: tuple[Ints, Ints]
) -> tuple[Codes, tuple[Ints, Ints]]:
    """Put in the tokens of the runs that `text.tokens` has to take apart.

    `before` is how many signs of `forms` stand before each run.
    """
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
    among = np.repeat(np.searchsorted(places[0], heads), counts)
    more: Any = np.array(spans, dtype=np.int64).reshape(-1, 2)
    starts, ends = (np.insert(places[side], among, more[:, side]) for side in (0, 1))
    codec = "latin-1" if forms.dtype == np.uint8 else "utf-32-le"
    added: Any = np.frombuffer("".join(pieces).encode(codec, "surrogatepass"), dtype=forms.dtype)
    joined: Any = np.insert(forms, np.repeat(before, sizes), added)
    return joined, (starts, ends)
