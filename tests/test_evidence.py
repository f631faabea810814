"""Evidence: the passages behind a number."""

from __future__ import annotations

import pandas as pd
import pytest

from coverage_research.evidence import EVIDENCE_COLUMNS, evidence
from coverage_research.framing import find_frames
from coverage_research.schema import SchemaError, is_invented

ARTICLES = pd.DataFrame(
    {
        "article_id": ["a", "b", "c"],
        "title": ["Export curbs speed the race", "The race is on", "Doubt grows"],
        "body": [None, "They said the race had begun.", None],
        "outlet": ["north.test", "south.test", None],
        "outlet_name": ["North", "South", None],
        "published_at": pd.to_datetime(["2023-05-01", "2023-05-02", None], utc=True),
        "url": ["https://north.test/1", "https://south.test/2", "https://x.test/3"],
        "quality": [10, 20, 30],
    }
)
MATCHES = find_frames(ARTICLES)


def test_passages_of_a_cell():
    shown = evidence(MATCHES, ARTICLES, outlet="south.test", frame="race")
    assert list(shown.columns) == [*EVIDENCE_COLUMNS, "codebook", "frame", "term", "negated"]
    assert shown[["field", "left", "match", "right"]].to_numpy().tolist() == [
        ["title", "The ", "race", " is on"],
        ["body", "They said the ", "race", " had begun."],
    ]
    assert shown["outlet_name"].tolist() == ["South", "South"]
    assert shown["url"].tolist() == ["https://south.test/2"] * 2
    assert shown["published_at"].iloc[0] == pd.Timestamp("2023-05-02", tz="UTC")


def test_all_passages_without_a_cell_and_context_cut():
    shown = evidence(MATCHES, ARTICLES, around=4)
    assert len(shown) == len(MATCHES)
    assert shown["match"].tolist() == MATCHES["match"].tolist()
    assert shown.loc[1, "left"] == "... the " or shown.loc[1, "left"].startswith("...")


def test_values_of_a_cell():
    assert len(evidence(MATCHES, ARTICLES, frame=["race", "containment"])) == 4
    assert evidence(MATCHES, ARTICLES, frame={"setback"})["match"].tolist() == ["Doubt"]
    assert evidence(MATCHES, ARTICLES, outlet=None)["match"].tolist() == ["Doubt"]
    assert evidence(MATCHES, ARTICLES, quality=20)["article_id"].unique().tolist() == ["b"]
    assert evidence(MATCHES, ARTICLES, frame="no such").empty


def test_unknown_column_names_those_there_are():
    with pytest.raises(SchemaError, match=r"no column 'frames'; there are .*frame.*outlet_name"):
        evidence(MATCHES, ARTICLES, frames="race")
    with pytest.raises(SchemaError, match="missing field"):
        evidence(MATCHES.drop(columns="field"), ARTICLES)
    with pytest.raises(ValueError, match="around"):
        evidence(MATCHES, ARTICLES, around=-1)


def test_text_that_is_not_at_hand():
    facts = ARTICLES.drop(columns="body").assign(title=["Export", "A race now", None])
    shown = evidence(MATCHES, facts)
    assert shown["match"].tolist() == MATCHES["match"].tolist()
    # Beyond the text, field absent, another text than was measured, text missing.
    assert shown["left"].isna().all()
    assert shown["right"].isna().all()
    unknown = evidence(MATCHES, ARTICLES[ARTICLES["article_id"] == "a"], frame="setback")
    assert unknown["left"].isna().all()
    assert unknown["url"].isna().all()


def test_tables_without_match_or_with_their_own_outlet():
    pairs = pd.DataFrame(
        {
            "article_id": ["b", "b"],
            "other_id": ["a", "a"],
            "outlet": ["later.test", "later.test"],
            "field": ["title", ""],
            "start": [4, 0],
            "end": [8, 0],
            "verdict": ["copy", "undecided"],
        }
    )
    shown = evidence(pairs, ARTICLES, outlet="later.test")
    assert shown.loc[0, ["left", "match", "right"]].tolist() == ["The ", "race", " is on"]
    assert shown.loc[1, ["left", "match", "right"]].isna().all()
    assert shown["outlet"].tolist() == ["later.test"] * 2
    assert list(shown.columns) == [*EVIDENCE_COLUMNS, "other_id", "verdict"]


def test_only_what_it_needs_and_repeated_articles():
    bare = pd.DataFrame({"article_id": ["a", "a"], "title": ["The race", "Another"]})
    shown = evidence(find_frames(bare), bare)
    assert shown[["left", "match"]].to_numpy().tolist() == [["The ", "race"]]
    assert shown["outlet_name"].isna().all()


def test_empty_and_invented_and_input_unchanged():
    before = MATCHES.copy(deep=True)
    assert evidence(MATCHES.head(0), ARTICLES).empty
    assert list(evidence(MATCHES.head(0), ARTICLES).columns)[: len(EVIDENCE_COLUMNS)] == list(
        EVIDENCE_COLUMNS
    )
    invented = ARTICLES.assign(outlet="chips.example")
    assert is_invented(evidence(find_frames(invented), invented, frame="no such"))
    pd.testing.assert_frame_equal(MATCHES, before)


def test_hostile_text_stays_text():
    hostile = ARTICLES.assign(title="<script>alert('race')</script> race")
    shown = evidence(find_frames(hostile), hostile, field="title")
    assert shown["left"].iloc[-1] == "<script>alert('race')</script> "
