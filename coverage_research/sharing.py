"""Corpora without their text: facts and measures to share, hashes to prove a copy the same.

Excerpts and bodies belong to their publishers. `dehydrate` writes citations (headline, outlet,
address, time, scores) and the evidence that was measured on the texts, each text known by its hash;
`hydrate` puts a reader's own copy of the texts back. `measure` gives the same tables from either
kind of corpus.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from coverage_research._version import __version__
from coverage_research.articles import Article, ReadError, read_rows
from coverage_research.attributions import ATTRIBUTIONS, find_attributions
from coverage_research.codebook import as_codebook
from coverage_research.corpus import MEASURES_FOLDER, Corpus
from coverage_research.credits import CREDITS, find_credits
from coverage_research.exports import write_csv
from coverage_research.findings import Finding, Problem, shorten
from coverage_research.framing import FRAME_MATCHES, find_frames
from coverage_research.grouping import GROUPED, group_stories
from coverage_research.labels import ACTORS, LABELS, find_labels
from coverage_research.news_flow import FLOW, news_flow
from coverage_research.origins import ORIGINS, find_origins
from coverage_research.paths import expanded
from coverage_research.records import IDENTITY_KEY, take_record
from coverage_research.reuse import REUSE, find_reuse
from coverage_research.schema import (
    COUNT,
    PROBLEMS,
    TEXT,
    TEXT_FIELDS,
    ChoiceError,
    carry,
    conform,
    from_rows,
)
from coverage_research.source_types import TYPED, source_type
from coverage_research.stories import TOPICALITY, score_topicality
from coverage_research.text import has_text, words
from coverage_research.tone import TONE, score_tone
from coverage_research.writing import article_text, to_metadata, write_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: One row per text that was left out.
TEXTS: Final[Mapping[str, str]] = {
    "article_id": TEXT,
    "field": TEXT,
    "sha256": TEXT,
    "n_chars": COUNT,
    "n_words": COUNT,
}
#: Fields that carry somebody's text. A headline is a citation and stays.
_TEXTS: Final = tuple(field for field in TEXT_FIELDS if field != "title")
#: Columns of evidence that may be empty, which CSV does not tell from missing.
_BLANK: Final = ("field", "label", "kind")
#: Words of a text that a measure may quote when it is shared.
MAX_QUOTED_WORDS: Final = 3
#: Articles that an error names.
_MOST_NAMED: Final = 8


@dataclass(frozen=True)
class _Measure:
    """How a table of evidence is made of a corpus, and its columns."""

    find: Callable[..., pd.DataFrame]
    columns: Mapping[str, str]
    settings: Mapping[str, Any]


def _frames(corpus: Corpus, *, codebook: Any, overlap: Any) -> pd.DataFrame:
    return find_frames(corpus.articles, codebook, overlap=overlap)


def _credits(corpus: Corpus) -> pd.DataFrame:
    return find_credits(corpus.articles, corpus.outlets)


def _origins(corpus: Corpus) -> pd.DataFrame:
    return find_origins(corpus.articles, corpus.outlets, images=corpus.images)


def _sources(corpus: Corpus) -> pd.DataFrame:
    return source_type(find_attributions(corpus.articles), outlets=corpus.outlets)


def _flow(corpus: Corpus, *, window: str) -> pd.DataFrame:
    return news_flow(corpus.articles, window=window)


def _stories(corpus: Corpus) -> pd.DataFrame:
    return group_stories(corpus.articles, corpus.coverage)


def _reuse(corpus: Corpus, *, window: str) -> pd.DataFrame:
    return find_reuse(
        corpus.articles,
        credits=_credits(corpus),
        origins=_origins(corpus),
        coverage=corpus.coverage,
        window=window,
    )


def _labels(corpus: Corpus, *, targets: Any) -> pd.DataFrame:
    return find_labels(corpus.articles, targets)


def _tone(corpus: Corpus) -> pd.DataFrame:
    return score_tone(corpus.articles)


def _topicality(corpus: Corpus) -> pd.DataFrame:
    return score_topicality(corpus.articles, corpus.coverage)


#: The measures that need text, by name, with the settings that they take and their defaults.
MEASURES: Final[Mapping[str, _Measure]] = {
    "frames": _Measure(_frames, FRAME_MATCHES, {"codebook": "ai_hardware", "overlap": "codebook"}),
    "labels": _Measure(_labels, LABELS, {"targets": ACTORS}),
    "tone": _Measure(_tone, TONE, {}),
    "credits": _Measure(_credits, CREDITS, {}),
    "origins": _Measure(_origins, ORIGINS, {}),
    "reuse": _Measure(_reuse, REUSE, {"window": "14D"}),
    "sources": _Measure(_sources, {**ATTRIBUTIONS, **TYPED}, {}),
    "flow": _Measure(_flow, FLOW, {"window": "36h"}),
    "topicality": _Measure(_topicality, TOPICALITY, {}),
    "stories": _Measure(_stories, GROUPED, {}),
}


def measure(corpus: Corpus, name: str, **settings: Any) -> pd.DataFrame:
    """Evidence of a corpus, whether it holds the texts or only what was measured on them.

    Parameters
    ----------
    corpus : Corpus
        With texts, or dehydrated.
    name : {"frames", "labels", "tone", "credits", "origins", "reuse", "sources", "flow", \
            "topicality", "stories"}
        Which measure: `find_frames`, `find_labels`, `score_tone`, `find_credits`, `find_origins`,
        `find_reuse`, `source_type` of `find_attributions`, `news_flow`, `score_topicality` or
        `group_stories` (which every figure goes by).
    **settings
        `codebook` and `overlap` of frames, `targets` of labels (`labels.ACTORS` unless given),
        `window` of reuse and of flow; otherwise their defaults.

    Returns
    -------
    DataFrame
        What that function returns. `attrs["basis"]` says what it was measured on: "full text",
        "headlines and excerpts", "stored measures" or "headlines only". Of stored evidence the
        passages are not shown; `match` then holds the term or cue.

    Raises
    ------
    ChoiceError
        If there is no such measure or setting.

    Examples
    --------
    >>> from coverage_research import load_sample, measure
    >>> measure(load_sample(), "credits")["credited"].tolist()
    ['wsj.com']
    """
    if name not in MEASURES:
        raise ChoiceError(f"no measure {name!r}; there are {', '.join(MEASURES)}")
    kind = MEASURES[name]
    unknown = set(settings) - set(kind.settings)
    if unknown:
        known = ", ".join(kind.settings) or "none"
        raise ChoiceError(
            f"measure {name!r} has no setting {', '.join(sorted(unknown))}; it has {known}"
        )
    chosen = {**kind.settings, **settings}
    if has_text(corpus.articles):
        table = kind.find(corpus, **chosen)
        bodies = corpus.articles["body"].notna().any()
        table.attrs["basis"] = "full text" if bodies else "headlines and excerpts"
        return table
    stored = corpus.measures.get(name)
    if stored is not None and stored.attrs.get("settings") == _stamp(chosen):
        table = conform(stored, kind.columns)[list(kind.columns)]
        blank = [name for name in _BLANK if name in table.columns]
        table[blank] = table[blank].fillna("")
        table.attrs.pop("settings", None)
        table.attrs["basis"] = "stored measures"
        return carry(table, corpus.articles)
    table = kind.find(corpus, **chosen)
    table.attrs["basis"] = "headlines only"
    return table


def _stamp(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they are stored: a codebook by its name and version."""
    stamped = dict(settings)
    if "codebook" in stamped:
        codebook = as_codebook(stamped["codebook"])
        stamped["codebook"] = f"{codebook.name} {codebook.version}"
    if "targets" in stamped:
        named = json.dumps(stamped["targets"], sort_keys=True, default=str)
        stamped["targets"] = hashlib.sha256(named.encode()).hexdigest()[:16]
    return stamped


def dehydrate(corpus: Corpus, to: str | os.PathLike[str]) -> Path:
    """Write a corpus without its texts.

    One file per story, in the format that `read_corpus` reads, without excerpts, bodies, images and
    unknown keys; beside them, in `measures/`, every measure of `MEASURES` as CSV with the settings
    that it was made with, and `texts.csv` with the hash of every text that was left out. Spans
    stay, passages of more than three words do not. Every article keeps its `article_id`: the record
    of one without an address states it, as `dehydratedId`, where it followed from what is left out.

    Parameters
    ----------
    corpus : Corpus
        With texts.
    to : path-like
        A folder, new or empty.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ReadError
        If the folder holds something already, the corpus holds no text to measure, or articles
        could not be known again in the copy, with their names; nothing is written then.
    """
    folder = expanded(to)
    if folder.is_dir() and any(folder.iterdir()):
        raise ReadError(
            f"{folder}: expected a new or empty folder, found files in it; name another or empty it"
        )
    if not has_text(corpus.articles):
        raise ReadError("the corpus holds no excerpt or body; measures would be of headlines only")
    citations = _citations(corpus)
    tables = {name: measure(corpus, name) for name in MEASURES}
    for name, table in tables.items():
        write_csv(_unquoted(table), folder / MEASURES_FOLDER / f"{name}.csv")
        settings = {"settings": _stamp(MEASURES[name].settings), "coverage_research": __version__}
        write_text(
            folder / MEASURES_FOLDER / f"{name}.json",
            json.dumps(settings, indent=2, sort_keys=True) + "\n",
        )
    write_csv(text_hashes(corpus), folder / MEASURES_FOLDER / "texts.csv")
    for name, text in citations.items():
        write_text(folder / name, text)
    return folder


def _citations(corpus: Corpus) -> dict[str, str]:
    """The files of citations, checked to hold each article under its identifier."""
    files = {}
    read: set[str] = set()
    for story_id, listed in corpus.coverage.groupby("story_id", sort=True):
        name = f"{story_id}.md"
        files[name] = article_text(_citation(corpus, listed))
        rows = read_rows(files[name].encode("utf-8"), name)
        read.update(row[0] for row in (rows.records if rows else ()))
    articles = corpus.articles
    lost = articles[~articles["article_id"].isin(read)]
    if len(lost):
        named = lost["title"].fillna(lost["url"]).fillna(lost["article_id"])
        shown = "; ".join(shorten(name, 60) for name in named.head(_MOST_NAMED))
        more = f"; and {len(lost) - _MOST_NAMED:,} more" if len(lost) > _MOST_NAMED else ""
        raise ReadError(
            f"expected every article under the same article_id in the copy; found {len(lost):,} of "
            f"{len(articles):,} that would be missing or go by another: {shown}{more}. Give them "
            "an address (webUrl), or list them in a story."
        )
    return files


def _unquoted(table: pd.DataFrame) -> pd.DataFrame:
    """Evidence without passages: matches of more than a few words give way to the term or cue."""
    if "match" not in table.columns:
        return table
    names = ("term", "cue", "name", "label")
    instead = next((table[name] for name in names if name in table.columns), "")
    in_text = table["field"] != "title"
    result = table.assign(match=table["match"].mask(_is_long(table["match"]) & in_text, instead))
    for name in ("mention", "source", "cue"):
        if name in table.columns:
            result[name] = table[name].mask(_is_long(table[name]).fillna(value=False) & in_text)
    result.attrs.update(table.attrs)
    return result


def _is_long(passages: pd.Series) -> pd.Series:
    return passages.str.count(r"\S+") > MAX_QUOTED_WORDS


def text_hashes(corpus: Corpus) -> pd.DataFrame:
    """Every excerpt and body of a corpus by its hash.

    Returns
    -------
    DataFrame
        `article_id`, `field`, `sha256` of the UTF-8 text, `n_chars`, `n_words`.
    """
    rows = [
        (article_id, field, _sha256(text), len(text), len(words(text)))
        for field in _TEXTS
        for article_id, text in corpus.articles[["article_id", field]]
        .dropna()
        .itertuples(index=False)
    ]
    return from_rows(rows, TEXTS).sort_values(["article_id", "field"], ignore_index=True)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_CITED: Final = (
    "title published_at published_precision url original_url amp_url cdn_amp_url provider_name "
    "provider_domain type category quality heat is_published"
).split()


def _citation(corpus: Corpus, listed: pd.DataFrame) -> Article:
    """A story's record: its lead with its related coverage, citations only."""
    articles = corpus.articles.set_index("article_id")
    topics = corpus.topics.sort_values("position").groupby("article_id")["topic"].agg(tuple)

    def cite(article_id: str, *, lead: bool) -> Article:
        row = articles.loc[article_id]
        values: dict[str, Any] = {
            name: None if pd.isna(row[name]) else row[name] for name in _CITED
        }
        for name in ("quality", "heat"):
            values[name] = None if values[name] is None else int(values[name])
        if values["published_at"] is not None:
            values["published_at"] = values["published_at"].to_pydatetime()
        if values["is_published"] is not None:
            values["is_published"] = bool(values["is_published"])
        article = Article(**values, topics=topics.get(article_id, ()) if lead else ())
        return _identified(article, article_id)

    ordered = listed.sort_values("position", kind="stable")["article_id"].tolist()
    lead, *others = ordered
    related = tuple(cite(article_id, lead=False) for article_id in others)
    return replace(cite(lead, lead=True), related=related or None)


def _identified(article: Article, article_id: str) -> Article:
    """A citation that states its identifier where that does not follow from what it says."""
    row = take_record(to_metadata(article), None, "", "", 0, [], [], [])
    if row is not None and row[0] == article_id:
        return article
    return replace(article, extra=json.dumps({IDENTITY_KEY: article_id}))


def hydrate(corpus: Corpus, texts: Corpus) -> Corpus:
    """Put a reader's own copy of the texts back into a dehydrated corpus.

    Parameters
    ----------
    corpus : Corpus
        Dehydrated: with the measure `texts`.
    texts : Corpus
        The reader's own records of the same articles.

    Returns
    -------
    Corpus
        With every text whose hash is that of the text which was measured. For each that is absent
        or differs, or whose article `corpus` lacks, `problems` has a row, and the corpus stays
        without it.

    Raises
    ------
    ReadError
        If `corpus` has no hashes to check against.
    """
    if "texts" not in corpus.measures:
        raise ReadError(
            "the corpus was not dehydrated: it has no hashes of the texts that it left out"
        )
    own = texts.articles.set_index("article_id")
    articles = corpus.articles.set_index("article_id")
    columns = {field: articles[field].copy() for field in _TEXTS}
    problems = []
    for article_id, field, sha256, *_ in corpus.measures["texts"][list(TEXTS)].itertuples(
        index=False
    ):
        if article_id not in articles.index:
            problems.append(_homeless(article_id, field, sha256))
            continue
        text = own[field].get(article_id)
        if isinstance(text, str) and _sha256(text) == sha256:
            columns[field].loc[article_id] = text
            continue
        absent = not isinstance(text, str)
        finding = Finding(
            "text_absent" if absent else "text_differs",
            "your copy lacks this text"
            if absent
            else "your copy of this text is another than the one that was measured",
            f"{field} with SHA-256 {sha256[:12]}...",
            "nothing" if absent else f"SHA-256 {_sha256(text)[:12]}...",
            "add the article to your copy"
            if absent
            else "it may have been updated; measures of it will differ",
            "warning",
            field,
        )
        problems.append(finding.at(str(articles["url"].get(article_id, article_id))))
    filled = articles.assign(**columns).reset_index()[list(corpus.articles.columns)]
    filled.attrs.update(corpus.articles.attrs)
    joined = pd.concat([corpus.problems, from_rows(problems, PROBLEMS.columns)], ignore_index=True)
    return replace(corpus, articles=filled, problems=joined)


def _homeless(article_id: str, field: str, sha256: str) -> Problem:
    """The row of `problems` for a text whose article is not in the corpus."""
    return Finding(
        "text_without_article",
        "the article of this text is not in the dehydrated records; the text was not put back",
        f"an article {article_id} for {field} with SHA-256 {sha256[:12]}...",
        "nothing",
        "get the file of its story again, or dehydrate the texts anew",
        "warning",
        field,
    ).at(article_id)
