"""The whole way once: a folder of records to tables, the three questions, figures, and back from a shared copy."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import coverage_research as cr
from coverage_research.samples import data_folder


def test_from_a_folder_to_figures(tmp_path: Path) -> None:
    corpus = cr.read_corpus(data_folder("demo"), strict=True)
    findings = cr.audit(corpus)
    assert set(findings["check"]) >= {"day_only", "off_topic"}

    frames = cr.find_frames(corpus.articles)
    shares = cr.frame_shares(frames, corpus.articles, corpus.coverage)
    credits = cr.find_credits(corpus.articles, corpus.outlets)
    origins = cr.find_origins(corpus.articles, corpus.outlets)
    reuse = cr.find_reuse(
        corpus.articles, credits=credits, origins=origins, coverage=corpus.coverage
    )
    by_pair = cr.reuse_shares(reuse, corpus.articles, corpus.coverage)
    lags = cr.story_lags(corpus.articles, corpus.coverage)
    by_outlet = cr.lag_summary(lags, corpus.coverage)

    # Conservation: what is counted below is there above, once.
    n_articles = corpus.articles.groupby("outlet")["article_id"].nunique()
    assert shares.groupby("outlet")["n"].first().to_dict() == n_articles.to_dict()
    carried = frames.merge(corpus.articles[["article_id", "outlet"]]).drop_duplicates(
        ["article_id", "frame"]
    )
    assert shares["k"].sum() == len(carried)
    timed = corpus.articles.loc[corpus.articles["published_at"].notna(), "article_id"]
    assert len(lags) == corpus.coverage["article_id"].isin(timed).sum()
    assert by_outlet["n"].sum() == lags["article_id"].nunique()
    assert set(by_pair["verdict"]) <= {
        "credited",
        "copy",
        "common_source",
        "simultaneous",
        "undecided",
    }
    for table in (shares, by_pair, by_outlet):
        known = table["low"].notna()
        assert (table["reason"].eq("") == known).all()
        assert (table.loc[known, "low"] <= table.loc[known, "high"]).all()

    # Every match opens its passage.
    texts = corpus.articles.set_index("article_id")
    for table in (frames, credits, origins):
        assert len(table)
        for row in table.itertuples():
            assert texts.loc[row.article_id, row.field][row.start : row.end] == row.match
        assert len(cr.evidence(table, corpus.articles)) == len(table)

    # Everything says that it is invented.
    for table in (findings, frames, shares, credits, origins, reuse, by_pair, lags, by_outlet):
        assert table.attrs.get("invented")

    report = cr.write_figures(corpus, tmp_path / "figures")
    assert (report["state"] == "new").all()
    shared = cr.read_corpus(cr.dehydrate(corpus, tmp_path / "shared"), cache=False)
    again = cr.frame_shares(cr.measure(shared, "frames"), shared.articles, shared.coverage)
    pd.testing.assert_frame_equal(shares, again)


def test_an_article_in_many_lists_counts_once(real_records: Path) -> None:
    one = cr.read_corpus(real_records / "seed.md", cache=False)
    seven = cr.read_corpus(
        [real_records / "seed.md", *real_records.glob("articles/2023-*.md")], cache=False
    )
    for corpus in (one, seven):
        frames = cr.find_frames(corpus.articles)
        shares = cr.frame_shares(frames, corpus.articles, corpus.coverage)
        assert shares.groupby("outlet")["n"].first().sum() == 12
        assert (shares["n_stories"] == 1).all()
        assert shares["low"].isna().all()
        assert shares["reason"].str.contains("1 story").all()
    left, right = (cr.find_frames(corpus.articles).drop_duplicates() for corpus in (one, seven))
    pd.testing.assert_frame_equal(left, right)
