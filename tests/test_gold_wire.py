"""Marks of news agencies against what is known of where articles of political news came from.

PolNeAR (Newell et al. 2018) says of each article whether an agency supplied it, from what the
outlet's page says. The title line is taken off, as it is in a body, and the byline is given as
`author`. The search is for the names of the agencies in the first 600 characters and the byline.
"""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from documents import f1, share
from test_gold_voice import table

from coverage_research import find_origins

DOMAINS = {
    "breitbart": "breitbart.com",
    "huff-post": "huffpost.com",
    "nyt": "nytimes.com",
    "politico": "politico.com",
    "usa-today": "usatoday.com",
    "wash-post": "washingtonpost.com",
    "west-journal": "westernjournal.com",
}
NAMES = re.compile(r"\b(?:AP|UPI|AFP|Reuters|Associated Press)\b")
HEAD = 600
WAYS = ("search for names", "find_origins, body", "find_origins, body and byline")
_CREW = re.compile(r"\((?:Additional )?(?:reporting|writing|editing) by\b", re.IGNORECASE)


@functools.cache
def articles(datasets: Path) -> pd.DataFrame:
    """Articles, whether an agency supplied them, and what each way says."""
    lines = (datasets / "polnear" / "dev.jsonl").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    table = pd.DataFrame(
        {
            "article_id": [one["doc_id"] for one in told],
            "outlet": [DOMAINS[one["publisher"]] for one in told],
            "author": pd.Series([one["author"] for one in told], dtype="str"),
            "body": [one["text"].partition("\n\n")[2] for one in told],
            "coded": [bool(one["wire"]) for one in told],
            "head": [one["text"][:HEAD] for one in told],
        }
    )
    byline = table["author"].fillna("")
    table[WAYS[0]] = (table["head"] + "\n" + byline).str.contains(NAMES)
    for way, given in zip(WAYS[1:], (table[["article_id", "outlet", "body"]], table), strict=True):
        marks = find_origins(given.drop(columns=["coded", "head"], errors="ignore"))
        agency = marks.loc[marks["origin"] == "agency", "article_id"]
        table[way] = table["article_id"].isin(agency)
    return table


def sums(datasets: Path, way: str) -> tuple[int, int, int]:
    told = articles(datasets)
    return int(told["coded"].sum()), int(told[way].sum()), int((told["coded"] & told[way]).sum())


def error(row: pd.Series) -> str:
    """What kind of error an article is; empty where it is none."""
    if row["coded"] == row[WAYS[2]]:
        return ""
    if not row["coded"]:
        return "found: a dateline or signature, but not coded"
    if NAMES.search(row["author"] if isinstance(row["author"], str) else ""):
        return "missed: only the byline names the agency"
    if _CREW.search(row["body"]):
        return "missed: only names of reporters and editors in brackets at the end"
    return "missed: no mark in the text"


def wire_table(datasets: Path) -> str:
    """Scores and kinds of errors, as a table for the documentation."""
    rows = []
    for way in WAYS:
        coded, found, both = sums(datasets, way)
        scores = (share(both, found), share(both, coded), f1(coded, found, both))
        rows.append([way, str(len(articles(datasets))), *map(str, (coded, found, both)), *scores])
    head = ["by", "articles", "coded", "found", "both", "precision", "recall", "F1"]
    kinds = Counter(kind for kind in articles(datasets).apply(error, axis=1) if kind)
    errors = [[kind, str(n)] for kind, n in sorted(kinds.items())]
    return f"{table(head, rows, left=1)}\n\n{table(['errors', 'articles'], errors, left=1)}"


#: Tables of docs/validity.md, each from the folder of the data sets.
TABLES: dict[str, Callable[[Path], str]] = {"PolNeAR, wire credit": wire_table}


@pytest.mark.parametrize("way", WAYS[1:])
def test_agencies_are_found(datasets: Path, way: str) -> None:
    coded, found, both = sums(datasets, way)
    assert both / found >= 0.93
    assert both / coded >= 0.88


def test_the_byline_takes_nothing_away(datasets: Path) -> None:
    told = articles(datasets)
    assert not (told[WAYS[1]] & ~told[WAYS[2]]).any()


def test_more_is_right_than_by_a_search_for_names(datasets: Path) -> None:
    searched, own = (sums(datasets, way) for way in (WAYS[0], WAYS[1]))
    assert own[2] / own[1] >= searched[2] / searched[1]


@pytest.mark.parametrize("title", TABLES)
def test_tables_are_whole(datasets: Path, title: str) -> None:
    made = TABLES[title](datasets)
    assert "nan" not in made
    for part in made.split("\n\n"):
        assert len({line.count("|") for line in part.splitlines()}) == 1
