"""Stories against those of an aggregator (UCI) and against events that people chose (BASIL)."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from documents import shown

from coverage_research.grouping import group_stories
from coverage_research.statistics import cluster_interval


@functools.cache
def corpora(datasets: Path) -> dict[str, tuple[pd.DataFrame, pd.Series]]:
    """Articles and their stories as the gold has them."""
    headlines = pd.read_csv(datasets / "uci_stories" / "dev.csv")
    uci = pd.DataFrame(
        {
            "article_id": headlines["id"].astype("str"),
            "title": headlines["title"],
            "published_at": pd.to_datetime(headlines["crawl_ms"], unit="ms", utc=True),
            "published_precision": "minute",
        }
    )
    texts = pd.read_json(datasets / "basil" / "articles_dev.jsonl", lines=True)
    basil = pd.DataFrame(
        {
            "article_id": texts["doc_id"].astype("str"),
            "title": texts["title"],
            "body": texts["sentences"].map(" ".join),
            "published_at": pd.to_datetime(texts["date"], utc=True),
            "published_precision": "day",
        }
    )
    return {
        "UCI headlines": (uci, headlines["story"].astype("str")),
        "BASIL articles": (basil, texts["event_id"].astype("str")),
        "BASIL headlines": (basil.drop(columns="body"), texts["event_id"].astype("str")),
    }


@functools.cache
def grouped(datasets: Path, name: str) -> tuple[pd.Series, pd.Series]:
    """The story of each article in the gold, and as found."""
    articles, gold = corpora(datasets)[name]
    found = group_stories(articles, progress=False).set_index("article_id")["story_id"]
    return gold, articles["article_id"].map(found)


def b_cubed(gold: pd.Series, found: pd.Series) -> pd.DataFrame:
    """Precision and recall of each article (Bagga & Baldwin 1998)."""
    both = Counter(zip(gold, found, strict=True))
    same = np.array([both[pair] for pair in zip(gold, found, strict=True)], dtype="float64")
    return pd.DataFrame(
        {
            "precision": same / found.map(found.value_counts()).to_numpy(),
            "recall": same / gold.map(gold.value_counts()).to_numpy(),
        }
    )


def f1(scores: pd.DataFrame) -> float:
    precision, recall = scores["precision"].mean(), scores["recall"].mean()
    return float(2 * precision * recall / (precision + recall))


def f1_bounds(scores: pd.DataFrame, gold: pd.Series) -> tuple[float, float]:
    """Interval of the B-cubed F1 over stories drawn anew."""
    rng = np.random.default_rng(0)
    rows = list(scores.groupby(gold.to_numpy()).indices.values())
    values = scores.to_numpy()
    drawn = []
    for _ in range(500):
        sample = values[np.concatenate([rows[at] for at in rng.integers(0, len(rows), len(rows))])]
        precision, recall = sample.mean(axis=0)
        drawn.append(2 * precision * recall / (precision + recall))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def stories_table(datasets: Path) -> str:
    from sklearn.metrics import adjusted_rand_score

    lines = [
        "| gold | articles | stories | found | B3 P (95 %) | B3 R (95 %) | B3 F1 (95 %) | ARI |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in corpora(datasets):
        gold, found = grouped(datasets, name)
        scores = b_cubed(gold, found)
        cells = []
        for column in scores:
            interval = cluster_interval(scores[column], gold)
            cells.append(shown(interval.estimate, (interval.low, interval.high)))
        cells.append(shown(f1(scores), f1_bounds(scores, gold)))
        cells.append(f"{adjusted_rand_score(gold, found):.2f}")
        counts = f"{len(gold):,} | {gold.nunique()} | {found.nunique()}"
        lines.append(f"| {name} | {counts} | {' | '.join(cells)} |")
    return "\n".join(lines)


def linking_table(datasets: Path) -> str:
    """Pairs of articles of one event, as BASIL's peer is scored."""
    lines = [
        "| BASIL, pairs of articles | pairs in gold | found | right | P | R | F1 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in ("BASIL articles", "BASIL headlines"):
        coded, told, right = pair_counts(*grouped(datasets, name))
        p, r = right / told, right / coded
        scores = f"{p:.2f} | {r:.2f} | {2 * p * r / (p + r):.2f}"
        lines.append(f"| {name[6:]} | {coded} | {told} | {right} | {scores} |")
    return "\n".join(lines)


def pair_counts(gold: pd.Series, found: pd.Series) -> tuple[int, int, int]:
    """Pairs of one story in the gold, as found, and in both."""

    def pairs(key: pd.Series) -> int:
        sizes = key.value_counts()
        return int((sizes * (sizes - 1) // 2).sum())

    return pairs(gold), pairs(found), pairs(gold + "|" + found)


def sizes_table(datasets: Path) -> str:
    """What becomes of the gold's stories: whole, split, mixed."""
    lines = ["| what is wrong | stories of the UCI headlines | articles |", "| --- | ---: | ---: |"]
    gold, found = grouped(datasets, "UCI headlines")
    table = pd.DataFrame({"gold": gold, "found": found, "n": 1})
    counts = table.groupby(["gold", "found"])["n"].sum().reset_index()
    counts["of_gold"] = counts.groupby("gold")["n"].transform("sum")
    counts["of_found"] = counts.groupby("found")["n"].transform("sum")
    main = counts.sort_values("n").drop_duplicates("gold", keep="last").set_index("gold")
    share, purity = main["n"] / main["of_gold"], main["n"] / main["of_found"]
    kinds = {
        "whole and by itself": (share >= 0.9) & (purity >= 0.9),
        "split, the largest part pure": (share < 0.9) & (purity >= 0.9),
        "together with another story": (share >= 0.9) & (purity < 0.9),
        "split and mixed": (share < 0.9) & (purity < 0.9),
    }
    for kind, which in kinds.items():
        lines.append(f"| {kind} | {int(which.sum())} | {int(main.loc[which, 'of_gold'].sum()):,} |")
    return "\n".join(lines)


TABLES: dict[str, Callable[[Path], str]] = {
    "Stories, UCI and BASIL": stories_table,
    "Stories, pairs of an event": linking_table,
    "Stories, kinds of errors": sizes_table,
}


def test_b_cubed_by_hand():
    """Three of one story and one of another, found as two and two."""
    scores = b_cubed(pd.Series(list("xxxy")), pd.Series(list("aabb")))
    assert scores["precision"].tolist() == [1, 1, 0.5, 0.5]
    assert np.allclose(scores["recall"], [2 / 3, 2 / 3, 1 / 3, 1])


def test_headlines_are_grouped_as_the_aggregator_did(datasets: Path) -> None:
    from sklearn.metrics import adjusted_rand_score

    gold, found = grouped(datasets, "UCI headlines")
    assert f1(b_cubed(gold, found)) > 0.81
    assert adjusted_rand_score(gold, found) > 0.82


def test_articles_of_an_event_are_linked(datasets: Path) -> None:
    coded, told, right = pair_counts(*grouped(datasets, "BASIL articles"))
    assert 2 * right / (coded + told) > 0.94
