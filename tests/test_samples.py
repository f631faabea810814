from __future__ import annotations

import csv
import re

import pandas as pd
import pytest
from register_data import DATA, registry

from coverage_research import load_demo, load_sample, measure, read_article
from coverage_research.samples import data_folder
from coverage_research.schema import CoverageError


def truth() -> pd.DataFrame:
    return pd.read_csv(DATA / "demo" / "truth.csv", keep_default_na=False)


def test_the_sample() -> None:
    sample = load_sample()
    assert (len(sample.articles), len(sample.outlets)) == (12, 10)
    assert sample.articles["excerpt"].isna().all()
    assert sample.images.empty
    assert not sample.invented
    first = sample.articles.iloc[0]
    assert (first["outlet"], str(first["published_at"])) == (
        "thestar.com.my",
        "2023-05-07 11:40:00+00:00",
    )
    on_topic = measure(sample, "topicality").query("on_topic")["article_id"]
    about = sample.articles[sample.articles["article_id"].isin(on_topic)].iloc[0]
    assert (about["outlet"], str(about["published_at"])) == ("wsj.com", "2023-05-07 13:00:00+00:00")


def test_every_file_of_the_data_is_registered_with_its_hash() -> None:
    assert (DATA / "README.md").read_text("utf-8").endswith(registry())


def test_data_that_are_not_there() -> None:
    with pytest.raises(CoverageError, match="the data of 'nothing' is in neither"):
        data_folder("nothing")


def test_the_truth_quotes_the_articles() -> None:
    rows = truth()
    assert len(rows) > 700
    texts: dict[str, dict[str, str | None]] = {}
    for row in rows.itertuples():
        if not row.path:
            continue
        if row.path not in texts:
            article = read_article(DATA / "demo" / row.path)
            texts[row.path] = {
                "title": article.title,
                "excerpt": article.excerpt,
                "body": article.body,
            }
        if row.field:
            text = texts[row.path][row.field]
            assert text is not None
            assert text[int(row.start) : int(row.end)] == row.text


def test_the_demonstration_corpus_is_what_its_readme_says() -> None:
    demo = load_demo()
    assert demo.coverage["story_id"].nunique() == 6
    assert len(demo.outlets) == 8
    assert demo.outlets["outlet"].str.endswith(".example").all()
    assert demo.articles[["title", "excerpt", "body"]].notna().all(axis=None)
    assert demo.problems.query("severity != 'info'").empty
    counts = truth()["kind"].value_counts()
    text = (DATA / "demo" / "README.md").read_text("utf-8")
    for kind, n in counts.items():
        assert re.search(rf"`{kind}`.*\b{n}\b", text), kind
    assert {
        "frame",
        "attribution",
        "copy",
        "rewrite",
        "credit",
        "press_release",
        "agency_copy",
        "off_topic",
        "day_only",
    } <= set(counts.index)
    assert (truth().query("kind == 'day_only'")["path"].nunique()) == demo.articles[
        "published_precision"
    ].eq("day").sum()


def test_related_items_equal_their_own_files() -> None:
    demo = load_demo()
    assert not demo.problems["check"].eq("contradiction").any()


def test_the_truth_is_plain_csv() -> None:
    raw = (DATA / "demo" / "truth.csv").read_bytes()
    assert b"\r" not in raw
    header = next(csv.reader([raw.decode("utf-8").splitlines()[0]]))
    assert header == "kind group story path field start end text label other_path note".split()
