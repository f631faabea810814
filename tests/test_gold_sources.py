"""Kinds of sources against an automatic typing of the sources that PolNeAR's annotators marked.

The types were made by a named-entity tagger and a parser (CoreNLP), nobody coded them by hand; they
tell names, nouns, pronouns and relatives apart, not officials from companies. Only what is made of
the marked spans is scored here, not whether sources are found.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from documents import f1, share

from coverage_research.attribution_sources import kind_of
from coverage_research.attribution_texts import TakenText

KINDS = ("named", "nominal", "pronoun")
#: What each automatic type should be.
EXPECTED = {
    "named_person": "named",
    "named_org_or_place": "named",
    "unnamed_nominal": "nominal",
    "pronoun": "pronoun",
    "relative": "pronoun",
}


def kinds_of(texts: dict[str, str], spans: pd.DataFrame) -> list[str]:
    """The kind of each span, as `find_attributions` has it for its sources."""

    @functools.cache
    def taken(doc_id: str) -> TakenText:
        return TakenText(texts[doc_id], is_title=False)

    return [
        kind_of(taken(doc_id), (start, end))
        for doc_id, start, end in zip(spans["doc_id"], spans["start"], spans["end"], strict=True)
    ]


@functools.cache
def counted(datasets: Path) -> Counter[tuple[str, str]]:
    """Spans by automatic type and by our kind."""
    folder = datasets / "polnear"
    spans = pd.read_csv(folder / "source_types_silver_dev.csv", keep_default_na=False)
    wanted = set(spans["doc_id"])
    lines = (folder / "dev.jsonl").read_text("utf-8").splitlines()
    texts = {one["doc_id"]: one["text"] for one in map(json.loads, lines)}
    assert wanted <= set(texts)
    return Counter(zip(spans["type"], kinds_of(texts, spans), strict=True))


def scores(counts: Counter[tuple[str, str]]) -> dict[str, tuple[int, int, int]]:
    """Of each kind: spans that should have it, that have it, and both."""
    return {
        kind: (
            sum(n for (silver, _), n in counts.items() if EXPECTED[silver] == kind),
            sum(n for (_, ours), n in counts.items() if ours == kind),
            sum(n for (silver, ours), n in counts.items() if EXPECTED[silver] == kind == ours),
        )
        for kind in KINDS
    }


def kinds_table(datasets: Path) -> str:
    """Confusion of types and kinds, and scores of the kinds, as a table for the documentation."""
    counts = counted(datasets)
    lines = [
        f"| type by CoreNLP | spans | {' | '.join(KINDS)} | as expected |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for silver, kind in EXPECTED.items():
        own = [counts[silver, ours] for ours in KINDS]
        lines.append(
            f"| {silver} | {sum(own)} | {' | '.join(map(str, own))} "
            f"| {share(counts[silver, kind], sum(own))} |"
        )
    total = sum(counts.values())
    right = sum(both for *_, both in scores(counts).values())
    own = [sum(n for (_, ours), n in counts.items() if ours == kind) for kind in KINDS]
    lines.append(f"| all | {total} | {' | '.join(map(str, own))} | {share(right, total)} |")
    lines += [
        "",
        "| kind | by CoreNLP | ours | both | precision | recall | F1 |",
        "| --- | ---: | ---: | ---: | --- | --- | --- |",
    ]
    for kind, (coded, found, both) in scores(counts).items():
        numbers = " | ".join((share(both, found), share(both, coded), f1(coded, found, both)))
        lines.append(f"| {kind} | {coded} | {found} | {both} | {numbers} |")
    return "\n".join(lines)


#: Tables of docs/validity.md, each from the folder of the data sets.
TABLES: dict[str, Callable[[Path], str]] = {"PolNeAR, kinds of sources": kinds_table}


def test_every_span_has_a_type_and_a_kind(datasets: Path) -> None:
    counts = counted(datasets)
    assert sum(counts.values()) == 1983
    assert {silver for silver, _ in counts} == set(EXPECTED)
    assert {ours for _, ours in counts} <= set(KINDS)


@pytest.mark.parametrize(("kind", "floor"), [("named", 0.8), ("nominal", 0.6), ("pronoun", 0.9)])
def test_floors(datasets: Path, kind: str, floor: float) -> None:
    coded, found, both = scores(counted(datasets))[kind]
    assert 2 * both / (coded + found) >= floor


def test_the_table_is_whole(datasets: Path) -> None:
    made = kinds_table(datasets)
    assert "nan" not in made
    for part in made.split("\n\n"):
        assert len({line.count("|") for line in part.splitlines()}) == 1


# Tests that need no data --------------------------------------------------------------------------


def test_kinds_by_hand() -> None:
    text = "Then Ann Lee said that critics complained, but she did not."
    places = [(text.index(part), text.index(part) + len(part)) for part in PARTS]
    spans = pd.DataFrame(
        {"doc_id": "x", "start": [a for a, _ in places], "end": [b for _, b in places]}
    )
    assert kinds_of({"x": text}, spans) == ["named", "nominal", "pronoun"]


PARTS = ("Ann Lee", "critics", "she")


def test_scores_by_hand() -> None:
    counts = Counter(
        {
            ("named_person", "named"): 3,
            ("named_person", "nominal"): 1,
            ("unnamed_nominal", "named"): 1,
            ("unnamed_nominal", "nominal"): 2,
            ("relative", "pronoun"): 1,
        }
    )
    assert scores(counts) == {"named": (4, 4, 3), "nominal": (3, 3, 2), "pronoun": (1, 1, 1)}
