"""The codebook of gun violence against headlines that other people coded by hand.

The Gun Violence Frame Corpus (Liu et al. 2019) gives each headline of 2018 the frame that dominates
it, and some a second one. The dictionary gives a headline the frame with most matches. Strictly, a
headline without a match or with as many matches of another frame is wrong; with the rule, the frame
that stands first in the codebook wins a tie, and a headline without a match gets the frame that is
most frequent.

The terms were tuned on the first half of these headlines, by a hash of the headline, then the other
half was scored, and then it was read as well: what the table says of it is no longer unseen.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from documents import f1_bounds, share, shown

from coverage_research.codebook import load_codebook
from coverage_research.framing import TIE, dominant_frame, find_frames
from coverage_research.statistics import wilson
from coverage_research.text import shingles, tokens

CODEBOOK = "gun_violence"
FRAMES = [frame.id for frame in load_codebook(CODEBOOK).frames]
HALVES = ("first", "second")
#: Words for each frame in the dictionary that is learned from the other half.
N_LEARNED = 25
N_BOOT = 1000


# Scores -------------------------------------------------------------------------------------------


class Score(NamedTuple):
    """How many headlines have the frame, how many are given it, and how many of these rightly."""

    coded: int
    found: int
    hits: int

    @property
    def f1(self) -> float:
        both = self.coded + self.found
        return 2 * self.hits / both if both else 0.0

    @property
    def f1_bounds(self) -> tuple[float, float]:
        return f1_bounds(self.coded, self.found, self.hits)


def score(gold: Sequence[str], given: Sequence[str | None], frame: str) -> Score:
    pairs = list(zip(gold, given, strict=True))
    return Score(
        sum(right == frame for right, _ in pairs),
        sum(found == frame for _, found in pairs),
        sum(right == found == frame for right, found in pairs),
    )


def n_right(gold: Sequence[str], given: Sequence[str | None]) -> int:
    return sum(right == found for right, found in zip(gold, given, strict=True))


def macro_f1(gold: Sequence[str], given: Sequence[str | None]) -> float:
    return sum(score(gold, given, frame).f1 for frame in FRAMES) / len(FRAMES)


def macro_f1_bounds(gold: Sequence[str], given: Sequence[str | None]) -> tuple[float, float]:
    """Percentiles of the macro F1 of headlines drawn again, 95 %."""
    place = {frame: number for number, frame in enumerate(FRAMES)}
    right = np.array([place[frame] for frame in gold])
    found = np.array([place.get(frame or "", len(FRAMES)) for frame in given])
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(N_BOOT):
        rows = rng.integers(0, len(right), len(right))
        coded = np.bincount(right[rows], minlength=len(FRAMES))
        given_out = np.bincount(found[rows], minlength=len(FRAMES) + 1)[: len(FRAMES)]
        hits = np.bincount(right[rows][right[rows] == found[rows]], minlength=len(FRAMES))
        drawn.append(float((2 * hits / np.maximum(coded + given_out, 1)).mean()))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


# Frames of headlines ------------------------------------------------------------------------------


def strictly(led: pd.DataFrame) -> list[str | None]:
    return [
        frame if n == 1 else None for frame, n in zip(led["frame"], led["n_frames"], strict=True)
    ]


def with_rule(led: pd.DataFrame, fallback: str) -> list[str | None]:
    return led["frame"].fillna(fallback).str.split(TIE, regex=False).str[0].tolist()


def learned_words(headlines: Sequence[str], frames: Sequence[str]) -> dict[str, list[str]]:
    """Words that stand more often than expected in the headlines of each frame (Dunning 1993)."""
    texts = [{token.form for token in tokens(text)} for text in headlines]
    total = Counter(word for words in texts for word in words)
    learned = {}
    for frame in FRAMES:
        inside = [words for words, own in zip(texts, frames, strict=True) if own == frame]
        within = Counter(word for words in inside for word in words)
        part = len(inside) / len(texts)

        def excess(word: str, within: Counter[str] = within, part: float = part) -> float:
            here, all_of = within[word], total[word]
            there = all_of - here
            if here <= all_of * part:
                return 0.0
            told = here * math.log(here / (all_of * part))
            return told + (there * math.log(there / (all_of * (1 - part))) if there else 0.0)

        learned[frame] = sorted(within, key=lambda word: (-excess(word), word))[:N_LEARNED]
    return learned


def by_learned_words(
    headlines: Iterable[str], learned: dict[str, list[str]], fallback: str
) -> list[str | None]:
    """Frame with most of its learned words in the headline, ties and no words by the same rule."""
    given: list[str | None] = []
    for text in headlines:
        words = {token.form for token in tokens(text)}
        counts = {frame: len(words.intersection(learned[frame])) for frame in FRAMES}
        best = max(FRAMES, key=lambda frame: counts[frame])
        given.append(best if counts[best] else fallback)
    return given


# Gold data ----------------------------------------------------------------------------------------


def half_of(headline: str) -> str:
    return HALVES[int(hashlib.sha256(headline.encode()).hexdigest(), 16) % 2]


class Results(NamedTuple):
    """Headlines with their frames, and what the dictionaries say of each."""

    gold: pd.DataFrame
    strict: list[str | None]
    ruled: list[str | None]
    any_match: list[set[str]]  # frames found anywhere, each by its own longest terms
    learned: list[str | None]  # learned on one half, said of the other
    fallback: str
    n_ties: int
    n_without: int


@functools.cache
def results(datasets: Path) -> Results:
    gold = pd.read_csv(datasets / "gvfc" / "frames_dev.csv", keep_default_na=False)
    gold["article_id"] = gold["id"].astype(str)
    gold["half"] = gold["headline"].map(half_of)
    articles = gold[["article_id"]].assign(title=gold["headline"])
    led = dominant_frame(find_frames(articles, CODEBOOK), articles)
    anywhere = find_frames(articles, CODEBOOK, overlap="frame").groupby("article_id")["frame"]
    found = anywhere.agg(set).to_dict()
    fallback = str(gold["frame"].mode()[0])
    learned = pd.Series(index=gold.index, dtype=object)
    for half in HALVES:
        other = gold[gold["half"] != half]
        words = learned_words(other["headline"].tolist(), other["frame"].tolist())
        rows = gold["half"] == half
        usual = str(other["frame"].mode()[0])
        learned[rows] = by_learned_words(gold.loc[rows, "headline"], words, usual)
    return Results(
        gold,
        strictly(led),
        with_rule(led, fallback),
        [found.get(article_id, set()) for article_id in articles["article_id"]],
        learned.tolist(),
        fallback,
        int((led["n_frames"] > 1).sum()),
        int((led["n_frames"] == 0).sum()),
    )


def of_half(got: Results, half: str) -> tuple[list[str], list[str | None], list[str | None]]:
    """Gold frames of a half, those given strictly and those given with the rule."""
    rows = [number for number, own in enumerate(got.gold["half"]) if own == half]
    frames = got.gold["frame"].tolist()
    return (
        [frames[row] for row in rows],
        [got.strict[row] for row in rows],
        [got.ruled[row] for row in rows],
    )


def second_frames(got: Results) -> tuple[int, int]:
    """How many second frames were coded and how many of them have a match."""
    pairs = [
        (frame, found)
        for frame, found in zip(got.gold["frame2"], got.any_match, strict=True)
        if frame
    ]
    return sum(frame in found for frame, found in pairs), len(pairs)


def first_frames(got: Results) -> tuple[int, int]:
    pairs = list(zip(got.gold["frame"], got.any_match, strict=True))
    return sum(frame in found for frame, found in pairs), len(pairs)


def dictionary_table(datasets: Path) -> str:
    """What the dictionary finds, frame by frame and over all, as a table for the documentation."""
    got = results(datasets)
    frames = got.gold["frame"].tolist()
    n = len(frames)
    lines = [
        "| frame | coded | found | both | precision | recall | F1 |",
        "| --- | ---: | ---: | ---: | --- | --- | --- |",
    ]
    for frame in FRAMES:
        own = score(frames, got.ruled, frame)
        lines.append(
            f"| {frame} | {own.coded} | {own.found} | {own.hits} | {share(own.hits, own.found)}"
            f" | {share(own.hits, own.coded)} | {shown(own.f1, own.f1_bounds)} |"
        )
    lines += [
        "",
        f"| {n} headlines, one frame each | accuracy | macro F1 |",
        "| --- | --- | --- |",
    ]
    for name, given in (
        (f"dictionary, strictly ({got.n_ties} ties, {got.n_without} without a match)", got.strict),
        ("dictionary, ties by order of the frames", got.ruled),
        (f"{N_LEARNED} over-used words, learned on the other half", got.learned),
        (f"always {got.fallback}", [got.fallback] * n),
    ):
        lines.append(
            f"| {name} | {share(n_right(frames, given), n)}"
            f" | {shown(macro_f1(frames, given), macro_f1_bounds(frames, given))} |"
        )
    lines += [
        "",
        "| frames with a match anywhere in the headline | found |",
        "| --- | --- |",
        f"| first frame ({n}) | {share(*first_frames(got))} |",
        f"| second frame ({second_frames(got)[1]}) | {share(*second_frames(got))} |",
    ]
    return "\n".join(lines)


TABLES: dict[str, Callable[[Path], str]] = {"GVFC, dictionary": dictionary_table}


# Tests of the gold data ---------------------------------------------------------------------------


def test_the_frames_are_those_of_the_corpus(datasets: Path) -> None:
    gold = results(datasets).gold
    assert set(gold["frame"]) == set(FRAMES)
    assert set(gold["frame2"]) - {""} <= set(FRAMES)


def test_accuracy(datasets: Path) -> None:
    got = results(datasets)
    frames = got.gold["frame"].tolist()
    assert n_right(frames, got.strict) / len(frames) >= 0.64
    assert n_right(frames, got.ruled) / len(frames) >= 0.82
    assert macro_f1(frames, got.ruled) >= 0.79


@pytest.mark.parametrize("half", HALVES)
def test_accuracy_in_each_half(datasets: Path, half: str) -> None:
    frames, strict, ruled = of_half(results(datasets), half)
    assert n_right(frames, strict) / len(frames) >= 0.62
    assert n_right(frames, ruled) / len(frames) >= 0.80


@pytest.mark.parametrize("frame", FRAMES)
def test_no_frame_is_left_behind(datasets: Path, frame: str) -> None:
    got = results(datasets)
    floor = {"gun_rights": 0.55, "society_culture": 0.65}.get(frame, 0.75)
    assert score(got.gold["frame"].tolist(), got.ruled, frame).f1 >= floor


def test_the_dictionary_is_better_than_learned_words(datasets: Path) -> None:
    got = results(datasets)
    frames = got.gold["frame"].tolist()
    low, _ = wilson(n_right(frames, got.ruled), len(frames))
    _, high = wilson(n_right(frames, got.learned), len(frames))
    assert low > high
    low, _ = macro_f1_bounds(frames, got.ruled)
    _, high = macro_f1_bounds(frames, got.learned)
    assert low > high


def test_the_right_frame_is_among_the_ties(datasets: Path) -> None:
    got = results(datasets)
    hits, n = first_frames(got)
    assert hits / n >= 0.94
    hits, n = second_frames(got)
    assert hits / n >= 0.88


def test_the_examples_are_no_headlines_of_the_corpus(datasets: Path) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        return set(shingles([token.form for token in tokens(text)], 5))

    known = set().union(*map(runs, results(datasets).gold["headline"]))
    legal = {("the", "right", "to", "bear", "arms")}  # words of the constitution
    for frame in load_codebook(CODEBOOK).frames:
        for text in frame.examples:
            assert known.isdisjoint(runs(text) - legal), text


def test_tables_are_whole(datasets: Path) -> None:
    for make in TABLES.values():
        lines = make(datasets).split("\n")
        assert all(lines[number] for number in (0, -1))
        assert {line[-1:] for line in lines} == {"", "|"}
        for frame in FRAMES:
            assert sum(line.startswith(f"| {frame} |") for line in lines) == 1
        assert not any("nan" in line for line in lines)


# Tests that need no data --------------------------------------------------------------------------


def test_wilson_and_scores_by_hand() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    gold = ["politics", "politics", "gun_rights"]
    given = ["politics", "gun_rights", None]
    assert score(gold, given, "politics") == Score(2, 1, 1)
    assert score(gold, given, "politics").f1 == pytest.approx(2 / 3)
    assert score(gold, given, "gun_rights") == Score(1, 1, 0)
    assert n_right(gold, given) == 1
    assert macro_f1(gold, given) == pytest.approx(2 / 3 / 9)
    low, high = macro_f1_bounds(gold, given)
    assert 0 <= low <= macro_f1(gold, given) <= high <= 1


def test_ties_and_headlines_without_a_match() -> None:
    matches = pd.DataFrame(
        {
            "article_id": ["a", "a", "a", "b", "b"],
            "frame": ["gun_control", "politics", "politics", "gun_control", "politics"],
            "codebook": CODEBOOK,
        }
    )
    leading = dominant_frame(matches, pd.DataFrame({"article_id": ["a", "b", "c"]}))
    assert leading["frame"].fillna("").tolist() == ["politics", "politics | gun_control", ""]
    assert strictly(leading) == ["politics", None, None]
    assert with_rule(leading, "public_opinion") == ["politics", "politics", "public_opinion"]


def test_learned_words_by_hand() -> None:
    headlines = ["red sky", "red sea", "blue sky", "blue sea"]
    frames = ["politics", "politics", "gun_rights", "gun_rights"]
    learned = learned_words(headlines, frames)
    assert learned["politics"][0] == "red"
    assert learned["gun_rights"][0] == "blue"
    assert learned["mental_health"] == []
    assert by_learned_words(["A red lamp", "green"], learned, "politics") == ["politics"] * 2
    assert by_learned_words(["A blue lamp"], learned, "politics") == ["gun_rights"]


@pytest.mark.parametrize(
    ("headline", "frame"),
    [
        ("Three senators return the lobby's money before the midterms", "politics"),
        ("Town gathers for a candlelight vigil", "public_opinion"),
        ("Thousands march through the rain, many of them teenagers", "public_opinion"),
        ("County council bans bump stocks", "gun_control"),
        ("Who checks the background checks?", "gun_control"),
        ("He carries openly and cites the Second Amendment", "gun_rights"),
        ("Clerk claims self-defense", "gun_rights"),
        ("District buys bulletproof doors and trains teachers to carry pistols", "public_safety"),
        ("Active-shooter drill frightens pre-schoolers", "public_safety"),
        ("Market gunman wrote of white supremacy, investigators say", "race_ethnicity"),
        ("Shares of rifle maker slump as investors flee", "economic_consequences"),
        ("Airline ends its discount for lobby's members", "economic_consequences"),
        ("Psychiatrist had warned of the loner's delusions", "mental_health"),
        ("Do violent video games breed killers?", "society_culture"),
        ("Gun culture and toxic masculinity: an essay", "society_culture"),
    ],
)
def test_plain_cases(headline: str, frame: str) -> None:
    articles = pd.DataFrame({"article_id": ["a"], "title": [headline]})
    assert strictly(dominant_frame(find_frames(articles, CODEBOOK), articles)) == [frame]


@pytest.mark.parametrize(
    ("headline", "frame"),
    [
        ("Pro-gun control mothers knock on doors", "gun_rights"),
        ("Class president recalls the shooting", "politics"),
        ("They sit in an enterprise zone", "economic_consequences"),
        ("Shots near the synagogue, nobody hurt", "race_ethnicity"),
        ("The trumpeter played on", "politics"),
    ],
)
def test_false_friends(headline: str, frame: str) -> None:
    articles = pd.DataFrame({"article_id": ["a"], "title": [headline]})
    found = find_frames(articles, CODEBOOK, overlap="frame")["frame"]
    assert frame not in found.tolist()
