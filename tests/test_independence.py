"""Coverage without copies."""

from __future__ import annotations

import pandas as pd
import pytest

from coverage_research.independence import independent
from coverage_research.reuse import find_reuse
from coverage_research.samples import load_demo
from coverage_research.schema import CORPUS_TABLES, SchemaError, check_table
from coverage_research.sharing import measure


def test_copies_leave_every_table():
    demo = load_demo()
    reuse = measure(demo, "reuse")
    alone = independent(demo, reuse)
    gone = set(demo.articles["article_id"]) - set(alone.articles["article_id"])
    assert gone == set(reuse.loc[reuse["containment"] >= 0.5, "article_id"])
    assert len(gone) == 10
    for name in ("coverage", "topics", "images"):
        assert not gone & set(getattr(alone, name)["article_id"])
    assert alone.outlets["n_articles"].sum() == len(alone.articles) == 44
    assert len(alone.outlets) == len(demo.outlets)
    assert alone.invented
    for name, table in alone.tables().items():
        check_table(table, CORPUS_TABLES[name])
    assert len(demo.articles) == 54  # the corpus given is as it was


def test_of_a_text_printed_three_times_the_first_stays():
    text = "one two three four five six seven eight nine ten"
    demo = load_demo()
    articles = demo.articles.head(3).assign(
        outlet=["a.test", "b.test", "c.test"],
        title=["x", "y", "z"],
        excerpt=text,
        body=None,
        published_at=pd.to_datetime(["2024-01-03", "2024-01-01", "2024-01-02"], utc=True),
        published_precision="minute",
    )
    reuse = find_reuse(articles)
    alone = independent(demo, reuse)
    left = set(articles["article_id"]) & set(alone.articles["article_id"])
    assert left == {articles["article_id"].iloc[1]}
    assert len(independent(demo, reuse, containment=1).articles) >= len(alone.articles)


def test_wrong_settings_are_refused():
    demo = load_demo()
    with pytest.raises(ValueError, match="above 0 and at most 1; found 0"):
        independent(demo, measure(demo, "reuse"), containment=0)
    with pytest.raises(SchemaError, match="missing containment"):
        independent(demo, demo.articles)


def test_alike_headlines_and_copies_within_an_outlet_are_no_copies() -> None:
    demo = load_demo()
    reuse = measure(demo, "reuse")
    first = reuse[reuse["containment"] >= 0.5].head(1)
    later = first["article_id"].iloc[0]
    kept = independent(demo, first.assign(link="title")).articles["article_id"]
    assert later in set(kept)
    same = first.assign(link="passage", other_outlet=first["outlet"])
    assert later in set(independent(demo, same).articles["article_id"])
    copied = independent(demo, first.assign(link="passage | title")).articles["article_id"]
    assert later not in set(copied)
