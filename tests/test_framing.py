"""Framing: matches and shares, small enough to count by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from coverage_research.codebook import Codebook, Frame
from coverage_research.framing import (
    FRAME_MATCHES,
    audit_codebook,
    dominant_frame,
    find_frames,
    score_frames,
)
from coverage_research.schema import ChoiceError, SchemaError
from coverage_research.terms import Term

ARTICLES = pd.DataFrame(
    {
        "article_id": ["a", "b", "c", "d"],
        "title": ["Export curbs speed the race", "The race, a race", "A quiet day", None],
        "excerpt": ["Sanctions bite.", None, "Spirits rose as revenue grew.", "The race goes on."],
        "outlet": ["north.test", "north.test", "south.test", "south.test"],
        "outlet_name": ["North", "North", "South", "South"],
    }
)
COVERAGE = pd.DataFrame(
    {
        "story_id": ["s1", "s1", "s1", "s2", "s2"],
        "article_id": ["a", "b", "c", "c", "d"],
        "role": ["lead", "related", "related", "lead", "related"],
        "position": [0, 1, 2, 0, 1],
    }
)


def own(name="own", frames=("one", "two")):
    return Codebook(
        name,
        "1",
        "t",
        "s",
        "en",
        tuple(Frame(f, f.title(), "d", "i", "e", ("a", "b"), (Term(f),)) for f in frames),
    )


def row(shares, outlet, frame):
    picked = shares[(shares["outlet"] == outlet) & (shares["frame"] == frame)]
    assert len(picked) == 1
    return picked.iloc[0]


def test_find_frames_lists_every_match_with_its_place():
    found = find_frames(ARTICLES)
    assert list(found.columns) == list(FRAME_MATCHES)
    assert found[["article_id", "field", "match", "frame"]].to_numpy().tolist() == [
        ["a", "title", "Export curbs", "containment"],
        ["a", "title", "race", "race"],
        ["a", "excerpt", "Sanctions", "containment"],
        ["b", "title", "race", "race"],
        ["b", "title", "race", "race"],
        ["c", "excerpt", "revenue", "market"],
        ["d", "excerpt", "race", "race"],
    ]
    texts = ARTICLES.set_index("article_id")
    for match in found.itertuples():
        assert texts.loc[match.article_id, match.field][match.start : match.end] == match.match
    assert found["codebook"].unique().tolist() == ["ai_hardware"]


def test_find_frames_looks_only_where_it_is_told():
    assert set(find_frames(ARTICLES, fields=["title"])["field"]) == {"title"}
    both = find_frames(ARTICLES, fields=["title", "title", "body"])
    assert both.equals(find_frames(ARTICLES, fields=["title"]))
    with pytest.raises(
        SchemaError, match="fields: expected title, excerpt, body; found 'headline'"
    ):
        find_frames(ARTICLES, fields=["headline"])
    with pytest.raises(SchemaError, match="missing body"):
        find_frames(ARTICLES, fields=["body"])


def test_find_frames_leaves_its_input_and_counts_a_repeated_article_once():
    before = ARTICLES.copy(deep=True)
    twice = pd.concat([ARTICLES, ARTICLES])
    assert find_frames(twice).equals(find_frames(ARTICLES))
    pd.testing.assert_frame_equal(ARTICLES, before)


def test_find_frames_overlap_is_passed_on():
    book = own(frames=("one", "two"))
    frames = (
        Frame("x", "X", "d", "i", "e", ("a", "b"), (Term("chip ban"),)),
        Frame("y", "Y", "d", "i", "e", ("a", "b"), (Term("ban"),)),
    )
    book = Codebook("own", "1", "t", "s", "en", frames)
    articles = pd.DataFrame({"article_id": ["a"], "title": ["A chip ban"]})
    assert find_frames(articles, book)["frame"].tolist() == ["x"]
    assert find_frames(articles, book, overlap="frame")["frame"].tolist() == ["x", "y"]


def test_a_negated_match_says_so():
    articles = pd.DataFrame({"article_id": ["a"], "title": ["Not a race. A race without profit"]})
    found = find_frames(articles)
    assert found[["match", "negated"]].to_numpy().tolist() == [
        ["race", True],
        ["race", False],
        ["profit", True],
    ]


def test_scores_are_the_counts_of_the_matches():
    scores = score_frames(ARTICLES)
    found = find_frames(ARTICLES)
    assert scores["article_id"].tolist() == ["a", "b", "c", "d"]
    assert scores.attrs["codebook"] == "ai_hardware"
    wide = scores.set_index("article_id")
    assert wide.to_numpy().sum() == len(found)
    for (article, frame), k in found.groupby(["article_id", "frame"]).size().items():
        assert wide.loc[article, frame] == k
    only = score_frames(ARTICLES, own(frames=("race", "rose")), fields=["title"])
    assert only[["race", "rose"]].to_numpy().tolist() == [[1, 0], [2, 0], [0, 0], [0, 0]]
    assert score_frames(ARTICLES.iloc[:0]).empty
    with pytest.raises(SchemaError, match="missing article_id"):
        score_frames(ARTICLES.drop(columns="article_id"))


def test_many_articles_are_matched_in_several_goes(monkeypatch):
    whole, counted = find_frames(ARTICLES), score_frames(ARTICLES)
    monkeypatch.setattr("coverage_research.framing._ROWS", 1)
    assert find_frames(ARTICLES).equals(whole)
    assert score_frames(ARTICLES).equals(counted)


def test_dominant_frame_shows_ties_as_ties():
    articles = pd.DataFrame(
        {"article_id": list("abcd"), "title": ["one one two", "two one", "nothing", None]}
    )
    found = find_frames(articles, own())
    led = dominant_frame(found, articles)
    assert led["frame"].fillna("-").tolist() == ["one", "one | two", "-", "-"]
    assert led[["n_frames", "k", "n"]].to_numpy().tolist() == [
        [1, 2, 3],
        [2, 1, 2],
        [0, 0, 0],
        [0, 0, 0],
    ]
    assert led["share"].round(3).fillna(-1).tolist() == [0.667, 0.5, -1, -1]
    first = dominant_frame(found, articles, ties="first")
    assert first["frame"].fillna("-").tolist() == ["one", "one", "-", "-"]
    assert first["n_frames"].tolist() == led["n_frames"].tolist()
    with pytest.raises(ChoiceError, match="ties: expected 'show' or 'first'; found 'last'"):
        dominant_frame(found, articles, ties="last")
    assert dominant_frame(found.iloc[:0], articles)["n_frames"].tolist() == [0, 0, 0, 0]


def test_audit_codebook_names_terms_that_carry_a_frame_and_terms_that_never_match():
    book = Codebook(
        "own",
        "1",
        "t",
        "s",
        "en",
        (
            Frame("one", "One", "d", "i", "e", ("a", "b"), tuple(map(Term, ("x", "y", "z")))),
            Frame("two", "Two", "d", "i", "e", ("a", "b"), (Term("w"),)),
            Frame("three", "Three", "d", "i", "e", ("a", "b"), (Term("v"), Term("u"))),
        ),
    )
    articles = pd.DataFrame({"article_id": ["a", "b"], "title": ["x x x y w", "x v u"]})
    use = audit_codebook(find_frames(articles, book), book)
    assert use[["frame", "term", "k", "n_articles", "finding"]].to_numpy().tolist() == [
        ["one", "x", 4, 2, "carries_frame"],
        ["one", "y", 1, 1, ""],
        ["one", "z", 0, 0, "never_matches"],
        ["two", "w", 1, 1, ""],  # a frame of one term is what it says
        ["three", "v", 1, 1, ""],  # one half is not most
        ["three", "u", 1, 1, ""],
    ]
    assert use.groupby("frame")["share"].sum().tolist() == pytest.approx([1, 1, 1])
    assert use.groupby("frame")["k"].sum().sum() == len(find_frames(articles, book))
    with pytest.raises(SchemaError, match="expected codebook 'ai_hardware'; found 'own'"):
        audit_codebook(find_frames(articles, book), "ai_hardware")
