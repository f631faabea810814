"""A part of a corpus: filters over its tables, and the Python that says the same.

A selection is a value. `select` gives the corpus that is left, all tables in step; `snippet` writes
the call that gives it again, so that what was found by looking around can be put into a script.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.framing import frames_of
from coverage_research.independence import independent as without_copies
from coverage_research.schema import TEXT_FIELDS, ChoiceError, carry
from coverage_research.sharing import measure
from coverage_research.timeline import time_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from coverage_research.corpus import Corpus

Flags = npt.NDArray[np.bool_]

_DAY: Final = pd.Timedelta(days=1)
#: Filters by what was found in the texts: the measure and its column.
FOUND: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "frames": ("frames", "frame"),
        "source_types": ("sources", "source_type"),
        "origins": ("origins", "origin"),
    }
)
_LISTS: Final = ("outlets", "stories", *FOUND)
#: Names that an error lists.
_MOST_NAMED: Final = 8


@dataclass(frozen=True)
class Selection:
    """Which articles of a corpus are meant. Every filter that is set must hold.

    Parameters
    ----------
    outlets, stories, frames, source_types, origins : str or iterable of str
        Any of the named ones; empty for all. Stories by their id, as the leads list them (`s-`) or
        as `measure(corpus, "stories")` groups them (`g-`).
    period : tuple of two, optional
        First and last moment, as a date, a timestamp or ISO 8601 text; None leaves an end open. A
        last moment without a time means the whole of that day.
    text : str
        Letters that stand in headline, excerpt or body, as they are written here but for case,
        the kind of apostrophe and the width of white space.
    independent : bool
        Leave out copies of an earlier article of another outlet.

    Raises
    ------
    ChoiceError
        If the period is no pair of moments in order.

    Examples
    --------
    >>> Selection(outlets="chips.example", period=("2024-03-01", None)).period[0]
    Timestamp('2024-03-01 00:00:00+0000', tz='UTC')
    >>> bool(Selection()), bool(Selection(text="curbs"))
    (False, True)
    """

    outlets: Any = ()
    stories: Any = ()
    period: Any = None
    frames: Any = ()
    source_types: Any = ()
    origins: Any = ()
    text: str = ""
    independent: bool = False

    def __post_init__(self) -> None:
        for name in _LISTS:
            object.__setattr__(self, name, _names(getattr(self, name)))
        object.__setattr__(self, "period", _period(self.period))
        object.__setattr__(self, "independent", bool(self.independent))
        if not isinstance(self.text, str):
            raise ChoiceError(f"text: expected letters to look for; found {self.text!r}")

    def __bool__(self) -> bool:
        """Whether anything is filtered."""
        return self != Selection()


def _names(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """Each name once, in a fixed order, so that equal selections are equal."""
    given = [value] if isinstance(value, str) else list(value or ())
    wrong = [name for name in given if not isinstance(name, str)]
    if wrong:
        raise ChoiceError(f"expected names as text; found {', '.join(map(repr, wrong))}")
    return tuple(sorted(set(given)))


def _period(period: Any) -> tuple[pd.Timestamp | None, pd.Timestamp | None] | None:
    if period is None:
        return None
    if isinstance(period, str) or not hasattr(period, "__len__") or len(period) != 2:
        raise ChoiceError(f"period: expected a first and a last moment; found {period!r}")
    first, last = (_moment(value) for value in period)
    if last is not None and _is_date(period[1]):
        last = last + _DAY - pd.Timedelta(1, "us")
    if first is None and last is None:
        return None
    if first is not None and last is not None and last < first:
        raise ChoiceError(f"period: expected the first moment before the last; found {period!r}")
    return first, last


def _moment(value: Any) -> pd.Timestamp | None:
    if value is None:
        return None
    try:
        moment = pd.Timestamp(value)
    except (ValueError, TypeError) as error:
        raise ChoiceError(f"period: expected a date or time; found {value!r}") from error
    if pd.isna(moment):
        return None
    stamp = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
    return stamp.as_unit("us")


def _is_date(value: Any) -> bool:
    """Whether a moment was given by its day alone."""
    if isinstance(value, str):
        return ":" not in value and "T" not in value.upper()
    return not hasattr(value, "hour")


def select(
    corpus: Corpus,
    selection: Selection | None = None,
    *,
    outlets: str | Iterable[str] = (),
    stories: str | Iterable[str] = (),
    period: tuple[Any, Any] | None = None,
    frames: str | Iterable[str] = (),
    source_types: str | Iterable[str] = (),
    origins: str | Iterable[str] = (),
    text: str = "",
    independent: bool = False,
    measured: Mapping[str, pd.DataFrame] | None = None,
) -> Corpus:
    """Take the part of a corpus for which every given filter holds.

    Parameters
    ----------
    corpus : Corpus
        With texts, or dehydrated.
    selection : Selection, optional
        The filters as one value, instead of the following.
    outlets, stories, period, frames, source_types, origins, text, independent
        As in `Selection`. An article has a frame, a type of source or an origin if one passage of
        it does. One whose stamp gives only the day is in a period if a moment of that day is; one
        without a stamp is in none. A copy is one of any article of the whole corpus, whether that
        is selected or not.
    measured : mapping of str to DataFrame, optional
        Measures of this corpus that are at hand (`frames`, `sources`, `origins`, `reuse`,
        `stories`); others are taken if a filter needs them.

    Returns
    -------
    Corpus
        Coverage, topics, images and stored measures without the other articles; outlets counted
        anew, those without articles left out. Problems stay, since they speak of files.

    Raises
    ------
    ChoiceError
        If a name does not occur in the corpus, or filters are given twice over.

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> demo = load_demo()
    >>> klaxon = select(demo, outlets="dailyklaxon.example", text="chip")
    >>> len(demo.articles), len(klaxon.articles), klaxon.outlets["n_articles"].tolist()
    (54, 5, [5])
    """
    given = Selection(outlets, stories, period, frames, source_types, origins, text, independent)
    if selection is not None and given:
        raise ChoiceError("give a selection or its filters, not both")
    kept = selected(corpus, given if selection is None else selection, measured=measured)
    return narrowed(corpus, kept)


def selected(
    corpus: Corpus,
    selection: Selection,
    *,
    measured: Mapping[str, pd.DataFrame] | None = None,
    texts: pd.Series | None = None,
    alone: Flags | None = None,
) -> Flags:
    """Which rows of `corpus.articles` a selection keeps.

    Parameters
    ----------
    texts : Series, optional
        `folded(corpus.articles)`, where it is at hand.
    alone : array of bool, optional
        Which rows are no copies, where that is known.

    Raises
    ------
    ChoiceError
        If a name does not occur in the corpus.
    """
    articles = corpus.articles
    ids = articles["article_id"]
    at_hand = measured or {}
    keep = np.ones(len(articles), dtype=np.bool_)

    def of(name: str) -> pd.DataFrame:
        return at_hand[name] if name in at_hand else measure(corpus, name)

    if selection.outlets:
        _check("outlets", selection.outlets, articles["outlet"])
        keep &= articles["outlet"].isin(selection.outlets).to_numpy()
    if selection.stories:
        keep &= ids.isin(_listed(corpus, selection.stories, of)).to_numpy()
    if selection.period is not None:
        keep &= _within(articles, *selection.period)
    for name, (measure_name, column) in FOUND.items():
        wanted = getattr(selection, name)
        if wanted:
            table = of(measure_name)
            known = pd.Series(list(frames_of(table, None)[1]) if name == "frames" else [])
            _check(name, wanted, pd.concat([table[column], known.astype(table[column].dtype)]))
            keep &= ids.isin(table.loc[table[column].isin(wanted), "article_id"]).to_numpy()
    needle = _fold(selection.text)
    if needle:
        haystack = folded(articles) if texts is None else texts
        keep &= np.fromiter((needle in text for text in haystack), np.bool_, len(articles))
    if selection.independent:
        keep &= no_copies(corpus, of("reuse")) if alone is None else alone
    return keep


def no_copies(corpus: Corpus, reuse: pd.DataFrame) -> Flags:
    """Which rows of `corpus.articles` are no copy of an earlier article of another outlet."""
    left = without_copies(corpus, reuse).articles["article_id"]
    found: Flags = corpus.articles["article_id"].isin(left).to_numpy()
    return found


def _check(name: str, wanted: tuple[str, ...], known: pd.Series) -> None:
    there = known.dropna().unique().tolist()
    unknown = sorted(set(wanted).difference(there))
    if unknown:
        there.sort()
        named = ", ".join(there[:_MOST_NAMED]) or "none"
        more = f" and {len(there) - _MOST_NAMED:,} more" if len(there) > _MOST_NAMED else ""
        raise ChoiceError(f"{name}: no {', '.join(map(repr, unknown))}; there are {named}{more}")


def _listed(corpus: Corpus, stories: tuple[str, ...], of: Any) -> pd.Series:
    """Articles of stories, listed or grouped."""
    tables = [corpus.coverage[["story_id", "article_id"]]]
    if not set(stories) <= set(tables[0]["story_id"]):
        tables.append(of("stories")[["story_id", "article_id"]])
    both = pd.concat(tables, ignore_index=True)
    _check("stories", stories, both["story_id"])
    return both.loc[both["story_id"].isin(stories), "article_id"]


def _within(articles: pd.DataFrame, first: pd.Timestamp | None, last: pd.Timestamp | None) -> Flags:
    """Rows whose stamp can lie in a period."""
    dated = articles["published_at"].notna().to_numpy()
    inside = dated.copy()
    low, high = time_bounds(articles[dated])
    fits = np.ones(len(low), dtype=np.bool_)
    # `value` counts nanoseconds. The last moment of a day is before the next one begins.
    if first is not None:
        fits &= np.where(high > low, high - 1, high) >= first.value // 1000
    if last is not None:
        fits &= low <= last.value // 1000
    inside[dated] = fits
    return inside


def folded(articles: pd.DataFrame) -> pd.Series:
    """The texts of each article as one string to search in, on the index of `articles`.

    Fields are kept apart by a sign that no search can contain.

    Examples
    --------
    >>> folded(pd.DataFrame({"title": ["Chip  CURBS"], "body": [None]})).tolist()
    ['chip curbs']
    """
    columns = [articles[name] for name in TEXT_FIELDS if name in articles.columns]
    texts = [
        "\x1e".join(_fold(text) for text in row if isinstance(text, str))
        for row in zip(*columns, strict=True)
    ]
    return pd.Series(texts, index=articles.index, dtype="object")


def _fold(text: str) -> str:
    """Case, apostrophes and white space made one; `split` takes the sign between fields out."""
    return " ".join(text.replace("\u2019", "'").casefold().split())


def narrowed(corpus: Corpus, kept: Flags) -> Corpus:
    """The corpus with some of its articles, all tables in step."""
    articles = carry(corpus.articles[kept].reset_index(drop=True), corpus.articles)
    ids = set(articles["article_id"])
    sizes = corpus.outlets["outlet"].map(articles["outlet"].value_counts()).fillna(0)
    counted = corpus.outlets.assign(n_articles=sizes.astype("int64"))
    outlets = counted[counted["n_articles"] > 0].reset_index(drop=True)
    return replace(
        corpus,
        articles=articles,
        coverage=of_articles(corpus.coverage, ids),
        topics=of_articles(corpus.topics, ids),
        images=of_articles(corpus.images, ids),
        outlets=carry(outlets, corpus.outlets),
        measures=MappingProxyType(
            {name: of_articles(table, ids) for name, table in corpus.measures.items()}
        ),
    )


def of_articles(table: pd.DataFrame, ids: Iterable[str]) -> pd.DataFrame:
    """The rows of a table that speak of these articles alone; its attributes stay."""
    known = set(ids)
    inside = pd.Series(data=True, index=table.index)
    for name in ("article_id", "other_id"):
        if name in table.columns:
            inside &= table[name].isin(known) | (name == "other_id") & table[name].isna()
    left = table[inside].reset_index(drop=True)
    left.attrs.update(table.attrs)
    return left


def snippet(selection: Selection, *, corpus: str = "corpus") -> str:
    r"""Python that takes the same part of a corpus.

    Names are written in ASCII with everything else escaped: whatever an outlet calls itself, it
    stays text, and no sign in it can turn the direction of the line.

    Parameters
    ----------
    corpus : str
        Name of the variable that holds the corpus.

    Returns
    -------
    str
        Source code that binds `selected`.

    Raises
    ------
    ChoiceError
        If `corpus` is no name of a variable.

    Examples
    --------
    >>> print(snippet(Selection(outlets="chips.example", text='"curbs"')), end="")
    from coverage_research import select
    <BLANKLINE>
    selected = select(
        corpus,
        outlets=['chips.example'],
        text='"curbs"',
    )
    """
    if not corpus.isidentifier():
        raise ChoiceError(f"corpus: expected the name of a variable; found {corpus!r}")
    default = Selection()
    lines = []
    for name in (part.name for part in fields(Selection)):
        value = getattr(selection, name)
        if value == getattr(default, name):
            continue
        if name == "period":
            value = tuple(None if moment is None else moment.isoformat() for moment in value)
        value = list(value) if name in _LISTS else value
        lines.append(f"    {name}={value!a},\n")
    call = f"select(\n    {corpus},\n{''.join(lines)})" if lines else f"select({corpus})"
    return f"from coverage_research import select\n\nselected = {call}\n"
