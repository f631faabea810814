"""Keywords in context, and the words that stand together more often than chance would have it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import pandas as pd

from coverage_research.codebook import Codebook, Frame
from coverage_research.framing import find_frames
from coverage_research.html_text import CALM, as_html
from coverage_research.schema import (
    COUNT,
    INVENTED_NOTE,
    REAL,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    TIME,
    ChoiceError,
    carry,
    conform,
    fields_of,
    from_rows,
    is_invented,
    require_columns,
)
from coverage_research.stories import FUNCTION_WORDS
from coverage_research.terms import GAP, Term, parse_term
from coverage_research.text import BREAK, passage, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Association = Literal[
    "likelihood_ratio",
    "pmi",
    "chi_sq",
    "student_t",
    "poisson_stirling",
    "jaccard",
    "mi_like",
    "raw_freq",
]

#: Columns of `find_keyword`; those of the last line only where the articles have them.
KEYWORDS: Final = {**SPAN, "keyword": TEXT, "left": TEXT, "right": TEXT}
_ABOUT: Final = {"outlet": TEXT, "outlet_name": TEXT, "published_at": TIME}

#: Columns of `collocations`, behind those of `by`.
COLLOCATIONS: Final = {
    "collocation": TEXT,
    "k": COUNT,
    "n": COUNT,
    "score": REAL,
    "measure": TEXT,
    "rank": COUNT,
}

#: Words at which no collocation starts or ends; `us` is not among them, since it is also `U.S.`.
STOP: Final = FUNCTION_WORDS - {"us"}

#: Marks that turn the direction of what follows, also outside of their text.
_TURNING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
#: Letters of some scripts change their form by these, which take no room and do no harm.
_JOINERS: Final = frozenset("\u200c\u200d")
#: Columns of text that a label takes at most, and that are left for the passage at least.
_LABEL: Final = 20
_LEAST: Final = 24


def find_keyword(
    articles: pd.DataFrame,
    keyword: str | Sequence[str],
    *,
    fields: Sequence[str] = TEXT_FIELDS,
    around: int = 60,
    case: bool = False,
    gap: int = GAP,
) -> pd.DataFrame:
    """List every passage that holds a keyword, in its context.

    Parameters
    ----------
    articles : DataFrame
        With article_id and at least one of the fields.
    keyword : str or sequence of str
        As a term of a codebook: a word, a `prefix*`, a phrase, a phrase with a gap
        (`cut off ... chips`); or several of these, of which the longest counts where they overlap.
    fields : sequence of str
        Where to look, of title, excerpt and body; those that `articles` lacks are passed over.
    around : int
        Characters of context on each side, cut at word borders.
    case : bool
        Whether the case of the letters must be that of `keyword`.
    gap : int
        Words that each `...` may stand for, at most.

    Returns
    -------
    DataFrame, one row per passage, the earliest article first, those without a time last:
    article_id, field, start, end (characters, text[start:end] == match), match, keyword (which of
    them), left, right; then outlet, outlet_name and published_at where `articles` has them.

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        Naming every keyword that cannot be read, or if a number is below 0.

    References
    ----------
    Luhn, H. P. (1960). Key word-in-context index for technical literature. *American
    Documentation* 11(4), 288-295.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a"], "title": ["The race for chips, a race"]})
    >>> find_keyword(articles, "race")[["start", "left", "match"]].values.tolist()
    [[4, 'The ', 'race'], [22, 'The race for chips, a ', 'race']]
    """
    for name, number in (("around", around), ("gap", gap)):
        if number < 0:
            raise ValueError(f"{name}: expected 0 or more; found {number}")
    book = _codebook(keyword, case=case, gap=gap)
    found = find_frames(articles, book, fields=fields, overlap="frame")
    known = articles.drop_duplicates("article_id").set_index("article_id")
    about = {name: kind for name, kind in _ABOUT.items() if name in articles.columns}
    rows = found[list(SPAN)].assign(keyword=found["term"])
    place = known.index.get_indexer(pd.Index(rows["article_id"]))
    for name in about:
        rows[name] = known[name].array.take(place)
    texts = {name: known[name].tolist() for name in TEXT_FIELDS if name in known.columns}
    sides = [
        passage(texts[field][at], start, end, around=around)
        for at, field, start, end in zip(
            place.tolist(), rows["field"], rows["start"], rows["end"], strict=True
        )
    ]
    rows["left"] = pd.Series([left for left, _, _ in sides], dtype="str")
    rows["right"] = pd.Series([right for _, _, right in sides], dtype="str")
    # Within an article the passages stand in order already.
    order = ["article_id"] if "published_at" not in about else ["published_at", "article_id"]
    rows = conform(rows, {**KEYWORDS, **about}).sort_values(order, kind="stable")
    result = rows.reset_index(drop=True)
    result.attrs["keyword"] = ", ".join(term.text for term in book.frames[0].terms)
    return carry(result, articles)


def _codebook(keyword: str | Sequence[str], *, case: bool, gap: int) -> Codebook:
    """Give the keywords the form in which the package looks for terms."""
    texts = [keyword] if isinstance(keyword, str) else list(dict.fromkeys(keyword))
    if not texts:
        raise ValueError("keyword: expected at least one; found none")
    terms = tuple(Term(text, case, gap) for text in texts)
    problems = []
    for term in terms:
        try:
            parse_term(term)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("keyword: " + "; ".join(problems))
    frame = Frame("keyword", "Keyword", "", "", "", (), terms)
    return Codebook("keyword", "1", "Keyword", "", "en", (frame,))


# Showing -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Concordance:
    """Lines of a concordance, ready to be shown as text (`str`) or by a notebook (HTML).

    Parameters
    ----------
    title : str
        What is shown, in a sentence.
    head : tuple of str
        Names of the label columns.
    lines : tuple of (tuple of str, str, str, str)
        Labels, left, match and right of each passage, without signs that would upset the display.
    width : int
        Columns of a line of text.
    """

    title: str
    head: tuple[str, ...]
    lines: tuple[tuple[tuple[str, ...], str, str, str], ...]
    width: int

    def __str__(self) -> str:
        if not self.lines:
            return self.title
        most = min(_LABEL, (self.width - _LEAST) // max(len(self.head), 1) - 2)
        sizes = [
            min(max(_columns(labels[place]) for labels, *_ in self.lines), most)
            for place in range(len(self.head))
        ]
        room = self.width - sum(sizes) - 2 * len(sizes) - 2
        middle = min(max(_columns(match) for _, _, match, _ in self.lines), room // 2)
        before = (room - middle) // 2
        after = room - middle - before
        shown = [self.title]
        for labels, left, match, right in self.lines:
            cells = [
                _padded(_start(label, size), size)
                for label, size in zip(labels, sizes, strict=True)
            ]
            ending = _end(left, before)
            cells.append(
                " " * (before - _columns(ending))
                + ending
                + " "
                + _padded(_start(match, middle), middle)
                + " "
                + _start(right, after)
            )
            shown.append("  ".join(cells).rstrip())
        return "\n".join(shown)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        # MathJax would read $...$ and \(...\) of headlines as formulas; the classes forbid it.
        opening = f'<div class="{" ".join(CALM)}">'
        if not self.lines:
            return f"{opening}<p>{as_html(self.title)}</p></div>"
        right, left = ' style="text-align:right"', ' style="text-align:left"'
        head = "".join(
            f'<th scope="col"{right if name == "before" else left}>{as_html(name)}</th>'
            for name in (*self.head, "before", "keyword", "after")
        )
        body = []
        for labels, before, match, after in self.lines:
            cells = [
                f"<td{left}>{as_html(label)}</td>"
                if place
                else f'<th scope="row"{left}>{as_html(label)}</th>'
                for place, label in enumerate(labels)
            ]
            cells.append(f"<td{right}>{as_html(before)}</td>")
            cells.append(f"<td{left}><mark>{as_html(match)}</mark></td>")
            cells.append(f"<td{left}>{as_html(after)}</td>")
            body.append(f"<tr>{''.join(cells)}</tr>")
        return (
            f"{opening}<table><caption>{as_html(self.title)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
        )


def show_keyword(table: pd.DataFrame, *, width: int = 110, most: int = 50) -> Concordance:
    """Line passages up on their match, one below the other.

    Parameters
    ----------
    table : DataFrame
        From `find_keyword` or `evidence`: left, match, right, and outlet_name, outlet or article_id
        and published_at where they are there.
    width : int
        Columns of a line of text, 40 or more. Wide signs of East Asian scripts take two, combining
        marks none. Contexts are cut to fit; a notebook's table shows them whole.
    most : int
        Passages to show.

    Returns
    -------
    Concordance
        Shown as text by `print`, as a table by a notebook. Control characters and marks that turn
        the direction of writing are replaced by U+FFFD, other signs without width are left out; the
        table itself keeps them.

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"],
    ...                          "title": ["A race for chips", "Chips win the long race"]})
    >>> show_keyword(find_keyword(articles, "race"), width=60)
    2 passages with 'race'
    a                          A race for chips
    b         Chips win the long race
    """
    require_columns(table, ["left", "match", "right"], "table (from find_keyword or evidence)")
    if width < 40:
        raise ValueError(f"width: expected 40 or more columns; found {width}")
    if most < 1:
        raise ValueError(f"most: expected at least 1; found {most}")
    keyword = table.attrs.get("keyword")
    sought = f" with {_plain(keyword)!r}" if isinstance(keyword, str) else ""
    note = f" ({INVENTED_NOTE})" if is_invented(table) else ""
    if table.empty:
        return Concordance(f"No passage{sought} was found.{note}", (), (), width)
    counted = "1 passage" if len(table) == 1 else f"{len(table):,} passages"
    first = f", the first {most:,} of them" if len(table) > most else ""
    shown = table.head(most)
    source = next(
        (name for name in ("outlet_name", "outlet", "article_id") if name in table.columns), None
    )
    head, labels = [], []
    if source is not None:
        head.append(source)
        labels.append([_plain(value) for value in shown[source]])
    if "published_at" in table.columns:
        head.append("published_at")
        labels.append(
            ["" if pd.isna(time) else f"{time:%Y-%m-%d %H:%M}" for time in shown["published_at"]]
        )
    about: Iterable[tuple[str, ...]] = zip(*labels, strict=True) if labels else [()] * len(shown)
    sides = zip(shown["left"], shown["match"], shown["right"], strict=True)
    lines = tuple(
        (label, _plain(left).strip(), _plain(match).strip(), _plain(right).strip())
        for label, (left, match, right) in zip(about, sides, strict=True)
    )
    return Concordance(f"{counted}{sought}{first}{note}", tuple(head), lines, width)


def _plain(text: Any) -> str:
    """Text of one line, without signs that change how others are shown; empty where missing."""
    if not isinstance(text, str):
        return ""
    return "".join(map(_harmless, " ".join(text.split())))


def _harmless(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind in ("Cc", "Cs") or sign in _TURNING:
        return "\ufffd"
    return "" if kind == "Cf" and sign not in _JOINERS else sign


def _columns(text: str) -> int:
    """Columns that a text takes in a terminal."""
    return sum(map(_width, text))


def _width(sign: str) -> int:
    if sign in _JOINERS or unicodedata.category(sign) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _start(text: str, columns: int) -> str:
    """As much of the start of a text as fits."""
    taken = 0
    for place, sign in enumerate(text):
        taken += _width(sign)
        if taken > columns:
            return text[:place]
    return text


def _end(text: str, columns: int) -> str:
    """As much of the end of a text as fits, beginning with a sign of its own width."""
    taken, begin = 0, len(text)
    for place in range(len(text) - 1, -1, -1):
        taken += _width(text[place])
        if taken > columns:
            break
        if _width(text[place]):
            begin = place
    return text[begin:]


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - _columns(text))


# Collocations ------------------------------------------------------------------------------------


def collocations(
    articles: pd.DataFrame,
    *,
    ngrams: Literal[2, 3] = 2,
    measure: Association = "likelihood_ratio",
    by: str | Sequence[str] | None = None,
    fields: Sequence[str] = TEXT_FIELDS,
    window: int | None = None,
    stop: Iterable[str] = STOP,
    min_count: int = 3,
    most: int | None = None,
) -> pd.DataFrame:
    """Rank the words that stand together more often than their frequencies would make them.

    The measures are those of nltk. They take words as independent draws, which they never are, so
    scores order collocations and test nothing. Copies of a text bring its phrases to the top: leave
    them out first.

    Parameters
    ----------
    articles : DataFrame
        With article_id, the columns of `by` and at least one of the fields. An article listed twice
        counts once.
    ngrams : {2, 3}
        Words of a collocation.
    measure : {"likelihood_ratio", "pmi", "chi_sq", "student_t", "poisson_stirling", "jaccard", \
"mi_like", "raw_freq"}
        Likelihood ratio is the most even-handed; pmi and chi_sq favour what is rare.
    by : str or sequence of str, optional
        Columns whose values are looked at each by itself; all articles together if not given.
    fields : sequence of str
        What to read, of title, excerpt and body; those that `articles` lacks are passed over.
    window : int, optional
        Words among which the two words of a pair may stand, in order; 2 (side by side) if not
        given. A collocation never reaches across the end of a sentence or clause.
    stop : iterable of str
        Words with which no collocation starts or ends.
    min_count : int
        Least times that it must occur.
    most : int, optional
        Show only the first so many of each group.

    Returns
    -------
    DataFrame, one row per collocation, groups with most words first, in the order of the score: the
    columns of `by`, collocation, k (times), n (words of the group), score (missing where the
    measure has none), measure, rank (1 is first; equal scores by k, then by the alphabet).

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If there is no such measure or length.
    ValueError
        If a number is out of its range.

    References
    ----------
    Manning, C. D. & Schütze, H. (1999). *Foundations of Statistical Natural Language Processing*,
    chapter 5. MIT Press.
    Dunning, T. (1993). Accurate methods for the statistics of surprise and coincidence.
    *Computational Linguistics* 19(1), 61-74.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"],
    ...                          "title": ["Export curbs bite", "New export curbs. Curbs bite"]})
    >>> collocations(articles, min_count=2)[["collocation", "k", "n"]].values.tolist()
    [['curbs bite', 2, 8], ['export curbs', 2, 8]]
    """
    if ngrams not in (2, 3):
        raise ChoiceError(f"ngrams: expected 2 or 3; found {ngrams!r}")
    if measure not in get_args(Association):
        raise ChoiceError(
            f"measure: expected {', '.join(get_args(Association))}; found {measure!r}"
        )
    window = ngrams if window is None else window
    for name, number, least in (("window", window, ngrams), ("min_count", min_count, 1)):
        if number < least:
            raise ValueError(f"{name}: expected at least {least}; found {number}")
    if ngrams == 3 and window > 3:
        raise ValueError(f"window: expected 3 for collocations of three words; found {window}")
    by = [] if by is None else [by] if isinstance(by, str) else list(by)
    require_columns(articles, ["article_id", *by], "articles")
    present = fields_of(articles, fields)
    used = articles.drop_duplicates("article_id").dropna(subset=by)
    groups = used.groupby(by, sort=True, observed=True) if by else [((), used)]
    barred = frozenset(stop)
    found: list[tuple[int, list[tuple[Any, ...]]]] = []
    for key, members in groups:
        stream = list(_stream(members, present, window - 1))
        n = len(stream) - stream.count(None)
        scored = _scored(_finder(stream, ngrams, window, min_count), measure, barred)
        rows = [
            (*key, phrase, k, n, score, measure, rank)
            for rank, (phrase, k, score) in enumerate(scored[:most], 1)
        ]
        found.append((n, rows))
    found.sort(key=lambda group: -group[0])
    columns = {**dict.fromkeys(by, TEXT), **COLLOCATIONS}
    return carry(from_rows([row for _, rows in found for row in rows], columns), articles)


def _stream(articles: pd.DataFrame, fields: list[str], gap: int) -> Iterator[str | None]:
    """Words of the texts in order, with None where a sentence, clause or text ends."""
    border = [None] * gap
    for texts in zip(*(articles[name] for name in fields), strict=True):
        for text in texts:
            if not isinstance(text, str):
                continue
            for token in tokens(text, breaks=True):
                if token.form == BREAK:
                    yield from border
                else:
                    yield token.form
            yield from border


def _finder(stream: list[str | None], ngrams: int, window: int, min_count: int) -> Any:
    from nltk import collocations as finders

    finder = finders.BigramCollocationFinder if ngrams == 2 else finders.TrigramCollocationFinder
    found = finder.from_words(stream, window_size=window)
    found.apply_freq_filter(min_count)
    return found


def _scored(finder: Any, measure: str, stop: frozenset[str]) -> list[tuple[str, int, float]]:
    """Collocations with their counts and scores, the highest first."""
    from nltk import collocations as finders

    pairs = isinstance(finder, finders.BigramCollocationFinder)
    measures = finders.BigramAssocMeasures if pairs else finders.TrigramAssocMeasures
    rows = []
    for words, k in finder.ngram_fd.items():
        if words[0] in stop or words[-1] in stop:
            continue
        try:
            score = finder.score_ngram(getattr(measures, measure), *words)
        except (ValueError, ZeroDivisionError):
            # A margin of 0 or less, as where a text repeats one word.
            score = None
        rows.append((" ".join(words), k, np.nan if score is None else float(score)))
    return sorted(rows, key=lambda row: (np.isnan(row[2]), -np.nan_to_num(row[2]), -row[1], row[0]))
