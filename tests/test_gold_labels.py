"""Labels before an actor against noun phrases that other people marked by hand.

NewsWCL50 (Hamborg et al. 2019) has phrases without their articles, so each is put into a sentence
written here. PolNeAR (Newell et al. 2018) has the articles: sources of statements that are a name
with words before it. The names that the labels are asked for are taken from the gold data by rule.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from coverage_research.labels import find_labels
from coverage_research.stories import FUNCTION_WORDS

Z = 1.959964
KINDS = ("exact", "too short", "too long", "missed")
HALVES = ("tuned", "errors not read")
#: What a phrase may begin with that says nothing about the actor: articles, numbers, amounts.
DETERMINERS = frozenset(
    """a an the this that these those his her its their our my your whose some any no all both each
    every another other many most more several few nearly one two three four five six seven eight
    nine ten dozens hundreds""".split()
)
#: Words that are no part of a name, for taking names from the gold data.
TITLES = frozenset(
    """acting adm adviser ambassador attorney candidate capt chair chairman chairwoman chief
    clerk col commissioner commander conservative counsel co-founder congressman congresswoman
    deputy democrat democratic detective director doctor dr editor ex-president executive
    first former founder gen general gov governor gop justice judge king lady lawyer leader liberal
    lt majority manager mayor minister minority miss mr mrs ms nominee officer pastor pope
    president presidential prime prince prof professor queen rep representative republican reporter
    rev sec secretary sen senator senate sergeant sgt sheriff sir special speaker spokesman
    spokeswoman strategist supreme sens reps van's vice""".split()
)
#: Sentences around a phrase: behind a conjunction, verb, preposition, adverb, at the start.
CARRIERS = (
    "Officials said on Friday that {} would respond.",
    "Several critics blamed {} for the delay.",
    "The talks with {} were postponed again.",
    "{} declined to comment.",
    "Reporters had repeatedly asked {} about it.",
    "According to {}, nothing had changed since.",
    "In a letter on Monday {} told them to wait.",
    "They wanted to embarrass {} before the vote.",
    "Nobody but {} knew what it was about.",
    "It was an unusual week for {}, who said little.",
)


class Case(NamedTuple):
    """A phrase in a text: its name, and its words before that without determiners."""

    group: str
    half: str
    outlet: str
    text: str
    first: int  # where the labels begin in the gold data; where the name does if there are none
    start: int
    end: int


class Outcome(NamedTuple):
    """A case, the words before the name in the gold data, and those found."""

    case: Case
    gold: list[str]
    found: list[str]
    kind: str


def wilson(hits: float, n: float) -> tuple[float, float]:
    """Bounds of the 95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = share + Z**2 / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return (middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n)


def shown(hits: int, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{hits / n:.3f} [{max(low, 0):.2f}, {high:.2f}]" if n else "-"


def half_of(key: str) -> str:
    """Half of the documents to which one belongs, by a hash of its name."""
    return HALVES[hashlib.sha256(key.encode()).digest()[0] % 2]


def determiner(word: str) -> bool:
    return word.lower() in DETERMINERS or word.replace(",", "").isdigit()


def bare_name(words: Iterable[str]) -> bool:
    return all(
        word[:1].isupper() and word.rstrip(".").lower() not in TITLES | DETERMINERS
        for word in words
    )


def modifiers(words: list[str]) -> bool:
    """Whether no conjunction, preposition or pronoun stands in a phrase, but `Secretary of`."""
    lower = [word.lower() for word in words]
    while lower and determiner(lower[0]):
        lower.pop(0)
    return not any(
        word in FUNCTION_WORDS and not (word == "of" and "secretary" in lower[:number])
        for number, word in enumerate(lower)
    )


# Cases --------------------------------------------------------------------------------------------


@functools.cache
def newswcl50(folder: Path) -> list[Case]:
    """Phrases that end in a name of their actor, in sentences, and names alone."""
    table = pd.read_csv(folder / "newswcl50" / "mentions_dev.csv", keep_default_na=False)
    table = table[table["code_type"].isin(["ACTOR", "ACTOR-I", "COUNTRY", "GROUP"])]
    # Tokens are apart in the data set.
    mention = table["mention"].str.replace(r"\s+(['\u2019]s?)(?=\s|$)", r"\1", regex=True)
    table = table.assign(mention=mention)
    names: dict[str, set[str]] = defaultdict(set)
    for code, text in zip(table["code_name"], table["mention"], strict=True):
        words = text.split()
        if len(words) <= 3 and re.fullmatch(r"[\w .'\u2019-]+", text) and bare_name(words):
            names[code].add(text)
    for code, held in names.items():
        # Possessors and adjectives of nations are not names: North Korean, Trump's.
        names[code] = {name for name in held if not re.search(r"(an|ese|['\u2019]s?)$", name)}
    cases = []
    columns = ["code_name", "mention", "publisher_id", "article_url"]
    for code, text, outlet, url in table[columns].itertuples(index=False):
        words = text.split()
        while words and determiner(words[0]):
            words.pop(0)
        if not re.fullmatch(r"[\w .&'\u2019-]+", text) or not modifiers(words):
            continue
        sizes = range(len(words), 0, -1)
        size = next((n for n in sizes if " ".join(words[-n:]) in names[code]), 0)
        group = "name"
        if not size:
            if not words or not words[-1].islower() or words[-1] in FUNCTION_WORDS:
                continue
            size, group = 1, "noun"
        number = hashlib.sha256(f"{url} {text} {len(cases)}".encode()).digest()[1]
        carrier = CARRIERS[number % len(CARRIERS)]
        before = carrier.index("{}")
        placed = text[0].upper() + text[1:] if before == 0 else text
        sentence = carrier.replace("{}", placed)
        end = before + len(text)
        start = end - len(" ".join(words[-size:]))
        first = end - len(" ".join(words))
        cases.append(Case(group, half_of(url), outlet, sentence, first, start, end))
        headline = re.sub(r"(?<!\S)\w", lambda letter: letter[0].upper(), sentence)
        cases.append(Case(group + " in a headline", half_of(url), outlet, headline, *cases[-1][4:]))
    return cases


def name_size(words: list[str], given: set[str]) -> int:
    """Words at the end that are a person's name; 0 where the word before may or may not be."""
    size = 1
    while size < len(words) and (
        words[-size - 1] in given or re.fullmatch(r"[A-Z]\.", words[-size - 1])
    ):
        size += 1
    unsure = size == 1 and len(words) > 1 and bare_name([words[-2]])
    return 0 if unsure else size


@functools.cache
def polnear(folder: Path) -> list[Case]:
    """Sources that are a name, alone or behind other words, in their articles."""
    lines = (folder / "polnear" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    documents = [json.loads(line) for line in lines]
    sources: list[list[tuple[int, int, str]]] = []
    given: set[str] = set()
    for document in documents:
        spans = {
            tuple(item["source"][0])
            for item in document["attributions"]
            if item["source"] and len(item["source"]) == 1
        }
        own = [(start, end, document["text"][start:end]) for start, end in sorted(spans)]
        sources.append(own)
        for _, _, text in own:
            words = text.split()
            if len(words) in (2, 3) and re.fullmatch(r"[\w .'\u2019-]+", text) and bare_name(words):
                given.add(words[0])
    cases = []
    for document, own in zip(documents, sources, strict=True):
        surnames = {text for _, _, text in own if " " not in text and bare_name([text])}
        surnames |= {text.split()[-1] for _, _, text in own if bare_name(text.split())}
        for start, end, text in own:
            words = text.split()
            if not re.fullmatch(r"[\w .&'\u2019-]+", text) or not modifiers(words):
                continue
            if words[-1].lower() in FUNCTION_WORDS or not re.fullmatch(r"[\w-]+", words[-1]):
                continue
            noun = words[-1].islower()
            if not noun and (words[-1] not in surnames or not bare_name(words[-1:])):
                continue
            size = 1 if noun else name_size(words, given)
            if not size:
                continue
            places = [start + found.start() for found in re.finditer(r"\S+", text)]
            n_determiners = next(
                (number for number, word in enumerate(words) if not determiner(word)), len(words)
            )
            # Enough of the article to see what the package sees.
            cut = max(0, start - 250)
            cases.append(
                Case(
                    "noun" if noun else "name",
                    half_of(document["doc_id"]),
                    document["publisher"],
                    document["text"][cut : end + 120],
                    places[min(n_determiners, len(words) - size)] - cut,
                    places[-size] - cut,
                    start + len(text.rstrip()) - cut,
                )
            )
    return cases


@functools.cache
def outcomes(cases: Callable[[Path], list[Case]], folder: Path) -> list[Outcome]:
    """What is found before the names of all cases, each asked for by itself."""
    # Names of as many words at a time: of targets that overlap, only the longest counts.
    by_size: dict[int, list[Case]] = defaultdict(list)
    for case in cases(folder):
        by_size[case.text[case.start : case.end].count(" ")].append(case)
    results = []
    for own in by_size.values():
        names = sorted({case.text[case.start : case.end] for case in own})
        articles = pd.DataFrame(
            {"article_id": map(str, range(len(own))), "body": [case.text for case in own]}
        )
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for row in find_labels(articles, names).itertuples():
            found[int(row.article_id), row.mention_end].append(row.mention_start)
        for number, case in enumerate(own):
            starts = found.get((number, case.end))
            begin = min(starts) if starts else case.start
            if starts is None:
                kind = "missed"
            elif begin == case.first:
                kind = "exact"
            else:
                kind = "too short" if begin > case.first else "too long"
            gold = case.text[case.first : case.start].split()
            results.append(Outcome(case, gold, case.text[begin : case.start].split(), kind))
    return results


def per_half(cases: Callable[[Path], list[Case]], folder: Path) -> pd.DataFrame:
    """Scores of each half and kind of phrase: counts, from which the tables take their shares."""
    rows = []
    results = outcomes(cases, folder)
    for group in dict.fromkeys(item.case.group for item in results):
        for half in HALVES:
            own = [item for item in results if (item.case.group, item.case.half) == (group, half)]
            labelled = [item for item in own if item.gold]
            bare = [item for item in own if not item.gold]
            rows.append(
                {
                    "group": group,
                    "half": half,
                    "labelled": len(labelled),
                    **{kind: sum(item.kind == kind for item in labelled) for kind in KINDS},
                    "gold": sum(len(item.gold) for item in labelled),
                    "found": sum(len(item.found) for item in labelled),
                    "both": sum(
                        sum((Counter(item.gold) & Counter(item.found)).values())
                        for item in labelled
                    ),
                    "bare": len(bare),
                    "false": sum(bool(item.found) for item in bare),
                    "passed": sum(item.kind == "missed" for item in bare),
                }
            )
    return pd.DataFrame(rows)


# Tables -------------------------------------------------------------------------------------------

HEAD = {
    "name": "a name",
    "noun": "a common noun",
    "name in a headline": "a name, headline case",
    "noun in a headline": "a common noun, headline case",
}


def markdown(header: list[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [header, ["---"] * len(header), *([str(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def boundary_table(cases: Callable[[Path], list[Case]], folder: Path) -> str:
    return markdown(
        [
            "phrase ends in",
            "half",
            "with labels",
            "exact left boundary",
            "too short",
            "too long",
            "missed",
            "precision of words",
            "recall of words",
            "without labels",
            "label found there",
            "missed there",
        ],
        [
            [
                HEAD[row.group],
                row.half,
                row.labelled,
                shown(row.exact, row.labelled),
                row.short,
                row.long,
                row.missed,
                shown(row.both, row.found),
                shown(row.both, row.gold),
                row.bare,
                shown(row.false, row.bare),
                row.passed,
            ]
            for row in per_half(cases, folder)
            .rename(columns={"too short": "short", "too long": "long"})
            .itertuples()
        ],
    )


def outlet_counts(folder: Path, which: str) -> pd.DataFrame:
    """Words before the actor by outlet and word, `gold` or `found`."""
    words = [
        (item.case.outlet, word.lower().rstrip("."))
        for item in outcomes(newswcl50, folder)
        for word in getattr(item, which)
        if "headline" not in item.case.group
    ]
    return pd.DataFrame(words, columns=["outlet", "word"]).groupby(["outlet", "word"]).size()


def outlets_table(folder: Path) -> str:
    """How far the labels of each outlet as found are from those in the gold data."""
    results = [item for item in outcomes(newswcl50, folder) if "headline" not in item.case.group]
    gold, found = (outlet_counts(folder, which) for which in ("gold", "found"))
    usual = gold.groupby("word").sum()
    usual = usual[usual >= 5].index
    rows = []
    for outlet in ("LL", "L", "M", "R", "RR"):
        own = [item for item in results if item.case.outlet == outlet]
        one, other = gold[outlet], found[outlet]
        distance = (one / one.sum()).sub(other / other.sum(), fill_value=0).abs().sum() / 2
        rows.append(
            [
                outlet,
                len(own),
                shown(sum(bool(item.gold) for item in own), len(own)),
                shown(sum(bool(item.found) for item in own), len(own)),
                f"{distance:.3f}",
                f"{rank_correlation(one, other, usual):.3f}",
            ]
        )
    return markdown(
        [
            "outlet",
            "phrases",
            "with labels",
            "found with labels",
            "total variation distance, coded to found",
            f"rank correlation over {len(usual)} words",
        ],
        rows,
    )


def rank_correlation(one: pd.Series, other: pd.Series, words: pd.Index) -> float:
    ranks = [counts.reindex(words, fill_value=0).rank() for counts in (one, other)]
    return float(ranks[0].corr(ranks[1]))


def shape(word: str) -> str:
    """What a word looks like, to sort the errors."""
    if word[-2:] in ("'s", "\u2019s"):
        return "possessor"
    if any(sign.isdigit() for sign in word):
        return "with a digit"
    if word[0].isupper():
        return "capitalised"
    if "-" in word:
        return "with a hyphen"
    if word.endswith(("ed", "ing")):
        return "in -ed or -ing"
    return "in -s" if word.endswith("s") else "other"


def error_kinds(folder: Path) -> Counter[tuple[str, str, str]]:
    """Errors in PolNeAR by half, kind, and the look of the word at which they begin."""
    kinds: Counter[tuple[str, str, str]] = Counter()
    for item in outcomes(polnear, folder):
        if item.kind == "exact" or (item.kind == "missed" and not item.gold):
            continue
        if item.kind == "missed":
            look = "any"
        elif item.kind == "too short":
            look = shape(item.gold[len(item.gold) - len(item.found) - 1])
        else:
            look = shape(item.found[len(item.found) - len(item.gold) - 1])
        kind = item.kind if item.gold else "label where none is coded"
        kinds[item.case.half, kind, look] += 1
    return kinds


def errors_table(folder: Path) -> str:
    kinds = error_kinds(folder)
    pairs = Counter()
    for (_, kind, look), number in kinds.items():
        pairs[kind, look] += number
    return markdown(
        ["error", "word at which it begins", *HALVES],
        [
            [kind, look, *(kinds[half, kind, look] for half in HALVES)]
            for (kind, look), _ in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
    )


TABLES: dict[str, Callable[[Path], str]] = {
    "NewsWCL50, labels": lambda folder: boundary_table(newswcl50, folder),
    "NewsWCL50, labels by outlet": outlets_table,
    "PolNeAR, labels before names": lambda folder: boundary_table(polnear, folder),
    "Labels, kinds of errors": errors_table,
}


# Tests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("half", HALVES)
def test_newswcl50_phrases_are_recovered(datasets, half):
    scores = per_half(newswcl50, datasets).set_index(["group", "half"])
    for group, least in (("name", 0.96), ("noun", 0.94)):
        row = scores.loc[group, half]
        assert row["labelled"] > 100
        assert row["exact"] / row["labelled"] >= least
        assert row["both"] / row["found"] >= 0.98
        assert row["false"] / row["bare"] <= 0.01


@pytest.mark.parametrize("half", HALVES)
def test_polnear_left_boundaries_are_recovered(datasets, half):
    scores = per_half(polnear, datasets).set_index(["group", "half"])
    for group in ("name", "noun"):
        row = scores.loc[group, half]
        assert row["labelled"] > 100
        assert row["exact"] / row["labelled"] >= 0.91
        assert row["both"] / row["found"] >= 0.97
        assert row["both"] / row["gold"] >= 0.91
        assert row["false"] / row["bare"] <= 0.025


def test_outlets_differ_as_they_do_in_the_gold_data(datasets):
    gold, found = (outlet_counts(datasets, which) for which in ("gold", "found"))
    usual = gold.groupby("word").sum()
    usual = usual[usual >= 5].index
    outlets = gold.index.unique("outlet")
    assert len(outlets) == 5
    assert len(usual) > 20
    for outlet in outlets:
        assert rank_correlation(gold[outlet], found[outlet], usual) > 0.95


def test_tables_count_every_case(datasets):
    kinds = error_kinds(datasets)
    scores = per_half(polnear, datasets)
    assert sum(kinds.values()) == (scores["labelled"] - scores["exact"] + scores["false"]).sum()
    for name, table in TABLES.items():
        lines = table(datasets).splitlines()
        assert len({line.count("|") for line in lines}) == 1, name
        assert "nan" not in "".join(lines), name
