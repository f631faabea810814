from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from coverage_research import figure_names, load_demo, load_sample, write_figures
from coverage_research.corpus import Corpus
from coverage_research.figures import (
    LANES,
    MOST_ROWS,
    READABLE,
    RECIPES,
    SQUARE,
    fingerprint,
)
from coverage_research.schema import ARTICLES, COVERAGE, ChoiceError, conform


@pytest.fixture(scope="module")
def sample() -> Corpus:
    return load_sample()


def drawn_of(corpus: Corpus) -> list[str]:
    """Figures of a corpus that has what they need."""
    return [
        name
        for name, recipe in RECIPES.items()
        if not recipe.lacks(corpus) and not recipe.holds_none(recipe.make(corpus))
    ]


@pytest.fixture(scope="module")
def written(sample: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    report = write_figures(sample, folder)
    assert report["figure"].tolist() == figure_names()
    told = report.set_index("figure")
    assert (told.loc[drawn_of(sample), "state"] == "new").all()
    left_out = told[told["state"] == "left out"]
    assert set(left_out.index) == {"words", "passages", "precedence", "blind_spots"}
    assert left_out.drop("words")["because"].str.startswith("needs ").all()
    because = left_out.loc["words", "because"]
    assert because.startswith("no outlet can be compared: Business Insider has 2 articles")
    assert left_out["rows"].eq(0).all()
    assert plt.get_fignums() == []
    return folder


def test_each_figure_comes_with_its_table_and_stamp(sample: Corpus, written: Path) -> None:
    names = {path.name for path in written.iterdir()}
    assert names == {
        f"{name}.{ending}" for name in drawn_of(sample) for ending in ("png", "svg", "csv", "json")
    }
    for name in drawn_of(sample):
        stamp = json.loads((written / f"{name}.json").read_text())
        assert stamp["articles"] == 12
        assert stamp["basis"] == "stored measures"
        assert stamp["invented"] is False
        assert (written / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        root = ET.parse(written / f"{name}.svg").getroot()
        text = " ".join(root.itertext())
        assert f"data {stamp['data'][:10]}" in text
        assert len(pd.read_csv(written / f"{name}.csv"))


def test_a_second_time_the_same_bytes(sample: Corpus, written: Path) -> None:
    before = {path.name: path.read_bytes() for path in written.iterdir()}
    again = write_figures(sample, written).set_index("figure")["state"]
    assert (again.loc[drawn_of(sample)] == "same").all()
    assert {path.name: path.read_bytes() for path in written.iterdir()} == before


def test_what_changed_is_said(sample: Corpus, tmp_path: Path) -> None:
    write_figures(sample, tmp_path, only=["lags", "frames"])
    articles = sample.articles.copy()
    wsj = articles["outlet"] == "wsj.com"
    articles.loc[wsj, "published_at"] += pd.Timedelta(hours=1)
    report = write_figures(replace(sample, articles=articles), tmp_path, only=["lags", "frames"])
    told = report.set_index("figure")[["state", "because"]].T.to_dict("list")
    assert told == {"lags": ["changed", "data, table"], "frames": ["changed", "data"]}
    stamp = tmp_path / "lags.json"
    stamp.write_text(stamp.read_text().replace('"pandas": "', '"pandas": "0.'))
    again = write_figures(replace(sample, articles=articles), tmp_path, only=["lags"])
    assert again["because"].tolist() == ["versions"]
    (tmp_path / "lags.png").write_bytes(b"")
    drawn = write_figures(replace(sample, articles=articles), tmp_path, only=["lags"])
    assert drawn[["state", "because"]].to_numpy().tolist() == [["changed", "drawing"]]
    stamp.write_text("damaged")
    assert write_figures(sample, tmp_path, only=["lags"])["state"].tolist() == ["new"]


def test_invented_data_are_marked_in_every_figure(tmp_path: Path) -> None:
    demo = load_demo()
    write_figures(demo, tmp_path)
    for name in RECIPES:
        assert json.loads((tmp_path / f"{name}.json").read_text())["invented"] is True
        assert "Invented demonstration data" in (tmp_path / f"{name}.svg").read_text()
        assert pd.read_csv(tmp_path / f"{name}.csv")["invented"].all()


def test_a_figure_that_does_not_exist(sample: Corpus, tmp_path: Path) -> None:
    with pytest.raises(
        ChoiceError, match="no figure smell; there are frames, frame_matrix, words, labels"
    ):
        write_figures(sample, tmp_path, only=["smell"])
    assert list(tmp_path.iterdir()) == []


def test_the_fingerprint_is_of_the_content(sample: Corpus) -> None:
    moved = replace(sample, articles=sample.articles.assign(source_path="elsewhere"))
    other = replace(sample, articles=sample.articles.assign(quality=1))
    unmeasured = replace(sample, measures={})
    assert fingerprint(sample) == fingerprint(moved)
    assert len({fingerprint(corpus) for corpus in (sample, other, unmeasured)}) == 3


def test_an_empty_corpus_draws_what_it_lacks(tmp_path: Path) -> None:
    from coverage_research import read_corpus

    broken = tmp_path / "a.md"
    broken.write_bytes(b"")
    report = write_figures(read_corpus(broken, cache=False), tmp_path / "out")
    assert report["rows"].tolist() == [0] * len(RECIPES)
    assert "nothing to draw" in (tmp_path / "out" / "lags.svg").read_text()


def test_a_figure_is_no_longer_than_a_page(sample: Corpus, tmp_path: Path) -> None:
    many = 90
    articles = pd.DataFrame(
        {
            "article_id": [f"{n:016x}" for n in range(many)],
            "title": "Chip curbs",
            "outlet": [f"o{n:02}.test" for n in range(many)],
            "outlet_name": [f"Outlet {n}" for n in range(many)],
            "published_at": pd.date_range("2024-01-01", periods=many, freq="h", tz="UTC"),
            "published_precision": "minute",
        }
    )
    coverage = pd.DataFrame(
        {
            "story_id": "s",
            "article_id": articles["article_id"],
            "role": ["lead"] + ["related"] * (many - 1),
            "position": range(many),
        }
    )
    corpus = replace(
        sample,
        articles=conform(articles, ARTICLES.columns),
        coverage=conform(coverage, COVERAGE.columns),
        measures={},
    )
    report = write_figures(corpus, tmp_path)
    assert report.set_index("figure")["rows"].to_dict() == {
        "frames": 8 * MOST_ROWS,
        "frame_matrix": 8 * READABLE,
        "words": 0,  # each refused: one article is too few
        "labels": 0,  # no label stands in these headlines twice
        "tone": 2 * MOST_ROWS,
        "sources": 11 * MOST_ROWS,
        "reuse": 0,
        "network": 0,
        "passages": 0,
        "flow": SQUARE * (SQUARE - 1),
        "volume": 4,
        "lanes": LANES,
        "timeline": MOST_ROWS,
        "lags": MOST_ROWS,
        "cascade": many,
        "precedence": 0,
        "blind_spots": 0,
    }
    assert "the first 60 of 90 rows" in (tmp_path / "timeline.svg").read_text()
    assert plt.imread(tmp_path / "timeline.png").shape[0] < 4000


def test_words_are_told_by_the_names_of_outlets() -> None:
    table = RECIPES["words"].make(load_demo())
    assert (
        table.loc[table["group"] == "haldenchronicle.example", "outlet_name"]
        .eq("The Halden Chronicle")
        .all()
    )
    refused = table[table["word"].isna()]
    assert len(refused)
    for name, reason in zip(refused["outlet_name"], refused["reason"], strict=True):
        assert reason.startswith(f"{name} has ")
    assert RECIPES["words"].holds_none(table) == ""
    assert RECIPES["words"].holds_none(refused).startswith("no outlet can be compared: ")


def test_a_stamp_in_the_future_makes_no_long_axis(tmp_path: Path) -> None:
    demo = load_demo()
    articles = demo.articles.copy()
    articles.loc[3, "published_at"] += pd.DateOffset(years=40)
    write_figures(replace(demo, articles=articles), tmp_path, only=["volume"])
    assert len(pd.read_csv(tmp_path / "volume.csv")) <= 82
    svg = (tmp_path / "volume.svg").read_text()
    assert "Left out: 1 article is stamped later than tomorrow." in svg
    assert "Articles per week" in svg


def test_passages_know_what_their_stamps_give() -> None:
    laid = RECIPES["passages"].make(load_demo())
    assert set(laid["published_precision"]) <= {"minute", "day"}
    assert laid["published_precision"].notna().all()
