"""Framing: the terms in which each outlet tells the story.

`find_frames` lists every term of a codebook in the articles, `frame_shares` says how many of an
outlet's articles carry each frame, and how sure that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from coverage_research.codebook import Codebook, as_codebook, codebook_names
from coverage_research.matching import Overlap, matcher
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    SchemaError,
    carry,
    conform,
    empty,
    require_columns,
)
from coverage_research.statistics import N_BOOT, ratio_intervals
from coverage_research.stories import story_clusters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Columns of `find_frames`.
FRAME_MATCHES: Final = {**SPAN, "codebook": TEXT, "frame": TEXT, "term": TEXT}


def find_frames(
    articles: pd.DataFrame,
    codebook: str | Path | Codebook = "ai_hardware",
    *,
    fields: Sequence[str] = TEXT_FIELDS,
    overlap: Overlap = "codebook",
) -> pd.DataFrame:
    """Find the terms of a codebook in the articles.

    Parameters
    ----------
    articles : DataFrame
        With article_id and at least one of the fields.
    codebook : str, Path or Codebook
        Name of a codebook of the package, path of a file, or a codebook.
    fields : sequence of str
        Where to look, of title, excerpt and body; those that `articles` lacks are passed over.
    overlap : {"codebook", "frame"}
        Of terms that overlap the longest counts: of the whole codebook, so that a passage speaks
        for one frame, or of each frame.

    Returns
    -------
    DataFrame, one row per match, by article, field and place: article_id, field, start, end
    (characters, text[start:end] == match), match, codebook (its name), frame, term.

    Raises
    ------
    CodebookError
        If the codebook cannot be used.
    SchemaError
        If columns are missing.

    References
    ----------
    Entman, R. M. (1993). Framing: toward clarification of a fractured paradigm. *Journal of
    Communication* 43(4), 51-58.
    Grimmer, J. & Stewart, B. M. (2013). Text as data. *Political Analysis* 21(3), 267-297.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a"], "title": ["Export curbs speed up the race"]})
    >>> find_frames(articles)[["start", "match", "frame"]].to_dict("list")
    {'start': [0, 26], 'match': ['Export curbs', 'race'], 'frame': ['containment', 'race']}
    """
    book = as_codebook(codebook)
    find = matcher(book, overlap).find
    wrong = [field for field in fields if field not in TEXT_FIELDS]
    if wrong:
        raise SchemaError(
            f"fields: expected {', '.join(TEXT_FIELDS)}; found {', '.join(map(repr, wrong))}"
        )
    require_columns(articles, ["article_id"], "articles")
    present = [field for field in dict.fromkeys(fields) if field in articles.columns]
    if not present:
        require_columns(articles, fields, "articles")
    columns: dict[str, list[Any]] = {name: [] for name in FRAME_MATCHES}
    # An article may be listed twice in a hand-made table; its matches are the same ones.
    used = articles.drop_duplicates("article_id")
    for article_id, *texts in zip(
        used["article_id"], *(used[field] for field in present), strict=True
    ):
        for field, text in zip(present, texts, strict=True):
            if not isinstance(text, str):
                continue
            for start, end, match, frame, term in find(text):
                columns["article_id"].append(article_id)
                columns["field"].append(field)
                columns["start"].append(start)
                columns["end"].append(end)
                columns["match"].append(match)
                columns["frame"].append(frame)
                columns["term"].append(term)
    columns["codebook"] = [book.name] * len(columns["match"])
    found = conform(pd.DataFrame(columns), FRAME_MATCHES) if columns["match"] else _no_matches()
    # A table without matches must still know what was looked for: zero is a finding.
    found.attrs["codebook"] = book.name
    found.attrs["frames"] = {frame.id: frame.label for frame in book.frames}
    return carry(found, articles)


def frame_shares(
    matches: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    codebook: str | Path | Codebook | None = None,
    min_matches: int = 1,
    n_boot: int = N_BOOT,
    seed: int = 0,
) -> pd.DataFrame:
    """Share of the articles of each outlet that carry each frame.

    An article carries a frame if a term of it stands anywhere in the article, once or often, unless
    `min_matches` asks for more. Only articles that `coverage` lists are looked at, each once,
    however many stories list it.

    Parameters
    ----------
    matches : DataFrame
        From `find_frames`, of one codebook.
    articles : DataFrame
        With article_id and the columns of `by`.
    coverage : DataFrame
        With story_id and article_id; columns of `by` that `articles` lacks are taken from here.
    by : str or sequence of str
        What to compare.
    codebook : str, Path or Codebook, optional
        Whose frames to report; needed only for matches that do not come straight from
        `find_frames` and whose codebook is not one of the package.
    min_matches : int
        Matches from which an article carries a frame. One suits headlines and excerpts. In long
        texts a single term may be a mention in passing; 2 there trades recall for precision. All
        rows of `matches` count, so a passage that stands in excerpt and body counts twice unless
        `find_frames` was told which `fields` to search.
    n_boot, seed : int
        Resamples of the bootstrap clustered by story, and their seed.

    Returns
    -------
    DataFrame, one row per group and frame, zeros included: the columns of `by`, outlet_name where
    these hold the outlet, codebook, frame, label, k (articles that carry the frame), n (distinct
    articles), n_stories (independent clusters of stories), estimate (share, 0 to 1), low and high
    (95 % interval) and reason (why there is none, else empty). Groups with most articles first,
    frames in the order of the codebook.

    Raises
    ------
    SchemaError
        If columns are missing, or the matches are of several codebooks.
    ValueError
        If `min_matches` is below 1.

    References
    ----------
    Semetko, H. A. & Valkenburg, P. M. (2000). Framing European politics. *Journal of
    Communication* 50(2), 93-109.
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "outlet": "chips.example",
    ...                          "title": ["Export curbs speed up the race", "The race is on"]})
    >>> coverage = pd.DataFrame({"story_id": "s", "article_id": ["a", "b"]})
    >>> shares = frame_shares(find_frames(articles), articles, coverage)
    >>> shares.loc[shares["k"] > 0, ["frame", "k", "n", "estimate"]].values.tolist()
    [['containment', 1, 2, 0.5], ['race', 2, 2, 1.0]]
    """
    if min_matches < 1:
        raise ValueError(f"min_matches: expected at least 1; found {min_matches}")
    by = [by] if isinstance(by, str) else list(by)
    require_columns(matches, ["article_id", "codebook", "frame"], "matches (from find_frames)")
    require_columns(coverage, ["story_id", "article_id"], "coverage")
    from_coverage = [name for name in by if name not in articles.columns]
    require_columns(articles, ["article_id"], "articles")
    if any(name not in coverage.columns for name in from_coverage):
        require_columns(articles, ["article_id", *by], "articles")
    name, frames = _frames(matches, codebook)
    named = "outlet" in by and "outlet_name" in articles.columns and "outlet_name" not in by
    groups_of = [*by, *(["outlet_name"] if named else [])]
    schema = {
        **dict.fromkeys(groups_of, TEXT),
        "codebook": TEXT,
        "frame": TEXT,
        "label": TEXT,
        "k": COUNT,
        **ESTIMATE,
    }
    own = ["article_id", *(column for column in by if column not in from_coverage)]
    units = coverage[["article_id", *from_coverage]].drop_duplicates()
    units = units.merge(articles[own].drop_duplicates("article_id"), on="article_id", how="inner")
    if units.empty or not frames:
        return carry(empty(schema), matches, articles, coverage)
    units["cluster"] = units["article_id"].map(
        story_clusters(coverage).set_index("article_id")["cluster"]
    )
    units["group"] = units.groupby(by, dropna=False, sort=False).ngroup()
    groups = units.groupby("group").agg(
        **{column: (column, "first") for column in by}, n=("article_id", "size")
    )
    if named:
        names = articles.drop_duplicates("outlet").set_index("outlet")["outlet_name"]
        groups["outlet_name"] = groups["outlet"].map(names)
    sums = _sums(units, matches, list(frames), len(groups), min_matches)
    intervals = ratio_intervals(*sums, n_boot=n_boot, seed=seed)
    at = np.repeat(np.arange(len(groups)), len(frames))
    result = groups.iloc[at].reset_index(drop=True)
    result["codebook"] = name
    result["frame"] = list(frames) * len(groups)
    result["label"] = list(frames.values()) * len(groups)
    result["k"] = np.asarray(sums[0].sum(axis=0)).ravel()
    result["n_stories"] = intervals["n_clusters"]
    for column in ("estimate", "low", "high", "reason"):
        result[column] = intervals[column]
    order = groups.assign(size=-groups["n"]).sort_values(["size", *by]).index
    rank = pd.Series(range(len(order)), index=order).reindex(range(len(groups))).to_numpy()
    result = result.iloc[np.argsort(rank[at], kind="stable")].reset_index(drop=True)
    kinds = {**schema, **{column: str(result[column].dtype) for column in by}}
    return carry(conform(result, kinds), matches, articles, coverage)


def _no_matches() -> pd.DataFrame:
    return empty(FRAME_MATCHES)


def _frames(
    matches: pd.DataFrame, codebook: str | Path | Codebook | None
) -> tuple[str, dict[str, str]]:
    """Name of the codebook behind the matches, and its frames with their labels."""
    names = matches["codebook"].dropna().unique().tolist()
    if len(names) > 1:
        raise SchemaError(
            f"matches: expected those of one codebook; found {', '.join(map(str, names))}"
        )
    if codebook is not None:
        book = as_codebook(codebook)
        if names and names != [book.name]:
            raise SchemaError(f"matches: expected codebook {book.name!r}; found {names[0]!r}")
        return book.name, {frame.id: frame.label for frame in book.frames}
    if isinstance(matches.attrs.get("frames"), dict):
        name, frames = matches.attrs.get("codebook", ""), dict(matches.attrs["frames"])
        if names in ([], [name]):
            return name, frames
    if names and names[0] in codebook_names():
        book = as_codebook(names[0])
        return book.name, {frame.id: frame.label for frame in book.frames}
    found = matches["frame"].dropna().unique().tolist()
    return str(names[0]) if names else "", {frame: frame for frame in found}


def _sums(
    units: pd.DataFrame,
    matches: pd.DataFrame,
    frames: list[str],
    n_groups: int,
    min_matches: int,
) -> tuple[Any, Any]:
    """Articles that carry the frame, and all articles, by cluster and by group and frame."""
    from scipy import sparse

    place = {frame: number for number, frame in enumerate(frames)}
    carried = matches.groupby(["article_id", "frame"], as_index=False).size()
    carried = carried[carried["size"] >= min_matches]
    carried = carried[carried["frame"].isin(frames)].merge(units, on="article_id")
    shape = (int(units["cluster"].max()) + 1, n_groups * len(frames))
    cell = carried["group"].to_numpy() * len(frames) + carried["frame"].map(place).to_numpy()
    above = sparse.coo_array(
        (np.ones(len(carried)), (carried["cluster"].to_numpy(), cell.astype(np.int64))), shape=shape
    )
    cells = units["group"].to_numpy()[:, None] * len(frames) + np.arange(len(frames))
    clusters = np.repeat(units["cluster"].to_numpy(), len(frames))
    below = sparse.coo_array((np.ones(len(clusters)), (clusters, cells.ravel())), shape=shape)
    return above.tocsc(), below.tocsc()
