"""What is coded by hand: whole articles, or parts of them that are shown in their context.

A unit that is part of an article is named by where it stands, `article_id:field:start-end`, and a
whole article by its article_id. A name is enough to find the unit again, so that codings need no
other column.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import pandas as pd

from coverage_research.schema import (
    TEXT,
    TEXT_FIELDS,
    WHOLE,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    fields_of,
    pandas_dtype,
    plain,
    require_columns,
)
from coverage_research.text import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Start and end of a stretch of characters.
Span: TypeAlias = tuple[int, int]
UnitKind = Literal["article", "headline", "sentence", "paragraph"]
Context = Literal["paragraph", "sentence", "field"]

#: Columns of a table of units.
UNITS: Final = {
    "unit_id": TEXT,  # an article_id, or article_id:field:start-end
    "article_id": TEXT,
    "field": TEXT,  # title, excerpt or body; missing, as start and end, for a whole article
    "start": WHOLE,
    "end": WHOLE,
}
#: Columns that `unit_context` adds.
CONTEXT: Final = {"left": TEXT, "match": TEXT, "right": TEXT}
_PLACE: Final = ("article_id", "field", "start", "end")
_BLANK_LINE: Final = re.compile(r"\n\s*\n\s*")
#: No text is as long, and a table holds no larger places.
_FARTHEST: Final = 10**18
_PLACED: Final = r"(0|[1-9][0-9]{0,17})"
_NAME: Final = re.compile(rf"(.+):({'|'.join(TEXT_FIELDS)}):{_PLACED}-{_PLACED}", re.DOTALL)
#: The article's part of a name; a field alone may be named too.
_ARTICLE: Final = rf"(?s)^(.*?)(?::(?:{'|'.join(TEXT_FIELDS)})(?::\d+-\d+)?)?\Z"
_MOST: Final = 10


def coding_units(
    articles: pd.DataFrame,
    unit: UnitKind = "article",
    *,
    fields: str | Iterable[str] = TEXT_FIELDS,
) -> pd.DataFrame:
    """List the units of articles that can be coded.

    Parameters
    ----------
    articles : DataFrame
        With article_id, and the fields; of repeated ones the first counts.
    unit : {"article", "headline", "sentence", "paragraph"}
        Whole articles, titles, sentences (see `text.sentences`) or paragraphs, which end at an
        empty line. No sentence reaches beyond its paragraph.
    fields : str or iterable of str
        Fields whose sentences or paragraphs are listed: title, excerpt, body. An excerpt often
        repeats how the body begins; name one of the two, or its sentences are units twice.

    Returns
    -------
    DataFrame, one row per unit in the order of the articles, fields and texts: unit_id, article_id,
    field, start, end (characters of the field as it was read; missing for a whole article). All
    that can be seen in a field lies in one unit; white space around and between units in none. A
    stretch without anything that can be seen is no unit.

    Raises
    ------
    SchemaError
        If columns are missing, articles have no article_id, or one is named like part of another.
    ChoiceError
        If there is no such unit.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis: An Introduction to Its Methodology* (4th ed.),
    chapter 5 (sampling, recording and context units). Sage.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a"], "title": ["Chips"], "body": ["Up. Up!"]})
    >>> coding_units(articles, "sentence")["unit_id"].tolist()
    ['a:title:0-5', 'a:body:0-3', 'a:body:4-7']
    >>> coding_units(articles)["unit_id"].tolist()
    ['a']
    """
    if unit not in get_args(UnitKind):
        raise ChoiceError(f"unit: expected {', '.join(get_args(UnitKind))}; found {unit!r}")
    if unit == "article":
        names = []
        rows = require_columns(articles, ["article_id"], "articles")
    else:
        rows = articles
        if isinstance(rows, pd.DataFrame) and "article_id" in rows.columns and rows.empty:
            # A column without values is of any dtype.
            rows = rows.assign(article_id=rows["article_id"].astype(pandas_dtype(TEXT)))
        names = fields_of(rows, "title" if unit == "headline" else fields)
    rows = _distinct(rows[["article_id", *names]])
    ids = rows["article_id"]
    if unit == "article":
        return carry(conform(pd.DataFrame({"unit_id": ids, "article_id": ids}), UNITS), articles)
    divide = {"headline": _whole, "sentence": _sentences, "paragraph": _paragraphs}[unit]
    places = [
        (article_id, field, start, end)
        for article_id, *texts in rows.itertuples(index=False)
        for field, text in zip(names, texts, strict=True)
        if isinstance(text, str)
        for start, end in divide(text)
    ]
    return carry(_named(pd.DataFrame(places, columns=list(_PLACE)), ids), articles)


def span_units(spans: pd.DataFrame) -> pd.DataFrame:
    """List the passages of an evidence table as units that can be coded.

    Parameters
    ----------
    spans : DataFrame
        Any evidence table: article_id, field, start, end, as `find_frames`, `find_attributions` and
        `find_keyword` give them.

    Returns
    -------
    DataFrame, one row per different passage in the order in which they come: unit_id, article_id,
    field, start, end.

    Raises
    ------
    SchemaError
        If columns are missing, or rows say no place in a field.

    Examples
    --------
    >>> matches = pd.DataFrame({"article_id": ["a", "a"], "field": "title", "start": 2, "end": 6,
    ...                         "frame": ["race", "market"]})
    >>> span_units(matches)["unit_id"].tolist()
    ['a:title:2-6']
    """
    require_columns(spans, _PLACE, "spans (an evidence table)")
    rows = plain(spans[list(_PLACE)]).drop_duplicates(ignore_index=True)
    lacking = {name: int(count) for name, count in rows.isna().sum().items() if count}
    if lacking:
        told = ", ".join(f"{count} without {name}" for name, count in lacking.items())
        raise SchemaError(
            f"spans: expected article, field, start and end in each row; found {told}"
        )
    wrong = rows.loc[_misplaced(rows), list(_PLACE)]
    if len(wrong):
        told = _listed(" ".join(map(str, row)) for row in wrong.to_numpy())
        raise SchemaError(
            f"spans: expected places in {', '.join(TEXT_FIELDS)}, whole numbers of characters that "
            f"end behind their start; found {told}"
        )
    return carry(_named(rows, rows["article_id"]), spans)


def units_of(unit_ids: Iterable[str], articles: pd.DataFrame) -> pd.DataFrame:
    """Find the units again that have some names, for instance those of codings.

    Parameters
    ----------
    unit_ids : iterable of str
        Names of units; an article_id names the whole article.
    articles : DataFrame
        With article_id.

    Returns
    -------
    DataFrame, one row per different name in the order in which they come: unit_id, article_id,
    field, start, end.

    Raises
    ------
    SchemaError
        If names are of no article or no part of one.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b:2"]})
    >>> units_of(["b:2:body:0-9", "a"], articles)[["article_id", "field", "end"]].values.tolist()
    [['b:2', 'body', 9], ['a', nan, <NA>]]
    """
    require_columns(articles, ["article_id"], "articles")
    known = set(articles["article_id"].dropna().astype(str))
    rows: list[tuple[Any, ...]] = []
    strange = []
    for name in dict.fromkeys(map(str, unit_ids)):
        part = _NAME.fullmatch(name)
        if name in known:
            rows.append((name, name, None, None, None))
        elif part and part[1] in known and int(part[3]) < int(part[4]):
            rows.append((name, part[1], part[2], int(part[3]), int(part[4])))
        else:
            strange.append(name)
    if strange:
        raise SchemaError(
            "unit_ids: expected article_ids of the articles, or article_id:field:start-end; found "
            + _listed(strange)
        )
    return carry(_table(rows), articles)


def article_of(unit_ids: pd.Series, article_ids: Iterable[str]) -> pd.Series:
    """Name the article of each unit, an article_id or article_id:field:start-end.

    Parameters
    ----------
    article_ids : iterable of str
        Those that are known, which need not be told from parts by their form.

    Examples
    --------
    >>> article_of(pd.Series(["a:b", "a:b:body:0-9", "a:title"]), ["a:b", "a"]).tolist()
    ['a:b', 'a:b', 'a']
    """
    ids = unit_ids.astype(pandas_dtype(TEXT))
    return ids.where(
        ids.isin([str(name) for name in article_ids]), ids.str.extract(_ARTICLE, expand=False)
    )


def check_units(units: pd.DataFrame) -> pd.DataFrame:
    """Return a table of units if it can be used; raise one error that names all that is wrong.

    Parameters
    ----------
    units : DataFrame
        With unit_id, article_id, field, start and end, from `coding_units`, `span_units` or
        `units_of`; other columns may stand there too.

    Returns
    -------
    DataFrame
        The same.

    Raises
    ------
    SchemaError
        If columns are missing, or units have no article, no place in a field or another name than
        article_id:field:start-end, or one stands there twice.

    Examples
    --------
    >>> len(check_units(coding_units(pd.DataFrame({"article_id": ["a", "b"]}))))
    2
    """
    require_columns(units, UNITS, "units (from coding_units or span_units)")
    rows = plain(units[list(UNITS)])
    problems = [
        f"{count} without {name}"
        for name in ("unit_id", "article_id")
        if (count := int(rows[name].isna().sum()))
    ]
    rows = rows.dropna(subset=["unit_id", "article_id"]).reset_index(drop=True)
    rows = rows.assign(**{name: rows[name].astype(str) for name in ("unit_id", "article_id")})
    lacking = rows[["field", "start", "end"]].isna().sum(axis=1)
    whole, parts = rows[lacking == 3], rows[lacking == 0]
    misplaced = _misplaced(parts)
    named = _names(parts[~misplaced])
    wrong: dict[str, pd.Series] = {
        "half a place": rows.loc[lacking.between(1, 2), "unit_id"],
        "places that are in no field or end at their start": parts.loc[misplaced, "unit_id"],
        "other names than article_id:field:start-end": pd.concat(
            [
                parts.loc[named.index[parts.loc[named.index, "unit_id"].ne(named)], "unit_id"],
                whole.loc[whole["unit_id"].ne(whole["article_id"]), "unit_id"],
            ]
        ),
        "units twice": rows.loc[rows["unit_id"].duplicated(), "unit_id"],
    }
    problems += [f"{what} ({_listed(ids)})" for what, ids in wrong.items() if len(ids)]
    if problems:
        raise SchemaError(
            "units: expected each unit once, named by its place; found " + "; ".join(problems)
        )
    return units


def unit_context(
    units: pd.DataFrame, articles: pd.DataFrame, *, context: Context = "paragraph"
) -> pd.DataFrame:
    """Put the texts beside units: what is coded, and what stands around it.

    Parameters
    ----------
    units : DataFrame
        From `coding_units`, `span_units` or `units_of`.
    articles : DataFrame
        With article_id and the fields of the units; of repeated ones the first counts.
    context : {"paragraph", "sentence", "field"}
        How far the context reaches: to the ends of the paragraphs or sentences in which the unit
        stands, or of its field.

    Returns
    -------
    DataFrame, the rows and columns of `units`, with left, match and right; left + match + right is
    a stretch of the field. They are missing for whole articles, and where the field is not at hand
    or ends before the unit does.

    Raises
    ------
    SchemaError
        If columns are missing or units cannot be used.
    ChoiceError
        If there is no such context.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a"], "body": ["The race is on. Who wins?"]})
    >>> units = span_units(pd.DataFrame({"article_id": ["a"], "field": "body", "start": 4,
    ...                                  "end": 8}))
    >>> unit_context(units, articles, context="sentence")[["left", "match", "right"]].values
    array([['The ', 'race', ' is on.']], dtype=object)
    """
    if context not in get_args(Context):
        raise ChoiceError(f"context: expected {', '.join(get_args(Context))}; found {context!r}")
    check_units(units)
    require_columns(articles, ["article_id"], "articles")
    divide = {"paragraph": _paragraphs, "sentence": _sentences, "field": _whole}[context]
    fields = [name for name in TEXT_FIELDS if name in articles.columns]
    known = plain(articles[["article_id", *fields]]).dropna(subset=["article_id"])
    known = known.assign(article_id=known["article_id"].astype(str)).drop_duplicates("article_id")
    # Places that were read from a file can be floats, and ids whole numbers.
    places = conform(plain(units[list(UNITS)]), UNITS)[list(_PLACE)]
    known = known[known["article_id"].isin(places["article_id"])]
    texts = {
        (article_id, field): text
        for field in fields
        for article_id, text in zip(known["article_id"], known[field], strict=True)
        if isinstance(text, str)
    }
    divided: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
    shown: list[tuple[str | None, str | None, str | None]] = []
    for article_id, field, start, end in places.itertuples(index=False):
        key = (str(article_id), str(field))
        text = texts.get(key, "")
        if pd.isna(field) or end > len(text):
            shown.append((None, None, None))
            continue
        if key not in divided:
            spans = divide(text)
            divided[key] = [first for first, _ in spans], [last for _, last in spans]
        starts, ends = divided[key]
        # They lie in order, so that those that share a character with the unit are neighbours.
        around = slice(bisect_right(ends, start), bisect_left(starts, end))
        low = min([start, *starts[around][:1]])
        high = max([end, *ends[around][-1:]])
        shown.append((text[low:start], text[start:end], text[end:high]))
    told = pd.DataFrame(shown, columns=list(CONTEXT), index=units.index)
    rest = units.drop(columns=[name for name in CONTEXT if name in units.columns])
    result = pd.concat([rest, conform(told, CONTEXT)], axis=1)
    result.attrs.update(units.attrs)
    return carry(result, units, articles)


# Dividing texts -----------------------------------------------------------------------------------


def _whole(text: str) -> list[Span]:
    """A text without the white space around it."""
    return _seen(text, [(0, len(text))])


def _paragraphs(text: str) -> list[Span]:
    return _seen(text, _between(text))


def _sentences(text: str) -> list[Span]:
    # Paragraph by paragraph, since the full stop of an abbreviation can end one.
    found = (
        (first + start, first + end)
        for first, last in _between(text)
        for start, end in sentences(text[first:last])
    )
    return _seen(text, found)


def _between(text: str) -> list[Span]:
    """Stretches between empty lines."""
    gaps = [gap.span() for gap in _BLANK_LINE.finditer(text)]
    borders = [0, *chain.from_iterable(gaps), len(text)]
    return list(zip(borders[::2], borders[1::2], strict=True))


def _seen(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans without white space at their ends; those in which nothing can be seen are left out."""
    found = []
    for first, last in spans:
        part = text[first:last]
        start = last - len(part.lstrip())
        end = first + len(part.rstrip())
        if any(unicodedata.category(mark)[0] not in "CZ" for mark in part):
            found.append((start, end))
    return found


# Tables -------------------------------------------------------------------------------------------


def _distinct(articles: pd.DataFrame) -> pd.DataFrame:
    """The first row of each article, its article_id as text."""
    rows = plain(articles)
    lacking = int(rows["article_id"].isna().sum())
    if lacking:
        raise SchemaError(f"articles: {lacking} rows without article_id")
    rows = rows.assign(article_id=rows["article_id"].astype(str))
    blank = int((rows["article_id"].str.strip() == "").sum())
    if blank:
        raise SchemaError(f"articles: {blank} rows with an empty article_id")
    return rows.drop_duplicates("article_id", ignore_index=True)


def _named(places: pd.DataFrame, article_ids: pd.Series) -> pd.DataFrame:
    """Units of places, if none is named like an article."""
    if places.empty:
        return empty(UNITS)
    units = conform(places.assign(unit_id=""), UNITS)
    units["unit_id"] = _names(units)
    known = set(article_ids.astype(str))
    both = [name for name in units["unit_id"] if name in known]
    if both:
        raise SchemaError(
            "articles: article_id: expected names that are not those of parts of other articles; "
            f"found {_listed(both)}"
        )
    return units


def _names(units: pd.DataFrame) -> pd.Series:
    """Names of units that are parts of articles."""
    names = [
        f"{article_id}:{field}:{int(start)}-{int(end)}"
        for article_id, field, start, end in units[list(_PLACE)].itertuples(index=False)
    ]
    named: pd.Series = pd.Series(names, index=units.index, dtype=pandas_dtype(TEXT))
    return named


def _misplaced(units: pd.DataFrame) -> pd.Series:
    """Which units are in no field, of no characters, or at no whole numbers."""
    start, end = (pd.to_numeric(units[name], errors="coerce") for name in ("start", "end"))
    placed = units["field"].isin(TEXT_FIELDS) & (start >= 0) & (end > start)
    placed &= (start % 1 == 0) & (end % 1 == 0) & (end < _FARTHEST)
    return pd.Series(~placed.to_numpy(dtype=bool), index=units.index)


def _table(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    if not rows:
        return empty(UNITS)
    return conform(pd.DataFrame(rows, columns=list(UNITS)), UNITS)


def _listed(names: Iterable[str]) -> str:
    """The first of some names, and how many more there are."""
    told = [name[:60] for name in map(str, names)]
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return ", ".join(told[:_MOST]) + more
