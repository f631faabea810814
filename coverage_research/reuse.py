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

from coverage_research.overlaps import Overlap, overlap
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    REAL,
    TEXT,
    WHOLE,
    ChoiceError,
    carry,
    conform,
    empty,
    pandas_dtype,
    plain,
    require_columns,
)
from coverage_research.set_similarity import alike_sets, distinct_sets, set_jaccard
from coverage_research.shared_runs import common_runs, pairs_sharing
from coverage_research.shingles import Ints, ranges, read_words, run_hashes, sorted_once
from coverage_research.statistics import LEVEL, N_BOOT
from coverage_research.stories import content_stems
from coverage_research.text import running_field, running_text
from coverage_research.timeline import outlet_names, time_bounds
from coverage_research.units import add_shares, units_of_articles

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
    "link": TEXT,
    "title_similarity": REAL,
    "longest_run": WHOLE,
    "shared_shingles": WHOLE,
    "other_containment": REAL,
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
    "title": "Headlines so much alike also come from one feed, or by chance.",
    "no time": "A time is missing: either may have copied, or both share a source.",
}
#: Kinds of the verdict `undecided` that leave open different things.
_UNDECIDED: Final = ("title", "no time")
_LINKS: Final = ("passage", "title", "credit")
#: Headlines of fewer different words are alike too easily.
MIN_TITLE_WORDS: Final = 4
TOKENIZERS: Final = ("package", "plain")

_HOUR: Final = 3_600_000_000
_NEVER: Final = np.iinfo(np.int64).max // 4
_TINY: Final = 1e-12


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
    window: str | pd.Timedelta | None = "14D",
    min_run: int = 8,
    size: int = 5,
    min_shingles: int = 0,
    title_similarity: float | None = 0.8,
    same_outlet: bool = False,
    common: int | None = 500,
    tokenizer: str = "package",
    progress: bool = True,
) -> pd.DataFrame:
    """Find pairs of articles of two outlets where the later repeats or credits the earlier.

    A pair is listed if both share at least `min_run` neighbouring words in headline or running text
    within the window; if their headlines are nearly the same; and, where `coverage` is given, if
    the later credits the outlet of an article that appeared earlier in the same story (of several,
    the most similar one), even without a shared word.

    All such pairs are found, and their numbers are counted, not estimated. Only boilerplate links
    nothing by itself: `size` words in a row that more than `common` articles have within the window
    before or behind an article are boilerplate there, and so is every run that holds them. A pair
    that shares nothing else is listed only if it shares half of the runs of one of the two: a text
    that thousands print is listed each time, two texts under the same notice of copyright are not.
    Likewise a headline that more than `common` articles have is a rubric. What is listed has the
    same numbers and verdict either way.

    The verdict is the first that holds:

    - ``credited``: the later one credits the outlet of the earlier one, by name or by the agency
      mark of its dateline;
    - ``common_source``: both carry the same agency or press-release mark;
    - ``simultaneous``: the lag may be 0 or is below 15 minutes;
    - ``copy``: they share a passage, and the share of the later text found in the earlier one is at
      least one half;
    - ``undecided``: otherwise, and where a time is missing.

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
    window : str or Timedelta, optional
        Longest lag between the two; articles without a time are left out. None compares all with
        all, those without a time too, which then stand behind all others.
    min_run : int
        Shortest shared run, in words. 8 suits headlines and excerpts; whole bodies share set
        phrases of that length by chance, which come out as ``undecided``: take 12 or more there.
    size : int
        Words in a shingle, for containment and Jaccard.
    min_shingles : int
        Distinct shingles that must be shared besides, for a passage to link a pair.
    title_similarity : float, optional
        Jaccard similarity of the words of two headlines from which they are nearly the same, above
        0 and at most 1; headlines of fewer than four different words are left out. None: headlines
        link nothing.
    same_outlet : bool
        List pairs within an outlet too.
    common : int, optional
        See above. None: every shared run links, at a cost that grows with the square of the number
        of articles that share one.
    tokenizer : {"package", "plain"}
        Words as everywhere in the package, or runs of letters, digits and underscores, as most
        scripts for shingles cut them (`U.S.` are then two words, `don't` too).
    progress : bool
        Show a progress bar if it takes longer than two seconds.

    Returns
    -------
    DataFrame with one row per pair, by later and earlier article: article_id (the later), other_id
    (the earlier), outlet, other_outlet; lag_low, lag_high (hours; they differ where a stamp gives
    only the day) and lag_hours (missing where they differ); n_words (of the later), shared_words
    (those in shared shingles), containment (share of the later's shingles that the earlier has),
    jaccard; field, start, end (longest shared run of at least `size` or `min_run` words, whichever
    is less, in the later article, else '', 0, 0); verdict; rival (what else the evidence allows);
    link (what links the pair: ``passage``, ``title``, ``credit``, or several joined by `` | ``);
    title_similarity (0 to 1); longest_run (words of the run at field, start, end);
    shared_shingles (distinct); other_containment (share of the earlier's shingles that the later
    has).

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If there is no such tokenizer.
    ValueError
        If `min_run`, `size` or `common` is below 1, `min_shingles` below 0, or `title_similarity`
        not above 0 and at most 1.

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
    _check_numbers(min_run, size, min_shingles, common)
    if title_similarity is not None and not 0 < title_similarity <= 1:
        raise ValueError(
            f"title_similarity: expected above 0 and at most 1, or None; found {title_similarity}"
        )
    if tokenizer not in TOKENIZERS:
        raise ChoiceError(f"no tokenizer {tokenizer!r}; there are {', '.join(TOKENIZERS)}")
    require_columns(
        articles,
        ("article_id", "outlet", "title", "published_at", "published_precision"),
        "articles",
    )
    sources = [table for table in (articles, credits, origins, coverage) if table is not None]
    used = articles if window is None else articles[articles["published_at"].notna()]
    used = used.drop_duplicates("article_id")
    if len(used) < 2:
        return carry(empty(REUSE), *sources)
    limit = None if window is None else pd.Timedelta(window) // pd.Timedelta(microseconds=1)
    texts = _Texts(used, credits, origins, limit, tokenizer, progress=progress)
    group = None if same_outlet else texts.outlet
    parts = min_run, min(min_run, size)
    one, other = texts.sharing(parts, group, common, min_shingles if min_run == size else 0)
    titles = distinct_sets(*texts.title_words(), len(texts.ids))
    if title_similarity is not None:
        alike = alike_sets(
            titles,
            texts.window,
            threshold=title_similarity,
            at_least=MIN_TITLE_WORDS,
            group=group,
            common=common,
        )
        one, other = _union(len(texts.ids), (one, other), alike)
    by_credit = np.zeros(len(one), dtype=bool)
    if credits is not None and coverage is not None:
        more = np.array(
            list(_credited_in_story(texts, coverage, limit, (one, other))), dtype=np.int64
        ).reshape(-1, 2)
        one, other = np.concatenate([one, more[:, 0]]), np.concatenate([other, more[:, 1]])
        by_credit = np.concatenate([by_credit, np.ones(len(more), dtype=bool)])
    earlier, later = texts.in_order(one, other)
    common_part = overlap(texts.words.codes, texts.bounds, earlier, later, size, progress=progress)
    if min_run < size:
        runs = overlap(texts.words.codes, texts.bounds, earlier, later, min_run, progress=False)
        common_part = common_part._replace(start=runs.start, length=runs.length)
    similarity = set_jaccard(titles, earlier, later)
    is_passage = (common_part.length >= min_run) & (common_part.shared >= min_shingles)
    is_title = np.zeros(len(earlier), dtype=bool)
    if title_similarity is not None:
        is_title = similarity >= title_similarity - _TINY
        is_title &= np.minimum(titles.sizes[earlier], titles.sizes[later]) >= MIN_TITLE_WORDS
    kept = is_passage | is_title | by_credit
    found = _described(
        texts,
        (earlier[kept], later[kept]),
        Overlap(*(part[kept] for part in common_part)),
        is_passage[kept],
        is_title[kept],
    )
    found["title_similarity"] = similarity[kept]
    found = conform(found, REUSE)
    found = found.sort_values(["article_id", "other_id"], kind="stable", ignore_index=True)
    return carry(found, *sources)


def _check_numbers(min_run: int, size: int, min_shingles: int, common: int | None) -> None:
    if min_run < 1 or size < 1:
        raise ValueError(f"min_run and size: expected at least 1; found {min_run} and {size}")
    if min_shingles < 0:
        raise ValueError(f"min_shingles: expected at least 0; found {min_shingles}")
    if common is not None and common < 1:
        raise ValueError(f"common: expected at least 1, or None; found {common}")


def _union(n_rows: int, *pairs: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Each pair once, sorted."""
    keys = sorted_once(np.concatenate([one * n_rows + other for one, other in pairs]))
    return keys // n_rows, keys % n_rows


class _Texts:
    """Articles in the order of time: their words as numbers, stamps, credits and marks."""

    def __init__(
        self,
        articles: pd.DataFrame,
        credited: pd.DataFrame | None,
        origins: pd.DataFrame | None,
        limit: int | None,
        tokenizer: str,
        *,
        progress: bool,
    ) -> None:
        dated = articles["published_at"].notna().to_numpy()
        low = np.full(len(articles), _NEVER)
        high = low.copy()
        if dated.any():
            low[dated], high[dated] = time_bounds(articles[dated])
        order = np.lexsort((articles["article_id"].astype("str").to_numpy(), high, low))
        articles = articles.iloc[order].reset_index(drop=True)
        self.low, self.high, self.dated = low[order], high[order], dated[order]
        n = len(articles)
        if limit is None:
            self.window = np.zeros(n, dtype=np.int64), np.full(n, n)
        else:
            self.window = (
                np.searchsorted(self.low, self.low - limit),
                np.searchsorted(self.low, self.low + limit, side="right"),
            )
        self.ids = articles["article_id"].astype("str")
        self.outlets = articles["outlet"].astype("str")
        self.outlet, self.outlet_names = pd.factorize(self.outlets, use_na_sentinel=False)
        self.named, self.marks = self._sources(articles, credited, origins)
        columns = {"title": TEXT, "excerpt": TEXT, "body": TEXT}
        shown = conform(articles[articles.columns.intersection(list(columns))], columns)
        self.title = shown["title"].fillna("").tolist()
        self.text = running_text(shown).fillna("").tolist()
        self.field = running_field(shown)
        both = [text for pair in zip(self.title, self.text, strict=True) for text in pair]
        self.words = read_words(both, tokenizer=tokenizer, progress=progress)
        self.bounds = self.words.bounds[::2]
        #: Where the running text begins, counted from the start of the article.
        self.head = self.words.bounds[1::2] - self.bounds[:-1]

    def _sources(
        self,
        articles: pd.DataFrame,
        credited: pd.DataFrame | None,
        origins: pd.DataFrame | None,
    ) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
        """Outlets that articles credit, by name or by an agency's mark; and their marks."""
        named: dict[int, set[str]] = {}
        marks: dict[int, set[str]] = {}
        self.rows: dict[str, int] = {}
        if credited is None and origins is None:
            return named, marks
        self.rows = {identifier: row for row, identifier in enumerate(self.ids.tolist())}
        if credited is not None:
            require_columns(credited, ("article_id", "credited"), "credits (from find_credits)")
            for article, outlet in zip(credited["article_id"], credited["credited"], strict=True):
                if article in self.rows:
                    named.setdefault(self.rows[article], set()).add(outlet)
        if origins is not None:
            origins = _foreign(origins)
            holders: dict[str, set[str]] = {}
            if "outlet_name" in articles.columns:
                for name, outlet in zip(articles["outlet_name"], self.outlets, strict=True):
                    holders.setdefault(name, set()).add(outlet)
            for article, name in zip(origins["article_id"], origins["name"], strict=True):
                if article in self.rows:
                    marks.setdefault(self.rows[article], set()).add(name)
                    named.setdefault(self.rows[article], set()).update(holders.get(name, set()))
        return named, marks

    def sharing(
        self, sizes: tuple[int, int], group: Ints | None, common: int | None, min_links: int
    ) -> tuple[Ints, Ints]:
        """Pairs of rows, in the order of time, that share a run within the window.

        `sizes` are the words of a run, and those of the parts that must not be common.
        """
        row = np.repeat(np.arange(len(self.ids)), np.diff(self.bounds))
        marked = None
        if common is not None and len(self.ids) > common:
            marked = common_runs(self.words.codes, row, self.window, sizes, common)
        value, place = run_hashes(self.words.codes, sizes[0])
        found = pairs_sharing(value, row[place], self.window, group=group, marked=marked)
        if marked is None and min_links > 1:
            enough = found.links >= min_links
            return found.early[enough], found.late[enough]
        return found.early, found.late

    def title_words(self) -> tuple[Any, Ints]:
        """Words of all headlines, and their rows."""
        sizes = self.head - 1
        return self.words.codes[ranges(self.bounds[:-1], sizes)], np.repeat(
            np.arange(len(sizes)), sizes
        )

    def credits_outlet(self, row: Ints, other: Ints) -> Any:
        """Whether each row credits the outlet of the other."""
        known = {name: number for number, name in enumerate(self.outlet_names)}
        n_outlets = len(known)
        keys = [
            number * n_outlets + known[name]
            for number, names in self.named.items()
            for name in names
            if name in known
        ]
        return np.isin(row * n_outlets + self.outlet[other], np.array(keys, dtype=np.int64))

    def share_mark(self, row: Ints, other: Ints) -> Any:
        """Whether both carry the same mark."""
        shared = np.zeros(len(row), dtype=bool)
        has = np.zeros(len(self.ids), dtype=bool)
        has[list(self.marks)] = True
        for at in np.flatnonzero(has[row] & has[other]).tolist():
            shared[at] = bool(self.marks[int(row[at])] & self.marks[int(other[at])])
        return shared

    def in_order(self, one: Ints, other: Ints) -> tuple[Ints, Ints]:
        """Earlier and later row of each pair; the one credited is earlier if the stamps allow it.

        `one` comes first in the order of the stamps.
        """
        is_open = self.low[other] < self.high[one]
        is_open |= ~(self.dated[one] & self.dated[other])
        turned = is_open & self.credits_outlet(one, other) & ~self.credits_outlet(other, one)
        return np.where(turned, other, one), np.where(turned, one, other)

    def stems(self, row: int) -> set[str]:
        """Give the stems of the content words of one article."""
        return set(content_stems(f"{self.title[row]}\n{self.text[row]}"))


def _foreign(origins: pd.DataFrame) -> pd.DataFrame:
    """The marks that name somebody else than the outlet itself."""
    require_columns(origins, ("article_id", "name"), "origins (from find_origins)")
    named = origins["name"].notna()
    return origins[named & origins["origin"].ne("own")] if "origin" in origins else origins[named]


def _credited_in_story(
    texts: _Texts, coverage: pd.DataFrame, limit: int | None, known: tuple[Ints, Ints]
) -> Iterator[tuple[int, int]]:
    """Pairs of rows where the later credits the outlet of an earlier one in the same story."""
    mates = _mates(texts, coverage)
    names, outlet = texts.outlet_names, texts.outlet
    credits_any = np.zeros(len(texts.ids), dtype=bool)
    credits_any[list(mates)] = True
    linked: dict[int, set[str]] = {}
    for rows, others in (known, known[::-1]):
        used = credits_any[rows]
        for row, other in zip(rows[used].tolist(), others[used].tolist(), strict=True):
            linked.setdefault(row, set()).add(names[outlet[other]])
    pairs: set[tuple[int, int]] = set()
    for later, around in mates.items():
        own = {names[outlet[later]]}
        for name in sorted(texts.named[later] - linked.get(later, set()) - own):
            earlier = [
                row
                for row in around
                if names[outlet[row]] == name and _may_precede(texts, row, later, limit)
            ]
            if earlier:
                stems = texts.stems(later)
                best = max(earlier, key=lambda row: (jaccard(texts.stems(row), stems), row))
                pairs.add((min(best, later), max(best, later)))
    yield from sorted(pairs)


def _mates(texts: _Texts, coverage: pd.DataFrame) -> dict[int, set[int]]:
    """For each row that credits anybody, the rows of its stories."""
    require_columns(coverage, ("story_id", "article_id"), "coverage")
    stories: dict[str, list[int]] = {}
    for story, article in zip(coverage["story_id"], coverage["article_id"], strict=True):
        if article in texts.rows:
            stories.setdefault(story, []).append(texts.rows[article])
    mates: dict[int, set[int]] = {}
    for members in stories.values():
        for member in members:
            if texts.named.get(member):
                mates.setdefault(member, set()).update(members)
    return mates


def _may_precede(texts: _Texts, row: int, later: int, limit: int | None) -> bool:
    """Whether the first row can be the earlier one, within the window."""
    if not (texts.dated[row] and texts.dated[later]):
        return limit is None
    near = limit is None or texts.low[later] - texts.low[row] <= limit
    return bool(near and texts.low[row] < texts.high[later])


def _described(
    texts: _Texts, pairs: tuple[Ints, Ints], shared: Overlap, is_passage: Any, is_title: Any
) -> pd.DataFrame:
    """The rows of the result, of pairs of an earlier and a later row."""
    earlier, later = pairs
    dated = texts.dated[earlier] & texts.dated[later]
    lag_low = np.where(dated, (texts.low[later] - texts.high[earlier]) / _HOUR, np.nan)
    lag_high = np.where(dated, (texts.high[later] - texts.low[earlier]) / _HOUR, np.nan)
    contained = shared.shared / np.maximum(shared.n_second, 1)
    union = shared.n_first + shared.n_second - shared.shared
    is_credited = texts.credits_outlet(later, earlier)
    verdicts = [
        (is_credited, "credited"),
        (texts.share_mark(earlier, later), "common_source"),
        (~dated, "no time"),
        (lag_low < SIMULTANEOUS_HOURS, "simultaneous"),
        (is_passage & (contained >= COPY_CONTAINMENT), "copy"),
        (is_title & ~is_passage, "title"),
    ]
    told = np.full(len(later), len(verdicts))
    for number, (holds, _) in reversed(list(enumerate(verdicts))):
        told[holds] = number
    kinds = [name for _, name in verdicts] + ["undecided"]
    links = [
        " | ".join(name for bit, name in enumerate(_LINKS) if code >> bit & 1)
        for code in range(2 ** len(_LINKS))
    ]
    has_run = shared.length > 0
    first = texts.bounds[later] + shared.start
    last = first + np.maximum(shared.length, 1) - 1
    in_title = shared.start < texts.head[later]
    fields = texts.field.array.take(later)
    text = pandas_dtype(TEXT)
    return pd.DataFrame(
        {
            "article_id": texts.ids.array.take(later),
            "other_id": texts.ids.array.take(earlier),
            "outlet": texts.outlets.array.take(later),
            "other_outlet": texts.outlets.array.take(earlier),
            "lag_hours": np.where(lag_low == lag_high, lag_low, np.nan),
            "lag_low": lag_low,
            "lag_high": lag_high,
            "n_words": np.diff(texts.bounds)[later] - 2,
            "shared_words": shared.covered,
            "containment": contained,
            "jaccard": np.where(union > 0, shared.shared / np.maximum(union, 1), 0.0),
            "field": pd.Series(fields, dtype=text).mask(in_title, "title").where(has_run, ""),
            "start": np.where(has_run, texts.words.starts[first], 0),
            "end": np.where(has_run, texts.words.ends[last], 0),
            "verdict": pd.array(
                ["undecided" if kind in _UNDECIDED else kind for kind in kinds], dtype=text
            ).take(told),
            "rival": pd.array([_RIVALS[kind] for kind in kinds], dtype=text).take(told),
            "link": pd.array(links, dtype=text).take(
                is_passage * 1 + is_title * 2 + is_credited * 4
            ),
            "longest_run": shared.length,
            "shared_shingles": shared.shared,
            "other_containment": shared.shared / np.maximum(shared.n_first, 1),
        }
    )


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
    units = units_of_articles(articles, coverage, ["outlet"])
    keys = ["other_outlet", "verdict"]
    told = reuse[["article_id", *keys]].dropna().drop_duplicates()
    row, unit = units.join(told["article_id"])
    known = units.groups["outlet"].notna().to_numpy()[units.group[unit]]
    row, unit = row[known], unit[known]
    if not len(unit):
        return carry(empty(SHARES), reuse, articles, coverage)
    cells, number = units.part(unit, told[keys].iloc[row], by=["outlet", *keys])
    group = np.zeros(len(cells.groups), dtype=np.int64)
    group[cells.group[number]] = units.group[unit]
    result = add_shares(
        cells.groups,
        cells.sizes(),
        units.sizes()[:, group],
        n_boot=n_boot,
        level=level,
        seed=seed,
    )
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
