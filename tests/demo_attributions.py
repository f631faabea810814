"""Attributions of the demonstration corpus, as coded by hand and as `find_attributions` has them.

Two attributions are the same if their contents share three tenths of their words or more and their
sources a word that is no function word, as in the scores on PolNeAR; each counts once. The rules
were tuned on PolNeAR, those for headlines and the places of reports also on headlines and excerpts
of the stories called DEV. Whether a coded content is direct speech is told from the quotation marks
in it.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from documents import f1, share
from test_gold_polnear import (
    DIRECT,
    SAME,
    Parts,
    covered,
    likeness,
    pairs,
    quoted,
    same_source,
    score,
    words_of,
)

from coverage_research import find_attributions, load_demo, read_article

DEMO = Path(__file__).resolve().parents[1] / "data" / "demo"
DEV = ("accelerator-export-curbs", "harrow-nine-launch", "quillane-ferrant-merger")
SETS = ("DEV", "HELD OUT", "all")
FORMS = ("direct", "partial", "indirect")
FIELDS = ("title", "excerpt", "body")
SOURCE = "source"
NAMED = "named source, of attributions in both"
HEAD = ["what", "stories", "coded", "found", "both", "precision", "recall", "F1"]


class Told(NamedTuple):
    """An attribution: numbers of its words, its form, and whether its source is named."""

    parts: Parts
    form: str
    is_named: bool


class Text(NamedTuple):
    """A text with what was coded and what was found in it."""

    story: str
    field: str
    text: str
    coded: list[Told]
    found: list[Told]


def form_of(content: frozenset[int], inside: frozenset[int]) -> str:
    n = len(content & inside)
    return "indirect" if not n else "direct" if n >= DIRECT * len(content) else "partial"


@functools.cache
def texts() -> list[Text]:
    """Every text in which something was coded or found."""
    articles = load_demo().articles.set_index("article_id")
    truth = pd.read_csv(DEMO / "truth.csv", keep_default_na=False)
    truth = truth[truth["kind"] == "attribution"].astype({"start": int, "end": int})
    paths = sorted(path.relative_to(DEMO).as_posix() for path in DEMO.glob("*/*.md"))
    ids = {path: str(read_article(DEMO / path).article_id) for path in paths}
    story = {identifier: path.split("/")[0] for path, identifier in ids.items()}
    coded = dict(tuple(truth.groupby([truth["path"].map(ids), "field"])))
    attributions = find_attributions(articles.reset_index(), progress=False)
    found = dict(tuple(attributions.groupby(["article_id", "field"])))
    rows = []
    for article, field in sorted({*coded, *found}):
        text = articles.loc[article, field]
        words, _ = words_of(text)
        inside = covered(quoted(text), words)
        marked = [
            coded_one(part, words, inside)
            for _, part in coded.get((article, field), truth[:0]).groupby("group")
        ]
        own = [
            found_one(part, words)
            for _, part in found.get((article, field), attributions[:0]).groupby("cue_start")
        ]
        rows.append(Text(story[article], field, text, marked, own))
    return rows


def coded_one(rows: pd.DataFrame, words: Sequence[tuple[int, int]], inside: frozenset[int]) -> Told:
    spans = {
        role: rows.loc[rows["label"] == role, ["start", "end"]].to_numpy().tolist()
        for role in Parts._fields
    }
    parts = Parts(*(covered(spans[role], words) for role in Parts._fields))
    named = rows["note"].iloc[0].endswith(";named")
    return Told(parts, form_of(parts.content, inside), named)


def found_one(rows: pd.DataFrame, words: Sequence[tuple[int, int]]) -> Told:
    first = rows.iloc[0]
    source = [] if pd.isna(first["source"]) else [(first["source_start"], first["source_end"])]
    content = covered(rows[["start", "end"]].to_numpy().tolist(), words)
    cue = covered([(first["cue_start"], first["cue_end"])], words)
    # The form of the first part, which holds most of what is said.
    return Told(Parts(covered(source, words), cue, content), first["form"], bool(first["is_named"]))


def matched(one: Text) -> list[tuple[Told, Told]]:
    """Pairs of a coded attribution and the found one that is the same."""
    _, forms = words_of(one.text)
    alike = likeness(
        [told.parts.content for told in one.coded], [told.parts.content for told in one.found]
    )
    agreed = np.array(
        [
            [same_source(told.parts, other.parts, forms) for other in one.found]
            for told in one.coded
        ],
        dtype=bool,
    ).reshape(alike.shape)
    return [
        (one.coded[row], one.found[column])
        for row, column in pairs(np.where(agreed, alike, 0.0), SAME)
    ]


def scores(stories: str) -> dict[str, tuple[int, int, int]]:
    """How many were coded, how many were found, and how many of these are the same."""
    sums: Counter[tuple[str, int]] = Counter()

    def add(what: str, coded: int, found: int, both: int) -> None:
        for place, n in enumerate((coded, found, both)):
            sums[what, place] += n

    for one in texts():
        if stories != "all" and (one.story in DEV) != (stories == "DEV"):
            continue
        same = matched(one)
        for what in ("attribution", f"in the {one.field}"):
            add(what, len(one.coded), len(one.found), len(same))
        counts, _ = score(
            one.text, [told.parts for told in one.coded], [told.parts for told in one.found]
        )
        add(SOURCE, counts.sources_marked, counts.sources_found, counts.source_hits)
        for form in FORMS:
            add(
                f"{form} speech",
                sum(told.form == form for told in one.coded),
                sum(told.form == form for told in one.found),
                sum(told.form == other.form == form for told, other in same),
            )
        add(
            NAMED,
            sum(told.is_named for told, _ in same),
            sum(other.is_named for _, other in same),
            sum(told.is_named and other.is_named for told, other in same),
        )
    order = [
        "attribution",
        *(f"in the {field}" for field in FIELDS),
        SOURCE,
        *(f"{form} speech" for form in FORMS),
        NAMED,
    ]
    return {what: (sums[what, 0], sums[what, 1], sums[what, 2]) for what in order}


def attributions_table() -> str:
    """Scores of all attributions, and of their parts, as a table for the documentation."""
    by_set = {stories: scores(stories) for stories in SETS}
    rows = []
    for what in by_set["all"]:
        for stories in SETS if what in ("attribution", SOURCE, NAMED) else ("all",):
            coded, found, both = by_set[stories][what]
            numbers = (share(both, found), share(both, coded), f1(coded, found, both))
            rows.append([what, stories, *map(str, (coded, found, both)), *numbers])
    marks = ["---", "---", *["---:"] * (len(HEAD) - 2)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [HEAD, marks, *rows])


#: Tables of docs/validity.md.
TABLES: dict[str, Callable[[], str]] = {"attributions, demo": attributions_table}
