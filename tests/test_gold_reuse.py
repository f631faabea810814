"""Reuse against pairs that others counted: AllSides texts, all compared with all."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from documents import share

from coverage_research.reuse import find_reuse

#: As the gold: every pair, within outlets and without a window too, that shares ten shingles.
SETTINGS = {
    "window": None,
    "same_outlet": True,
    "min_run": 5,
    "size": 5,
    "min_shingles": 10,
    "title_similarity": None,
    "common": None,
    "progress": False,
}
MEASURES = ("jaccard", "containment", "longest_run", "shared_shingles")
#: What a pair must reach, by measure.
THRESHOLDS = [
    ("jaccard", 0.05),
    ("jaccard", 0.1),
    ("jaccard", 0.2),
    ("jaccard", 0.5),
    ("containment", 0.1),
    ("containment", 0.25),
    ("containment", 0.5),
    ("longest_run", 25),
]


@functools.cache
def gold(datasets: Path) -> pd.DataFrame:
    told = pd.read_csv(datasets / "allsides" / "pairs_dev.csv")
    told["pair"] = pairs(told["doc_a"], told["doc_b"])
    told["across"] = told["outlet_a"] != told["outlet_b"]
    return told.set_index("pair")


def pairs(one: pd.Series, other: pd.Series) -> list[str]:
    return [" ".join(sorted(pair)) for pair in zip(one, other, strict=True)]


@functools.cache
def found(datasets: Path, tokenizer: str) -> pd.DataFrame:
    """Pairs as the gold lists them; its containment is that of the text that is contained more."""
    texts = pd.read_parquet(datasets / "allsides" / "texts_dev.parquet")
    articles = pd.DataFrame(
        {
            "article_id": texts["doc_id"],
            "outlet": texts["outlet"],
            "title": "",  # the gold counts the text alone
            "body": texts["text"],
            "excerpt": None,
            "published_at": pd.to_datetime(texts["date"], utc=True),
            "published_precision": "day",
        }
    )
    table = find_reuse(articles, tokenizer=tokenizer, **SETTINGS)
    table["pair"] = pairs(table["article_id"], table["other_id"])
    table["containment"] = table[["containment", "other_containment"]].max(axis=1)
    table["across"] = table["outlet"] != table["other_outlet"]
    listed = (table["jaccard"] >= 0.05) | (table["containment"] >= 0.1)
    return table[listed].set_index("pair")


def reaching(table: pd.DataFrame, measure: str, least: float) -> set[str]:
    # The gold has six decimals.
    return set(table.index[table[measure].astype(float) >= least - 5e-7])


def pairs_table(datasets: Path) -> str:
    told = gold(datasets)
    head = ["words", "pairs with", "gold", "found", "missing", "extra", "recall", "precision"]
    lines = [head, ["---", "---", *["---:"] * 6]]
    for tokenizer in ("plain", "package"):
        own = found(datasets, tokenizer)
        rows: list[tuple[str, set[str], set[str]]] = [
            ("all listed", set(told.index), set(own.index)),
            (
                "all listed, two outlets",
                set(told.index[told["across"]]),
                set(own.index[own["across"]]),
            ),
            *(
                (
                    f"{measure.replace('_', ' ')} of {least:g} or more",
                    reaching(told, measure, least),
                    reaching(own, measure, least),
                )
                for measure, least in THRESHOLDS
            ),
        ]
        for name, expected, got in rows:
            both = len(expected & got)
            lines.append(
                [
                    tokenizer,
                    name,
                    f"{len(expected):,}",
                    f"{len(got):,}",
                    str(len(expected - got)),
                    str(len(got - expected)),
                    share(both, len(expected)),
                    share(both, len(got)),
                ]
            )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def differences(datasets: Path, tokenizer: str) -> pd.DataFrame:
    """Differences of the pairs that both list."""
    told = gold(datasets)
    own = found(datasets, tokenizer).reindex(told.index).dropna(subset=["jaccard"])
    columns = list(MEASURES)
    return (own[columns].astype(float) - told.loc[own.index, columns].astype(float)).abs()


def differences_table(datasets: Path) -> str:
    lines = ["| words | measure | pairs | median | largest |", "| --- | --- | ---: | ---: | ---: |"]
    for tokenizer in ("plain", "package"):
        for measure, apart in differences(datasets, tokenizer).items():
            whole = measure in ("longest_run", "shared_shingles")
            numbers = (
                f"{value:.0f}" if whole else f"{value:.7f}"
                for value in (apart.median(), apart.max())
            )
            name = str(measure).replace("_", " ")
            lines.append(f"| {tokenizer} | {name} | {len(apart):,} | {' | '.join(numbers)} |")
    return "\n".join(lines)


TABLES: dict[str, Callable[[Path], str]] = {
    "AllSides, reuse pairs": pairs_table,
    "AllSides, reuse measures": differences_table,
}


def test_words_cut_as_in_the_gold_give_its_pairs_and_no_other(datasets: Path) -> None:
    told, own = gold(datasets), found(datasets, "plain")
    assert len(told) == 1362
    assert set(own.index) == set(told.index)
    assert (own["across"].reindex(told.index) == told["across"]).all()
    assert told["across"].sum() == 344
    apart = differences(datasets, "plain")
    # What differs comes from the six decimals of the file.
    assert apart[["jaccard", "containment"]].max().max() < 6e-7
    assert apart[["longest_run", "shared_shingles"]].max().max() == 0


def test_the_words_of_the_package_change_little(datasets: Path) -> None:
    told, own = gold(datasets), found(datasets, "package")
    assert len(set(told.index) & set(own.index)) / len(told) > 0.995
    assert len(set(told.index) & set(own.index)) / len(own) > 0.98
    apart = differences(datasets, "package")
    # One pair is one text, in one outlet with soft hyphens, at which the gold cuts words.
    hyphenated = apart.index[apart["jaccard"] >= 0.03]
    assert len(hyphenated) == 1
    assert (
        own.loc[hyphenated, "containment"].item()
        > 0.98
        > told.loc[hyphenated, "containment"].item()
    )
    assert 0 < apart["jaccard"].drop(hyphenated).max() < 0.03
    assert apart["jaccard"].median() < 0.005
    expected, got = (reaching(table, "jaccard", 0.5) for table in (told, own))
    assert len(expected ^ got) <= 0.05 * len(expected)


@pytest.mark.parametrize("name", list(TABLES))
def test_the_tables_have_a_row_for_each_measure(name: str, datasets: Path) -> None:
    lines = TABLES[name](datasets).split("\n")
    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == {"AllSides, reuse pairs": 22, "AllSides, reuse measures": 10}[name]
