"""Frames: 300 patterns in 100,000 short texts against named peers, and shares against a loop.

    python benchmarks/bench_framing.py [--texts 100000] [--rounds 3]

Each way runs in a process of its own, in turn. The texts are those of `bench_words.py`: made-up
words as unequal as those of a language. Patterns: 180 words, 80 prefixes and 40 phrases in ten
frames. Seconds are those of the processor; memory is the peak of the resident set less that before.

- `bare pyahocorasick`: an automaton of the 300 patterns over the lower-case texts, nothing else.
- `with word borders`: the same, keeping only hits that start (and, unless prefixes, end) at a word
  border, counted by text and frame: the least that gives usable numbers.
- `pandas str.count`: one regular expression per frame, ignoring case, on a tenth of the texts.
- `score_frames` and `find_frames` do all of the rules besides: tokens, overlaps, exclusions.

The second part draws 1,000 bootstrap samples of the shares of all frames of 10,000 articles on
1,000 stories: `frame_shares` against a loop that draws stories, looks their rows up (with `.loc`,
or by row numbers prepared beforehand) and groups by outlet, on a table with a row for each article
and frame, or with a row for each article and a column for each frame.
"""

from __future__ import annotations

import argparse
import functools
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bench_words import made_up, make_articles, resident, start_from_here

FRAMES = 10
ARTICLES = 10_000
STORIES = 1_000
DRAWS = 1_000


def make_patterns() -> list[list[str]]:
    """Terms of ten frames, from words that are neither the most usual nor the rarest."""
    import numpy as np

    rng = np.random.default_rng(20230508)
    words = made_up(30_000)
    np.random.default_rng(20230508).shuffle(words)  # the order by frequency of make_articles
    single = [words[at] for at in rng.choice(np.arange(100, 6_000), 180, replace=False)]
    long = [word for word in words[200:9_000] if len(word) >= 6]
    prefixes = [long[at][:5] + "*" for at in rng.choice(len(long), 200, replace=False)]
    phrases = [f"{words[rng.integers(0, 60)]} {words[rng.integers(0, 400)]}" for _ in range(80)]
    terms = [
        *single,
        *list(dict.fromkeys(prefixes))[:80],
        *list(dict.fromkeys(phrases))[:40],
    ]
    return [terms[number::FRAMES] for number in range(FRAMES)]


def codebook(patterns: list[list[str]]) -> Any:
    from coverage_research.codebook import Codebook, Frame
    from coverage_research.terms import Term

    frames = [
        Frame(f"f{number}", f"F{number}", "d", "i", "e", ("a", "b"), tuple(map(Term, terms)))
        for number, terms in enumerate(patterns)
    ]
    return Codebook("bench", "1", "t", "s", "en", tuple(frames))


def automaton(patterns: list[list[str]]) -> Any:
    import ahocorasick

    found = ahocorasick.Automaton()
    for frame, terms in enumerate(patterns):
        for term in terms:
            key = term.removesuffix("*")
            found.add_word(key, (frame, term.endswith("*"), len(key)))
    found.make_automaton()
    return found


def bare(articles: Any, patterns: list[list[str]]) -> int:
    machine = automaton(patterns)
    hits = 0
    for text in articles["title"]:
        for _ in machine.iter(text.lower()):
            hits += 1
    return hits


def with_borders(articles: Any, patterns: list[list[str]]) -> int:
    import numpy as np

    machine = automaton(patterns)
    counts = np.zeros((len(articles), FRAMES), dtype=np.int32)
    for row, text in enumerate(articles["title"]):
        low = text.lower()
        size = len(low)
        for end, (frame, prefix, length) in machine.iter(low):
            start = end - length + 1
            if (start == 0 or not low[start - 1].isalnum()) and (
                prefix or end + 1 == size or not low[end + 1].isalnum()
            ):
                counts[row, frame] += 1
    return int(counts.sum())


def str_count(articles: Any, patterns: list[list[str]]) -> int:
    hits = 0
    for terms in patterns:
        parts = [
            rf"\b{re.escape(term.removesuffix('*'))}" + ("" if term.endswith("*") else r"\b")
            for term in sorted(terms, key=len, reverse=True)
        ]
        hits += int(articles["title"].str.count("|".join(parts), flags=re.IGNORECASE).sum())
    return hits


def score(articles: Any, patterns: list[list[str]]) -> int:
    from coverage_research import score_frames

    found = score_frames(articles, codebook(patterns), fields=["title"], progress=False)
    return int(found.drop(columns="article_id").to_numpy().sum())


def find(articles: Any, patterns: list[list[str]]) -> int:
    from coverage_research import find_frames

    return len(find_frames(articles, codebook(patterns), fields=["title"], progress=False))


MATCHING = {
    "bare pyahocorasick": (bare, 1),
    "with word borders": (with_borders, 1),
    "pandas str.count": (str_count, 10),
    "score_frames": (score, 1),
    "find_frames": (find, 1),
}


def make_shares() -> tuple[Any, Any, Any]:
    """Matches, articles and coverage."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    articles = pd.DataFrame(
        {
            "article_id": [f"a{number:06}" for number in range(ARTICLES)],
            "outlet": [f"o{number}" for number in rng.integers(0, 20, ARTICLES)],
        }
    )
    stories = [f"s{number}" for number in rng.integers(0, STORIES, ARTICLES)]
    coverage = pd.DataFrame({"story_id": stories, "article_id": articles["article_id"]})
    carried = np.argwhere(rng.random((ARTICLES, FRAMES)) < 0.3)
    matches = pd.DataFrame(
        {
            "article_id": articles["article_id"].to_numpy()[carried[:, 0]],
            "codebook": "bench",
            "frame": [f"f{number}" for number in carried[:, 1]],
        }
    )
    matches.attrs = {"codebook": "bench", "frames": {f"f{n}": f"F{n}" for n in range(FRAMES)}}
    return matches, articles, coverage


def ours(tables: tuple[Any, Any, Any], n: int) -> None:
    from coverage_research import frame_shares

    frame_shares(*tables, n_boot=n)


def by_loop(tables: tuple[Any, Any, Any], n: int, *, tidy: bool, prepared: bool) -> None:
    """Draw stories, look their rows up, group: one column a frame, or one row a frame."""
    import numpy as np
    import pandas as pd

    matches, articles, coverage = tables
    frames = [f"f{number}" for number in range(FRAMES)]
    carried = pd.crosstab(matches["article_id"], matches["frame"]).gt(0)
    carried = carried.reindex(articles["article_id"], fill_value=False)
    table = coverage.merge(articles).merge(carried.reset_index(), on="article_id")
    by, columns = ["outlet"], frames
    if tidy:
        table = table.melt(["story_id", "article_id", "outlet"], var_name="frame")
        by, columns = ["outlet", "frame"], ["value"]
    by_story = table.set_index("story_id").sort_index()
    rows = table.groupby("story_id").indices
    names = np.array(sorted(rows))
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(n):
        picked = names[rng.integers(0, len(names), len(names))]
        if prepared:
            sample = table.iloc[np.concatenate([rows[name] for name in picked])]
        else:
            sample = by_story.loc[picked]
        drawn.append(sample.groupby(by)[columns].mean())
    stacked = np.stack([part.to_numpy() for part in drawn])
    np.quantile(stacked, [0.025, 0.975], axis=0)


LOOPS = {
    "loop, a row a frame": (True, False),
    "loop, a column a frame": (False, False),
    "the same, rows prepared": (False, True),
}
SHARES: dict[str, Any] = {"frame_shares": (ours, DRAWS, 1)} | {
    name: (functools.partial(by_loop, tidy=tidy, prepared=prepared), DRAWS // 20, 20)
    for name, (tidy, prepared) in LOOPS.items()
}


def run_way(name: str, n_texts: int) -> dict[str, float]:
    """In a process of its own: make the data, work, report."""
    import coverage_research.frame_shares  # noqa: F401 - imports are not timed

    if name in SHARES:
        work, n, times = SHARES[name]
        tables = make_shares()
        work(tables, 2)
        start = time.process_time()
        work(tables, n)
        return {"seconds": (time.process_time() - start) * times, "hits": 0, "memory": 0}
    work, part = MATCHING[name]
    patterns = make_patterns()
    work(make_articles(200, 10), patterns)
    articles = make_articles(n_texts // part, 10)
    before = start_from_here()
    start = time.process_time()
    hits = work(articles, patterns)
    seconds = (time.process_time() - start) * part
    return {"seconds": seconds, "hits": hits * part, "memory": resident("VmHWM") - before}


def measure(name: str, n_texts: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", name, "--texts", str(n_texts)]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result: dict[str, float] = json.loads(found.stdout)
    return result


def medians(names: Any, n_texts: int, n_rounds: int) -> dict[str, dict[str, float]]:
    rounds = [{name: measure(name, n_texts) for name in names} for _ in range(n_rounds)]
    return {
        name: {key: statistics.median(one[name][key] for one in rounds) for key in rounds[0][name]}
        for name in names
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=[*MATCHING, *SHARES])
    options = parser.parse_args()
    if options.way:
        print(json.dumps(run_way(options.way, options.texts)))
        return
    found = medians(MATCHING, options.texts, options.rounds)
    print(f"300 patterns in {options.texts:,} texts of about 39 words")
    head = ("s", "x bare", "x borders", "str.count / it", "hits", "MB")
    print(f"{'way':<24}" + "".join(f"{name:>15}" for name in head))
    for name, got in found.items():
        ratios = [got["seconds"] / found[peer]["seconds"] for peer in list(MATCHING)[:2]]
        gain = found["pandas str.count"]["seconds"] / got["seconds"]
        cells = [got["seconds"], *ratios, gain]
        shown = [f"{cell:.2f}" for cell in cells]
        shown += [f"{got['hits']:,.0f}", f"{got['memory']:.0f}"]
        print(f"{name:<24}" + "".join(f"{cell:>15}" for cell in shown))
    million = medians(["score_frames"], 10 * options.texts, 1)["score_frames"]
    print(
        f"score_frames, {10 * options.texts:,} texts: {million['seconds']:.2f} s, "
        f"{million['memory']:.0f} MB more than the articles take"
    )
    shares = medians(SHARES, options.texts, options.rounds)
    size = f"{ARTICLES:,} articles, {STORIES:,} stories, 20 outlets"
    print(f"{DRAWS:,} draws of {FRAMES} frames, {size}")
    for name, got in shares.items():
        gain = got["seconds"] / shares["frame_shares"]["seconds"]
        print(f"{name:<24}{got['seconds']:>8.2f} s, {gain:.0f} times frame_shares")


if __name__ == "__main__":
    main()
