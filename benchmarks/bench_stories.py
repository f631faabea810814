"""Grouping articles into stories, and the lags within them, for 10,000 and 100,000 articles.

    python benchmarks/bench_stories.py [--sizes 10000 100000] [--peer 10000] [--rounds 1]

Each way runs in a process of its own. The articles are made there, from the same seed, before the
clock starts: stories of 1 to 80 articles over about a day, 274 articles a day (100,000 a year), so
that ten times the articles last ten times as long. Of the 25 words of an article somewhat less than
half come from its story, the rest from 30,000 made-up words as unequal as those of a language.

The peer is average link of scikit-learn's tf-idf vectors by scipy, which knows no time and holds
the distances of all pairs. Seconds are those of the processor. Memory is the peak of the resident
set of the process, the articles included, and what the work adds to it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from typing import Any

from bench_words import made_up, resident, start_from_here

VOCABULARY = 30_000
PER_DAY = 274
HOUR = 3_600_000_000


def make_articles(n_articles: int) -> Any:
    """Articles with a headline of ten words and an excerpt of fifteen."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(20230508)
    words = np.array(made_up(VOCABULARY), dtype=object)
    rng.shuffle(words)
    reach = np.cumsum(1 / np.arange(1.0, VOCABULARY + 1))
    reach /= reach[-1]

    def draw() -> Any:
        return words[np.searchsorted(reach, rng.random(25)).clip(0, VOCABULARY - 1)]

    start = pd.Timestamp("2030-01-01", tz="UTC").value // 1000
    days = n_articles / PER_DAY
    rows: list[tuple[str, str, int]] = []
    while len(rows) < n_articles:
        core, begins = draw(), start + rng.random() * days * 24 * HOUR
        for _ in range(min(1 + int(rng.geometric(0.12)), 80)):
            mixed = np.where(rng.random(25) < 0.45, core, draw())
            rng.shuffle(mixed)
            stamp = int(begins + rng.exponential(12 * HOUR))
            rows.append((" ".join(mixed[:10]), " ".join(mixed[10:]), stamp))
    made = pd.DataFrame(rows[:n_articles], columns=["title", "excerpt", "stamp"])
    made["article_id"] = [f"{number:016x}" for number in range(n_articles)]
    made["outlet"] = [f"outlet{number}.example" for number in rng.integers(0, 200, n_articles)]
    made["published_at"] = pd.to_datetime(made.pop("stamp"), unit="us", utc=True)
    return made.assign(published_precision="minute")


def grouping(articles: Any) -> dict[str, float]:
    """Group, then take the lags."""
    from coverage_research.grouping import group_stories
    from coverage_research.timeline import story_lags

    start = time.process_time()
    stories = group_stories(articles, progress=False)
    grouped = time.process_time() - start
    story_lags(articles, stories)
    return {
        "grouping": grouped,
        "lags": time.process_time() - start - grouped,
        "stories": stories["story_id"].nunique(),
    }


def peer(articles: Any) -> dict[str, float]:
    """Average link of all pairs."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from sklearn.feature_extraction.text import TfidfVectorizer

    start = time.process_time()
    vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit_transform(
        articles["title"] + " " + articles["excerpt"]
    )
    similar = (vectors @ vectors.T).toarray()
    import numpy as np

    apart = 1 - similar[np.triu_indices(len(similar), 1)]
    groups = fcluster(linkage(apart, "average"), 0.95, "distance")
    return {"grouping": time.process_time() - start, "lags": 0.0, "stories": len(set(groups))}


WAYS = {"group_stories": grouping, "scipy, average link": peer}


def run_way(name: str, size: int) -> None:
    """In a process of its own: make the articles, work, report."""
    WAYS[name](make_articles(500))  # imports are not timed
    articles = make_articles(size)
    before = start_from_here()
    result = WAYS[name](articles)
    peak = resident("VmHWM")
    print(json.dumps({**result, "peak": peak, "added": peak - before}))


def measure(name: str, size: int, rounds: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", name, "--sizes", str(size)]
    found = [
        json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        for _ in range(rounds)
    ]
    return {key: statistics.median(result[key] for result in found) for key in found[0]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--peer", type=int, nargs="*", default=[10_000])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--way", choices=WAYS)
    options = parser.parse_args()
    if options.way:
        run_way(options.way, options.sizes[0])
        return
    head = ("articles", "grouping s", "lags s", "x first", "stories", "peak MB", "added MB")
    print(f"{'way':<22}" + "".join(f"{name:>12}" for name in head))
    for way, sizes in (("scipy, average link", options.peer), ("group_stories", options.sizes)):
        first = None
        for size in sizes:
            got = measure(way, size, options.rounds)
            whole = got["grouping"] + got["lags"]
            first = first or whole
            cells = [f"{size:,}", f"{got['grouping']:.1f}", f"{got['lags']:.2f}"]
            cells += [f"{whole / first:.1f}", f"{got['stories']:,.0f}"]
            cells += [f"{got['peak']:,.0f}", f"{got['added']:,.0f}"]
            print(f"{way:<22}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
