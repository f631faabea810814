"""Own voice against quoted voice, as people marked it in political news.

BASIL (Fan et al. 2019) marks passages that carry bias, in three articles on each of 100 events, and
says for each whether it stands in a quotation. Errors were read on one half of the events, by a
hash of their name; those of the other half were only scored and counted.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import demo_attributions
import numpy as np
import pandas as pd
import pytest
from documents import shown

from coverage_research.attributions import find_attributions
from coverage_research.statistics import ratio_intervals
from coverage_research.voice import MIN_WORDS, find_voice, quotations

HALVES = ("read", "not read")
BOTH = "both halves"
SCORES = ("precision", "recall", "F1")
#: Sentences of an article stand in lines of their own.
JOIN = "\n"
WAYS = ("quotation marks alone", "find_voice")


def half_of(name: str) -> str:
    return HALVES[int(hashlib.sha256(f"half {name}".encode()).hexdigest(), 16) % 2]


def scored(
    coded: Sequence[bool] | np.ndarray,
    found: Sequence[bool] | np.ndarray,
    clusters: Sequence[str] | pd.Series,
) -> list[tuple[float, tuple[float, float]]]:
    """Precision, recall and F1 with bounds from clusters drawn again, 95 %."""
    flags = pd.DataFrame({"coded": np.asarray(coded, bool), "found": np.asarray(found, bool)})
    flags["both"] = flags["coded"] & flags["found"]
    sums = flags.groupby(list(clusters)).sum()
    above = np.stack([sums["both"], sums["both"], 2 * sums["both"]], axis=1)
    below = np.stack([sums["found"], sums["coded"], sums["found"] + sums["coded"]], axis=1)
    bounds = ratio_intervals(above, below)
    return [(row.estimate, (row.low, row.high)) for row in bounds.itertuples()]


def cells(
    coded: np.ndarray, found: np.ndarray, clusters: Sequence[str] | pd.Series
) -> tuple[str, ...]:
    """Counts and scores as they are printed."""
    scores = [shown(value, bounds) for value, bounds in scored(coded, found, clusters)]
    return (str(int(coded.sum())), str(int(found.sum())), *scores)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int) -> str:
    """A Markdown table whose first columns are words."""
    marks = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, marks, *rows])


# BASIL --------------------------------------------------------------------------------------------


class Basil(NamedTuple):
    """Articles, and the passages that were marked in them."""

    articles: pd.DataFrame
    spans: pd.DataFrame


def joined(sentences: Sequence[str]) -> tuple[str, list[int]]:
    """A text of sentences, and where each begins."""
    starts = np.cumsum([0] + [len(sentence) + len(JOIN) for sentence in sentences[:-1]])
    return JOIN.join(sentences), starts.tolist()


@functools.cache
def basil(datasets: Path) -> Basil:
    folder = datasets / "basil"
    lines = (folder / "articles_dev.jsonl").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    texts = {one["doc_id"]: joined(one["sentences"]) for one in told}
    events = {one["doc_id"]: one["event_id"] for one in told}
    articles = pd.DataFrame(
        {"article_id": list(texts), "body": [text for text, _ in texts.values()]}
    )
    marked = pd.read_csv(folder / "spans_dev.csv", keep_default_na=False)
    at = [
        texts[doc][1][sentence]
        for doc, sentence in zip(marked["doc_id"], marked["sentence"], strict=True)
    ]
    spans = pd.DataFrame(
        {
            "article_id": marked["doc_id"],
            "field": "body",
            "start": marked["start"] + at,
            "end": marked["end"] + at,
            "coded": marked["in_quote"] == "yes",
            "kind": marked["bias"],
            "event": marked["doc_id"].map(events),
        }
    )
    spans["half"] = spans["event"].map(half_of)
    voiced = find_voice(spans, find_attributions(articles, progress=False), articles)
    voiced["find_voice"] = voiced["voice"] == "quoted"
    bodies = dict(zip(articles["article_id"], articles["body"], strict=True))
    voiced["text"] = voiced["article_id"].map(bodies)
    voiced["quotation marks alone"] = [
        in_marks(row.text, row.start, row.end) for row in voiced.itertuples()
    ]
    return Basil(articles, voiced)


def in_marks(text: str, start: int, end: int) -> bool:
    """Whether the larger part of a passage stands between two quotation marks of any kind."""
    within = 0
    for match in re.finditer('["\u201c][^"\u201c\u201d]+["\u201d]', text):
        within += max(0, min(end, match.end()) - max(start, match.start()))
    return 2 * within > end - start


def in_half(spans: pd.DataFrame, half: str) -> pd.DataFrame:
    return spans if half == BOTH else spans[spans["half"] == half]


def basil_scores(datasets: Path, half: str, way: str) -> list[float]:
    part = in_half(basil(datasets).spans, half)
    return [value for value, _ in scored(part["coded"], part[way], part["event"])]


def basil_error(row: NamedTuple) -> str:
    """What kind of error a passage is; empty where it is none."""
    text, start, end = row.text, row.start, row.end
    if row.coded == row.find_voice:
        return ""
    around = [span for span in quotations(text) if span[0] < end and start < span[1]]
    first, last = max(
        around, key=lambda span: min(end, span[1]) - max(start, span[0]), default=(start, start)
    )
    n_words = len(re.findall(r"\w+", text[first:last]))
    n_beside = len(re.findall(r"\w+", text[start:end])) - len(
        re.findall(r"\w+", text[max(first, start) : min(last, end)])
    )
    if row.coded:
        if not around:
            return "coded as quoted: no quotation marks around it"
        short = "a few words between marks, without a cue"
        return f"coded as quoted: {short if n_words < MIN_WORDS else 'other'}"
    if n_beside:
        return "coded as own: quoted and other words mixed"
    few = f"one to {MIN_WORDS - 1} words between marks, with a cue"
    return f"coded as own: {few if n_words < MIN_WORDS else 'part of a longer quotation'}"


def basil_table(datasets: Path) -> str:
    """Scores and kinds of errors, as a table for the documentation."""
    spans = basil(datasets).spans
    rows = []
    for half in (*HALVES, BOTH):
        part = in_half(spans, half)
        for way in WAYS:
            numbers = cells(part["coded"].to_numpy(), part[way].to_numpy(), part["event"])
            rows.append([half, way, str(part["event"].nunique()), str(len(part)), *numbers])
    scores = table(
        ["half", "by", "events", "passages", "coded quoted", "found quoted", *SCORES],
        rows,
        left=2,
    )
    counts = {half: Counter(map(basil_error, in_half(spans, half).itertuples())) for half in HALVES}
    kinds = sorted({kind for counted in counts.values() for kind in counted if kind})
    errors = table(
        ["errors", *HALVES],
        [[kind, *(str(counts[half][kind]) for half in HALVES)] for kind in kinds],
        left=1,
    )
    return f"{scores}\n\n{errors}"


#: Tables of docs/validity.md, each from the folder of the data sets.
TABLES: dict[str, Callable[[Path], str]] = {"BASIL, own or quoted voice": basil_table}


# Tests --------------------------------------------------------------------------------------------


def test_scores_by_hand() -> None:
    coded = [True, True, False, False, True]
    found = [True, False, True, False, True]
    values = scored(coded, found, ["a", "b", "c", "d", "e"])
    assert [value for value, _ in values] == pytest.approx([2 / 3, 2 / 3, 2 / 3])


def test_sentences_keep_their_places() -> None:
    text, starts = joined(["One.", "Two is here.", "Three."])
    assert [text[start : start + 3] for start in starts] == ["One", "Two", "Thr"]


def test_marks_alone_by_hand() -> None:
    text = 'He said "no way" to it.'
    assert in_marks(text, text.index("no"), text.index("way") + 3)
    assert not in_marks(text, text.index("to"), len(text))
    assert not in_marks("He said \u201cno way to it", 9, 15)


@pytest.mark.parametrize("half", HALVES)
def test_voice_is_told_better_than_by_marks_alone(datasets: Path, half: str) -> None:
    own = basil_scores(datasets, half, "find_voice")
    peer = basil_scores(datasets, half, "quotation marks alone")
    assert own[2] >= peer[2]
    for value, floor in zip(own, (0.92, 0.94, 0.94), strict=True):
        assert value >= floor


def test_the_halves_are_halves(datasets: Path) -> None:
    sizes = basil(datasets).spans.groupby("half")["event"].nunique()
    assert sizes.sum() == 60
    assert sizes.min() > 20


@pytest.mark.parametrize("stories", demo_attributions.SETS)
def test_attributions_of_the_demonstration_corpus(stories: str) -> None:
    scores = demo_attributions.scores(stories)
    for what, precision, recall in (
        ("attribution", 0.72, 0.76),
        (demo_attributions.SOURCE, 0.74, 0.82),
        ("direct speech", 0.85, 0.90),
        (demo_attributions.NAMED, 0.92, 0.78),
    ):
        coded, found, both = scores[what]
        assert both / found >= precision
        assert both / coded >= recall


def test_attributions_are_counted_as_they_were_coded() -> None:
    whole = demo_attributions.scores("all")
    parts = [demo_attributions.scores(stories) for stories in ("DEV", "HELD OUT")]
    assert whole["attribution"][0] == 196
    for what, counts in whole.items():
        assert counts == tuple(map(sum, zip(*(part[what] for part in parts), strict=True)))
        assert counts[2] <= min(counts[:2])
    by_field = [whole[f"in the {field}"] for field in demo_attributions.FIELDS]
    assert whole["attribution"] == tuple(map(sum, zip(*by_field, strict=True)))


@pytest.mark.parametrize("title", TABLES)
def test_tables_are_whole(datasets: Path, title: str) -> None:
    made = TABLES[title](datasets)
    assert "nan" not in made
    for part in made.split("\n\n"):
        assert len({line.count("|") for line in part.splitlines()}) == 1
