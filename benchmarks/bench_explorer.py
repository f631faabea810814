"""How soon the explorer answers: 10,000 made-up articles, filters changed one after another.

    python benchmarks/bench_explorer.py [--articles 10000] [--changes 12]

The articles are made here from a fixed seed: about 45 words each with terms of the codebook,
attributions and copies, by 50 outlets on 1,250 stories. Everything is measured once, when the page
is made. Then each view is opened and filters are set, one change at a time, none of them twice,
and the time until the widgets hold the answer is taken, by the wall clock, since that is what a
reader waits for. "left" ends when it is told how many articles are left, "marks" when the table or
the list of a figure's marks is there, "drawn" when its image is. "again" goes back to a filter that
was set before, "passages" opens a mark. A browser takes its own time to show what it is given; that
is not in these numbers. "cpu" is the median of the processor's time to the end of the answer.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import time
from pathlib import Path
from typing import Any

WORDS = (
    "a the of in on for with after before plan report deal plant market week talks group line "
    "order supply memory power cloud model city board price share unit design output demand test"
).split()
TERMS = (
    "export controls|sanctions|entity list|home-grown chips|self-reliance|race|arms race|smuggling|"
    "workaround|shares fell|revenue|investors|national security|military|subsidies|state fund|"
    "delay|setback|doubts"
).split("|")
SAID = (
    "officials said on Monday|the ministry said|a company spokesman said|analysts said|"
    "according to people familiar with the matter|an economist at a university said"
).split("|")


def make_corpus(n: int, n_outlets: int = 50) -> Any:
    """A corpus of made-up articles, every eighth of a story, every tenth a copy of an earlier."""
    import numpy as np
    import pandas as pd

    from coverage_research.corpus import Corpus
    from coverage_research.schema import CORPUS_TABLES, conform, empty

    rng = np.random.default_rng(20240304)
    names = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprst"]
    bodies: list[str] = []
    titles: list[str] = []
    for number in range(n):
        story = number // 8
        about = [names[(story * 7 + k) % len(names)] + names[story % 97] for k in range(4)]
        if number % 10 == 9:
            bodies.append(bodies[-1])
        else:
            mixed = [*rng.choice(WORDS, 22), *about, *rng.choice(TERMS, 3), *about]
            rng.shuffle(mixed)
            bodies.append(
                f"{' '.join(mixed[:14]).capitalize()}, {rng.choice(SAID)}. "
                f"{' '.join(mixed[14:]).capitalize()}."
            )
        titles.append(f"{about[0]} {about[1]} {rng.choice(TERMS)} {rng.choice(WORDS)}".capitalize())
    start = pd.Timestamp("2024-01-01", tz="UTC")
    minutes = np.arange(n) // 8 * 400 + rng.integers(0, 2000, n)
    outlet = rng.zipf(1.3, n * 3)
    outlet = outlet[outlet <= n_outlets][:n] - 1
    articles = pd.DataFrame(
        {
            "article_id": [f"{number:016x}" for number in range(n)],
            "title": titles,
            "body": bodies,
            "published_at": start + pd.to_timedelta(minutes, unit="min"),
            "published_precision": "minute",
            "url": [f"https://outlet{o}.example/{k}" for k, o in enumerate(outlet)],
            "outlet": [f"outlet{o}.example" for o in outlet],
            "outlet_name": [f"Outlet {o}" for o in outlet],
        }
    )
    coverage = pd.DataFrame(
        {
            "story_id": [f"s-{number // 8:016x}" for number in range(n)],
            "article_id": articles["article_id"],
            "role": ["related" if number % 8 else "lead" for number in range(n)],
            "position": [number % 8 for number in range(n)],
        }
    )
    sizes = articles.groupby(["outlet", "outlet_name"]).size().rename("n_articles").reset_index()
    made = {"articles": articles, "coverage": coverage, "outlets": sizes}
    return Corpus(
        **{
            name: conform(made[name], table.columns) if name in made else empty(table.columns)
            for name, table in CORPUS_TABLES.items()
        }
    )


def changes(data: Any, most: int) -> list[dict[str, Any]]:
    """Filters to set one after another, each kind in turn, broad and narrow ones."""
    import datetime as dt

    outlets = list(data.corpus.articles["outlet"].value_counts().index)
    frames = list(data.frames)
    typed = sorted(data.tables["sources"]["source_type"].dropna().unique())
    stories = list(data.tables["lags"]["story_id"].value_counts().index)
    start = dt.date(2024, 1, 1)
    kinds: list[list[dict[str, Any]]] = [
        [{"frames": (name,)} for name in frames],
        [{"text": word} for word in ("supply", "Race", "export con", "a")],
        [{"outlets": tuple(outlets[: 2 + 7 * k])} for k in range(4)],
        [{"first": start + dt.timedelta(days=30 * k)} for k in range(1, 5)],
        [{"source_types": (name,)} for name in typed],
        [{"independent": True}, {"independent": True, "text": "market"}],
        [{"stories": tuple(stories[: 1 + 40 * k])} for k in range(4)],
    ]
    turns = max(map(len, kinds))
    mixed = [kind[turn] for turn in range(turns) for kind in kinds if turn < len(kind)]
    return mixed[:most]


def put(page: Any, values: dict[str, Any]) -> None:
    """Set the controls to these values and no others, as one change."""
    neutral = {"text": "", "independent": False, "first": None, "last": None}
    page.quiet = True
    for name, control in page.filters.items():
        control.value = values.get(name, neutral.get(name, ()))
    page.quiet = False


def timed(action: Any) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


class Watch:
    """Sets filters on a page and notes when each step of the answer is there, in milliseconds."""

    def __init__(self, page: Any, explorer: Any) -> None:
        self.page = page
        self.moments: dict[str, float] = {}
        self.showing, self.drawing = page.show, explorer.draw_view
        page.show, explorer.draw_view = self.show, self.draw

    def show(self) -> None:
        """Note that the number of articles is told."""
        self.moments["left"] = time.perf_counter()
        self.showing()

    def draw(self, *arguments: Any) -> Any:
        """Note that the marks are listed."""
        self.moments["marks"] = time.perf_counter()
        return self.drawing(*arguments)

    def change(self, values: dict[str, Any]) -> dict[str, float]:
        """Set filters and give the time of each step."""
        put(self.page, values)
        self.moments.clear()
        start, cpu = time.perf_counter(), time.process_time()
        self.page.changed()
        end, spent = time.perf_counter(), time.process_time() - cpu
        told = {"left": self.moments["left"], "marks": self.moments.get("marks", end), "drawn": end}
        return {what: (at - start) * 1000 for what, at in told.items()} | {"cpu": spent * 1000}


def watch_view(watch: Watch, view: str, figure: str, told: list[dict[str, Any]]) -> Any:
    """Times of each step for one view."""
    page = watch.page
    put(page, {})
    page.views.value = view
    if figure:
        page.tabs[view].figure.value = figure
    page.changed()  # the first view: fonts, imports
    page.data._parts.clear()
    steps = ("left", "marks", "drawn", "cpu") if figure else ("left", "marks", "cpu")
    answers = [watch.change(values) for values in told]
    spent = {what: [answer[what] for answer in answers] for what in steps}
    spent["again"] = [watch.change(values)["drawn"] for values in told[:6]]
    watch.change({})
    chooser = page.tabs[view].list if figure else page.tables["choose"]
    spent["passages"] = [
        timed(functools.partial(setattr, chooser, "index", n))
        for n in range(1, min(len(chooser.options), 9))
    ]
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=21)
    options = parser.parse_args()
    import matplotlib as mpl

    mpl.use("Agg")
    from coverage_research import explorer
    from coverage_research.explorer_data import Data

    corpus = make_corpus(options.articles)
    start = time.perf_counter()
    data = Data(corpus, progress=False)
    measured = time.perf_counter() - start
    start = time.perf_counter()
    page = explorer._Explorer(data, Path("selection"))
    built = time.perf_counter() - start
    print(
        f"{len(corpus.articles):,} articles, {len(corpus.outlets)} outlets, "
        f"{data.tables['stories']['story_id'].nunique():,} stories; "
        f"{sum(map(len, data.tables.values())):,} rows measured; "
        f"measuring {measured:.1f} s, making the page {built:.2f} s"
    )
    print(f"{'view':<20}{'':<10}{'median ms':>11}{'worst ms':>11}{'changes':>9}")
    told = changes(data, options.changes)
    watch = Watch(page, explorer)
    slow = {"left": 0, "marks": 0, "drawn": 0}
    views = [("Articles", "")]
    views += [(tab, figure) for tab, figures in explorer._TABS.items() for figure in figures]
    for view, figure in views:
        for what, times in watch_view(watch, view, figure, told).items():
            print(
                f"{(figure or view) if what == 'left' else '':<20}{what:<10}"
                f"{statistics.median(times):>11.0f}{max(times):>11.0f}{len(times):>9}"
            )
            if what in slow:
                slow[what] += sum(value > 200 for value in times)
    counted = ", ".join(f"{what} {n}" for what, n in slow.items())
    print(f"above 200 ms: {counted}; of {len(told) * len(views)} changes")


if __name__ == "__main__":
    main()
