"""Framing: the terms in which each outlet tells the story.

`find_frames` lists every term of a codebook in the articles, `score_frames` counts them by article,
`dominant_frame` says which frame leads in each article, and `audit_codebook` which terms carry a
frame and which never match. Shares and comparisons are in `frame_shares`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from coverage_research.codebook import Codebook, as_codebook, codebook_names
from coverage_research.matching import Overlap, matcher
from coverage_research.schema import (
    COUNT,
    FLAG,
    REAL,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    fields_of,
    from_rows,
    pandas_dtype,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from coverage_research.matching import Hits, Matcher

#: Columns of `find_frames`.
FRAME_MATCHES: Final = {**SPAN, "codebook": TEXT, "frame": TEXT, "term": TEXT, "negated": FLAG}
#: Columns of `dominant_frame`.
DOMINANT: Final = {
    "article_id": TEXT,
    "frame": TEXT,
    "n_frames": COUNT,
    "k": COUNT,
    "n": COUNT,
    "share": REAL,
}
#: Columns of `audit_codebook`.
TERM_USE: Final = {
    "codebook": TEXT,
    "frame": TEXT,
    "term": TEXT,
    "k": COUNT,
    "n_articles": COUNT,
    "share": REAL,
    "finding": TEXT,
    "advice": TEXT,
}
#: Between frames that lead together.
TIE: Final = " | "
#: Articles whose texts are held at once.
_ROWS: Final = 2_000


def find_frames(
    articles: pd.DataFrame,
    codebook: str | Path | Codebook = "ai_hardware",
    *,
    fields: Sequence[str] = TEXT_FIELDS,
    overlap: Overlap = "codebook",
    progress: bool = True,
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
    progress : bool
        Show a bar when it takes more than two seconds.

    Returns
    -------
    DataFrame, one row per match, by article, field and place: article_id, field, start, end
    (characters, text[start:end] == match), match, codebook (its name), frame, term, negated
    (whether a word such as not, no or without stands up to four words before it in the same
    clause). A negated match counts like any other, since who denies a frame still speaks in its
    terms; leave such rows out where your codebook's rules say otherwise.

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
    compiled = matcher(book, overlap)
    present = fields_of(articles, fields)
    used = _each_once(articles)
    parts = [
        _table(compiled, rows, present, [compiled.find_all(texts) for texts in columns], columns)
        for rows, columns in _texts(used, present, progress=progress)
    ]
    parts = [part for part in parts if len(part)]
    found = pd.concat(parts, ignore_index=True) if parts else empty(FRAME_MATCHES)
    # A table without matches must still know what was looked for: zero is a finding.
    found.attrs["codebook"] = book.name
    found.attrs["frames"] = _labels(book)
    return carry(found, articles)


def score_frames(
    articles: pd.DataFrame,
    codebook: str | Path | Codebook = "ai_hardware",
    *,
    fields: Sequence[str] = TEXT_FIELDS,
    overlap: Overlap = "codebook",
    progress: bool = True,
) -> pd.DataFrame:
    """Count the terms of each frame in each article, without listing them.

    The counts are those of `find_frames`, in a small part of its memory: for corpora whose matches
    nobody will read one by one, and for use as features.

    Parameters
    ----------
    articles, codebook, fields, overlap, progress
        As in `find_frames`.

    Returns
    -------
    DataFrame, one row per article in the order of `articles`: article_id, then one column of whole
    numbers (int32) for each frame, in the order of the codebook.

    Raises
    ------
    CodebookError, SchemaError
        As `find_frames`.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a"], "title": ["Export curbs speed up the race"]})
    >>> score_frames(articles)[["containment", "race", "market"]].values.tolist()
    [[1, 1, 0]]
    """
    book = as_codebook(codebook)
    compiled = matcher(book, overlap)
    present = fields_of(articles, fields)
    used = _each_once(articles)
    counts = np.zeros((len(used), len(book.frames)), dtype=np.int32)
    done = 0
    for rows, columns in _texts(used, present, progress=progress):
        for texts in columns:
            counts[done : done + len(rows)] += compiled.count_all(texts)
        done += len(rows)
    result = pd.DataFrame(counts, columns=[frame.id for frame in book.frames], copy=False)
    result = result[list(_labels(book))]
    ids = used["article_id"].astype(pandas_dtype(TEXT)).reset_index(drop=True)
    result.insert(0, "article_id", ids)
    result.attrs["codebook"] = book.name
    return carry(result, articles)


def dominant_frame(
    matches: pd.DataFrame, articles: pd.DataFrame, *, ties: Literal["show", "first"] = "show"
) -> pd.DataFrame:
    """Name the frame with most matches in each article, ties as ties.

    Parameters
    ----------
    matches : DataFrame
        From `find_frames`, of one codebook; filtered as you like.
    articles : DataFrame
        With article_id: whom to speak of.
    ties : {"show", "first"}
        Frames that lead together are all named, or only the one that the codebook lists first. The
        second suits codebooks that list narrow frames before broad ones.

    Returns
    -------
    DataFrame, one row per article in the order of `articles`: article_id, frame (that with most
    matches; frames that lead together are joined by ' | ' in the order of the codebook; missing
    where there is no match), n_frames (how many lead: 1 is a clear case, 0 none), k (matches of a
    leading frame), n (matches of all frames), share (k / n, missing without matches).

    Raises
    ------
    SchemaError
        If columns are missing, or the matches are of several codebooks.
    ChoiceError
        If there is no such way with ties.

    References
    ----------
    Matthes, J. & Kohring, M. (2008). The content analysis of media frames. *Journal of
    Communication* 58(2), 258-279.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "title": ["A race for profit", "Rain"]})
    >>> dominant_frame(find_frames(articles), articles)[["frame", "n_frames", "k", "n"]].values
    array([['race | market', 2, 1, 2],
           [nan, 0, 0, 0]], dtype=object)
    """
    if ties not in ("show", "first"):
        raise ChoiceError(f"ties: expected 'show' or 'first'; found {ties!r}")
    require_columns(matches, ["article_id", "codebook", "frame"], "matches (from find_frames)")
    require_columns(articles, ["article_id"], "articles")
    _, frames = frames_of(matches)
    place = {frame: number for number, frame in enumerate(frames)}
    counted = matches.groupby(["article_id", "frame"], as_index=False).size()
    counted["place"] = counted["frame"].map(place)
    counted = counted.sort_values(["article_id", "place"])
    by_article = counted.groupby("article_id")["size"]
    most = by_article.transform("max")
    leading = counted[counted["size"] == most].groupby("article_id")
    found = pd.DataFrame(
        {
            "frame": leading["frame"].agg("first" if ties == "first" else TIE.join),
            "n_frames": leading.size(),
            "k": by_article.max(),
            "n": by_article.sum(),
        }
    )
    known = articles["article_id"].drop_duplicates()
    result = found.reindex(known).rename_axis("article_id").reset_index()
    numbers = ["n_frames", "k", "n"]
    result[numbers] = result[numbers].fillna(0).astype("int64")
    result["share"] = result["k"] / result["n"].where(result["n"] > 0)
    return carry(conform(result, DOMINANT), matches, articles)


def audit_codebook(
    matches: pd.DataFrame, codebook: str | Path | Codebook, *, most: float = 0.5
) -> pd.DataFrame:
    """Report which terms carry a frame and which never match.

    A frame of which one term makes most of the matches is a measure of that word; terms that never
    match say nothing about this corpus and cost nothing but trust.

    Parameters
    ----------
    matches : DataFrame
        From `find_frames`.
    codebook : str, Path or Codebook
        The one they were found with.
    most : float
        Share of a frame's matches from which a term is said to carry the frame.

    Returns
    -------
    DataFrame, one row per term, in the order of the codebook: codebook, frame, term, k (matches),
    n_articles, share (of the frame's matches; missing where it has none), finding
    (`never_matches`, `carries_frame` or empty) and advice.

    Raises
    ------
    SchemaError
        If columns are missing, or the matches are of another codebook.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis* (4th ed.), chapter 10. Sage.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a"], "title": ["A race, an arms race, a race"]})
    >>> use = audit_codebook(find_frames(articles), "ai_hardware")
    >>> use.loc[use["k"] > 0, ["frame", "term", "k", "finding"]].values.tolist()
    [['race', 'race', 2, 'carries_frame'], ['security', 'arms race', 1, 'carries_frame']]
    """
    require_columns(matches, ["article_id", "codebook", "frame", "term"], "matches")
    book = as_codebook(codebook)
    frames_of(matches, book)
    counted = matches.groupby(["frame", "term"])["article_id"].agg(["size", "nunique"])
    used = {key: (k, n) for key, k, n in counted.itertuples()}
    totals = matches.groupby("frame").size()
    rows = []
    for frame in book.frames:
        total = int(totals.get(frame.id, 0))
        for text in dict.fromkeys(term.text for term in frame.terms):
            k, n_articles = used.get((frame.id, text), (0, 0))
            share = k / total if total else np.nan
            finding, advice = "", ""
            if not k:
                finding = "never_matches"
                advice = "no evidence for or against it here; check its spelling"
            elif k > most * total and len(frame.terms) > 1:
                finding = "carries_frame"
                advice = (
                    "the frame is mostly this term; read its passages before trusting the frame"
                )
            rows.append((book.name, frame.id, text, k, n_articles, share, finding, advice))
    return carry(from_rows(rows, TERM_USE), matches)


def frames_of(
    matches: pd.DataFrame, codebook: str | Path | Codebook | None = None
) -> tuple[str, dict[str, str]]:
    """Name of the codebook behind matches, and its frames with their labels.

    Raises
    ------
    SchemaError
        If the matches are of several codebooks, or not of the one that is given.
    """
    names = matches["codebook"].dropna().unique().tolist()
    if len(names) > 1:
        raise SchemaError(
            f"matches: expected those of one codebook; found {', '.join(map(str, names))}"
        )
    if codebook is not None:
        book = as_codebook(codebook)
        if names and names != [book.name]:
            raise SchemaError(f"matches: expected codebook {book.name!r}; found {names[0]!r}")
        return book.name, _known(matches, book)
    if isinstance(matches.attrs.get("frames"), dict):
        name, frames = matches.attrs.get("codebook", ""), dict(matches.attrs["frames"])
        if names in ([], [name]):
            return name, frames
    if names and names[0] in codebook_names():
        book = as_codebook(names[0])
        return book.name, _known(matches, book)
    found = matches["frame"].dropna().unique().tolist()
    return str(names[0]) if names else "", {frame: frame for frame in found}


def _known(matches: pd.DataFrame, book: Codebook) -> dict[str, str]:
    """Labels of the codebook's frames, if the matches have no others."""
    labels = _labels(book)
    others = [str(frame) for frame in matches["frame"].dropna().unique() if frame not in labels]
    if others:
        raise SchemaError(
            f"matches: codebook {book.name!r} has no frame {', '.join(map(repr, others))}; if the "
            "matches are of a codebook of your own with that name, give it as `codebook`"
        )
    return labels


def _labels(book: Codebook) -> dict[str, str]:
    """Labels of the frames that a dictionary can find."""
    return {frame.id: frame.label for frame in book.frames if frame.terms}


def _each_once(articles: pd.DataFrame) -> pd.DataFrame:
    """The articles without repetitions; without a copy where there are none."""
    ids = articles["article_id"]
    # Eight bytes an article; an index of a million names would take more than their texts' counts.
    hashes = [
        pd.util.hash_array(ids.iloc[first : first + _ROWS].to_numpy(dtype=object), categorize=False)
        for first in range(0, len(ids), _ROWS)
    ]
    known = np.sort(np.concatenate(hashes)) if hashes else np.zeros(0)
    if (known[1:] != known[:-1]).all():
        return articles
    return articles.drop_duplicates("article_id")


def _texts(
    articles: pd.DataFrame, fields: Sequence[str], *, progress: bool
) -> Iterator[tuple[pd.DataFrame, list[list[str]]]]:
    """Some articles at a time, with the texts of each field; what is no text is empty."""
    from tqdm.auto import tqdm

    with tqdm(
        total=len(articles), unit=" articles", desc="matching", delay=2, disable=not progress
    ) as bar:
        for first in range(0, len(articles), _ROWS):
            rows = articles.iloc[first : first + _ROWS]
            yield (
                rows,
                [
                    [text if isinstance(text, str) else "" for text in rows[field].tolist()]
                    for field in fields
                ],
            )
            bar.update(len(rows))


def _table(
    compiled: Matcher,
    rows: pd.DataFrame,
    fields: Sequence[str],
    hits: Sequence[Hits],
    columns: Sequence[Sequence[str]],
) -> pd.DataFrame:
    """Matches of some articles, by article, field and place."""
    field = np.repeat(np.arange(len(fields)), [len(part.text) for part in hits])
    text, start, end, rule, negated = (np.concatenate(parts) for parts in zip(*hits, strict=True))
    order = np.lexsort((start, field, text))
    text, start, end, field, rule = (a[order] for a in (text, start, end, field, rule))
    match = [
        columns[at][number][first:last]
        for at, number, first, last in zip(
            field.tolist(), text.tolist(), start.tolist(), end.tolist(), strict=True
        )
    ]
    frames = pd.array([frame.id for frame in compiled.codebook.frames], dtype=pandas_dtype(TEXT))
    terms = pd.array(compiled.term_of, dtype=pandas_dtype(TEXT))
    names = pd.array(list(fields), dtype=pandas_dtype(TEXT))
    book = pd.array([compiled.codebook.name], dtype=pandas_dtype(TEXT))
    values: dict[str, Any] = {
        "article_id": rows["article_id"].astype(pandas_dtype(TEXT)).array.take(text),
        "field": names.take(field),
        "start": start,
        "end": end,
        "match": pd.array(match, dtype=pandas_dtype(TEXT)),
        "codebook": book.take(np.zeros(len(text), dtype=np.int64)),
        "frame": frames.take(compiled.frame_of[rule]),
        "term": terms.take(rule),
        "negated": pd.array(negated[order], dtype="boolean"),
    }
    return pd.DataFrame(values)
