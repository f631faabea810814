"""Coefficients against published ones, real coders against each other, shares corrected for mistakes.

The numbers are those of the tests of irrCAC (by the formulas of Gwet 2014) and of Krippendorff
(2011). The coders are those of PolNeAR (Newell, Margolin & Ruths 2018), who marked source, cue and
content of attributions in the same articles. Nothing was tuned on either. Shares are those of the
frames that the codebook's terms find in the headlines of the Gun Violence Frame Corpus (Liu et al.
2019), corrected by the hand codes of a random part, against the hand codes of all.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coverage_research.coding_units import article_of
from coverage_research.codings import NEEDED, frame_codings
from coverage_research.disagreements import disagreements
from coverage_research.framing import find_frames
from coverage_research.methods_text import methods_text
from coverage_research.reliability import agreement, krippendorff_alpha
from coverage_research.text import tokens
from coverage_research.validation import validate

#: Their names of coefficients that have another name here.
NAMES = {"bp": "brennan_prediger", "krippendorff": "alpha"}
#: Rounding of the published numbers.
TOLERANCE = 0.0006
ROLES = ("source", "cue", "content")
#: Random parts of the headlines whose hand codes correct, and headlines in each.
SAMPLES = 20
CODED = 250


def codings_of(matrix: dict[str, list]) -> pd.DataFrame:
    """Codings of a matrix of ratings, a row for each rater."""
    return pd.DataFrame(
        [
            (unit, f"rater {rater}", "rating", value)
            for rater, row in enumerate(matrix["ratings"])
            for unit, value in zip(matrix["units"], row, strict=True)
        ],
        columns=list(NEEDED),
    )


@functools.cache
def compared(datasets: Path) -> pd.DataFrame:
    """Every published coefficient beside ours; pa and pe where they are published."""
    folder = datasets / "reliability"
    matrices = json.loads((folder / "raters_dev.json").read_text("utf-8"))["datasets"]
    expected = pd.read_csv(folder / "expected_dev.csv")
    rows = []
    for case in expected.itertuples():
        codings = codings_of(matrices[case.dataset])
        name = NAMES.get(case.coefficient, case.coefficient)
        if case.origin.startswith("Krippendorff"):
            own = krippendorff_alpha(codings, metric=case.weights, n_boot=1).iloc[0]
            observed = chance = np.nan
        else:
            own = agreement(codings, coefficients=[name], weights=case.weights, n_boot=1).iloc[0]
            observed, chance = own["observed"], own["chance"]
        rows.append(
            {
                "data": case.dataset,
                "coefficient": name,
                "weights": case.weights,
                "own": own["estimate"],
                "theirs": case.value,
                "own_observed": observed,
                "observed": case.pa,
                "own_chance": chance,
                "chance": case.pe,
            }
        )
    return pd.DataFrame(rows)


def coefficients_table(datasets: Path) -> str:
    """Table of all published coefficients."""
    lines = [
        "| data | coefficient | weights or metric | ours | published | difference |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    for row in compared(datasets).itertuples():
        # No sign on a difference that rounds to nothing.
        apart = round(row.own - row.theirs, 4) + 0.0
        lines.append(
            f"| {row.data} | {row.coefficient} | {row.weights} | {row.own:.4f} | {row.theirs:.3f}"
            f" | {apart:.4f} |"
        )
    return "\n".join(lines)


@functools.cache
def words(datasets: Path) -> pd.DataFrame:
    """Codings of each word by each coder: in a source, a cue, a content, and which is its role."""
    path = datasets / "polnear" / "reliability_dev.jsonl"
    articles = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    parts = []
    for number, article in enumerate(articles):
        spans = [(token.start, token.end) for token in tokens(article["text"])]
        article_id = f"article{number:02d}"
        units = [f"{article_id}:body:{start}-{end}" for start, end in spans]
        for coder, attributions in article["coders"].items():
            inside = {}
            for role in ROLES:
                marked = np.zeros(len(article["text"]) + 1, dtype=np.int64)
                for attribution in attributions:
                    for start, end in attribution[role]:
                        marked[start:end] = 1
                inside[role] = np.array([marked[start:end].any() for start, end in spans])
            role = np.select([inside[name] for name in ROLES], ROLES, "none")
            for variable, values in {**inside, "role": role}.items():
                part = {"unit_id": units, "coder": coder, "variable": variable}
                part |= {"value": values.astype(str), "article": article_id}
                parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


@functools.cache
def alphas(datasets: Path) -> pd.DataFrame:
    """Alpha by what is marked, with intervals over articles."""
    return krippendorff_alpha(words(datasets)).set_index("variable")


@functools.cache
def alphas_by_word(datasets: Path) -> pd.DataFrame:
    """The same with intervals that take the words of an article as independent."""
    codings = words(datasets)
    return krippendorff_alpha(codings[codings["variable"] == "role"], cluster="unit_id").set_index(
        "variable"
    )


def coders_table(datasets: Path) -> str:
    """Table of how far the coders of PolNeAR agree about the words of an article."""
    found, naive = alphas(datasets), alphas_by_word(datasets).loc["role"]
    n_articles = words(datasets)["article"].nunique()
    labels = {
        "source": "in a source",
        "cue": "in a cue",
        "content": "in a content",
        "role": "source, cue, content or none",
    }
    counted = f"{found['n'].iloc[0]:,} words of {n_articles} articles"
    who = f"{found['n_coders'].iloc[0]} coders"
    lines = [
        f"| {counted}, {who} | alpha, articles drawn | alpha, words drawn | published |",
        "| --- | --- | --- | --- |",
    ]
    for name, label in labels.items():
        row = found.loc[name]
        cells = [f"{row['estimate']:.3f} ({row['low']:.3f}–{row['high']:.3f})", "", ""]
        if name == "role":
            cells[1] = f"{naive['estimate']:.3f} ({naive['low']:.3f}–{naive['high']:.3f})"
            cells[2] = "0.754, by the authors"
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


@functools.cache
def corrected(datasets: Path) -> pd.DataFrame:
    """Shares as found and corrected by 20 random parts, beside those of all hand codes."""
    rows = pd.read_csv(datasets / "gvfc" / "frames_dev.csv", keep_default_na=False)
    ids = pd.Series([f"headline{number:04d}" for number in range(len(rows))], name="article_id")
    headlines = pd.DataFrame({"article_id": ids, "title": rows["headline"]})
    codes = pd.concat(
        [pd.DataFrame({"article_id": ids, "frame": rows[name]}) for name in ("frame", "frame2")]
    )
    codings = frame_codings(codes[codes["frame"] != ""])
    matches = find_frames(headlines, "gun_violence", progress=False)
    parts = []
    for seed in range(SAMPLES):
        part = ids.sample(CODED, random_state=seed)
        known = codings[codings["unit_id"].isin(part)]
        parts.append(validate(matches, known, headlines, n_boot=300))
    found = pd.concat(parts, ignore_index=True)
    truth = codings["value"].astype(float).groupby(codings["variable"]).mean()
    found["truth"] = found["frame"].map(truth)
    found["holds"] = (found["corrected_low"] <= found["truth"]) & (
        found["truth"] <= found["corrected_high"]
    )
    return found


def shares_table(datasets: Path) -> str:
    """Table of shares as found, corrected and coded."""
    found = corrected(datasets)
    names = "frame, coded, as found, corrected (mean), error as found, error corrected, given, held"
    lines = [
        f"| {' | '.join(names.split(', '))} |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for frame, rows in found.groupby("frame"):
        first = rows.iloc[0]
        given = rows["corrected_reason"].eq("")
        apart = (rows["corrected"] - rows["truth"]).abs().mean()
        share = f"{first['share']:.3f} ({first['share_low']:.3f}–{first['share_high']:.3f})"
        lines.append(
            f"| {frame} | {first['truth']:.3f} | {share} | {rows['corrected'].mean():.3f}"
            f" | {abs(first['share'] - first['truth']):.3f} | {apart:.3f}"
            f" | {given.sum()} of {SAMPLES} | {rows.loc[given, 'holds'].sum()} |"
        )
    return "\n".join(lines)


#: Tables of docs/validity.md, each from the folder of the data sets.
TABLES: dict[str, Callable[[Path], str]] = {
    "Reliability, coefficients": coefficients_table,
    "Reliability, coders of PolNeAR": coders_table,
    "GVFC, corrected shares": shares_table,
}


# Tests of the gold data ---------------------------------------------------------------------------


def test_every_published_coefficient(datasets: Path) -> None:
    found = compared(datasets)
    assert len(found) == 46
    assert found["coefficient"].nunique() == 5
    apart = (found["own"] - found["theirs"]).abs()
    assert (apart < TOLERANCE).all(), found[apart >= TOLERANCE]


def test_observed_and_chance_agreement(datasets: Path) -> None:
    found = compared(datasets).dropna(subset=["observed", "own_observed"])
    assert len(found) == 40
    for name in ("observed", "chance"):
        apart = (found[f"own_{name}"] - found[name]).abs()
        assert (apart < TOLERANCE).all(), found[apart >= TOLERANCE]


def test_alpha_of_real_coders_is_about_the_published_one(datasets: Path) -> None:
    role = alphas(datasets).loc["role"]
    assert 0.74 < role["estimate"] < 0.80
    assert role["low"] < 0.754 < role["high"]
    assert alphas(datasets).loc["cue", "estimate"] == alphas(datasets)["estimate"].min()


def test_words_of_an_article_are_not_independent(datasets: Path) -> None:
    by_article, by_word = (table(datasets).loc["role"] for table in (alphas, alphas_by_word))
    assert by_article["estimate"] == by_word["estimate"]
    widths = [row["high"] - row["low"] for row in (by_article, by_word)]
    assert widths[0] > 5 * widths[1]


def test_disagreements_of_real_coders(datasets: Path) -> None:
    codings = words(datasets)
    role = codings[codings["variable"] == "role"]
    found = disagreements(role)
    by_pair = found.groupby("pair")["k"].first()
    # Coders differ about what is said at all, more than about who said it.
    assert by_pair.idxmax() == "content / none"
    assert set(article_of(found["unit_id"], [])) <= set(codings["article"])
    assert len(found) < role["unit_id"].nunique() / 3


def test_the_paragraph_names_the_weakest_variable(datasets: Path) -> None:
    text = methods_text(words(datasets), sampled="taken whole", cluster="article", n_boot=100)
    assert "lowest for cue" in text
    assert text.startswith("6 coders coded ")


def test_correction_brings_shares_nearer_to_the_hand_codes(datasets: Path) -> None:
    found = corrected(datasets)
    given = found[found["corrected_reason"] == ""]
    as_found = (given["share"] - given["truth"]).abs()
    own = (given["corrected"] - given["truth"]).abs()
    assert own.mean() < 0.015
    assert as_found.mean() > 0.03
    assert given["holds"].mean() >= 0.9
    # As found, the interval misses what people coded for most frequent frames.
    missed = found[(found["share_low"] > found["truth"]) | (found["share_high"] < found["truth"])]
    assert set(missed["frame"]) >= {"politics", "public_opinion", "gun_control"}


def test_rare_frames_are_often_refused_and_frequent_ones_never(datasets: Path) -> None:
    found = corrected(datasets)
    refused = found.assign(refused=found["corrected_reason"] != "").groupby("frame")["refused"]
    assert refused.sum()["society_culture"] > 0
    assert refused.sum()[["politics", "public_opinion"]].tolist() == [0, 0]


@pytest.mark.parametrize("title", TABLES)
def test_tables_are_whole(datasets: Path, title: str) -> None:
    shown = TABLES[title](datasets)
    assert not re.search(r"\bnan\b", shown)
    assert len({line.count("|") for line in shown.splitlines()}) == 1
