"""Origins: where an article came from, by the marks that others left in it.

Only what an article shows of itself is found here. A mark says where a text came from; that there
is none shows nothing, since desks take marks off.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pandas as pd  # noqa: TC002  (the examples use it)

from coverage_research.credits import find_credits
from coverage_research.origin_marks import image_marks, marks_in
from coverage_research.outlet_names import Names, each_text, known_names
from coverage_research.schema import COUNT, SPAN, TEXT, carry, from_rows, require_columns
from coverage_research.text import sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGINS: Final[Mapping[str, str]] = {**SPAN, "origin": TEXT, "name": TEXT}
ORIGIN_SCORES: Final[Mapping[str, str]] = {
    "article_id": TEXT,
    "origin": TEXT,
    "name": TEXT,
    "n_marks": COUNT,
    "rule": TEXT,
    "confidence": TEXT,
    "evidence": TEXT,
}
#: What `score_origin` may say, the first that holds.
KINDS: Final = ("press_release", "agency", "syndicated", "copy", "own", "rewrite", "unknown")


def find_origins(
    articles: pd.DataFrame,
    outlets: pd.DataFrame | None = None,
    *,
    images: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find the marks that say where an article came from.

    - `press_release`: the marks of release services (`PRNewswire/ --`, `(GLOBE NEWSWIRE) --`),
      their sites and sections, sections such as `/press-releases/`, images on their servers;
    - `agency`: a dateline (`CITY, May 4 (Reuters) -`, `(AP)`), a byline (`By Jane Roe, Associated
      Press`), a signature (`- Xinhua`, `(Reporting by ...; Editing by ...)`, `Copyright ... AP`),
      a section such as `/reuters/`;
    - `syndicated`: a note (`This article was originally published on X`, `Republished with
      permission`, `Content provided by X`, `Read the original article on X`), a byline of another
      outlet, a section such as `/syndicated/`, an image of the article on another outlet's server;
    - `own`: the outlet names itself (`told X`, `X has learned`, `seen by X`, its dateline) or its
      staff.

    An outlet that is no agency counts as one where its name stands in the parenthesis of a
    dateline. No marks are: names of an agency in its own articles, images of news agencies or of an
    outlet of the same house (bought and shared for any text), picture credits, and sections that
    hold reports and releases alike (`/news/stocks/`).

    Parameters
    ----------
    articles : DataFrame
        With article_id; outlet, excerpt, body, url and author (the byline) if there are any.
    outlets : DataFrame, optional
        As in `find_credits`.
    images : DataFrame, optional
        With article_id, kind and host, as in a corpus.

    Returns
    -------
    DataFrame with one row per mark, by article: article_id, field (excerpt, body, author, url or
    image), start, end, match (``text[start:end]``; of an address all of it, of an image its host),
    origin and name (of whom; `unnamed` where a mark names nobody). A mark in both excerpt and body
    gives a row each.

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Boumans, J., Trilling, D., Vliegenthart, R. & Boomgaarden, H. (2018). The agency makes the
    (online) news world go round. *International Journal of Communication* 12, 1768-1789.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {"article_id": ["a"], "excerpt": ["OSLO, May 4 (Reuters) - A plant opened."]}
    ... )
    >>> find_origins(articles)[["origin", "name", "match"]].values.tolist()
    [['agency', 'Reuters', '(Reuters) -']]
    """
    require_columns(articles, ("article_id",), "articles")
    names = known_names() if outlets is None else Names(outlets)
    rows: list[tuple[object, ...]] = []
    for article, outlet, field, text in each_text(articles, ("excerpt", "body", "author", "url")):
        for start, end, origin, name in marks_in(text, field, outlet, names):
            rows.append((article, field, start, end, text[start:end], origin, name))
    if images is not None:
        rows += image_marks(articles, images, names)
    found = from_rows(rows, ORIGINS)
    if images is not None and len(found):
        place = dict.fromkeys(articles["article_id"].astype("str"))
        order = {article: number for number, article in enumerate(place)}
        found = found.sort_values(
            "article_id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True
        )
    return carry(found, articles)


#: How far a mark goes: a text says so itself, or only what lies around it.
_CONFIDENCE: Final[Mapping[str, str]] = {
    "text": "high",
    "author": "high",
    "url": "medium",
    "image": "low",
    "copy": "medium",
    "own words": "medium",
    "early credit": "medium",
    "one source": "low",
    "no mark": "none",
}
#: A rewrite names its source in the headline or within so many sentences ...
_EARLY: Final = 2
#: ... or so many times, and nobody else.
_MANY: Final = 3
#: From this share of a text on, it is that of another article (as in `independent`).
_COPIED: Final = 0.5


def score_origin(
    articles: pd.DataFrame,
    *,
    outlets: pd.DataFrame | None = None,
    images: pd.DataFrame | None = None,
    credits: pd.DataFrame | None = None,
    origins: pd.DataFrame | None = None,
    reuse: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say of each article where it came from, by the first of these that holds.

    ======================  =============================================================
    origin                  because
    ======================  =============================================================
    `press_release`         a mark of a release service or section
    `agency`                a dateline, byline, signature or section of an agency
    `syndicated`            a note, byline, section or image of another outlet
    `copy`                  half of its words stand in an earlier article of another outlet; if
                            that bears a mark of an agency or release, so does this
    `own`                   the outlet says that it was told, saw or learned something
    `rewrite`               it credits another outlet in the headline or the first two sentences,
                            or one outlet three times and no other
    `unknown`               there is no mark; that shows nothing
    ======================  =============================================================

    Own reporting and a credit do not exclude each other; `own` then stands with low confidence.

    Parameters
    ----------
    articles : DataFrame
        With article_id, outlet and what `find_origins` and `find_credits` look at.
    outlets, images : DataFrame, optional
        As in `find_origins`.
    credits, origins : DataFrame, optional
        From `find_credits` and `find_origins`, as `measure` gives them of corpora without text;
        found here unless given.
    reuse : DataFrame, optional
        From `find_reuse`. Without it nothing is a `copy`.

    Returns
    -------
    DataFrame with one row per article in their order: article_id, origin, name (of whom; missing
    for unknown), n_marks (marks, pairs or credits that say so), rule (text, author, url, image,
    copy, own words, early credit, one source, no mark), confidence (high, medium, low, none: how
    far that kind of mark can be trusted, not a probability), evidence (the first of them).

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Lewis, J., Williams, A. & Franklin, B. (2008). A compromised fourth estate? *Journalism Studies*
    9(1), 1-20 (how much of the news is agency copy and press releases).

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "title": ["A fab opens", "Fab delayed, according to Nikkei"],
    ...     }
    ... )
    >>> score_origin(articles)[["origin", "name", "rule", "confidence"]].values.tolist()
    [['unknown', nan, 'no mark', 'none'], ['rewrite', 'Nikkei', 'early credit', 'medium']]
    """
    require_columns(articles, ("article_id", "outlet"), "articles")
    if origins is None:
        origins = find_origins(articles, outlets, images=images)
    if credits is None:
        credits = find_credits(articles, outlets)
    found = _marks_by_article(origins)
    if reuse is not None:
        _add_copies(found, reuse, articles)
    _add_rewrites(found, credits, articles)
    rows = [_scored(article, found.get(article, {})) for article in articles["article_id"]]
    sources = [table for table in (articles, credits, origins, reuse) if table is not None]
    return carry(from_rows(rows, ORIGIN_SCORES), *sources)


#: By article and origin: rule, name and evidence of each sign.
_Signs = dict[str, dict[str, list[tuple[str, str, str]]]]
_RULES: Final = tuple(_CONFIDENCE)


def _marks_by_article(origins: pd.DataFrame) -> _Signs:
    require_columns(
        origins, ("article_id", "field", "match", "origin", "name"), "origins (from find_origins)"
    )
    found: _Signs = {}
    columns = (origins[name] for name in ("article_id", "field", "match", "origin", "name"))
    for article, field, match, origin, name in zip(*columns, strict=True):
        rule = field if field in ("author", "url", "image") else "text"
        if origin == "own":
            rule = "own words"
        sign = (rule, name, f"{field}: {match}")
        found.setdefault(article, {}).setdefault(origin, []).append(sign)
    return found


def _add_copies(found: _Signs, reuse: pd.DataFrame, articles: pd.DataFrame) -> None:
    needed = ("article_id", "other_id", "outlet", "other_outlet", "containment", "verdict")
    require_columns(reuse, needed, "reuse (from find_reuse)")
    names = articles["outlet_name"] if "outlet_name" in articles.columns else articles["outlet"]
    shown = dict(zip(articles["outlet"], names.fillna(articles["outlet"]), strict=True))
    copied = reuse[
        (reuse["containment"] >= _COPIED)
        & (reuse["outlet"] != reuse["other_outlet"])
        & reuse["verdict"].isin(["credited", "copy"])
    ].sort_values("containment", ascending=False, kind="stable")
    columns = ("article_id", "other_id", "other_outlet", "containment")
    copies = list(zip(*(copied[name] for name in columns), strict=True))
    marked = {other: _taken_over(found.get(other, {})) for _, other, *_ in copies}
    for article, other_id, other, share in copies:
        name = shown.get(other, other)
        told = f"{share:.0%} of its word shingles stand in an article of {name}"
        origin = "copy"
        mark = marked[other_id]
        if mark:
            # The earlier text is not its outlet's own either.
            origin, name = mark
            told += f" with the mark of {name}"
        found.setdefault(article, {}).setdefault(origin, []).append(("copy", name, told))


def _taken_over(signs: Mapping[str, list[tuple[str, str, str]]]) -> tuple[str, str] | None:
    """Origin and name of a text whose mark says in words that somebody else supplied it."""
    for origin in ("press_release", "agency"):
        for rule, name, _ in signs.get(origin, []):
            if rule in ("text", "author"):
                return origin, name
    return None


def _add_rewrites(found: _Signs, credits: pd.DataFrame, articles: pd.DataFrame) -> None:
    needed = ("article_id", "field", "start", "match", "credited_name")
    require_columns(credits, needed, "credits (from find_credits)")
    by_article: dict[str, list[tuple[str, int, str, str]]] = {}
    for article, *credit in zip(*(credits[name] for name in needed), strict=True):
        by_article.setdefault(article, []).append(tuple(credit))
    for row, article in enumerate(articles["article_id"]):
        held = by_article.get(article)
        if not held:
            continue
        ends = {
            field: _early_end(articles[field].iloc[row])
            for field in ("excerpt", "body")
            if field in articles.columns
        }
        early = [
            ("early credit", name, f"{field}: {match}")
            for field, start, match, name in held
            if field == "title" or start < ends.get(field, 0)
        ]
        many = [("one source", name, f"{field}: {match}") for field, _, match, name in held]
        one = len({name for *_, name in held}) == 1
        # The body repeats the excerpt, so that each field is counted by itself.
        fullest = max(Counter(field for field, *_ in held).values())
        if early or (one and fullest >= _MANY):
            found.setdefault(article, {})["rewrite"] = early or many


def _early_end(text: object) -> int:
    """Where the first sentences of a text end."""
    if not isinstance(text, str):
        return 0
    spans = sentences(text[:2000])
    return spans[min(_EARLY, len(spans)) - 1][1] if spans else 0


def _scored(article: str, signs: Mapping[str, list[tuple[str, str, str]]]) -> tuple[object, ...]:
    for origin in KINDS:
        held = sorted(signs.get(origin, []), key=lambda sign: _RULES.index(sign[0]))
        if held:
            rule, name, evidence = held[0]
            confidence = _CONFIDENCE[rule]
            if origin == "own" and "rewrite" in signs:
                confidence = "low"
                evidence += f"; but {signs['rewrite'][0][2]}"
            return article, origin, name, len(held), rule, confidence, evidence
    return article, "unknown", None, 0, "no mark", _CONFIDENCE["no mark"], ""
