"""Pairs of texts that repeat one another, among 10,000 to 1,000,000 short texts.

    python benchmarks/bench_reuse.py [--sizes 10000 100000 1000000] [--peers 10000 100000]

Each way runs in a process of its own. The texts are made there, from the same seed, before the
clock starts: about 39 made-up words each, as unequal as those of a language (Zipf), of 200 outlets
in one year. One in ten repeats one of the nine days before, as it is, with up to three words
changed, or half of it with new words. All texts of a size lie in the same year, so that ten times
the texts means ten times as many inside the window.

The peer is datasketch's MinHashLSH (128 permutations, shingles of five words, threshold 0.5) with
an exact check of its candidates. Both are held against the sparse product of all shingles with
themselves (X X'), which compares every pair: by Jaccard of at least 0.5, and by a run of eight
words, the definition of `find_reuse`. Only pairs of different outlets inside the window count.

Seconds are those of the processor, so that other work on the machine matters less. Memory is the
peak of the resident set of the process, the texts included, and what the work adds to it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from typing import Any

from bench_words import made_up, resident, start_from_here

VOCABULARY = 30_000
WORDS = 39
SIZE = 5
RUN = 8
OUTLETS = 200
DAY = 86_400
WINDOW = 14 * DAY
NOTICE = " All rights reserved. No part of this may be printed, sent or sold again without leave."


def make_articles(n_texts: int) -> Any:
    """Articles with a headline of about nine words and a text of about thirty."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(20230508)
    words = np.array(made_up(VOCABULARY), dtype=object)
    rng.shuffle(words)
    reach = np.cumsum(1 / np.arange(1.0, VOCABULARY + 1))
    reach /= reach[-1]
    sizes = rng.integers(WORDS - 14, WORDS + 15, n_texts)
    ends = np.cumsum(sizes)
    drawn = np.searchsorted(reach, rng.random(int(ends[-1]))).clip(0, VOCABULARY - 1)
    drawn = drawn.astype(np.int32)
    stamp = np.sort(rng.integers(0, 365 * DAY, n_texts))
    copies = np.flatnonzero(rng.random(n_texts) < 0.1)
    back = 1 + rng.integers(0, max(n_texts // 40, 2), len(copies))
    copies, back = copies[back <= copies], back[back <= copies]
    texts: list[list[str]] = [
        words[drawn[end - size : end]].tolist()
        for end, size in zip(ends.tolist(), sizes.tolist(), strict=True)
    ]
    way = rng.integers(0, 3, len(copies))
    for at, source, how in zip(
        copies.tolist(), (copies - back).tolist(), way.tolist(), strict=True
    ):
        copied = list(texts[source])
        if how == 1:
            for place in rng.integers(0, len(copied), 3).tolist():
                copied[place] = words[rng.integers(0, VOCABULARY)]
        elif how == 2:
            copied = copied[: len(copied) // 2] + texts[at][: len(copied) // 2]
        texts[at] = copied
    titles, bodies = [], []
    for number, text in enumerate(texts):
        titles.append(" ".join(text[:9]).capitalize())
        bodies.append(" ".join(text[9:]).capitalize() + ".")
        texts[number] = []
    start = pd.Timestamp("2030-01-01", tz="UTC")
    return pd.DataFrame(
        {
            "article_id": [f"{number:016x}" for number in range(n_texts)],
            "outlet": [f"outlet{number}.example" for number in rng.integers(0, OUTLETS, n_texts)],
            "title": titles,
            "excerpt": bodies,
            "published_at": start + pd.to_timedelta(stamp, unit="s"),
            "published_precision": "minute",
        }
    )


def shingle_sets(articles: Any, size: int) -> list[set[str]]:
    """Shingles of each article, none across headline and text."""
    from coverage_research.text import words

    found = []
    for pair in zip(articles["title"], articles["excerpt"], strict=True):
        cut = [words(text) for text in pair]
        found.append(
            {" ".join(part[at : at + size]) for part in cut for at in range(len(part) - size + 1)}
        )
    return found


def admitted(articles: Any, one: Any, other: Any) -> Any:
    """Whether the pairs are of different outlets and inside the window."""
    stamp = articles["published_at"].astype("int64").to_numpy() // 1_000_000
    outlet = articles["outlet"].to_numpy()
    return (abs(stamp[one] - stamp[other]) <= WINDOW) & (outlet[one] != outlet[other])


def numbers(articles: Any, ids: Any) -> Any:
    import numpy as np

    return np.array([int(name, 16) for name in ids], dtype=np.int64)


def ours(articles: Any) -> tuple[dict[str, float], set[tuple[int, int]], set[tuple[int, int]]]:
    from coverage_research.reuse import find_reuse

    start = time.process_time()
    found = find_reuse(articles, progress=False)
    spent = time.process_time() - start
    memory = resident("VmHWM")
    one, other = numbers(articles, found["article_id"]), numbers(articles, found["other_id"])
    keys = list(
        zip(
            [min(pair) for pair in zip(one.tolist(), other.tolist(), strict=True)],
            [max(pair) for pair in zip(one.tolist(), other.tolist(), strict=True)],
            strict=True,
        )
    )
    alike = {key for key, value in zip(keys, found["jaccard"], strict=True) if value >= 0.5}
    run = found["longest_run"].ge(RUN).tolist()
    passages = {key for key, is_passage in zip(keys, run, strict=True) if is_passage}
    return {"seconds": spent, "peak": memory, "rows": len(found)}, alike, passages


def under_notice(
    articles: Any,
) -> tuple[dict[str, float], set[tuple[int, int]], set[tuple[int, int]]]:
    """The same with one notice of fifteen words under every tenth text, whatever the outlet."""
    texts = articles["excerpt"].where(articles.index % 10 > 0, articles["excerpt"] + NOTICE)
    result, _, passages = ours(articles.assign(excerpt=texts))
    return result, set(), passages  # the notice changes every Jaccard


def lsh(articles: Any) -> tuple[dict[str, float], set[tuple[int, int]], set[tuple[int, int]]]:
    import numpy as np
    from datasketch import MinHash, MinHashLSH

    start = time.process_time()
    shingles = shingle_sets(articles, SIZE)
    index = MinHashLSH(threshold=0.5, num_perm=128)
    sketches = MinHash.bulk(
        [[shingle.encode() for shingle in found] for found in shingles], num_perm=128
    )
    pairs = set()
    for number, sketch in enumerate(sketches):
        pairs |= {(other, number) for other in index.query(sketch)}
        index.insert(number, sketch)
    alike = set()
    for one, other in pairs:
        shared = len(shingles[one] & shingles[other])
        if shared and shared >= 0.5 * len(shingles[one] | shingles[other]):
            alike.add((one, other))
    spent = time.process_time() - start
    memory = resident("VmHWM")
    listed = np.array(sorted(alike), dtype=np.int64).reshape(-1, 2)
    kept = listed[admitted(articles, listed[:, 0], listed[:, 1])]
    found = {(one, other) for one, other in kept.tolist()}
    return {"seconds": spent, "peak": memory, "rows": len(alike)}, found, set()


def product(articles: Any, size: int) -> tuple[Any, Any, Any, Any]:
    """Pairs that share a shingle, how many, and shingles of each article: X X', in blocks."""
    import numpy as np
    from scipy import sparse

    numbers_of: dict[str, int] = {}
    columns, counts = [], []
    for shingles in shingle_sets(articles, size):
        columns += [numbers_of.setdefault(shingle, len(numbers_of)) for shingle in shingles]
        counts.append(len(shingles))
    rows = np.repeat(np.arange(len(counts)), counts)
    matrix = sparse.csr_array(
        (np.ones(len(rows), np.int32), (rows, np.array(columns))),
        shape=(len(counts), len(numbers_of)),
    )
    transposed = matrix.T.tocsr()
    parts = []
    for first in range(0, len(counts), 20_000):
        block = (matrix[first : first + 20_000] @ transposed).tocoo()
        one, other = block.coords[0] + first, block.coords[1]
        upper = one < other
        parts.append((one[upper], other[upper], block.data[upper]))
    one, other, shared = (np.concatenate(part) for part in zip(*parts, strict=True))
    kept = admitted(articles, one, other)
    return one[kept], other[kept], shared[kept], np.array(counts)


def truth(articles: Any) -> tuple[dict[str, float], set[tuple[int, int]], set[tuple[int, int]]]:
    start = time.process_time()
    one, other, shared, counts = product(articles, SIZE)
    alike = shared >= 0.5 * (counts[one] + counts[other] - shared)
    first = set(zip(one[alike].tolist(), other[alike].tolist(), strict=True))
    spent = time.process_time() - start
    memory = resident("VmHWM")
    one, other, _, _ = product(articles, RUN)
    second = set(zip(one.tolist(), other.tolist(), strict=True))
    return {"seconds": spent, "peak": memory, "rows": len(first)}, first, second


WAYS = {"find_reuse": ours, "with notice": under_notice, "MinHashLSH": lsh, "X X'": truth}


def run_way(name: str, n_texts: int) -> None:
    """In a process of its own: make the texts, work, report."""
    import scipy.sparse  # noqa: F401 - imports are not timed

    from coverage_research.reuse import find_reuse

    find_reuse(make_articles(500), progress=False)
    articles = make_articles(n_texts)
    before = start_from_here()
    result, alike, passages = WAYS[name](articles)
    result["more"] = result["peak"] - before
    print(json.dumps({**result, "alike": sorted(alike), "passages": sorted(passages)}))


def measure(name: str, n_texts: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--way", name, "--texts", str(n_texts)]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(found.stdout)
    for kind in ("alike", "passages"):
        result[kind] = {tuple(pair) for pair in result[kind]}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--peers", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--way", choices=WAYS)
    options = parser.parse_args()
    if options.way:
        run_way(options.way, options.texts)
        return
    head = ("texts", "s", "x ours", "x smaller", "peak MB", "added MB", "rows", "J>=.5", "recall")
    print(f"{'way':<12}" + "".join(f"{name:>12}" for name in (*head, "runs", "recall")))
    smaller: dict[str, tuple[int, float]] = {}
    for n_texts in options.sizes:
        ways = list(WAYS) if n_texts in options.peers else ["find_reuse", "with notice"]
        found = {way: measure(way, n_texts) for way in ways}
        base = found["find_reuse"]["seconds"]
        exact = found.get("X X'")
        for way, got in found.items():
            cells = [f"{n_texts:,}", f"{got['seconds']:.2f}", f"{got['seconds'] / base:.1f}"]
            cells.append(f"{got['seconds'] / smaller[way][1]:.1f}" if way in smaller else "")
            cells += [f"{got['peak']:,.0f}", f"{got['more']:,.0f}", f"{got['rows']:,}"]
            for kind in ("alike", "passages"):
                cells.append(f"{len(got[kind]):,}" if got[kind] else "")
                told = exact and exact[kind] and got[kind]
                cells.append(
                    f"{len(got[kind] & exact[kind]) / len(exact[kind]):.4f}" if told else ""
                )
            print(f"{way:<12}" + "".join(f"{cell:>12}" for cell in cells), flush=True)
            smaller[way] = n_texts, got["seconds"]
        if exact:
            extra = len(found["find_reuse"]["passages"] - exact["passages"])
            print(f"  pairs of find_reuse that share no run of {RUN} words by X X': {extra}")


if __name__ == "__main__":
    main()
