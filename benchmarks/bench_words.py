"""Distinctive words of 50 outlets in 100,000 short texts: counting, and comparing what was counted.

    python benchmarks/bench_words.py [--texts 100000] [--outlets 50] [--rounds 3]

Each way runs in a process of its own, in turn. The texts are made there, from the same seed, before
the clock starts: about 39 words each, of 30,000 made-up words that are as unequal as those of a
language (Zipf). "count" turns texts into a sparse table of articles and words; "compare" is all
that `compare_words` does besides: grouping, statistics, adjusting p, the table. Seconds are those
of the processor, so that other work on the machine matters less. Memory is the peak of the
resident set during the work less that before it.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

VOCABULARY = 30_000
WORDS = 39
ONSETS = "b br c ch d dr f fl g gr h j k l m n p pl qu r s st t tr v w".split()
VOWELS = "a e i o u ai ea ou".split()
CODAS = ["", "n", "r", "s", "t", "l", "m", "nd", "st", "ck"]


def made_up(n: int) -> list[str]:
    """Different pronounceable words, the shortest first."""
    one = [a + b + c for a in ONSETS for b in VOWELS for c in CODAS]
    short = [a + b for a in ONSETS for b in VOWELS]
    return [*one, *(first + last for last in one for first in short[::7])][:n]


def make_articles(n_texts: int, n_outlets: int) -> Any:
    """Articles with an outlet and a title; each outlet likes some words more than the others do."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(20230508)
    words = made_up(VOCABULARY)
    rng.shuffle(words)
    weights = 1 / np.arange(1.0, VOCABULARY + 1)
    outlet = rng.integers(0, n_outlets, n_texts)
    texts = [""] * n_texts
    for number in range(n_outlets):
        liked = weights.copy()
        liked[rng.integers(0, VOCABULARY, 200)] *= 3
        reach = np.cumsum(liked / liked.sum())
        for place in np.flatnonzero(outlet == number):
            size = int(rng.integers(WORDS - 14, WORDS + 15))
            drawn = [
                words[at] for at in np.searchsorted(reach, rng.random(size)).clip(0, VOCABULARY - 1)
            ]
            drawn[0] = drawn[0].capitalize()
            drawn[size // 2] += "."
            drawn[size // 2 + 1] = drawn[size // 2 + 1].capitalize()
            drawn[size // 3] += ","
            texts[place] = " ".join(drawn) + "."
    return pd.DataFrame(
        {
            "article_id": [f"{number:016x}" for number in range(n_texts)],
            "outlet": [f"outlet{number}.example" for number in outlet],
            "title": texts,
        }
    )


def peer(articles: Any, ngrams: tuple[int, int]) -> dict[str, float]:
    """Count with scikit-learn."""
    from sklearn.feature_extraction.text import CountVectorizer

    start = time.process_time()
    found = CountVectorizer(ngram_range=ngrams).fit_transform(articles["title"])
    return {"count": time.process_time() - start, "kinds": found.shape[1]}


def comparing(articles: Any, ngrams: tuple[int, int], **settings: Any) -> dict[str, float]:
    """Count and compare with this package, each timed."""
    from unittest.mock import patch

    from coverage_research import keyness

    spent = 0.0
    kinds = 0

    def timed(function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            nonlocal spent, kinds
            start = time.process_time()
            result = function(*arguments)
            spent += time.process_time() - start
            kinds += len(getattr(result, "parts", ()))
            return result

        return call

    with (
        patch.object(keyness, "read_texts", timed(keyness.read_texts)),
        patch.object(keyness, "count_grams", timed(keyness.count_grams)),
    ):
        start = time.process_time()
        found = keyness.compare_words(articles, fields=["title"], ngrams=ngrams, **settings)
        whole = time.process_time() - start
    return {"count": spent, "compare": whole - spent, "kinds": kinds, "rows": len(found)}


WAYS = {
    "scikit-learn, words": lambda articles: peer(articles, (1, 1)),
    "log-odds, 100 words an outlet": lambda articles: comparing(articles, (1, 1), most=100),
    "g2, 100 words an outlet": lambda articles: comparing(articles, (1, 1), measure="g2", most=100),
    "chi2, 100 words an outlet": lambda articles: comparing(
        articles, (1, 1), measure="chi2", most=100
    ),
    "log-odds, all words": lambda articles: comparing(articles, (1, 1)),
    "scikit-learn, words and pairs": lambda articles: peer(articles, (1, 2)),
    "log-odds, pairs too, 100 each": lambda articles: comparing(articles, (1, 2), most=100),
}


def resident(field: str) -> float:
    """A size of this process, in MB."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return float("nan")


def start_from_here() -> float:
    """Give back what is free, let the peak start anew, and tell what is held, in MB."""
    import pyarrow as pa

    # What made the texts is free but still held, and would hide what the work takes.
    gc.collect()
    pa.default_memory_pool().release_unused()
    time.sleep(1)
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", "utf-8")
    return resident("VmRSS")


def run_way(name: str, n_texts: int, n_outlets: int) -> None:
    """In a process of its own: make the texts, work, report."""
    import scipy.sparse
    import scipy.special  # noqa: F401 - imports are not timed
    import sklearn.feature_extraction.text  # noqa: F401

    import coverage_research.keyness  # noqa: F401

    WAYS[name](make_articles(2_000, n_outlets))
    articles = make_articles(n_texts, n_outlets)
    before = start_from_here()
    result = WAYS[name](articles)
    print(json.dumps({**result, "memory": resident("VmHWM") - before}))


def measure(name: str, options: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", name]
    command += ["--texts", str(options.texts), "--outlets", str(options.outlets)]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result: dict[str, float] = json.loads(found.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--outlets", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=WAYS)
    options = parser.parse_args()
    if options.way:
        run_way(options.way, options.texts, options.outlets)
        return
    rounds = [{way: measure(way, options) for way in WAYS} for _ in range(options.rounds)]
    found = {
        way: {
            name: statistics.median(result[way][name] for result in rounds)
            for name in rounds[0][way]
        }
        for way in WAYS
    }
    print(f"{options.texts:,} texts of about {WORDS} words, {options.outlets} outlets")
    head = ("count s", "of peer", "compare s", "of count", "of peer", "MB", "kinds", "rows")
    print(f"{'way':<31}" + "".join(f"{name:>11}" for name in head))
    for way, got in found.items():
        base = found["scikit-learn, words" + (" and pairs" if "pairs" in way else "")]["count"]
        cells = [f"{got['count']:.2f}", f"{got['count'] / base:.0%}"]
        if "compare" in got:
            cells += [f"{got['compare']:.2f}", f"{got['compare'] / got['count']:.0%}"]
            cells += [f"{got['compare'] / base:.0%}"]
        else:
            cells += [""] * 3
        cells += [f"{got['memory']:.0f}", f"{got['kinds']:,.0f}", f"{got.get('rows', 0):,.0f}"]
        print(f"{way:<31}" + "".join(f"{cell:>11}" for cell in cells))


if __name__ == "__main__":
    main()
