"""The passages behind any number: an evidence table opened on its texts."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from coverage_research.schema import (
    COUNT,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    TIME,
    SchemaError,
    carry,
    conform,
    require_columns,
)
from coverage_research.text import passage

_ABOUT: Final = {"outlet": TEXT, "outlet_name": TEXT, "published_at": TIME, "title": TEXT}

#: First columns of `evidence`; the labels of the evidence table follow.
EVIDENCE_COLUMNS: Final = {
    "article_id": TEXT,
    **_ABOUT,
    "field": TEXT,
    "start": COUNT,
    "end": COUNT,
    "left": TEXT,
    "match": TEXT,
    "right": TEXT,
    "url": TEXT,
}


def evidence(
    matches: pd.DataFrame, articles: pd.DataFrame, *, around: int = 60, **cell: Any
) -> pd.DataFrame:
    """List the passages behind a number, in their context.

    Parameters
    ----------
    matches : DataFrame
        Any evidence table: article_id, field, start, end, usually match, and its labels.
    articles : DataFrame
        The articles, with article_id; the columns of text that are there give the context.
    around : int
        Characters of context on each side.
    **cell
        Column and value that a passage must have, of `matches` or else of `articles`:
        `outlet="chips.example", frame="race"`. A list, tuple or set means any of its values; a
        missing value (None, NaN) means that there is none.

    Returns
    -------
    DataFrame, one row per passage in the order of `matches`: article_id, outlet, outlet_name,
    published_at, title, field, start, end, left, match, right, url, then the labels. Where the
    text is not at hand, or is not the one that was measured, left and right are missing.

    Raises
    ------
    SchemaError
        If a column of `cell` is in neither table; it names those that are.
    ValueError
        If `around` is below 0.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a"], "title": ["A race for chips is on"]})
    >>> matches = pd.DataFrame({"article_id": ["a"], "field": ["title"], "start": [2], "end": [6],
    ...                         "match": ["race"], "frame": ["race"]})
    >>> evidence(matches, articles, around=8, frame="race")[["left", "match", "right"]].values
    array([['A ', 'race', ' for ...']], dtype=object)
    """
    spans = [name for name in SPAN if name != "match"]
    require_columns(matches, spans, "matches (an evidence table)")
    require_columns(articles, ["article_id"], "articles")
    if around < 0:
        raise ValueError(f"around: expected 0 or more characters; found {around}")
    known = articles.drop_duplicates("article_id").set_index("article_id")
    rows = matches.reset_index(drop=True)
    about = known.reindex(rows["article_id"]).reset_index(drop=True)
    unknown = [name for name in cell if name not in rows.columns and name not in about.columns]
    if unknown:
        there = [*rows.columns, *(name for name in about.columns if name not in rows.columns)]
        raise SchemaError(
            f"evidence: no column {', '.join(map(repr, unknown))}; there are {', '.join(there)}"
        )
    wanted = pd.Series(data=True, index=rows.index)
    for name, value in cell.items():
        wanted &= _is(rows[name] if name in rows.columns else about[name], value)
    rows, about = rows[wanted], about[wanted]
    texts = {name: about[name].tolist() for name in about.columns if name in TEXT_FIELDS}
    told = rows["match"].tolist() if "match" in rows.columns else [None] * len(rows)
    contexts = [
        _context(texts[field][number] if field in texts else None, start, end, match, around)
        for number, (field, start, end, match) in enumerate(
            zip(rows["field"], rows["start"], rows["end"], told, strict=True)
        )
    ]
    columns: dict[str, Any] = {
        name: about[name] for name in (*_ABOUT, "url") if name in about.columns
    }
    columns |= {name: rows[name] for name in spans}
    for place, name in enumerate(("left", "match", "right")):
        columns[name] = pd.Series([context[place] for context in contexts], index=rows.index)
    labels = {name: rows[name] for name in rows.columns if name not in SPAN}
    columns |= {name: column for name, column in labels.items() if name not in _ABOUT}
    # An evidence table that names its own outlet (the later one of a pair) knows better.
    columns |= {name: column for name, column in labels.items() if name in _ABOUT}
    result = conform(pd.DataFrame(columns, index=rows.index), EVIDENCE_COLUMNS)
    return carry(result.reset_index(drop=True), matches, articles)


def _is(column: pd.Series, value: Any) -> pd.Series:
    """Where a column has a value, or any of several."""
    if isinstance(value, list | tuple | set | frozenset):
        return column.isin(list(value))
    if pd.isna(value):
        return column.isna()
    return column.eq(value).fillna(value=False).astype(bool)


def _context(
    text: Any, start: int, end: int, match: Any, around: int
) -> tuple[str | None, str | None, str | None]:
    """Left, match and right; only the match that was told where the text is not at hand."""
    told = match if isinstance(match, str) else None
    if not isinstance(text, str) or not 0 <= start < end <= len(text):
        return None, told, None
    if told is not None and text[start:end] != told:
        return None, told, None
    return passage(text, start, end, around=around)
