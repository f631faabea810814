"""Pairs of alike articles inside 36 hours: how time grows with the articles, and against peers.

    python benchmarks/bench_flow.py [--rounds 1] [--large] [--aggregates]

Each way runs in a process of its own. The texts are made there, from the same seed, before the
clock starts: about 39 made-up words each, as unequal as those of a language (Zipf). One in four
takes three fifths of its words from one of the 200 articles before it, which makes pairs to find.
"steady" has 1,000 articles a day however many there are, so that ten times the articles are ten
times the days; "month" puts all of them into 30 days, so that ten times the articles are a hundred
times the pairs inside the window. `news_flow` runs with its defaults; reading and weighing the
texts is included.

Peers: "all pairs" is scikit-learn's TfidfVectorizer and one sparse product of all with all, from
which the lags are then picked; its memory grows with the square, so it stops at 10,000. "windowed"
is the same in blocks of 500 articles with the articles of their windows only.

`--aggregates` measures what is made of the pairs instead: 100,000 articles of 50 outlets in 30 days
with the pairs that `news_flow` finds, which is done before the clock starts. Peers draw the same
number of resamples, "cell by cell" for each pair of outlets, and "pooled" by putting the values of
the drawn days together for each median.

Seconds are those of the processor. Memory is the peak of the resident set during the work less that
before it. `--large` adds a million articles.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import subprocess
import sys
import time
from typing import Any

from bench_words import VOCABULARY, WORDS, made_up, resident, start_from_here

PER_DAY = 1_000
DAYS = 30
OUTLETS = 20
MANY_OUTLETS = 50
WINDOW = 36
LEAST = 0.4


def make_articles(n_texts: int, kind: str, n_outlets: int = OUTLETS) -> Any:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(20230508)
    words = np.array(made_up(VOCABULARY), dtype=object)
    rng.shuffle(words)
    weights = 1 / np.arange(1.0, VOCABULARY + 1)
    reach = np.cumsum(weights / weights.sum())
    drawn = np.searchsorted(reach, rng.random((n_texts, WORDS))).clip(0, VOCABULARY - 1)
    follows = rng.random(n_texts) < 0.25
    kept = WORDS * 3 // 5
    for place in np.flatnonzero(follows[1:]) + 1:
        source = place - 1 - int(rng.integers(0, min(place, 200)))
        drawn[place, :kept] = rng.permutation(drawn[source])[:kept]
    days = n_texts / PER_DAY if kind == "steady" else DAYS
    minutes = np.sort(rng.integers(0, int(days * 1440), n_texts))
    return pd.DataFrame(
        {
            "article_id": [f"{number:016x}" for number in range(n_texts)],
            "outlet": [f"outlet{number}.example" for number in rng.integers(0, n_outlets, n_texts)],
            "title": [" ".join(words[row[:9]]) for row in drawn],
            "excerpt": [" ".join(words[row[9:]]) + "." for row in drawn],
            "published_at": pd.Timestamp("2030-01-01", tz="UTC") + pd.to_timedelta(minutes, "min"),
            "published_precision": "minute",
        }
    )


def ours(articles: Any) -> int:
    from coverage_research.news_flow import news_flow

    return len(news_flow(articles, progress=False))


def vectors(articles: Any) -> tuple[Any, Any, Any]:
    """Weights of scikit-learn, minutes and outlets."""
    import pandas as pd
    from sklearn.feature_extraction.text import TfidfVectorizer

    made = TfidfVectorizer().fit_transform(articles["title"] + " " + articles["excerpt"])
    stamp = articles["published_at"].astype("int64").to_numpy() // 60_000_000
    return made, stamp, pd.factorize(articles["outlet"])[0]


def all_pairs(articles: Any) -> int:
    made, stamp, outlet = vectors(articles)
    found = (made @ made.T).tocoo()
    earlier, later, value = found.row, found.col, found.data
    lag = stamp[later] - stamp[earlier]
    fits = (value >= LEAST) & (earlier < later) & (lag <= WINDOW * 60)
    return int((fits & (outlet[earlier] != outlet[later])).sum())


def windowed(articles: Any) -> int:
    import numpy as np

    made, stamp, outlet = vectors(articles)
    total = 0
    for first in range(0, made.shape[0], 500):
        last = min(first + 500, made.shape[0])
        begin = int(np.searchsorted(stamp, stamp[first] - WINDOW * 60))
        found = (made[first:last] @ made[begin:last].T).tocoo()
        strong = found.data >= LEAST
        later, earlier = found.row[strong] + first, found.col[strong] + begin
        fits = (earlier < later) & (stamp[later] - stamp[earlier] <= WINDOW * 60)
        total += int((fits & (outlet[earlier] != outlet[later])).sum())
    return total


def shares(articles: Any, flow: Any) -> int:
    from coverage_research.flow_shares import flow_shares

    return len(flow_shares(flow, articles))


def over_time(articles: Any, flow: Any) -> int:
    from coverage_research.flow_shares import flow_over_time

    return len(flow_over_time(flow, articles))


def lags(articles: Any, flow: Any) -> int:
    from coverage_research.flow_shares import flow_lags

    return len(flow_lags(flow, articles))


def by_day(articles: Any, flow: Any) -> Any:
    """Certain pairs with the outlets of both and the days of both."""
    day = articles.set_index("article_id")["published_at"].dt.floor("D")
    outlet = articles.set_index("article_id")["outlet"]
    sure = flow[flow["is_later"]]
    return sure.assign(
        **{f"{name}_outlet": sure[name].map(outlet) for name in ("article_id", "other_id")},
        **{f"{name}_day": sure[name].map(day) for name in ("article_id", "other_id")},
    )


def shares_cell_by_cell(articles: Any, flow: Any) -> int:
    import pandas as pd

    from coverage_research.statistics import ratio_intervals

    pairs, cells = by_day(articles, flow), 0
    size = pd.crosstab(articles["published_at"].dt.floor("D"), articles["outlet"])
    for own, other in (("other_id", "article_id"), ("article_id", "other_id")):
        once = pairs.drop_duplicates([own, f"{other}_outlet"])
        for outlet, part in once.groupby(f"{own}_outlet"):
            table = pd.crosstab(part[f"{own}_day"], part[f"{other}_outlet"])
            others = size.columns.drop(outlet)
            table = table.reindex(index=size.index, columns=others, fill_value=0)
            cells += len(ratio_intervals(table.to_numpy(), size[outlet].to_numpy()))
    return cells


def lags_pooled(articles: Any, flow: Any) -> int:
    import numpy as np

    from coverage_research.statistics import cluster_interval

    cells = 0
    for _, part in by_day(articles, flow).groupby(["article_id_outlet", "other_id_outlet"]):
        cluster_interval(part["lag_low"], part["article_id_day"], lambda x: float(np.median(x)))
        cells += 1
    return cells


AGGREGATES = {
    "flow_shares": shares,
    "shares, cell by cell": shares_cell_by_cell,
    "flow_over_time": over_time,
    "flow_lags": lags,
    "lags, pooled": lags_pooled,
}
WAYS = {"news_flow": ours, "all pairs": all_pairs, "windowed": windowed}
RUNS = [
    ("news_flow", "steady", 10_000),
    ("windowed", "steady", 10_000),
    ("all pairs", "steady", 10_000),
    ("news_flow", "steady", 100_000),
    ("windowed", "steady", 100_000),
    ("news_flow", "month", 10_000),
    ("windowed", "month", 10_000),
    ("all pairs", "month", 10_000),
    ("news_flow", "month", 100_000),
    ("windowed", "month", 100_000),
]
LARGE = ("news_flow", "steady", 1_000_000)


def run_way(way: str, kind: str, n_texts: int) -> None:
    """In a process of its own: make the texts, work, report."""
    if way in AGGREGATES:
        from coverage_research.news_flow import news_flow

        articles = make_articles(n_texts, kind, MANY_OUTLETS)
        flow = news_flow(articles, progress=False)
        few = make_articles(2_000, kind, MANY_OUTLETS)
        AGGREGATES[way](few, news_flow(few, progress=False))
        work = functools.partial(AGGREGATES[way], articles, flow)
    else:
        WAYS[way](make_articles(2_000, kind))
        work = functools.partial(WAYS[way], make_articles(n_texts, kind))
    before = start_from_here()
    start = time.process_time()
    pairs = work()
    seconds = time.process_time() - start
    print(json.dumps({"seconds": seconds, "pairs": pairs, "memory": resident("VmHWM") - before}))


def measure(way: str, kind: str, n_texts: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", way, "--kind", kind, "--texts", str(n_texts)]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result: dict[str, float] = json.loads(found.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--aggregates", action="store_true")
    parser.add_argument("--way", choices=[*WAYS, *AGGREGATES])
    parser.add_argument("--kind", choices=["steady", "month"], default="steady")
    parser.add_argument("--texts", type=int, default=10_000)
    options = parser.parse_args()
    if options.way:
        run_way(options.way, options.kind, options.texts)
        return
    runs = [*RUNS, LARGE] if options.large else RUNS
    if options.aggregates:
        runs = [(way, "month", 100_000) for way in AGGREGATES]
    rounds = [{run: measure(*run) for run in runs} for _ in range(options.rounds)]
    found = {
        run: {
            name: statistics.median(result[run][name] for result in rounds)
            for name in ("seconds", "pairs", "memory")
        }
        for run in runs
    }
    if options.aggregates:
        print(f"100,000 articles in {DAYS} days, {MANY_OUTLETS} outlets")
        print(f"{'way':<22}{'s':>13}{'rows':>13}{'MB':>13}")
        for (way, _, _), got in found.items():
            rows = f"{got['pairs']:,.0f}"
            print(f"{way:<22}{got['seconds']:>13.2f}{rows:>13}{got['memory']:>13.0f}")
        return
    print(f"about {WORDS} words, {OUTLETS} outlets, window {WINDOW} h, similarity {LEAST}")
    head = ("articles", "a day", "s", "x news_flow", "x a tenth", "pairs", "MB")
    print(f"{'way':<22}" + "".join(f"{name:>13}" for name in head))
    for run, got in found.items():
        way, kind, n_texts = run
        base = found["news_flow", kind, n_texts]["seconds"]
        tenth = found.get((way, kind, n_texts // 10))
        a_day = PER_DAY if kind == "steady" else n_texts // DAYS
        cells = [f"{n_texts:,}", f"{a_day:,}", f"{got['seconds']:.2f}"]
        cells += [f"{got['seconds'] / base:.1f}"]
        cells += [f"{got['seconds'] / tenth['seconds']:.1f}" if tenth else ""]
        cells += [f"{got['pairs']:,.0f}", f"{got['memory']:.0f}"]
        print(f"{way + ', ' + kind:<22}" + "".join(f"{cell:>13}" for cell in cells))


if __name__ == "__main__":
    main()
