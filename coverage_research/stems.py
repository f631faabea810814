"""Texts as counts of terms: stems of content words, forms as they stand, pairs of neighbours.

One way from texts to numbers for all that compares articles by their words: each form is looked at
once, however often it occurs, and tokens are numbered by the batch. What the counts then weigh, and
how alike two texts are, is the subject of `vectors`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import TEXT, TEXT_FIELDS, conform
from coverage_research.text import running_text, tokens
from coverage_research.token_batches import batches, read_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Words = Literal["stems", "forms"]
Ints = npt.NDArray[np.int64]

_GRAMMAR: Final = """
    a about after again all also although am an and any are as at be because been before being
    between both but by can can't could did do does doesn't don't during each either few for from
    further had has have having he her here here's hers him his how i if in into is isn't it it's
    its itself just like may me might more most much must my neither no nor not now of off on once
    only onto or other our ours out over own per same shall she should since so some still such
    than that that's the their theirs them themselves then there these they this those though
    through thus to too toward towards under until unless up upon us very via was wasn't we were
    weren't what when where whether which while who whom whose why will with within won't would yet
    you your yours
    """
#: Words that carry grammar, not a topic. `us` is one only in lower case: `US` is a country.
FUNCTION_WORDS: Final = frozenset(_GRAMMAR.split())

#: How the country is told from the pronoun among forms, which are of small letters.
_COUNTRY: Final = "US"


class Counts(NamedTuple):
    """How often each text has each term.

    Attributes
    ----------
    matrix : sparse array
        A row for each text, a column for each term, in the order in which terms first appear.
    words : list of str
        Stems or forms.
    parts : array of int
        For each term the place of its first word in `words`, and that of its second, -1 where the
        term is a single word.
    """

    matrix: Any
    words: list[str]
    parts: Ints

    @property
    def terms(self) -> list[str]:
        """The terms by name; pairs are many, so this is made only where it is asked for."""
        return [
            self.words[one] if two < 0 else f"{self.words[one]} {self.words[two]}"
            for one, two in self.parts.tolist()
        ]


def count_terms(texts: Iterable[str], *, words: Words = "stems", pairs: bool = False) -> Counts:
    """Count the terms of texts.

    Parameters
    ----------
    texts : iterable of str
        They are read in batches and not kept.
    words : {"stems", "forms"}
        English stems without function words; or all forms as they are.
    pairs : bool
        Also count pairs of neighbouring words, the left one first. What is left out between two
        words does not part them, nor does the end of a sentence.

    Returns
    -------
    Counts. Of a text its words come first, then its pairs; there is at least one column.

    References
    ----------
    Porter, M. F. (2001). Snowball: a language for stemming algorithms.

    Examples
    --------
    >>> counts = count_terms(["The curbs hit chips", "US curbs hit, curbs hit"], pairs=True)
    >>> counts.terms
    ['curb', 'hit', 'chip', 'curb hit', 'hit chip', 'us', 'us curb', 'hit curb']
    >>> counts.matrix.toarray().astype(int).tolist()
    [[1, 1, 1, 1, 1, 0, 0, 0], [2, 2, 0, 2, 0, 1, 1, 1]]
    """
    number: dict[str, int] = {}
    forms: list[Ints] = [np.empty(0, np.int64)]
    rows: list[Ints] = [np.empty(0, np.int64)]
    n_texts = 0
    for batch in batches(texts):
        codes, row = _numbered(batch, number, words)
        forms.append(codes)
        rows.append(row + n_texts)
        n_texts += len(batch)
    of_form, named = _words_of(number, words)
    word, row = of_form[np.concatenate(forms)], np.concatenate(rows)
    word, row = word[word >= 0], row[word >= 0]
    if not pairs:
        column, parts = word, np.stack([np.arange(len(named)), np.full(len(named), -1)], axis=1)
    else:
        column, row, parts = _with_pairs(word, row, len(named))
    return Counts(_counted(row, column, (n_texts, len(parts))), named, parts)


def texts_of(
    articles: pd.DataFrame,
    *,
    headline: Callable[[str], str] | None = None,
    opening: Callable[[str], str] | None = None,
) -> Iterator[str]:
    r"""Headline and running text of each article, one string each, made as they are asked for.

    Parameters
    ----------
    articles : DataFrame
        With title, excerpt and body, as far as there are such.
    headline, opening : callable, optional
        What is read of a headline and of a running text; all of it by default.

    Examples
    --------
    >>> articles = pd.DataFrame({"title": ["Curbs", None], "body": [None, "Robots bake bread."]})
    >>> list(texts_of(articles, opening=lambda text: text[:6]))
    ['Curbs\n\n', '\n\nRobots']
    """
    fields = conform(
        articles[articles.columns.intersection(list(TEXT_FIELDS))], dict.fromkeys(TEXT_FIELDS, TEXT)
    )
    titles: Iterable[str] = fields["title"].fillna("").tolist()
    running: Iterable[str] = running_text(fields).fillna("").tolist()
    titles = titles if headline is None else map(headline, titles)
    running = running if opening is None else map(opening, running)
    return (f"{title}\n\n{text}" for title, text in zip(titles, running, strict=True))


def content_stems(text: str) -> list[str]:
    """Stems of the content words of one text, in order; of many texts `count_terms` is faster.

    Examples
    --------
    >>> content_stems("The US curbs have hit us and the makers")
    ['us', 'curb', 'hit', 'maker']
    """
    return [
        _stem(token.form)
        for token in tokens(text)
        if token.form not in FUNCTION_WORDS or (token.form == "us" and token.text != "us")
    ]


@functools.lru_cache(maxsize=262_144)
def _stem(form: str) -> str:
    return str(_stemmer().stem(form))


@functools.cache
def _stemmer() -> Any:
    from nltk.stem.snowball import EnglishStemmer

    return EnglishStemmer()


def _numbered(texts: list[str], number: dict[str, int], words: Words) -> tuple[Ints, Ints]:
    """Give the number of the form of each token of a batch, and the text it stands in."""
    batch = read_tokens(texts)
    forms = batch.joined.split()  # a BREAK is white space
    row = np.searchsorted(batch.offsets, batch.starts, side="right") - 1
    if words == "stems" and "us" in forms:
        # A pronoun in small letters only; in capitals, the country.
        for at, form in enumerate(forms):
            if form == "us":
                start, end = (int(side[at] - batch.offsets[row[at]]) for side in batch[2:4])
                forms[at] = "us" if texts[row[at]][start:end] == "us" else _COUNTRY
    codes = [number.setdefault(form, len(number)) for form in forms]
    return np.array(codes, dtype=np.int64), row.astype(np.int64)


def _words_of(forms: Iterable[str], words: Words) -> tuple[Ints, list[str]]:
    """Give the place of the word of each form, -1 where it carries no topic, and the words."""
    place: dict[str, int] = {}
    found: Iterable[str | None] = forms
    if words == "stems":
        found = (None if form in FUNCTION_WORDS else _stem(form) for form in forms)
    places = [-1 if word is None else place.setdefault(word, len(place)) for word in found]
    return np.array(places, dtype=np.int64), list(place)


def _with_pairs(word: Ints, row: Ints, n_words: int) -> tuple[Ints, Ints, Ints]:
    """Columns and rows of words and pairs, and the words of each column."""
    beside = np.flatnonzero(row[1:] == row[:-1])
    # A pair as one number, behind those of the words.
    pair = n_words * (1 + word[beside]) + word[beside + 1]
    rows = np.concatenate([row, row[beside]])
    by_text = np.argsort(rows, kind="stable")
    column, found = pd.factorize(np.concatenate([word, pair])[by_text])
    first, second = np.divmod(found, max(n_words, 1))
    parts = np.where(first[:, None] > 0, np.stack([first - 1, second], 1), -1)
    parts[first == 0, 0] = second[first == 0]
    return column, rows[by_text], parts


def _counted(row: Ints, column: Ints, shape: tuple[int, int]) -> Any:
    """Sum up to a sparse array, its columns in order within each row."""
    from scipy import sparse

    shape = (shape[0], max(shape[1], 1))
    # Half the memory of every array that is made of this one, as long as the numbers fit.
    narrow = max(len(row), *shape) <= np.iinfo(np.int32).max
    at = [side.astype(np.int32) if narrow else side for side in (row, column)]
    counts = sparse.csr_array((np.ones(len(row)), tuple(at)), shape=shape)
    counts.sum_duplicates()
    return counts
