"""The trained coder against frames that other people coded by hand, beside the dictionary.

The Gun Violence Frame Corpus (Liu et al. 2019) gives headlines of 2018 a frame, FrAC opinion
sentences. The coder is trained on four fifths and codes the last, five times. The terms of the two
codebooks were tuned on these very headlines and on half of these very sentences, so the dictionary
is at an advantage that it would not have elsewhere.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from coverage_research.codebook import Codebook, Frame, load_codebook
from coverage_research.coder import score_codes, train_coder
from coverage_research.coder_files import read_coder, write_coder
from coverage_research.coder_scores import compare_coders

#: Frames of FrAC that are two of the codebook.
MERGED = {
    "legality_crime": ("legality", "crime_punishment"),
    "political_policy": ("political", "policy_prescription"),
}
SEEDS = (0, 1, 2)
TUNED = {
    "gvfc": "dictionary (terms tuned on these headlines)",
    "frac": "dictionary (terms tuned on half of these sentences)",
}


def merged(book: Codebook) -> Codebook:
    """The codebook with the frames that FrAC has as one made one."""
    frames = {frame.id: frame for frame in book.frames}
    joined: list[Frame] = []
    for name, parts in MERGED.items():
        first, second = (frames.pop(part) for part in parts)
        joined.append(
            dataclasses.replace(
                first,
                id=name,
                terms=first.terms + second.terms,
                not_terms=first.not_terms + second.not_terms,
            )
        )
    return dataclasses.replace(book, frames=(*joined, *frames.values()))


def gold(datasets: Path, name: str) -> tuple[pd.DataFrame, pd.DataFrame, Codebook]:
    """Articles, hand codes and the codebook that names their frames."""
    if name == "gvfc":
        rows = pd.read_csv(datasets / "gvfc" / "frames_dev.csv", keep_default_na=False)
        rows = rows.rename(columns={"headline": "title", "lead": "excerpt"})
        book = load_codebook("gun_violence")
    else:
        rows = pd.read_csv(datasets / "frac" / "dev.csv", keep_default_na=False)
        rows = rows.rename(columns={"sentence": "title"})
        book = merged(load_codebook("policy_frames"))
    rows["article_id"] = [f"{name}{number:04d}" for number in range(len(rows))]
    return rows, rows[["article_id", "frame"]], book


@functools.cache
def compared(datasets: Path, name: str, seed: int = 0) -> pd.DataFrame:
    articles, codes, book = gold(datasets, name)
    return compare_coders(articles, codes, codebook=book, seed=seed)


def cell(table: pd.DataFrame, method: str, measure: str, frame: str = "") -> pd.Series:
    rows = table[(table["method"] == method) & (table["measure"] == measure)]
    return rows[rows["frame"].fillna("") == frame].iloc[0]


def shown(row: pd.Series) -> str:
    return f"{row['estimate']:.2f} ({row['low']:.2f}–{row['high']:.2f})"


def apart(row: pd.Series) -> str:
    low, high = row["difference_low"], row["difference_high"]
    return f"{row['difference']:+.2f} ({low:+.2f} to {high:+.2f})"


def table(datasets: Path, name: str, what: str) -> str:
    """Scores as a whole, then F1 of each frame, as a table for the documentation."""
    found = compared(datasets, name)
    n, n_clusters = found.iloc[0][["n", "n_stories"]]
    methods = {"trained": "trained coder, cross-validated", "dictionary": TUNED[name]}
    methods["majority"] = "most frequent frame"
    lines = [
        f"| {n} {what}, {n_clusters} without near-copies | accuracy | macro F1 | kappa |",
        "| --- | --- | --- | --- |",
    ]
    for method, label in methods.items():
        cells = [shown(cell(found, method, key)) for key in ("accuracy", "macro_f1", "kappa")]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    cells = [apart(cell(found, "trained", key)) for key in ("accuracy", "macro_f1", "kappa")]
    lines.append(f"| trained coder less dictionary | {' | '.join(cells)} |")
    accuracies = [
        cell(compared(datasets, name, seed), "trained", "accuracy")["estimate"] for seed in SEEDS
    ]
    listed = ", ".join(f"{accuracy:.3f}" for accuracy in accuracies)
    lines.append(f"| trained coder, dealt into fifths three times | {listed} | | |")
    lines += [
        "",
        "| frame | coded | trained: precision | recall | F1 | dictionary: F1 | difference |",
        "| --- | ---: | --- | --- | --- | --- | --- |",
    ]
    for frame in found["frame"].dropna().unique():
        own, other = (cell(found, method, "f1", frame) for method in ("trained", "dictionary"))
        lines.append(
            f"| {frame} | {own['k']} | {own['precision']:.2f} | {own['recall']:.2f}"
            f" | {shown(own)} | {shown(other)} | {apart(own)} |"
        )
    return "\n".join(lines)


#: Tables of docs/validity.md, each from the folder of the data sets.
TABLES: dict[str, Callable[[Path], str]] = {
    "GVFC, trained coder and dictionary": functools.partial(table, name="gvfc", what="headlines"),
    "FrAC, trained coder and dictionary": functools.partial(table, name="frac", what="sentences"),
}


# Tests of the gold data ---------------------------------------------------------------------------


def test_merged_frames_have_the_terms_of_both() -> None:
    book = load_codebook("policy_frames")
    terms = {frame.id: len(frame.terms) for frame in book.frames}
    together = {frame.id: len(frame.terms) for frame in merged(book).frames}
    assert together["legality_crime"] == terms["legality"] + terms["crime_punishment"]
    assert sum(together.values()) == sum(terms.values())


@pytest.mark.parametrize(
    ("name", "accuracy", "macro_f1"), [("gvfc", 0.665, 0.60), ("frac", 0.56, 0.54)]
)
def test_floors(datasets: Path, name: str, accuracy: float, macro_f1: float) -> None:
    runs = [compared(datasets, name, seed) for seed in SEEDS]
    for measure, floor in (("accuracy", accuracy), ("macro_f1", macro_f1)):
        found = [cell(run, "trained", measure)["estimate"] for run in runs]
        assert sum(found) / len(found) >= floor


@pytest.mark.parametrize("name", ["gvfc", "frac"])
def test_a_trained_coder_is_better_than_the_most_frequent_frame(datasets: Path, name: str) -> None:
    found = compared(datasets, name)
    for measure in ("accuracy", "macro_f1", "kappa"):
        low = cell(found, "trained", measure)["low"]
        assert low > cell(found, "majority", measure)["high"]


@pytest.mark.parametrize("name", ["gvfc", "frac"])
def test_no_frame_is_passed_over(datasets: Path, name: str) -> None:
    found = compared(datasets, name)
    trained = found[(found["method"] == "trained") & (found["measure"] == "f1")]
    assert len(trained) == (9 if name == "gvfc" else 10)
    assert (trained["hits"] > 0).all()
    assert trained["reason"].eq("").all()


def test_all_frames_are_coded_from_a_file(datasets: Path, tmp_path: Path) -> None:
    articles, codes, book = gold(datasets, "frac")
    coder = train_coder(articles, codes, codebook=book)
    path = write_coder(coder, tmp_path / "coder.npz")
    own, again = score_codes(articles, coder), score_codes(articles, read_coder(path))
    pd.testing.assert_frame_equal(own, again, check_exact=True)
    # What it has learned by heart, which says nothing about new articles.
    assert (own["frame"].to_numpy() == codes["frame"].to_numpy()).mean() > 0.9
    text = b" ".join(path.read_bytes().split())
    assert not any(sentence.encode() in text for sentence in articles["title"])


@pytest.mark.parametrize("title", TABLES)
def test_tables_are_whole(datasets: Path, title: str) -> None:
    shown_ = TABLES[title](datasets)
    assert "nan" not in shown_
    for part in shown_.split("\n\n"):
        assert len({line.count("|") for line in part.splitlines()}) == 1
