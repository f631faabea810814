"""What a corpus cannot carry: the first table to look at, before any analysis.

Each check looks at one property of the tables and, if it finds anything, gives one row that names
the analyses which it weakens and what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd

from coverage_research import identity
from coverage_research.schema import FINDINGS, carry, from_rows
from coverage_research.stories import score_topicality, story_clusters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from coverage_research.corpus import Corpus

_FRAMING: Final = "framing"
_SOURCING: Final = "sourcing"
_TIMELINE: Final = "timeline"
_ALL: Final = "framing, sourcing, timeline"

#: Fewer clusters of stories than this give no interval; see `statistics`.
FEW_STORIES: Final = 5


class _Finding(NamedTuple):
    check: str
    severity: str
    units: pd.Series
    of: int
    unit: str
    weakens: str
    advice: str


def audit(corpus: Corpus) -> pd.DataFrame:
    """Everything about a corpus that weakens an analysis.

    Parameters
    ----------
    corpus : Corpus
        As `read_corpus` gives it.

    Returns
    -------
    DataFrame
        One row per finding, the gravest first: `check`, `severity` (error, warning, info), `n`
        units `of` those looked at and their `share` (0 to 1), `unit`, up to three `examples`, the
        analyses that it `weakens`, and `advice`. Empty where nothing was found.

    Examples
    --------
    >>> from coverage_research import audit, load_demo
    >>> audit(load_demo()).set_index("check").loc["day_only", ["n", "of"]].tolist()
    [6, 54]
    """
    rows = []
    for check in _CHECKS:
        for found in check(corpus):
            n = len(found.units)
            if n == 0:
                continue
            examples = "; ".join(str(value) for value in found.units.head(3))
            rows.append(
                (
                    found.check,
                    found.severity,
                    n,
                    found.of,
                    n / found.of if found.of else float("nan"),
                    found.unit,
                    examples,
                    found.weakens,
                    found.advice,
                )
            )
    table = from_rows(rows, FINDINGS.columns)
    grave = table["severity"].map({"error": 0, "warning": 1, "info": 2})
    table = table.iloc[grave.argsort(kind="stable")].reset_index(drop=True)
    return carry(table, corpus.articles)


def _several(articles: pd.DataFrame, key: str, value: str) -> pd.Series:
    """Keys that stand with several values, with these: 'key: one / other'."""
    pairs = articles[[key, value]].dropna().drop_duplicates().sort_values([key, value])
    pairs = pairs[pairs.duplicated(key, keep=False)]
    joined = pairs.groupby(key)[value].agg(" / ".join)
    return (joined.index.to_series() + ": " + joined).reset_index(drop=True)


def _named(articles: pd.DataFrame) -> pd.Series:
    """How an example names an article."""
    title = articles["title"].fillna(articles["url"]).fillna(articles["article_id"])
    outlet = articles["outlet_name"].fillna("unknown outlet")
    return outlet + ": " + title.str.slice(0, 60)


def _file_problems(corpus: Corpus) -> Iterator[_Finding]:
    problems = corpus.problems
    tables = (corpus.articles, corpus.coverage, problems[problems["severity"] != "info"])
    named = pd.concat([table["source_path"] for table in tables])
    # A file may leave no trace in the tables: what it says may stand in a fuller record.
    n_files = max(corpus.n_files, named.nunique())
    advice = {
        "error": "read `problems` and correct the files: values or whole files are not used",
        "warning": "read `problems`: values are used but doubtful",
    }
    for severity, text in advice.items():
        files = problems.loc[problems["severity"] == severity, "source_path"].drop_duplicates()
        yield _Finding(f"file_{severity}s", severity, files, n_files, "files", _ALL, text)


def _times(corpus: Corpus) -> Iterator[_Finding]:
    articles = corpus.articles
    n = len(articles)
    names = _named(articles)
    stamps = articles["published_at"]
    precision = articles["published_precision"]
    yield _Finding(
        "no_time",
        "warning",
        names[stamps.isna()],
        n,
        "articles",
        _TIMELINE,
        "they are left out of lags; find the time or say how many are missing",
    )
    yield _Finding(
        "day_only",
        "warning",
        names[precision == "day"],
        n,
        "articles",
        f"{_TIMELINE}, {_SOURCING}",
        "lags become intervals of a day; do not read an order of minutes from them",
    )
    midnight = (precision == "minute") & (stamps == stamps.dt.normalize())
    yield _Finding(
        "midnight",
        "info",
        names[midnight],
        n,
        "articles",
        _TIMELINE,
        "00:00 sharp is often a date to which a time was added; check a few by hand",
    )
    named = pd.Series(map(_day_in, articles["url"]), index=articles.index, dtype="str")
    differs = named.notna() & stamps.notna() & (named != stamps.dt.strftime("%Y-%m-%d"))
    yield _Finding(
        "url_date",
        "warning",
        names[differs],
        n,
        "articles",
        _TIMELINE,
        "the address names another day than the stamp: local time, an update, or the "
        "aggregator's time; lags are uncertain by a day or more",
    )
    late = stamps > pd.Timestamp.now("UTC") + pd.Timedelta(days=1)
    yield _Finding(
        "future",
        "warning",
        names[late],
        n,
        "articles",
        _TIMELINE,
        "the stamp lies in the future; correct it",
    )


def _day_in(url: object) -> str | None:
    day = identity.url_date(url) if isinstance(url, str) else None
    return day.isoformat() if day else None


def _texts(corpus: Corpus) -> Iterator[_Finding]:
    articles = corpus.articles
    n = len(articles)
    names = _named(articles)
    without = articles["excerpt"].isna() & articles["body"].isna()
    measured = bool(corpus.measures)
    yield _Finding(
        "headline_only",
        "info" if measured else "warning",
        names[without],
        n,
        "articles",
        f"{_FRAMING}, {_SOURCING}",
        "their text is not included; what was measured on it is"
        if measured
        else "frames and credits are looked for in the headline alone; do not compare them with "
        "articles that have text",
    )
    yield _Finding(
        "no_body",
        "info",
        names[articles["body"].isna() & articles["excerpt"].notna()],
        n,
        "articles",
        f"{_FRAMING}, {_SOURCING}",
        "only the aggregator's excerpt is known: absence of a frame or credit is no finding",
    )
    excerpt = articles["excerpt"].str.rstrip()
    cut = (
        excerpt.notna()
        & articles["body"].isna()
        & ~excerpt.str.contains(r"(?<!\.\.)[.!?][\"'\u201d\u2019)]*$", na=False)
    )
    yield _Finding(
        "cut_excerpt",
        "warning",
        names[cut],
        n,
        "articles",
        f"{_SOURCING}, {_FRAMING}",
        "the excerpt breaks off: a credit or source may stand in the part that is missing",
    )
    text = articles["body"].fillna(articles["excerpt"])
    odd = (text.str.count("[\u201c\u201d]").mod(2) == 1) | (text.str.count('"').mod(2) == 1)
    yield _Finding(
        "odd_quotes",
        "info",
        names[odd.fillna(False).astype(bool)],
        n,
        "articles",
        _SOURCING,
        "a quotation opens or closes in the part that is missing",
    )


def _identity(corpus: Corpus) -> Iterator[_Finding]:
    articles = corpus.articles
    n = len(articles)
    names = _named(articles)
    yield _Finding(
        "no_url",
        "warning",
        names[articles["canonical_url"].isna()],
        n,
        "articles",
        _ALL,
        "known by outlet, title and time only; the same article elsewhere may count twice",
    )
    yield _Finding(
        "no_outlet",
        "warning",
        names[articles["outlet"].isna()],
        n,
        "articles",
        _ALL,
        "outlets cannot be told apart: frames, sources and tone count them together, in a row "
        "(none); add provider.domain or webUrl",
    )
    n_outlets = len(corpus.outlets)
    yield _Finding(
        "several_names",
        "info",
        _several(articles, "outlet", "provider_name"),
        n_outlets,
        "outlets",
        _SOURCING,
        "one outlet under several names; all count as one, by its domain",
    )
    yield _Finding(
        "several_domains",
        "warning",
        _several(articles, "provider_name", "outlet"),
        n_outlets,
        "outlets",
        _ALL,
        "one name on several domains; they count as several outlets",
    )
    repeated = articles["title"].str.casefold().duplicated(keep=False) & articles["title"].notna()
    yield _Finding(
        "same_headline",
        "info",
        names[repeated],
        n,
        "articles",
        f"{_SOURCING}, {_FRAMING}",
        "the same headline at several addresses: a copy, a syndicated text, or one article twice",
    )
    yield _foreign_images(corpus)


def _foreign_images(corpus: Corpus) -> _Finding:
    images = corpus.images[corpus.images["kind"] == "article"].dropna(subset=["host"])
    images = images.merge(
        corpus.articles[["article_id", "outlet", "outlet_name", "title"]], on="article_id"
    )
    maker = images["host"].map(identity.registered_domain)
    known = set(identity.known_outlets()) | set(corpus.outlets["outlet"])
    foreign = images[(maker != images["outlet"]) & maker.isin(known)].drop_duplicates("article_id")
    shown = (
        foreign["outlet_name"].fillna("unknown outlet")
        + " with an image of "
        + foreign["host"].map(identity.registered_domain)
    )
    return _Finding(
        "foreign_image",
        "info",
        shown,
        len(corpus.articles),
        "articles",
        _SOURCING,
        "the image lies with another outlet, which may be where the text came from",
    )


def _stories(corpus: Corpus) -> Iterator[_Finding]:
    coverage, articles = corpus.coverage, corpus.articles
    if coverage.empty:
        return
    names = _named(articles).set_axis(articles["article_id"])
    sizes = coverage.groupby("story_id")["article_id"].size()
    leads = coverage[coverage["role"] == "lead"].set_index("story_id")["article_id"]
    alone = sizes.index[sizes == 1]
    yield _Finding(
        "single_article",
        "info",
        names.reindex(leads.reindex(alone)).reset_index(drop=True),
        len(sizes),
        "lists",
        f"{_TIMELINE}, {_SOURCING}",
        "these lists name one article: no coverage is listed that could follow, copy or credit it",
    )
    clusters = story_clusters(coverage)
    with_cluster = coverage.merge(clusters, on="article_id")
    per_cluster = with_cluster.groupby("cluster")["story_id"].nunique()
    shared = with_cluster[with_cluster["cluster"].isin(per_cluster.index[per_cluster > 1])]
    stories = shared["story_id"].drop_duplicates()
    yield _Finding(
        "shared_stories",
        "warning",
        names.reindex(leads.reindex(stories)).reset_index(drop=True),
        len(sizes),
        "lists",
        _ALL,
        f"these list the same articles and are {int((per_cluster > 1).sum())} independent "
        f"cluster(s), not {len(stories)} stories; articles count once, bootstraps draw clusters",
    )
    n_clusters = len(per_cluster)
    if n_clusters < FEW_STORIES:
        yield _Finding(
            "few_stories",
            "warning",
            names.reindex(leads).reset_index(drop=True).head(n_clusters),
            n_clusters,
            "stories",
            _ALL,
            f"fewer than {FEW_STORIES} independent stories: nothing generalises beyond them and "
            "no interval is given",
        )
    yield from _off_topic(corpus, names)


def _off_topic(corpus: Corpus, names: pd.Series) -> Iterator[_Finding]:
    topicality = corpus.measures.get("topicality")
    if topicality is None or corpus.articles["excerpt"].notna().any():
        topicality = score_topicality(corpus.articles, corpus.coverage)
    related = corpus.coverage[corpus.coverage["role"] == "related"]
    off = topicality.loc[~topicality["on_topic"].astype(bool), ["story_id", "article_id"]]
    off = related.merge(off, on=["story_id", "article_id"])
    yield _Finding(
        "off_topic",
        "warning",
        names.reindex(off["article_id"]).reset_index(drop=True),
        len(related),
        "listings",
        _ALL,
        "listed as related but apart from the story's other items; `keep_on_topic` leaves them "
        "out, look at them first",
    )


_CHECKS: Final[tuple[Callable[[Corpus], Iterator[_Finding]], ...]] = (
    _file_problems,
    _times,
    _texts,
    _identity,
    _stories,
)
