"""Articles by frames in the order of time: which article speaks in which terms, and when."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from coverage_research.framing import frames_of
from coverage_research.schema import COUNT, TEXT, TIME, carry, conform, empty, require_columns

#: Columns of `frame_matrix`.
MATRIX: Final = {
    "row": COUNT,
    "article_id": TEXT,
    "published_at": TIME,
    "published_until": TIME,
    "published_precision": TEXT,
    "outlet": TEXT,
    "outlet_name": TEXT,
    "title": TEXT,
    "codebook": TEXT,
    "frame": TEXT,
    "label": TEXT,
    "n": COUNT,
    "n_articles": COUNT,
    "k": COUNT,
    "words": TEXT,
}
#: What a row of one article tells of it.
_ABOUT: Final = ("article_id", "published_precision", "outlet", "outlet_name", "title")
#: Between the words of a cell.
_BETWEEN: Final = ", "


def frame_matrix(
    matches: pd.DataFrame, articles: pd.DataFrame, *, rows: int | None = None
) -> pd.DataFrame:
    """Every article by every frame, in the order of time, with the words that were matched.

    Parameters
    ----------
    matches : DataFrame
        From `find_frames`, of one codebook.
    articles : DataFrame
        With article_id; published_at, published_precision, outlet, outlet_name and title where
        known. Pass those of one
        story, or of a period, to see only these.
    rows : int, optional
        At most so many rows of the matrix: where there are more articles, neighbours in time share
        a row, as many in each.

    Returns
    -------
    DataFrame, one line per row of the matrix and frame, zeros included: row (from 0, in the order
    of time, articles without a time at the end), article_id, outlet, outlet_name, title,
    published_precision (missing where several articles share the row), published_at,
    published_until (first and last of the row's times), codebook, frame, label, n (articles in the
    row), n_articles (those of them that carry the frame), k (matches) and words (the different
    ones, most frequent first, joined by commas; missing where several articles share the row).
    Frames in the order of the codebook.

    Raises
    ------
    SchemaError
        If columns are missing, or the matches are of several codebooks.
    ValueError
        If `rows` is below 1.

    References
    ----------
    Bertin, J. (1983). *Semiology of Graphics* (the reorderable matrix). University of Wisconsin.

    Examples
    --------
    >>> from coverage_research.framing import find_frames
    >>> articles = pd.DataFrame({"article_id": ["a"], "title": ["A race for chips, a chip ban"]})
    >>> matrix = frame_matrix(find_frames(articles), articles)
    >>> matrix.loc[matrix["k"] > 0, ["frame", "k", "words"]].values.tolist()
    [['containment', 1, 'chip ban'], ['race', 1, 'race']]
    """
    require_columns(matches, ["article_id", "frame", "match", "codebook"], "matches")
    require_columns(articles, ["article_id"], "articles")
    if rows is not None and not rows >= 1:
        raise ValueError(f"rows: expected at least 1; found {rows}")
    name, frames = frames_of(matches)
    known = articles.drop_duplicates("article_id")
    if known.empty or not frames:
        return carry(empty(MATRIX), matches, articles)
    if "published_at" not in known.columns:
        known = known.assign(published_at=pd.Series(pd.NaT, index=known.index, dtype=TIME))
    known = known.sort_values(["published_at", "article_id"], na_position="last", kind="stable")
    together = 1 if rows is None else -(-len(known) // rows)
    known = known.assign(row=np.arange(len(known)) // together)
    heads = _heads(known, alone=together == 1)
    place = pd.Series(range(len(frames)), index=list(frames))
    row = known.set_index("article_id")["row"]
    used = matches[matches["frame"].isin(place.index) & matches["article_id"].isin(row.index)]
    cells = pd.DataFrame(
        {
            "cell": row.loc[used["article_id"]].to_numpy() * len(frames)
            + place.loc[used["frame"]].to_numpy(),
            "article_id": used["article_id"].to_numpy(),
            "words": used["match"].str.lower().to_numpy(),
        }
    )
    every = range(len(heads) * len(frames))
    by_cell = cells.groupby("cell")
    result = heads.loc[np.repeat(heads.index, len(frames))].reset_index(drop=True)
    result = result.assign(
        codebook=name,
        frame=list(frames) * len(heads),
        label=list(frames.values()) * len(heads),
        n_articles=by_cell["article_id"].nunique().reindex(every).fillna(0).to_numpy(),
        k=by_cell.size().reindex(every).fillna(0).to_numpy(),
    )
    if together == 1:
        result["words"] = _words(cells).reindex(every).fillna("").to_numpy()
    return carry(conform(result, MATRIX), matches, articles)


def _heads(known: pd.DataFrame, *, alone: bool) -> pd.DataFrame:
    """What each row of the matrix stands for."""
    by_row = known.groupby("row")
    heads = pd.DataFrame(
        {
            "row": list(by_row.groups),
            "published_at": by_row["published_at"].min(),
            "published_until": by_row["published_at"].max(),
            "n": by_row.size(),
        }
    )
    if alone:
        about = [name for name in _ABOUT if name in known]
        heads = heads.join(known.set_index("row")[about])
    return heads


def _words(cells: pd.DataFrame) -> pd.Series:
    """The words of each cell, most frequent first."""
    counted = cells.groupby(["cell", "words"], as_index=False).size()
    counted = counted.sort_values(["cell", "size", "words"], ascending=[True, False, True])
    return counted.groupby("cell")["words"].agg(_BETWEEN.join)
