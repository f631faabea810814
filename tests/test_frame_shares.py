"""Shares of frames and their comparison, small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_framing import ARTICLES, own

from coverage_research.codebook import load_codebook
from coverage_research.frame_shares import compare_frames, frame_shares
from coverage_research.framing import FRAME_MATCHES, find_frames
from coverage_research.independence import independent
from coverage_research.samples import load_demo
from coverage_research.schema import ESTIMATE, ChoiceError, SchemaError
from coverage_research.sharing import measure

COVERAGE = pd.DataFrame(
    {
        "story_id": ["s1", "s1", "s1", "s2", "s2"],
        "article_id": ["a", "b", "c", "c", "d"],
        "role": ["lead", "related", "related", "lead", "related"],
        "position": [0, 1, 2, 0, 1],
    }
)


def row(shares, outlet, frame):
    picked = shares[(shares["outlet"] == outlet) & (shares["frame"] == frame)]
    assert len(picked) == 1
    return picked.iloc[0]


def test_nothing_found_is_an_empty_table_that_knows_its_frames():
    found = find_frames(ARTICLES, own())
    assert found.empty
    assert list(found.columns) == list(FRAME_MATCHES)
    assert found["start"].dtype == "int64"
    shares = frame_shares(found, ARTICLES, COVERAGE)
    assert shares["frame"].tolist() == ["one", "two"] * 2
    assert shares["label"].tolist() == ["One", "Two"] * 2
    assert shares["codebook"].unique().tolist() == ["own"]
    assert shares["k"].sum() == 0
    none = find_frames(ARTICLES.head(0))
    assert none.empty
    assert frame_shares(none, ARTICLES.head(0), COVERAGE.head(0)).empty


def test_frame_shares_counts_articles_once():
    shares = frame_shares(find_frames(ARTICLES), ARTICLES, COVERAGE)
    frames = [frame.id for frame in load_codebook("ai_hardware").frames]
    assert shares["frame"].tolist() == frames * 2
    assert list(shares.columns) == [
        *("outlet", "outlet_name", "codebook", "frame", "label", "k"),
        *ESTIMATE,
    ]
    # Two terms in one article, or one term twice, are one article; c is in two stories.
    expected = {
        ("north.test", "containment"): (1, 2, 0.5),
        ("north.test", "race"): (2, 2, 1.0),
        ("south.test", "race"): (1, 2, 0.5),
        ("south.test", "market"): (1, 2, 0.5),
        ("south.test", "security"): (0, 2, 0.0),
    }
    for (outlet, frame), (k, n, estimate) in expected.items():
        cell = row(shares, outlet, frame)
        assert (cell["k"], cell["n"], cell["estimate"]) == (k, n, estimate)
    # c links the two stories to one cluster.
    assert shares["n_stories"].tolist() == [1] * 16
    assert shares["low"].isna().all()
    assert shares["reason"].unique().tolist() == [
        "1 story; a bootstrap clustered by story needs at least 5"
    ]


def test_min_matches_asks_for_more_than_one_match():
    matches = find_frames(ARTICLES)
    shares = frame_shares(matches, ARTICLES, COVERAGE, min_matches=2)
    # b has a term of race twice, a two terms of containment, in title and excerpt; n stays.
    assert row(shares, "north.test", "race")[["k", "n"]].tolist() == [1, 2]
    assert row(shares, "north.test", "containment")[["k", "n"]].tolist() == [1, 2]
    assert shares["k"].sum() == 2
    assert len(shares) == len(frame_shares(matches, ARTICLES, COVERAGE))
    assert frame_shares(matches, ARTICLES, COVERAGE, min_matches=3)["k"].sum() == 0
    with pytest.raises(ValueError, match="min_matches: expected at least 1; found 0"):
        frame_shares(matches, ARTICLES, COVERAGE, min_matches=0)


def test_articles_that_no_story_lists_do_not_count():
    shares = frame_shares(find_frames(ARTICLES), ARTICLES, COVERAGE[COVERAGE["article_id"] != "b"])
    assert row(shares, "north.test", "race")[["k", "n"]].tolist() == [1, 1]


def test_by_columns_of_coverage_and_several():
    shares = frame_shares(find_frames(ARTICLES), ARTICLES, COVERAGE, by=["outlet", "role"])
    cells = shares[shares["frame"] == "race"].set_index(["outlet", "role"])[["k", "n"]]
    # c is related in one story and lead in the other.
    assert cells.to_dict("index") == {
        ("north.test", "lead"): {"k": 1, "n": 1},
        ("north.test", "related"): {"k": 1, "n": 1},
        ("south.test", "lead"): {"k": 0, "n": 1},
        ("south.test", "related"): {"k": 1, "n": 2},
    }
    by_role = frame_shares(find_frames(ARTICLES), ARTICLES, COVERAGE, by="role")
    assert "outlet_name" not in by_role.columns
    with pytest.raises(SchemaError, match="missing desk"):
        frame_shares(find_frames(ARTICLES), ARTICLES, COVERAGE, by="desk")


def test_groups_with_most_articles_first_and_missing_groups_kept():
    articles = ARTICLES.assign(outlet=["z.test", "y.test", "y.test", None])
    shares = frame_shares(find_frames(articles), articles, COVERAGE)
    heads = shares.drop_duplicates("outlet")
    assert heads["n"].tolist() == [2, 1, 1]
    assert heads["outlet"].iloc[:2].tolist() == ["y.test", "z.test"]
    assert pd.isna(heads["outlet"].iloc[2])


def test_intervals_come_with_enough_stories():
    n = 40
    articles = pd.DataFrame(
        {
            "article_id": [f"a{i}" for i in range(n)],
            "title": ["The race" if i % 4 == 0 else "A day" for i in range(n)],
            "outlet": "north.test",
        }
    )
    coverage = pd.DataFrame(
        {"story_id": [f"s{i}" for i in range(n)], "article_id": list(articles.article_id)}
    )
    cell = row(frame_shares(find_frames(articles), articles, coverage), "north.test", "race")
    assert (cell["estimate"], cell["n_stories"], cell["reason"]) == (0.25, n, "")
    assert 0.1 <= cell["low"] < 0.25 < cell["high"] <= 0.42
    again = frame_shares(find_frames(articles), articles, coverage, seed=0)
    assert row(again, "north.test", "race").equals(cell)


def test_whose_frames_are_reported():
    found = find_frames(ARTICLES)
    bare = pd.DataFrame(found.to_dict("list"))  # read back from a file: no attrs
    assert not bare.attrs
    full = frame_shares(found, ARTICLES, COVERAGE)
    pd.testing.assert_frame_equal(frame_shares(bare, ARTICLES, COVERAGE), full)
    named = frame_shares(bare, ARTICLES, COVERAGE, codebook="ai_hardware")
    pd.testing.assert_frame_equal(named, full)
    other = bare.assign(codebook="elsewhere")
    assert set(frame_shares(other, ARTICLES, COVERAGE)["frame"]) == {
        "containment",
        "race",
        "market",
    }
    assert frame_shares(bare.head(0), ARTICLES, COVERAGE).empty
    with pytest.raises(SchemaError, match="expected codebook 'own'; found 'ai_hardware'"):
        frame_shares(bare, ARTICLES, COVERAGE, codebook=own())
    with pytest.raises(SchemaError, match="one codebook; found ai_hardware, elsewhere"):
        frame_shares(pd.concat([bare, other]), ARTICLES, COVERAGE)
    # Matches whose attrs tell of another codebook than their column are taken at their column.
    found.attrs["codebook"] = "another"
    pd.testing.assert_frame_equal(frame_shares(found, ARTICLES, COVERAGE), full, check_like=True)


def test_invented_is_carried():
    invented = ARTICLES.assign(outlet=ARTICLES["outlet"] + ".example")
    found = find_frames(invented)
    assert found.attrs["invented"]
    assert frame_shares(found, invented, COVERAGE).attrs["invented"]
    assert "invented" not in frame_shares(find_frames(ARTICLES), ARTICLES, COVERAGE).attrs


@given(
    st.lists(
        st.tuples(
            st.sampled_from("pqr"), st.sampled_from(["race", "doubt", "day"]), st.integers(0, 4)
        ),
        min_size=1,
        max_size=25,
    )
)
def test_shares_add_up(rows):
    articles = pd.DataFrame(
        {
            "article_id": [f"a{i}" for i in range(len(rows))],
            "title": [f"The {word}" for _, word, _ in rows],
            "outlet": [outlet for outlet, _, _ in rows],
        }
    )
    coverage = pd.DataFrame(
        {"story_id": [f"s{story}" for _, _, story in rows], "article_id": list(articles.article_id)}
    )
    shares = frame_shares(find_frames(articles), articles, coverage, n_boot=20)
    assert shares.drop_duplicates("outlet")["n"].sum() == len(rows)
    for frame, word in (("race", "race"), ("setback", "doubt")):
        assert shares.loc[shares["frame"] == frame, "k"].sum() == sum(w == word for _, w, _ in rows)
    assert ((shares["estimate"] - shares["k"] / shares["n"]).abs() < 1e-12).all()
    assert (shares["low"].isna() == (shares["reason"] != "")).all()
    given_ = shares[shares["low"].notna()]
    assert ((given_["low"] <= given_["estimate"]) & (given_["estimate"] <= given_["high"])).all()


def test_shares_by_term_are_shares_of_the_matches_and_sum_to_one():
    shares = frame_shares(find_frames(ARTICLES), ARTICLES, COVERAGE, unit="term")
    north = row(shares, "north.test", "race")
    assert (north["k"], north["n"], north["estimate"]) == (3, 5, 0.6)
    assert row(shares, "north.test", "containment")["k"] == 2
    assert shares.groupby("outlet")["estimate"].sum().round(9).tolist() == [1, 1]
    assert shares["k"].sum() == len(find_frames(ARTICLES))
    with pytest.raises(ChoiceError, match="unit: expected 'article' or 'term'; found 'word'"):
        frame_shares(find_frames(ARTICLES), ARTICLES, COVERAGE, unit="word")


def stories(
    n_stories: int, per_side: int, says: dict[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stories that two outlets cover alike often, each in its own words."""
    rows = [
        (f"{outlet}{story}-{number}", f"s{story}", outlet, text)
        for story in range(n_stories)
        for outlet, text in says.items()
        for number in range(per_side)
    ]
    table = pd.DataFrame(rows, columns=["article_id", "story_id", "outlet", "title"])
    return table.drop(columns="story_id"), table[["article_id", "story_id"]]


def test_outlets_that_never_agree_differ():
    articles, coverage = stories(6, 1, {"north.test": "one", "south.test": "two"})
    found = find_frames(articles, own())
    compared = compare_frames(found, articles, coverage, against="pairs", n_permutations=9999)
    one = compared[compared["frame"] == "one"].iloc[0]
    assert (one["outlet"], one["other"]) == ("north.test", "south.test")
    assert (one["k"], one["n"], one["k_other"], one["n_other"]) == (6, 6, 0, 6)
    assert (one["estimate"], one["low"], one["high"]) == (1, 1, 1)
    assert one["effect"] == pytest.approx(np.pi)
    assert (one["n_shared"], one["n_stories"], one["reason"]) == (6, 6, "")
    # Of 2^6 ways to swap within the stories two are as extreme, one in each direction.
    assert one["p"] == pytest.approx(2 / 64, abs=0.007)
    assert one["q"] == one["p"]  # the other frame is as sure, so the larger of the two is kept
    rest = compare_frames(found, articles, coverage)
    assert rest["other"].unique().tolist() == ["rest"]
    assert len(rest) == 4
    # Two groups: each against the rest is the other one turned round.
    assert rest["estimate"].sum() == 0


def test_outlets_on_different_stories_are_not_compared():
    articles, coverage = stories(6, 1, {"north.test": "one", "south.test": "two"})
    coverage = coverage.assign(story_id=coverage["article_id"])
    compared = compare_frames(find_frames(articles, own()), articles, coverage)
    assert compared["p"].isna().all()
    assert compared["q"].isna().all()
    assert (compared["reason"] == "no story with articles of both").all()
    assert compared["low"].notna().all()


def test_small_groups_are_refused_with_a_reason():
    articles, coverage = stories(2, 2, {"north.test": "one", "south.test": "two"})
    compared = compare_frames(find_frames(articles, own()), articles, coverage)
    assert compared["reason"].unique().tolist() == ["4 articles on one side; at least 5 are needed"]
    assert compared[["p", "q", "low", "high"]].isna().all(axis=None)
    assert compared["estimate"].tolist() == [1, -1, -1, 1]
    few = compare_frames(find_frames(articles, own()), articles, coverage, min_articles=4)
    assert few["p"].notna().all()
    assert few["reason"].unique().tolist() == [
        "2 stories; a bootstrap clustered by story needs at least 5"
    ]


def test_the_permutation_is_right_under_no_difference():
    # Outlets that draw from the same urn: p values are spread, not heaped near 0.
    rng = np.random.default_rng(7)
    small = 0
    for _ in range(60):
        articles, coverage = stories(8, 2, {"north.test": "", "south.test": ""})
        articles["title"] = rng.choice(["one", "nothing"], len(articles))
        compared = compare_frames(
            find_frames(articles, own(frames=("one",))), articles, coverage, against="pairs",
            n_permutations=99, n_boot=10,
        )  # fmt: skip
        small += compared["p"].iloc[0] <= 0.1
    assert small <= 14  # 6 expected; 14 or fewer in 99.9 % of such trials


def test_comparing_needs_two_groups_and_known_choices():
    articles, coverage = stories(6, 1, {"north.test": "one"})
    found = find_frames(articles, own())
    assert compare_frames(found, articles, coverage).empty
    with pytest.raises(ChoiceError, match="against: expected 'rest' or 'pairs'; found 'all'"):
        compare_frames(found, articles, coverage, against="all")
    with pytest.raises(ValueError, match="n_permutations: expected at least 1; found 0"):
        compare_frames(found, articles, coverage, n_permutations=0)


def test_a_comparison_does_not_depend_on_the_order_of_the_rows():
    articles, coverage = stories(
        6, 2, {"north.test": "one", "south.test": "two one", "e.test": "two"}
    )
    found = find_frames(articles, own())
    compared = compare_frames(found, articles, coverage, against="pairs", n_permutations=49)
    turned = compare_frames(
        found.iloc[::-1], articles.iloc[::-1], coverage.iloc[::-1], against="pairs",
        n_permutations=49,
    )  # fmt: skip
    columns = ["outlet", "other", "frame", "k", "n", "estimate", "low", "high"]
    pd.testing.assert_frame_equal(compared[columns], turned[columns])


def test_frames_of_the_demo_outlets_with_and_without_copies():
    demo = load_demo()
    alone = independent(demo, measure(demo, "reuse"))
    found = measure(demo, "frames")
    every = frame_shares(found, demo.articles, demo.coverage)
    own_work = frame_shares(found, alone.articles, alone.coverage)
    assert every.groupby("frame")["n"].sum().unique().tolist() == [54]
    assert own_work.groupby("frame")["n"].sum().unique().tolist() == [len(alone.articles)]
    assert own_work.attrs["invented"]
