"""What is copied from whom: runs of words that two outlets share, and what they may mean.

A shared passage does not say which way it went. Each pair therefore has a verdict that is no
stronger than its evidence (stamps, credits, agency marks, length of the passage) and the rival
explanation that the evidence leaves open.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    REAL,
    TEXT,
    carry,
    conform,
    empty,
    from_rows,
    plain,
    require_columns,
)
from coverage_research.statistics import LEVEL, N_BOOT, ratio_intervals
from coverage_research.stories import content_stems, story_clusters
from coverage_research.text import running_field, running_text, tokens
from coverage_research.timeline import outlet_names, time_bounds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

REUSE: Final[Mapping[str, str]] = {
    "article_id": TEXT,
    "other_id": TEXT,
    "outlet": TEXT,
    "other_outlet": TEXT,
    "lag_hours": REAL,
    "lag_low": REAL,
    "lag_high": REAL,
    "n_words": COUNT,
    "shared_words": COUNT,
    "containment": REAL,
    "jaccard": REAL,
    "field": TEXT,
    "start": COUNT,
    "end": COUNT,
    "verdict": TEXT,
    "rival": TEXT,
}
SHARES: Final[Mapping[str, str]] = {
    "outlet": TEXT,
    "outlet_name": TEXT,
    "other_outlet": TEXT,
    "other_name": TEXT,
    "verdict": TEXT,
    "k": COUNT,
    **ESTIMATE,
}

VERDICTS: Final = ("credited", "copy", "common_source", "simultaneous", "undecided")
#: Two stamps closer than this say nothing about who read whom: both may be updates or feeds.
SIMULTANEOUS_HOURS: Final = 0.25
#: From this share of the later text on, a shared passage is the text rather than part of it.
COPY_CONTAINMENT: Final = 0.5

_RIVALS: Final[Mapping[str, str]] = {
    "credited": (
        "The credit names the outlet and not this article: another report of that outlet may be "
        "meant."
    ),
    "copy": "Both may have taken the passage from a third text that neither of them names.",
    "common_source": (
        "One may still have taken the text from the other rather than from the source that both "
        "name."
    ),
    "simultaneous": (
        "The stamps do not tell who came first: either may have copied, or both share a source."
    ),
    "undecided": "A quotation or a set phrase that both use would look the same.",
}

_HOUR: Final = 3_600_000_000
_MULTIPLIER: Final = 0x9E3779B97F4A7C15
_PAIRS_HELD: Final = 4_000_000


def containment(a: Collection[Any], b: Collection[Any]) -> float:
    """Share of the distinct elements of `b` that `a` has too; 0 where `b` is empty.

    Examples
    --------
    >>> round(containment({1, 2, 3, 4}, {3, 4, 5}), 4)
    0.6667
    """
    inner, outer = set(a), set(b)
    return len(inner & outer) / len(outer) if outer else 0.0


def jaccard(a: Collection[Any], b: Collection[Any], *, bag: bool = False) -> float:
    """Jaccard similarity of two sets, or of two bags; 0 where both are empty.

    Parameters
    ----------
    a, b : collection of hashable
        Elements, repeated ones counting once unless `bag`.
    bag : bool
        Count repetitions: common elements over all elements of both, so at most 1/2.

    References
    ----------
    Jaccard, P. (1912). The distribution of the flora in the alpine zone. *New Phytologist* 11(2).
    Leskovec, J., Rajaraman, A. & Ullman, J. D. (2014). *Mining of Massive Datasets*, 3.1.

    Examples
    --------
    >>> jaccard({1, 2, 3}, {2, 3, 4})
    0.5
    >>> round(jaccard("aaab", "aabbc", bag=True), 4)
    0.3333
    """
    if bag:
        common = sum((Counter(a) & Counter(b)).values())
        return common / (len(a) + len(b)) if len(a) + len(b) else 0.0
    first, second = set(a), set(b)
    return len(first & second) / len(first | second) if first | second else 0.0


def find_reuse(
    articles: pd.DataFrame,
    *,
    credits: pd.DataFrame | None = None,
    origins: pd.DataFrame | None = None,
    coverage: pd.DataFrame | None = None,
    window: str | pd.Timedelta = "14D",
    min_run: int = 8,
    size: int = 5,
) -> pd.DataFrame:
    """Find pairs of articles of two outlets where the later repeats or credits the earlier.

    A pair is listed if both share at least `min_run` neighbouring words in headline or running
    text within the window; and, where `coverage` is given, if the later credits the outlet of an
    article that appeared earlier in the same story (of several, the most similar one), even
    without a shared word. Pairs within an outlet are left out, and so are articles without a time.

    The verdict is the first that holds:

    - ``credited``: the later one credits the outlet of the earlier one, by name or by the agency
      mark of its dateline;
    - ``common_source``: both carry the same agency or press-release mark;
    - ``simultaneous``: the lag may be 0 or is below 15 minutes;
    - ``copy``: the share of the later text found in the earlier one is at least one half;
    - ``undecided``: otherwise.

    Parameters
    ----------
    articles : DataFrame
        With article_id, outlet, title, published_at, published_precision; excerpt and body if any.
    credits : DataFrame, optional
        From `find_credits`. Without it no pair is ``credited`` by name.
    origins : DataFrame, optional
        From `find_origins`. Without it no pair is ``common_source``.
    coverage : DataFrame, optional
        With story_id and article_id; for credits without a shared passage.
    window : str or Timedelta
        Longest lag between the two.
    min_run : int
        Shortest shared run, in words. 8 suits headlines and excerpts; whole bodies share set
        phrases of that length by chance, which come out as ``undecided``: take 12 or more there.
    size : int
        Words in a shingle, for containment and Jaccard.

    Returns
    -------
    DataFrame with one row per pair, by later and earlier article: article_id (the later), other_id
    (the earlier), outlet, other_outlet; lag_low, lag_high (hours; they differ where a stamp gives
    only the day) and lag_hours (missing where they differ); n_words (of the later), shared_words
    (those in shared shingles), containment (share of the later's shingles that the earlier has),
    jaccard; field, start, end (longest shared run of at least `size` words in the later article,
    else '', 0, 0); verdict; rival (what else the evidence allows).

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        If `min_run` or `size` is below 1.

    References
    ----------
    Broder, A. Z. (1997). On the resemblance and containment of documents. *Proc. Compression and
    Complexity of Sequences*, 21-29.
    Welbers, K., van Atteveldt, W., Kleinnijenhuis, J. & Ruigrok, N. (2018). A gatekeeper among
    gatekeepers. *Journalism Studies* 19(3), 315-333 (matches inside a lag window).

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "title": ["The quiet fab on the hill makes its very first chip", "Fab starts"],
    ...         "excerpt": [None, "The quiet fab on the hill makes its very first chip"],
    ...         "published_at": pd.to_datetime(["2030-01-01 08:00", "2030-01-01 09:30"], utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> find_reuse(articles)[["article_id", "other_id", "lag_hours", "field", "end", "verdict"]]
      article_id other_id  lag_hours    field  end verdict
    0          b        a        1.5  excerpt   51    copy
    """
    if min_run < 1 or size < 1:
        raise ValueError(f"min_run and size: expected at least 1; found {min_run} and {size}")
    require_columns(
        articles,
        ("article_id", "outlet", "title", "published_at", "published_precision"),
        "articles",
    )
    sources = [table for table in (articles, credits, origins, coverage) if table is not None]
    dated = articles[articles["published_at"].notna()].drop_duplicates("article_id")
    if len(dated) < 2:
        return carry(empty(REUSE), *sources)
    dated_texts = _Texts(dated, credits, origins)
    limit = pd.Timedelta(window) // pd.Timedelta(microseconds=1)
    pairs = _shared_runs(dated_texts, limit, min_run)
    if credits is not None and coverage is not None:
        pairs |= set(_credited_in_story(dated_texts, coverage, limit, pairs))
    found = from_rows([_describe(dated_texts, *pair, size=size) for pair in sorted(pairs)], REUSE)
    found = found.sort_values(["article_id", "other_id"], kind="stable", ignore_index=True)
    return carry(found, *sources)


class _Texts:
    """Dated articles in the order of time: their words as numbers, stamps, credits and marks."""

    def __init__(
        self, articles: pd.DataFrame, credited: pd.DataFrame | None, origins: pd.DataFrame | None
    ) -> None:
        low, high = time_bounds(articles)
        order = np.lexsort((articles["article_id"], high, low))
        articles = articles.iloc[order].reset_index(drop=True)
        self.low, self.high = low[order], high[order]
        self.ids = articles["article_id"].astype("str").tolist()
        self.outlets = articles["outlet"].astype("str").tolist()
        self.rows = {identifier: row for row, identifier in enumerate(self.ids)}
        self.named, self.marks = self._sources(articles, credited, origins)
        columns = {"title": TEXT, "excerpt": TEXT, "body": TEXT}
        texts = conform(articles[articles.columns.intersection(list(columns))], columns)
        self.title = texts["title"].fillna("").tolist()
        self.text = running_text(texts).fillna("").tolist()
        self.field = running_field(texts).tolist()
        number: dict[str, int] = {}
        codes: list[int] = []
        starts = [0]
        self.in_title = []
        for title, text in zip(self.title, self.text, strict=True):
            head = [number.setdefault(token.form, len(number) + 1) for token in tokens(title)]
            rest = [number.setdefault(token.form, len(number) + 1) for token in tokens(text)]
            codes += [*head, 0, *rest, 0]  # 0: no run reaches across
            starts.append(len(codes))
            self.in_title.append(len(head))
        self.codes = np.array(codes, dtype=np.uint64)
        self.starts = np.array(starts)

    def _sources(
        self,
        articles: pd.DataFrame,
        credited: pd.DataFrame | None,
        origins: pd.DataFrame | None,
    ) -> tuple[list[set[str]], list[set[str]]]:
        """Outlets that each article credits, by name or by an agency's mark; and its marks."""
        named: list[set[str]] = [set() for _ in self.ids]
        marks: list[set[str]] = [set() for _ in self.ids]
        if credited is not None:
            require_columns(credited, ("article_id", "credited"), "credits (from find_credits)")
            for article, outlet in zip(credited["article_id"], credited["credited"], strict=True):
                if article in self.rows:
                    named[self.rows[article]].add(outlet)
        if origins is not None:
            require_columns(origins, ("article_id", "name"), "origins (from find_origins)")
            holders: dict[str, set[str]] = {}
            if "outlet_name" in articles.columns:
                for name, outlet in zip(articles["outlet_name"], self.outlets, strict=True):
                    holders.setdefault(name, set()).add(outlet)
            for article, name in zip(origins["article_id"], origins["name"], strict=True):
                if article in self.rows:
                    marks[self.rows[article]].add(name)
                    named[self.rows[article]] |= holders.get(name, set())
        return named, marks

    def hashes(self, size: int) -> tuple[Any, Any]:
        """Give hashes of all runs of `size` words, and where they begin."""
        n = len(self.codes) - size + 1
        if n < 1:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        value = np.zeros(n, dtype=np.uint64)
        whole = np.ones(n, dtype=bool)
        for offset in range(size):
            part = self.codes[offset : offset + n]
            value = (value ^ part) * np.uint64(_MULTIPLIER)
            value ^= value >> np.uint64(29)
            whole &= part > 0
        return value[whole], np.flatnonzero(whole)

    def words(self, row: int) -> list[int]:
        """Give the words of one article as numbers, with a 0 behind headline and text."""
        numbers: list[int] = self.codes[self.starts[row] : self.starts[row + 1]].tolist()
        return numbers

    def stems(self, row: int) -> set[str]:
        """Give the stems of the content words of one article."""
        return set(content_stems(f"{self.title[row]}\n{self.text[row]}"))

    def span(self, row: int, first: int, last: int) -> tuple[str, int, int]:
        """Give field, start and end of the words `first` to `last` (the 0 between counted)."""
        head = self.in_title[row]
        if first < head:
            found, field, shift = tokens(self.title[row]), "title", 0
        else:
            found, field, shift = tokens(self.text[row]), self.field[row], head + 1
        return field, found[first - shift].start, found[last - shift].end


def _shared_runs(corpus: _Texts, limit: int, min_run: int) -> set[tuple[int, int]]:
    """Pairs of rows (earlier, later) that share a run of `min_run` words within the window.

    Equal runs are put next to each other in the order of time; each is then compared with the next
    one, with the next but one, and so on, as long as any pair lies within the window.
    """
    value, place = corpus.hashes(min_run)
    row = np.searchsorted(corpus.starts, place, side="right") - 1
    order = np.lexsort((row, value))
    value, row = value[order], row[order]
    distinct = np.ones(len(value), dtype=bool)
    distinct[1:] = (value[1:] != value[:-1]) | (row[1:] != row[:-1])
    value, row = value[distinct], row[distinct]
    low, outlet = corpus.low, pd.factorize(np.array(corpus.outlets, dtype=object))[0]
    n_rows = len(corpus.ids)
    active = np.arange(len(value))
    held: list[Any] = []
    total = 0
    step = 0
    while len(active):
        step += 1
        active = active[active + step < len(value)]
        near = value[active] == value[active + step]
        near &= low[row[active + step]] - low[row[active]] <= limit
        active = active[near]
        early, late = row[active], row[active + step]
        other = outlet[early] != outlet[late]
        held.append(np.unique(early[other].astype(np.int64) * n_rows + late[other]))
        total += len(held[-1])
        if total > _PAIRS_HELD:
            held = [np.unique(np.concatenate(held))]
            total = len(held[0]) // 2
    keys = np.unique(np.concatenate(held)) if held else np.empty(0, np.int64)
    return set(zip((keys // n_rows).tolist(), (keys % n_rows).tolist(), strict=True))


def _credited_in_story(
    corpus: _Texts, coverage: pd.DataFrame, limit: int, known: set[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Pairs of rows where the later credits the outlet of an earlier one in the same story."""
    require_columns(coverage, ("story_id", "article_id"), "coverage")
    stories: dict[str, list[int]] = {}
    for story, article in zip(coverage["story_id"], coverage["article_id"], strict=True):
        if article in corpus.rows:
            stories.setdefault(story, []).append(corpus.rows[article])
    mates: dict[int, set[int]] = {}
    for members in stories.values():
        for member in members:
            if corpus.named[member]:
                mates.setdefault(member, set()).update(members)
    linked: dict[int, set[str]] = {}
    for one, other in known:
        linked.setdefault(one, set()).add(corpus.outlets[other])
        linked.setdefault(other, set()).add(corpus.outlets[one])
    for later, others in mates.items():
        own = {corpus.outlets[later]}
        for outlet in sorted(corpus.named[later] - linked.get(later, set()) - own):
            earlier = [
                row
                for row in others
                if corpus.outlets[row] == outlet and _may_precede(corpus, row, later, limit)
            ]
            if earlier:
                stems = corpus.stems(later)
                best = max(earlier, key=lambda row: (jaccard(corpus.stems(row), stems), row))
                yield min(best, later), max(best, later)


def _may_precede(corpus: _Texts, row: int, later: int, limit: int) -> bool:
    """Whether the first row can be the earlier one, within the window."""
    return bool(
        corpus.low[row] < corpus.high[later] and corpus.low[later] - corpus.low[row] <= limit
    )


def _describe(corpus: _Texts, earlier: int, later: int, *, size: int) -> dict[str, object]:
    """One row of the result; `earlier` comes first in the order of the stamps."""
    outlets, named = corpus.outlets, corpus.named
    if corpus.low[later] < corpus.high[earlier] and (
        outlets[later] in named[earlier] and outlets[earlier] not in named[later]
    ):
        # The stamps leave the order open, and only the one put first credits the other.
        earlier, later = later, earlier
    a, b = corpus.words(earlier), corpus.words(later)
    in_a, in_b = _places(a, size), _places(b, size)
    common = in_a.keys() & in_b.keys()
    covered = {place + i for shingle in common for place in in_b[shingle] for i in range(size)}
    share = len(common) / len(in_b) if in_b else 0.0
    first, length = _longest_run(b, in_a, size)
    field, start, end = corpus.span(later, first, first + length - 1) if length else ("", 0, 0)
    lag_low = float(corpus.low[later] - corpus.high[earlier]) / _HOUR
    lag_high = float(corpus.high[later] - corpus.low[earlier]) / _HOUR
    if outlets[earlier] in named[later]:
        verdict = "credited"
    elif corpus.marks[earlier] & corpus.marks[later]:
        verdict = "common_source"
    elif lag_low < SIMULTANEOUS_HOURS:
        verdict = "simultaneous"
    else:
        verdict = "copy" if share >= COPY_CONTAINMENT else "undecided"
    return {
        "article_id": corpus.ids[later],
        "other_id": corpus.ids[earlier],
        "outlet": outlets[later],
        "other_outlet": outlets[earlier],
        "lag_hours": lag_low if lag_low == lag_high else np.nan,
        "lag_low": lag_low,
        "lag_high": lag_high,
        "n_words": sum(code > 0 for code in b),
        "shared_words": len(covered),
        "containment": share,
        "jaccard": len(common) / len(in_a.keys() | in_b.keys()) if in_a or in_b else 0.0,
        "field": field,
        "start": start,
        "end": end,
        "verdict": verdict,
        "rival": _RIVALS[verdict],
    }


def _places(codes: list[int], size: int) -> dict[tuple[int, ...], list[int]]:
    """Where each shingle of a text begins; shingles do not reach across a 0."""
    places: dict[tuple[int, ...], list[int]] = {}
    for place, shingle in enumerate(zip(*(codes[i:] for i in range(size)), strict=False)):
        if 0 not in shingle:
            places.setdefault(shingle, []).append(place)
    return places


def _longest_run(
    codes: list[int], other: dict[tuple[int, ...], list[int]], size: int
) -> tuple[int, int]:
    """First word and length of the longest run that the text shares with `other`; the earliest."""
    best = (0, 0)
    lengths: dict[int, int] = {}
    for place, shingle in enumerate(zip(*(codes[i:] for i in range(size)), strict=False)):
        # A run of n words is n - size + 1 shingles that follow each other in both texts.
        lengths = {there: lengths.get(there - 1, 0) + 1 for there in other.get(shingle, ())}
        for length in lengths.values():
            if length + size - 1 > best[1]:
                best = (place - length + 1, length + size - 1)
    return best


def reuse_shares(
    reuse: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Count for each pair of outlets and verdict how many articles of the later one it concerns.

    Parameters
    ----------
    reuse : DataFrame
        From `find_reuse`.
    articles : DataFrame
        With article_id and outlet, and outlet_name if any.
    coverage : DataFrame
        With story_id and article_id. Articles that it does not list are not counted.
    n_boot : int
        Resamples of the bootstrap clustered by story.
    level : float
        Coverage of the intervals.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame with one row per outlet, other outlet and verdict that occur, largest share first:
    outlet, outlet_name (of the later), other_outlet, other_name (of the earlier), verdict, k
    (distinct articles of the outlet), n (all distinct articles of the outlet), n_stories (clusters
    of stories with an article of the outlet), estimate (k / n, 0 to 1), low, high, reason.

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {"article_id": ["a", "b"], "outlet": ["one.example", "two.example"]}
    ... )
    >>> coverage = pd.DataFrame({"story_id": "s", "article_id": ["a", "b"]})
    >>> reuse = pd.DataFrame(
    ...     {"article_id": ["b"], "other_outlet": ["one.example"], "verdict": ["copy"]}
    ... )
    >>> reuse_shares(reuse, articles, coverage)[["outlet", "other_outlet", "k", "n", "estimate"]]
            outlet other_outlet  k  n  estimate
    0  two.example  one.example  1  1       1.0
    """
    require_columns(reuse, ("article_id", "other_outlet", "verdict"), "reuse (from find_reuse)")
    require_columns(articles, ("article_id", "outlet"), "articles")
    from scipy import sparse

    own = articles.drop_duplicates("article_id").merge(story_clusters(coverage), on="article_id")
    keys = ["article_id", "other_outlet", "verdict"]
    found = reuse[keys].drop_duplicates().merge(own[["article_id", "outlet", "cluster"]])
    if found.empty:
        return carry(empty(SHARES), reuse, articles, coverage)
    cells = (
        found.groupby(["outlet", "other_outlet", "verdict"])["article_id"]
        .nunique()
        .rename("k")
        .reset_index()
    )
    cell = cells.reset_index(names="cell").merge(found, on=["outlet", "other_outlet", "verdict"])
    size = own.groupby(["outlet", "cluster"]).size().rename("size").reset_index()
    below = cells.reset_index(names="cell").merge(size, on="outlet")
    shape = (int(own["cluster"].max()) + 1, len(cells))
    above = sparse.coo_array((np.ones(len(cell)), (cell["cluster"], cell["cell"])), shape=shape)
    total = sparse.coo_array((below["size"], (below["cluster"], below["cell"])), shape=shape)
    intervals = ratio_intervals(
        above.tocsc(), total.tocsc(), n_boot=n_boot, level=level, seed=seed
    ).rename(columns={"n_clusters": "n_stories"})
    result = pd.concat([cells, intervals], axis=1)
    result["n"] = result["outlet"].map(own.groupby("outlet")["article_id"].nunique())
    names = outlet_names(plain(articles))
    result["outlet_name"] = result["outlet"].map(names)
    result["other_name"] = result["other_outlet"].map(names)
    result["other_name"] = result["other_name"].fillna(result["other_outlet"])
    result = result.sort_values(
        ["estimate", "k", "outlet", "other_outlet", "verdict"],
        ascending=[False, False, True, True, True],
        kind="stable",
        ignore_index=True,
    )
    return carry(conform(result, SHARES), reuse, articles, coverage)
