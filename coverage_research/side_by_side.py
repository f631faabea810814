"""Two articles next to each other, cut into what they share, what differs, and the rest."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from coverage_research.schema import (
    COUNT,
    TEXT,
    TEXT_FIELDS,
    TIME,
    SchemaError,
    carry,
    conform,
    from_rows,
    require_columns,
)
from coverage_research.text import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIDES: Final[Mapping[str, str]] = {
    "side": TEXT,
    "article_id": TEXT,
    "outlet": TEXT,
    "outlet_name": TEXT,
    "published_at": TIME,
    "field": TEXT,
    "start": COUNT,
    "end": COUNT,
    "kind": TEXT,
    "text": TEXT,
}
#: Signs of text around a passage; what is further away gives way to an ellipsis.
AROUND: Final = 240
_ELLIPSIS: Final = " ... "
_PAIR: Final = ("article_id", "other_id")
_SPANS: Final = ("field", "start", "end", "other_field", "other_start", "other_end")


def side_by_side(
    articles: pd.DataFrame, passages: pd.DataFrame, *, around: int = AROUND
) -> pd.DataFrame:
    """Lay two articles side by side, with the words that they share apart from the others.

    Parameters
    ----------
    articles : DataFrame
        With article_id, outlet, published_at and the columns of text that the passages lie in;
        outlet_name if any.
    passages : DataFrame
        Rows of one pair of articles from `find_passages`.
    around : int
        Signs to show before and behind a passage.

    Returns
    -------
    DataFrame
        One row per piece of text, the earlier article first, in the order of the text: side
        (earlier or later), article_id, outlet, outlet_name, published_at, field, start, end (where
        the piece stands; both 0 for an ellipsis), kind (``shared``: the same words in both;
        ``changed``: words inside a passage that differ; ``other``: outside of passages), text.

    Raises
    ------
    SchemaError
        If columns are missing, the rows are of several pairs, or an article or its text is.
    ValueError
        If `around` is below 0.

    Examples
    --------
    >>> from coverage_research.passages import find_passages
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "title": ["The old fab opens seven doors", "Now the old fab opens six doors"],
    ...         "published_at": pd.to_datetime(["2030-01-01", "2030-01-02"], utc=True),
    ...     }
    ... )
    >>> pair = pd.DataFrame({"article_id": ["b"], "other_id": ["a"]})
    >>> laid = side_by_side(articles, find_passages(articles, pair, min_words=5))
    >>> laid.loc[laid["side"].eq("later"), ["kind", "text"]].values.tolist()
    [['other', 'Now '], ['shared', 'the old fab opens '], ['changed', 'six '], ['shared', 'doors']]
    """
    require_columns(passages, (*_PAIR, *_SPANS), "passages (from find_passages)")
    require_columns(articles, ("article_id", "outlet", "published_at"), "articles")
    if around < 0:
        raise ValueError(f"around: expected 0 or more signs; found {around}")
    pairs = passages[list(_PAIR)].drop_duplicates()
    if pairs.empty:
        return carry(from_rows([], SIDES), articles, passages)
    if len(pairs) > 1:
        raise SchemaError(
            f"passages: expected the rows of one pair; found {len(pairs)}. Take them first: "
            f"passages[passages['article_id'].eq(...) & passages['other_id'].eq(...)]."
        )
    known = articles.drop_duplicates("article_id").set_index("article_id")
    later, earlier = pairs.iloc[0]
    absent = [name for name in (later, earlier) if name not in known.index]
    if absent:
        raise SchemaError(f"articles: expected {', '.join(absent)}, which passages name")
    equal = [_equal(known, row) for row in passages.to_dict("records")]
    rows: list[tuple[Any, ...]] = []
    for side, article, names in (
        ("earlier", earlier, ("other_field", "other_start", "other_end")),
        ("later", later, ("field", "start", "end")),
    ):
        spans: dict[str, list[tuple[int, int, list[tuple[int, int]]]]] = {}
        for number, (field, start, end) in enumerate(
            zip(*(passages[name] for name in names), strict=True)
        ):
            same = equal[number][0 if side == "earlier" else 1]
            spans.setdefault(field, []).append((int(start), int(end), same))
        about = known.loc[article]
        name = about.get("outlet_name")
        head = (side, article, about["outlet"], about["outlet"] if pd.isna(name) else name)
        for field in TEXT_FIELDS:
            text = about.get(field)
            if not isinstance(text, str) or not text or (field not in spans and field != "title"):
                continue
            rows += [
                (*head, about["published_at"], field, start, end, kind, piece)
                for start, end, kind, piece in _pieces(text, sorted(spans.get(field, [])), around)
            ]
    return carry(conform(from_rows(rows, SIDES), SIDES), articles, passages)


def _equal(
    known: pd.DataFrame, row: Mapping[Any, Any]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Spans of the words that both sides of a passage have, in the earlier and the later text."""
    sides = []
    for article, field, start, end in (
        (row["other_id"], row["other_field"], row["other_start"], row["other_end"]),
        (row["article_id"], row["field"], row["start"], row["end"]),
    ):
        text = known.loc[article, field] if field in known.columns else None
        if not isinstance(text, str) or not 0 <= start < end <= len(text):
            raise SchemaError(
                f"articles: expected the text of {article} that passages were found in; its "
                f"{field} is missing or another one"
            )
        sides.append(
            [
                (token.form, start + token.start, start + token.end)
                for token in tokens(text[start:end])
            ]
        )
    blocks = difflib.SequenceMatcher(
        None, [form for form, *_ in sides[0]], [form for form, *_ in sides[1]], autojunk=False
    ).get_matching_blocks()
    first = [(sides[0][at.a][1], sides[0][at.a + at.size - 1][2]) for at in blocks if at.size]
    second = [(sides[1][at.b][1], sides[1][at.b + at.size - 1][2]) for at in blocks if at.size]
    return first, second


def _pieces(
    text: str, spans: list[tuple[int, int, list[tuple[int, int]]]], around: int
) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, kind and text of each piece of a text; passages are in order."""
    at = 0
    for start, end, same in spans:
        yield from _between(text, at, start, around, has_left=at > 0, has_right=True)
        at = max(at, start)
        for first, last in same:
            if at < first:
                yield at, first, "changed", text[at:first]
            # The space behind a run of words belongs to it.
            behind = last
            while behind < end and text[behind].isspace():
                behind += 1
            if max(at, first) < behind:
                yield max(at, first), behind, "shared", text[max(at, first) : behind]
            at = max(at, behind)
        if at < end:
            yield at, end, "changed", text[at:end]
            at = end
    yield from _between(text, at, len(text), around, has_left=at > 0, has_right=False)


def _between(
    text: str, start: int, end: int, around: int, *, has_left: bool, has_right: bool
) -> Iterator[tuple[int, int, str, str]]:
    """What stands between two passages, or around the only one, its middle left out if long."""
    left = start + around * has_left
    right = end - around * has_right
    if not has_left and not has_right:
        left = start + around
    if right - left <= len(_ELLIPSIS):
        if start < end:
            yield start, end, "other", text[start:end]
        return
    if start < left:
        yield start, left, "other", text[start:left]
    yield 0, 0, "other", _ELLIPSIS
    if right < end:
        yield right, end, "other", text[right:end]
