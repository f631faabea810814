"""Sentences in which somebody speaks, as people marked them in news of two agencies.

NewsDiscourse (Choubey et al. 2020) marks sentences of direct or paraphrased speech by a human being.
What organisations and documents say is not marked, and a general finder of attributions finds it as
well. So three rules are scored, of which each is narrower than the one before: an attribution or a
quotation touches the sentence; only verbs of speaking count; and the source is no organisation. A
fourth asks `find_voice` for each sentence. Errors were read, and the lists below made, on one half
of the articles, by a hash of their name; those of the other half were only scored and counted.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_gold_voice import BOTH, HALVES, JOIN, cells, half_of, in_half, joined, scored, table

from coverage_research import cues
from coverage_research.attributions import find_attributions
from coverage_research.voice import MIN_WORDS, find_voice, quotations

#: What a search for words would find.
WORDS = r"\b(?:said|says|told|according to|added)\b"
RULES = (
    "said, says, told, according to, added",
    "attribution or quotation",
    "verb of speaking or quotation",
    "the same, no organisations",
    "own voice or not (find_voice)",
)
MAIN = RULES[2]
SCORES = ("precision", "recall", "F1")
#: Verbs of what is uttered with a voice.
SPOKEN = frozenset(
    "say tell add note explain ask reply answer comment remark continue recall state joke quip "
    "stress emphasize speak argue point insist tweet reiterate shout".split()
)
#: Last words of a source that is no human being.
ORGANISATIONS = frozenset(
    "it agency agencies ministry company companies government media center centre service "
    "department office group commission court party statement report reports data reuters xinhua "
    "authority bureau corporation inc corp ltd council committee union bank university institute "
    "association organization organisation firm website newspaper network administration times "
    "document documents post board".split()
)
OTHER = "phrase, noun or adverb"
#: Kinds of cues, and what a sentence is called that has none of those before.
GROUPS = {
    "say": "another verb of saying, thinking or knowing",
    OTHER: "according to, a noun, a colon or an adverb",
    "show": "something shows it",
    "stance": "a verb of stance (calls for, criticizes, wants)",
}
_WORDS = re.compile(r"\w+")


def is_organisation(source: str) -> bool:
    """Whether the last word of a source, before what explains it, is that of an organisation."""
    before = re.split(r",|\bof\b|\bfor\b|\bin\b|\bwho\b|\(", source)[0]
    words = re.findall(r"[\w']+", before)
    last = words[-1] if words else ""
    return last.lower() in ORGANISATIONS or (len(last) > 1 and last.isalpha() and last.isupper())


@functools.cache
def sentences(datasets: Path) -> pd.DataFrame:
    """Sentences with what was coded and what each rule says."""
    told = pd.read_csv(datasets / "newsdiscourse_speech" / "dev.csv", keep_default_na=False)
    told["coded"] = told["speech"] == 1
    told["half"] = told["doc_id"].map(half_of)
    bodies, starts = {}, np.zeros(len(told), dtype=np.int64)
    for doc, part in told.groupby("doc_id", sort=False):
        bodies[doc], starts[part.index] = joined(part["text"].tolist())
    told["start"], told["end"] = starts, starts + told["text"].str.len()
    articles = pd.DataFrame({"article_id": list(bodies), "body": list(bodies.values())})
    found = find_attributions(articles, progress=False)
    spoken = found[found["cue_lemma"].isin(SPOKEN)]
    by_people = spoken[~spoken["source"].fillna("").map(is_organisation)]
    in_quotation = touched(told, spans_of_quotations(articles))
    told[RULES[0]] = told["text"].str.contains(WORDS, case=False)
    for rule, rows in zip(RULES[1:4], (found, spoken, by_people), strict=True):
        places = rows[["article_id", "cue_start", "cue_end"]].set_axis(
            ["article_id", "start", "end"], axis=1
        )
        told[rule] = touched(told, rows) | touched(told, places) | in_quotation
    places = told[["start", "end"]].assign(article_id=told["doc_id"], field="body")
    told[RULES[4]] = find_voice(places, found, articles)["voice"] != "own"
    told["attributed"] = touched(told, found)
    told["spoken"] = touched(told, spoken)
    told["in quotation"] = in_quotation
    told["by people"] = touched(told, by_people)
    groups = found["cue_lemma"].map(group_of)
    for group in GROUPS:
        told[group] = touched(told, found[groups == group])
    return told


def group_of(lemma: str) -> str:
    """What kind of cue a lemma is."""
    groups = {cue.lemma: cue.group for cue in cues.verbs().values()}
    return groups.get(lemma, OTHER)


def spans_of_quotations(articles: pd.DataFrame) -> pd.DataFrame:
    """Quotations of as many words as `find_voice` takes for speech."""
    rows = [
        (row.article_id, start, end)
        for row in articles.itertuples()
        for start, end in quotations(row.body)
        if len(_WORDS.findall(row.body, start, end)) >= MIN_WORDS
    ]
    return pd.DataFrame(rows, columns=["article_id", "start", "end"])


def touched(told: pd.DataFrame, spans: pd.DataFrame) -> np.ndarray:
    """Whether any of the spans reaches into each sentence."""
    flags = np.zeros(len(told), dtype=bool)
    by_article = dict(tuple(spans.groupby("article_id")))
    for doc, part in told.groupby("doc_id", sort=False):
        own = by_article.get(doc)
        if own is None:
            continue
        start, end = (part[name].to_numpy()[:, None] for name in ("start", "end"))
        first, last = (own[name].to_numpy(dtype=np.int64)[None, :] for name in ("start", "end"))
        flags[part.index] = ((first < end) & (start < last)).any(axis=1)
    return flags


def missed(row: pd.Series) -> str:
    """What kind of sentence was missed, by its words."""
    text = row["text"]
    if re.search(r"\b(?:quoted|cited)\b.*\bas saying\b", text):
        return "somebody was quoted as saying"
    if re.search(r"\b(?:told|tells)\b[^,]{0,60}\.?$", text):
        return "ends with whom somebody told it"
    if re.search(r"\b(?:said|says|say|added)\b[^,]{0,40}\.?$", text):
        return "ends with who said it"
    if re.search(r", (?:said|says|added) [^.]*\.?$", text):
        return "ends with who said it, the verb first"
    if re.search(r"\b(?:said|says|say|told|tells|added)\b", text):
        return "another place of said or told"
    return "none of these words"


def found_beside(row: pd.Series) -> str:
    """By what a sentence was found that is not coded as speech."""
    if row["spoken"] and not row["by people"]:
        return "an organisation or document speaks"
    if row["spoken"]:
        return "a person, or who it is stays open, speaks"
    return "a quotation without a verb of speaking"


def found_broadly(row: pd.Series) -> str:
    """By what the broad rule finds a sentence that is not coded as speech: the first that holds."""
    if row["spoken"]:
        return found_beside(row)
    return next((name for group, name in GROUPS.items() if row[group]), found_beside(row))


def errors_table(told: pd.DataFrame) -> str:
    """Kinds of errors on both halves."""
    rows = []
    for what, kind, wrong in (
        (f"missed ({RULES[1]})", missed, told["coded"] & ~told[RULES[1]]),
        (f"found, not coded ({RULES[1]})", found_broadly, ~told["coded"] & told[RULES[1]]),
        (f"found, not coded ({MAIN})", found_beside, ~told["coded"] & told[MAIN]),
    ):
        kinds = told[wrong].apply(kind, axis=1)
        counts = {half: Counter(kinds[told["half"] == half]) for half in HALVES}
        rows += [
            [f"{what}: {name}", *(str(counts[half][name]) for half in HALVES)]
            for name, _ in Counter(kinds).most_common()
        ]
    return table(["errors", *HALVES], rows, left=1)


def speech_table(datasets: Path) -> str:
    """Scores of the rules, of one of them by outlet and domain, and kinds of errors."""
    told = sentences(datasets)

    def row(half: str, rule: str, group: str, part: pd.DataFrame) -> list[str]:
        numbers = cells(part["coded"].to_numpy(), part[rule].to_numpy(), part["doc_id"])
        return [half, rule, group, str(part["doc_id"].nunique()), str(len(part)), *numbers]

    rows = [row(half, rule, "all", in_half(told, half)) for half in HALVES for rule in RULES]
    unread = in_half(told, HALVES[1])
    for column in ("outlet", "domain"):
        for group, part in unread.groupby(column):
            rows.append(row(HALVES[1], MAIN, str(group), part))
    head = ["half", "rule", "of", "articles", "sentences", "coded speech", "found", *SCORES]
    return f"{table(head, rows, left=3)}\n\n{errors_table(told)}"


def speech_scores(datasets: Path, half: str, rule: str) -> list[float]:
    part = in_half(sentences(datasets), half)
    return [value for value, _ in scored(part["coded"], part[rule], part["doc_id"])]


#: Tables of docs/validity.md, each from the folder of the data sets.
TABLES: dict[str, Callable[[Path], str]] = {"NewsDiscourse, speech": speech_table}


# Tests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "floors"),
    [
        (RULES[1], (0.50, 0.975, 0.66)),
        (RULES[2], (0.71, 0.93, 0.80)),
        (RULES[3], (0.755, 0.90, 0.825)),
        (RULES[4], (0.555, 0.83, 0.665)),
    ],
)
@pytest.mark.parametrize("half", HALVES)
def test_floors(datasets: Path, half: str, rule: str, floors: tuple[float, float, float]) -> None:
    for value, floor in zip(speech_scores(datasets, half, rule), floors, strict=True):
        assert value >= floor


def test_more_is_found_than_by_five_words(datasets: Path) -> None:
    words = speech_scores(datasets, BOTH, RULES[0])
    own = speech_scores(datasets, BOTH, MAIN)
    assert own[1] > words[1] + 0.1
    assert own[2] > words[2]


def test_each_sentence_stands_in_its_article(datasets: Path) -> None:
    told = sentences(datasets)
    assert len(told) == 8293
    for _, part in told.groupby("doc_id"):
        body = JOIN.join(part["text"])
        assert all(body[row.start : row.end] == row.text for row in part.itertuples())


def test_touching_by_hand() -> None:
    told = pd.DataFrame({"doc_id": ["a", "a", "b"], "start": [0, 10, 0], "end": [9, 19, 9]})
    spans = pd.DataFrame({"article_id": ["a", "b"], "start": [9, 8], "end": [11, 12]})
    assert touched(told, spans).tolist() == [False, True, True]
    assert touched(told, spans[:0]).tolist() == [False] * 3


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Ann Lee", False),
        ("the ministry", True),
        ("the company, which is late", True),
        ("an official of the ministry", False),
        ("It", True),
        ("NHC", True),
        ("", False),
    ],
)
def test_organisations_by_hand(source: str, expected: bool) -> None:
    assert is_organisation(source) is expected


@pytest.mark.parametrize(
    ("lemma", "group"),
    [("say", "say"), ("criticize", "stance"), ("show", "show"), ("according to", OTHER)],
)
def test_groups_of_cues_by_hand(lemma: str, group: str) -> None:
    assert group_of(lemma) == group
    assert group in GROUPS


@pytest.mark.parametrize("title", TABLES)
def test_tables_are_whole(datasets: Path, title: str) -> None:
    made = TABLES[title](datasets)
    assert "nan" not in made
    for part in made.split("\n\n"):
        assert len({line.count("|") for line in part.splitlines()}) == 1
