"""What the explorer looks at: a corpus measured once, and the parts of it that filters leave."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from coverage_research.framing import frames_of
from coverage_research.html_text import plain_line
from coverage_research.schema import carry
from coverage_research.selection import Selection, folded, narrowed, no_copies, selected
from coverage_research.sharing import measure
from coverage_research.timeline import story_lags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coverage_research.corpus import Corpus
    from coverage_research.selection import Flags

#: Outlets of a figure while exploring.
MOST_OUTLETS: Final = 10
#: Parts, and figures of them, that are kept, so that going back costs nothing.
KEPT: Final = 64

_MEASURES: Final = ("frames", "sources", "credits", "origins", "reuse", "stories")
#: Columns that are counted; to copy the others takes longer than to count.
_COUNTED: Final = (
    "story_id",
    "codebook",
    "frame",
    "field",
    "start",
    "end",
    "continues",
    "source_type",
    "other_outlet",
    "verdict",
)


@dataclass
class Part:
    """A selection of the corpus, with the measures that were taken of all of it."""

    data: Data
    selection: Selection
    kept: Flags
    articles: pd.DataFrame
    _tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def corpus(self) -> Corpus:
        """The selection as a corpus."""
        return narrowed(self.data.corpus, self.kept)

    def table(self, name: str) -> pd.DataFrame:
        """Rows of a measure that speak of selected articles."""
        if name not in self._tables:
            whole = self.data.tables[name]
            left = whole[self.kept[self.data.rows[name]]].reset_index(drop=True)
            left.attrs.update(whole.attrs)
            self._tables[name] = left
        return self._tables[name]

    def brief(self, name: str) -> pd.DataFrame:
        """What is counted of a measure, with articles by number, which is faster than by name."""
        whole = self.data.briefs[name]
        left: pd.DataFrame = whole[self.kept[self.data.rows[name]]].reset_index(drop=True)
        left.attrs.update(whole.attrs)
        return left

    def numbered(self) -> pd.DataFrame:
        """The articles by number, as in `brief`, with their outlets."""
        named = self.articles[["outlet", "outlet_name"]].assign(
            article_id=np.flatnonzero(self.kept)
        )
        return carry(named, self.articles)

    def largest(self) -> tuple[pd.DataFrame, str]:
        """The numbered articles of the largest outlets, and a note where others are left out."""
        named = self.numbered()
        sizes = named["outlet"].value_counts()
        if len(sizes) <= MOST_OUTLETS:
            return named, ""
        kept = named[named["outlet"].isin(sizes.index[:MOST_OUTLETS])]
        note = f"the largest {MOST_OUTLETS} of {len(sizes):,} outlets"
        return carry(kept.reset_index(drop=True), self.articles), note


class Data:
    """A corpus and all that was measured of it once, with the selections made lately."""

    def __init__(self, corpus: Corpus, *, progress: bool = True) -> None:
        self.corpus = corpus
        from tqdm.auto import tqdm

        bar = tqdm(
            _MEASURES,
            desc="measuring",
            unit=" measures",
            delay=2,
            leave=False,
            disable=not progress,
        )
        self.tables = {name: measure(corpus, name) for name in bar}
        self.tables["lags"] = story_lags(corpus.articles, self.tables["stories"])
        place = pd.Index(corpus.articles["article_id"])
        #: Of each row of a measure the row of its article.
        self.rows = {n: place.get_indexer(t["article_id"]) for n, t in self.tables.items()}
        self.briefs = {n: _brief(table, self.rows[n]) for n, table in self.tables.items()}
        self.alone = no_copies(corpus, self.tables["reuse"])
        self.frames = frames_of(self.tables["frames"])[1]
        self.texts = folded(corpus.articles)
        self.names = _outlet_names(corpus.articles)
        #: Of each story the headline of its earliest article.
        self.headlines = _headlines(self.tables["lags"])
        self.carried = _joined(self.tables["frames"], "frame", self.frames)
        self.marked = _joined(self.tables["origins"], "origin", {})
        self._parts: OrderedDict[Selection, Part] = OrderedDict()

    def part(self, selection: Selection) -> Part:
        """The selected part, kept for when it is asked again."""
        if selection not in self._parts:
            kept = selected(
                self.corpus, selection, measured=self.tables, texts=self.texts, alone=self.alone
            )
            articles = self.corpus.articles
            if not kept.all():
                articles = carry(articles[kept].reset_index(drop=True), articles)
            self._parts[selection] = Part(self, selection, kept, articles)
        self._parts.move_to_end(selection)
        if len(self._parts) > KEPT:
            self._parts.popitem(last=False)
        return self._parts[selection]

    def stories(self, lags: pd.DataFrame) -> list[tuple[str, str]]:
        """Stories of a table of lags, the largest first: what to show of each, and its id."""
        sizes = lags["story_id"].value_counts()
        return [
            (f"{self.headlines[story]} ({n:,})", story)
            for story, n in sizes.items()
            if isinstance(story, str)
        ]


def _brief(table: pd.DataFrame, rows: Any) -> pd.DataFrame:
    brief = table[[name for name in _COUNTED if name in table.columns]]
    brief.insert(0, "article_id", rows)
    brief.attrs.update(table.attrs)
    return brief


def _headlines(lags: pd.DataFrame) -> dict[str, str]:
    first = lags.drop_duplicates("story_id")
    return {
        story: plain_line(title, 60)
        for story, title in zip(first["story_id"], first["title"], strict=True)
    }


def _outlet_names(articles: pd.DataFrame) -> dict[str, str]:
    """Name of each outlet, with its domain where another has the same name."""
    first = articles.drop_duplicates("outlet").dropna(subset=["outlet"])
    named = first["outlet_name"].fillna(first["outlet"])
    same = named.duplicated(keep=False)
    named = named.mask(same, named + " [" + first["outlet"] + "]")
    return dict(zip(first["outlet"], named, strict=True))


def _joined(table: pd.DataFrame, column: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Of each article the values of a column, joined."""
    pairs = table[["article_id", column]].dropna().drop_duplicates()
    told = pairs[column].map(lambda name: labels.get(name, str(name)))
    joined = told.groupby(pairs["article_id"]).agg(", ".join)
    return dict(zip(joined.index, joined, strict=True))
